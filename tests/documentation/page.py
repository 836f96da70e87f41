"""The pages of the documentation, run: every file they show is written, every command and script executed.

A page is worked through from top to bottom in an empty folder:
- a fence with a title (```yaml title="mine.yaml") is a file, written there;
- ```diff title="path" changes a file of the project; such a page is worked through in a copy of it;
- ```console runs what follows `$ ` with bash, and compares what is printed with what the page shows;
- ```python runs as a script; a ```text fence right after it shows what it prints;
- ```json, ```yaml and ```text without a title are to be read only.

Output is compared by its shape: any number stands for any other, blanks for one, and a line `…` for any
lines. Shown is standard output, and after a fault (`$ echo $?` must follow) standard error, too.
`python -m tests.documentation.page PAGE…` puts the present output in place of the one shown (`make pages`).
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 240
GAP = "…"
FILL_IN = "?"
"""Shown in place of an output that `make pages` is to fill in."""

_FENCE = re.compile(r"^( *)```([a-z]+)(?: title=\"([^\"]+)\")?$")
_NUMBER = re.compile(r"[-+−]?\d[\d,]*(\.\d+)?")


@dataclass
class Block:
    """One fence. `first`: index of the line after its opening, `last`: of its closing."""

    language: str
    title: str
    indent: int
    first: int
    last: int
    lines: list[str]


@dataclass(frozen=True)
class Step:
    """A command or script, and the lines [first, last) of the page that show what it prints."""

    words: Sequence[str]
    told: str
    first: int
    last: int
    shown: tuple[str, ...]


def blocks(lines: Sequence[str]) -> Iterator[Block]:
    """The fences of a page, in order. Raises ValueError for a fence in a language that nothing checks."""
    opening: tuple[int, re.Match[str]] | None = None
    for index, line in enumerate(lines):
        if opening is None:
            match = _FENCE.match(line)
            if match:
                opening = index, match
            elif line.lstrip().startswith("```") and line.strip() != "```":
                raise ValueError(f"line {index + 1}: what is {line.strip()!r}?")
            elif line.strip() == "```":
                opening = index, re.match(r"( *)```()()", line)  # type: ignore[assignment]
        elif line.strip() == "```":
            start, match = opening
            indent = len(match[1])
            inside = [text[indent:] for text in lines[start + 1 : index]]
            yield Block(match[2], match[3] or "", indent, start + 1, index, inside)
            opening = None


def commands(block: Block) -> Iterator[tuple[str, int, int]]:
    """The commands of a console block: text, and the lines [first, last) of the page that are its output."""
    starts = [i for i, line in enumerate(block.lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(block.lines)], strict=True):
        after = start
        while block.lines[after].endswith("\\"):
            after += 1
        text = "\n".join(block.lines[start : after + 1])[2:]
        yield text, block.first + after + 1, block.first + end


def steps(lines: Sequence[str], folder: Path) -> Iterator[Step]:
    """What is to be run, in order; files are written to the folder when their turn has come."""
    script: Block | None = None
    for block in blocks(lines):
        if block.title and block.language == "diff":
            change(folder / block.title, block.lines)
        elif block.title:
            path = folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.language == "console":
            for text, first, last in commands(block):
                yield Step(("bash", "-c", text), text, first, last, _inside(lines, block, first, last))
        elif script is not None:
            first, last = (block.first, block.last) if block.language == "text" else (0, 0)
            yield _script(script, first, last, _inside(lines, block, first, last))
        script = block if block.language == "python" and not block.title else None
    if script is not None:
        yield _script(script, 0, 0, ())


def change(path: Path, difference: Sequence[str]) -> None:
    """Applies a difference whose hunks are parted by `@@`; one that only adds goes to the end of the file.

    Raises ValueError where what is to be replaced does not stand there exactly once.
    """
    text = path.read_text(encoding="utf-8")
    for hunk in "\n".join(difference).split("\n@@\n"):
        lines = hunk.split("\n")
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "+")
        new = "".join(f"{line[1:]}\n" for line in lines if line[:1] != "-")
        if old and text.count(f"\n{old}") != 1:
            raise ValueError(f"{path.name}: not there exactly once:\n{old}")
        text = text.replace(f"\n{old}", f"\n{new}") if old else text + new
    path.write_text(text, encoding="utf-8")


def copy_of_project(folder: Path) -> None:
    """The files of the project that a recipe can change or that its commands read."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("sim", "scenarios", "seeds", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in ROOT.glob("*.*"):
        if path.is_file():
            shutil.copy(path, folder)


def prepare(page: Path, folder: Path) -> None:
    """An empty folder, or a copy of the project for pages that change it."""
    if "```diff title=" in page.read_text(encoding="utf-8"):
        copy_of_project(folder)


def _script(block: Block, first: int, last: int, shown: tuple[str, ...]) -> Step:
    source = "\n".join(block.lines)
    return Step((sys.executable, "-c", source), f"script at line {block.first + 1}", first, last, shown)


def _inside(lines: Sequence[str], block: Block, first: int, last: int) -> tuple[str, ...]:
    shown = [line[block.indent :] for line in lines[first:last]]
    while shown and not shown[-1]:
        shown.pop()
    return tuple(shown)


def run(step: Step, folder: Path) -> tuple[int, list[str]]:
    """Exit code and the lines printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder) if (folder / "sim").is_dir() else "",
        "NO_COLOR": "1",
        "PYTHONWARNINGS": "error",
    }
    done = subprocess.run(
        step.words,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    told = done.stdout + (done.stderr if done.returncode else "")
    return done.returncode, told.rstrip("\n").splitlines()


def shape(line: str) -> str:
    """A line with `#` for every number and one blank for many."""
    return " ".join(_NUMBER.sub("#", line).split())


def aligned(shown: Sequence[str], printed: Sequence[str]) -> list[str] | None:
    """The shown lines with the numbers printed now; None if the shapes differ."""
    if not shown:
        return [] if not printed else None
    if shown[0].strip() == GAP:
        for skipped in range(len(printed) + 1):
            rest = aligned(shown[1:], printed[skipped:])
            if rest is not None:
                return [shown[0], *rest]
        return None
    if not printed or shape(shown[0]) != shape(printed[0]):
        return None
    rest = aligned(shown[1:], printed[1:])
    return None if rest is None else [printed[0], *rest]


@dataclass(frozen=True)
class Told:
    """One step as it went. `now`: what the page should show, None if it cannot be told."""

    step: Step
    code: int
    printed: list[str]
    now: list[str] | None


def work_through(page: Path, folder: Path) -> Iterator[Told]:
    """Every step of a page. `$ echo $?` tells the exit code of the command above it."""
    prepare(page, folder)
    code = 0
    for step in steps(page.read_text(encoding="utf-8").splitlines(), folder):
        if step.told.strip() == "echo $?":
            printed, now_code = [str(code)], 0
        else:
            now_code, printed = run(step, folder)
        now = aligned(step.shown, printed) if step.shown else []
        yield Told(step, now_code, printed, now)
        code = now_code


def refresh(page: Path) -> list[str]:
    """Puts the present output on the page. Returns the commands whose shape must be mended by hand."""
    lines = page.read_text(encoding="utf-8").splitlines()
    changes, failed = [], []
    with TemporaryDirectory() as folder:
        for told in work_through(page, Path(folder)):
            step, now = told.step, told.now
            if now is None and not any(line.strip() == GAP for line in step.shown):
                now = told.printed
            elif now is None:
                failed.append(f"{page}: {step.told}\n" + "\n".join(told.printed))
            if step.shown and now is not None:
                changes.append((step, now))
    for step, now in reversed(changes):
        indent = (
            " " * (len(lines[step.first]) - len(lines[step.first].lstrip(" ")))
            if step.shown[0][:1] != " "
            else ""
        )
        lines[step.first : step.first + len(step.shown)] = [f"{indent}{line}".rstrip() for line in now]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, *refresh(Path(name)), sep="\n")
