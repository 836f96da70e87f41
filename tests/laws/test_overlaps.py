"""Events that overlap: each ends by itself and leaves what the others do alone."""

import numpy as np
import pytest

from tests.worlds import closure, event, runs, same, totals

NO_NOISE = {"market.noise_sd": 0}


def crossed(outcome, gate, first, last):
    return outcome.series("exported_t", place=gate)[first:last].sum()


def test_a_gate_stays_open_until_the_last_of_its_openings_ends():
    """Muse takes what Pangwa cannot, while it is open: its own flow is nothing, so a detour shows it."""
    openings = [
        event("gate_opening", id="first", gates=["muse"], start="2025-08-01", lasts="20 d"),
        event("gate_opening", id="second", gates=["muse"], start="2025-08-11", lasts="30 d"),
    ]
    (outcome,) = runs(1, months=3, events=openings)
    changes = [(row.day, row.before, row.after) for row in outcome.timeline]
    assert changes == [
        (31, "shut", "open"),
        (41, "open", "open"),
        (51, "open", "open"),
        (71, "open", "shut"),
    ]


def test_a_closure_for_reagents_that_ramps_up_does_not_slow_ore():
    """Up to the last step of the ramp, when the lane is free of reagents."""
    ramped = closure(commodities=["reagents"], ramp="50 d")
    embargo = event("reagent_embargo", gates=["pangwa", "kanpaiti", "lweje"], ramp="50 d")
    (slow,), (held,) = runs(1, events=[ramped]), runs(1, events=[embargo])
    for gate in ("pangwa", "kanpaiti"):
        assert slow.waits_d[gate].max() < 1.0
        assert crossed(slow, gate, 31, 85) == pytest.approx(crossed(held, gate, 31, 85), rel=0.05)
    assert totals([slow], "reagent_t", place="pangwa")[0] < totals(runs(1), "reagent_t", place="pangwa")[0]


def test_reagents_that_nobody_wants_any_more_leave_the_lane_to_ore():
    """A truck waits for the one it came with: 1/6 d beside reagents, 1/12 d once all sites have stopped."""
    lane = {"borders.gate_trucks_per_d": "12 truck/d", "roads.time_cv": 0}
    halt = event("mining_halt", districts=["pangwa"], start="2025-08-01")
    (busy,), (idle,) = runs(1, months=3, settings=lane), runs(1, months=3, events=[halt], settings=lane)
    assert idle.series("reagent_t", place="pangwa")[31:].sum() == 0.0
    for outcome, last in ((busy, 1 / 6), (idle, 1 / 12)):
        waits = outcome.waits_d["pangwa"]
        assert waits[waits > 1e-9][-1] == pytest.approx(last)


def test_crews_that_left_come_back_in_their_time_whoever_else_holds_the_sites():
    crews = event("workforce_withdrawal", districts=["pangwa"], start="2025-08-01", lasts="10 d", back="90 d")
    order = event("mining_halt", districts=["pangwa"], start="2025-08-05", lasts="20 d")
    both, alone = (
        runs(1, months=7, events=events)[0].series("sites_operating", place="pangwa")
        for events in ([crews, order], [crews])
    )
    away = slice(31 + 25, 31 + 99)
    assert both[away].max() < 0.1 * both[30]
    assert both[31 + 140] == pytest.approx(alone[31 + 140], rel=0.1)


def test_who_loses_a_place_before_the_agreement_is_paid_nothing_for_it():
    first = event("control_change", id="first", places=["chipwi"], to="ndak", start="2025-08-01", gap="40 d")
    second = event(
        "control_change", id="second", places=["chipwi"], to="junta", start="2025-08-21", gap="40 d"
    )
    (outcome,) = runs(1, events=[first, second])
    ndak, junta = (outcome.series("tax_cny", actor=actor) for actor in ("ndak", "junta"))
    assert ndak[31:51].min() > 0
    assert ndak[51:].sum() == 0.0
    assert junta[:51].sum() == 0.0


def test_a_detour_is_no_way_around_the_ban_of_who_holds_it():
    """Kanpaiti's ore would turn to Pangwa, which another actor holds and lets nothing pass."""
    held = event("control_change", id="held", places=["pangwa"], to="ndak", start="2025-07-02", gap="0 d")
    ban = event("export_policy", id="ban", actor="ndak", policy="banned", start="2025-07-02")
    shut = closure(["kanpaiti"], start="2025-08-01", lasts="60 d")
    (free,) = runs(1, events=[held, shut])
    (banned,) = runs(1, events=[held, ban, shut])
    assert free.series("diverted_t").sum() > 0
    assert banned.series("diverted_t").sum() == 0.0


def test_stock_that_was_not_let_out_does_not_leave_at_once_when_the_policy_ends():
    """The yards pass to open trade with what they hold, and send it off at stock / dwell."""
    stock_only = event("export_policy", actor="kia", policy="stock_only", lasts="90 d")
    (outcome,) = runs(1, months=6, events=[stock_only])
    for district in ("pangwa", "chipwi", "momauk"):
        shipped = outcome.series("shipped_t", place=district)
        stock = outcome.series("mine_stock_t", place=district)
        flow = (stock[120] + outcome.series("mined_t", place=district)[121]) / 30
        assert shipped[31 + 75 : 121].sum() == 0.0
        assert shipped[121] <= flow + 2 * 25.0
        assert shipped[121:131].sum() > 5 * flow


def test_policies_of_one_actor_the_latest_counts_and_the_one_before_comes_back():
    ban = event("export_policy", id="ban", actor="kia", policy="banned", start="2025-08-01", lasts="60 d")
    free = event("export_policy", id="free", actor="kia", policy="open", start="2025-08-11", lasts="10 d")
    (outcome,) = runs(1, events=[ban, free])
    shipped, leaks_t = outcome.series("shipped_t", place="pangwa"), 25.0
    assert shipped[31:41].max() <= leaks_t
    assert shipped[41:51].sum() > 200.0
    assert shipped[51:91].max() <= leaks_t
    assert shipped[91:101].sum() > 200.0


def test_closures_of_both_sides_compose_and_the_order_of_their_ends_does_not_matter():
    def both(china, kia):
        return [
            closure(["pangwa"], id="china_shuts", lasts=china),
            closure(["pangwa"], id="kia_shuts", by="controller", lasts=kia),
        ]

    (a,), (b,) = runs(1, events=both("20 d", "40 d")), runs(1, events=both("40 d", "20 d"))
    assert crossed(a, "pangwa", 31, 71) == 0.0
    assert crossed(a, "pangwa", 71, 80) > 0.0
    assert same(a, b, before_day=51)
    np.testing.assert_array_equal(
        a.series("exported_t", place="pangwa"), b.series("exported_t", place="pangwa")
    )


def test_a_tax_that_ramps_up_ends_where_the_place_is_lost_meanwhile_and_tells_what_was_won():
    """The Kachin gates change hands in the middle of both ramps."""
    lost = event("tax_change", id="lost", actor="kia", point="export_gate", basis="per_t", rate="70000 CNY/t",
                 places=["pangwa"], ramp="20 d")  # fmt: skip
    won = lost | {"id": "won", "actor": "ndak"}
    falls = event("control_change", id="falls", places=["pangwa"], to="ndak", start="2025-08-10", gap="0 d")
    (outcome,) = runs(1, months=2, events=[lost, won, falls])
    told = {(row.event, row.target): (row.before, row.after) for row in outcome.timeline}
    assert told["lost", "export_gate pangwa"] == ("35000 CNY/t", "none")
    assert told["won", "export_gate pangwa"] == ("none", "70000 CNY/t")


def test_an_escort_is_paid_for_to_a_holder_who_held_nothing_at_the_start():
    falls = event("control_change", id="falls", places=["pangwa"], to="junta", start="2025-07-02", gap="0 d")
    escort = event("convoy_escort", roads=["pangwa"], loss_factor=1, fee="20000 CNY")
    without, paid = (totals(runs(1, months=2, events=e), "tax_cny", actor="junta")[0]
                     for e in ([falls], [falls, escort]))  # fmt: skip
    assert paid > without + 20_000


def test_a_ramp_that_the_end_of_event_or_run_cuts_off_is_told_as_far_as_it_came():
    ramped = event("demand_shock", elements=["Dy"], factor=2, start="2025-07-12", ramp="40 d")
    cut = closure(["pangwa"], start="2025-07-12", commodities=["ore"], lasts="5 d", ramp="20 d")
    (outcome,) = runs(1, months=1, events=[ramped, cut])
    told = [(row.day, row.event, row.before, row.after) for row in outcome.timeline]
    assert told == [
        (15, "gate_closure", "open", "open x 0.75"),
        (16, "gate_closure", "open x 0.75", "open"),
        (30, "demand_shock", "x 1", "x 1.5"),
    ]


def test_an_announcement_that_nobody_heeds_is_told_of_every_kind_of_event():
    dated = event("driver", name="cny_per_usd", start="2025-07-12", announced="2025-07-03",
                  series={"2025-07-12": "7 CNY/USD"})  # fmt: skip
    chance = event("random_closures", gates=["muse"], rate="0 1/yr", closure="3 d", announced="2025-07-05")
    (outcome,) = runs(1, months=2, events=[dated, chance])
    heard = [(row.day, row.event, row.after) for row in outcome.timeline if row.target == "announcement"]
    assert heard == [(2, "driver", "unnoticed"), (4, "random_closures", "unnoticed")]


def test_of_two_that_begin_on_one_day_the_later_in_the_file_counts_whichever_was_announced():
    """Announced or not: the first of the file was put last by its announcement."""
    for announced in ({}, {"announced": "2025-07-10"}):
        ban = event("export_policy", id="ban", actor="kia", policy="banned", **announced)
        free = event("export_policy", id="free", actor="kia", policy="open")
        (outcome,) = runs(1, months=2, events=[ban, free])
        assert [row.after for row in outcome.timeline if row.target == "kia"] == ["banned", "open"]
