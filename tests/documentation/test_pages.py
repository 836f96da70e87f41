"""Every page of the documentation does what it says."""

import re
import shlex
from pathlib import Path

import pytest
import typer.testing

from sim import cli
from tests.documentation.page import ROOT, aligned, blocks, change, commands, shape, work_through

PAGES = sorted(
    path
    for path in [*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    if "console" in path.read_text(encoding="utf-8") or "```python" in path.read_text(encoding="utf-8")
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sim_commands(page: Path):
    """The words of every `sim` command on a page, pipes and what follows them left out."""
    for block in blocks(page.read_text(encoding="utf-8").splitlines()):
        if block.language == "console":
            for text, _, _ in commands(block):
                words = shlex.split(text.replace("\\\n", " "), comments=True)
                if words[0] == "sim":
                    ends = [i for i, word in enumerate(words) if word in ("|", ">", "&&", "||", ";")]
                    yield words[1 : ends[0] if ends else None]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_does_what_it_shows(page, tmp_path):
    told = [*work_through(page, tmp_path)]
    for this, after in zip(told, [*told[1:], None], strict=True):
        asked = after is not None and after.step.told.strip() == "echo $?"
        assert asked or this.code == 0, f"{this.step.told}: exit {this.code}\n" + "\n".join(this.printed)
        shown = "\n".join(this.step.shown)
        assert this.now is not None, f"{this.step.told} shows\n{shown}\nprints\n" + "\n".join(this.printed)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_on_a_page_exists(page):
    registered = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    helps: dict[str, str] = {}
    for name, *words in sim_commands(page):
        if name.startswith("--"):
            continue
        assert name in registered, f"{name_of(page)}: there is no `sim {name}`"
        if name not in helps:
            helps[name] = typer.testing.CliRunner().invoke(cli.app, [name, "--help"]).output
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert option in helps[name], f"{name_of(page)}: sim {name} has no {option}"


def test_the_tutorial_is_among_the_pages():
    assert {"docs/tutorial.md", "docs/howto/pipeline.md"} <= set(map(name_of, PAGES))


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["a 1,200 +3.4 %"], ["a  15 -0.1 %"], True),
        (["a 1"], ["b 1"], False),
        (["a", "…", "z"], ["a", "b", "c", "z"], True),
        (["a", "…", "z"], ["a", "b", "c"], False),
        (["a"], ["a", "b"], False),
        (["…"], [], True),
    ],
)
def test_shapes_of_output_are_told_apart(shown, printed, same):
    assert (aligned(shown, printed) is not None) == same


def test_a_number_is_a_number_and_a_word_a_word():
    assert shape("Tb  +6.6 [+474; −501]") == "Tb # [#; #]"
    assert re.search("[0-9]", shape("2025-07-01 1e-3")) is None


def test_a_difference_is_applied_where_it_belongs_once(tmp_path):
    path = tmp_path / "file"
    path.write_text("a\nb\nc\n")
    change(path, [" b", "+new", "@@", "-c", "+d"])
    change(path, ["+end"])
    assert path.read_text() == "a\nb\nnew\nd\nend\n"
    with pytest.raises(ValueError, match="not there exactly once"):
        change(path, ["-c", "+d"])


def test_a_fence_that_nothing_checks_is_refused():
    with pytest.raises(ValueError, match="what is"):
        [*blocks(["```python hl_lines=1", "x", "```"])]


def test_a_wrong_output_on_a_page_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo a 1\na 7\n$ echo b\nc\n$ false\n$ echo $?\n1\n```\n")
    told = [*work_through(page, tmp_path)]
    assert [one.now for one in told] == [["a 1"], None, [], ["1"]]
    assert told[2].code == 1
