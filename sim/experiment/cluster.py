"""Runs over an existing Dask cluster, through the same interface as the processes of one machine.

Workers send back what a run comes to, and the command keeps it: they need no disk in common with it. Dask
itself gives the tasks of a lost worker to others.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Any

from sim.experiment.attempt import Fault, Item, Job, attempt, fault_of, timed_out, worker_died
from sim.experiment.stopping import Flag
from sim.inputs.text import InputError, Problem

BATCH_S = 1.0
"""A batch takes about that long: Dask needs some milliseconds for each."""
MOST_IN_BATCH = 512
BATCHES_PER_THREAD = 2
TICK_S = 0.5
CONNECT_S = 15.0
MOST_TRIES = 2
MOST_LOSSES = 100
"""So many batches may be lost with the workers that knew the job, before runs are blamed for it."""


@dataclass(frozen=True)
class Dask:
    """A Dask scheduler. fingerprint: what must be the same there and here, above all the code."""

    address: str
    timeout_s: float | None
    fingerprint: Callable[[], str] | None = None

    def results(self, job: Job[Any], items: Sequence[Item], stop: Flag) -> Iterator[tuple[Item, object]]:
        """See Engine. Raises InputError if there is no such cluster, ConnectionError if it goes away."""
        client = self._client()
        try:
            yield from _Session(client, job, items, self.timeout_s, stop).results()
        finally:
            client.close(timeout=TICK_S)
        job.save(final=True)

    def _client(self) -> Any:
        try:
            from distributed import Client
            from distributed.comm.addressing import resolve_address
        except ImportError:
            raise self._refusal(
                "needs Dask", "Install it with: pip install 'myanmar-rare-earth-sim[cluster]'"
            ) from None
        try:
            resolve_address(self.address)  # of what is no address, a client is left that takes long to close
            client = Client(self.address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError, TypeError) as error:
            raise self._refusal(f"no Dask scheduler answers: {error}") from None
        try:
            self._check(client)
        except BaseException:
            client.close(timeout=TICK_S)
            raise
        return client

    def _check(self, client: Any) -> None:
        """Refuse a cluster without workers, or with other code than ours."""
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise self._refusal("the scheduler has no workers")
        if self.fingerprint is None:
            return
        own = self.fingerprint()
        try:
            strangers = [name for name, found in client.run(self.fingerprint).items() if found != own]
        except ImportError as error:
            raise self._refusal(f"the workers lack what a run needs: {error}") from None
        if strangers:
            raise self._refusal(f"{len(strangers)} workers have other code or evidence, {strangers[0]} first")

    def _refusal(self, message: str, hint: str = "") -> InputError:
        return InputError([Problem("--dask", 1, 1, self.address, message, hint)])


@dataclass
class _Session:
    """One job on a cluster."""

    client: Any
    job: Job[Any]
    items: Sequence[Item]
    timeout_s: float | None
    stop: Flag
    todo: "deque[Item]" = field(default_factory=deque)
    pending: dict[Any, Sequence[Item]] = field(default_factory=dict)
    tries: "Counter[Item]" = field(default_factory=Counter)
    seconds: float = 0.0
    there: Any = None
    losses: int = 0

    def results(self) -> Iterator[tuple[Item, object]]:
        """What the job keeps of every item, as it comes."""
        self.todo = deque(self.items)
        while (self.todo or self.pending) and not self.stop.value:
            self._hand_out()
            for future in self._finished():
                yield from self._taken(future, self.pending.pop(future))
                self.job.save(final=False)
        self.client.cancel(list(self.pending), force=True)

    def _hand_out(self) -> None:
        threads = max(1, sum(self.client.nthreads().values()))
        while self.todo and len(self.pending) < BATCHES_PER_THREAD * threads:
            size = min(self._batch_size(threads), len(self.todo))
            batch = [self.todo.popleft() for _ in range(size)]
            if self.there is None:
                self.there = self.client.scatter(self.job, broadcast=True, hash=False)
            future = self.client.submit(_batch_done, self.there, batch, self.timeout_s, pure=False)
            self.pending[future] = batch

    def _batch_size(self, threads: int) -> int:
        if not self.seconds:
            return 1
        fair = ceil(len(self.todo) / (BATCHES_PER_THREAD * threads))
        return max(1, min(int(BATCH_S / self.seconds), fair, MOST_IN_BATCH))

    def _finished(self) -> list[Any]:
        """Batches that are over; waits for one, but not for long."""
        from distributed import CancelledError, wait

        if self.client.status != "running":
            raise ConnectionError("the Dask scheduler is gone")
        with suppress(TimeoutError, CancelledError), self.client.as_current():
            wait(list(self.pending), timeout=TICK_S, return_when="FIRST_COMPLETED")
        over = [future for future in self.pending if future.status != "pending"]
        return sorted(over, key=lambda future: self.pending[future][0])

    def _taken(self, future: Any, batch: Sequence[Item]) -> Iterator[tuple[Item, object]]:
        """What a batch came to. One whose worker died several times is split, to find the run to blame."""
        if future.status != "finished":
            yield from self._lost(future, batch)
            return
        done, seconds, hung_on = future.result()
        mean = seconds / len(done)
        self.seconds = (self.seconds + mean) / 2 if self.seconds else mean
        finished = {item for item, _ in done}
        self.todo.extendleft(reversed([item for item in batch if item not in finished]))
        if hung_on:
            self._restart(hung_on)
        yield from self.job.keep(done)

    def _restart(self, worker: str) -> None:
        """End the process a run hangs in. One without a nanny cannot be: the run goes on beside others."""
        with suppress(ValueError, OSError, TimeoutError):
            self.client.restart_workers([worker], timeout=CONNECT_S, raise_for_error=False)

    def _lost(self, future: Any, batch: Sequence[Item]) -> Iterator[tuple[Item, object]]:
        if self.client.status != "running":
            raise ConnectionError("the Dask scheduler is gone")
        self.there = None  # the job itself may have been lost with its workers
        if future.status == "cancelled" and self.losses < MOST_LOSSES:
            self.losses += 1
            self.todo.extendleft(reversed(batch))
            return
        error = future.exception() if future.status == "error" else None
        for item in batch:
            self.tries[item] += 1
        again = [item for item in batch if len(batch) > 1 or self.tries[item] < MOST_TRIES]
        self.seconds = self.seconds if len(batch) == 1 else 0.0  # one by one, to find the run to blame
        self.todo.extendleft(reversed(again))
        for item in batch:
            if item not in again:
                fault = fault_of("worker", error) if isinstance(error, Exception) else worker_died()
                yield from self.job.keep([(item, fault)])


def _batch_done(
    job: Job[Any], batch: Sequence[Item], timeout_s: float | None
) -> tuple[list[tuple[Item, object]], float, str]:
    """On a worker: the runs of a batch, the time they took, and this worker's address if one of them hangs.

    A run that takes too long is left to its thread, which only the end of the worker's process ends.
    """
    started = monotonic()
    done: list[tuple[Item, object]] = []
    for item in batch:
        made = _limited(job, item, timeout_s)
        if made is None:
            from distributed import get_worker

            done.append((item, timed_out(timeout_s or 0.0)))
            return done, monotonic() - started, str(get_worker().address)
        done.append((item, made[0]))
    return done, monotonic() - started, ""


def _limited(job: Job[Any], item: Item, timeout_s: float | None) -> tuple[object | Fault] | None:
    """The result of a run in a tuple, or None if it took too long."""
    if timeout_s is None:
        return (attempt(job, item),)
    made: list[object] = []
    thread = threading.Thread(target=lambda: made.append(attempt(job, item)), daemon=True)
    thread.start()
    thread.join(timeout_s)
    return (made[0],) if made else None
