"""What the commands say and what they exit with."""

import json
import os
import subprocess
import sys

import pytest

from sim import __version__
from tests.contract.command import SIM


def test_help_lists_the_commands_and_no_argument_is_help(sim):
    helped = sim("--help")
    assert helped.returncode == 0
    for command in ("run", "check", "list", "new", "diff", "evidence", "schema"):
        assert f"\n  {command} " in helped.stdout
    bare = sim()
    assert bare.returncode == 2
    assert helped.stdout.strip() in bare.stdout + bare.stderr


def test_version(sim):
    assert sim("--version").stdout == f"sim {__version__}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["rnu"],
        ["run"],
        ["run", "baseline", "--replication", "3"],
        ["run", "baseline", "--replications", "0"],
        ["run", "no_such"],
        ["run", "baseline", "--set", "market.cover_expnent=1"],
        ["run", "baseline", "--set", "nonsense"],
        ["run", "baseline", "--replications", "3", "--set", "run.replications=4"],
        ["evidence", "no.such"],
        ["evidence", "--grade", "E"],
        ["evidence", "mines.block_gap_d", "--grade", "D"],
        ["new", "baseline", "--from", "no_such"],
        ["diff", "baseline", "no_such"],
    ],
)
def test_wrong_usage_exits_2_writes_nothing_and_shows_no_traceback(sim, tmp_path, words):
    done = sim(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


FAULTY = """\
name: faulty
question: What is wrong here?
extends: baselin
periods: {months: 3}
run: {replications: many}
events:
  - {kind: gate_closing, gates: [pangwa], start: 2025-07-10}
  - {kind: gate_closure, gates: [pangua], start: 2025-07-10, lasts: 7 kg}
"""


def test_all_faults_of_all_files_at_once_each_with_its_place(sim, tmp_path, short):
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(FAULTY, encoding="utf-8")
    before = sorted(path.name for path in tmp_path.iterdir())
    done = sim("check", "one.yaml", short, "two.yaml")
    assert done.returncode == 2
    told = done.stderr.splitlines()
    for name in ("one.yaml", "two.yaml"):
        assert any(line.startswith(f"{name}:3:10: extends:") and "baseline" in line for line in told)
        assert any(line.startswith(f"{name}:4:1: periods:") and "'period'" in line for line in told)
        assert any(line.startswith(f"{name}:5:21: run.replications:") for line in told)
        assert any(line.startswith(f"{name}:7:12: events[0].kind:") for line in told) or any(
            line.startswith(f"{name}:7:12: events.") for line in told
        )
    assert "Does a week of closed gates show?" in done.stdout
    as_json = sim("check", "one.yaml", short, "two.yaml", "--format", "json")
    assert (as_json.returncode, as_json.stdout, as_json.stderr) == (2, "", done.stderr)
    assert sim("run", "one.yaml").returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_check_prints_the_timeline_and_runs_nothing(sim, short, tmp_path):
    done = sim("check", short)
    assert done.returncode == 0
    assert "2025-07-10" in done.stdout
    assert "2025-07-17" in done.stdout
    assert "gate_closure" in done.stdout
    assert not (tmp_path / "results").exists()
    moments = json.loads(sim("check", short, "--format", "json").stdout)["short"]
    assert [(one["on"], one["what"].split(":")[0]) for one in moments] == [
        ("2025-07-10", "begins"),
        ("2025-07-17", "ends"),
    ]


@pytest.mark.slow
def test_files_of_one_name_are_told_apart(sim, short, tmp_path):
    (tmp_path / "other.yaml").write_text(short.read_text(encoding="utf-8"), encoding="utf-8")
    done = sim("check", "short.yaml", "steady", "other.yaml", "--format", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["short.yaml", "steady", "other.yaml"]
    assert found["short.yaml"] == found["other.yaml"]


def test_check_warns_of_a_parameter_that_no_run_reads(sim, tmp_path):
    (tmp_path / "idle.yaml").write_text(
        "name: idle\nquestion: Who reads this?\nextends: baseline\n"
        "start_state: {source: a test, prices: {Dy: 1700 CNY/kg}}\n"
        "set:\n  market.dy.start_price_cny_per_kg: {value: 1 CNY/kg, assume: start_state wins}\n",
        encoding="utf-8",
    )
    done = sim("check", "idle.yaml")
    assert done.returncode == 0
    assert "market.dy.start_price_cny_per_kg" in done.stderr


def test_run_warns_of_an_event_without_effect_and_tells_the_manifest(sim, short, tmp_path):
    text = short.read_text(encoding="utf-8")
    idle = "  - {kind: gate_capacity, id: idle, gates: [lweje], start: 2025-07-20, factor: 1}\n"
    short.write_text(text + idle, encoding="utf-8")
    done = sim("run", short, "--quiet", "--no-reference")
    assert done.returncode == 0
    assert done.stderr.strip() == "warning: event idle: changed nothing in any replication"
    manifest = json.loads((tmp_path / "results" / "short" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["warnings"] == ["event idle: changed nothing in any replication"]


def test_run_warns_where_nothing_made_a_difference_or_the_answer_goes_another_way(sim, tmp_path):
    text = """name: idle
question: Does it matter?
extends: baseline
answer: {metric: imports_t, place: myanmar, expect: falls}
period: {months: 1}
run: {replications: 3}
events:
  - {kind: reagent_embargo, id: none, gates: [muse], start: 2025-07-05, lasts: 9 d}
"""
    (tmp_path / "idle.yaml").write_text(text, encoding="utf-8")
    done = sim("run", "idle.yaml", "--quiet")
    assert done.returncode == 0
    assert " ".join(done.stderr.split()) == (
        "warning: no event and no setting made a difference: everything measured is as in the reference "
        "warning: answer: imports_t (myanmar) was expected to fall and does not detectably move: "
        "+0 [+0; +0] t"
    )
    (tmp_path / "idle.yaml").write_text(text.replace("place: myanmar", "place: mars"), encoding="utf-8")
    assert sim("check", "idle.yaml").stderr == "warning: answer: nothing is measured as imports_t (mars)\n"


def test_run_prints_a_table_that_fits_and_progress_elsewhere(finished):
    done = finished[1]
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    for label in (
        "Myanmar imports while shut or cut",
        "Tb price, peak",
        "Dy price, mean",
        "tax, kia",
        "time to recover",
        "Tb output lost",
    ):
        assert label in done.stdout
    assert "evidence: A" in done.stdout
    assert "results: results/short" in done.stdout
    assert "replications" in done.stderr
    assert "of 4 replications" in done.stderr


@pytest.mark.slow
def test_quiet_says_nothing_beside_the_answer(sim, short):
    assert sim("run", short, "--quiet").stderr == ""


def test_json_has_the_same_rows_as_the_table(sim, short, finished):
    answer = json.loads(sim("run", short, "--format", "json").stdout)
    assert answer["scenario"] == "short"
    assert answer["reference"] == "baseline"
    for row in answer["rows"]:
        assert row["label"] in finished[1].stdout
    shut = answer["rows"][0]
    assert shut["metric"] == "imports_while_shut_t"
    assert shut["difference"] == pytest.approx(shut["scenario"] - shut["reference"])
    assert shut["ci_low"] <= shut["difference"] <= shut["ci_high"]
    assert shut["pairs"] == 2


def test_shipped_scenarios_have_names_and_questions(sim):
    questions = json.loads(sim("list", "--format", "json").stdout)
    assert {"baseline", "border_closure", "steady"} <= questions.keys()
    assert all(question.endswith("?") for question in questions.values())
    assert "border_closure" in sim("list").stdout


@pytest.mark.slow
def test_new_writes_a_scenario_that_checks_and_never_overwrites(sim, tmp_path):
    assert sim("new", "mine", "--from", "border_closure").returncode == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    assert "extends: border_closure" in text
    assert "#" in text
    assert sim("check", "mine.yaml").returncode == 0
    assert sim("new", "mine").returncode == 2
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == text


def test_diff_shows_what_differs_resolved(sim, short):
    told = sim("diff", "baseline", short).stdout
    assert "period.months" in told
    assert "shut" in told
    assert sim("diff", "baseline", "baseline").stdout == "no difference\n"
    found = json.loads(sim("diff", "baseline", "steady", "--format", "json").stdout)
    assert any(item["path"].endswith("mines.monsoon_output_factor") for item in found)


def test_evidence_of_one_of_all_and_of_a_grade(sim):
    one = sim("evidence", "taxes.kia.export_cny_per_t").stdout
    assert "35000 CNY/t" in one
    assert "grade A" in one
    assert "every run" in one
    everything = json.loads(sim("evidence", "--format", "json").stdout)
    assumed = json.loads(sim("evidence", "--grade", "D", "--format", "json").stdout)
    assert 0 < len(assumed) < len(everything)
    assert {item["grade"] for item in assumed} == {"D"}


def test_schema_is_json(sim):
    assert json.loads(sim("schema").stdout)["properties"]["events"]


NOT_NEEDED = ("pandas", "scipy", "matplotlib", "plotly", "altair")


@pytest.mark.parametrize("words", [["--help"], ["check", "border_closure"], ["list"]])
def test_light_commands_import_nothing_heavy(words, tmp_path):
    code = (
        "import sys\nfrom sim.cli import main\n"
        f"sys.argv = ['sim', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print('heavy:', [name for name in {NOT_NEEDED!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "heavy: []"


def test_a_reader_that_stops_early_is_no_fault(tmp_path):
    command = f"{SIM} evidence | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_completion_knows_the_shipped_scenarios(tmp_path):
    environment = os.environ | {
        "_SIM_COMPLETE": "complete_bash",
        "COMP_WORDS": "sim run bord",
        "COMP_CWORD": "2",
    }
    done = subprocess.run([SIM], capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.stdout.split() == ["border_closure"]


def left_alone(words, cwd, **options):
    """Exit code of a command whose standard error nobody reads."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        return subprocess.run(
            [SIM, *map(str, words)], cwd=cwd, stderr=theirs, timeout=60, check=False, **options
        ).returncode
    finally:
        os.close(theirs)


def test_a_reader_who_leaves_standard_error_ends_no_run(short, tmp_path):
    words = ("run", short, "--no-reference", "--workers", 1, "--out", "out")
    assert left_alone(words, tmp_path, stdout=subprocess.DEVNULL) == 0
    assert (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_are_closed_from_the_start_are_no_fault(tmp_path, closed):
    for words, code in (("list --format json", 0), ("check gone.yaml", 2)):
        command = ["bash", "-c", f"{SIM} {words} {closed}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("words", [("check", "short.yaml", "gone.yaml"), ("rnu",), ("run", "gone.yaml")])
def test_a_refusal_that_nobody_reads_is_one_all_the_same(short, tmp_path, words):
    assert left_alone(words, tmp_path, stdout=subprocess.DEVNULL) == 2
    command = f"{SIM} {' '.join(words)} 2>&1 | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path, timeout=60, check=False).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize("words", [("run", "baseline"), ("check", "baseline"), ("new", "mine")])
def test_a_working_folder_that_is_gone_is_told(tmp_path, words):
    (tmp_path / "gone").mkdir()
    command = f"rmdir ../gone && {SIM} {' '.join(words)}"
    words = ["bash", "-c", command]
    done = subprocess.run(words, cwd=tmp_path / "gone", capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr == ".:1:1: the working folder is gone. Go to one that exists\n"


INTERRUPTED_EARLY = """
import os, signal, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Slow())
from sim.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_is_loaded_shows_no_traceback(tmp_path):
    words = [sys.executable, "-c", INTERRUPTED_EARLY, "list"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("seconds", ["inf", "nan", "-1", "1e10"])
def test_a_limit_that_no_timer_takes_is_refused(sim, short, seconds):
    done = sim("run", short, "--timeout", seconds)
    assert done.returncode == 2, done.stderr
    assert "Invalid value for '--timeout'" in done.stderr
