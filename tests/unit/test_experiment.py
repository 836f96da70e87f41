"""Replications over processes: the same results for any number of workers, failures as rows, clean stops."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np
import pytest

from sim.experiment import Failure, Local, replicate, usable_cores, work
from sim.ledger import Balance, ConservationError, Key, Outcome, TimelineRow
from sim.results import unfinished


def plain(world, replication):
    rng = np.random.default_rng([world, replication])
    return Outcome(replication, (Key("mined_t"),), rng.random((1, 5)), {}, (), (), 1, 1)


def faulty(world, replication):
    if replication == 1:
        raise ZeroDivisionError("no ore\nat all")
    if replication == 2:
        raise ConservationError([Balance("mass", "t", {"mined": 2.0}, {"yards": 1.0})])
    return plain(world, replication)


def deadly(world, replication):
    if replication == 0:
        os._exit(9)
    return plain(world, replication)


def dies_while_it_asks(world, replication):
    """Dies as a worker may that is killed in the very moment it asks whether to stop."""
    frame = sys._getframe()
    while "stop" not in frame.f_locals:
        frame = frame.f_back
    flag = frame.f_locals["stop"]
    lock = getattr(flag, "_cond", None) or getattr(flag, "get_lock", nullcontext)()
    with lock:
        os._exit(9)


def ignore(_):
    """The caller of a test that looks at the results only."""


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_change_no_result_and_no_order(workers):
    replications = range(3, 40)
    alone = replicate(7, replications, 1, plain, ignore)
    together = replicate(7, replications, workers, plain, ignore)
    assert [one.replication for one in together] == list(replications)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.daily, other.daily)


def test_more_workers_than_replications():
    assert len(replicate(7, range(2), 8, plain, ignore)) == 2
    assert replicate(7, range(0), 8, plain, ignore) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_replication_is_a_row_and_the_rest_goes_on(workers):
    told = []
    results = replicate(7, range(5), workers, faulty, told.append)
    assert [type(one) for one in results] == [Outcome, Failure, Failure, Outcome, Outcome]
    assert sorted(one.replication for one in told) == list(range(5))
    error, audit = results[1], results[2]
    assert (error.stage, error.type) == ("run", "ZeroDivisionError")
    assert "no ore" in error.message
    assert "test_experiment.py:" in error.message
    assert (audit.stage, audit.type) == ("audit", "ConservationError")
    assert "1.000000 t apart" in audit.message


def test_a_worker_that_dies_fails_its_replication_and_the_caller_lives():
    results = replicate(7, range(4), 2, deadly, ignore)
    assert isinstance(results[0], Failure)
    assert results[0].stage == "worker"
    assert "--workers" in results[0].message


@pytest.mark.timeout(20)
def test_a_worker_that_dies_while_it_asks_whether_to_stop_holds_up_nobody():
    results = replicate(7, range(4), 2, dies_while_it_asks, ignore)
    assert [one.stage for one in results] == ["worker"] * 4


def test_a_process_that_is_killed_once_costs_no_run(tmp_path):
    def run(world, replication):
        with suppress(FileExistsError):
            (tmp_path / "first").touch(exist_ok=False)
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(world, replication)

    results = replicate(7, range(20), 2, run, ignore)
    assert [type(one) for one in results] == [Outcome] * 20


@pytest.mark.timeout(20)
@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_that_hangs_is_ended_and_the_rest_goes_on(workers):
    def run(world, replication):
        while replication == 2:
            pass
        return plain(world, replication)

    results = replicate(7, range(30), workers, run, ignore, timeout_s=0.4)
    assert [one.replication for one in results] == list(range(30))
    assert [type(one) for one in results] == [Outcome] * 2 + [Failure] + [Outcome] * 27
    assert results[2].stage == "timeout"
    assert "0.4 s" in results[2].message


@pytest.mark.timeout(20)
def test_a_run_that_swallows_every_exception_is_ended_too():
    def run(world, replication):
        while replication == 0:
            with suppress(Exception):
                time.sleep(5)
        return plain(world, replication)

    results = replicate(7, range(2), 1, run, ignore, timeout_s=0.2)
    assert [type(one) for one in results] == [Failure, Outcome]


def test_a_run_below_its_limit_is_left_alone():
    def run(world, replication):
        time.sleep(0.1)
        return plain(world, replication)

    results = replicate(7, range(6), 2, run, ignore, timeout_s=0.5)
    assert [type(one) for one in results] == [Outcome] * 6


@dataclass
class Holding:
    """A job that keeps what it did in memory until the end, as a writer of large files does."""

    folder: Path
    held: list = field(default_factory=list)

    def run(self, item):
        if item == 12 and not (self.folder / "killed").exists():
            (self.folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    def keep(self, done):
        self.held += [item for item, _ in done]
        return done

    def save(self, *, final):
        if final and self.held:
            (self.folder / f"{os.getpid()}.txt").write_text(" ".join(map(str, self.held)))
        return final or not self.held


@pytest.mark.timeout(20)
def test_what_a_dead_worker_had_not_saved_is_made_again_and_told_once(tmp_path):
    told = []
    work(Holding(tmp_path), range(40), Local(2), lambda item, _: told.append(item) or True)
    assert sorted(told) == list(range(40))
    saved = [int(word) for path in tmp_path.glob("*.txt") for word in path.read_text().split()]
    assert sorted(saved) == list(range(40))


class Unsavable(Holding):
    def save(self, *, final):
        raise OSError(28, "No space left on device")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_saved_ends_all(tmp_path, workers):
    (tmp_path / "killed").touch()
    with pytest.raises(OSError, match="No space"):
        work(Unsavable(tmp_path), range(40), Local(workers), lambda *_: True)
    assert multiprocessing.active_children() == []


def test_enough_is_enough(tmp_path):
    (tmp_path / "killed").touch()
    told = []
    work(Holding(tmp_path), range(10_000), Local(2), lambda item, _: told.append(item))
    assert 1 <= len(told) < 5_000


def test_the_time_of_each_replication_is_taken():
    def slow(world, replication):
        time.sleep(0.02)
        return plain(world, replication)

    assert all(one.seconds >= 0.02 for one in replicate(7, range(2), 1, slow, ignore))


def test_usable_cores_is_what_the_system_allows():
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


SLOW_RUN = """
import sys, time
import numpy as np
from sim.experiment import replicate
from sim.ledger import Key, Outcome

def run(world, replication):
    time.sleep(0.1)
    return Outcome(replication, (Key("mined_t"),), np.zeros((1, 5)), {}, (), (), 1, 1)

done = []
def on_done(result):
    done.append(result.replication)
    if len(done) == 3:
        print("three", flush=True)
try:
    replicate(7, range(1000), int(sys.argv[1]), run, on_done)
except KeyboardInterrupt:
    print("stopped", len(done), flush=True)
"""


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_waits_for_the_replications_under_way_only(workers, number):
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, workers], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "three\n"
        started = time.perf_counter()
        run.send_signal(number)
        told = run.stdout.read().split()
        assert time.perf_counter() - started < 5.0
    assert run.returncode == 0
    assert told[0] == "stopped"
    assert 3 <= int(told[1]) < 100


def children_of(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return [int(child) for child in listed.stdout.split()]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().split()[2] != "Z"


SLOW_SEARCH = """
import sys, time
from pathlib import Path
from sim.history.calibration import Trial, Trials
from sim.history.search import search
from tests.unit.test_calibration import Sums, declared

class Slow(Sums):
    def try_point(self, point):
        time.sleep(0.1)
        return super().try_point(point)

class Kept(Trials):
    def add(self, trial):
        self.found[trial.point] = trial

def told(done, best):
    if done == 3:
        print("three", flush=True)

plan = {"first": 1000, "steps": 0, "draws": 0, "step": 0.05, "root_seed": 3}
job = Slow(declared(search=plan), {}, None)
search(job, Kept(job.calibration, Path("none")), int(sys.argv[1]), told)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("script", [SLOW_RUN, SLOW_SEARCH], ids=["replications", "calibration"])
def test_workers_do_not_outlive_a_killed_parent(script):
    """Those of a calibration did, and held its folder's lock: the same command again waited forever."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as run:
        assert run.stdout.readline() == "three\n"
        workers = children_of(run.pid)
        assert len(workers) == 2
        run.kill()
    deadline = time.monotonic() + 5.0
    while any(map(alive, workers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, workers))


@pytest.fixture
def finished(outcome):
    timeline = [TimelineRow(0.1 + 0.2, "shut", "gate_closure", "pangwa", "open", "shut")]
    first = outcome(
        20,
        series={Key("lost_t"): np.sqrt(np.arange(20.0))},
        waits_d={"pangwa": [0.25, 1 / 3], "muse": []},
        timeline=timeline,
        disruptions=[(3.0, 9.5), (12.0, inf)],
    )
    return {("scenario", 0): first, ("reference", 4): outcome(20, replication=4)}


def test_an_unfinished_run_comes_back_bit_for_bit(tmp_path, finished):
    path = tmp_path / "new" / "demo.npz"
    unfinished.save(path, finished)
    back = unfinished.load(path)
    assert back.keys() == finished.keys()
    for part, outcome in finished.items():
        other = back[part]
        np.testing.assert_array_equal(other.daily, outcome.daily)
        assert other.waits_d.keys() == outcome.waits_d.keys()
        for gate, waits in outcome.waits_d.items():
            np.testing.assert_array_equal(other.waits_d[gate], waits)
        for name in ("replication", "keys", "timeline", "disruptions", "lots", "events", "seconds"):
            assert getattr(other, name) == getattr(outcome, name), name
        assert isinstance(other.timeline[0] if other.timeline else TimelineRow(0, *"abcde"), TimelineRow)
    assert [one.name for one in path.parent.iterdir()] == ["demo.npz"]


def test_no_file_and_a_broken_file_give_nothing(tmp_path, finished):
    path = tmp_path / "demo.npz"
    assert unfinished.load(path) == {}
    unfinished.save(path, finished)
    whole = path.read_bytes()
    for broken in (b"", b"no archive", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        assert unfinished.load(path) == {}


@pytest.mark.parametrize("lay", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_what_is_no_file_holds_no_unfinished_run(tmp_path, lay):
    """A pipe in its place was waited for without end."""
    lay(tmp_path / "demo.npz")
    assert unfinished.load(tmp_path / "demo.npz") == {}


@pytest.mark.parametrize("lay", [Path.touch, lambda folder: (folder / "x.npz").mkdir(parents=True)])
def test_what_cannot_be_cleared_away_is_no_fault_of_a_run_that_is_done(tmp_path, lay):
    """It was told as an unexpected fault, with exit code 1 and no answer, though the result was there."""
    lay(tmp_path / ".unfinished")
    unfinished.clear(tmp_path / ".unfinished" / "x.npz")
    assert (tmp_path / ".unfinished").exists()


def test_saving_again_replaces_and_a_failure_leaves_what_was(tmp_path, finished, monkeypatch):
    path = tmp_path / "demo.npz"
    unfinished.save(path, finished)
    before = path.read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        unfinished.save(path, {})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["demo.npz"]
