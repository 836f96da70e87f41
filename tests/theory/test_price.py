"""The price law against its closed forms."""

from math import exp, log
from types import SimpleNamespace

import numpy as np
import pytest

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.model.market import Expectations, OxideMarket, PriceLaw
from sim.streams import Streams
from tests.worlds import world

MARKET = world().market
LAW = PriceLaw(MARKET)


def test_scarcity_counts_more_than_glut():
    short, long = LAW.scarcity(MARKET.target_months / 2), LAW.scarcity(MARKET.target_months * 2)
    assert short == pytest.approx(MARKET.exponent * log(2))
    assert long == pytest.approx(-MARKET.exponent * MARKET.glut_weight * log(2))
    assert LAW.scarcity(MARKET.target_months) == 0


def test_five_lags_after_cover_is_back_the_price_is_back_within_one_percent():
    f = 1.5 * LAW.scarcity(1.0)
    for _ in range(round(5 * MARKET.lag_d)):
        f = LAW.approach(f, MARKET.target_months, 1.0)
    assert exp(f) == pytest.approx(1.0, abs=0.01)


def path(covers: np.ndarray, step_d: float) -> np.ndarray:
    """Price against P_ref at whole days, for daily covers held over the day."""
    f, prices = 0.0, []
    for cover in covers:
        for _ in range(round(1 / step_d)):
            f = LAW.approach(f, cover, step_d)
        prices.append(exp(f))
    return np.array(prices)


def test_halving_the_step_changes_the_price_by_less_than_half_a_percent():
    covers = 3.5 + 2.5 * np.cos(np.arange(720) / 60)
    np.testing.assert_allclose(path(covers, 0.5), path(covers, 1.0), rtol=0.005)
    smooth = np.interp(np.arange(1440) / 2, np.arange(720), covers)
    np.testing.assert_allclose(path(smooth, 1.0)[1::2][:1], path(covers, 1.0)[:1], rtol=0.02)


def test_ten_years_of_closures_leave_the_price_bounded():
    covers = np.where(np.arange(3650) % 365 < 120, 0.0, MARKET.target_months)
    floored = np.maximum(covers, MARKET.floor_months)
    prices = path(floored, 1.0)
    most = (MARKET.target_months / MARKET.floor_months) ** MARKET.exponent
    assert prices.max() < most
    peaks = prices.reshape(10, 365).max(axis=1)
    assert peaks[-1] == pytest.approx(peaks[1], rel=1e-4)


def market(**changes: float) -> OxideMarket:
    """The Tb market alone on a fresh clock."""
    from dataclasses import replace

    element = next(e for e in world().market.elements if e.name == "Tb")
    return OxideMarket(element, replace(MARKET, **changes), Streams(1, 0), Ledger(400), Clock())


def test_the_first_price_is_the_observed_one_whatever_the_cover():
    for upstream in (0.0, 50_000.0, 1_000_000.0):
        alone = market(noise_sd=0.0)
        alone.open(upstream)
        alone.reprice(upstream, 0.0)
        assert alone.price_cny_per_kg == pytest.approx(7115.0)


def test_news_decays_with_its_half_life():
    alone = market(noise_sd=0.0, news_half_life_d=30.0)
    alone.open(100_000.0)
    alone.news(0.21)
    for _ in range(60):
        alone.reprice(100_000.0, 0.0)
    assert alone.price_cny_per_kg == pytest.approx(7115.0 * 1.21**0.25)


def test_missing_tonnes_count_as_stock_that_is_gone():
    seen = LAW.cover_months(1000.0, 0.0, 10.0) - LAW.cover_months(1000.0, 400.0, 10.0)
    assert seen == pytest.approx(MARKET.expectation_weight * 400.0 / 10.0 / 30.4375)


def test_unmet_and_priced_out_are_two_things():
    alone = market()
    alone.open(0.0)
    alone.stock_kg = 100.0
    alone.price_cny_per_kg *= 2
    alone.trade(0.0, 0.0)
    day = {name: series[0] for name, series in alone._books.items()}
    orders = alone._element.demand_kg_per_d * exp(alone._element.growth_per_d)
    dear = orders * 2**MARKET.elasticity_short
    assert day["priced_out_kg"] == pytest.approx(orders - dear, rel=0.01)
    total = dear + alone._element.exports_kg_per_d
    assert day["unmet_kg"] == pytest.approx(total - 100.0, rel=0.01)


def test_expectations_count_each_shut_gate_once():
    law = SimpleNamespace(expected_closure_d=90.0)
    heard = Expectations(law, {"pangwa": {"Tb": 10.0}, "lweje": {"Tb": 5.0}})
    heard.expect("a", ("pangwa", "lweje"))
    heard.expect("b", ("pangwa", "muse"))
    assert heard.missing_kg("Tb") == 90.0 * 15.0
    heard.forget("a")
    assert heard.missing_kg("Tb") == 90.0 * 10.0
    heard.forget("b")
    assert heard.missing_kg("Tb") == 0.0
