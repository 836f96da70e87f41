"""What the model counts in whole days or sites, and a file says more finely."""

import pytest

from sim.study import before_running, prepare
from tests.worlds import registry

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
