"""Runs one after the other in this process."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from sim.experiment.attempt import Item, Job, attempt, timed_out
from sim.experiment.stopping import Flag


class _OverdueError(BaseException):
    """Raised inside a run that takes too long; no `except Exception` of the run may swallow it."""


def results(
    job: Job[Any], items: Sequence[Item], timeout_s: float | None, stop: Flag
) -> Iterator[tuple[Item, object]]:
    """What the job keeps of every item, until the flag is set.

    timeout_s: limit of one run; it needs the main thread of a system with alarms, elsewhere there is none.
    """
    for item in items:
        if stop.value:
            break
        try:
            with _alarm(timeout_s):
                result = attempt(job, item)
        except _OverdueError:
            result = timed_out(timeout_s or 0.0)
        kept = job.keep([(item, result)])
        job.save(final=False)
        yield from kept
    job.save(final=True)


@contextmanager
def _alarm(limit_s: float | None) -> Iterator[None]:
    """Raise _OverdueError in the block when it takes longer than that."""
    is_main = threading.current_thread() is threading.main_thread()
    if limit_s is None or not is_main or not hasattr(signal, "setitimer"):
        yield
        return

    def overdue(_number: int, _frame: FrameType | None) -> None:
        raise _OverdueError

    before = signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
