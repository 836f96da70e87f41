"""A stop that loses nothing finished: the first signal to stop sets a flag, a second one acts as usual.

Whoever stops a group of processes reaches the workers, too: they leave that to their parent.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Flag(Protocol):
    """What tells the workers to stop: true once a stop was asked for.

    A plain value in memory that the processes share, and no event: an event has a lock, and a worker killed
    while it holds that lock, or a signal that comes while this process holds it, would stop everything.
    """

    value: bool


@contextmanager
def stopped_by_signals(stop: Flag) -> Iterator[None]:
    """While it holds, the first signal to stop sets the flag and gives the signals back."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it gets signals
        return
    before = {number: signal.getsignal(number) for number in _STOPS}
    if before[signal.SIGHUP] is signal.SIG_IGN:  # as under nohup
        del before[signal.SIGHUP]
    parent = os.getpid()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        restore()
        if os.getpid() == parent:  # and no worker so young that it still has this handler
            stop.value = True

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        restore()


def serve_parent() -> None:
    """In a worker: leave signals to stop to the parent, and do not outlive it. A pool of the standard library
    would, and hold its parent's locks forever."""
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
