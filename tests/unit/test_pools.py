"""Sums by pool: in the order of the sites, to the last digit."""

import numpy as np

from sim.pools import PoolSums


def in_order(numbers):
    total = 0.0
    for number in numbers:
        total += number
    return total


def test_tonnes_and_cost_are_added_up_in_the_order_of_the_sites():
    rng = np.random.default_rng(1)
    pool = np.repeat([0, 1, 3, 4], [120, 1, 75, 40])  # nobody in pool 2
    mined, cost = rng.lognormal(0, 3, pool.size), rng.lognormal(5, 2, pool.size)
    sums = PoolSums(pool, 5)
    for _ in range(2):  # a second day starts from nothing
        by_pool, cost_cny = sums.of(mined, cost)
        assert by_pool == [in_order(mined[pool == p]) for p in range(5)]
        assert cost_cny == sum(in_order((mined * cost)[pool == p]) for p in range(5))


def test_sites_that_mine_nothing_change_no_rounding():
    rng = np.random.default_rng(2)
    pool, mined, cost = np.repeat([0, 1], 50), rng.random(100), rng.random(100)
    more = np.insert(pool, 50, [0] * 7)
    with_more = PoolSums(more, 2).of(np.insert(mined, 50, [0.0] * 7), np.insert(cost, 50, [9.0] * 7))
    assert with_more == PoolSums(pool, 2).of(mined, cost)
