"""docs/validation.md: the histories scored, drawn and held to their tolerances, in a text by hand.

`python -m sim.history.validation docs/validation.md` runs the shipped histories on the calibrated sets, in
minutes. The text is docs/validation.template.md; `{{name}}` and `{{name scenario}}` are filled in.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log
from pathlib import Path

import numpy as np

from sim import shipped
from sim.ensemble import in_sets
from sim.evidence import Registry
from sim.evidence.records import Draw, Observation
from sim.experiment import Failure, replicate, usable_cores
from sim.history import backtesting
from sim.history.backtesting import Backtest
from sim.history.ensemble_picture import ensemble_picture
from sim.history.observed import PRICE
from sim.history.picture import picture
from sim.ledger import Outcome
from sim.results.digits import figure
from sim.results.tables import Replicated
from sim.study import simulate

HISTORIES = ("history_2024_2025", "history_2023_2025", "history_2019")
_PLACE = re.compile(r"\{\{(\w+)(?: ([\w.]+))?\}\}")
_SLIDE = (date(2023, 9, 6), date(2024, 7, 18))
"""First and last quote of the slide that came from outside the chain."""
_NDPR_AT_SLIDE = ("ndpr_price_2023_08", "ndpr_price_2023_10", "ndpr_price_2024_07_31")


def backtested(scenario: str, replications: int) -> Backtest:
    """One history on the calibrated sets. Raises RuntimeError if a replication failed."""
    plan = backtesting.prepared(scenario, [f"run.replications={replications}"], with_ensemble=True)
    job = (plan.scenario, plan.registry)
    done = replicate(job, range(replications), usable_cores(), simulate, lambda _: None)
    failed = [result for result in done if isinstance(result, Failure)]
    if failed:
        raise RuntimeError(f"{scenario}: {failed[0]}")
    outcomes = tuple(result for result in done if isinstance(result, Outcome))
    runs = Replicated(scenario, plan.scenario.period.start, outcomes, ())
    observations = tuple(plan.registry.observations.values())
    return backtesting.evaluate(plan, runs, observations, backtesting.read_rules())


def filled(template: str, tests: Mapping[str, Backtest], registry: Registry) -> str:
    """The page. Raises KeyError for a name the template should not have."""
    parts: dict[str, Callable[[str], str]] = {
        "tolerances": lambda name: _tolerances(tests[name]),
        "scores": lambda name: _scores(tests[name]),
        "misses": lambda _: _misses(tests.values()),
        "proxy": lambda _: _proxy(registry.observations),
        "ranges": lambda _: _ranges(registry.ensemble),
        "best": lambda path: _best(registry.ensemble, path),
        "survey_share": lambda name: figure(tests[name].survey_share),
    }
    return _PLACE.sub(lambda found: parts[found[1]](found[2]), template)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _tolerances(done: Backtest) -> str:
    rows = [
        (
            v.tolerance.what,
            f"{figure(v.tolerance.low) or '0'} to {figure(v.tolerance.high)} {v.tolerance.unit}",
            figure(v.measured),
            "holds" if v.holds else "**missed**",
        )
        for v in done.verdicts
    ]
    return _table(("tolerance", "declared", "measured", ""), rows)


def _scores(done: Backtest) -> str:
    columns = (
        "series",
        "n",
        "MAPE %",
        "bias %",
        "CRPS",
        "in 90 %",
        "of runs alone",
        "median width %",
        "skill",
        "skill, first price",
    )
    rows = []
    for one in done.scores:
        s = one.score
        numbers = (
            s.mape,
            s.bias,
            s.crps,
            s.coverage_90,
            s.coverage_90_runs,
            s.median_width_pct,
            s.skill,
            s.skill_start,
        )
        rows.append((one.name, str(s.n), *map(figure, numbers)))
    return _table(columns, rows)


def _misses(tests: Iterable[Backtest]) -> str:
    lines = [
        f"- {done.scenario.name}: {v.tolerance.what}: {figure(v.measured)} {v.tolerance.unit}, declared "
        f"{figure(v.tolerance.low)} to {figure(v.tolerance.high)}"
        for done in tests
        for v in done.verdicts
        if not v.holds
    ]
    return "\n".join(lines) or "None in this run."


def _best(draws: Sequence[Draw], path: str) -> str:
    """A share in the set of the least loss, in per cent. KeyError if it was not free."""
    best = in_sets(draws)[0]
    return f"{100 * {draw.path: draw.value for draw in best}[path]:.0f} %"


def _ranges(draws: Sequence[Draw]) -> str:
    """What each parameter was left at."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for draw in draws:
        values.setdefault((draw.scenario, draw.path, draw.unit), []).append(draw.value)
    rows = [
        (
            f"`{path}`",
            scenario or "all",
            figure(found[0]),
            f"{figure(min(found))} to {figure(max(found))}",
            unit,
        )
        for (scenario, path, unit), found in values.items()
    ]
    losses = [members[0].loss for members in in_sets(draws)]
    head = f"{len(losses)} sets; loss from {min(losses):.2f} to {max(losses):.2f}.\n\n" if losses else ""
    return head + _table(("parameter", "history", "best set", "all sets", "unit"), rows)


# -- NdPr as a proxy of what came from outside the chain --------------------------------------------------


@dataclass(frozen=True)
class Proxy:
    """slope: change of ln P per change of ln NdPr between quotes of the same days; r2: what that explains."""

    element: str
    quotes: int
    slope: float
    r2: float
    slide: float
    explained_at_slope: float
    explained_at_one: float


def proxy(observations: Mapping[str, Observation], element: str) -> Proxy:
    """How far the price of NdPr explains an element's, quote to quote, and its slide of 2023-24 (ln)."""
    quotes: dict[str, dict[date, float]] = {}
    for item in observations.values():
        if item.series == PRICE and item.place == "china" and item.period_start == item.period_end:
            quotes.setdefault(item.element, {})[item.period_start] = log(item.value)
    own, other = quotes[element], quotes["NdPr"]
    days = [day for day in sorted(own) if day in other and day > _SLIDE[1]]
    x = np.diff([other[day] for day in days])
    y = np.diff([own[day] for day in days])
    slope = float(x @ y / (x @ x))
    first, second, last = (log(observations[name].value) for name in _NDPR_AT_SLIDE)
    slide, ndpr = own[_SLIDE[1]] - own[_SLIDE[0]], last - (first + second) / 2
    r2 = float(np.corrcoef(x, y)[0, 1] ** 2)
    return Proxy(element, len(days), slope, r2, slide, slope * ndpr / slide, ndpr / slide)


def _proxy(observations: Mapping[str, Observation]) -> str:
    rows = []
    for element in ("Tb", "Dy"):
        p = proxy(observations, element)
        rows.append(
            (
                p.element,
                f"{100 * (exp(p.slide) - 1):.0f} %",
                f"{p.slope:.2f} ({p.quotes} quotes)",
                f"{100 * p.r2:.0f} %",
                f"{100 * p.explained_at_slope:.0f} %",
                f"{100 * p.explained_at_one:.0f} %",
            )
        )
    columns = (
        "",
        "slide",
        "slope on NdPr after it",
        "of the variance explained",
        "of the slide at that slope",
        "of the slide at slope 1",
    )
    return _table(columns, rows)


def main(page: Path, replications: int) -> None:
    """Write the page and its pictures."""
    images = page.parent / "img"
    images.mkdir(exist_ok=True)
    tests = {name: backtested(name, replications) for name in HISTORIES}
    for name, done in tests.items():
        (images / f"backtest_{name}.png").write_bytes(picture(done, dpi=90))
    registry = Registry.load(shipped.seeds_dir())
    (images / "backtest_ensemble.png").write_bytes(ensemble_picture(registry.ensemble))
    template = page.with_suffix(".template.md").read_text(encoding="utf-8")
    page.write_text(filled(template, tests, registry), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), replications=60)
