"""How good a forecast by many replications is: error, CRPS, coverage, width, skill."""

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isnan, nan
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
INTERVAL = (0.05, 0.95)
_ERROR_STEPS = 100
_ERRORS = np.array([NormalDist().inv_cdf((step + 0.5) / _ERROR_STEPS) for step in range(_ERROR_STEPS)])
"""Equally likely errors in standard deviations: a sum over them needs no random numbers."""


@dataclass(frozen=True)
class Pair:
    """One observation and what the replications say in its place.

    values: shape (replications,). Both are totals or means over the days from `first` to `last`; where
    `per_month` they are totals, compared as tonnes a month so that long windows do not drown short ones.
    naive, start: point forecasts in the same unit, nan where there is none.
    points: the values are per cent already, so errors are differences and not ratios.
    error_sd: standard deviation of the error of report and model, in the unit of the values.
    """

    first: date
    last: date
    observed: float
    values: Values
    naive: float = nan
    start: float = nan
    per_month: bool = False
    points: bool = False
    error_sd: float = 0.0

    @property
    def reported(self) -> Values:
        """What may be reported where the replications are true: each with the error of report and model."""
        return with_error(self.values, np.array(self.error_sd)) if self.error_sd else self.values

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval of what may be reported."""
        low, high = np.quantile(self.reported, INTERVAL)
        return float(low), float(high)

    @property
    def inside(self) -> bool:
        """Whether the observation lies in it."""
        low, high = self.interval
        return low <= self.observed <= high

    @property
    def inside_runs(self) -> bool:
        """Whether it lies in the 90 % interval of the replications alone."""
        low, high = np.quantile(self.values, INTERVAL)
        return bool(low <= self.observed <= high)

    @property
    def error_pct(self) -> float:
        """Mean less observed, in % of the observed (or in points); nan where the observed is zero."""
        return self._relative(float(self.values.mean()) - self.observed)

    @property
    def width_pct(self) -> float:
        """Width of the interval, in % of the observed (or in points)."""
        low, high = self.interval
        return self._relative(high - low)

    def _relative(self, difference: float) -> float:
        if self.points:
            return difference
        return 100 * difference / abs(self.observed) if self.observed else nan


@dataclass(frozen=True)
class Score:
    """What the pairs of one series say together; nan where undefined.

    n: pairs. months: months they cover, each of weight one. mape, bias, coverage_90, median_width_pct: in %.
    coverage_90_runs: without the errors of report and model.
    crps and those of naive and start: in the unit of the series (totals: a month). skill: 1 - crps / crps of
    naive; skill_start: against the price of the scenario's first day.
    """

    n: int
    months: float
    mape: float
    bias: float
    crps: float
    coverage_90: float
    coverage_90_runs: float
    median_width_pct: float
    naive_crps: float
    skill: float
    start_crps: float
    skill_start: float


def with_error(values: Values, sd: Values) -> Values:
    """Each value with each of the equally likely errors, shape (errors * len(values), ...)."""
    steps = _ERRORS.reshape(-1, *[1] * values.ndim)
    every: Values = values + sd * steps
    return every.reshape(-1, *values.shape[1:])


def crps(values: Values, observed: float) -> float:
    """Continuous ranked probability score of the sample `values`: E|X - y| - E|X - X'| / 2."""
    ordered = np.sort(values)
    n = ordered.size
    ranks = 2 * np.arange(1, n + 1) - n - 1
    return float(np.abs(ordered - observed).mean() - (ranks @ ordered) / n**2)


def score(pairs: Sequence[Pair]) -> Score:
    """Scores of one series; every month weighs one, shared by the pairs that cover it. At least one pair."""
    weights = month_weights([(pair.first, pair.last) for pair in pairs])
    scales = np.array([months_between(p.first, p.last) if p.per_month else 1.0 for p in pairs])
    own = np.array([crps(pair.reported, pair.observed) for pair in pairs]) / scales
    errors = np.array([pair.error_pct for pair in pairs])
    widths = np.array([pair.width_pct for pair in pairs])
    inside = np.array([100.0 * pair.inside for pair in pairs])
    inside_runs = np.array([100.0 * pair.inside_runs for pair in pairs])
    mean = _mean(own, weights)
    naive, skill = _against(own, np.array([abs(p.naive - p.observed) for p in pairs]) / scales, weights)
    start, skill_start = _against(own, np.array([abs(p.start - p.observed) for p in pairs]) / scales, weights)
    return Score(
        n=len(pairs),
        months=float(weights.sum()),
        mape=_mean(np.abs(errors), weights),
        bias=_mean(errors, weights),
        crps=mean,
        coverage_90=_mean(inside, weights),
        coverage_90_runs=_mean(inside_runs, weights),
        median_width_pct=_median(widths, weights),
        naive_crps=naive,
        skill=skill,
        start_crps=start,
        skill_start=skill_start,
    )


def month_weights(windows: Sequence[tuple[date, date]]) -> Values:
    """Weight of each window: every calendar month weighs one, shared alike by the windows that touch it."""
    covered = [_calendar_months(first, last) for first, last in windows]
    shared = Counter(month for months in covered for month in months)
    return np.array([sum(1 / shared[month] for month in months) for months in covered])


def _calendar_months(first: date, last: date) -> list[tuple[int, int]]:
    """(year, month) of each month that the window touches."""
    count = (last.year - first.year) * 12 + last.month - first.month
    months = [divmod(first.year * 12 + first.month - 1 + step, 12) for step in range(count + 1)]
    return [(year, month + 1) for year, month in months]


def months_between(first: date, last: date) -> float:
    """Length of the window in calendar months, begun ones by their days."""
    length = 0.0
    for year, month in _calendar_months(first, last):
        days = monthrange(year, month)[1]
        begin = max(first, date(year, month, 1))
        end = min(last, date(year, month, days)) + timedelta(days=1)
        length += (end - begin).days / days
    return length


def _against(own: Values, other: Values, weights: Values) -> tuple[float, float]:
    """Mean score of a point forecast, and the skill against it, over the pairs that have one."""
    known = ~np.isnan(other)
    theirs, ours = _mean(other[known], weights[known]), _mean(own[known], weights[known])
    return theirs, nan if isnan(theirs) or theirs == 0 else 1 - ours / theirs


def _mean(values: Values, weights: Values) -> float:
    """Weighted mean of the values that are not nan; nan if there is none."""
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else nan


def _median(values: Values, weights: Values) -> float:
    """Weighted median of the values that are not nan: the first at which half of the weight is reached."""
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        return nan
    order = known[np.argsort(values[known])]
    reached = np.cumsum(weights[order])
    return float(values[order[np.searchsorted(reached, reached[-1] / 2)]])
