"""A box that is known is found; chance draws none. Breach probabilities and regret by hand."""

from math import inf

import numpy as np
import pytest

from sim.sensitivity.discovery import can_be_sought, discover, inside
from sim.sensitivity.risk import exceedance, probability, regret, wilson


def known_box(points, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    x = rng.random((points, 6))
    breached = (x[:, 1] > 0.6) & (x[:, 4] < 0.5)
    return x, breached ^ (rng.random(points) < noise)


def test_the_box_is_found_with_its_limits_and_no_others():
    x, breached = known_box(1000)
    box, path = discover(x, breached)
    limited = [number for number, limit in enumerate(box.limits) if not limit.is_open]
    assert limited == [1, 4]
    assert box.limits[1].low == pytest.approx(0.6, abs=0.04)
    assert box.limits[4].high == pytest.approx(0.5, abs=0.04)
    assert (box.limits[1].high, box.limits[4].low) == (inf, -inf)
    assert box.coverage > 0.9
    assert box.density > 0.9
    assert path[0].coverage == 1
    assert path[0].density == pytest.approx(breached.mean())


def test_coverage_density_and_mass_are_what_they_say():
    x, breached = known_box(500, noise=0.1)
    box, _ = discover(x, breached)
    within = inside(x, box.limits)
    assert box.coverage == (within & breached).sum() / breached.sum()
    assert box.density == breached[within].mean()
    assert box.mass == within.mean()
    assert all(limit.p < 0.05 for limit in box.limits if not limit.is_open)


def test_chance_alone_seldom_draws_a_limit():
    drawn = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        box, _ = discover(rng.random((200, 3)), rng.random(200) < 0.3)
        drawn += sum(not limit.is_open for limit in box.limits)
    assert drawn <= 30  # of 60; peeling looks for the luckiest slices, so that some pass


def test_it_is_not_sought_where_there_is_next_to_nothing():
    assert not can_be_sought(np.arange(100) < 5)
    assert not can_be_sought(np.arange(100) < 95)
    assert can_be_sought(np.arange(100) < 30)


@pytest.mark.parametrize(
    ("share", "runs", "low", "high"),
    [(0.0, 10, 0.0, 0.2775), (0.5, 10, 0.2366, 0.7634), (0.1, 100, 0.0552, 0.1744), (1.0, 20, 0.8389, 1.0)],
)
def test_wilson_intervals_as_published(share, runs, low, high):
    assert wilson(share, runs) == pytest.approx((low, high), abs=2e-4)


def test_wilson_is_that_of_scipy():
    from scipy.stats import binomtest

    theirs = binomtest(7, 40).proportion_ci(method="wilson")
    assert wilson(7 / 40, 40) == pytest.approx((theirs.low, theirs.high))


def test_runs_that_share_parameters_are_worth_fewer():
    breached = np.repeat(np.arange(20) < 8, 5)  # all runs of a draw do the same
    found = probability(breached, np.repeat(np.arange(20), 5))
    assert found.effective == pytest.approx(20)
    assert (found.breaches, found.runs, found.share) == (40, 100, 0.4)
    alone = probability(breached, np.arange(100))
    assert alone.effective == 100
    assert alone.high - alone.low < found.high - found.low


def test_exceedance_falls_from_nearly_one_to_zero():
    values = np.random.default_rng(0).normal(size=200)
    curve = exceedance(values, np.arange(200), 21)
    shares = [one.share for _, one in curve]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0
    level, middle = curve[10]
    assert middle.share == np.mean(values > level)


def test_regret_by_hand():
    losses = np.array([[1.0, 4.0, 2.0], [9.0, 3.0, 5.0]])
    found = regret(losses)
    assert found.expected.tolist() == [3.0, 1.5, 1.5]
    assert found.largest.tolist() == [6.0, 3.0, 2.0]
    assert found.minimax == 2
    assert found.least_expected == 1
    assert found.best_in.tolist() == [0.5, 0.5, 0.0]
