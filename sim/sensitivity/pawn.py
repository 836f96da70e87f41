"""PAWN: how far the whole law of a result moves when one input is known (Pianosi & Wagener, EMS 108, 2018).

The index is the largest distance between two distribution functions, so that it sees the tails, which a
variance hardly does. What an input without any effect would reach is measured on dummies and told beside it.
The distances are those of SALib, which works out a test for each on the way and takes a hundred times as
long.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import nan

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
SLICES = 8
PER_SLICE = 10
"""Points a slice needs; with fewer the distance is noise."""
DUMMIES = 200


@dataclass(frozen=True)
class Distance:
    """Of one input: median and largest over its slices, 0-1. dummy: the largest median of 200 dummies."""

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
    found, dummy = by_slice(x, y), dummies(y.size)
    return [Distance(float(np.median(one)), float(one.max()), dummy) for one in found]


def medians(x: Values, y: Values) -> Values:
    """Median distance of every input."""
    found: Values = np.median(by_slice(x, y), axis=1)
    return found


@lru_cache(maxsize=8)
def dummies(points: int) -> float:
    """The largest median of inputs without effect; it hangs on the number of points alone."""
    rng = np.random.default_rng(0)  # technical
    return float(medians(rng.random((points, DUMMIES)), np.arange(float(points))).max())


def by_slice(x: Values, y: Values) -> Values:
    """Distance of the law of y within each slice of an input from the whole. shape (inputs, slices)."""
    order = np.argsort(y, kind="stable")
    is_last = np.append(np.diff(y[order]) > 0, True)  # of equal values only the last is a step
    whole = np.arange(1, y.size + 1) / y.size
    found = np.zeros((x.shape[1], SLICES))
    for number, column in enumerate(x.T):
        edges = np.quantile(column, np.linspace(0, 1, SLICES + 1))
        which = np.clip(np.searchsorted(edges, column, side="right") - 1, 0, SLICES - 1)[order]
        held = which == np.arange(SLICES)[:, None]
        sizes = np.maximum(held.sum(axis=1, keepdims=True), 1)
        steps = np.abs(np.cumsum(held, axis=1) / sizes - whole)[:, is_last]
        found[number] = np.where(held.any(axis=1), steps.max(axis=1), 0.0)
    return found
