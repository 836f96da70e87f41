"""What a scenario changes: means and paired differences of metrics and of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key
from sim.report.reading import Result, Table, Values
from sim.results.statistics import Summary, describe, describe_times


@dataclass(frozen=True)
class Effect:
    """One metric. own, base: over the replications of each; change: paired; pct: of the reference's mean.

    Where parameters are drawn, means and intervals are those of the draws.
    """

    key: Key
    unit: str
    own: Summary
    base: Summary | None
    change: Summary | None

    @property
    def shown(self) -> Summary:
        """The change where there is a reference, else the level."""
        return self.own if self.change is None else self.change

    @property
    def detectable(self) -> bool:
        """Whether the interval of the change leaves out zero."""
        return self.change is not None and (self.change.low > 0 or self.change.high < 0)

    @property
    def alone(self) -> bool:
        """Whether there is a change of one pair only: it has no interval that could leave out zero."""
        return self.change is not None and isnan(self.change.low) and abs(self.change.mean) > 0

    def pct(self) -> tuple[float, float, float]:
        """Mean and interval of the change in % of the reference's mean; nan where that is none or zero."""
        if self.change is None or self.base is None or not self.base.mean:
            return nan, nan, nan
        one = abs(self.base.mean) / 100
        return self.change.mean / one, self.change.low / one, self.change.high / one


def effect(result: Result, key: Key) -> Effect | None:
    """The effect on a metric; None if the tables do not hold it."""
    own = result.own.kpi.values.get(key)
    if own is None:
        return None
    unit, base = result.own.kpi.units[key], None
    if result.reference is not None:
        base = result.reference.kpi.values.get(key)
    level = describe(own, result.draws(result.own.kpi.replications))
    if base is None or result.reference is None:
        return Effect(key, unit, level, None, None)
    ours, theirs = both(result.own.kpi, result.reference.kpi)
    change = describe(own[ours] - base[theirs], _draws(result, result.own.kpi, ours))
    return Effect(key, unit, level, describe(base, result.draws(result.reference.kpi.replications)), change)


def _draws(result: Result, table: Table, lines: Sequence[int]) -> NDArray[np.int64] | None:
    """The draw of the parameters of some lines of a table; None where nothing is drawn."""
    return result.draws([table.replications[line] for line in lines])


def waiting(result: Result, metric: str, flag: str) -> tuple[Summary, int, int]:
    """A time that the horizon may cut off: its quantiles, how many were seen to end, and of how many."""
    times, open_ = result.own.kpi.get(metric), result.own.kpi.get(flag)
    if times is None or open_ is None:
        return Summary(0), 0, 0
    waited = int(np.count_nonzero(~np.isnan(open_)))
    return describe_times(times, open_), waited - int(np.nansum(open_)), waited


def both(one: Table, other: Table) -> tuple[list[int], list[int]]:
    """Lines of the replications that both have, in the same order."""
    common = [number for number in one.replications if number in set(other.replications)]
    return [one.replications.index(n) for n in common], [other.replications.index(n) for n in common]


def monthly_change(result: Result, key: Key) -> tuple[Values, NDArray[np.int64] | None] | None:
    """Scenario less reference of a monthly series, shape (pairs, months); None without a pair.

    With the draw of the parameters of each pair, where they are drawn.
    """
    if result.reference is None:
        return None
    own, base = result.own.monthly.values.get(key), result.reference.monthly.values.get(key)
    ours, theirs = both(result.own.monthly, result.reference.monthly)
    if own is None or base is None or not ours or own.shape[1] != base.shape[1]:
        return None
    return own[ours] - base[theirs], _draws(result, result.own.monthly, ours)


def half(one: Summary) -> float:
    """Half the width of the interval; nan where there is none."""
    return (one.high - one.low) / 2 if not isnan(one.low) else nan
