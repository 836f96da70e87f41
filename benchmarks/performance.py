"""How fast it is: measures, and writes docs/performance.md. Run with `make performance` (some minutes).

Everything that is compared is measured in one run, by turns, so that a busy machine slows both alike.
"""

import cProfile
import json
import os
import platform
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.skeleton import skeleton
from sim import engine, shipped
from sim.build import build
from sim.evidence import Registry
from sim.ledger import Outcome
from sim.scenario import load
from sim.world import World

ROUNDS = 21
PAIRS = 60
BATCH = 1000
MANY = 10_000
PRECISION, Z95 = 0.05, 1.96
CORES = 2
HERE = Path(__file__).parent
SIM = str(Path(sys.executable).with_name("sim"))
SHUT = slice(123, 213)
"""The 90 days of border_closure, counted from its first day."""
BARE = "import typer\napp = typer.Typer()\n@app.command()\ndef run(name: str) -> None: ...\napp()\n"
MEMORY = """
import json
from pathlib import Path
from sim import engine, shipped
from sim.build import build
from sim.evidence import Registry
from sim.scenario import load
def peak():  # VmHWM begins anew with the process; ru_maxrss would hold its parent's
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
before = peak()
scenario, registry = load("border_closure").scenario, Registry.load(shipped.seeds_dir())
engine.run(build(scenario, registry, 0), 0)
print(json.dumps(peak() - before))
"""


def seconds(what: Callable[[], object]) -> float:
    """Wall time of one call."""
    started = perf_counter()
    what()
    return perf_counter() - started


def by_turns(rounds: int, *whats: Callable[[], object]) -> list[list[float]]:
    """Seconds of each, measured by turns."""
    rows = [[seconds(what) for what in whats] for _ in range(rounds)]
    return [list(column) for column in zip(*rows, strict=True)]


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the ratios of neighbours."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


@dataclass(frozen=True)
class Speed:
    """Whole model beside the skeleton. us: microseconds a lot."""

    lots: int
    events_per_lot: float
    model_us: float
    skeleton_us: float
    of_skeleton: float
    ten_times: float
    ten_times_per_lot: float
    lots_ratio: float


def speed(world: World, scenario_world: Callable[[], World]) -> Speed:
    """One run of border_closure against the skeleton, and against itself with ten times the sites."""
    many = replace(world, districts=tuple(replace(d, sites=10 * d.sites) for d in world.districts))
    outcome, outcome_many = engine.run(world, 0), engine.run(many, 0)
    lots, moved = outcome.lots, skeleton(world, outcome.lots)
    model_s, skeleton_s = by_turns(
        ROUNDS, lambda: engine.run(scenario_world(), 0), lambda: skeleton(world, lots)
    )
    per_lot = [s / lots for s in model_s], [s / moved for s in skeleton_s]
    one_s, ten_s = by_turns(5, lambda: engine.run(world, 0), lambda: engine.run(many, 0))
    return Speed(
        lots,
        outcome.events / lots,
        1e6 * statistics.median(per_lot[0]),
        1e6 * statistics.median(per_lot[1]),
        ratio(*per_lot),
        ratio(ten_s, one_s),
        ratio(ten_s, one_s) * lots / outcome_many.lots,
        outcome_many.lots / lots,
    )


# -- statistical speed ------------------------------------------------------------------------------------


def imports_while_shut(outcome: Outcome) -> float:
    """Tonnes of both headings from Myanmar while the gates are shut."""
    headings = ("oxide", "compound")
    return float(sum(outcome.series("imports_t", place="myanmar", heading=h)[SHUT].sum() for h in headings))


def imports(outcome: Outcome) -> float:
    """Tonnes of both headings from Myanmar over the period."""
    headings = ("oxide", "compound")
    return float(sum(outcome.series("imports_t", place="myanmar", heading=h).sum() for h in headings))


def price(element: str, outcome: Outcome) -> float:
    """Mean price over the period."""
    return float(outcome.series("price_cny_per_kg", place="china", element=element).mean())


MEASURES: dict[str, Callable[[Outcome], float]] = {
    "imports while shut, t": imports_while_shut,
    "imports over 24 months, t": imports,
    "mean price of Tb, CNY/kg": partial(price, "Tb"),
    "mean price of Dy, CNY/kg": partial(price, "Dy"),
}


def pairing(registry: Registry) -> list[str]:
    """A line a measure: difference, variance ratio, the most that any pairs could give, runs for 5 %."""
    base, shut = (
        [engine.run(build(load(name).scenario, registry, r), r) for r in range(PAIRS)]
        for name in ("baseline", "border_closure")
    )
    lines = []
    for name, measure in MEASURES.items():
        x, y = (np.array([measure(outcome) for outcome in outcomes]) for outcomes in (base, shut))
        difference = float((y - x).mean())
        apart, paired = float(x.var(ddof=1) + y.var(ddof=1)), float((y - x).var(ddof=1))
        gap = float(x.std(ddof=1) - y.std(ddof=1))  # of the difference, were the two wholly correlated

        def runs(variance: float, difference: float = difference) -> int:
            return max(2, int(np.ceil(variance * (Z95 / (PRECISION * difference)) ** 2)))

        lines.append(
            f"| {name} | {difference:+,.0f} | {apart / paired:,.1f} | {apart / gap**2:,.1f} "
            f"| {runs(paired):,} | {runs(apart):,} |"
        )
    return lines


# -- start, memory, throughput ----------------------------------------------------------------------------


def starts() -> dict[str, float]:
    """Seconds of whole commands, and `sim --help` over the help of a bare Typer app."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, encoding="utf-8")
        run = partial(subprocess.run, check=True, capture_output=True, cwd=folder)
        once = [SIM, "run", "border_closure", "--no-reference", "--quiet", "--replications", "1"]
        bare_s, help_s, check_s, once_s = by_turns(
            9,
            lambda: run([sys.executable, str(bare), "--help"]),
            lambda: run([SIM, "--help"]),
            lambda: run([SIM, "check", "border_closure"]),
            lambda: run(once),
        )
    return {
        "help": statistics.median(help_s),
        "help_of_bare": ratio(help_s, bare_s),
        "check": statistics.median(check_s),
        "once": statistics.median(once_s),
    }


def memory_mb() -> float:
    """Peak of a process that reads scenario and evidence and does one run, above that of its imports."""
    done = subprocess.run([sys.executable, "-c", MEMORY], check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout))


@dataclass(frozen=True)
class Throughput:
    """Runs with their storage, reckoned from BATCH of them.

    processor_s: processor time of a run with one worker. wall_min, free_min: MANY runs on two cores, by the
    clock on the wall, and if their processors did nothing else. efficiency: of two workers over one, by the
    clock; work: by processor time.
    """

    processor_s: float
    wall_min: float
    free_min: float
    efficiency: float
    work: float


def throughput() -> Throughput:
    """Whole commands; what a command takes for two runs is taken off as its start."""
    with tempfile.TemporaryDirectory() as folder:

        def batch(workers: int, replications: int) -> tuple[float, float]:
            command = [SIM, "run", "border_closure", "--no-reference", "--quiet"]
            command += ["--replications", str(replications), "--workers", str(workers)]
            command += ["--out", f"{folder}/{workers}-{replications}"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            wall_s = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

        few = {workers: batch(workers, 2) for workers in (1, CORES)}
        many = {workers: batch(workers, BATCH) for workers in (1, CORES)}
    wall = {workers: (many[workers][0] - few[workers][0]) / (BATCH - 2) for workers in many}
    work = {workers: (many[workers][1] - few[workers][1]) / (BATCH - 2) for workers in many}
    return Throughput(
        work[1],
        (wall[CORES] * MANY + few[CORES][0]) / 60,
        work[CORES] * MANY / CORES / 60,
        wall[1] / wall[CORES] / CORES,
        work[1] / work[CORES],
    )


# -- the profile ------------------------------------------------------------------------------------------


def profile(world: World, rows: int = 14) -> list[str]:
    """Own time of each module of one run under cProfile, as shares."""
    profiler = cProfile.Profile()
    profiler.runcall(engine.run, world, 0)
    shares: dict[str, float] = {}
    calls: dict[str, int] = {}
    for (file, _, function), (_, count, own_s, _, _) in pstats.Stats(profiler).stats.items():
        where = _module(file, function)
        shares[where] = shares.get(where, 0.0) + own_s
        calls[where] = calls.get(where, 0) + count
    whole = sum(shares.values())
    ranked = sorted(shares, key=lambda name: -shares[name])[:rows]
    return [f"| {name} | {shares[name] / whole:.0%} | {calls[name]:,} |" for name in ranked]


def _module(file: str, function: str) -> str:
    if file == "~" and "numpy" in function:
        return "NumPy"
    if "numpy" in file:
        return "NumPy"
    if "simpy" in file:
        return "SimPy"
    path = Path(file)
    if "sim" in path.parts and path.suffix == ".py":
        return "`" + "/".join(path.parts[len(path.parts) - path.parts[::-1].index("sim") - 1 :]) + "`"
    return "built-in functions"


def page() -> str:
    """docs/performance.md."""
    registry, scenario = Registry.load(shipped.seeds_dir()), load("border_closure").scenario
    world = build(scenario, registry, 0)
    fast, start = speed(world, lambda: build(scenario, registry, 0)), starts()
    return (
        (HERE / "performance.template.md")
        .read_text(encoding="utf-8")
        .format(
            machine=f"{os.cpu_count()} cores, Python {platform.python_version()}",
            load=os.getloadavg()[2],
            rounds=ROUNDS,
            fast=fast,
            pairs=PAIRS,
            pairing="\n".join(pairing(registry)),
            start=start,
            memory_mb=memory_mb(),
            many=MANY,
            batch=BATCH,
            runs=throughput(),
            profile="\n".join(profile(world)),
        )
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
