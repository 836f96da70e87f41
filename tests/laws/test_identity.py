"""Two scenarios are the same, bit for bit, until they differ; what does nothing changes nothing."""

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import engine
from sim.ledger import Outcome
from sim.world import Gate
from tests.laws.strategies import any_event
from tests.worlds import KACHIN, closure, event, same, world

NOTHING = [
    closure(["muse"]),
    closure(lasts="0 d"),
    event("gate_capacity", gates=KACHIN, factor=1),
    event("gate_opening", gates=["kanpaiti"]),
    event("gate_opening", gates=["kanpaiti"], lasts="10 d"),
    event("gate_opening", gates=["kanpaiti"], ramp="20 d"),
    event("gate_capacity", gates=["muse"], factor=0.5, ramp="9 d"),
    event("tax_change", actor="kia", point="export_gate", basis="per_t", rate="35000 CNY/t", lasts="40 d"),
    event("tax_change", actor="kia", point="site", basis="ad_valorem", rate=0, stack=True),
    event("tax_change", actor="ndak", point="site", basis="per_t", rate="9000 CNY/t"),
    event("tax_change", actor="kia", point="checkpoint", basis="in_kind", rate=0),
    event("tax_change", actor="kia", point="site", basis="lump_sum", rate="200000 CNY/yr"),
    event("control_change", places=["pangwa", "momauk", "lweje"], to="kia"),
    event("control_change", places=["pangwa", "momauk", "lweje"], to="kia", gap="0 d", lasts="9 d"),
    event("export_policy", actor="kia", policy="open", lasts="20 d"),
    event("export_policy", actor="uwsa", policy="licensed", share=1),
    event("export_policy", actor="ndak", policy="banned"),
    event("mining_halt", districts=["pangwa"], share=0, lasts="9 d"),
    event("mining_halt", districts=["pangwa"], lasts="0 d"),
    event("workforce_withdrawal", districts=["pangwa", "mong_hsat"], share=0, ramp="9 d"),
    event("workforce_withdrawal", districts=["pangwa"], lasts="0 d", ramp="9 d"),
    event("reagent_embargo", gates=KACHIN, share=0, lasts="20 d"),
    event("reagent_embargo", gates=KACHIN, lasts="0 d"),
    event("driver", name="ndpr_cny_per_t", factor=1),
    event("market_news", element="Tb", jump=0),
]


@pytest.mark.parametrize("nothing", NOTHING, ids=lambda e: f"{e['kind']}-{sorted(e.items())[0][1]}")
def test_an_event_that_does_nothing_changes_no_number(nothing):
    with_event = engine.run(world(months=2, events=[nothing]), 0)
    assert same(plain(0, 2), with_event)
    assert with_event.timeline
    assert {row.effect for row in with_event.timeline} == {"no effect"}
    assert with_event.disruptions == ()


def test_a_tax_at_a_gate_nothing_crosses_changes_no_number():
    levy = event("tax_change", actor="junta", point="export_gate", basis="per_t", rate="9000 CNY/t")
    assert same(engine.run(world(months=2), 0), engine.run(world(months=2, events=[levy]), 0))


def test_an_idle_gate_changes_no_other_number():
    plain_world = world(months=2)
    idle = Gate("idle", "kia", trucks_per_d=5.0, shut_at_start=False)
    more = engine.run(replace(plain_world, gates=(idle, *plain_world.gates)), 0)
    plain = engine.run(plain_world, 0)
    kept = [index for index, key in enumerate(more.keys) if key.place != "idle"]
    assert len(kept) == len(more.keys) - 3
    assert (more.daily[kept] == plain.daily).all()


def test_an_observer_changes_no_number_and_sees_each_day():
    seen = []
    watched = engine.run(world(months=2), 0, [lambda day, book: seen.append((day, len(book)))])
    assert same(watched, engine.run(world(months=2), 0))
    assert [day for day, _ in seen] == list(range(180 + 62))


@cache
def plain(replication: int, months: int = 3) -> Outcome:
    """Nothing happens."""
    return engine.run(world(replication, months=months), replication)


differences = st.one_of(
    st.builds(
        lambda gates, announced_before, lasts: closure(
            sorted(gates), announced=f"2025-08-{21 - announced_before:02}", lasts=f"{lasts} d"
        ),
        st.sets(st.sampled_from([*KACHIN, "wa_menga"]), min_size=1),
        st.integers(0, 20),
        st.integers(1, 200),
    ),
    st.builds(lambda f: event("gate_capacity", gates=KACHIN, factor=f, ramp="9 d"), st.floats(0, 0.8)),
    st.builds(
        lambda rate: event("tax_change", actor="kia", point="site", basis="ad_valorem", rate=rate),
        st.floats(0.05, 1),
    ),
    st.builds(lambda f: event("driver", name="ndpr_cny_per_t", factor=f), st.floats(0.3, 0.9)),
    st.builds(lambda jump: event("market_news", element="Dy", jump=jump), st.floats(0.05, 1)),
    st.builds(
        lambda rate: event("tax_change", actor="kia", point="export_gate", basis="in_kind", rate=rate),
        st.floats(0.05, 1),
    ),
    st.builds(
        lambda place, to: event("control_change", places=[place], to=to),
        st.sampled_from(["pangwa", "chipwi", "kanpaiti", "mong_bawk"]),
        st.sampled_from(["ndak", "junta"]),
    ),
    st.builds(
        lambda policy: event("export_policy", actor="kia", **policy),
        st.sampled_from(
            [{"policy": "banned"}, {"policy": "stock_only"}, {"policy": "licensed", "share": 0.3}]
        ),
    ),
    st.builds(
        lambda kind, share: event(kind, districts=["chipwi", "mong_bawk"], share=share, ramp="9 d"),
        st.sampled_from(["mining_halt", "workforce_withdrawal"]),
        st.floats(0.1, 1),
    ),
    st.builds(lambda share: event("reagent_embargo", gates=KACHIN, share=share), st.floats(0.05, 1)),
)


@settings(max_examples=30, deadline=None)
@given(differences, st.integers(0, 3))
def test_scenarios_are_identical_until_their_first_difference(difference, replication):
    """Announced closures, with their rush, until they are announced; all else until it starts."""
    difference = {**difference, "start": "2025-08-21"}
    known_from = int(difference.get("announced", "2025-08-21")[-2:]) - 1 + 31
    changed = engine.run(world(replication, months=3, events=[difference]), replication)
    assert same(plain(replication), changed, before_day=known_from)
    assert not same(plain(replication), changed)


@settings(max_examples=15, deadline=None)
@given(any_event, st.integers(0, 3))
def test_any_event_is_without_trace_before_it_is_known(event, replication):
    """Closures and reserves may act from their announcement on, all else from its start."""
    heard = event["announced"] if event["kind"] in ("gate_closure", "stockpile_trade") else event["start"]
    before_day = (date.fromisoformat(heard) - date(2025, 7, 1)).days
    changed = engine.run(world(replication, months=3, events=[event | {"id": "any"}]), replication)
    assert same(plain(replication), changed, before_day=before_day)


def test_a_setting_differs_from_the_start():
    plain = engine.run(world(months=2), 0)
    changed = engine.run(world(months=2, settings={"market.cover_exponent": 0.3}), 0)
    assert not same(plain, changed, before_day=1)


def test_the_same_run_twice_is_the_same():
    assert same(engine.run(world(3), 3), engine.run(world(3), 3))
    assert not same(engine.run(world(3), 3), engine.run(world(4), 4))
