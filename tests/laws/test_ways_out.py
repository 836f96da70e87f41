"""Shut gates, detours, leaks, policies, rushes: which way ore goes, and how much of it.

What is usual in a district is what its first sites can mine a day; trucks are whole, so each pool (oxide,
compound) of a district may be a truckload ahead.
"""

from dataclasses import replace

import numpy as np
import pytest

from sim import engine, sites
from sim.kernel import Clock
from sim.ledger import Ledger, Outcome
from sim.lot import Lot, Waybill
from sim.model.roads import Roads
from sim.streams import Streams
from sim.world import World
from tests.worlds import KACHIN, closure, event, runs, totals, world

LOT_T, POOLS = 25.0, 2
SHUT_D = 60
SHUT = slice(31, 31 + SHUT_D)
GATE_OF = {"pangwa": "pangwa", "chipwi": "kanpaiti", "momauk": "lweje"}
NO_LEAK = {"borders.leak_share": 0}


def usual_t_per_d(world: World, replication: int, district: str) -> float:
    """What a district's sites at work on the first day can mine in a day."""
    population = sites.draw(world, Streams(world.root_seed, replication))
    index = [each.name for each in world.districts].index(district)
    return float(population.capacity_t_per_d[population.working & (population.district == index)].sum())


def kanpaiti_shut(replications: int, **changes: object) -> list[Outcome]:
    return runs(replications, events=[closure(["kanpaiti"], lasts=f"{SHUT_D} d")], **changes)


# -- detours ----------------------------------------------------------------------------------------------


def test_ore_of_a_shut_gate_turns_to_the_next_and_less_of_it_crosses():
    plain, shut = runs(3), kanpaiti_shut(3)
    for before, after in zip(plain, shut, strict=True):
        diverted = after.series("diverted_t")
        assert before.series("diverted_t").sum() == 0.0
        assert diverted[:31].sum() == 0.0
        assert diverted[SHUT].sum() > 0.0
        assert after.series("exported_t", place="kanpaiti")[SHUT].sum() == 0.0
        more = after.series("exported_t", place="pangwa") - before.series("exported_t", place="pangwa")
        assert more[SHUT].sum() == pytest.approx(diverted[SHUT].sum(), abs=2 * LOT_T)
        chipwi = [o.series("shipped_t", place="chipwi")[SHUT].sum() for o in (before, after)]
        assert 0.0 < chipwi[1] < chipwi[0]


def test_never_more_than_the_divert_share_of_the_usual_flow_is_diverted():
    for share in (0.2, 0.9):
        settings = NO_LEAK | {"roads.divert_share": share}
        for replication, outcome in enumerate(kanpaiti_shut(3, settings=settings)):
            usual = usual_t_per_d(world(replication), replication, "chipwi")
            sent = np.cumsum(outcome.series("shipped_t", place="chipwi")[SHUT])
            most = share * usual * np.arange(1, SHUT_D + 1) + POOLS * LOT_T
            assert (sent <= most).all()
            assert outcome.series("diverted_t").sum() <= sent[-1]
            assert sent[-1] > 0.5 * share * usual * SHUT_D


def test_no_detour_no_diversion():
    """A region whose gates are all shut, and a gate that has no other near it."""
    assert totals(runs(1, events=[closure(lasts="60 d")]), "diverted_t")[0] == 0.0
    shut_world = world(events=[closure(["kanpaiti"], lasts="60 d")])
    gates = tuple(replace(gate, detours=()) for gate in shut_world.gates)
    assert engine.run(replace(shut_world, gates=gates), 0).series("diverted_t").sum() == 0.0


@pytest.mark.parametrize("month_factor", [1.0, 2.5])
def test_a_detour_takes_its_extra_days_in_any_season(month_factor):
    calm = world(settings={"roads.time_cv": 0, "roads.loss_probability": 0})
    arrivals, clock = [], Clock()
    gates = dict.fromkeys(("kanpaiti", "pangwa"), lambda lot: arrivals.append(clock.now))
    roads = Roads(calm, Streams(1, 0), [month_factor], Ledger(1), clock, gates, id)
    roads.send(Lot(Waybill(LOT_T, "oxide", "chipwi", "kanpaiti")))
    roads.send(Lot(Waybill(LOT_T, "oxide", "chipwi", "pangwa", diverted=True)))
    clock.run(100)
    assert np.diff(arrivals) == pytest.approx([calm.haulage.divert_d * month_factor])


def test_a_detour_costs_its_kilometres():
    shut = world(events=[closure(["kanpaiti"], lasts="60 d")])
    free = replace(shut, haulage=replace(shut.haulage, divert_cny_per_t=0.0))
    paid, unpaid = engine.run(shut, 0), engine.run(free, 0)
    cost = unpaid.series("operator_margin_cny") - paid.series("operator_margin_cny")
    assert cost == pytest.approx(paid.series("diverted_t") * shut.haulage.divert_cny_per_t, abs=1e-3)


# -- leaks ------------------------------------------------------------------------------------------------


def test_ore_leaks_only_behind_a_gate_that_lets_nothing_out():
    """Not in ordinary times, nor on holidays (the Spring Festival lies in the warm-up and in February)."""
    (plain,) = runs(1, months=9)
    assert plain.series("exported_t", place="pangwa")[210:240].min() == 0.0  # the holidays
    assert plain.series("leaked_t").sum() == 0.0
    (shut,) = runs(1, events=[closure(lasts=f"{SHUT_D} d")])
    assert shut.series("leaked_t")[:31].sum() == 0.0
    assert shut.series("leaked_t")[SHUT].sum() > 0.0
    assert shut.series("leaked_t")[SHUT.stop :].sum() == 0.0


@pytest.mark.parametrize("leak_share", [0, 0.02, 0.05])
def test_never_more_than_the_leak_share_of_the_usual_flow_leaks(leak_share):
    changes = {"settings": {"borders.leak_share": leak_share}}
    (outcome,) = runs(1, events=[closure(lasts=f"{SHUT_D} d")], **changes)
    days, leaked = np.arange(1, SHUT_D + 1), np.zeros(SHUT_D)
    for district in GATE_OF:
        most = leak_share * usual_t_per_d(world(), 0, district) * days
        sent = np.cumsum(outcome.series("shipped_t", place=district)[SHUT])
        assert (sent <= most + 1e-6).all()
        leaked += sent
    assert np.cumsum(outcome.series("leaked_t")[SHUT]) == pytest.approx(leaked)
    assert bool(leaked[-1]) == bool(leak_share)


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_leaked_lots_are_recorded_as_laotian_in_about_the_stated_share(share):
    """Exact at 0 and 1; between, within 3.3 standard deviations of a binomial (one seed in a thousand)."""
    settings = {
        "borders.leak_share": 0.05,
        "borders.leak_recorded_as_laos": share,
        "processing.other_supply_elasticity": 0,
    }
    outcomes = runs(4, months=8, events=[closure(lasts="180 d")], settings=settings)
    leaked = sum(totals(outcomes, "leaked_t")) / LOT_T
    laos = [o.series("imports_t", place="laos", heading=h) for o in outcomes for h in ("oxide", "compound")]
    own = sum(days.size * days[0] for days in laos)
    recorded = (sum(days.sum() for days in laos) - own) / LOT_T
    assert leaked > 100
    assert abs(recorded - share * leaked) <= 3.3 * (leaked * share * (1 - share)) ** 0.5 + 1e-6


def test_leaked_ore_pays_nobody():
    (outcome,) = runs(
        1, months=5, events=[closure(lasts="150 d")], settings={"taxes.kia.site_cny_per_yr": "0 CNY/yr"}
    )
    leaked = outcome.series("leaked_t")[60:].sum()
    assert leaked > 0.0
    assert outcome.series("tax_cny", actor="kia")[60:].sum() == 0.0


# -- export policies --------------------------------------------------------------------------------------


def policy(name: str, **fields: object) -> dict[str, object]:
    return event("export_policy", actor="kia", policy=name, **fields)


def test_a_ban_lets_nothing_out_though_gates_are_open():
    (outcome,) = runs(1, events=[policy("banned")], settings=NO_LEAK)
    for district, gate in GATE_OF.items():
        assert outcome.series("shipped_t", place=district)[31:].sum() == 0.0
        assert outcome.series("exported_t", place=gate)[31 + 5 :].sum() == 0.0
    assert outcome.series("reagent_t", place="pangwa")[31:60].sum() > 0.0
    assert outcome.series("exported_t", place="wa_menga")[31:].sum() > 0.0


def test_stock_only_lets_out_what_lay_there_and_nothing_more():
    outcomes = runs(3, months=9, events=[policy("stock_only")], settings=NO_LEAK)
    for outcome in outcomes:
        for district in GATE_OF:
            stock = outcome.series("mine_stock_t", place=district)[30]
            stock += outcome.series("mined_t", place=district)[31]
            sent = outcome.series("shipped_t", place=district)[31:].sum()
            assert stock - POOLS * LOT_T < sent <= stock


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_licences_let_out_at_most_their_share_of_the_usual_flow(share):
    for replication, outcome in enumerate(runs(2, events=[policy("licensed", share=share)])):
        days = np.arange(1, 31 + 62)
        for district in GATE_OF:
            usual = usual_t_per_d(world(replication), replication, district)
            sent = np.cumsum(outcome.series("shipped_t", place=district)[31:])
            assert (sent <= share * usual * days + POOLS * LOT_T).all()
            assert sent[-1] > 0.6 * share * usual * days[-1] - POOLS * LOT_T


def test_more_licences_let_out_more():
    sent = [
        totals(runs(1, events=[policy("licensed", share=share)]), "shipped_t", place="chipwi")[0]
        for share in (0, 0.3, 0.6, 1)
    ]
    assert sent == sorted(sent)
    assert sent[3] == totals(runs(1), "shipped_t", place="chipwi")[0]


# -- rushes -----------------------------------------------------------------------------------------------


def test_an_announced_closure_draws_a_rush_to_its_gates_only():
    def known(announced):
        return closure(KACHIN, announced=announced, start="2025-09-15", lasts="60 d")

    told, untold = (runs(3, events=[known(day)]) for day in ("2025-08-20", "2025-09-15"))
    between = slice(50, 76)
    for district in GATE_OF:
        rushed, usual = (
            sum(o.series("shipped_t", place=district)[between].sum() for o in many) for many in (told, untold)
        )
        assert rushed > 1.1 * usual
    for a, b in zip(told, untold, strict=True):
        shan = [o.series("shipped_t", place="mong_bawk")[between] for o in (a, b)]
        np.testing.assert_array_equal(*shan)


def test_operators_hurry_in_may_and_empty_their_yards_before_the_rains():
    year = world(months=12)
    calm = replace(year, seasons=replace(year.seasons, rush=(False,) * 12))
    hurried, even = engine.run(year, 0), engine.run(calm, 0)
    april, may, june = slice(274, 304), slice(304, 335), 335
    for district in ("pangwa", "chipwi"):
        sent = [o.series("shipped_t", place=district) for o in (hurried, even)]
        stock = [o.series("mine_stock_t", place=district) for o in (hurried, even)]
        assert sent[0][april].sum() == pytest.approx(sent[1][april].sum(), rel=0.03)
        assert sent[0][may].sum() > 1.1 * sent[1][may].sum()
        assert stock[0][june] < 0.9 * stock[1][june]
