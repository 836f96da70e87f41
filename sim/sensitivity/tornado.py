"""Tornado: the mean of a result when one input stands at its 10th or 90th percentile and all others vary."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.sensitivity.curves import FEWEST, basis

Values = NDArray[np.float64]
ENDS = (0.1, 0.9)
RESAMPLES = 200
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Bar:
    """Of one input. swing: result at P90 less that at P10, with its 95 % interval by resampling."""

    x_p10: float
    x_p90: float
    y_p10: float = nan
    y_p90: float = nan
    swing: float = nan
    low: float = nan
    high: float = nan


def bars(x: Values, y: Values) -> list[Bar]:
    """One bar an input. x: shape (points, inputs), drawn independently; y: shape (points,) without nan."""
    rng = np.random.default_rng(0)  # technical: which points are resampled
    picks = rng.integers(y.size, size=(RESAMPLES, y.size))
    return [_bar(column, y, picks) for column in x.T]


def sizes(x: Values, y: Values) -> Values:
    """Size of the swing of every input."""
    return np.array([abs(np.diff(_at(column, y, np.quantile(column, ENDS)))[0]) for column in x.T])


def _bar(x: Values, y: Values, picks: NDArray[np.int64]) -> Bar:
    ends = np.quantile(x, ENDS)
    p10, p90 = ends.tolist()
    if y.size < FEWEST or p10 == p90:
        return Bar(p10, p90)
    first, last = _at(x, y, ends)
    swings = np.array([np.diff(_at(x[pick], y[pick], ends))[0] for pick in picks])
    error, swing = float(swings.std()) * Z95, last - first
    return Bar(p10, p90, first, last, swing, swing - error, swing + error)


def _at(x: Values, y: Values, ends: Values) -> list[float]:
    curve = basis(x)
    found: list[float] = (curve.at(ends) @ curve.fit(y)).tolist()
    return found
