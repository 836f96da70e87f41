"""What the model counts in whole days or sites, and what else a file says that a run would pass over."""

import pytest

from sim.evidence.holidays import unknown
from sim.study import before_running, prepare
from sim.sweeps.plan import Wish
from sim.sweeps.plan import prepare as prepare_sweep
from sim.unheld import unheld
from tests.worlds import event, registry, scenario, world

EVENTS = {
    "number: 2.5 site": "{kind: new_sites, district: pangwa, number: 2.5 site",
    "lasts: 12 h": "{kind: gate_closure, gates: [pangwa], lasts: 12 h",
    "interval: 60 h": "{kind: convoy_escort, roads: [pangwa], lasts: 30 d, interval: 60 h, loss_factor: 0.5",
    "closure: 0.2 d": "{kind: random_closures, gates: [pangwa], lasts: 30 d, closure: 0.2 d, rate: 1 1/yr",
    "": "{kind: gate_closure, gates: [pangwa], lasts: 3 month",
}
COUNTS = {"number": "2 site", "lasts": "0 d", "interval": "2 d", "closure": "1 d"}


@pytest.mark.parametrize("said", EVENTS)
def test_what_is_rounded_by_more_than_a_crumb_is_told(tmp_path, said):
    path = tmp_path / "mine.yaml"
    event = f"{EVENTS[said]}, id: mine, start: 2025-08-05}}"
    path.write_text(f"name: mine\nquestion: q\nextends: baseline\nevents:\n  - {event}\n", encoding="utf-8")
    told = list(before_running(prepare(str(path), registry=registry())))
    field, _, text = said.partition(": ")
    assert told == ([f"event mine: {field} {text} counts as {COUNTS[field]}"] if said else [])


@pytest.mark.parametrize(
    ("start", "months", "years"),
    [
        ("2032-03-01", 10, ""),
        ("2032-03-01", 12, "2033"),
        ("2010-02-22", 24, "2011 to 2012"),
        ("2018-01-01", 36, "2018"),
    ],
)
def test_a_holiday_that_the_calendar_does_not_know_is_told(start, months, years):
    period = scenario(period={"start": start, "months": 1}, months=months).period
    told = f"calendar: no spring_festival is known of {years}, and none shuts a gate"
    assert list(unknown(registry().calendar, period.start, period.end)) == ([told] if years else [])


def test_what_a_run_would_pass_over_is_told_before_it():
    said = ["period.start=2040-01-01", *(f"processing.share_{plant}=0.9" for plant in ("ganzhou", "guangxi"))]
    assert list(before_running(prepare("baseline", said, registry()))) == [
        "set processing.share_ganzhou, processing.share_guangxi: not 1 together, and taken in proportion",
        "calendar: no spring_festival is known of 2040 to 2041, and none shuts a gate",
    ]


def told_of(events=(), policies=None):
    """What is told of places and gates that the actors do not hold."""
    start = {"start_state": {"source": "a test", "policies": policies}} if policies else {}
    made = {"events": list(events), **start}
    return list(unheld(scenario(**made), world(**made)))


@pytest.mark.parametrize(
    ("point", "places", "idle"),
    [
        ("export_gate", ["mong_la", "pangwa", "muse"], "pangwa, muse"),
        ("site", ["mong_yawng", "pangwa"], "pangwa"),
        ("export_gate", ["mong_la"], ""),
        ("export_gate", None, ""),
    ],
)
def test_places_that_a_taxer_does_not_hold_are_told(point, places, idle):
    named = {} if places is None else {"places": places}
    tax = event("tax_change", actor="ndaa", point=point, basis="per_t", rate="1 CNY/t", **named)
    told = [f"event tax_change: ndaa does not hold {idle}, and takes nothing there"] if idle else []
    assert told_of([tax]) == told


def test_places_that_a_taxer_will_hold_are_its_own():
    tax = event("tax_change", actor="ndak", point="site", basis="per_t", rate="1 CNY/t", places=["pangwa"])
    assert told_of([tax])
    assert not told_of([tax, event("control_change", places=["pangwa"], to="ndak", start="2025-10-01")])


def test_a_policy_of_the_start_without_a_gate_is_told():
    assert told_of(policies={"ndak": "banned", "kia": "banned"}) == [
        "start_state.policies.ndak: ndak holds no gate, so nothing follows"
    ]
    assert not told_of([event("control_change", places=["lweje"], to="ndak")], {"ndak": "banned"})


def test_places_that_nobody_taxes_are_told_before_a_run_and_by_a_sweep(tmp_path):
    """A sweep tells of its points what a run would tell."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nquestion: q\nextends: baseline\nevents:\n"
        "  - {kind: tax_change, id: mine, actor: kia, point: site, basis: per_t, rate: 1 CNY/t,"
        " places: [mong_bawk], start: 2025-08-05}\n",
        encoding="utf-8",
    )
    told = "event mine: kia does not hold mong_bawk, and takes nothing there"
    assert told in before_running(prepare(str(path), registry=registry()))
    wish = Wish(str(path), vary=("market.noise_sd=0,0.01",))
    assert told in prepare_sweep(wish, registry()).rounded
