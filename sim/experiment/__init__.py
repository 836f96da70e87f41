"""Repeats runs: over worker processes or a cluster, failures as rows, a stop that loses nothing finished.

What a run gives depends on its job and number only, so who makes it changes no result.
"""

import ctypes
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

from sim.experiment import pool, serial
from sim.experiment.attempt import Fault, Item, Job
from sim.experiment.stopping import Flag, stopped_by_signals
from sim.ledger import Outcome

World = TypeVar("World")

TIMEOUT_S = 600.0
"""Limit of one run where none is given: a thousand times what a usual one takes."""


@dataclass(frozen=True)
class Failure:
    """A replication that gave no outcome; stage, type and message as in Fault."""

    replication: int
    stage: str
    type: str
    message: str


Result = Outcome | Failure


class Engine(Protocol):
    """Who makes the runs."""

    def results(self, job: Job[Any], items: Sequence[Item], stop: Flag) -> Iterator[tuple[Item, object]]:
        """What the job keeps of every item, as it comes, until the flag is set."""


@dataclass(frozen=True)
class Local:
    """This machine. workers: processes; 1: this one. timeout_s: limit of one run; None: none."""

    workers: int
    timeout_s: float | None = TIMEOUT_S

    def results(self, job: Job[Any], items: Sequence[Item], stop: Flag) -> Iterator[tuple[Item, object]]:
        """See Engine."""
        workers = min(self.workers, len(items))
        if workers <= 1:
            return serial.results(job, items, self.timeout_s, stop)
        return pool.results(job, items, workers, self.timeout_s, stop)


def work(
    job: Job[Any], items: Sequence[Item], engine: Engine, on_done: Callable[[Item, object], bool]
) -> None:
    """Make the runs. on_done: called here with each item and what the job keeps of it; False: no more runs.

    On the first SIGINT or SIGTERM the runs under way end, on_done gets them, no other starts, all is saved,
    and KeyboardInterrupt is raised; a second signal acts as it would have outside.
    """
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    stop: Any = context.RawValue(ctypes.c_bool, False)
    enough = False
    with stopped_by_signals(stop):
        for item, kept in engine.results(job, items, stop):
            if not on_done(item, kept) and not stop.value:
                enough = stop.value = True
    if stop.value and not enough:
        raise KeyboardInterrupt


def run_each(
    world: World,
    replications: Sequence[int],
    workers: int,
    run: Callable[[World, int], Outcome],
    on_done: Callable[[Result], None],
    timeout_s: float | None = TIMEOUT_S,
) -> None:
    """Run every replication of a world.

    run, world: with more than one worker both must be picklable where processes are not forked. on_done:
    called here with each result as it comes, which nothing else holds. An exception in a replication becomes
    a Failure and the rest goes on. For signals see `work`.
    """

    def take(replication: Item, kept: object) -> bool:
        result = Failure(replication, *kept) if isinstance(kept, Fault) else kept
        assert isinstance(result, (Outcome, Failure))
        on_done(result)
        return True

    work(_Replications(world, run), replications, Local(workers, timeout_s), take)


def replicate(
    world: World,
    replications: Sequence[int],
    workers: int,
    run: Callable[[World, int], Outcome],
    on_done: Callable[[Result], None],
    timeout_s: float | None = TIMEOUT_S,
) -> list[Result]:
    """As `run_each`; returns the results in the order of `replications`."""
    results: dict[int, Result] = {}

    def take(result: Result) -> None:
        results[result.replication] = result
        on_done(result)

    run_each(world, replications, workers, run, take, timeout_s)
    return [results[replication] for replication in replications]


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Replications(Generic[World]):
    """Replications of one world, whose outcomes all go to the command."""

    world: World
    simulate: Callable[[World, int], Outcome]

    def run(self, item: Item) -> Outcome:
        started = perf_counter()
        outcome = self.simulate(self.world, item)
        return replace(outcome, seconds=perf_counter() - started)

    def keep(self, done: Sequence[tuple[Item, object]]) -> Sequence[tuple[Item, object]]:
        return done

    def save(self, *, final: bool) -> bool:
        return True
