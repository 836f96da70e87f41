"""What `sim check` tells of the events of a scenario."""

import pytest

from sim.scenario.model import Scenario
from sim.scenario.timeline import timeline


@pytest.fixture
def moments():
    """The timeline of one event, as (date, what)."""

    def of(**event):
        scenario = Scenario.model_validate(
            {
                "name": "demo",
                "question": "What is told?",
                "period": {"start": "2025-07-01", "months": 12},
                "run": {"replications": 1, "root_seed": 1},
                "events": [{"id": "it", "start": "2025-08-01", **event}],
            }
        )
        return timeline(scenario)

    return of


CLOSURE = {"kind": "gate_closure", "gates": ["pangwa", "lweje"]}


def test_start_and_end_of_a_closure(moments):
    begins, ends = moments(**CLOSURE, lasts="30 d")
    assert (begins.date_text, begins.target) == ("2025-08-01", "pangwa, lweje")
    assert begins.what == "begins: by china, commodities ore reagents people"
    assert (ends.date_text, ends.what) == ("2025-08-31", "ends")


def test_an_announcement_comes_first_and_at_the_start_is_none(moments):
    first, *_ = moments(**CLOSURE, announced="2025-07-15")
    assert (first.date_text, first.what) == ("2025-07-15", "announced")
    assert len(moments(**CLOSURE, announced="2025-08-01")) == 1


def test_a_given_end_and_no_end(moments):
    assert moments(**CLOSURE, end="2025-09-01")[-1].date_text == "2025-09-01"
    assert [moment.what.split(":")[0] for moment in moments(**CLOSURE)] == ["begins"]


def test_the_end_of_a_drawn_length_is_marked(moments):
    ends = moments(**CLOSURE, lasts={"uniform": [20, 40], "unit": "d"})[-1]
    assert ends.date_text == "~2025-08-31"
    assert ends.what == "ends after uniform(20, 40) d"


def test_quantities_flags_and_ramps_are_told(moments):
    (tax,) = moments(
        kind="tax_change",
        actor="kia",
        point="export_gate",
        basis="per_t",
        rate="50000 CNY/t",
        stack=True,
        ramp="14 d",
    )
    assert tax.target == "kia"
    for part in ("rate 50000 CNY/t", "stack true", "ramp 14 d", "basis per_t"):
        assert part in tax.what


def test_each_level_of_a_series(moments):
    levels = {"2025-08-01": "500000 CNY/t", "2025-10-01": "400000 CNY/t"}
    told = moments(kind="driver", name="ndpr_cny_per_t", series=levels)
    assert [(one.date_text, one.what) for one in told] == [
        ("2025-08-01", "level 500000 CNY/t"),
        ("2025-10-01", "level 400000 CNY/t"),
    ]


def test_targets_are_actors_before_places(moments):
    tax = {"kind": "tax_change", "actor": "kia", "point": "site", "basis": "in_kind", "rate": "20 %"}
    (told,) = moments(**tax, places=["pangwa"])
    assert told.target == "kia"
    assert told.what == "begins: point site, basis in_kind, rate 20 %, places pangwa, stack false"
    control = {"kind": "control_change", "places": ["pangwa", "lweje"], "to": "kia"}
    begins, ends = moments(**control, gap="30 d", lasts="60 d")
    assert (begins.target, begins.what, ends.what) == ("pangwa, lweje", "begins: to kia, gap 30 d", "ends")
    policy = {"kind": "export_policy", "actor": "kia", "policy": "licensed", "share": "20 %"}
    (told,) = moments(**policy)
    assert (told.target, told.what) == ("kia", "begins: policy licensed, share 20 %")
    for kind in ("mining_halt", "workforce_withdrawal"):
        (told,) = moments(kind=kind, districts=["chipwi"])
        assert (told.target, told.what) == ("chipwi", "begins: share 1")
    (told,) = moments(kind="reagent_embargo", gates=["pangwa"])
    assert (told.target, told.what) == ("pangwa", "begins: share 1")
