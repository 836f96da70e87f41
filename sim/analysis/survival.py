"""The longest closure that the chain survives, by bisection, run by run.

A longer closure of the same run, under the same random numbers, is no easier to survive; so the limit of each
run is found by halving. Survived: no week in which the closure leaves more than a twentieth of the orders
unfilled; or, another question, no month in which it lifts the price above a line. Both are counted against
the same run without closure, since a low stock runs out by itself where orders grow, and until AFTER_D days
after the gates open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sim.analysis.closures import GATES, start_d
from sim.analysis.halving import Asked, last_held
from sim.analysis.pictures import COLOURS, Picture
from sim.analysis.runs import Bench, Case
from sim.analysis.stocks import STOCKS as STOCK_OF
from sim.analysis.words import PERCENT, Values, listed, table
from sim.ledger import Key, Outcome
from sim.results.metrics import PEAK_D, SURVIVAL_SHARE, SURVIVAL_WINDOW_D, rolling
from sim.results.variables import OXIDES, panel
from sim.scenario import Scenario

LONGEST_D, STEP_D = 540, 15
MONTHS = 30
AFTER_D = 180
PRICE_LINE_PCT = 50.0
CALIBRATED = "calibrated"
STOCKS = {CALIBRATED: "", "low": "low", "middle": "value", "high": "high"}
"""Starting stocks of oxide: those of the calibrated sets with all that was fitted beside them; and the low,
best and high value of the evidence, beside best values."""

TESTS: tuple[str, ...] = (
    "Tb orders filled",
    "Dy orders filled",
    f"Tb price up by less than {PRICE_LINE_PCT:.0f} %",
)


@dataclass(frozen=True)
class Limit:
    """The longest closure survived, by run, in days; inf where the longest tried is survived."""

    gates: str
    stock: str
    test: str
    days: Values


Seen = dict[str, Values]
"""What a test needs of a run: unfilled orders and orders by week, the price by 30 days."""


def seen(outcome: Outcome) -> Seen:
    """Rolling sums of a run."""
    series = panel(outcome)
    found = {}
    for element in OXIDES:
        unmet, orders, price = (
            series[Key(name, element=element, place=place)]
            for name, place in (("unmet_kg", ""), ("demand_kg", ""), ("price_cny_per_kg", "china"))
        )
        found[f"unmet {element}"] = rolling(unmet, SURVIVAL_WINDOW_D)
        found[f"orders {element}"] = rolling(orders, SURVIVAL_WINDOW_D)
        found[f"price {element}"] = rolling(price, PEAK_D)
    return found


def survived(own: Seen, usual: Seen, test: str, until_d: int) -> bool:
    """Whether a run passes a test, against the same run without closure, in spans that begin before a day."""
    span = slice(0, until_d)
    if test == TESTS[-1]:
        line = (1 + PRICE_LINE_PCT / PERCENT) * usual["price Tb"]
        return bool((own["price Tb"] < line)[span].all())
    element = test.split()[0]
    more = own[f"unmet {element}"] - usual[f"unmet {element}"]
    return bool((more <= SURVIVAL_SHARE * own[f"orders {element}"])[span].all())


def short_anyway(bench: Bench, replications: int) -> str:
    """How many runs leave orders for terbium unfilled without any closure, by starting stock."""
    parts = []
    for stock in STOCKS:
        base = _scenario(bench, "all gates", stock, 0)
        runs = bench.each([(base, number) for number in range(replications)], seen)
        short = sum(bool((run["unmet Tb"] > SURVIVAL_SHARE * run["orders Tb"]).any()) for run in runs)
        parts.append(f"{short} of {replications} from a {stock} stock")
    return listed(parts)


def limits(bench: Bench, replications: int) -> list[Limit]:
    """Of both closures, from low, middle and high starting stocks, for each test."""
    questions = list(product(GATES, STOCKS, TESTS))
    asked = [(*question, replication) for question in questions for replication in range(replications)]
    known: dict[tuple[str, str, int, int], Seen] = {}
    first = start_d(_scenario(bench, next(iter(GATES)), CALIBRATED, 0))

    def run(wanted: Sequence[tuple[str, str, int, int]]) -> None:
        missing = list(dict.fromkeys(one for one in wanted if one not in known))
        cases: list[Case] = [(_scenario(bench, gates, stock, days), r) for gates, stock, days, r in missing]
        known.update(zip(missing, bench.each(cases, seen), strict=True))

    def lasts(pairs: Asked) -> list[bool]:
        told = [(asked[number], (step + 1) * STEP_D) for number, step in pairs]
        run([(gates, stock, length, r) for (gates, stock, _, r), days in told for length in (0, days)])
        return [
            survived(known[gates, stock, days, r], known[gates, stock, 0, r], test, first + days + AFTER_D)
            for (gates, stock, test, r), days in told
        ]

    steps = LONGEST_D // STEP_D
    last = last_held(lasts, len(asked), steps)
    days = np.where(last == steps - 1, np.inf, (last + 1.0) * STEP_D).reshape(len(questions), replications)
    return [Limit(*question, row) for question, row in zip(questions, days, strict=True)]


def _scenario(bench: Bench, gates: str, stock: str, days: int) -> Scenario:
    ref, event = GATES[gates]
    asked = [f"period.months={MONTHS}", f"events.{event}.lasts={days} d"]
    if stock != CALIBRATED:
        parameters = [bench.registry.parameters[path] for path in STOCK_OF.values()]
        asked += [f"{one.name}={getattr(one, STOCKS[stock])} {one.unit}" for one in parameters]
    return bench.scenario(ref, *asked, ensemble=stock == CALIBRATED)


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
    parts = [
        f"{limit_text(one.days)} days from a {one.stock} stock"
        for one in found
        if (one.gates, one.test) == (gates, test)
    ]
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
                axis.errorbar(
                    x,
                    middle,
                    yerr=[middle - low, high - middle],
                    fmt="none",
                    ecolor="#333333",
                    elinewidth=0.8,
                )
            axis.axhline(LONGEST_D, color="#555555", lw=0.8, ls=":")
            axis.set_xticks(np.arange(len(STOCKS)), list(STOCKS))
            axis.set_ylim(0, LONGEST_D * 1.25)
            if number == 0:
                axis.legend(fontsize=7, frameon=False, loc="upper left")
    return drawn.png()
