"""What plants get from elsewhere, and how regions share it."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.model.processing import OtherOrigins, Plants
from tests.worlds import ALL_GATES, closure, event, runs, world

START = 31
LAW = world().separation


def test_other_origins_follow_a_price_with_their_lag_and_elasticity():
    """A quote that doubles for good: half-way there after lag x ln 2, all but there after five lags."""
    origins, first = OtherOrigins(LAW, Ledger(1), Clock()), sum(LAW.origins_t_per_d.values())
    assert origins.ship(100.0) == pytest.approx(first)
    shipped = np.array([origins.ship(200.0) for _ in range(round(5 * LAW.origins_lag_d))]) / first
    goal = 2**LAW.origins_elasticity
    lags = np.arange(1, shipped.size + 1) / LAW.origins_lag_d
    expected = [goal + (1 - goal) * exp(-lag) for lag in lags]
    assert shipped == pytest.approx(expected, rel=0.005)
    assert shipped[-1] == pytest.approx(goal, rel=0.01)


def test_other_origins_rise_with_the_quote_after_a_while():
    dearer = event("driver", name="ndpr_cny_per_t", factor=1.5)
    (plain,), (high,) = runs(1, months=15), runs(1, months=15, events=[dearer])
    for origin in ("laos", "malaysia", "other"):
        tonnes = [o.series("imports_t", place=origin, heading="oxide") for o in (plain, high)]
        more = tonnes[1] / tonnes[0] - 1
        assert more[:START] == pytest.approx(0.0)
        assert 0.0 <= more[START + 2] < 0.01
        assert 0.1 < more[START + 90] < 0.75 * more[-1]
        assert more[-1] < 0.3  # NdPr is about half of the basket


def test_a_closure_that_raises_prices_brings_more_from_elsewhere():
    calm = {"market.noise_sd": 0}
    (plain,) = runs(1, months=12, settings=calm)
    (shut,) = runs(1, months=12, settings=calm, events=[closure(ALL_GATES, lasts="240 d")])
    malaysia = [o.series("imports_t", place="malaysia", heading="oxide")[-60:].sum() for o in (plain, shut)]
    assert malaysia[1] > 1.03 * malaysia[0]


def test_regions_hold_their_shares_of_feed_and_batches():
    (outcome,) = runs(1, months=8, events=[closure(ALL_GATES, lasts="120 d")])
    for variable in ("feed_stock_t", "in_process_t"):
        stocks = np.array([outcome.series(variable, place=region) for region in LAW.regions])
        shares = stocks / stocks.sum(axis=0)
        assert stocks[0].min() < 0.9 * stocks[0].max()
        for share, expected in zip(shares, LAW.regions.values(), strict=True):
            assert share == pytest.approx(expected)


def test_elements_leave_the_plants_in_the_proportion_of_the_assay():
    (outcome,) = runs(1, months=8, events=[closure(lasts="90 d")])
    dy, tb = (outcome.series("separated_kg", element=element) for element in ("Dy", "Tb"))
    kg = world().assay.kg_per_t_reo
    assert dy.min() < 0.9 * dy.max()
    assert dy / tb == pytest.approx(kg["Dy"] / kg["Tb"])


def test_plants_slow_down_as_feed_gets_short_and_never_stop_for_good():
    (outcome,) = runs(1, months=20, events=[closure(ALL_GATES, lasts="200 d")])
    feed = sum(outcome.series("feed_stock_t", place=region) for region in LAW.regions)
    separated = outcome.series("separated_kg", element="Dy")
    lowest = int(feed.argmin())
    assert 31 < lowest < 31 + 200 + 60
    assert separated[lowest + LAW.process_d] < 0.8 * separated[0]
    assert separated[-1] > 1.1 * separated[lowest + LAW.process_d]


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_cap_on_imported_ore_leaves_it_its_share_whatever_china_mines_itself(factor):
    """Half of the imported ore, and of its own as much as there is, in whatever order the two come and go."""
    own = LAW.domestic_t_reo_per_d / LAW.start_throughput_t_reo_per_d
    plants = Plants(replace(LAW, run_cap=3.0), world().assay, Ledger(1), Clock())
    plants.cap_imported("quota", 0.5)
    plants.scale_domestic("own", factor)
    assert plants.run_cap == pytest.approx(own * factor + (1.0 - own) * 0.5)
    plants.scale_domestic("own", 1.0)
    assert plants.run_cap == pytest.approx(own + (1.0 - own) * 0.5)
    plants.cap_imported("quota", None)
    assert plants.run_cap == 3.0
