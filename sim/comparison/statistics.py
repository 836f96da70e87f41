"""What samples say of a difference: pair by pair, independently, only by order, or against the best of many.

Samples have shape (replications, columns), one column a metric; nan is an empty value. Differences are always
other less base, intervals cover 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

SHARE_OUTSIDE = 0.05


@dataclass(frozen=True)
class Sample:
    """Count, mean and variance of each column; nan where there are too few values. Shape (columns,)."""

    n: Values
    mean: Values
    variance: Values

    @classmethod
    def of(cls, values: Values) -> "Sample":
        """From the values that are not nan."""
        seen = ~np.isnan(values)
        n = seen.sum(axis=0).astype(np.float64)
        lowest = np.where(n > 0, np.where(seen, values, inf).min(axis=0, initial=inf), 0.0)
        above = np.where(seen, values - lowest, 0.0)  # exact zeros where all values are equal
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            mean = above.sum(axis=0) / n
            squares = (np.where(seen, above - mean, 0.0) ** 2).sum(axis=0)
            return cls(n, lowest + mean, np.where(n > 1, squares / (n - 1), nan))

    def at(self, columns: Sequence[int]) -> "Sample":
        """Some of the columns, in that order."""
        where = list(columns)
        return Sample(self.n[where], self.mean[where], self.variance[where])

    def same_as(self, other: "Sample") -> NDArray[np.bool_]:
        """Which columns are equal in all three."""
        pairs = ((self.n, other.n), (self.mean, other.mean), (self.variance, other.variance))
        equal = [(one == two) | (np.isnan(one) & np.isnan(two)) for one, two in pairs]
        same: NDArray[np.bool_] = equal[0] & equal[1] & equal[2]
        return same


@dataclass(frozen=True)
class Differences:
    """Other less base, one number a column; nan where undefined.

    above, below: share of pairs in which other is higher, lower. pairs: 0 where the samples were taken as
    independent. correlation: of the two over the pairs. variance_ratio: how many times more replications
    independent random numbers would have needed for the same interval.
    """

    base_mean: Values
    other_mean: Values
    mean: Values
    low: Values
    high: Values
    above: Values
    below: Values
    pairs: Values
    correlation: Values
    variance_ratio: Values


def paired(base: Values, other: Values) -> Differences:
    """Row r of both is replication r: a t-interval of the differences, over the rows that have both values.

    Two pairs are needed for an interval, three for a correlation.
    """
    both = ~(np.isnan(base) | np.isnan(other))
    one, two, difference = (Sample.of(np.where(both, x, nan)) for x in (base, other, other - base))
    half = _half(difference.variance / _positive(difference.n), difference.n - 1)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        above, below = (
            (both & holds).sum(axis=0) / _positive(difference.n) for holds in (other > base, other < base)
        )
        shared = (one.variance + two.variance - difference.variance) / 2
        correlation = shared / np.sqrt(one.variance * two.variance)
        ratio = (one.variance + two.variance) / difference.variance
    defined = (difference.n > 2) & (one.variance > 0) & (two.variance > 0)
    return Differences(
        one.mean,
        two.mean,
        difference.mean,
        difference.mean - half,
        difference.mean + half,
        above,
        below,
        difference.n,
        np.where(defined, np.clip(correlation, -1, 1), nan),
        np.where(defined & (difference.variance > 0), ratio, nan),
    )


def independent(base: Sample, other: Sample) -> Differences:
    """Samples that share no random numbers, or of which only the summary is known: Welch's interval."""
    difference = other.mean - base.mean
    parts = [sample.variance / _positive(sample.n) for sample in (base, other)]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        squares = [
            part**2 / _positive(sample.n - 1) for part, sample in zip(parts, (base, other), strict=True)
        ]
        degrees = np.where(sum(parts) > 0, sum(parts) ** 2 / sum(squares), 1.0)
    half = _half(np.asarray(sum(parts)), degrees)
    undefined = np.full(difference.shape, nan)
    nobody = np.zeros(difference.shape)
    return Differences(
        base.mean,
        other.mean,
        difference,
        difference - half,
        difference + half,
        undefined,
        undefined,
        nobody,
        undefined,
        undefined,
    )


@dataclass(frozen=True)
class Ordered:
    """The median of paired differences of times of which some were not seen to end.

    low, high: interval of the median, infinite where the order of too many pairs is unknown; nan with fewer
    than six pairs. above, below: shares of the pairs whose order is known.
    """

    pairs: int
    median: float = nan
    low: float = nan
    high: float = nan
    above: float = nan
    below: float = nan


def median_difference(base: Values, other: Values, base_open: Values, other_open: Values) -> Ordered:
    """Median of `other` less `base`, with the interval of the sign test (order statistics; no distribution).

    All of shape (replications,). base, other: nan where no end was seen; the flags are 1 where the horizon
    came first, nan where there was nothing to wait for. An open time lies beyond every time seen in either
    run (the horizon is the only censor, and paired runs share it); of two open times the order is unknown,
    and each limit takes the worse of what is possible.
    """
    waited = ~(np.isnan(base_open) | np.isnan(other_open))
    b, o, b_open, o_open = base[waited], other[waited], base_open[waited] == 1, other_open[waited] == 1
    n = b.size
    seen = np.concatenate([b[~b_open], o[~o_open]])
    horizon = float(seen.max()) if seen.size else 0.0
    lows = np.where(b_open, -inf, np.where(o_open, horizon - b, o - b))
    highs = np.where(o_open, inf, np.where(b_open, o - horizon, o - b))
    lows, highs = np.sort(lows), np.sort(highs)
    known = max(1, int((~(b_open & o_open)).sum()))
    above = ((o_open & ~b_open) | (o > b)).sum() / known
    below = ((b_open & ~o_open) | (o < b)).sum() / known
    rank = _sign_test_rank(n)
    low, high = (float(lows[rank - 1]), float(highs[n - rank])) if rank else (nan, nan)
    return Ordered(n, _median_between(lows, highs), low, high, *((above, below) if n else (nan, nan)))


def _sign_test_rank(n: int) -> int:
    """The largest r with P(B < r) <= 2.5 % for B ~ Binomial(n, 1/2); 0 if there is none."""
    from scipy.special import bdtr

    ranks = np.arange(1, n // 2 + 1)
    return int((bdtr(ranks - 1, n, 0.5) <= SHARE_OUTSIDE / 2).sum())


def _median_between(lows: Values, highs: Values) -> float:
    """The median of values known to lie between two sorted arrays; nan if that does not fix it."""
    middle = slice((lows.size - 1) // 2, lows.size // 2 + 1)
    if not lows.size or np.any(lows[middle] != highs[middle]):
        return nan
    return float(lows[middle].mean())


@dataclass(frozen=True)
class Against:
    """Each of k systems against the best of the others, larger being better: simultaneous 95 % intervals.

    low <= 0 <= high, shape (k,). A system with `candidate` may be the best; if one alone is, it is the best.
    """

    low: Values
    high: Values
    candidate: NDArray[np.bool_]


def best_of_paired(values: Values) -> Against | None:
    """Multiple comparisons with the best. values: shape (replications, systems), without nan.

    None with fewer than two replications.
    """
    n, k = values.shape
    if n < 2 or k < 2:
        return None
    centred = values - values.mean(axis=0)
    covariance = centred.T @ centred / (n - 1)
    own = np.diag(covariance)
    variance = own[:, None] + own[None, :] - 2 * covariance
    variance[variance < 1e-12 * (own[:, None] + own[None, :])] = 0.0  # rounding of equal columns
    return _against_best(values.mean(axis=0), variance / n, np.full((k, k), n - 1.0))


def best_of_independent(sample: Sample) -> Against | None:
    """The same for systems that share no random numbers. None unless each has two replications."""
    if sample.n.size < 2 or np.any(sample.n < 2):
        return None
    part = sample.variance / sample.n
    variance = part[:, None] + part[None, :]
    squares = part**2 / (sample.n - 1)
    below = squares[:, None] + squares[None, :]
    degrees = np.where(variance > 0, variance**2 / np.where(below > 0, below, 1.0), 1.0)
    return _against_best(sample.mean, variance, degrees)


def _against_best(mean: Values, variance: Values, degrees: Values) -> Against:
    """Hsu's constrained intervals with unequal variances (Edwards and Hsu 1983).

    They hold together if the k - 1 one-sided comparisons with the true best do, which Bonferroni's inequality
    assures for any correlation. variance, degrees: of the difference of each two means, shape (k, k).
    """
    from scipy.special import stdtrit

    k = mean.size
    difference = mean[:, None] - mean[None, :]
    half = stdtrit(degrees, 1 - SHARE_OUTSIDE / (k - 1)) * np.sqrt(variance)
    upper, lower = difference + half, difference - half
    np.fill_diagonal(upper, inf)
    np.fill_diagonal(lower, inf)
    reach = upper.min(axis=1)
    candidate = reach >= 0
    low = np.minimum(0.0, np.where(candidate[None, :], lower, inf).min(axis=1))
    return Against(low, np.maximum(0.0, reach), candidate)


def _half(variance_of_mean: Values, degrees: Values) -> Values:
    """Half the width of a t-interval; nan where there are no degrees of freedom."""
    from scipy.special import stdtrit

    enough = degrees > 0
    quantile = stdtrit(np.where(enough, degrees, 1.0), 1 - SHARE_OUTSIDE / 2)
    half: Values = np.where(enough, quantile * np.sqrt(variance_of_mean), nan)
    return half


def _positive(n: Any) -> Values:
    """Counts to divide by: nan in place of none."""
    return np.where(n > 0, n, nan)
