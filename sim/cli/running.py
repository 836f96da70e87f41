"""`sim run` from reading to printing: what is said on the way, and what happens when it is cut short."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter

from sim import precise, report, study, underwater
from sim.changes import TaxChange
from sim.cli import uncertain
from sim.cli.showing import (
    Progress,
    error_console,
    from_here,
    out_console,
    print_json,
    print_table,
    show_grades,
    show_head,
    show_headlines,
    shown_path,
)
from sim.experiment.precision import Rule
from sim.manifest import grades, parameter
from sim.results import check_place
from sim.results.headlines import headlines


@dataclass(frozen=True)
class Wish:
    """What the user asked for. out: the result folder; None: by the scenario's name.

    precision: the widest interval for its size that is narrow enough; None: as many replications as the
    scenario says. watched: metrics that are to reach it.
    """

    scenario: str
    overrides: Sequence[str]
    workers: int
    out: Path | None
    with_reference: bool
    as_json: bool
    quiet: bool
    timeout_s: float
    precision: float | None = None
    watched: Sequence[str] = precise.WATCHED

    @property
    def names_replications(self) -> bool:
        """Whether their number was asked for, in whatever way."""
        return any(text.partition("=")[0].strip() == "run.replications" for text in self.overrides)


def carry_out(wish: Wish) -> bool:
    """Run, write and print. Returns whether every replication finished.

    Raises InputError and PlaceError before anything is run, OSError if the result cannot be written, and
    KeyboardInterrupt after keeping what is finished.
    """
    started = perf_counter()
    plan = study.prepare(wish.scenario, wish.overrides)
    if wish.precision is not None:
        precise.check(plan, wish.watched)
    folder = check_place(wish.out or Path("results") / plan.scenario.name)
    draft = report.Draft()
    progress = Progress(quiet=wish.quiet)
    bench = study.Bench.of(plan, folder, wish.workers, wish.with_reference, progress, wish.timeout_s)
    _note(wish, *plan.loaded.log)
    if bench.finished:
        _note(wish, f"{len(bench.finished)} replications taken from the interrupted run")
    with progress:
        try:
            done = _done(bench, wish)
            moved = study.write(done, folder, started, wish.workers, draft)
        except KeyboardInterrupt:
            _keep(bench)
            raise
    bench.clear()
    if wish.as_json:
        print_json(_answer(done, folder))
    else:
        _show(done, folder)
    page = draft.placed(folder)
    if not wish.as_json:
        out_console().print(f"page: {shown_path(page)}", soft_wrap=True)
    if moved is not None:
        _note(wish, f"an earlier, different result was moved to {shown_path(moved)}")
    _warn(done)
    return not done.failures


def _done(bench: study.Bench, wish: Wish) -> study.Study:
    """The study, run as often as the scenario says or as the precision needs."""
    if wish.precision is None:
        return study.evaluate(bench.plan, bench.run())
    budget = bench.plan.scenario.run.replications if wish.names_replications else None
    runs, reached = precise.run(bench, Rule.within(wish.precision, budget), wish.watched)
    done = study.evaluate(bench.plan, runs)
    told = asdict(reached) | {"watched": list(wish.watched)}
    warnings = (*done.warnings, *([f"precision: {reached}"] if reached.is_spent else []))
    if not reached.is_spent:
        _note(wish, f"precision: {reached}")
    return replace(done, precision=told, warnings=warnings)


def _note(wish: Wish, *lines: str) -> None:
    """By the way, on standard error."""
    if not wish.quiet:
        for line in lines:
            error_console().print(line)


def _warn(done: study.Study) -> None:
    for warning in done.warnings:
        error_console().print(f"warning: {warning}")
    failures = done.failures
    if failures:
        first = failures[0]
        error_console().print(
            f"{len(failures)} replications failed (see runs.csv), the rest are saved. The first: "
            f"replication {first.replication}, {first.stage}, {first.type}: {first.message}"
        )


def _keep(bench: study.Bench) -> None:
    """Keep what an interrupted run has finished, and say how to go on."""
    if not bench.finished:
        print("interrupted: no replication was finished", file=sys.stderr)
        return
    try:
        bench.save()
    except OSError as reason:
        print(f"interrupted: what was finished could not be kept: {reason}", file=sys.stderr)
        return
    print(
        f"interrupted: {len(bench.finished)} of {bench.to_do} replications are kept. To go on:\n"
        f"  {shlex.join(['sim', *sys.argv[1:]])}",
        file=sys.stderr,
    )


def _show(done: study.Study, folder: Path) -> None:
    """The answer for a person."""
    plan, base = done.plan, done.reference_kpis
    reference = None if done.reference is None else done.reference.scenario
    show_head(plan.scenario, reference or "none")
    show_headlines(reference, headlines(done.kpis, base, plan.asked))
    if done.parametric is not None:
        uncertain.show(done.parametric)
    if taxes := _under_water(done):
        columns = ["share of KIA sites under water", *(f"{p / 1000:,.0f}" for p in underwater.NDPR_CNY_PER_T)]
        print("by the price of NdPr oxide, 1,000 CNY/t, with Dy and Tb at their first prices:")
        print_table(
            columns, [[row.regime, *(f"{share:.0%}" for share in row.shares)] for row in taxes], columns[1:]
        )
        print()
    show_grades(_grades(done))
    out_console().print(f"results: {shown_path(folder)}", soft_wrap=True)


def _answer(done: study.Study, folder: Path) -> dict[str, object]:
    """The answer for a program."""
    scenario = done.plan.scenario
    return {
        "scenario": scenario.name,
        "question": scenario.question,
        "reference": None if done.reference is None else done.reference.scenario,
        "period": scenario.period.model_dump(mode="json"),
        "replications": len(done.runs.outcomes),
        "root_seed": scenario.run.root_seed,
        "rows": [line.plain() for line in headlines(done.kpis, done.reference_kpis, done.plan.asked)],
        "grades": _grades(done),
        "uncertainty": None if done.parametric is None else uncertain.plain(done.parametric),
        "sites_under_water": [
            {
                "regime": row.regime,
                "by_ndpr_cny_per_t": dict(zip(underwater.NDPR_CNY_PER_T, row.shares, strict=True)),
            }
            for row in _under_water(done)
        ],
        "precision": done.precision,
        "warnings": list(done.warnings),
        "failures": len(done.failures),
        "results": from_here(folder),
        "page": from_here(folder / report.FILE),
    }


def _under_water(done: study.Study) -> list[underwater.Row]:
    """Where a scenario changes a tax: what taxes of that size do to the sites' margins."""
    world = done.plan.world
    changes_a_tax = any(isinstance(effect, TaxChange) for effect in world.effects)
    return underwater.table(world) if changes_a_tax else []


def _grades(done: study.Study) -> dict[str, int]:
    plan = done.plan
    used = plan.world.parameters_used
    return grades(parameter(plan.registry.parameters[name], plan.scenario.set.get(name)) for name in used)
