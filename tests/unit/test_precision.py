"""When replications are enough: known streams, above all those that naive rules stop at."""

from math import isnan, nan, sqrt

import numpy as np
import pytest

from sim.experiment.precision import FLOORS, Rule, judged
from sim.results.metrics import METRICS

RULE = Rule(0.05)


def stopped_at(stream, rule=RULE, floor=10.0):
    """Where a run on this stream of values ends, and the verdict."""
    values, count = np.atleast_2d(np.asarray(stream, dtype=float).T).T, 0
    floors = [floor] * values.shape[1]
    while True:
        count = rule.next_count(count)
        verdict = judged(values[:count], floors, rule)
        if verdict.is_enough or verdict.is_spent:
            return verdict


def normal(mean, sd, n=20_000, seed=1):
    return np.random.default_rng(seed).normal(mean, sd, n)


@pytest.mark.parametrize("seed", range(5))
def test_a_negative_mean_with_a_large_spread_does_not_stop_at_once(seed):
    verdict = stopped_at(normal(-100, 300, seed=seed), Rule(0.05, maximum=20_000, batch=200))
    expected = (1.96 * 300 / (0.05 * 100)) ** 2
    assert verdict.is_enough
    assert 0.8 * expected < verdict.count < 1.2 * expected


def test_a_negative_mean_stops_where_its_mirror_image_does():
    stream = normal(500, 200)
    assert stopped_at(-stream).count == stopped_at(stream).count > RULE.minimum


@pytest.mark.parametrize("seed", range(20))
def test_a_mean_of_zero_does_not_stop_by_luck(seed):
    verdict = stopped_at(normal(0, 300, seed=seed), Rule(0.05, maximum=400), floor=1.0)
    assert (verdict.is_enough, verdict.is_spent, verdict.count) == (False, True, 400)
    assert verdict.ratio > 0.05


def test_a_mean_of_zero_stops_at_its_floor():
    floor, sd = 100.0, 30.0
    verdict = stopped_at(normal(0, sd), Rule(0.05, maximum=20_000), floor=floor)
    assert verdict.is_enough
    assert verdict.count == pytest.approx((1.96 * sd / (0.05 * floor)) ** 2, rel=0.2)


def test_a_lucky_start_is_found_out_by_looking_ahead():
    stream = np.concatenate([np.full(12, 100.0), normal(100, 80, 5_000)])
    without = stopped_at(stream, Rule(0.05, look_ahead=0))
    assert without.count == 10
    assert stopped_at(stream).count > 500 / 2


def test_never_fewer_than_the_minimum():
    assert stopped_at(np.full(100, 7.0)).count == RULE.minimum + RULE.look_ahead
    assert stopped_at(np.full(100, 7.0), Rule(0.05, minimum=30)).count == 35


def test_a_spent_budget_is_flagged_and_names_the_metric_that_governed():
    streams = np.column_stack([normal(100, 1), normal(100, 90), normal(100, 20)])
    verdict = stopped_at(streams, Rule(0.01, maximum=60))
    assert (verdict.count, verdict.is_spent, verdict.governing) == (60, True, 1)
    half = 2.001 * streams[:60, 1].std(ddof=1) / sqrt(60)
    assert verdict.ratio == pytest.approx(half / abs(streams[:60, 1].mean()), rel=1e-3)


def test_every_metric_must_be_precise():
    narrow, wide = normal(100, 1), normal(100, 50, seed=2)
    both = stopped_at(np.column_stack([narrow, wide]), Rule(0.05, maximum=5_000, batch=50))
    assert (
        both.count == stopped_at(wide, Rule(0.05, maximum=5_000, batch=50)).count > stopped_at(narrow).count
    )
    assert both.governing == 1


def test_a_metric_that_is_never_defined_does_not_count_and_a_rare_one_does():
    fine = normal(100, 1, 500)
    assert stopped_at(np.column_stack([fine, np.full(500, nan)])).is_enough
    rare = np.full(500, nan)
    rare[[3, 9]] = 50.0, 250.0
    assert stopped_at(np.column_stack([fine, rare]), Rule(0.05, maximum=100)).is_spent
    nothing = stopped_at(np.full((500, 2), nan), Rule(0.05, maximum=40))
    assert nothing.is_spent
    assert isnan(nothing.ratio)


def test_every_unit_of_a_metric_has_a_floor():
    units = {metric.unit for metric in METRICS.values()} | {"USD/kg"}
    assert units <= FLOORS.keys()
