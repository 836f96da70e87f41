"""Scores on outcomes made by hand."""

from datetime import date
from math import isnan, pi, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from sim.history.scoring import Pair, crps, month_weights, months_between, score

JAN, FEB = (date(2025, 1, 1), date(2025, 1, 31)), (date(2025, 2, 1), date(2025, 2, 28))


def pair(observed, values, window=JAN, **more):
    return Pair(*window, observed, np.array(values, dtype=float), **more)


@pytest.mark.parametrize("observed", [-1.5, 0.0, 0.7, 4.0])
def test_crps_of_normal_quantiles_is_the_closed_form(observed):
    sample = norm.ppf((np.arange(4000) + 0.5) / 4000)
    closed = observed * (2 * norm.cdf(observed) - 1) + 2 * norm.pdf(observed) - 1 / sqrt(pi)
    assert crps(sample, observed) == pytest.approx(closed, abs=2e-3)


def test_crps_by_the_definition_in_any_order():
    values = np.array([4.0, 1.0, 7.0])
    spread = np.abs(values[:, None] - values).mean() / 2
    assert crps(values, 2.0) == pytest.approx(np.abs(values - 2.0).mean() - spread)


def test_crps_of_a_point_forecast_is_its_error():
    assert crps(np.array([5.0]), 2.0) == 3.0


def test_the_interval_runs_from_the_5th_to_the_95th_percentile():
    values = np.arange(101.0)
    assert pair(5.0, values).interval == (5.0, 95.0)
    assert pair(5.0, values).inside
    assert not pair(4.9, values).inside
    assert pair(50.0, values).width_pct == pytest.approx(180.0)


def test_errors_are_in_percent_of_the_observed_or_in_points():
    assert pair(-10.0, [-8.0]).error_pct == pytest.approx(20.0)
    assert pair(-10.0, [-8.0], points=True).error_pct == pytest.approx(2.0)
    assert isnan(pair(0.0, [1.0]).error_pct)


def test_every_month_weighs_one_shared_by_those_that_cover_it():
    year = (date(2025, 1, 1), date(2025, 12, 31))
    weights = month_weights([year, JAN, JAN, FEB])
    assert weights == pytest.approx([10 + 1 / 3 + 1 / 2, 1 / 3, 1 / 3, 1 / 2])
    assert weights.sum() == pytest.approx(12)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), 12),
        (date(2024, 2, 1), date(2024, 2, 29), 1),
        (date(2019, 1, 1), date(2019, 5, 15), 4 + 15 / 31),
        (date(2025, 4, 10), date(2025, 4, 10), 1 / 30),
    ],
)
def test_length_in_months(first, last, months):
    assert months_between(first, last) == pytest.approx(months)


def test_many_quotes_of_one_month_weigh_as_one_of_another():
    january = [pair(100.0, [110.0])] * 9
    found = score([*january, pair(100.0, [130.0], FEB)])
    assert found.mape == pytest.approx((10 + 30) / 2)
    assert found.n == 10
    assert found.months == pytest.approx(2)


def test_totals_are_compared_a_month():
    year = (date(2025, 1, 1), date(2025, 12, 31))
    found = score([pair(1200.0, [2400.0], year, naive=1800.0, per_month=True)])
    assert found.crps == pytest.approx(100.0)
    assert found.naive_crps == pytest.approx(50.0)
    assert found.skill == pytest.approx(-1.0)


def test_skill_counts_only_pairs_that_have_a_naive_forecast():
    found = score([pair(10.0, [12.0], naive=14.0), pair(10.0, [90.0], FEB)])
    assert found.skill == pytest.approx(0.5)
    assert isnan(found.skill_start)


def test_coverage_bias_and_median_width():
    wide, narrow = pair(10.0, [5.0, 15.0]), pair(10.0, [20.0, 20.0], FEB)
    found = score([wide, narrow])
    assert found.coverage_90 == pytest.approx(50.0)
    assert found.bias == pytest.approx(50.0)
    assert found.median_width_pct == pytest.approx(0.0)


def test_the_error_of_report_and_model_widens_the_interval_and_not_the_mean():
    true = np.full(50, 100.0)
    sure = Pair(*JAN, 107.0, true)
    frank = Pair(*JAN, 107.0, true, error_sd=5.0)
    assert (sure.inside, frank.inside, frank.inside_runs) == (False, True, False)
    assert frank.error_pct == sure.error_pct
    low, high = frank.interval
    assert (low, high) == pytest.approx((100 - 1.645 * 5, 100 + 1.645 * 5), abs=0.3)


def test_nine_in_ten_reports_with_the_declared_error_are_inside():
    rng = np.random.default_rng(3)
    runs = rng.normal(100.0, 2.0, 200)
    reports = rng.normal(100.0, 2.0, 2000) + rng.normal(0.0, 6.0, 2000)
    pair = Pair(*JAN, 0.0, runs, error_sd=6.0)
    low, high = pair.interval
    assert np.mean((low <= reports) & (reports <= high)) == pytest.approx(0.9, abs=0.02)
