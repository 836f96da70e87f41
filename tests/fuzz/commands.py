"""The commands that read a file, run in this process, and what is said of a file to fuzz."""

import io
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


def sim(*words: object, fresh: bool = False) -> Said:
    """The command in this process, with everything between its words and its exit code.

    fresh: read the evidence anew, and not once for all cases.
    """
    out, err = io.StringIO(), io.StringIO()
    argv = ["sim", *map(str, words)]
    known = None if fresh else registry()
    load = Registry.load if known is None else lambda _folder: known
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(Registry, "load", load),
    ):
        try:
            _command()(argv[1:], prog_name="sim")
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
    return Said(code, out.getvalue(), err.getvalue())
