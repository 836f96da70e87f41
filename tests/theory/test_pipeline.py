"""A chain small enough to be worked out by hand, from the first day: mine, yard, road, gate, plants, money.

Twenty sites mine 2.5 t a day each, all of it oxide, and truck it off at once. The road takes 1.75 days, a
truck crosses in 1/7 of a day (a lane of 8 trucks a day less one truck of reagents), customs takes one day,
the way to the plants four. Nothing is drawn at random, and prices stand still. Day 0 is the warm-up: it is in
no series, and plants and market open on day 1.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sim import engine
from sim.changes import Effect, GateClosure, TaxRule, Window
from sim.ledger import Outcome
from sim.world import Assay, World
from tests.worlds import world

LAST_DAY = 28
SITES, SITE_T_PER_D, LOT_T = 20, 2.5, 25.0
ROAD_D, CLEARANCE_D, HAUL_D = 1.75, 1.0, 4.0
CROSSING_D = 1 / (8 - 1)
REO_PER_T, KG_PER_T_REO, RECOVERY = 0.92, {"Dy": 37.0, "Tb": 5.6}, 0.95
FLOW_T_REO = SITES * SITE_T_PER_D * REO_PER_T  # 46 a day: what the plants can take, and what the mines give
FEED_D, PROCESS_D = 5, 10
EXPORT_CNY_PER_T, SITE_CNY_PER_D, VAT = 35_000.0, 100.0, 0.13
FREIGHT_CNY_PER_T, COST_CNY_PER_T = 1_000.0, 50_000.0
QUOTE_CNY_PER_T = 0.989 * 0.92 * (0.25 * 444_500 + 0.036 * 1_625_000 + 0.0055 * 7_115_000)


def small_world(effects: tuple[Effect, ...] = ()) -> World:
    """The shipped world with all but one district, one gate and two regions taken out, and all chance."""
    full = world()
    pangwa = next(district for district in full.districts if district.name == "pangwa")
    gate = next(gate for gate in full.gates if gate.name == "pangwa")
    calm = (1.0,) * 12
    return replace(
        full,
        days=LAST_DAY,
        warmup_d=1,
        districts=(
            replace(pangwa, sites=SITES, road=replace(pangwa.road, time_d=ROAD_D, freight_cny_per_t=1_000.0)),
        ),
        gates=(replace(gate, trucks_per_d=8.0, detours=()),),
        inflow={gate.name: full.inflow[gate.name]},
        mining=replace(
            full.mining,
            capacity_t_per_d=SITE_T_PER_D,
            capacity_sigma=0.0,
            compound_site_share=0.0,
            block_tonnage_t=1e9,  # nobody reaches the end of a block
            block_sigma=0.0,
            blocks_per_site=1.0,
            yard_dwell_d=1.0,
            reagent_t_per_t_reo=LOT_T / FLOW_T_REO,  # one truckload a day
            cash_cost_cny_per_t=COST_CNY_PER_T,
            cost_sigma=0.0,
            cost_growth_per_d=0.0,
        ),
        seasons=replace(full.seasons, normal_output=calm, severe_output=calm, road_time=calm),
        landslides=replace(full.landslides, per_season=0.0),
        haulage=replace(
            full.haulage,
            lot_t=LOT_T,
            time_cv=0.0,
            loss_probability=0.0,
            gate_to_plant_d=HAUL_D,
            leak_share=0.0,
        ),
        border=replace(full.border, clearance_d=CLEARANCE_D, clearance_sigma=0.0, holidays=()),
        taxes=(
            TaxRule("kia", "export_gate", "per_t", EXPORT_CNY_PER_T, "pangwa"),
            TaxRule("kia", "site", "lump_sum", SITE_CNY_PER_D, "pangwa"),
            TaxRule("china", "import", "ad_valorem", VAT, ""),
        ),
        assay=Assay({"oxide": REO_PER_T, "compound": 0.38}, KG_PER_T_REO),
        separation=replace(
            full.separation,
            domestic_t_reo_per_d=0.0,
            origins_t_per_d={"laos": 0.0},
            regions={"ganzhou": 0.6, "jiangsu": 0.4},
            recycled_kg_per_d={"Dy": 100.0, "Tb": 10.0},
            start_throughput_t_reo_per_d=FLOW_T_REO,
            feed_d=FEED_D,
            process_d=PROCESS_D,
            recovery=RECOVERY,
            run_response=0.0,
            short_feed_d=1.0,
            run_cap=1.0,
        ),
        market=replace(
            full.market,
            exponent=0.0,
            noise_sd=0.0,
            elements=tuple(replace(element, growth_per_d=0.0) for element in full.market.elements),
        ),
        effects=effects,
    )


@cache
def outcome(effects: tuple[Effect, ...] = ()) -> Outcome:
    return engine.run(small_world(effects), 0)


def days(first: dict[int, float], rest: float = 50.0) -> np.ndarray:
    """A daily series from day 0: the given days, nothing on days left out, `rest` after the last of them."""
    return np.array([first.get(day, rest if day > max(first) else 0.0) for day in range(LAST_DAY + 1)])


LOADED_T = days({0: 100.0})  # the yard starts with a day's output, so the first day sends off two days'
ARRIVED_T = days({1: 100.0})  # at three quarters of the next day
# Four trucks that come on day 1.75 cross at 1.75 and 1.89, then 2.04 and 2.18; two a day after that.
CROSSED_T = days({1: 50.0, 2: 100.0})
QUEUED_T = days({1: 50.0, 2: 0.0}, rest=0.0)
# Cleared 8/7 days after they begin to cross: 2.89, 3.04, 3.18, 3.32; then 0.89 and 1.04 of each two days.
IMPORTED_T = days({2: 25.0, 3: 100.0})
FED_T = days({6: 25.0, 7: 100.0})  # four days later
# Feed for five days, one day without, half a batch on day 7 from the first truck, full ones after the next
# four. The plants step at midnight, so what comes on day 6 is there on day 7.
BATCHES_T_REO = days(dict.fromkeys(range(1, 6), FLOW_T_REO) | {6: 0.0, 7: FLOW_T_REO / 2}, rest=FLOW_T_REO)


def test_quote():
    assert outcome().series("ore_price_cny_per_t") == pytest.approx(QUOTE_CNY_PER_T)


def test_mine_yard_and_road():
    found = outcome()
    assert found.series("mined_t", place="pangwa") == pytest.approx(50.0)
    assert found.series("shipped_t", place="pangwa") == pytest.approx(LOADED_T[1:])
    assert found.series("mine_stock_t", place="pangwa") == pytest.approx(0.0)
    assert found.series("gate_arrived_t", place="pangwa") == pytest.approx(ARRIVED_T[1:])
    assert found.series("reagent_t", place="pangwa") == pytest.approx(25.0)


def test_gate_and_customs():
    found = outcome()
    assert found.series("exported_t", place="pangwa") == pytest.approx(CROSSED_T[1:])
    assert found.series("gate_queue_t", place="pangwa") == pytest.approx(QUEUED_T[1:])
    assert found.series("imports_t", place="myanmar", heading="oxide") == pytest.approx(IMPORTED_T[1:])
    waits = [0.0, CROSSING_D, 2 * CROSSING_D, 3 * CROSSING_D] + [0.0, CROSSING_D] * (LAST_DAY - 1)
    assert found.waits_d["pangwa"] == pytest.approx(waits, abs=1e-9)


def test_everything_between_yard_and_plants_is_queued_or_in_transit():
    on_the_way = np.cumsum(LOADED_T) - np.cumsum(FED_T) - QUEUED_T
    assert outcome().series("in_transit_t") == pytest.approx(on_the_way[1:])


def test_plants():
    found = outcome()
    feed = FLOW_T_REO * FEED_D + np.cumsum(FED_T * REO_PER_T - BATCHES_T_REO)
    for region, share in (("ganzhou", 0.6), ("jiangsu", 0.4)):
        assert found.series("feed_stock_t", place=region) == pytest.approx(feed[1:] * share)
    done = np.concatenate([[0.0], [FLOW_T_REO] * PROCESS_D, BATCHES_T_REO[1:-PROCESS_D]])
    held = FLOW_T_REO * PROCESS_D + np.cumsum(BATCHES_T_REO - done)
    in_process = sum(found.series("in_process_t", place=place) for place in ("ganzhou", "jiangsu"))
    assert in_process == pytest.approx(held[1:])
    for element, kg_per_t in KG_PER_T_REO.items():
        separated = done[1:] * kg_per_t * RECOVERY
        assert found.series("separated_kg", element=element) == pytest.approx(separated)


def test_oxide_stock():
    """Prices stand still, so orders are what they were: nothing is priced out."""
    found = outcome()
    for element in small_world().market.elements:
        supply = found.series("separated_kg", element=element.name) + {"Dy": 100.0, "Tb": 10.0}[element.name]
        orders = element.demand_kg_per_d + element.exports_kg_per_d
        stock = element.start_stock_kg + np.cumsum(supply - orders)
        assert found.series("oxide_stock_kg", element=element.name) == pytest.approx(stock)
        assert found.series("price_cny_per_kg", element=element.name, place="china") == pytest.approx(
            element.start_price_cny_per_kg
        )


def test_taxes_and_margin():
    found = outcome()
    crossed, imported = CROSSED_T[1:], IMPORTED_T[1:]
    kia = crossed * EXPORT_CNY_PER_T + SITES * SITE_CNY_PER_D
    vat = imported * QUOTE_CNY_PER_T * VAT / (1 + VAT)
    assert found.series("tax_cny", actor="kia") == pytest.approx(kia)
    assert found.series("tax_cny", actor="china") == pytest.approx(vat)
    margin = crossed * (QUOTE_CNY_PER_T - FREIGHT_CNY_PER_T) - kia - vat - 50.0 * COST_CNY_PER_T
    assert found.series("operator_margin_cny") == pytest.approx(margin)


def test_netback():
    paid = EXPORT_CNY_PER_T + SITE_CNY_PER_D / SITE_T_PER_D + FREIGHT_CNY_PER_T
    netback = QUOTE_CNY_PER_T / (1 + VAT) - paid
    assert outcome().series("netback_cny_per_t", place="pangwa") == pytest.approx(netback)


def test_a_gate_shut_for_five_days():
    """Ore stops on day 10; what is on the road waits; on day 15 the yard's six days go at once."""
    shut = GateClosure("shut", Window(10.0, 10.0, 15.0, 0.0), ("pangwa",), "china", ("ore",))
    found = outcome((shut,))
    loaded = days(
        {0: 100.0} | dict.fromkeys(range(1, 10), 50.0) | dict.fromkeys(range(10, 15), 0.0) | {15: 300.0}
    )
    assert found.series("shipped_t", place="pangwa") == pytest.approx(loaded[1:])
    # Two trucks of day 9 (arrived 10.75) wait to day 15. The twelve of day 15 come at 16.75 and cross every
    # seventh of a day: two on day 16, seven on day 17, three on day 18 ahead of the two of 17.75 and, from
    # 18.75 on, the two of that day. Then all is as before.
    crossed = days(
        {1: 50.0, 2: 100.0}
        | dict.fromkeys(range(3, 10), 50.0)
        | {10: 0.0, 15: 50.0, 16: 50.0, 17: 175.0, 18: 175.0}
    )
    assert found.series("exported_t", place="pangwa") == pytest.approx(crossed[1:])
    queued = days(
        {1: 50.0, 2: 0.0} | dict.fromkeys(range(10, 15), 50.0) | {16: 250.0, 17: 125.0, 18: 0.0}, 0.0
    )
    assert found.series("gate_queue_t", place="pangwa") == pytest.approx(queued[1:])
    assert found.series("mine_stock_t", place="pangwa")[9:15] == pytest.approx([50, 100, 150, 200, 250, 0])
    assert found.waits_d["pangwa"].max() == pytest.approx(15 - 10.75 + CROSSING_D)
