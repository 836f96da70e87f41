"""Intervals against published tables of Student's t, quantiles against the definition."""

from math import isnan, nan, sqrt

import numpy as np
import pytest

from sim.results.statistics import describe, describe_times, student_t


@pytest.mark.parametrize(("degrees", "quantile"), [(1, 12.706), (4, 2.776), (29, 2.045), (1000, 1.962)])
def test_quantiles_of_student(degrees, quantile):
    assert student_t(degrees) == pytest.approx(quantile, abs=5e-4)


def test_mean_and_interval_of_five_numbers():
    s = describe(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert (s.n, s.mean, s.p50) == (5, 3.0, 3.0)
    assert s.sd == pytest.approx(sqrt(2.5))
    assert s.high - 3.0 == pytest.approx(2.7764451 * sqrt(2.5 / 5))
    assert 3.0 - s.low == pytest.approx(s.high - 3.0)
    assert (s.p05, s.p95) == pytest.approx((1.2, 4.8))


def test_empty_values_do_not_count():
    s = describe(np.array([nan, 2.0, nan, 4.0]))
    assert (s.n, s.mean) == (2, 3.0)


def test_one_value_has_a_mean_and_no_interval():
    s = describe(np.array([7.0, nan]))
    assert (s.n, s.mean, s.p05, s.p95) == (1, 7.0, 7.0, 7.0)
    assert all(map(isnan, (s.sd, s.low, s.high)))


def test_nothing_has_nothing():
    s = describe(np.array([nan, nan]))
    assert s.n == 0
    assert all(map(isnan, (s.mean, s.sd, s.low, s.high, s.p05, s.p50, s.p95)))
    assert describe_times(np.array([nan]), np.array([nan])).n == 0


def test_interval_covers_the_mean_as_often_as_it_says():
    samples = np.random.default_rng(20250701).normal(size=(4000, 10))
    inside = sum(s.low <= 0 <= s.high for s in map(describe, samples))
    assert inside / 4000 == pytest.approx(0.95, abs=0.012)


def test_times_are_never_averaged_and_the_censored_lie_beyond():
    times = np.array([30.0, nan, 10.0, 20.0, nan, nan])
    s = describe_times(times, np.array([0.0, 1.0, 0.0, 0.0, 1.0, nan]))
    assert s.n == 3
    assert isnan(s.mean)
    assert isnan(s.sd)
    assert isnan(s.low)
    assert (s.p05, s.p50) == (10.0, 30.0)
    assert isnan(s.p95)


def test_median_is_undefined_when_more_than_half_are_censored():
    s = describe_times(np.array([5.0, nan, nan]), np.array([0.0, 1.0, 1.0]))
    assert isnan(s.p50)
    assert s.p05 == 5.0
