"""How much of a spread is parameters and how much is chance: one-way analysis of variance by draw."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
TAIL = 0.025
"""Probability beyond each end of an interval."""


@dataclass(frozen=True)
class Split:
    """The variance of one number over draws and replications. nan: not defined.

    parametric: between the true means of draws; the noise that means of a few replications still have is
    taken off, and what is then below zero is zero. random: within a draw. share: parametric over both, with
    its 95 % interval (exact for normal values and equal numbers of replications).
    """

    draws: int
    runs: int
    parametric: float = nan
    random: float = nan
    share: float = nan
    low: float = nan
    high: float = nan


def split(values: Values, draws: NDArray[np.int64]) -> Split:
    """Split the variance of the values that are not nan. values, draws: shape (runs,).

    Needs two draws, and a draw with two replications; without variance no share is defined.
    """
    seen = ~np.isnan(values)
    values = values[seen]
    _, which, sizes = np.unique(draws[seen], return_inverse=True, return_counts=True)
    runs, groups = values.size, sizes.size
    if groups < 2 or runs == groups:
        return Split(groups, runs)
    means = np.bincount(which, values) / sizes
    within = float(((values - means[which]) ** 2).sum()) / (runs - groups)
    between = float((sizes * (means - values.mean()) ** 2).sum()) / (groups - 1)
    size = (runs - float((sizes**2).sum()) / runs) / (groups - 1)
    parametric = max(0.0, (between - within) / size)
    if not parametric + within > 0:
        return Split(groups, runs, parametric, within)
    low, high = _interval(between, within, size, groups - 1, runs - groups)
    return Split(groups, runs, parametric, within, parametric / (parametric + within), low, high)


def _interval(
    between: float, within: float, size: float, free_between: int, free_within: int
) -> tuple[float, float]:
    """Interval of the share by the F law of between / within (Searle, Linear Models, 1971, ch. 9)."""
    from scipy.special import fdtri

    if within == 0:
        return 1.0, 1.0
    ratio = between / within
    ends = []
    for probability in (1 - TAIL, TAIL):
        scaled = ratio / float(fdtri(free_between, free_within, probability))
        ends.append(min(max((scaled - 1) / (scaled - 1 + size), 0.0), 1.0))
    return ends[0], ends[1]
