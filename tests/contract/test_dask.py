"""A sweep over a real Dask cluster: a scheduler and two worker processes on loopback, one of them killed."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.contract.command import SIM, data_of
from tests.contract.test_sweep import SWEEP, rows_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
distributed = pytest.importorskip("distributed")

QUIET = {
    "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
    "DASK_DISTRIBUTED__DASHBOARD__LINK": "",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
}
"""Nothing of this machine's own Dask settings."""

WRONG = """
from sim import engine
if not hasattr(engine, "real"):  # Dask loads this more than once
    engine.real = engine.run

def run(world, replication):
    if replication == 1 and world.market.exponent > 0.5:
        if {how!r} == "raise":
            raise ValueError("no such ore")
        while True:
            pass
    return engine.real(world, replication)

engine.run = run
"""


def started(folder, module, *words, until):
    """A process of Dask, once it has said what it must; and that line."""
    main = f"from distributed.cli.{module} import main"
    command = [sys.executable, "-c", f"import sys\n{main}\nsys.argv = ['dask', *sys.argv[1:]]\nmain()"]
    process = subprocess.Popen(
        [*command, *words], cwd=folder, env={**os.environ, **QUIET},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        line = process.stderr.readline()
        if re.search(until, line):
            return process, line
    raise AssertionError(f"{module} does not start")


@pytest.fixture
def cluster(tmp_path):
    """Starts a scheduler with two workers; the address, and the workers' processes.

    code: run by the workers first. nanny: whether a process watches each.
    """
    processes = []

    def start(code="", nanny="--no-nanny"):
        (tmp_path / "first.py").write_text(code, encoding="utf-8")
        words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-jupyter")
        scheduler, line = started(tmp_path, "dask_scheduler", *words, until=r"Scheduler at:")
        processes.append(scheduler)
        address = re.search(r"tcp://\S+", line)[0]
        own = (nanny, "--preload", "first.py", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        for _ in range(2):
            worker, _line = started(tmp_path, "dask_worker", address, *own, until=r"Registered to:")
            processes.append(worker)
        return address, processes[1:]

    yield start
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        process.wait(timeout=10)
        process.stderr.close()


@pytest.fixture
def lengths(tmp_path):
    path = tmp_path / "lengths.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


def sweep(lengths, *words, **options):
    return subprocess.run(
        [SIM, "sweep", str(lengths), *map(str, words)],
        cwd=lengths.parent, capture_output=True, text=True, timeout=90, check=False, **options,
    )  # fmt: skip


def test_one_of_two_workers_is_killed_and_the_bytes_are_those_of_this_machine(cluster, lengths):
    address, workers = cluster()
    words = ("--replications", 10)
    command = [SIM, "sweep", str(lengths), *map(str, words), "--dask", address, "--out", "far"]
    with subprocess.Popen(command, cwd=lengths.parent, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if re.match(r"(1[2-9]|[2-5]\d) of 60 runs", line):
                workers[0].send_signal(signal.SIGKILL)
                break
        rest = run.stderr.read()
    assert run.returncode == 0, rest
    assert workers[0].wait(timeout=5) == -signal.SIGKILL
    assert sweep(lengths, *words, "--out", "here/here", "--quiet").returncode == 0
    assert data_of(lengths.parent / "far") == data_of(lengths.parent / "here" / "here")


@pytest.mark.parametrize(
    ("how", "stage", "nanny"),
    [("raise", "run", "--no-nanny"), ("hang", "timeout", "--nanny"), ("hang", "timeout", "--no-nanny")],
)
def test_runs_that_go_wrong_there_are_rows_here(cluster, lengths, how, stage, nanny):
    address, _ = cluster(WRONG.format(how=how), nanny)
    done = sweep(lengths, "--dask", address, "--timeout", 4)
    assert done.returncode == 3, done.stderr
    runs = rows_of(lengths.parent / "results" / "sweep" / "lengths" / "runs.csv")
    bad = [row for row in runs if row["status"] == "failed"]
    assert len(runs) == 12
    assert {(row["replication"], row["stage"]) for row in bad} == {("1", stage)}
    assert len(bad) == 3


def test_a_cluster_that_goes_away_leaves_what_is_done(cluster, lengths):
    address, workers = cluster()
    command = [SIM, "sweep", str(lengths), "--replications", "20", "--dask", address]
    with subprocess.Popen(command, cwd=lengths.parent, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if re.match(r"(1[2-9]|[2-5]\d) of 120 runs", line):
                break
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == 130, rest
    kept = int(rest.split("interrupted: ")[1].split(" of ")[0])
    assert kept >= 12
    assert all(worker.poll() is None for worker in workers)
    again = sweep(lengths, "--replications", 20, "--dask", address)
    assert again.returncode == 0
    assert f"{kept} runs are in the ledger already" in again.stderr


def test_a_cluster_with_other_code_is_refused(cluster, lengths):
    address, _ = cluster("import sim\nsim.__version__ = '0.0.9'")
    done = sweep(lengths, "--dask", address)
    assert done.returncode == 2
    assert "2 workers have other code or evidence" in done.stderr


def test_without_dask_the_extra_is_named(lengths):
    blocked = "import sys\nsys.modules['distributed'] = None\nfrom sim.cli import main\nmain()"
    words = ("sweep", str(lengths), "--dask", "tcp://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-c", blocked, *words],
        cwd=lengths.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "pip install 'myanmar-rare-earth-sim[cluster]'" in done.stderr
