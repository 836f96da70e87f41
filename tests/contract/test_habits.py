"""What people expect of any command: completion, data on request, colours on terminals only, safe names."""

import importlib.util
import json
import os
import pty
import re
import select
import shlex
import subprocess
from inspect import signature
from pathlib import Path, PureWindowsPath

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from sim import cli
from sim.inputs.fields import LONGEST_NAME, RESERVED_NAMES
from sim.inputs.text import InputError
from sim.scenario import load, new_text
from tests.contract.command import SIM

ROOT = Path(__file__).parents[2]
ESCAPE = "\x1b["
COMMANDS = {
    command.name or command.callback.__name__: command.callback for command in cli.app.registered_commands
}
WITHOUT_FORMAT = {"schema": "is JSON already", "serve": "answers in a browser"}
WITHOUT_QUIET = {
    "check", "list", "new", "diff", "evidence", "schema", "stress", "report", "sensitivity", "serve",
}  # fmt: skip
"""Those that say nothing on the way."""


def options(command) -> set[str]:
    return {f"--{name.replace('_', '-')}" for name in signature(command).parameters}


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - WITHOUT_FORMAT))
def test_every_command_answers_in_json_if_asked(name):
    assert "--format" in options(COMMANDS[name])


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - WITHOUT_QUIET))
def test_every_command_that_talks_on_the_way_can_be_quiet(name):
    assert "--quiet" in options(COMMANDS[name])


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("new", "my_question"),
        ("check", "border_closure"),
        ("diff", "baseline", "border_closure"),
        ("evidence", "market.cover_exponent"),
        ("evidence", "--grade", "A"),
        ("evidence", "--balance"),
        ("stress", "steady"),
        ("schema",),
    ],
    ids=" ".join,
)
def test_what_is_asked_for_as_json_is_json(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    form = () if words == ("schema",) else ("--format", "json")
    done = CliRunner().invoke(cli.app, [*words, *form], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown_and_installed(shell, tmp_path):
    environment = os.environ | {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    for word in ("--show-completion", "--install-completion"):
        done = subprocess.run(
            [SIM, word, shell], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_SIM_COMPLETE" in text for text in written)


def on_a_terminal(*words: object, **environment: str) -> str:
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    started = subprocess.Popen(
        [SIM, *map(str, words)],
        stdout=theirs,
        stderr=theirs,
        env=variables | {"TERM": "xterm-256color"} | environment,
    )
    os.close(theirs)
    printed = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        printed += piece
    os.close(ours)
    assert started.wait(timeout=60) == 0
    return printed.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
@pytest.mark.parametrize(
    ("words", "full", "code"),
    [
        (("run", "nosuch"), ("stderr",), 2),
        (("run", "--nosuch"), ("stderr",), 2),
        (("list",), ("stderr",), 0),
        (("list",), ("stdout",), 1),
        (("schema",), ("stdout", "stderr"), 1),
    ],
)
def test_a_full_disk_is_a_fault_of_the_answer_and_none_of_what_is_said_beside(tmp_path, words, full, code):
    with Path("/dev/full").open("wb") as disk:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | dict.fromkeys(full, disk)
        done = subprocess.run(
            [SIM, *words], **streams, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False
        )
    assert done.returncode == code
    if full == ("stdout",):
        assert b"No space left on device. What was there before is as it was; make room" in done.stderr


COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


@pytest.mark.slow
def test_a_terminal_gets_colours_unless_they_are_not_wanted(short, tmp_path):
    run = ("run", short, "--no-reference", "--out", tmp_path / "out")
    assert COLOUR.search(on_a_terminal(*run))
    plain = on_a_terminal(*run, NO_COLOR="1")
    assert ESCAPE in plain
    assert not COLOUR.search(plain)


def test_a_dumb_terminal_gets_plain_text():
    assert ESCAPE in on_a_terminal("list")
    assert ESCAPE not in on_a_terminal("list", TERM="dumb")


def test_elsewhere_there_is_no_escape_code(finished, sim):
    _, done = finished
    assert ESCAPE not in done.stdout + done.stderr
    assert ESCAPE not in sim("check", "border_closure").stdout


@pytest.mark.parametrize("name", [*RESERVED_NAMES, "a" * (LONGEST_NAME + 1), "a:b", "a.", "a b", "..", "A"])
def test_a_name_that_is_no_folder_everywhere_is_refused(tmp_path, name):
    path = tmp_path / "file.yaml"
    path.write_text(f'name: "{name}"\nquestion: What if?\nextends: baseline\n')
    with pytest.raises(InputError) as told:
        load(str(path))
    (problem,) = told.value.problems
    assert (problem.line, problem.path) == (1, "name")
    with pytest.raises(InputError, match="name"):
        new_text(name, "baseline")


def repository_files() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout")
def test_the_project_can_be_checked_out_everywhere():
    names = repository_files()
    assert len({name.casefold() for name in names}) == len(names) > 100
    for part in {part for name in names for part in name.split("/")}:
        assert not set('<>:"\\|?*') & set(part)
        assert not part.endswith((".", " "))
        assert not PureWindowsPath(part).is_reserved()


def test_results_have_names_that_work_everywhere(finished):
    folder, _ = finished
    for path in folder.rglob("*"):
        assert re.fullmatch(r"\.?[\w.-]*\w", path.name), path


def test_new_puts_the_schema_where_its_first_line_says(sim, tmp_path):
    assert sim("new", "my_question").returncode == 0
    first = (tmp_path / "my_question.yaml").read_text().splitlines()[0]
    named = tmp_path / first.partition("$schema=")[2]
    assert json.loads(named.read_text())["properties"]["events"]
    named.write_text("mine")
    assert sim("new", "another").returncode == 0
    assert named.read_text() == "mine"


def test_every_shipped_scenario_names_a_schema_that_is_there():
    for path in [*ROOT.glob("scenarios/*.yaml"), *ROOT.glob("scenarios/sweeps/*.yaml")]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert match, path
        assert (path.parent / match[1]).is_file(), path


def test_the_pre_commit_hook_refuses_faulty_scenarios(tmp_path):
    (hook,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert re.search(hook["files"], "my/scenarios/a.yaml")
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("name: good\nquestion: What if?\nextends: baseline\n")
    bad.write_text("name: bad\nquestion: What if?\nextends: base\n")
    command = [str(Path(SIM).with_name("sim")), *shlex.split(hook["entry"])[1:]]
    for files, code in (([good], 0), ([good, bad], 2)):
        done = subprocess.run([*command, *files], capture_output=True, timeout=60, check=False)
        assert done.returncode == code


@pytest.mark.slow
def test_the_snakefile_s_commands_run(sim, tmp_path):
    text = (ROOT / "examples/Snakefile").read_text(encoding="utf-8")
    shells = re.findall(r'shell:\n\s+"(.*)"', text)
    assert len(shells) == 3
    (scenario, _) = sorted((ROOT / "examples/scenarios").glob("*.yaml"))
    values = {
        "{REPLICATIONS}": "2",
        "{threads}": "1",
        "{input}": str(scenario),
        "{wildcards.name}": scenario.stem,
    }
    for shell in shells:
        for name, value in values.items():
            shell = shell.replace(name, value)
        done = sim(*shlex.split(shell)[1:])
        assert done.returncode == 0, done.stderr
    assert (tmp_path / f"results/compare/{scenario.stem}/compare.csv").is_file()


@pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="snakemake is not installed")
def test_snakemake_understands_the_snakefile(tmp_path):
    done = subprocess.run(
        [Path(SIM).with_name("snakemake"), "--dry-run", "--snakefile", ROOT / "examples/Snakefile"],
        cwd=ROOT / "examples", capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
