"""Repeats one run: replications over worker processes, failures as rows, a stop that loses nothing finished.

What a replication gives depends on (world, replication) only, so the number of workers changes no result.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter
from types import FrameType
from typing import Any, Protocol, TypeVar

from sim.ledger import ConservationError, Outcome

World = TypeVar("World")

_LARGEST_CHUNK = 16
_CHUNKS_PER_WORKER = 8


@dataclass(frozen=True)
class Failure:
    """A replication that gave no outcome. stage: audit, run, or worker (its process died)."""

    replication: int
    stage: str
    type: str
    message: str


Result = Outcome | Failure


class Flag(Protocol):
    """What tells the workers to stop: true once a stop was asked for.

    A plain value in memory that the processes share, and no event: an event has a lock, and a worker killed
    while it holds that lock, or a signal that comes while this process holds it, would stop everything.
    """

    value: bool


def replicate(
    world: World,
    replications: Sequence[int],
    workers: int,
    run: Callable[[World, int], Outcome],
    on_done: Callable[[Result], None],
) -> list[Result]:
    """Run every replication of a world and return their results in the order of `replications`.

    run, world: with more than one worker both must be picklable. on_done: called here, in this process, with
    each result as it comes. An exception in a replication becomes a Failure and the rest goes on.

    On the first SIGINT or SIGTERM the replications under way end, on_done gets them, no other starts, and
    KeyboardInterrupt is raised; a second signal acts as it would have outside.
    """
    results: dict[int, Result] = {}
    workers = min(workers, len(replications))
    source = _inline if workers <= 1 else _pooled
    for result in source(world, replications, workers, run):
        results[result.replication] = result
        on_done(result)
    return [results[replication] for replication in replications]


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass
class _Flag:
    value: bool = False


def _inline(
    world: World, replications: Sequence[int], _: int, run: Callable[[World, int], Outcome]
) -> Iterator[Result]:
    stop = _Flag()
    with _stopped_by_signals(stop):
        for replication in replications:
            if not stop.value:
                yield _attempt(world, replication, run)
    if stop.value:
        raise KeyboardInterrupt


def _pooled(
    world: World, replications: Sequence[int], workers: int, run: Callable[[World, int], Outcome]
) -> Iterator[Result]:
    # fork shares the loaded libraries; elsewhere than on Linux it is unsafe, and the default serves
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    stop = context.RawValue(ctypes.c_bool, False)
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(world, run, stop))
    with _stopped_by_signals(stop), _shutting_down(pool):
        futures: dict[Future[list[Result]], Sequence[int]] = {}
        for chunk in _chunks(replications, workers):
            try:
                futures[pool.submit(_run_chunk, chunk)] = chunk
            except BrokenProcessPool as error:  # a worker died before all was handed out
                yield from (_worker_died(replication, error) for replication in chunk)
        for future in as_completed(futures):
            try:
                yield from future.result()
            except BrokenProcessPool as error:
                if not stop.value:
                    yield from (_worker_died(replication, error) for replication in futures[future])
    if stop.value:
        raise KeyboardInterrupt


@contextmanager
def _shutting_down(pool: ProcessPoolExecutor) -> Iterator[None]:
    """End the pool without starting what still waits in it, however the block is left."""
    try:
        yield
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(replications: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Pieces large enough to make the traffic small, small enough to keep all workers busy to the end."""
    size = max(1, min(_LARGEST_CHUNK, len(replications) // (workers * _CHUNKS_PER_WORKER)))
    return [replications[first : first + size] for first in range(0, len(replications), size)]


def _attempt(world: World, replication: int, run: Callable[[World, int], Outcome]) -> Result:
    started = perf_counter()
    try:
        outcome = run(world, replication)
    except ConservationError as error:
        return Failure(replication, "audit", type(error).__name__, str(error))
    except Exception as error:  # noqa: BLE001 - whatever a run dies of is its result, and the others go on
        return Failure(replication, "run", type(error).__name__, f"{error} ({_origin(error)})")
    return replace(outcome, seconds=perf_counter() - started)


def _origin(error: Exception) -> str:
    """File and line that raised the error."""
    trace = error.__traceback__
    assert trace is not None  # a caught exception has one
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"


def _worker_died(replication: int, error: BrokenProcessPool) -> Failure:
    message = "a worker process was killed, perhaps for want of memory; run again with fewer --workers"
    return Failure(replication, "worker", type(error).__name__, message)


@contextmanager
def _stopped_by_signals(stop: Flag) -> Iterator[None]:
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


# In a worker process: what every chunk needs, sent once.
_job: tuple[Any, Callable[[Any, int], Outcome], Flag]


def _start_worker(world: Any, run: Callable[[Any, int], Outcome], stop: Flag) -> None:
    """Keep the job; leave Ctrl-C to the parent; do not outlive it."""
    global _job  # noqa: PLW0603 - the one place a pool's initialiser can leave something for its tasks
    _job = (world, run, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_chunk(replications: Sequence[int]) -> list[Result]:
    world, run, stop = _job
    results: list[Result] = []
    for replication in replications:
        if not stop.value:
            results.append(_attempt(world, replication, run))
    return results
