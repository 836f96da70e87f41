"""What many runs cost beside the runs themselves: `python benchmarks/scaling.py [RUNS]`.

Overhead and memory are measured with runs that do nothing but make up their metrics, so that nothing but the
machinery is measured; efficiency with real ones. Reported, never asserted: `make bench-scaling`.
"""

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from sim.experiment import Local, work
from sim.sweeps import running
from sim.sweeps.job import SweepJob
from sim.sweeps.ledger import Row
from sim.sweeps.plan import Wish, prepare

REPLICATIONS = 100
VARY = "market.cover_exponent=uniform(0.3, 0.8)"
SHORT = ("period.months=2", "events.kachin_shut.start=2025-07-10", "events.kachin_shut.lasts=7 d")


@dataclass
class MadeUp(SweepJob):
    """Runs without a model: metrics drawn from the number of the run."""

    def run(self, item):
        values = np.random.default_rng(item).normal(100, 10, len(self.columns))
        return Row(1e-4, 10, 100, values)


class Sweeping(running.Sweeping):
    """A sweep of such runs."""

    def job(self, metrics):
        job = super().job(metrics)
        return MadeUp(**{name: getattr(job, name) for name in job.__dataclass_fields__})


def peak_mb():
    """Most memory this process ever had; that of its workers is their own."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def short_runs(count, replications, workers=2):
    """Time and memory of the parent, stage by stage, for so many runs that do nothing."""
    began = peak_mb()
    started = perf_counter()
    points = count // replications
    sets = (f"run.replications={replications}",)
    plan = prepare(Wish("border_closure", (VARY,), sets, "lhs", points))
    checked = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "short"
        sweeping = Sweeping(plan, out)
        metrics = sweeping.run(Local(workers), lambda *_: None)
        made = perf_counter()
        running.write(sweeping.runs(metrics), out, running.Told(started, workers, running.Share()))
        written = perf_counter()
        size = sum(path.stat().st_size for path in out.iterdir()) / 1e6
        ledger = sum(path.stat().st_size for path in (out.parent / ".ledger").rglob("*.parquet")) / 1e6
        peak = peak_mb()
        opened = _opened(out)
        again = Sweeping(plan, out)
        resumed = perf_counter()
        assert again.missing.size == 0
        looked = perf_counter() - resumed
    print(
        f"{count:,} runs that do nothing, {points:,} points x {replications}, {workers} workers\n"
        f"  check the design   {checked - started:8.1f} s  {1e3 * (checked - started) / points:.2f} ms each\n"
        f"  make the runs      {made - checked:8.1f} s  {1e6 * (made - checked) / count:.0f} us a run\n"
        f"  write the tables   {written - made:8.1f} s\n"
        f"  open the summary   {opened[0]:8.2f} s  {opened[1]:,} rows\n"
        f"  find all done      {looked:8.2f} s\n"
        f"  parent at most     {peak:8.0f} MB (imports and evidence {began:.0f} MB)\n"
        f"  ledger {ledger:.0f} MB, folder {size:.0f} MB\n",
        flush=True,
    )


def _opened(out):
    """Seconds to open summary or its Parquet in a new process as a person does, and its rows."""
    code = (
        "import sys, time; from pathlib import Path; from sim.sweeps.reading import read; "
        "t = time.perf_counter(); n = len(read(Path(sys.argv[1])).summary); "
        "print(time.perf_counter() - t, n)"
    )
    said = subprocess.run([sys.executable, "-c", code, str(out)], capture_output=True, text=True, check=True)
    seconds, rows = said.stdout.split()
    return float(seconds), int(rows)


@dataclass
class Busy:
    """A job whose runs take so much processor time, and give nothing."""

    seconds: float

    def run(self, _item):
        until = process_time() + self.seconds
        while process_time() < until:
            pass

    def keep(self, done):
        return done

    def save(self, *, final):
        return True


def overhead(seconds, count):
    """Processor time beside the runs, which other work on the machine changes little; and wall time."""
    for workers in (1, 2):
        before, started = os.times(), perf_counter()
        work(Busy(seconds), range(count), Local(workers), lambda *_: True)
        wall, used = perf_counter() - started, sum(os.times()[:4]) - sum(before[:4])
        extra = used - count * seconds
        print(
            f"{count} runs of {1e3 * seconds:g} ms, {workers} workers: {1e6 * extra / count:.0f} us more; "
            f"wall {wall:.2f} s, {count * seconds / (workers * wall):.2f} of {workers} cores"
        )


def real_runs(count=40, workers=2):
    """Speed of a real sweep: processor time of the runs over that of the whole command and its workers."""
    plan = prepare(Wish("border_closure", (VARY,), (*SHORT, "run.replications=1"), "lhs", count))
    for number in (1, workers):
        with tempfile.TemporaryDirectory() as folder:
            sweeping = running.Sweeping(plan, Path(folder) / "real")
            before, started = os.times(), perf_counter()
            metrics = sweeping.run(Local(number), lambda *_: None)
            runs = sweeping.runs(metrics)
            wall, after = perf_counter() - started, os.times()
            spent = sum(runs.book.gathered(runs.entries, "seconds"))
        used = sum(after[:4]) - sum(before[:4])
        print(
            f"{count} real runs of 2 months, {number} workers: {wall:.1f} s, {count / wall:.1f} a second; "
            f"runs' own wall time {spent:.1f} s; processor time {used:.1f} s"
        )


def dask(seconds, count, workers=2):
    """The same runs over a Dask cluster on this machine."""
    from distributed import LocalCluster

    from sim.experiment.cluster import Dask

    started = perf_counter()
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=True, **options) as cluster:
        ready = perf_counter()
        work(Busy(seconds), range(count), Dask(cluster.scheduler_address, None), lambda *_: True)
        spent = perf_counter() - ready
    print(
        f"Dask, {workers} workers, runs of {1e3 * seconds:g} ms: {ready - started:.1f} s to start, "
        f"{count * seconds / (workers * spent):.2f} of {workers} cores"
    )


def main():
    """All of it."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    short_runs(count, min(count, REPLICATIONS))
    for seconds, runs in ((0.001, 4000), (0.05, 200), (0.3, 40)):
        overhead(seconds, runs)
    dask(0.05, 400)
    real_runs()


if __name__ == "__main__":
    main()
