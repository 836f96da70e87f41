"""`sim backtest` from reading to printing."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isnan
from pathlib import Path
from time import perf_counter

from sim import report, study
from sim.cli.showing import Progress, error_console, out_console, print_json, print_table, shown_path
from sim.history import backtesting
from sim.history.picture import picture
from sim.results import check_place
from sim.results.digits import figure


@dataclass(frozen=True)
class Wish:
    """What the user asked for. out: the result folder; None: by the scenario's name.

    check: whether tolerances are to be held, so that there must be some.
    """

    scenario: str
    observations: Path | None
    overrides: Sequence[str]
    workers: int
    out: Path | None
    with_ensemble: bool
    as_json: bool
    quiet: bool
    check: bool = False


def carry_out(wish: Wish) -> tuple[bool, bool | None]:
    """Run, score, write and print. Returns whether all replications finished and whether all tolerances hold.

    The latter is None where none is declared.

    Raises InputError and PlaceError before anything is run, OSError if the result cannot be written.
    """
    started = perf_counter()
    rules = backtesting.read_rules()
    own = None if wish.observations is None else backtesting.read_file(wish.observations)
    plan = backtesting.prepared(wish.scenario, wish.overrides, with_ensemble=wish.with_ensemble)
    if wish.check:
        backtesting.check_tolerances(plan.scenario.name, rules)
    observations = plan.registry.observations.values() if own is None else own
    folder = check_place(wish.out or Path("results/backtest") / plan.scenario.name)
    draft = report.Draft()
    progress = Progress(quiet=wish.quiet)
    bench = study.Bench.of(plan, folder, wish.workers, False, progress)
    with progress:
        try:
            runs = bench.run()["scenario"]
            done = backtesting.evaluate(plan, runs, tuple(observations), rules)
            moved = backtesting.write(done, plan, runs, folder, picture(done), started, wish.workers, draft)
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
    if moved is not None and not wish.quiet:
        error_console().print(f"an earlier, different result was moved to {shown_path(moved)}")
    return not runs.failures, done.holds


def _keep(bench: study.Bench) -> None:
    bench.save()
    told = f"{len(bench.finished)} of {bench.to_do} replications are kept. To go on:"
    print(f"interrupted: {told}\n  {shlex.join(['sim', *sys.argv[1:]])}", file=sys.stderr)


def _show(done: backtesting.Backtest, folder: Path) -> None:
    """Scores, then tolerances."""
    columns = ("series", "n", "MAPE %", "bias %", "CRPS", "in 90 %", "width %", "skill", "skill 0")
    rows = []
    for one in done.scores:
        s = one.score
        numbers = (s.mape, s.bias, s.crps, s.coverage_90, s.median_width_pct, s.skill, s.skill_start)
        rows.append([one.name, str(s.n), *map(figure, numbers)])
    print(f"{done.scenario.name}: {done.run.start} to {done.run.end - timedelta(days=1)}")
    print_table(columns, rows, columns[1:])
    unscored = sum(row.pair is None for row in done.rows)
    print(
        "\nMAPE, bias and width: in % of the observed, of series in % themselves in points; every month "
        "weighs one\nskill: 1 - CRPS / CRPS of the naive forecast; skill 0: of the first day's price, held\n"
        f"{unscored} observations are not scored; backtest.csv says why"
    )
    if done.verdicts:
        print()
        heads = ("", "tolerance", "declared", "measured")
        print_table(heads, [_line(verdict) for verdict in done.verdicts], heads[3:])
    out_console().print(f"\nresults: {shown_path(folder)}", soft_wrap=True)


def _line(verdict: backtesting.Verdict) -> tuple[str, str, str, str]:
    tolerance = verdict.tolerance
    declared = f"{figure(tolerance.low)} to {figure(tolerance.high)} {tolerance.unit}"
    told = figure(verdict.measured) or "cannot be told"
    return "holds" if verdict.holds else "MISSED", tolerance.what, declared, told


def _answer(done: backtesting.Backtest, folder: Path) -> dict[str, object]:
    """The answer for a program."""
    return {
        "scenario": done.scenario.name,
        "scores": [
            {"series": s.series, "element": s.element, "place": s.place, **_known(vars(s.score))}
            for s in done.scores
        ],
        "tolerances": [
            {
                "id": v.tolerance.id,
                "low": v.tolerance.low,
                "high": v.tolerance.high,
                "unit": v.tolerance.unit,
                **_known({"measured": v.measured}),
                "holds": v.holds,
            }
            for v in done.verdicts
        ],
        "holds": done.holds,
        "results": str(folder),
    }


def _known(numbers: dict[str, float]) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in numbers.items()}
