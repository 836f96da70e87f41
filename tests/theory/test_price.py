"""The price law against its closed forms."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, exp, log, pi
from types import SimpleNamespace

import numpy as np
import pytest

from sim import engine
from sim.kernel import Clock
from sim.ledger import Ledger
from sim.model.market import DAYS_PER_MONTH, Expectations, OxideMarket, PriceLaw
from sim.streams import Streams
from sim.world import Inflow
from tests.worlds import ALL_GATES, closure, world

MARKET = world().market
LAW = PriceLaw(MARKET)
TB = next(element for element in MARKET.elements if element.name == "Tb")


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


def paths(covers: Callable[[float], float], step_d: float, days: int = 730) -> np.ndarray:
    """Price against P_ref at whole days, if cover moves all the time and is looked at every `step_d` days."""
    f, prices = LAW.scarcity(covers(0.0)), []
    for day in range(days):
        for step in range(1, round(1 / step_d) + 1):
            f = LAW.approach(f, covers(day + step * step_d), step_d)
        prices.append(exp(f))
    return np.array(prices)


def waves(day: float) -> float:
    """Between 1 and 6 months of cover within a year."""
    return 3.5 + 2.5 * cos(2 * pi * day / 365)


def closures(day: float) -> float:
    """Six months of cover, run down by a closure of 120 days a year, and filled up again."""
    in_year = day % 365
    return 6.0 - in_year / 30 if in_year < 120 else min(6.0, 2.0 + (in_year - 120) / 30)


@pytest.mark.parametrize("covers", [waves, closures])
def test_halving_the_step_changes_the_price_by_less_than_half_a_percent(covers):
    whole, half = paths(covers, 1.0), paths(covers, 0.5)
    assert whole.max() / whole.min() > 1.2
    assert not np.array_equal(whole, half)
    np.testing.assert_allclose(half, whole, rtol=0.005)


@pytest.mark.parametrize("step_d", [1.0, 0.5])
def test_a_cover_that_holds_is_followed_exactly_whatever_the_step(step_d):
    f = 0.0
    for day in range(1, 401):
        for _ in range(round(1 / step_d)):
            f = LAW.approach(f, 2.0, step_d)
        assert f == pytest.approx(LAW.scarcity(2.0) * (1 - exp(-day / MARKET.lag_d)))


def market(step_d: float = 1.0, **changes: float) -> OxideMarket:
    """The Tb market alone on a fresh clock."""
    return OxideMarket(TB, replace(MARKET, **changes), Streams(1, 0), Ledger(400), Clock(), step_d)


# -- a whole market over years ----------------------------------------------------------------------------

STEADY_TB = replace(TB, growth_per_d=0.0)
ORDERS_KG_PER_D = TB.demand_kg_per_d + TB.exports_kg_per_d
YEARS = 10
SHUT = np.arange(YEARS * 365) % 365 < 120


def at_target() -> OxideMarket:
    """A market without noise or growth that opens at the target cover, so that P_ref is its first price."""
    stock_kg = MARKET.target_months * ORDERS_KG_PER_D * DAYS_PER_MONTH
    element = replace(STEADY_TB, start_stock_kg=stock_kg)
    alone = OxideMarket(element, replace(MARKET, noise_sd=0.0), Streams(1, 0), Ledger(1), Clock())
    alone.open(0.0)
    return alone


def trade(alone: OxideMarket, supply_kg: np.ndarray) -> np.ndarray:
    """Prices of a market that gets that much each day, shape (days,)."""
    prices = []
    for kg in supply_kg.tolist():
        alone.trade(kg, 0.0)
        alone.reprice(0.0, 0.0)
        prices.append(alone.price_cny_per_kg)
    return np.array(prices)


def test_ten_years_of_closures_leave_no_trace_once_cover_is_back():
    """A third of each year without supply, which the rest of the year makes good: peaks never climb."""
    alone = at_target()
    prices = trade(alone, np.where(SHUT, 0.0, ORDERS_KG_PER_D * 365 / 245))
    peaks = prices.reshape(YEARS, 365).max(axis=1)
    assert peaks[0] > 2 * TB.start_price_cny_per_kg
    assert (np.diff(peaks) < 0).all()
    for _ in range(round(5 * MARKET.lag_d)):
        missing_kg = MARKET.target_months * alone._smoothed_kg_per_d * DAYS_PER_MONTH - alone.stock_kg
        alone.reprice(missing_kg, 0.0)
    assert alone.price_cny_per_kg == pytest.approx(TB.start_price_cny_per_kg, rel=0.01)


def test_ten_years_of_too_little_supply_never_take_the_price_over_its_bound():
    alone = at_target()
    prices = trade(alone, np.where(SHUT, 0.0, ORDERS_KG_PER_D / 2))
    bound = TB.start_price_cny_per_kg * exp(LAW.scarcity(MARKET.floor_months))
    assert alone.stock_kg < ORDERS_KG_PER_D
    assert 0.8 * bound < prices.max() <= bound


def test_ten_years_of_glut_leave_a_price():
    prices = trade(at_target(), np.full(YEARS * 365, 2 * ORDERS_KG_PER_D))
    assert (np.diff(prices) <= 0).all()
    assert prices[-1] > 0.5 * TB.start_price_cny_per_kg


def test_halving_the_step_of_a_whole_market_changes_its_price_by_less_than_half_a_percent():
    """Upstream stock runs down and fills up again; looked at once or twice a day."""
    months_kg = ORDERS_KG_PER_D * DAYS_PER_MONTH
    prices = {}
    for step_d in (1.0, 0.5):
        alone = market(step_d, noise_sd=0.0)
        alone.stock_kg = 0.0
        alone.open(closures(0.0) * months_kg)
        path = []
        for step in range(1, round(730 / step_d) + 1):
            alone.reprice(closures(step * step_d) * months_kg, 0.0)
            path.append(alone.price_cny_per_kg)
        prices[step_d] = np.array(path)
    assert prices[1.0].max() > 1.1 * prices[1.0][0]
    np.testing.assert_allclose(prices[0.5][1::2], prices[1.0], rtol=0.005)
    assert not np.array_equal(prices[0.5][1::2], prices[1.0])


def test_ten_years_of_closures_in_the_whole_chain_leave_prices_bounded():
    """All gates shut for 120 days of every year, demand held: the later peaks do not climb."""
    years = [closure(ALL_GATES, id=f"y{y}", start=f"{y}-11-01", lasts="120 d") for y in range(2025, 2035)]
    held = {"market.tb.demand_growth_per_yr": "0 %/yr", "market.noise_sd": 0}
    shut = engine.run(world(months=120, events=years, settings=held), 0)
    for element in ("Dy", "Tb"):
        prices = shut.series("price_cny_per_kg", element=element, place="china")
        peaks = prices[:3650].reshape(YEARS, 365).max(axis=1)
        assert peaks[:5].max() > 1.4 * prices[0]
        assert peaks[5:].max() < peaks[:5].max()


# -- parts of the law -------------------------------------------------------------------------------------


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
    orders = alone._element.demand_kg_per_d * exp(alone._element.growth_per_d)
    dear = orders * 2**MARKET.elasticity_short
    assert alone._priced_out_book[0] == pytest.approx(orders - dear, rel=0.01)
    total = dear + alone._element.exports_kg_per_d
    assert alone._unmet_book[0] == pytest.approx(total - 100.0, rel=0.01)


INFLOW = {"pangwa": Inflow(40.0, {"Tb": 10.0}), "lweje": Inflow(20.0, {"Tb": 5.0})}
USUAL_T = {"pangwa": 1200.0, "lweje": 600.0}


def listener(now=0.0):
    return Expectations(SimpleNamespace(expected_closure_d=90.0), INFLOW, SimpleNamespace(now=now))


def test_what_is_held_back_is_missed_for_the_length_of_past_closures_however_old_the_closure():
    heard = listener()
    for _ in range(200):
        heard.look({"pangwa"}, lambda: USUAL_T)
        assert heard.missing_kg("Tb") == 90.0 * 10.0


def test_an_announced_closure_counts_once_and_the_more_the_nearer_it_comes():
    heard = listener(now=100.0)
    for owner, start_d in (("a", 150.0), ("b", 170.0)):
        heard.expect(owner, ("pangwa", "muse"), start_d)
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == (90.0 - 50.0) * 10.0
    heard.forget("a")
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == (90.0 - 70.0) * 10.0
    heard.forget("b")
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == 0.0


def test_what_a_closure_left_in_the_yards_is_expected_until_they_are_as_before():
    heard = listener()
    heard.look({"pangwa"}, lambda: USUAL_T)
    for waiting_t, coming_d in ((5200.0, 100.0), (1240.0, 1.0), (1200.0, 0.0), (5200.0, 0.0)):
        heard.look((), lambda waiting_t=waiting_t: {"pangwa": waiting_t, "lweje": 9000.0})
        assert heard.missing_kg("Tb") == -coming_d * 10.0
