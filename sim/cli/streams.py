"""What the command prints to: characters that cannot be shown become escapes, and no reader has to stay."""

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

_ERRORS = "backslashreplace"


class _Unheard(FileIO):
    """Standard error: a reader who leaves, or a full disk, ends no work, for the answer is elsewhere."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def prepare() -> None:
    """Before anything is printed."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed from the start
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=_ERRORS)
    if isinstance(sys.stderr, TextIOWrapper):
        raw = _Unheard(sys.stderr.fileno(), "w", closefd=False)
        sys.stderr = TextIOWrapper(BufferedWriter(raw), sys.stderr.encoding, _ERRORS, line_buffering=True)


def finish() -> None:
    """When all is printed: a reader who has what it wanted changes no exit code."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        hush()


def hush() -> None:
    """The reader of our output has left: nobody gets the rest."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
