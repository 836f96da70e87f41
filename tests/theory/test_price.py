"""The price law against its closed forms."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, exp, log, pi

import numpy as np
import pytest

from sim import engine
from sim.kernel import Clock
from sim.ledger import Ledger
from sim.model.market import DAYS_PER_MONTH, OxideMarket, PriceLaw
from sim.streams import Streams
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


@pytest.mark.parametrize("step_d", [1.0, 0.5])
def test_news_decays_with_its_half_life(step_d):
    alone = market(step_d, noise_sd=0.0, news_half_life_d=30.0)
    alone.open(100_000.0)
    alone.news(0.21)
    for _ in range(round(60 / step_d)):
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
    _, unmet, priced_out, _ = alone._trade_books
    assert priced_out[0] == pytest.approx(orders - dear, rel=0.01)
    total = dear + alone._element.exports_kg_per_d
    assert unmet[0] == pytest.approx(total - 100.0, rel=0.01)


# -- orders, stock and what others bring, by hand ----------------------------------------------------------

PLAIN = replace(TB, demand_kg_per_d=100.0, exports_kg_per_d=50.0, growth_per_d=0.0, start_stock_kg=1_000.0)


class Alone(OxideMarket):
    """A market without noise whose orders are 100 kg a day at home and 50 abroad, and its books."""

    def __init__(self, **changes: float) -> None:
        self.ledger = Ledger(3)
        super().__init__(PLAIN, replace(MARKET, noise_sd=0.0, **changes), Streams(1, 0), self.ledger, Clock())
        self.open(0.0)


def day_of(alone: Alone, variable: str) -> float:
    place = {"place": "china"} if variable.startswith("price_") else {}
    return alone.ledger.series(variable, element="Tb", **place)[0]


def test_a_day_of_trade_adds_up():
    alone = Alone()
    assert alone.trade(30.0, 20.0) == 50.0
    assert alone.stock_kg == 1_000 + 30 + 20 - 150
    assert alone.received_kg == {"at start": 1_000.0, "separated": 30.0, "recycled": 20.0}
    assert alone.used_kg == {"domestic": 100.0, "exports": 50.0}
    assert (day_of(alone, "demand_kg"), day_of(alone, "exports_kg")) == (150.0, 50.0)
    assert day_of(alone, "unmet_kg") == day_of(alone, "priced_out_kg") == 0.0
    assert alone.balance().residual == 0.0


def test_a_short_stock_is_shared_alike_by_those_at_home_and_abroad():
    alone = Alone()
    alone.stock_kg = 60.0
    assert alone.trade(0.0, 0.0) == 20.0
    assert alone.stock_kg == 0.0
    assert alone.used_kg == {"domestic": 40.0, "exports": 20.0}
    assert day_of(alone, "unmet_kg") == 90.0


def test_without_orders_nothing_is_used():
    alone = Alone()
    alone.exports_kg_per_d = 0.0
    alone.scale_demand("nobody", 0.0)
    assert alone.trade(5.0, 0.0) == 0.0
    assert alone.stock_kg == 1_005.0
    assert day_of(alone, "unmet_kg") == 0.0


def test_without_orders_or_stock_nothing_is_short():
    alone = Alone()
    alone.exports_kg_per_d = alone.stock_kg = 0.0
    alone.scale_demand("nobody", 0.0)
    assert alone.trade(0.0, 0.0) == 0.0
    assert day_of(alone, "unmet_kg") == 0.0


def test_factors_of_demand_multiply_and_one_lifts():
    alone = Alone()
    alone.scale_demand("slump", 0.5)
    alone.scale_demand("boom", 1.5)
    assert alone.demand_factor == 0.75
    alone.scale_demand("slump", 1.0)
    assert alone.demand_factor == 1.5
    alone.trade(0.0, 0.0)
    assert day_of(alone, "demand_kg") == pytest.approx(200.0)


def test_who_sells_from_outside_adds_and_who_buys_gets_no_more_than_there_is():
    alone = Alone()
    alone.supply("reserve", 40.0)
    assert (alone.supply_kg_per_d("reserve"), alone.supply_kg_per_d("other")) == (40.0, 0.0)
    alone.trade(0.0, 0.0)
    assert alone.stock_kg == 1_040 - 150
    assert day_of(alone, "other_oxide_kg") == 40.0
    alone.supply("reserve", 0.0)
    alone.supply("hoarder", -10_000.0)
    alone.trade(0.0, 0.0)
    assert alone.stock_kg == 0.0
    assert alone.received_kg["reserve"] == 40.0
    assert alone.received_kg["hoarder"] == -890.0
    assert alone.balance().residual == pytest.approx(0.0)


def test_orders_are_smoothed_over_their_days():
    alone = Alone(smoothing_d=90.0)
    alone.exports_kg_per_d = 200.0
    alone.trade(0.0, 0.0)
    assert alone._smoothed_kg_per_d == pytest.approx(150 + 150 * (1 - exp(-1 / 90)))


def test_a_dear_price_drives_orders_away_at_once_and_then_by_substitution_that_is_capped():
    law = {"elasticity_short": -0.1, "elasticity_long": -0.5, "elasticity_lag_d": 100.0}
    for cap, moved in ((1.0, 0.4 * log(2) / 100), (0.001, 0.001)):
        alone = Alone(**law, substitution_cap_per_d=cap)
        alone.price_cny_per_kg *= 2
        alone.trade(0.0, 0.0)
        at_home = 100 * exp(-0.1 * log(2) - moved)
        assert day_of(alone, "priced_out_kg") == pytest.approx(100 - at_home)
        assert day_of(alone, "demand_kg") == pytest.approx(at_home + 50)


def test_a_cheap_price_brings_orders_back_no_faster_than_they_leave():
    law = {"elasticity_short": -0.1, "elasticity_long": -0.5, "elasticity_lag_d": 100.0}
    alone = Alone(**law, substitution_cap_per_d=0.001)
    alone.price_cny_per_kg /= 2
    alone.trade(0.0, 0.0)
    assert day_of(alone, "demand_kg") == pytest.approx(100 * exp(0.1 * log(2) + 0.001) + 50)


def test_demand_grows_by_its_rate():
    found = OxideMarket(replace(PLAIN, growth_per_d=0.01), MARKET, Streams(1, 0), Ledger(3), Clock())
    found.open(0.0)
    found.trade(0.0, 0.0)
    assert found._base_kg_per_d == pytest.approx(100 * exp(0.01))


def test_news_adds_up_and_is_told_as_a_share():
    alone = Alone()
    alone.news(0.2)
    alone.news(0.5)
    assert alone.news_share == pytest.approx(1.2 * 1.5 - 1)


@pytest.mark.parametrize("step_d", [1.0, 0.5])
def test_noise_keeps_its_spread_and_forgets_by_its_half_life(step_d):
    """Stationary from the first day: 400 markets, each a fresh one and one after 30 days."""
    first, later = [], []
    for replication in range(400):
        law = replace(MARKET, noise_sd=0.1, noise_half_life_d=30.0)
        one = OxideMarket(PLAIN, law, Streams(5, replication), Ledger(1), Clock(), step_d)
        one.open(0.0)
        first.append(one._noise)
        for _ in range(round(30 / step_d)):
            one.reprice(0.0, 0.0)
        later.append(one._noise)
    assert np.std(first) == pytest.approx(0.1, rel=0.12)
    assert np.std(later) == pytest.approx(0.1, rel=0.12)
    assert np.corrcoef(first, later)[0, 1] == pytest.approx(0.5, abs=0.12)


def test_the_books_close_with_price_stock_and_cover():
    alone = Alone()
    alone.reprice(500.0, 100.0)
    alone.record()
    assert day_of(alone, "price_cny_per_kg") == alone.price_cny_per_kg
    assert day_of(alone, "oxide_stock_kg") == 1_000.0
    seen_kg = 1_500 - MARKET.expectation_weight * 100
    assert day_of(alone, "cover_months") == pytest.approx(
        max(MARKET.floor_months, seen_kg / (150 * DAYS_PER_MONTH))
    )
