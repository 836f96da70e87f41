"""How likely a long closure is, from the dated history; beside what one does, and never multiplied with it.

Closures come as a Poisson process of unknown rate; their lengths are log-normal. With n closures in T years
and the prior of Jeffreys the rate is Gamma(n + 1/2, T); mean and spread of the log of the length have
Student's posterior. Then

    P(at least one of `days` or more within tau years) = 1 - exp(-rate x P(length >= days) x tau)

The thinned form, long closures alone as a Poisson process, needs no law of lengths and is a check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from sim.analysis.leverage import DAYS_PER_WEEK, ORE, TERBIUM, Leverage
from sim.analysis.pictures import COLOURS, Picture, band
from sim.analysis.runs import Bench
from sim.analysis.words import BAND, PERCENT, THOUSAND, Values, percent, spread, table
from sim.evidence import Registry
from sim.inputs.units import DAYS_PER_YEAR
from sim.streams import Streams

WITHIN_YR = 2.0
LONG_D = 60.0
LENGTHS_D = (14.0, 30.0, 60.0, 90.0, 180.0)
"""Those of the sweep closure_length_tax."""

DRAWS = 20_000
JEFFREYS = 0.5
LEAST_LENGTHS = 3
"""Fewer known lengths leave the posterior of their spread without a mean."""

DATED = {
    "tengchong_stop_2018": ("closure_2018_d", "closure_2018_d"),
    "trade_ban_2019": ("closure_2019_d", "closure_2019_d"),
    "myanmar_shuts_2019": ("", ""),
    "china_shuts_kachin_2024": ("closure_2024_gates_d", "closure_2024_flow_d"),
}
"""Closures of the Kachin border in seeds/events.csv, with the facts that hold their length by each reading.
The third was short-lived by its source, which gives no days."""

READINGS = ("until gates opened", "until ore moved")


@dataclass(frozen=True)
class History:
    """One reading of the record. count: dated closures in `years`; lengths_d: those known."""

    reading: str
    years: float
    count: int
    lengths_d: tuple[float, ...]

    def long(self, days: float = LONG_D) -> int:
        """How many known ones lasted that long; one of unknown length was short-lived."""
        return sum(length >= days for length in self.lengths_d)


def histories(registry: Registry) -> list[History]:
    """The record by each reading, watched from the first day of the year of the first closure on."""
    starts = [registry.events[name].date for name in DATED]
    last = max(event.date for event in registry.events.values())
    years = (last - date(min(starts).year, 1, 1)).days / DAYS_PER_YEAR
    found = []
    for number, reading in enumerate(READINGS):
        facts = [names[number] for names in DATED.values() if names[number]]
        lengths = tuple(float(registry.facts[name].value) for name in facts)
        found.append(History(reading, years, len(DATED), lengths))
    return found


def thinned(history: History, days: float = LONG_D) -> tuple[float, float, float]:
    """Mean, 5th and 95th percentile of the probability, from long closures alone."""
    from scipy.stats import gamma

    law = gamma(history.long(days) + JEFFREYS, scale=1.0 / history.years)
    mean = 1.0 - (history.years / (history.years + WITHIN_YR)) ** (history.long(days) + JEFFREYS)
    low, high = (1.0 - np.exp(-WITHIN_YR * law.ppf(np.array(BAND) / PERCENT))).tolist()
    return mean, low, high


def probabilities(history: History, rng: np.random.Generator, days: Sequence[float] = LENGTHS_D) -> Values:
    """Draws of the posterior of the probability for each length, shape (DRAWS, len(days)).

    Raises ValueError with fewer than LEAST_LENGTHS known lengths.
    """
    from scipy.special import ndtr

    logs = np.log(history.lengths_d)
    if logs.size < LEAST_LENGTHS:
        raise ValueError(f"{logs.size} known lengths: at least {LEAST_LENGTHS} are needed")
    rate = rng.gamma(history.count + JEFFREYS, 1.0 / history.years, DRAWS)
    degrees = logs.size - 1
    sigma = np.sqrt(degrees * logs.var(ddof=1) / rng.chisquare(degrees, DRAWS))
    mu = logs.mean() + sigma / np.sqrt(logs.size) * rng.standard_normal(DRAWS)
    longer = ndtr((mu[:, None] - np.log(days)) / sigma[:, None])
    found: Values = 1.0 - np.exp(-WITHIN_YR * rate[:, None] * longer)
    return found


def drawn(bench: Bench) -> list[tuple[History, Values]]:
    """Every reading with its posterior; the same again for the same root seed."""
    streams = Streams(bench.baseline.run.root_seed, 0)
    return [(one, probabilities(one, streams.generator("likelihood"))) for one in histories(bench.registry)]


def record_table(bench: Bench) -> str:
    """The closures that count, with their lengths by both readings."""
    rows = []
    for name, facts in DATED.items():
        event = bench.registry.events[name]
        days = [
            f"{float(bench.registry.facts[fact].value):g}" if fact else "short, no days given"
            for fact in facts
        ]
        rows.append((event.date.isoformat(), event.event, *days))
    return table(("began", "what", *(f"days {reading}" for reading in READINGS)), rows, left=2)


def chance_table(found: Sequence[tuple[History, Values]]) -> str:
    """Probability of at least one closure of each length within two years."""
    rows = []
    for history, draws in found:
        rows.append((history.reading, "rate and lengths", *(_chance(column) for column in draws.T)))
        told = [thinned(history, days) for days in LENGTHS_D]
        cells = [f"{percent(mean)} [{percent(low)}; {percent(high)}]" for mean, low, high in told]
        rows.append((history.reading, "long ones alone", *cells))
    columns = ("lengths counted", "estimate", *(f"{days:g} d or more" for days in LENGTHS_D))
    return table(columns, rows, left=2)


def _chance(draws: Values) -> str:
    low, high = np.percentile(draws, BAND)
    return f"{percent(float(draws.mean()))} [{percent(low)}; {percent(high)}]"


def words(found: Sequence[tuple[History, Values]]) -> str:
    """The answer, by reading."""
    at = LENGTHS_D.index(LONG_D)
    parts = [f"{_chance(draws[:, at])} if a closure counts {history.reading}" for history, draws in found]
    count, years = found[0][0].count, found[0][0].years
    return (
        f"From {count} dated closures in {years:.1f} years: a closure of {LONG_D:g} days or more within "
        f"{WITHIN_YR * 12:g} months has a probability of {' and '.join(parts)}."
    )


def beside_table(found: Sequence[tuple[History, Values]], told: Leverage) -> str:
    """How likely, and what if: two answers side by side, for closures of the lengths of the sweep.

    Raises ValueError if the lengths are others.
    """
    if tuple(told.days) != LENGTHS_D:
        raise ValueError(f"the sweep closes for {told.days} d, not {LENGTHS_D}")
    rows = []
    for at, days in enumerate(told.days):
        weeks = days / DAYS_PER_WEEK
        ore, terbium = (told.lost[side][at, told.today] * weeks for side in (ORE, TERBIUM))
        chances = [_chance(draws[:, at]) for _, draws in found]
        effects = (spread(ore), spread(terbium), spread(told.price_pct[at, told.today], sign=True))
        rows.append((f"{days:g}", *chances, *effects))
    columns = (
        "days or more",
        *(f"how likely, {history.reading}" for history, _ in found),
        "if so: ore not imported, t",
        "if so: Tb lost, kg",
        "if so: Tb peak, %",
    )
    return table(columns, rows, left=0)


def picture(found: Sequence[tuple[History, Values]], told: Leverage) -> bytes:
    """The two answers beside each other."""
    drawn_on = Picture("How likely a closure of Kachin's gates is, and what one does", 2)
    with drawn_on.panel(0, "P(at least one within 24 months)", "days or more", "%") as axis:
        for at, (history, draws) in enumerate(found):
            band(axis, LENGTHS_D, PERCENT * draws, COLOURS[at], f"counted {history.reading}")
        axis.set_ylim(0, PERCENT)
        axis.legend(fontsize=7, frameon=False)
    with drawn_on.panel(1, "If it happens: ore not imported", "days shut", "1,000 t") as axis:
        ore = told.lost[ORE][:, told.today] * (told.days / DAYS_PER_WEEK)[:, None]
        band(axis, told.days, ore.T / THOUSAND, COLOURS[2])
        axis.set_ylim(bottom=0)
    return drawn_on.png()
