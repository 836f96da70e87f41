"""`sim sweep` and `sim merge` from reading to printing."""

import shlex
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import report
from sim.cli.showing import (
    Progress,
    error_console,
    from_here,
    out_console,
    print_json,
    print_table,
    show_design,
    shown_path,
)
from sim.experiment import Engine, Local
from sim.ledger import Key
from sim.results import check_place
from sim.results.digits import figure
from sim.sweeps import records, running
from sim.sweeps.job import SweepJob
from sim.sweeps.plan import Plan, prepare
from sim.sweeps.plan import Wish as Design
from sim.sweeps.tables import Runs

MOST_SHOWN = 24
HEADLINES = (
    ("imports from Myanmar", "imports_t", {"place": "myanmar"}),
    ("Tb price, mean", "price_mean", {"place": "china", "element": "Tb"}),
    ("Dy price, mean", "price_mean", {"place": "china", "element": "Dy"}),
)
"""What the printed table tells of every point; the rest is in summary.csv."""


@dataclass(frozen=True)
class Wish:
    """What the user asked for. only: point and replication to run alone; dask: a scheduler's address."""

    design: Design
    workers: int
    timeout_s: float | None
    out: Path | None
    share: running.Share
    dask: str
    as_parquet: bool | None
    fail_fast: bool
    as_json: bool
    quiet: bool

    def folder(self, name: str) -> Path:
        """The result folder."""
        part = f".{self.share.number}-of-{self.share.of}" if self.share.of > 1 else ""
        return (self.out or Path("results/sweep") / f"{name}{part}").absolute()

    def engine(self) -> Engine:
        """Who makes the runs."""
        if not self.dask:
            return Local(self.workers, self.timeout_s)
        from sim.experiment.cluster import Dask
        from sim.sweeps.keys import fingerprint

        return Dask(self.dask, self.timeout_s, fingerprint)


def carry_out(wish: Wish) -> bool:
    """Run what is missing, write and print. Returns whether every run finished.

    Raises InputError, PlaceError and BusyError before anything is run, OSError if something cannot be
    written, and KeyboardInterrupt; what is finished is in the ledger whatever happens.
    """
    started = perf_counter()
    plan = prepare(wish.design)
    folder = check_place(wish.folder(plan.name))
    sweeping = running.Sweeping(plan, folder, wish.share)
    _tell_before(wish, sweeping)
    with Progress(quiet=wish.quiet, noun="runs") as progress:
        try:
            metrics = sweeping.run(wish.engine(), progress, fail_fast=wish.fail_fast)
        except (KeyboardInterrupt, OSError) as reason:
            _how_to_go_on(sweeping, reason)
            raise
    runs = sweeping.runs(metrics)
    if wish.fail_fast and sweeping.failed:
        _tell_failures(runs)
        print("stopped at the first failure; to go on, run the command again", file=sys.stderr)
        return False
    told = running.Told(started, wish.workers, wish.share, wish.as_parquet)
    draft = report.Draft() if wish.share.of == 1 else None  # a part has no page
    moved = running.write(runs, folder, told, draft)
    _finish(wish, runs, folder, moved, draft)
    return not running.failures(runs)


def merge(
    folders: Sequence[Path],
    out: Path | None,
    as_parquet: bool | None,
    *,
    as_json: bool = False,
    quiet: bool,
) -> bool:
    """Join the parts of a sweep. Returns whether every run finished.

    Raises InputError if they are not the parts of one sweep, or not all of them.
    """
    from sim.sweeps.merging import joined

    started = perf_counter()
    runs = joined(folders)
    folder = check_place(out or Path("results/sweep") / runs.plan.name)
    draft = report.Draft()
    moved = running.write(runs, folder, running.Told(started, 1, running.Share(), as_parquet), draft)
    if as_json:
        print_json(_answer(runs, folder))
    else:
        _show(runs, folder)
    _show_page(draft.placed(folder), as_json=as_json)
    _tell_idle(runs)
    _tell_failures(runs)
    if moved is not None and not quiet:
        error_console().print(f"an earlier, different result was moved to {shown_path(moved)}")
    return not running.failures(runs)


def dry_run(wish: Wish, *, why: bool) -> None:
    """Say what would be run and about how long it would take. One run is timed; nothing is written."""
    plan = prepare(wish.design)
    sweeping = running.Sweeping(plan, wish.folder(plan.name), wish.share)
    _warn(sweeping)
    reasons = sweeping.reasons()
    missing = sweeping.missing
    seconds = _seconds_a_run(plan, missing) if missing.size else 0.0
    estimate = seconds * missing.size / wish.workers
    if wish.as_json:
        timed = {
            "seconds_a_run": round(seconds, 4),
            "estimate_s": round(estimate, 1),
            "workers": wish.workers,
        }
        print_json(_plain(sweeping, in_full=why) | timed)
        return
    show_design(plan)
    _show_reasons(plan, reasons, in_full=why)
    if missing.size:
        print(f"one run takes {seconds:.2f} s: about {_duration(estimate)} with {wish.workers} workers")
    print("nothing was run or written")


def why(wish: Wish) -> None:
    """Say of every run why it is made or skipped; nothing is run."""
    plan = prepare(wish.design)
    sweeping = running.Sweeping(plan, wish.folder(plan.name), wish.share)
    _warn(sweeping)
    if wish.as_json:
        print_json(_plain(sweeping, in_full=True))
        return
    show_design(plan)
    _show_reasons(plan, sweeping.reasons(), in_full=True)


def _plain(sweeping: running.Sweeping, *, in_full: bool) -> dict[str, Any]:
    """What would be run. in_full: with the points, as first and last of each stretch."""
    plan, reasons = sweeping.plan, sweeping.reasons()
    told = {
        "sweep": plan.name, "design": plan.design.kind, "points": len(plan.design.rows),
        "replications": plan.replications, "runs": int(sweeping.items.size),
        "to_run": int(sweeping.missing.size),
        "why": {reason: int(runs.size) for reason, runs in reasons.items()},
        "warnings": records.warnings(plan),
    }  # fmt: skip
    if in_full:
        points = {reason: np.unique(runs // plan.replications) for reason, runs in reasons.items()}
        told["points_by_reason"] = {reason: _stretches(numbers) for reason, numbers in points.items()}
    return told


def _seconds_a_run(plan: Plan, missing: NDArray[np.intp]) -> float:
    """Mean time of the first and the middle one of the missing runs."""
    job = SweepJob.of(plan, (), None)
    tried = sorted({int(missing[0]), int(missing[missing.size // 2])})
    started = perf_counter()
    for item in tried:
        job.run(item)
    return (perf_counter() - started) / len(tried)


def _tell_before(wish: Wish, sweeping: running.Sweeping) -> None:
    plan = sweeping.plan
    console = error_console()
    _warn(sweeping)
    if wish.quiet:
        return
    skipped = sweeping.items.size - sweeping.missing.size
    total = f"{len(plan.design.rows)} points x {plan.replications} replications"
    part = f", part {wish.share.number} of {wish.share.of}" if wish.share.of > 1 else ""
    console.print(f"{plan.name}: {total}{part}: {sweeping.missing.size} runs to make")
    if skipped:
        console.print(f"{skipped} runs are in the ledger already and are skipped (--why tells more)")


def _warn(sweeping: running.Sweeping) -> None:
    """What shows without a run."""
    for warning in (*records.warnings(sweeping.plan), *_unreadable(sweeping)):
        error_console().print(f"warning: {warning}")


def _unreadable(sweeping: running.Sweeping) -> list[str]:
    return [f"left aside, its runs are made again: {told}" for told in sweeping.known.unreadable]


def _how_to_go_on(sweeping: running.Sweeping, reason: BaseException) -> None:
    again = shlex.join(["sim", *sys.argv[1:]])
    word = "interrupted" if isinstance(reason, KeyboardInterrupt) else f"stopped: {reason}"
    kept = running.Sweeping(sweeping.plan, sweeping.out, sweeping.share)
    done = kept.items.size - kept.missing.size
    told = f"{word}: {done} of {kept.items.size} runs are kept. To go on:"
    print(f"{told}\n  {again}", file=sys.stderr)


def _tell_idle(runs: Runs) -> None:
    for warning in running.idle(runs):
        error_console().print(f"warning: {warning}")


def _tell_failures(runs: Runs) -> None:
    failed = running.failures(runs)
    if failed:
        told = ", ".join(f"{count} {stage}" for stage, count in sorted(failed.items()))
        error_console().print(
            f"{failed.total()} runs failed ({told}); the rest are saved. "
            "runs.csv has the message of each and the command that makes it again"
        )


def _finish(wish: Wish, runs: Runs, folder: Path, moved: Path | None, draft: report.Draft | None) -> None:
    if wish.as_json:
        print_json(_answer(runs, folder))
    elif wish.share.of > 1:
        out_console().print(
            f"part {wish.share.number} of {wish.share.of}: {shown_path(folder)}", soft_wrap=True
        )
    else:
        _show(runs, folder)
    if draft is not None:
        _show_page(draft.placed(folder), as_json=wish.as_json)
    if moved is not None and not wish.quiet:
        error_console().print(f"an earlier, different result was moved to {shown_path(moved)}")
    _tell_idle(runs)
    _tell_failures(runs)


def _show_page(page: Path, *, as_json: bool = False) -> None:
    if not as_json:
        out_console().print(f"page: {shown_path(page)}", soft_wrap=True)


def _answer(runs: Runs, folder: Path) -> dict[str, Any]:
    plan = runs.plan
    return {
        "sweep": plan.name,
        "question": plan.base.scenario.question,
        "design": plan.design.kind,
        "points": len(plan.design.rows),
        "replications": plan.replications,
        "runs": int((runs.entries >= 0).sum()),
        "failures": dict(running.failures(runs)),
        "rows": [
            {"levers": dict(zip(plan.design.levers, levers, strict=True)), "metrics": told}
            for levers, told in _by_levers(runs)
        ],
        "warnings": [*records.warnings(plan), *running.idle(runs)],
        "results": from_here(folder),
    }


def _show_reasons(plan: Plan, reasons: Mapping[str, NDArray[np.intp]], *, in_full: bool) -> None:
    for reason, runs in reasons.items():
        verb = "skipped" if reason == running.DONE else "made"
        print(f"{runs.size} runs {verb}: {reason}")
        if in_full:
            print(f"  points {_spans(np.unique(runs // plan.replications))}")


def _spans(numbers: NDArray[np.intp]) -> str:
    """`0-3, 7, 9-12`."""
    spans = [f"{first}" if first == last else f"{first}-{last}" for first, last in _stretches(numbers)]
    return ", ".join(spans if len(spans) <= 12 else [*spans[:11], f"… ({len(spans)} stretches)"])


def _stretches(numbers: NDArray[np.intp]) -> list[list[int]]:
    """First and last of the numbers that follow one another."""
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    return [[int(part[0]), int(part[-1])] for part in parts]


def _show(runs: Runs, folder: Path) -> None:
    """The answer for a person: headline metrics by combination of levers, over states and replications."""
    plan = runs.plan
    show_design(plan)
    found = list(_by_levers(runs))
    units = [next(unit for key, unit in runs.columns if key.variable == name) for _, name, _ in HEADLINES]
    heads = [f"{label}, {unit}" for (label, *_), unit in zip(HEADLINES, units, strict=True)]
    states = Counter(row[: len(plan.design.levers)] for row in plan.design.rows).values()
    single = max(states) * plan.replications == 1
    rows = [
        [*levers, *(_range(told[label], single=single) for label, *_ in HEADLINES)]
        for levers, told in found[:MOST_SHOWN]
    ]
    names = [path.removeprefix("events.") for path in plan.design.levers]
    print_table([*names, *heads] if names else heads, rows, heads)
    if len(found) > MOST_SHOWN:
        print(f"… and {len(found) - MOST_SHOWN} more")
    over = f"{states_told(states)}{plan.replications} replications"
    print("\none run each" if single else f"\nmean [5 % to 95 % of {over}]")
    out_console().print(f"results: {shown_path(folder)}", soft_wrap=True)


def states_told(states: Collection[int]) -> str:
    """In how many sampled states each combination of levers was run; nothing where each was in one."""
    few, most = min(states), max(states)
    if most == 1:
        return ""
    return f"{most} states x " if few == most else f"{few} to {most} states x "


def _range(told: Mapping[str, float | None], *, single: bool) -> str:
    if told["mean"] is None:
        return ""
    if single:
        return figure(told["mean"])
    return f"{figure(told['mean'])} [{figure(told['p05'] or 0.0)}; {figure(told['p95'] or 0.0)}]"


def _by_levers(runs: Runs) -> list[tuple[tuple[str, ...], dict[str, dict[str, float | None]]]]:
    """For each combination of levers: mean and 5th and 95th percentile of the headline metrics."""
    design, places = runs.plan.design, {key: at for at, (key, _) in enumerate(runs.columns)}
    ats = [places[Key(name, **about)] for _, name, about in HEADLINES]
    by_levers: dict[tuple[str, ...], list[NDArray[np.float64]]] = {}
    for first, last in runs.blocks():
        values = runs.values(first, last)[:, :, ats]
        for point in range(first, last):
            by_levers.setdefault(design.rows[point][: len(design.levers)], []).append(values[point - first])
    return [(levers, _described(np.concatenate(parts))) for levers, parts in by_levers.items()]


def _described(values: NDArray[np.float64]) -> dict[str, dict[str, float | None]]:
    told: dict[str, dict[str, float | None]] = {}
    for (label, *_), column in zip(HEADLINES, values.T, strict=True):
        seen = column[~np.isnan(column)]
        if not seen.size:
            told[label] = {"mean": None, "p05": None, "p95": None}
            continue
        p05, p95 = np.quantile(seen, (0.05, 0.95)).tolist()
        told[label] = {"mean": float(seen.mean()), "p05": p05, "p95": p95}
    return told


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
