"""What the model counts in whole days or sites, and a file says more finely."""

import pytest

from sim.evidence.holidays import unknown
from sim.study import before_running, prepare
from tests.worlds import registry, scenario

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
