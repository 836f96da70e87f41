"""What is fuzzed: the commands that read a file, run in this process, and the real files that are mutated.

A further command is one more `Target` in TARGETS.
"""

import io
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from unittest import mock

import typer

from sim import shipped
from sim.cli import app
from sim.evidence import Registry
from tests.worlds import registry

HANGS_S = 20.0
"""A case that takes longer hangs: the slowest honest one takes a second."""


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Target:
    """Files of one kind, and the commands that read them.

    cases: how many of the whole. files: the real files, the first of which is mutated where `one` gives none.
    read: reads the file at this path, in an empty folder of its own, and returns what each command said.
    """

    name: str
    cases: int
    file: str
    files: Callable[[], Sequence[bytes]]
    read: Callable[[Path], list[Said]]


class HangError(BaseException):
    """No case may take this long; not an Exception, so that nothing takes it for a fault of the input."""


@contextmanager
def time_limit(seconds: float = HANGS_S) -> Iterator[None]:
    """Raises HangError in the block after that time."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"still at work after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def _command() -> Callable[..., None]:
    return typer.main.get_command(app)


def sim(*words: object, evidence: Registry | None = None) -> Said:
    """The command in this process, with everything between its words and its exit code.

    evidence: in place of the shipped one, which is read once for all cases.
    """
    out, err = io.StringIO(), io.StringIO()
    argv = ["sim", *map(str, words)]
    known = evidence or registry()
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(Registry, "load", lambda _folder: known),
    ):
        try:
            _command()(argv[1:], prog_name="sim")
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
    return Said(code, out.getvalue(), err.getvalue())


# -- scenarios ------------------------------------------------------------------------------------------------


@cache
def scenario_files() -> tuple[bytes, ...]:
    """The shipped scenarios."""
    return tuple(path.read_bytes() for path in sorted(shipped.scenarios_dir().glob("*.yaml")))


def check_scenario(path: Path) -> list[Said]:
    """`sim check`."""
    return [sim("check", path)]


def run_scenario(path: Path) -> list[Said]:
    """`sim run`: a month and one replication of what `sim check` finds sound."""
    short = ("--set", "period.months=1", "--replications", 1, "--workers", 1, "--quiet")
    return [sim("run", path, *short, "--out", path.parent / "out")]


TARGETS = (
    Target("scenario checked", 4000, "mine.yaml", scenario_files, check_scenario),
    Target("scenario run", 600, "mine.yaml", scenario_files, run_scenario),
)
