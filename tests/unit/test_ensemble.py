"""Calibrated sets: which numbers they replace, and which they leave alone."""

import pytest

from sim.build import build
from sim.ensemble import applied, member
from sim.evidence.reading import Faults, read_ensemble
from sim.evidence.records import Draw
from sim.inputs.text import InputError
from tests.worlds import registry, scenario

SHUT = {"kind": "gate_closure", "id": "shut", "gates": ["pangwa"], "start": "2025-07-10"}
EXPONENT = "market.cover_exponent"


def draw(path=EXPONENT, value=0.33, number=0, unit="1", only=""):
    return Draw(number, 1.0, only, path, value, unit)


def size(event, field):
    (found,) = [one for one in event.events if one.id == "shut"]
    return getattr(found, field)


def test_a_set_replaces_a_number_of_the_evidence_and_says_so():
    changed = applied(scenario(), [draw()])
    assert changed.set[EXPONENT].value.fixed_value == 0.33
    assert "calibrated" in changed.set[EXPONENT].assume


def test_a_number_that_the_scenario_sets_stays():
    own = scenario(settings={EXPONENT: 0.5})
    assert applied(own, [draw()]).set[EXPONENT].value.fixed_value == 0.5
    assert applied(own, [draw(only="baseline")]).set[EXPONENT].value.fixed_value == 0.5


def test_a_law_gives_way_only_to_a_set_for_that_scenario():
    plain = scenario().plain()
    plain["set"] = {EXPONENT: {"uniform": [0.2, 0.9], "assume": "for a test"}}
    left_open = type(scenario()).model_validate(plain)
    assert not applied(left_open, [draw()]).set[EXPONENT].value.is_fixed
    assert applied(left_open, [draw(only="baseline")]).set[EXPONENT].value.fixed_value == 0.33
    assert not applied(left_open, [draw(only="another")]).set[EXPONENT].value.is_fixed


def test_a_set_of_its_own_wins_over_the_common_one_in_any_order():
    both = [draw(only="baseline", value=0.7), draw(value=0.3)]
    assert applied(scenario(), both).set[EXPONENT].value.fixed_value == 0.7


def test_the_size_of_an_event_is_taken_where_it_is_left_open():
    left_open = scenario(events=[SHUT | {"lasts": {"uniform": [10, 40], "unit": "d"}}])
    drawn = draw("events.shut.lasts", 21.0, unit="d")
    assert size(applied(left_open, [drawn]), "lasts").fixed_value == 21.0
    given = scenario(events=[SHUT | {"lasts": "30 d"}])
    assert size(applied(given, [drawn]), "lasts").fixed_value == 30.0


def test_a_size_in_a_unit_of_something_else_is_refused():
    left_open = scenario(events=[SHUT | {"lasts": {"uniform": [10, 40], "unit": "d"}}])
    with pytest.raises(InputError, match=r"events\.shut\.lasts: 't' is the wrong unit: d, h, week"):
        applied(left_open, [draw("events.shut.lasts", 21.0, unit="t")])


def test_an_event_that_a_scenario_does_not_have_is_no_matter():
    assert applied(scenario(), [draw("events.elsewhere.share")]).events == ()


def test_replications_take_the_sets_in_turn():
    sets = [draw(value=0.3), draw(value=0.4, number=1)]
    taken = [member(scenario(), sets, r).set[EXPONENT].value.fixed_value for r in range(4)]
    assert taken == [0.3, 0.4, 0.3, 0.4]


def test_a_run_on_no_sets_is_refused():
    with pytest.raises(InputError, match="no calibrated sets"):
        member(scenario(), [], 0)


def test_the_world_is_built_from_the_set_only_where_it_is_wished():
    run = scenario().run
    on = scenario(run=run.model_dump() | {"ensemble": True})
    with_sets = registry().__class__(**(vars(registry()) | {"ensemble": (draw(),)}))
    assert build(on, with_sets).market.exponent == 0.33
    assert build(scenario(), with_sets).market.exponent == registry().parameter(EXPONENT).base


def test_a_faulty_line_of_the_file_is_told(tmp_path):
    path = tmp_path / "ensemble.csv"
    path.write_text(
        "member,loss,scenario,path,value,unit\n0,1,,market.cover_exponent,much,1\n0,1,,a.b,1,parsec\n"
    )
    faults = Faults()
    assert read_ensemble(path, faults) == ()
    assert [problem.line for problem in faults.problems] == [2, 3]
