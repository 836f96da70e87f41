"""How concentrated the chain is, month by month: gates, their holders, origins; and Myanmar's share.

HHI: sum of squared shares of the tonnes of a month, 0 to 1, leakage a class of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from sim.analysis.pictures import COLOURS, Picture, band
from sim.analysis.runs import Bench
from sim.analysis.words import PERCENT, Values, spread, table
from sim.ledger import Key, Outcome
from sim.places import CONTROLLERS, GATES, GATES_TO_INDIA, ORIGINS
from sim.results.metrics import herfindahl
from sim.results.tables import by_month, months_of
from sim.results.variables import panel

BY = ("gates", "controllers", "origins")
MONTHS_SHOWN = 3
TO_CHINA = tuple(gate for gate in GATES if gate not in GATES_TO_INDIA)


@dataclass(frozen=True)
class Exposure:
    """HHI by what (BY), and Myanmar's share of China's imports, each of shape (replications, months)."""

    labels: list[str]
    hhi: Mapping[str, Values]
    share: Values


def exposure(bench: Bench, ref: str) -> Exposure:
    """Of one scenario."""
    scenario = bench.scenario(ref)
    start = scenario.period.start
    labels, _ = months_of(start, scenario.period.days)
    (seen,) = bench.all([scenario], partial(by_class, start))
    hhi = {what: np.array([concentration(run[what]) for run in seen]) for what in BY}
    origins = np.array([run["origins"] for run in seen])
    share = origins[:, ORIGINS.index("myanmar")] / origins.sum(axis=1)
    return Exposure(labels, hhi, share)


def by_class(start: date, outcome: Outcome) -> dict[str, Values]:
    """Tonnes of each class by month, shape (classes, months)."""
    _, firsts = months_of(start, outcome.daily.shape[1])
    series = panel(outcome)

    def months(*keys: Key) -> Values:
        return np.array([by_month(series[key], firsts, "sum") for key in keys])

    leaked = Key("leaked_t")
    return {
        "gates": months(*(Key("exported_t", place=gate) for gate in TO_CHINA), leaked),
        "controllers": months(*(Key("controlled_t", actor=actor) for actor in CONTROLLERS), leaked),
        "origins": months(*(Key("imports_t", place=origin) for origin in ORIGINS)),
    }


def concentration(tonnes: Values) -> Values:
    """HHI by month of tonnes of shape (classes, months); nan where nothing moved."""
    return np.array([herfindahl(month) for month in tonnes.T.tolist()])


def over_time(found: Exposure, every: int = MONTHS_SHOWN) -> str:
    """A table, one month in `every`."""
    rows = [
        (
            month,
            *(spread(found.hhi[what][:, at]) for what in BY),
            spread(found.share[:, at], 1 / PERCENT),
        )
        for at, month in enumerate(found.labels)
        if at % every == 0
    ]
    return table(("month", *(f"HHI of {what}" for what in BY), "Myanmar's share, %"), rows)


def words(found: Exposure) -> str:
    """The period's middle."""
    parts = [f"{spread(np.nanmean(found.hhi[what], axis=1))} over {what}" for what in BY]
    share = spread(found.share.mean(axis=1), 1 / PERCENT)
    return f"concentration is {', '.join(parts[:-1])} and {parts[-1]}; Myanmar's share is {share} %"


def picture(told: Mapping[str, Exposure]) -> bytes:
    """HHI and share over the months, a panel a scenario."""
    drawn = Picture("Concentration by month (HHI), and Myanmar's share of China's imports", len(told))
    for number, (name, found) in enumerate(told.items()):
        x = np.arange(len(found.labels))
        with drawn.panel(number, name, "", "HHI, or share" if number == 0 else "") as axis:
            for at, what in enumerate(BY):
                band(axis, x, found.hhi[what], COLOURS[at], f"HHI of {what}")
            band(axis, x, found.share, COLOURS[-1], "Myanmar's share")
            axis.set_ylim(0, 1)
            axis.set_xticks(x[::6], [found.labels[month] for month in x[::6]])
            if number == 0:
                axis.legend(fontsize=7, frameon=False)
    return drawn.png()
