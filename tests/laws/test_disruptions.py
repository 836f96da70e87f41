"""Which events count as disruptions, and until when: recovery is counted from the end of the first."""

import pytest

from sim import engine
from tests.worlds import KACHIN, closure, event, world

DISRUPTIVE = [
    (closure(lasts="20 d"), 20.0),
    (event("gate_capacity", gates=KACHIN, factor=0.5, lasts="20 d"), 20.0),
    (event("mining_halt", districts=["pangwa"], share=0.5, lasts="20 d"), 20.0),
    (event("workforce_withdrawal", districts=["pangwa"], lasts="20 d"), 20.0),
    (event("reagent_embargo", gates=KACHIN, lasts="20 d"), 20.0),
    (event("export_policy", actor="kia", policy="banned", lasts="20 d"), 20.0),
    (event("control_change", places=["chipwi"], to="junta", gap="20 d"), 20.0),
]
HARMLESS = [
    closure(["muse"], lasts="20 d"),
    event("gate_capacity", gates=KACHIN, factor=2, lasts="20 d"),
    event("export_policy", actor="kia", policy="open", lasts="20 d"),
    event("driver", name="ndpr_cny_per_t", factor=0.8, lasts="20 d"),
]


@pytest.mark.parametrize(
    ("disruptive", "days"), DISRUPTIVE, ids=lambda v: v["kind"] if isinstance(v, dict) else ""
)
def test_what_holds_something_back_is_a_disruption(disruptive, days):
    outcome = engine.run(world(months=2, events=[disruptive]), 0)
    assert outcome.disruptions == ((31.0, 31.0 + days),)


def test_a_ban_that_ends_is_no_disruption():
    banned = {"source": "a test", "gates_shut": ["muse", "pangsau"], "policies": {"kia": "banned"}}
    lifted = event("export_policy", actor="kia", policy="open")
    outcome = engine.run(world(months=2, events=[lifted], start_state=banned), 0)
    assert [row.effect for row in outcome.timeline] == ["changed"]
    assert outcome.disruptions == ()


@pytest.mark.parametrize("harmless", HARMLESS, ids=lambda e: e["kind"])
def test_what_holds_nothing_back_is_none(harmless):
    assert engine.run(world(months=2, events=[harmless]), 0).disruptions == ()
