"""What the newer laws claim: market abroad, what plants hold back, chance, India, bargaining, footprint."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sim import engine
from sim.build import build
from sim.ledger import Outcome
from sim.model.bargaining import Answer, RevenueSearch
from sim.study import prepare, simulate
from tests.worlds import KACHIN, event, registry, runs, scenario, totals, world

OPEN = event("route_opening", start="2025-07-02", id="road")
DRY, WET = slice(120, 240), slice(365, 457)


def mean(outcomes: list[Outcome], variable: str, **about: str) -> float:
    return float(np.mean([outcome.series(variable, **about).mean() for outcome in outcomes]))


# -- abroad ------------------------------------------------------------------------------------------------


def test_the_licences_of_april_2025_triple_europe_s_prices_within_a_month():
    """Observed: dysprosium 280 to 850 USD/kg, terbium 965 to 3,000, from early April to 6 May 2025."""
    plan = prepare("export_controls_2025", registry=registry())
    outcome = simulate((plan.scenario, plan.registry), 0)
    before, after = 277, 309
    for element, seen in (("Dy", 850 / 280), ("Tb", 3000 / 965)):
        price = outcome.series("price_usd_per_kg", place="ex_china", element=element)
        assert price[after] / price[before] == pytest.approx(seen, rel=0.25)


def test_the_first_premium_is_the_observed_one_and_stays_where_it_began_if_nothing_is_short():
    calm = {
        f"market.{e}.{what}": value
        for e, use, free in (("dy", 26037, 1.4), ("tb", 8590, 1.22))
        for what, value in (("exports_kg_per_month", f"{use} kg/month"), ("ex_china_premium", free))
    }
    (outcome,) = runs(1, months=12, base="steady", settings=calm)
    for element, free in (("Dy", 1.4), ("Tb", 1.22)):
        home = outcome.series("price_cny_per_kg", place="china", element=element)
        premium = outcome.series("price_usd_per_kg", place="ex_china", element=element) / (home / 1.13 / 7.29)
        assert premium == pytest.approx(np.full(premium.size, free), rel=1e-3)


def test_supply_from_elsewhere_lowers_prices_abroad_and_leaves_china_s_alone_under_licences():
    more = event("other_supply", origin="us", oxide={"Dy": "400000 kg/yr"})
    without, with_it = (runs(1, months=12, events=e)[0] for e in ([], [more]))
    at_home, abroad = {"place": "china", "element": "Dy"}, {"place": "ex_china", "element": "Dy"}
    assert (
        with_it.series("price_usd_per_kg", **abroad)[-1]
        < 0.5 * without.series("price_usd_per_kg", **abroad)[-1]
    )
    assert with_it.series("price_cny_per_kg", **at_home) == pytest.approx(
        without.series("price_cny_per_kg", **at_home), rel=1e-4
    )


# -- plants ------------------------------------------------------------------------------------------------


def test_china_exports_no_more_than_buyers_abroad_still_want():
    """A twentieth of what was bought before the licences, of which these let a seventh through."""
    slump = event("demand_shock", market="ex_china", elements=["Tb"], factor=0.05)
    free = event("export_licensing", elements=["Tb"], share=1, start="2025-08-15", lasts="10 d")
    (outcome,) = runs(1, months=2, events=[slump, free])
    wanted = next(one.use_kg_per_d for one in world().abroad.elements if one.name == "Tb") * 0.05
    exports = outcome.series("exports_kg", element="Tb")
    assert exports[30] > 2 * wanted
    assert exports[31:] == pytest.approx(wanted)


def test_a_quota_on_imported_ore_raises_prices_though_feed_piles_up():
    quota = event("imported_ore_quota", factor=0.7)
    without, with_it = (runs(1, months=12, events=e)[0] for e in ([], [quota]))
    feed = sum(
        with_it.series("feed_stock_t", place=p)[-1] for p in ("ganzhou", "guangdong", "guangxi", "jiangsu")
    )
    usual = sum(
        without.series("feed_stock_t", place=p)[-1] for p in ("ganzhou", "guangdong", "guangxi", "jiangsu")
    )
    price = {"place": "china", "element": "Tb"}
    assert feed > 1.2 * usual
    assert (
        with_it.series("price_cny_per_kg", **price)[-1]
        > 1.02 * without.series("price_cny_per_kg", **price)[-1]
    )


# -- chance ------------------------------------------------------------------------------------------------


def test_random_closures_come_at_their_rate_and_last_as_drawn():
    """Fifty replications of two years; closures of 30 d after quiet of mean 1/2 year: 3.4 in the mean."""
    random = event("random_closures", start="2025-07-01", gates=KACHIN, rate="2 1/yr", closure="30 d")
    described = scenario(months=24, events=[random])
    spells = [build(described, registry(), r).effects[0].spells for r in range(50)]
    lengths = {spell.window.end_d - spell.window.start_d for each in spells for spell in each}
    assert lengths == {30.0}
    assert np.mean([len(each) for each in spells]) == pytest.approx(730 / (365.25 / 2 + 30), rel=0.15)
    for each in spells:
        assert all(a.window.end_d < b.window.start_d for a, b in pairwise(each))


def test_random_closures_without_a_rate_take_the_historical_one():
    random = event("random_closures", start="2025-07-01", gates=KACHIN, closure="30 d")
    described = scenario(months=24, events=[random])
    worlds = [build(described, registry(), r) for r in range(60)]
    assert "borders.closure_rate_per_yr" in worlds[0].parameters_used
    assert np.mean([len(w.effects[0].spells) for w in worlds]) == pytest.approx(
        2 * 0.6 / (1 + 0.6 / 12), rel=0.3
    )


# -- india -------------------------------------------------------------------------------------------------


def test_the_route_to_india_fails_for_its_road_the_rains_and_the_want_of_a_plant():
    """Each cause alone: less road, the wet months, no plant; none is stated as a result anywhere."""
    (outcome,) = runs(1, months=16, events=[OPEN])
    delivered = outcome.series("india_delivered_t")
    assert delivered[DRY].mean() == pytest.approx(world(events=[OPEN]).india.capacity_t_per_d, rel=0.15)
    assert delivered[WET].mean() < 0.25 * delivered[DRY].mean()
    assert totals([outcome], "india_separated_kg", element="Dy")[0] == 0.0
    plant = event(
        "processing_investment", start="2025-07-02", by="india", capacity="9000 t_REO/yr", build="0 d"
    )
    built = runs(1, months=16, events=[OPEN, plant])
    assert totals(built, "india_separated_kg", element="Dy")[0] > 0.0


def test_a_cut_road_to_india_brings_less_and_guards_on_it_lose_less():
    """Both are told in the timeline as the road's own state; without the route there is no road."""
    lossy = {"india.loss_probability": 0.3}
    cut = event("road_disruption", start="2025-07-10", lasts="40 d", roads=["india", "pangwa"], passable=0.0)
    guarded = event("convoy_escort", start="2025-07-10", roads=["india"], loss_factor=0.0, interval="3 d")
    usual, without, safe = (
        runs(1, months=4, events=[OPEN, *more], settings=lossy)[0] for more in ([], [cut], [guarded])
    )
    delivered = [totals([one], "india_delivered_t")[0] for one in (usual, without, safe)]
    assert delivered[1] < 0.9 * delivered[0]
    assert delivered[2] > 1.1 * delivered[0]
    told = {(row.before, row.after) for row in without.timeline if row.target == "road india"}
    assert told == {
        ("1 x time, 1 passable", "1 x time, 0 passable"),
        ("1 x time, 0 passable", "1 x time, 1 passable"),
    }
    assert {(row.before, row.after) for row in safe.timeline if row.target == "road india"} == {
        ("0.3 lost", "0 lost")
    }
    (no_route,) = runs(1, months=2, events=[cut])
    assert {row.after for row in no_route.timeline if row.target == "road india"} <= {"no road"}


def test_a_premium_that_does_not_pay_the_freight_brings_nothing():
    low = event("price_premium", start="2025-07-02", premium=0.02)
    assert totals(runs(1, months=3, events=[OPEN, low]), "india_delivered_t")[0] == 0.0


def test_with_the_gates_shut_even_a_low_premium_pays():
    low = event("price_premium", start="2025-07-02", premium=0.02)
    shut = event("gate_closure", start="2025-07-10", gates=KACHIN)
    assert totals(runs(1, months=3, events=[OPEN, low, shut]), "india_delivered_t")[0] > 0.0


def test_a_tariff_without_oxide_from_india_has_no_effect():
    cut = event("import_tariff", start="2025-08-01", rate=0.0)
    with_it, without = (runs(1, months=2, events=e)[0] for e in ([OPEN, cut], [OPEN]))
    assert np.array_equal(with_it.daily, without.daily)
    assert [row.effect for row in with_it.timeline if row.kind == "import_tariff"] == ["no effect"]


def test_a_ban_of_who_holds_the_way_stops_it_too():
    ban = event("export_policy", start="2025-07-02", actor="kia", policy="banned")
    assert totals(runs(1, months=3, events=[OPEN, ban]), "india_delivered_t")[0] == 0.0


def test_of_two_roads_to_india_the_wider_of_the_season_counts_and_of_equals_the_faster():
    usual = {"capacity": "10 t/d", "time": "30 d", "monsoon": 0}
    better = OPEN | {"id": "better"}
    alone, faster, dry = (
        runs(1, months=6, events=[OPEN | usual, *more], settings={"india.time_cv": 0.001})[0]
        for more in (
            [],
            [better | usual | {"time": "2 d"}],
            [better | usual | {"capacity": "8 t/d", "monsoon": 1}],
        )
    )
    crossed = [np.flatnonzero(one.series("exported_t", place="pangsau"))[0] for one in (alone, faster, dry)]
    october = 31 + 31 + 30
    assert crossed[0] >= october + 25 > crossed[1] >= october
    assert crossed[2] < october
    assert faster.timeline[-1].after == "10 t/d (0 wet) in 30 d or 10 t/d (0 wet) in 2 d"


def test_what_the_pass_bears_and_its_holder_licenses_is_all_that_goes_to_india():
    """By the lane of its trucks, here 40 of 8 t, and by its share of the road's 10 t a day."""
    lane = event("gate_capacity", start="2025-07-02", gates=["pangsau"], factor=0.5 * 10 / 320)
    licence = event("export_policy", start="2025-07-02", actor="kia", policy="licensed", share=0.5)
    road = OPEN | {"monsoon": 1}
    sent = [runs(1, months=6, events=[road, *more])[0] for more in ([], [lane], [licence])]
    usual, narrow, licensed = (one.series("exported_t", place="pangsau").sum() for one in sent)
    assert narrow == pytest.approx(usual / 2, abs=3 * 8)
    assert licensed == pytest.approx(usual / 2, abs=3 * 8)


# -- bargaining --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("best", [30_000.0, 61_000.0])
def test_a_search_ends_near_the_levy_that_brings_most(best):
    search = RevenueSearch(20_000.0, 10_000.0)
    levy = search.levy_cny_per_t
    for _ in range(40):
        levy = search.move(1e9 - (levy - best) ** 2)
    assert levy == pytest.approx(best, abs=2_000)


def test_an_answer_lasts_as_long_as_it_should_and_comes_again():
    acts: list[str] = []
    answer = Answer(10.0, lambda: acts.append("shut"), lambda: acts.append("open"))
    for day in range(0, 40, 5):
        answer.look(float(day), cause=True)
    assert acts == ["shut", "open"] * (len(acts) // 2) + ["shut"] * (len(acts) % 2)
    assert acts[:4] == ["shut", "open", "shut", "open"]
    answer.end()
    assert acts.count("shut") == acts.count("open")


def test_china_answers_a_high_tax_by_shutting_and_that_costs_the_holder_trade():
    high = event("tax_change", id="high", actor="kia", point="export_gate", basis="per_t", rate="80000 CNY/t")
    rule = event("bargaining_rule", actor="kia", rule="answer_tax", limit="70000 CNY/t", answer_lasts="40 d")
    (taxed,), (answered,) = (runs(1, months=6, events=e) for e in ([high], [high, rule]))
    assert totals([answered], "imports_t", place="myanmar", heading="oxide") < totals(
        [taxed], "imports_t", place="myanmar", heading="oxide"
    )
    assert totals([taxed], "blocked_trade_cny", actor="kia")[0] == 0.0
    assert totals([answered], "blocked_trade_cny", actor="kia")[0] > 0.0


def test_a_holder_answers_a_closure_by_shutting_for_longer():
    shut = event("gate_closure", gates=["pangwa"], lasts="20 d")
    rule = event(
        "bargaining_rule",
        start="2025-07-20",
        actor="kia",
        rule="answer_closure",
        answer_lasts="60 d",
        review="5 d",
    )
    one, both = (runs(1, months=4, events=e)[0] for e in ([shut], [shut, rule]))
    for gate in ("pangwa", "kanpaiti"):
        assert both.series("exported_t", place=gate).sum() < one.series("exported_t", place=gate).sum()


def test_nobody_bargains_unless_asked():
    assert not [row for row in engine.run(world(months=3), 0).timeline if row.kind == "bargaining_rule"]


# -- footprint ---------------------------------------------------------------------------------------------


def test_the_footprint_follows_what_is_mined_and_nothing_follows_it():
    plain = world(months=3)
    twice = replace(
        plain,
        footprint=replace(plain.footprint, ore_moved_t_per_t_reo=2 * plain.footprint.ore_moved_t_per_t_reo),
    )
    a, b = engine.run(plain, 0), engine.run(twice, 0)
    moved = [index for index, key in enumerate(a.keys) if key.variable == "ore_moved_t"]
    rest = [index for index in range(len(a.keys)) if index not in moved]
    assert b.daily[moved] == pytest.approx(2 * a.daily[moved])
    assert np.array_equal(a.daily[rest], b.daily[rest])
    mined, ore = (a.series(v, place="pangwa") for v in ("mined_t", "ore_moved_t"))
    assert ore == pytest.approx(mined * plain.footprint.reo_per_gross_t * 1600)


def test_an_answer_ends_when_its_time_is_over_and_not_with_the_next_look():
    """Ten days lasted forty where the rule was looked at each forty days."""
    times = {"review": "40 d", "answer_lasts": "10 d"}
    rule = event("bargaining_rule", actor="kia", rule="answer_tax", limit="1 CNY/t", **times)
    (outcome,) = runs(1, months=5, events=[rule])
    assert [(row.day, row.after) for row in outcome.timeline] == [
        (31, "on"),
        (41, "off"),
        (71, "on"),
        (81, "off"),
        (111, "on"),
        (121, "off"),
        (151, "on"),
    ]


def test_a_holder_answers_china_and_nobody_else():
    """Neither a closure of its own nor the gap in which a gate changes hands."""
    rule = event("bargaining_rule", actor="kia", rule="answer_closure", answer_lasts="5 d", review="5 d")
    shut = event("gate_closure", gates=["pangwa"], start="2025-08-10", lasts="10 d", by="controller")
    back = event("control_change", places=["lweje"], to="kia", start="2025-08-10", gap="10 d")
    lost = event("control_change", id="lost", places=["lweje"], to="ndak", start="2025-08-02", gap="0 d")
    (outcome,) = runs(1, months=2, events=[rule, shut, lost, back])
    assert [row.after for row in outcome.timeline if row.kind == "bargaining_rule"] == ["off"]


def test_a_search_for_revenue_begins_at_the_levy_of_the_gates_whatever_is_taken_elsewhere():
    """A tax at the mines was once more put on top of the levy at the gates."""
    elsewhere = event("tax_change", actor="kia", point="site", basis="per_t", rate="20000 CNY/t")
    rule = event("bargaining_rule", actor="kia", rule="seek_revenue", review="10 d", step="1000 CNY/t")
    (outcome,) = runs(1, months=2, events=[elsewhere, rule])
    first = next(row for row in outcome.timeline if row.event == "bargaining_rule" and row.day > 31)
    assert (first.before, first.after) == ("35000 CNY/t", "36000 CNY/t")
