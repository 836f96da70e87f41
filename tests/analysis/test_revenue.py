import csv
from datetime import date
from io import StringIO

import numpy as np
import pytest

from sim import sites
from sim.analysis import breakeven, leverage, revenue, stocks
from sim.analysis.revenue import Fall, Laffer, Months
from sim.ledger import Key
from sim.places import ACTORS
from sim.sites import HEADINGS
from sim.streams import Streams
from sim.underwater import NDPR_CNY_PER_T, costs, netback_of
from sim.world import TaxRule
from tests.worlds import world


def taxed(outcome):
    return outcome(
        62,
        series={
            Key("tax_cny", actor="kia"): np.repeat([7.0e6, 14.0e6], 31),
            Key("tax_usd", actor="kia"): np.repeat([1.0e6, 2.0e6], 31),
        },
    )


def test_every_actor_and_month_is_told_in_both_currencies(outcome):
    seen = [revenue.by_actor(date(2025, 7, 1), taxed(outcome))] * 2
    found = Months(["2025-07", "2025-08"], {key: np.array([one[key] for one in seen]) for key in seen[0]})
    rows = list(csv.DictReader(StringIO(revenue.months_csv(found))))
    assert {(r["month"], r["actor"], r["unit"]) for r in rows} == {
        (month, actor, unit) for month in found.labels for actor in ACTORS for unit in ("CNY", "USD")
    }
    (august,) = (r for r in rows if (r["month"], r["actor"], r["unit"]) == ("2025-08", "kia", "CNY"))
    assert float(august["mean"]) == pytest.approx(31 * 14e6)
    assert found.takers() == ["kia"]
    assert "| 2025-07 | 217 | 31.0 |" in revenue.months_table(found)
    assert revenue.yearly(found, "kia", "USD") == "558"


def curve(*revenues):
    rates = np.linspace(0.0, 0.5, len(revenues[0]))
    made = np.array(revenues, dtype=float).T
    return Laffer(rates, made, made, made)


def test_the_top_of_the_curve_and_where_it_is_flat():
    found = curve([0, 50, 90, 100, 98, 60], [0, 40, 80, 99, 100, 120])
    np.testing.assert_allclose(found.best, [0.3, 0.5])
    np.testing.assert_allclose(found.middle, [0, 45, 85, 99.5, 99, 90])
    np.testing.assert_allclose(found.flat, [0.3, 0.4])
    assert found.at_edge() == 0.5
    told = revenue.laffer_words(found)
    assert "highest at 30 %" in told
    assert "from 30 % to 40 %" in told
    assert "In 50 % of the states the highest rate tried still brings most." in told
    assert "still brings most" not in revenue.laffer_words(curve([0, 50, 20]))


def test_the_curve_is_read_from_the_sweep_by_year(sweep):
    values = {("tax_cny", (("actor", "kia"),)): [[10.0], [30.0], [50.0], [70.0]]}
    values |= {("exports_t", ()): np.ones((4, 1))}
    values |= {("price_mean", (("element", "Tb"), ("place", "china"))): np.ones((4, 1))}
    made = sweep({revenue.RATE: ["0 %", "50 %"]}, values, states=2, months=60)
    found = revenue.laffer(made)
    np.testing.assert_allclose(found.rates, [0.0, 0.5])
    np.testing.assert_allclose(found.revenue_cny, [[2, 6], [10, 14]])


def test_the_loss_of_kanpaiti_is_told_over_the_range():
    run = np.array([1e6, 1e6])
    found = Fall(
        (0, 5000), np.array([0 * run, 3 * run]), np.array([0 * run, 0.5 * run]), np.array([9 * run] * 2), run
    )
    assert "| 5,000 | 3.00 | 0.500 | 9.00 |" in revenue.fall_table(found)


# -- break-even ------------------------------------------------------------------------------------------


def test_at_its_limit_a_site_just_covers_its_cost():
    """The closed form against the law of the netback itself, with the tax put into the book."""
    drawn = world()
    population = sites.draw(drawn, Streams(drawn.root_seed, 0))
    cost, pool = costs(drawn, population, population.working)
    price = NDPR_CNY_PER_T.index(400_000.0)
    limits = breakeven.limits_by_district(drawn, population)
    kept = tuple(rule for rule in drawn.taxes if rule.point != "export_gate")
    for number, district in enumerate(drawn.districts[:2]):
        of_district = pool // len(HEADINGS) == number
        for at in (0, 3):
            share = float(limits[number][price][at])
            levy = TaxRule(district.controller, "export_gate", "ad_valorem", share, district.gate)
            netback = netback_of(drawn, (*kept, levy))(400_000.0)
            assert netback[pool[of_district][at]] == pytest.approx(cost[of_district][at])


def test_dearer_ndpr_bears_more_tax_and_more_tax_shuts_more():
    drawn = world()
    rows = breakeven.limits_by_district(drawn, sites.draw(drawn, Streams(drawn.root_seed, 0)))
    for district in rows:
        assert all((np.diff(np.array(district), axis=0) > 0).all(axis=0))


# -- leverage and stocks ---------------------------------------------------------------------------------


def test_a_week_costs_what_is_missed_over_the_weeks_shut(sweep):
    levers = {leverage.LENGTH: ["0 d", "14 d", "70 d"], leverage.TAX: ["35000 CNY/t"]}
    values = {
        (metric, tuple(sorted(about.items()))): np.array([[100.0], [96.0], [60.0]])
        for _, metric, about, _, _ in leverage.SIDES
    }
    values["price_peak", (("element", "Tb"), ("place", "china"))] = np.array([[10.0], [11.0], [15.0]])
    found = leverage.leverage(sweep(levers, values))
    np.testing.assert_allclose(found.days, [14, 70])
    for lost in found.lost:
        np.testing.assert_allclose(lost[:, 0, 0], [2.0, 4.0])
    np.testing.assert_allclose(found.price_pct[:, 0, 0], [10, 50])
    assert "| China: ore not imported | t | 2.00 | 4.00 |" in leverage.sides_table(found)


def test_the_places_of_the_sides_are_where_they_are_said_to_be():
    named = {leverage.TAX_KIA: "KIA: tax", leverage.MARGIN: "operators", leverage.ORE: "China: ore"}
    named[leverage.TERBIUM] = "China: terbium"
    assert all(leverage.SIDES[at][0].startswith(name) for at, name in named.items())


def test_an_element_is_told_by_its_own_stock_with_the_others_in_the_middle(sweep):
    levers = {
        "events.kachin_shut.lasts": ["0 d", "90 d"],
        stocks.STOCKS["Tb"]: ["0", "1", "3"],
        stocks.STOCKS["Dy"]: ["1", "2", "4"],
        stocks.EXPONENT: ["0.2", "0.9"],
    }
    shut, tb, dy, exponent = (axis.ravel() for axis in np.indices((2, 3, 3, 2)))
    peak = {"Tb": 100.0 + 10 * shut * (3 - tb), "Dy": 100.0 + 10 * shut * (3 - dy) * (1 + exponent)}
    values = {("imports_t", (("place", "myanmar"),)): (50.0 - 5 * shut)[:, None]}
    for element in ("Tb", "Dy"):
        about = (("element", element),)
        values["price_peak", (*about, ("place", "china"))] = peak[element][:, None]
        for metric in ("separated_kg", "min_cover_months", "unmet_kg"):
            values[metric, about] = (100.0 - shut)[:, None]
    found = stocks.robust(sweep(levers, values))
    np.testing.assert_allclose(found.peak_pct["Tb"][:, 0, 0], [30, 20, 10])
    np.testing.assert_allclose(found.peak_pct["Dy"][:, :, 0], [[30, 60], [20, 40], [10, 20]])
    assert stocks.span(found.imports_t) == (5.0, 5.0)
    assert "the stock alone makes 100 %" in stocks.share_of_stock(found, "Tb")
