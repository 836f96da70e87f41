"""A stop that loses nothing finished: the first SIGINT or SIGTERM sets a flag, a second one acts as usual."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


class Flag(Protocol):
    """What tells the workers to stop: true once a stop was asked for.

    A plain value in memory that the processes share, and no event: an event has a lock, and a worker killed
    while it holds that lock, or a signal that comes while this process holds it, would stop everything.
    """

    value: bool


@contextmanager
def stopped_by_signals(stop: Flag) -> Iterator[None]:
    """While it holds, the first SIGINT or SIGTERM sets the flag and gives the signals back."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers, and only it gets signals
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    parent = os.getpid()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def on_signal(number: int, _: FrameType | None) -> None:
        restore()
        if os.getpid() == parent:
            stop.value = True
        elif number == signal.SIGTERM:  # a worker so young that it still has this handler
            os._exit(1)

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        restore()
