"""Runs over worker processes of this machine, any of which may die or hang without harm to the others.

Every worker has a pipe and a slot of shared memory of its own; nothing is shared that has a lock, so that one
that is killed takes nothing with it. The slot says which run the worker is at since when: the run to blame if
it dies, and the one to end if it takes too long. The standard pool knows neither, and breaks as a whole.
"""

import ctypes
import multiprocessing
import pickle
import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil
from multiprocessing.connection import Connection, wait
from time import monotonic
from typing import Any

from sim.experiment.attempt import Fault, Item, Job, attempt, timed_out, worker_died
from sim.experiment.stopping import Flag, serve_parent

BATCH_S = 0.2
"""A batch of runs takes about that long: the traffic for one costs a thousandth of it."""
MOST_IN_BATCH = 512
TICK_S = 0.25
"""How often overdue runs and the stop flag are looked at."""
MOST_TRIES = 2
"""A run whose process dies is tried once more: the process may have died of something else."""
MOST_IDLE_DEATHS = 8
"""So many workers may die outside of any run before it is taken that none can live here."""

_NO_RUN = -1.0


@dataclass(frozen=True)
class _Done:
    """What a worker says of a batch. is_saved: nothing the job kept is in the worker's memory only."""

    items: Sequence[Item]
    kept: Sequence[tuple[Item, object]]
    is_saved: bool
    seconds: float


@dataclass
class _Worker:
    """One process as the parent sees it. unsaved: runs that are lost with it, though they were reported."""

    process: Any
    link: "Connection[Any, Any]"
    slot: Any
    batch: Sequence[Item] = ()
    unsaved: list[Item] = field(default_factory=list)
    is_closing: bool = False

    @property
    def item(self) -> Item | None:
        """The run it is at; None between runs."""
        return None if self.slot[0] == _NO_RUN else int(self.slot[0])

    def is_overdue(self, limit_s: float) -> bool:
        """Whether its run has taken longer than that."""
        return bool(self.slot[0] != _NO_RUN and monotonic() - self.slot[1] > limit_s)


def results(
    job: Job[Any], items: Sequence[Item], workers: int, timeout_s: float | None, stop: Flag
) -> Iterator[tuple[Item, object]]:
    """What the job keeps of every item, as it comes, until the flag is set.

    stop: in memory that child processes share. Raises OSError if a worker could not save what it kept.
    """
    crew = _Crew(job, items, workers, timeout_s, stop)
    try:
        yield from crew.results()
    finally:
        crew.end()
    job.save(final=True)


class _Crew:
    """The workers and what they have to do."""

    def __init__(
        self, job: Job[Any], items: Sequence[Item], workers: int, timeout_s: float | None, stop: Flag
    ) -> None:
        # fork shares the loaded libraries; elsewhere than on Linux it is unsafe, and the default serves
        self._context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
        self._job, self._timeout_s, self._stop = job, timeout_s, stop
        self._most = workers
        self._todo = deque(items)
        self._workers: list[_Worker] = []
        self._tries: Counter[Item] = Counter()
        self._told_before: set[Item] = set()
        self._idle_deaths = 0
        self._seconds = 0.0

    def results(self) -> Iterator[tuple[Item, object]]:
        """What is kept of every item; of one that had to be made again, only once."""
        while True:
            self._hand_out()
            if not self._workers:
                return
            ready = wait(self._doors(), TICK_S)
            for worker in list(self._workers):
                for item, kept in self._attend(worker, ready):
                    if item in self._told_before:
                        self._told_before.discard(item)
                    else:
                        yield item, kept

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.link.close()
        self._workers = []

    def _doors(self) -> list[Any]:
        return [door for worker in self._workers for door in (worker.link, worker.process.sentinel)]

    def _hand_out(self) -> None:
        """Work for the idle, and new workers while there is work for them; else let the idle go."""
        if self._stop.value:
            self._todo.clear()
        wanted = min(self._most, len(self._workers) + len(self._todo))
        while len(self._workers) < wanted:
            self._workers.append(self._hired())
        for worker in self._workers:
            if worker.batch or worker.is_closing:
                continue
            size = min(self._batch_size(), len(self._todo))
            worker.batch = [self._todo.popleft() for _ in range(size)]
            worker.is_closing = not worker.batch
            self._tell(worker, worker.batch or None)

    def _tell(self, worker: _Worker, batch: Sequence[Item] | None) -> None:
        try:
            worker.link.send(batch)
        except OSError:
            return  # it died; its end is looked at when the sentinel says so

    def _batch_size(self) -> int:
        """Long enough to make traffic small, short enough to keep all workers busy to the end."""
        if not self._seconds:
            return 1
        fair = ceil(len(self._todo) / (2 * self._most))
        return max(1, min(int(BATCH_S / self._seconds), fair, MOST_IN_BATCH))

    def _hired(self) -> _Worker:
        link, far_end = self._context.Pipe()
        slot = self._context.RawArray(ctypes.c_double, [_NO_RUN, 0.0])
        process = self._context.Process(
            target=_serve, args=(self._job, far_end, slot, self._stop), daemon=True
        )
        process.start()
        far_end.close()
        return _Worker(process, link, slot)

    def _attend(self, worker: _Worker, ready: Sequence[Any]) -> Iterator[tuple[Item, object]]:
        """Take what the worker says; see after one that is dead or overdue."""
        if worker.link in ready or worker.process.sentinel in ready:
            yield from self._heard(worker)
        elif self._timeout_s is not None and worker.is_overdue(self._timeout_s):
            blamed = worker.item
            worker.process.kill()
            worker.process.join()
            yield from self._heard(worker, blamed)

    def _heard(self, worker: _Worker, overdue: Item | None = None) -> Iterator[tuple[Item, object]]:
        """All that the worker's pipe holds, and what follows from its end."""
        for message in _messages(worker.link):
            if message is None:  # goodbye
                self._workers.remove(worker)
                worker.process.join()
                worker.link.close()
                return
            yield from self._taken(worker, message)
        if not worker.process.is_alive():
            yield from self._lost(worker, overdue)

    def _taken(self, worker: _Worker, message: object) -> Iterator[tuple[Item, object]]:
        if isinstance(message, Exception):
            raise message
        assert isinstance(message, _Done)
        worker.batch = ()
        worker.unsaved = [] if message.is_saved else [*worker.unsaved, *message.items]
        if message.items:
            mean = message.seconds / len(message.items)
            self._seconds = (self._seconds + mean) / 2 if self._seconds else mean
        yield from message.kept

    def _lost(self, worker: _Worker, overdue: Item | None) -> Iterator[tuple[Item, object]]:
        """Blame the run that a dead worker was at, and give all else that went with it to others."""
        self._workers.remove(worker)
        worker.link.close()
        blamed = worker.item
        again = [item for item in worker.batch if item != blamed]
        self._told_before |= set(worker.unsaved)
        self._todo.extendleft(reversed([*worker.unsaved, *again]))
        if blamed is None:
            self._idle_deaths += 1
            if self._idle_deaths > MOST_IDLE_DEATHS:
                raise ChildProcessError("worker processes end as soon as they start; is there memory left?")
        elif blamed == overdue and self._timeout_s is not None:
            yield from self._kept_here(blamed, timed_out(self._timeout_s))
        else:
            self._tries[blamed] += 1
            if self._tries[blamed] < MOST_TRIES:
                self._todo.appendleft(blamed)
            else:
                yield from self._kept_here(blamed, worker_died(worker.process.exitcode))

    def _kept_here(self, item: Item, fault: Fault) -> Sequence[tuple[Item, object]]:
        """A fault that no worker can tell of."""
        return self._job.keep([(item, fault)])


def _messages(link: "Connection[Any, Any]") -> Iterator[object]:
    """What is in a pipe now; a message that its writer did not live to end is none."""
    while True:
        try:
            if not link.poll():
                return
            message = link.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            return
        yield message
        if message is None:
            return


def _serve(job: Job[Any], link: "Connection[Any, Any]", slot: Any, stop: Flag) -> None:
    """A worker's life: run batches until told to go."""
    serve_parent()
    try:
        while (batch := link.recv()) is not None:
            link.send(_batch_done(job, batch, slot, stop))
        job.save(final=True)
        link.send(None)
    except OSError as error:
        link.send(error)


def _batch_done(job: Job[Any], batch: Sequence[Item], slot: Any, stop: Flag) -> _Done:
    started = monotonic()
    done: list[tuple[Item, object]] = []
    for item in batch:
        if stop.value:
            break
        slot[1] = monotonic()
        slot[0] = float(item)
        done.append((item, attempt(job, item)))
        slot[0] = _NO_RUN
    kept = job.keep(done)
    is_saved = job.save(final=False)
    return _Done([item for item, _ in done], kept, is_saved, monotonic() - started)
