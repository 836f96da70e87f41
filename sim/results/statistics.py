"""Means with their uncertainty, quantiles, and quantiles of times that were not all seen to end."""

from dataclasses import astuple, dataclass
from math import nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Summary:
    """What a sample says. nan: not defined for this sample. low, high: 95 % t-interval of the mean."""

    n: int
    mean: float = nan
    sd: float = nan
    low: float = nan
    high: float = nan
    p05: float = nan
    p50: float = nan
    p95: float = nan


def describe(values: Values, draws: NDArray[np.int64] | None = None) -> Summary:
    """Summary of the values that are not nan. values: shape (replications,).

    draws: the parameter draw of each value. The values of one draw are no independent witnesses, so that mean
    and interval are then those of the means of draws. One value, or draw, has a mean and no interval.
    """
    is_seen = ~np.isnan(values)
    seen = values[is_seen]
    if seen.size == 0:
        return Summary(0)
    independent = seen if draws is None else _means(seen, draws[is_seen])
    mean = float(independent.mean())
    sd = float(seen.std(ddof=1)) if seen.size > 1 else nan
    low, high = nan, nan
    if independent.size > 1:
        error = float(independent.std(ddof=1)) / sqrt(independent.size)
        half = student_t(independent.size - 1) * error
        low, high = mean - half, mean + half
    p05, p50, p95 = (float(q) for q in np.quantile(seen, (0.05, 0.5, 0.95)))
    return Summary(seen.size, mean, sd, low, high, p05, p50, p95)


def _means(values: Values, draws: NDArray[np.int64]) -> Values:
    """The mean of each draw that has values."""
    _, which = np.unique(draws, return_inverse=True)
    means: Values = np.bincount(which, values) / np.bincount(which)
    return means


def describe_times(times: Values, censored: Values) -> Summary:
    """Summary of waiting times of which some were not seen to end before the horizon.

    times: nan where none was seen; censored: 1 where the horizon came first, 0 where the time was seen, nan
    where there was nothing to wait for. There is no mean: averaging what ended would flatter. Quantiles are
    those of the Kaplan-Meier curve, whose censored times all lie beyond the seen ones (the horizon is the
    only censor); nan where the curve does not get that far.
    """
    seen = times[~np.isnan(times)]
    waiting = int(np.nansum(censored))
    if seen.size + waiting == 0:
        return Summary(0)
    ordered = np.concatenate([np.sort(seen), np.full(waiting, np.nan)])
    p05, p50, p95 = (float(ordered[_rank(share, ordered.size)]) for share in (0.05, 0.5, 0.95))
    return Summary(seen.size, p05=p05, p50=p50, p95=p95)


@dataclass(frozen=True)
class Spread:
    """Summaries of many samples at once, as arrays of one shape: the fields of Summary."""

    n: NDArray[np.int64]
    mean: Values
    sd: Values
    low: Values
    high: Values
    p05: Values
    p50: Values
    p95: Values

    @property
    def parts(self) -> tuple[Values, ...]:
        """All but the count, in order."""
        return self.mean, self.sd, self.low, self.high, self.p05, self.p50, self.p95

    def put(self, at: int, summaries: list[Summary]) -> None:
        """Replace column `at` by a summary for each row."""
        for row, summary in enumerate(summaries):
            numbers: tuple[Any, ...] = astuple(summary)
            self.n[row, at] = numbers[0]
            for part, number in zip(self.parts, numbers[1:], strict=True):
                part[row, at] = number


def spread(values: Values) -> Spread:
    """`describe` for every column of every block. values: shape (blocks, replications, columns)."""
    blocks, replications, columns = values.shape
    missing = np.isnan(values)
    n = replications - missing.sum(axis=1)
    found = Spread(n, *(np.full((blocks, columns), nan) for _ in range(7)))
    whole = n == replications
    if whole.any():
        block, column = np.nonzero(whole)
        samples = values.transpose(0, 2, 1)[block, column]
        found.mean[whole] = samples.mean(axis=1)
        for part, quantile in zip((found.p05, found.p50, found.p95), _quantiles(samples), strict=True):
            part[whole] = quantile
        if replications > 1:
            found.sd[whole] = samples.std(axis=1, ddof=1)
            half = student_t(replications - 1) * found.sd[whole] / sqrt(replications)
            found.low[whole], found.high[whole] = found.mean[whole] - half, found.mean[whole] + half
    for block, column in zip(*np.nonzero(~whole & (n > 0)), strict=True):
        numbers: tuple[Any, ...] = astuple(describe(values[block, :, column]))
        for part, number in zip(found.parts, numbers[1:], strict=True):
            part[block, column] = number
    return found


def spread_of_times(times: Values, censored: Values) -> list[Summary]:
    """`describe_times` for every row of arrays of shape (blocks, replications)."""
    return [describe_times(*pair) for pair in zip(times, censored, strict=True)]


def _quantiles(samples: Values) -> Values:
    quantiles: Values = np.quantile(samples, (0.05, 0.5, 0.95), axis=1)
    return quantiles


def student_t(degrees: int) -> float:
    """The 97.5 % quantile of Student's t. degrees >= 1.

    >>> round(student_t(29), 3)
    2.045
    """
    from scipy.special import stdtrit  # scipy.stats takes most of a second to import

    return float(stdtrit(degrees, 0.975))


def _rank(share: float, n: int) -> int:
    """Index of the first of n ordered values at which the empirical distribution reaches `share`."""
    return max(0, int(np.ceil(share * n - 1e-9)) - 1)
