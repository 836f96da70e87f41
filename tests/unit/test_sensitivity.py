"""Sensitivity methods on functions whose answers are known."""

import warnings
from dataclasses import astuple
from math import erf, exp, isnan, pi, sqrt

import numpy as np
import pytest

from sim.inputs.text import InputError
from sim.sensitivity.information import choice, worth
from sim.sensitivity.pawn import by_slice, distances
from sim.sensitivity.screening import elementary_effects, screened, trajectories
from sim.sensitivity.sobol import blocks, indices
from sim.sensitivity.tornado import bars

A, B = 7.0, 0.1
PROBLEM = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-pi, pi]] * 3}


def ishigami(x):
    return np.sin(x[..., 0]) + A * np.sin(x[..., 1]) ** 2 + B * x[..., 2] ** 4 * np.sin(x[..., 0])


def ishigami_indices():
    """Closed form: (S1, ST)."""
    one = (1 + B * pi**4 / 5) ** 2 / 2
    two = A**2 / 8
    both = B**2 * pi**8 * 8 / 225
    whole = one + two + both
    return np.array([one, two, 0]) / whole, np.array([one + both, two, both]) / whole


def saltelli(n, second_order=False):
    from SALib.sample import sobol

    return sobol.sample(PROBLEM, n, calc_second_order=second_order, seed=3)


@pytest.mark.parametrize("second_order", [False, True])
def test_sobol_indices_of_ishigami(second_order):
    x = saltelli(1024, second_order)
    found = indices(ishigami(x)[blocks(x)])
    s1, st = ishigami_indices()
    assert [one.s1 for one in found] == pytest.approx(s1, abs=0.03)
    assert [one.st for one in found] == pytest.approx(st, abs=0.03)
    assert all(one.s1_low <= true <= one.s1_high for one, true in zip(found, s1, strict=True))
    assert all(one.st_low <= true <= one.st_high for one, true in zip(found, st, strict=True))


def test_a_failed_run_costs_only_the_indices_that_need_it():
    x = saltelli(256)
    rows = blocks(x)
    y = ishigami(x)[rows]
    y[5, 1] = np.nan  # A with the first input of B
    y[9, 0] = np.nan  # A
    found = indices(y)
    assert [one.blocks for one in found] == [254, 255, 255]
    whole = ishigami(x)[rows]
    without = indices(np.delete(whole, 9, axis=0))[1]
    assert astuple(found[1]) == pytest.approx(astuple(without), rel=1e-12)  # sums in another order


def test_an_index_without_enough_blocks_is_not_told():
    x = saltelli(32)
    y = ishigami(x)[blocks(x)]
    y[:20, 2] = np.nan
    found = indices(y)
    assert isnan(found[1].s1)
    assert isnan(found[1].st)
    assert found[1].blocks == 12
    assert not isnan(found[0].s1)


def test_a_random_design_is_none_of_saltelli_or_morris():
    x = np.random.default_rng(0).random((40, 3))
    with pytest.raises(InputError, match="no design of Saltelli"):
        blocks(x)
    with pytest.raises(InputError, match="no design of Morris"):
        trajectories(x)
    with pytest.raises(InputError, match="no design of Morris"):
        trajectories(saltelli(8))


def morris(trajectories, problem=PROBLEM):
    from SALib.sample import morris

    return morris.sample(problem, trajectories, num_levels=4, seed=5)


def test_screening_gives_the_effects_that_salib_gives():
    from SALib.analyze import morris as salib

    x = morris(30)
    y = ishigami(x)
    low, high = np.full(3, -pi), np.full(3, pi)
    found = screened(elementary_effects(x, y, low, high))
    theirs = salib.analyze(PROBLEM, x, y, num_levels=4, seed=0)
    assert [one.mu_star for one in found] == pytest.approx(list(theirs["mu_star"]))
    assert [one.mu for one in found] == pytest.approx(list(theirs["mu"]))
    assert [one.sigma for one in found] == pytest.approx(list(theirs["sigma"]))


def test_screening_of_a_linear_model_is_exact():
    x = morris(6)
    found = screened(elementary_effects(x, x @ [3.0, -2.0, 0.0], np.full(3, -pi), np.full(3, pi)))
    assert [one.mu for one in found] == pytest.approx([6 * pi, -4 * pi, 0])
    assert [one.sigma for one in found] == pytest.approx([0, 0, 0], abs=1e-9)


def test_a_failed_run_costs_the_effects_on_both_sides_of_it():
    x = morris(6)
    y = x @ [3.0, -2.0, 0.0]
    y[0] = np.nan  # the first point of the first trajectory: its first step only
    found = screened(elementary_effects(x, y, np.full(3, -pi), np.full(3, pi)))
    assert sorted(one.n for one in found) == [5, 6, 6]
    y[1::4] = np.nan
    few = screened(elementary_effects(x, y, np.full(3, -pi), np.full(3, pi)))
    assert sum(one.n for one in few) == 6
    assert all(isnan(one.mu_star) for one in few if one.n < 4)


def test_tornado_of_a_linear_model():
    x = np.random.default_rng(2).random((3000, 3))
    found = bars(x, x @ [10.0, -5.0, 0.0])
    assert found[0].swing == pytest.approx(8, abs=0.3)  # the slope times P90 less P10 of uniform(0, 1)
    assert found[1].swing == pytest.approx(-4, abs=0.5)
    for bar, true in zip(found, (8, -4, 0), strict=True):
        assert bar.interval[0] <= true <= bar.interval[1]


def test_tornado_needs_points_and_an_input_that_varies():
    x = np.random.default_rng(2).random((10, 1))
    assert isnan(bars(x, x[:, 0])[0].swing)
    assert isnan(bars(np.ones((50, 1)), np.arange(50.0))[0].swing)


def test_pawn_sees_a_tail_that_variance_hardly_does():
    rng = np.random.default_rng(4)
    x = rng.random((800, 3))
    y = x[:, 0] + np.where(x[:, 1] > 0.9, 3.0, 0.0)
    tail, main, idle = (distances(x, y)[number] for number in (1, 0, 2))
    assert tail.largest > 0.5
    assert main.stands_out
    assert not idle.stands_out


def test_pawn_has_the_distances_of_salib():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(5)
    x, y = rng.random((200, 2)), np.round(rng.random(200), 1)  # with ties
    found = by_slice(x, y)
    for number in range(2):
        edges = np.quantile(x[:, number], np.linspace(0, 1, 9))
        for at in range(7):  # SALib leaves the largest value out of the last slice
            held = (x[:, number] >= edges[at]) & (x[:, number] < edges[at + 1])
            assert found[number, at] == pytest.approx(ks_2samp(y[held], y).statistic)


def test_pawn_is_silent_where_slices_would_be_empty():
    x = np.random.default_rng(4).random((50, 2))
    assert all(isnan(one.median) for one in distances(x, x[:, 0]))


def gaussian_evppi(mean, slope):
    """Two options: losses 0, and `mean` + slope x + noise with x standard normal."""
    z = mean / slope
    below = mean * (1 + erf(-z / sqrt(2))) / 2 - slope * exp(-(z**2) / 2) / sqrt(2 * pi)
    return min(0, mean) - below


@pytest.mark.parametrize(("mean", "slope"), [(0.3, 1.0), (-0.2, 0.6), (1.0, 1.0)])
def test_evppi_of_a_linear_model_with_gaussian_inputs(mean, slope):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((2000, 2))
    loss = mean + slope * x[:, 0] + 0.5 * x[:, 1] + 0.3 * rng.standard_normal(2000)
    found = worth(x[:, 0], np.column_stack([np.zeros(2000), loss]))
    assert found.evppi == pytest.approx(gaussian_evppi(mean, slope), abs=0.04)
    assert found.low <= gaussian_evppi(mean, slope) <= found.high
    assert found.stands_out


def test_an_input_without_effect_is_worth_no_more_than_noise():
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(20):
        loss = 0.1 + rng.standard_normal(200)
        told += worth(rng.random(200), np.column_stack([np.zeros(200), loss])).stands_out
    assert told <= 4


def test_no_input_is_worth_more_than_knowing_all():
    rng = np.random.default_rng(8)
    x = rng.standard_normal(500)
    losses = np.column_stack([np.zeros(500), 0.2 + x])
    made = choice(losses)
    assert made.best == 0
    assert made.loss[1] == pytest.approx(losses[:, 1].mean())
    assert worth(x, losses).evppi == pytest.approx(made.all_known, rel=0.15)


def test_a_decision_that_nothing_can_change_makes_information_worthless():
    x = np.random.default_rng(9).random(300)
    losses = np.column_stack([x, x + 1])
    assert worth(x, losses).evppi == pytest.approx(0, abs=1e-12)


def test_salib_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = saltelli(64)
        indices(ishigami(x)[blocks(x)])
