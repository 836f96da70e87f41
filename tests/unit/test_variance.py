"""Splitting a variance into parameters and chance, against known components."""

from math import isnan

import numpy as np
import pytest

from sim.results.statistics import describe
from sim.results.variance import split


def nested(draws, size, parametric, random, seed=0):
    rng = np.random.default_rng(seed)
    level = rng.normal(0, parametric, draws)
    return (level[:, None] + rng.normal(0, random, (draws, size))).ravel(), np.repeat(np.arange(draws), size)


def test_components_are_found_and_the_noise_of_inner_means_is_taken_off():
    found = [split(*nested(40, 2, 1.0, 2.0, seed)) for seed in range(200)]
    assert np.mean([one.random for one in found]) == pytest.approx(4.0, rel=0.05)
    # without the correction the variance of the means would be 1 + 4 / 2 = 3
    assert np.mean([one.parametric for one in found]) == pytest.approx(1.0, rel=0.15)


def test_the_interval_of_the_share_holds_it_as_often_as_it_says():
    found = [split(*nested(30, 3, 1.0, 1.0, seed)) for seed in range(400)]
    holds = np.mean([one.low <= 0.5 <= one.high for one in found])
    assert 0.92 <= holds <= 0.98


def test_by_hand():
    found = split(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1]))
    # within: (1+1+1+1)/2 = 2; between: 2*(4+4)/1 = 16; parametric (16-2)/2 = 7
    assert (found.random, found.parametric, found.share) == (2.0, 7.0, 7 / 9)


def test_unequal_draws_and_missing_values_are_no_matter():
    values, draws = nested(200, 4, 2.0, 1.0)
    values[::5] = np.nan
    found = split(values, draws)
    assert found.runs == 640
    assert found.parametric == pytest.approx(4.0, rel=0.3)
    assert found.random == pytest.approx(1.0, rel=0.15)


def test_no_share_without_variance_or_without_repetition():
    assert isnan(split(np.ones(6), np.repeat([0, 1, 2], 2)).share)
    assert isnan(split(np.arange(3.0), np.arange(3)).parametric)
    assert isnan(split(np.full(4, np.nan), np.repeat([0, 1], 2)).share)


def test_chance_alone_has_no_parametric_part():
    shares = [split(*nested(50, 3, 0.0, 1.0, seed)).share for seed in range(50)]
    assert np.median(shares) < 0.05


def test_parameters_alone_are_all():
    found = split(np.repeat([1.0, 2.0, 4.0], 2), np.repeat([0, 1, 2], 2))
    assert (found.share, found.low, found.high) == (1.0, 1.0, 1.0)


def test_the_interval_of_a_mean_counts_draws_not_runs():
    values, draws = nested(20, 10, 3.0, 0.1)
    by_draw, naive = describe(values, draws), describe(values)
    assert by_draw.mean == pytest.approx(naive.mean)
    assert by_draw.n == 200
    assert by_draw.high - by_draw.low == pytest.approx((naive.high - naive.low) * np.sqrt(10), rel=0.1)
