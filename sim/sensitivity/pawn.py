"""PAWN: how far the whole law of a result moves when one input is known (SALib; Pianosi & Wagener 2018).

The index is the largest distance between two distribution functions, so that it sees the tails, which a
variance hardly does. What an input without any effect would reach is measured on dummies and told beside
it.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
SLICES = 8
PER_SLICE = 10
"""Points a slice needs; with fewer the distance is noise."""
DUMMIES = 20
DUMMY_QUANTILE = 0.95


@dataclass(frozen=True)
class Distance:
    """Of one input: median and largest over its slices, 0-1. dummy: what 95 % of dummies stay under."""

    median: float = nan
    largest: float = nan
    dummy: float = nan

    @property
    def stands_out(self) -> bool:
        """Whether the input does more than one without effect."""
        return self.median > self.dummy


def distances(x: Values, y: Values) -> list[Distance]:
    """One distance an input. x: shape (points, inputs), independent; y: shape (points,) without nan."""
    if y.size < SLICES * PER_SLICE or not np.ptp(y) > 0:
        return [Distance() for _ in x.T]
    rng = np.random.default_rng(0)  # technical: the dummies
    dummy = float(np.quantile(medians(rng.random((y.size, DUMMIES)), y), DUMMY_QUANTILE))
    return [Distance(float(m), float(far), dummy) for m, far in zip(*_pawn(x, y), strict=True)]


def medians(x: Values, y: Values) -> Values:
    """Median distance of every input."""
    return _pawn(x, y)[0] if np.ptp(y) > 0 else np.full(x.shape[1], nan)


def _pawn(x: Values, y: Values) -> tuple[Values, Values]:
    """Median and largest distance of each input over its slices."""
    from SALib.analyze import pawn

    names = [f"x{number}" for number in range(x.shape[1])]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}
    found = pawn.analyze(problem, x, y, S=SLICES, seed=1)
    return np.asarray(found["median"]), np.asarray(found["maximum"])
