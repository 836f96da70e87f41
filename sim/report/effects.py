"""What a scenario changes: means and paired differences of metrics and of months."""

from dataclasses import dataclass
from math import isnan, nan

import numpy as np

from sim.ledger import Key
from sim.report.reading import Result, Table, Values
from sim.results.statistics import Summary, describe, describe_times


@dataclass(frozen=True)
class Effect:
    """One metric. own, base: over the replications of each; change: paired; pct: of the reference's mean."""

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
    if base is None or result.reference is None:
        return Effect(key, unit, describe(own), None, None)
    ours, theirs = both(result.own.kpi, result.reference.kpi)
    return Effect(key, unit, describe(own), describe(base), describe(own[ours] - base[theirs]))


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


def monthly_change(result: Result, key: Key) -> Values | None:
    """Scenario less reference of a monthly series, shape (pairs, months); None without a pair."""
    if result.reference is None:
        return None
    own, base = result.own.monthly.values.get(key), result.reference.monthly.values.get(key)
    ours, theirs = both(result.own.monthly, result.reference.monthly)
    if own is None or base is None or not ours or own.shape[1] != base.shape[1]:
        return None
    return own[ours] - base[theirs]


def half(one: Summary) -> float:
    """Half the width of the interval; nan where there is none."""
    return (one.high - one.low) / 2 if not isnan(one.low) else nan
