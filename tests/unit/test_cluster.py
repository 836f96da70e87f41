"""Runs on a Dask cluster in this process, and on a client made by hand that loses them.

What kills real processes is in tests/contract/test_dask.py.
"""

import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import count
from types import SimpleNamespace

import pytest

distributed = pytest.importorskip("distributed")

from sim.experiment import cluster  # noqa: E402
from sim.experiment.attempt import Fault  # noqa: E402
from sim.experiment.cluster import MOST_LOSSES, Dask, _batch_done, _limited, _Session  # noqa: E402
from sim.inputs.text import InputError  # noqa: E402

GO_ON = SimpleNamespace(value=False)


@dataclass
class Squares:
    """Item 3 fails, item 5 waits for `let_go`."""

    let_go: threading.Event = field(default_factory=threading.Event)
    saved: list[bool] = field(default_factory=list)

    def run(self, item):
        if item == 3:
            raise ValueError("three")
        if item == 5:
            self.let_go.wait(20)
        return item * item

    def keep(self, done):
        return done

    def save(self, *, final):
        self.saved.append(final)
        return True


@pytest.fixture
def address():
    """Of a cluster of two workers with a thread each, all of them in this process."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    ) as made:
        yield made.scheduler_address


@pytest.fixture
def job():
    made = Squares()
    yield made
    made.let_go.set()


def test_every_run_comes_back_once_and_a_failed_one_as_a_fault(address, job):
    job.let_go.set()
    found = list(Dask(address, None, lambda: "same").results(job, range(40), GO_ON))
    assert sorted(item for item, _ in found) == list(range(40))
    done = dict(found)
    assert {item: made for item, made in done.items() if item != 3} == {i: i * i for i in range(40) if i != 3}
    assert (done[3].stage, done[3].type) == ("run", "ValueError")
    assert job.saved[-1], "the last word is to write all"


def test_a_cluster_whose_code_nobody_asks_about_is_taken(address, job):
    assert list(Dask(address, None).results(job, [9], GO_ON)) == [(9, 81)]


def test_a_cluster_of_other_code_or_without_it_or_without_workers_is_refused(address):
    numbers = count()
    with pytest.raises(InputError, match="2 workers have other code or evidence"):
        Dask(address, None, lambda: str(next(numbers)))._client()

    first = count()

    def lacks():
        if next(first):
            raise ImportError("no module named sim")
        return "here"

    with pytest.raises(InputError, match="the workers lack what a run needs: no module named sim"):
        Dask(address, None, lacks)._client()
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(InputError, match="the scheduler has no workers"),
    ):
        Dask(empty.scheduler_address, None)._client()


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'myanmar-rare-earth-sim\[cluster\]'"):
        Dask("tcp://127.0.0.1:1", None)._client()


def test_where_no_scheduler_answers_that_is_told(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        Dask("tcp://127.0.0.1:1", None)._client()


@pytest.mark.parametrize("address", ["foo", "foo:bar", "tcp://host", "nope://127.0.0.1:1", "[::1:5"])
def test_what_is_no_address_is_refused_before_there_is_a_client_to_close(monkeypatch, address):
    made = []
    monkeypatch.setattr(distributed.Client, "__init__", lambda *words, **_: made.append(words))
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        Dask(address, None)._client()
    assert not made


def test_a_run_that_takes_too_long_is_left_to_its_thread(job):
    assert _limited(job, 2, 20.0) == (4,)
    assert _limited(job, 2, None) == (4,)
    assert _limited(job, 5, 0.05) is None


def test_a_batch_ends_with_the_run_that_hangs(job, monkeypatch):
    monkeypatch.setattr(distributed, "get_worker", lambda: SimpleNamespace(address="tcp://here"))
    done, seconds, hung_on = _batch_done(job, [1, 5, 2], 0.05)
    assert [item for item, _ in done] == [1, 5]
    assert done[0] == (1, 1)
    assert done[1][1].stage == "timeout"
    assert seconds >= 0.05
    assert hung_on == "tcp://here"


@dataclass(eq=False)
class Future:
    """A batch that was handed out, and what became of it."""

    status: str
    result: Callable[[], object]

    def exception(self):
        return ValueError("broken job")


class Client:
    """A cluster with one thread. fates: what becomes of each batch, one after another; then all goes well."""

    def __init__(self, *fates):
        self.status = "running"
        self.fates = list(fates)
        self.batches = []
        self.restarted = []
        self.cancelled = []
        self.scattered = 0

    def nthreads(self):
        return {"only": 1}

    def as_current(self):
        return nullcontext()

    def scatter(self, job, **_):
        self.scattered += 1
        return job

    def submit(self, work, job, batch, timeout_s, **_):
        self.batches.append(list(batch))
        fate = self.fates.pop(0) if self.fates else "finished"
        if fate != "hung":
            return Future(fate, lambda: work(job, batch, timeout_s))
        told = [(item, job.run(item)) for item in batch[:-1]]
        told.append((batch[-1], Fault("timeout", "TimeoutError", "slow")))
        return Future("finished", lambda: (told, 0.1, "tcp://w"))

    def restart_workers(self, workers, **_):
        self.restarted += workers
        raise ValueError("this worker has no nanny")

    def cancel(self, futures, **_):
        self.cancelled += futures


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch, request):
    if "address" not in request.fixturenames:
        monkeypatch.setattr(distributed, "wait", lambda *_, **__: None)


def session(client, items=(0, 1, 2), stop=GO_ON):
    made = Squares()
    made.let_go.set()
    return _Session(client, made, items, None, stop)


def test_a_lost_run_is_tried_once_more_and_then_blamed():
    client = Client("error", "finished", "error")
    found = dict(session(client).results())
    assert found[1] == 1
    assert found[2] == 4
    assert isinstance(found[0], Fault)
    assert found[0].stage == "worker"
    assert "broken job" in found[0].message
    assert client.batches.count([0]) == 2
    assert client.scattered == 2, "the job itself may have gone with the worker"


def test_a_worker_that_died_without_a_word_is_told_as_such():
    (fault,) = (made for _, made in session(Client("lost", "lost"), (7,)).results())
    assert (fault.stage, fault.type) == ("worker", "ProcessDied")


def test_a_lost_batch_is_split_to_find_the_run_to_blame():
    client = Client("finished", "error")
    made = session(client, tuple(range(10, 30)))
    made.seconds = 0.1  # so that ten fit into a batch
    found = list(made.results())
    assert sorted(found) == [(item, item * item) for item in range(10, 30)]
    assert len(client.batches[0]) > 1
    lost = client.batches[1]
    later = client.batches[2:]
    assert [item for batch in later for item in batch if item in lost] == lost


def test_batches_that_the_cluster_lost_itself_are_no_fault_of_the_runs():
    client = Client(*["cancelled"] * 5)
    assert dict(session(client).results()) == {0: 0, 1: 1, 2: 4}
    endless = session(Client(*["cancelled"] * (MOST_LOSSES + 10)), (6,))
    (fault,) = (made for _, made in endless.results())
    assert endless.losses == MOST_LOSSES
    assert fault.stage == "worker"


def test_the_worker_of_a_run_that_hangs_is_restarted_where_that_can_be():
    client = Client("finished", "finished", "hung")
    found = dict(session(client).results())
    assert found[2].stage == "timeout"
    assert client.restarted == ["tcp://w"]


def test_a_scheduler_that_is_gone_ends_all():
    client = Client()
    client.status = "closed"
    with pytest.raises(ConnectionError, match="the Dask scheduler is gone"):
        list(session(client).results())


def test_a_scheduler_that_goes_with_a_batch_ends_all():
    client = Client("lost")
    running = session(client, (0,))
    future = client.submit(_batch_done, running.job, [0], None)
    client.status = "closed"
    with pytest.raises(ConnectionError, match="the Dask scheduler is gone"):
        list(running._taken(future, [0]))


def test_a_stop_cancels_what_is_under_way():
    stop = SimpleNamespace(value=False)
    client = Client(*["pending"] * 4)
    running = session(client, tuple(range(9)), stop)
    finished = running._finished

    def stopping():
        stop.value = True
        return finished()

    running._finished = stopping
    assert list(running.results()) == []
    assert len(client.cancelled) == len(client.batches) == 2
