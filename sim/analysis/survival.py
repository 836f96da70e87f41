"""The longest closure that the chain survives, by bisection, run by run.

A longer closure of the same run, under the same random numbers, is no easier to survive; so the limit of each
run is found by halving. Survived: no week in which more than a twentieth of the orders is unfilled, or, as
another question, a price that stays under a line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from sim.analysis.closures import GATES
from sim.analysis.pictures import COLOURS, Picture
from sim.analysis.removal import picked
from sim.analysis.runs import Bench, Case
from sim.analysis.stocks import STOCKS as STOCK_OF
from sim.analysis.words import Values, table
from sim.ledger import Key
from sim.scenario import Scenario

LONGEST_D, STEP_D = 720, 15
MONTHS = 36
PRICE_LINE_PCT = 50.0
STOCKS = {"low": "low", "middle": "value", "high": "high"}
"""Starting stocks of oxide: the ends and the middle of the range of the evidence."""

_MEASURED = (
    Key("time_to_survive_censored", element="Tb"),
    Key("time_to_survive_censored", element="Dy"),
    Key("price_peak_change_pct", place="china", element="Tb"),
)
TESTS: tuple[str, ...] = ("Tb orders filled", "Dy orders filled", f"Tb price up by less than {PRICE_LINE_PCT:.0f} %")


@dataclass(frozen=True)
class Limit:
    """The longest closure survived, by run, in days; inf where the longest tried is survived."""

    gates: str
    stock: str
    test: str
    days: Values


def bisect(lasts: Callable[[Sequence[tuple[int, int]]], Sequence[bool]], runs: int) -> Values:
    """For each run the longest of 0, STEP_D, … LONGEST_D that it survives; inf if it survives all.

    lasts: for (run, length in days) pairs, whether the run survives. 0 is not asked. The answer is right
    where surviving a length means surviving every shorter one.
    """
    top = LONGEST_D // STEP_D
    low, high = np.zeros(runs, dtype=int), np.full(runs, top)
    low[np.array(lasts([(run, LONGEST_D) for run in range(runs)]), dtype=bool)] = top
    while (still := np.flatnonzero(high - low > 1)).size:
        middle = (low + high) // 2
        asked = [(int(run), int(middle[run]) * STEP_D) for run in still]
        for (run, _), survived in zip(asked, lasts(asked), strict=True):
            (low if survived else high)[run] = middle[run]
    return np.where(low == top, np.inf, low * float(STEP_D))


def survived(measured: Sequence[float], test: str) -> bool:
    """Whether a run passes a test."""
    tb, dy, price = measured
    return {TESTS[0]: tb == 1.0, TESTS[1]: dy == 1.0, TESTS[2]: price < PRICE_LINE_PCT}[test]


def limits(bench: Bench, replications: int) -> list[Limit]:
    """Of both closures, from low, middle and high starting stocks, for each test."""
    questions = list(product(GATES, STOCKS, TESTS))
    asked = [(*question, replication) for question in questions for replication in range(replications)]
    known: dict[tuple[str, str, int, int], tuple[float, ...]] = {}

    def lasts(pairs: Sequence[tuple[int, int]]) -> list[bool]:
        wanted = [(*asked[run][:2], asked[run][3], days) for run, days in pairs]
        missing = list(dict.fromkeys(one for one in wanted if one not in known))
        cases: list[Case] = [(_closed(bench, gates, stock, days), r) for gates, stock, r, days in missing]
        known.update(zip(missing, bench.each(cases, partial(picked, _MEASURED)), strict=True))
        return [survived(known[one], asked[run][2]) for one, (run, _) in zip(wanted, pairs, strict=True)]

    days = bisect(lasts, len(asked)).reshape(len(questions), replications)
    return [Limit(*question, row) for question, row in zip(questions, days, strict=True)]


def _closed(bench: Bench, gates: str, stock: str, days: int) -> Scenario:
    ref, event = GATES[gates]
    parameters = [bench.registry.parameters[path] for path in STOCK_OF.values()]
    stocks = [f"{one.name}={getattr(one, STOCKS[stock])} {one.unit}" for one in parameters]
    return bench.scenario(ref, f"period.months={MONTHS}", f"events.{event}.lasts={days} d", *stocks)


def days_text(days: float) -> str:
    """A limit in words."""
    if np.isinf(days):
        return f"over {LONGEST_D}"
    return f"under {STEP_D}" if days == 0 else f"{days:.0f}"


def limit_text(days: Values) -> str:
    """Median and, in brackets, the ends that nine runs in ten lie between (order statistics)."""
    low, middle, high = (days_text(float(np.quantile(days, q, method="lower"))) for q in (0.05, 0.5, 0.95))
    return middle if low == high else f"{middle} [{low}; {high}]"


def limit_table(found: Sequence[Limit]) -> str:
    """Days survived by closure, stock and test."""
    by_row: dict[tuple[str, str], list[str]] = {}
    for one in found:
        by_row.setdefault((one.gates, one.stock), []).append(limit_text(one.days))
    rows = [(*row, *cells) for row, cells in by_row.items()]
    return table(("shut", "starting stock", *TESTS), rows, left=2)


def words(found: Sequence[Limit], gates: str = "all gates", test: str = TESTS[0]) -> str:
    """The answer for one closure, by stock."""
    parts = [f"{limit_text(one.days)} days from a {one.stock} stock" for one in found if (one.gates, one.test) == (gates, test)]
    return f"Without {gates} the orders for terbium stay filled for {', '.join(parts[:-1])} and {parts[-1]}."


def picture(found: Sequence[Limit]) -> bytes:
    """Medians by stock, a panel a closure."""
    drawn = Picture("The longest closure survived, by starting stock of oxide", len(GATES))
    width = 0.8 / len(TESTS)
    for number, gates in enumerate(GATES):
        with drawn.panel(number, f"Without {gates}", "", "days" if number == 0 else "") as axis:
            for at, test in enumerate(TESTS):
                rows = [one.days for one in found if (one.gates, one.test) == (gates, test)]
                low, middle, high = (
                    np.minimum([np.quantile(row, q, method="lower") for row in rows], LONGEST_D)
                    for q in (0.05, 0.5, 0.95)
                )
                x = np.arange(len(STOCKS)) + (at - 1) * width
                axis.bar(x, middle, width, color=COLOURS[at], label=test)
                axis.errorbar(x, middle, yerr=[middle - low, high - middle], fmt="none", ecolor="#333333", elinewidth=0.8)
            axis.axhline(LONGEST_D, color="#555555", lw=0.8, ls=":")
            axis.set_xticks(np.arange(len(STOCKS)), list(STOCKS))
            axis.set_ylim(0, LONGEST_D * 1.25)
            if number == 0:
                axis.legend(fontsize=7, frameon=False, loc="upper left")
    return drawn.png()
