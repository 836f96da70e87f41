"""The commands as Python functions whose results are pandas frames, with the columns of the files.

>>> import sim
>>> short = sim.run("border_closure", replications=2, set={"period.months": 6})
>>> short.summary.loc[short.summary.metric == "hhi_gates", "n"].item()
2
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from time import perf_counter
from typing import Any
from weakref import finalize

import pandas as pd

from sim import report, study
from sim.arguments import Arguments, Values
from sim.comparison import Comparison, Selection
from sim.comparison import compare as compared
from sim.comparison.rows import COMPARED
from sim.experiment import TIMEOUT_S, Engine, Local, usable_cores
from sim.history import backtesting
from sim.results import check_place, integrity
from sim.results.frames import read_csv
from sim.sweeps import reading, running
from sim.sweeps.plan import Wish, prepare
from sim.sweeps.reading import Swept

_TABLES = ("summary", "kpi", "monthly", "runs", "timeline")


@dataclass(frozen=True)
class Result:
    """A scenario's result as frames, each with the columns of its file. reference: None without one."""

    folder: Path
    manifest: Mapping[str, Any]
    summary: pd.DataFrame
    kpi: pd.DataFrame
    monthly: pd.DataFrame
    runs: pd.DataFrame
    timeline: pd.DataFrame
    reference: "Result | None"


@dataclass(frozen=True)
class Compared:
    """A comparison as frames: compare.csv, inputs.csv, monthly_diff.csv (None where not made)."""

    rows: pd.DataFrame
    inputs: pd.DataFrame
    monthly: pd.DataFrame | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Backtested:
    """A backtest as frames: backtest.csv, backtest_scores.csv, backtest_tolerances.csv."""

    rows: pd.DataFrame
    scores: pd.DataFrame
    tolerances: pd.DataFrame


def load(folder: str | Path) -> Result | Swept:
    """A result folder, of a run or of a sweep, as frames. Raises InputError where it is none."""
    path = Path(folder)
    manifest = integrity.read_manifest(path)
    integrity.check_tables(path, manifest)
    return reading.read(path) if manifest.get("kind") == reading.KIND else _result(path, manifest)


def run(
    scenario: str,
    *,
    set: Values = (),
    replications: int | None = None,
    root_seed: int | None = None,
    reference: bool = True,
    ensemble: bool = False,
    workers: int | None = None,
    timeout_s: float = TIMEOUT_S,
    out: str | Path | None = None,
) -> Result:
    """Run a scenario, as `sim run` does. out: where to keep the result folder; None: until the result goes.

    Raises InputError for what is wrong with the scenario, PlaceError for a place that is taken.
    """
    started = perf_counter()
    given = Arguments()
    ref, cores = given.ref("scenario", scenario), given.count("workers", workers) or usable_cores()
    limit_s, sets = given.seconds("timeout_s", timeout_s), given.texts("set", set)
    place, compared_with = given.place("out", out), given.truth("reference", reference)
    sets += given.runs(replications, root_seed, ensemble)
    given.done()
    plan = study.prepare(ref, sets)
    wanted = place if place is not None else Path(mkdtemp(prefix="sim-")) / plan.scenario.name
    folder = check_place(wanted)
    bench = study.Bench.of(plan, folder, cores, compared_with, lambda *_: None, limit_s)
    draft = report.Draft()
    page = None if place is None else draft
    study.write(study.evaluate(plan, bench.run()), folder, started, cores, page)
    bench.clear()
    result = _result(folder, integrity.read_manifest(folder))
    if place is not None:
        draft.placed(folder)
    else:
        finalize(result, rmtree, folder.parent, ignore_errors=True)
    return result


def sweep(
    sweep: str,
    *,
    vary: Values = (),
    design: str | Path = "",
    samples: int = 0,
    set: Values = (),
    replications: int | None = None,
    root_seed: int | None = None,
    reference: bool = False,
    ensemble: bool = False,
    workers: int | None = None,
    engine: Engine | None = None,
    out: str | Path | None = None,
) -> Swept:
    """Run a design of many points, as `sim sweep` does; what is finished is not run again.

    vary: {PATH: list of values, or a text such as "0:0.4:0.05" or "uniform(0, 1)"}. engine: who makes the
    runs, such as sim.experiment.cluster.Dask; None: processes of this machine. out: the result folder;
    default: results/sweep/NAME, whose runs are reused. Raises InputError, PlaceError, BusyError.
    """
    started = perf_counter()
    given = Arguments()
    ref, cores = given.ref("sweep", sweep), given.count("workers", workers) or usable_cores()
    varied, sets = given.texts("vary", vary, _values_text), given.texts("set", set)
    number = given.count("samples", samples, least=0) or 0
    file, place = given.ref("design", design), given.place("out", out)
    sets += given.runs(replications, root_seed, ensemble)
    compared_with = given.truth("reference", reference)
    given.done()
    plan = prepare(Wish(ref, tuple(varied), tuple(sets), file, number, compared_with))
    folder = check_place(place or Path("results/sweep") / plan.name)
    sweeping = running.Sweeping(plan, folder)
    metrics = sweeping.run(engine or Local(cores), lambda *_: None)
    draft = report.Draft()
    running.write(sweeping.runs(metrics), folder, running.Told(started, cores, running.Share()), draft)
    draft.placed(folder)
    return reading.read(folder)


def compare(
    base: "Result | str | Path",
    *others: "Result | str | Path",
    metrics: Sequence[str] = (),
    unpaired: bool = False,
    monthly: bool = False,
) -> Compared:
    """Differences between results or their folders, as `sim compare` tells. Raises InputError."""
    given = Arguments()
    words = given.words("metrics", metrics)
    alone, months = given.truth("unpaired", unpaired), given.truth("monthly", monthly)
    given.done()
    paths = [one.folder if isinstance(one, Result) else Path(one) for one in (base, *others)]
    found: Comparison = compared(paths, Selection(tuple(words)), unpaired=alone, months=months)
    return Compared(found.rows[list(COMPARED)], found.inputs, found.monthly, found.notes)


def backtest(
    scenario: str = "history_2024_2025",
    *,
    observations: str | Path | None = None,
    set: Values = (),
    replications: int | None = None,
    root_seed: int | None = None,
    ensemble: bool = True,
    workers: int | None = None,
) -> Backtested:
    """Simulated against observed, as `sim backtest` tells. Raises InputError."""
    given = Arguments()
    ref, cores = given.ref("scenario", scenario), given.count("workers", workers) or usable_cores()
    sets, with_sets = given.texts("set", set), given.truth("ensemble", ensemble)
    file = given.place("observations", observations)
    sets += given.runs(replications, root_seed)
    given.done()
    plan = backtesting.prepared(ref, sets, with_ensemble=with_sets)
    own = tuple(plan.registry.observations.values()) if file is None else backtesting.read_file(file)
    with TemporaryDirectory(prefix="sim-") as scratch:
        bench = study.Bench.of(plan, Path(scratch) / "b", cores, False, lambda *_: None)
        done = backtesting.evaluate(plan, bench.run()["scenario"], own, backtesting.read_rules())
    tables = (
        backtesting.table(done.rows),
        backtesting.score_table(done.scores),
        backtesting.tolerance_table(done.verdicts),
    )
    return Backtested(*(read_csv(text) for text in tables))


def _result(folder: Path, manifest: Mapping[str, Any]) -> Result:
    tables = {name: read_csv(folder / f"{name}.csv") for name in _TABLES}
    below = folder / "reference"
    reference = _result(below, manifest) if below.is_dir() else None
    return Result(folder, manifest, **tables, reference=reference)


def _values_text(values: object) -> str:
    return ",".join(map(str, values)) if isinstance(values, (list, tuple)) else str(values)
