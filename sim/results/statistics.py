"""Means with their uncertainty, quantiles, and quantiles of times that were not all seen to end."""

from dataclasses import dataclass
from math import nan, sqrt

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


def describe(values: Values) -> Summary:
    """Summary of the values that are not nan. values: shape (replications,).

    One value has a mean and no spread: sd and interval need two.
    """
    seen = values[~np.isnan(values)]
    if seen.size == 0:
        return Summary(0)
    mean = float(seen.mean())
    sd, low, high = nan, nan, nan
    if seen.size > 1:
        sd = float(seen.std(ddof=1))
        half = student_t(seen.size - 1) * sd / sqrt(seen.size)
        low, high = mean - half, mean + half
    p05, p50, p95 = (float(q) for q in np.quantile(seen, (0.05, 0.5, 0.95)))
    return Summary(seen.size, mean, sd, low, high, p05, p50, p95)


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
