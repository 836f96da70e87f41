"""How many replications are enough: until every watched metric's interval is small against its size.

A mean near zero has no size of its own, so every metric has a floor below which it counts as zero. That the
interval is small must hold for several counts in a row, for a small sample may look exact by luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.results.statistics import student_t

FLOORS = {
    "t": 100.0, "kg": 1000.0, "CNY/kg": 10.0, "USD/kg": 1.0, "CNY/t": 100.0, "CNY": 1e6,
    "USD": 1e5, "m3": 1000.0, "pond": 1.0, "car": 1000.0,
    "d": 1.0, "month": 0.1, "site": 1.0, "%": 1.0, "1": 0.01,
}  # fmt: skip
"""By unit: the size below which a mean counts as zero. No result is worth telling to less than that."""


@dataclass(frozen=True)
class Rule:
    """precision: half-width of the 95 % interval of the mean over its size.

    minimum, maximum: of replications. look_ahead: how many more replications must not undo it.
    """

    precision: float
    minimum: int = 10
    maximum: int = 500
    look_ahead: int = 5
    batch: int = 10

    @classmethod
    def within(cls, precision: float, budget: int | None) -> "Rule":
        """The rule for a precision and a budget of replications (None: the usual one)."""
        return cls(precision) if budget is None else cls(precision, maximum=budget)

    @property
    def least(self) -> int:
        """Fewer replications are never enough."""
        return self.minimum + self.look_ahead

    def next_count(self, done: int) -> int:
        """How many replications to have before looking (again)."""
        wanted = done + self.batch if done else self.least
        return min(self.maximum, wanted)


@dataclass(frozen=True)
class Verdict:
    """What the rule says of a number of replications.

    governing: which metric has the widest interval for its size; ratio: that half-width over the size; nan
    where there is no metric to judge by.
    """

    count: int
    is_enough: bool
    is_spent: bool
    governing: int
    ratio: float


def judged(values: NDArray[np.float64], floors: Sequence[float], rule: Rule) -> Verdict:
    """The verdict on replications in order. values: shape (replications, metrics), nan where undefined.

    A metric that no replication defines is left out.
    """
    count = len(values)
    is_spent = count >= rule.maximum
    known = np.flatnonzero(~np.isnan(values).all(axis=0))
    if not known.size:
        return Verdict(count, is_enough=False, is_spent=is_spent, governing=-1, ratio=nan)
    looked_at = range(max(1, count - rule.look_ahead), count + 1)
    ratios = np.array([[_ratio(values[:n, at], floors[at]) for at in known.tolist()] for n in looked_at])
    governing = int(ratios[-1].argmax())
    is_enough = count >= rule.least and bool((ratios <= rule.precision).all())
    ratio = float(ratios[-1, governing])
    return Verdict(count, is_enough, is_spent and not is_enough, int(known[governing]), ratio)


def _ratio(column: NDArray[np.float64], floor: float) -> float:
    """Half-width over size; inf before two values are there."""
    seen = column[~np.isnan(column)]
    if seen.size < 2:
        return inf
    half = student_t(seen.size - 1) * float(seen.std(ddof=1)) / sqrt(seen.size)
    return half / max(abs(float(seen.mean())), floor)
