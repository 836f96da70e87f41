"""What the market thinks is still missed, or still to come, by hand."""

from types import SimpleNamespace

import pytest

from sim.model.market import Expectations
from sim.world import Inflow

INFLOW = {"pangwa": Inflow(40.0, {"Tb": 10.0}), "lweje": Inflow(20.0, {"Tb": 5.0})}
USUAL_T = {"pangwa": 1200.0, "lweje": 600.0}


def listener(now=0.0):
    return Expectations(SimpleNamespace(expected_closure_d=90.0), INFLOW, SimpleNamespace(now=now))


def test_what_is_held_back_is_missed_for_the_length_of_past_closures_however_old_the_closure():
    heard = listener()
    for _ in range(200):
        heard.look({"pangwa"}, lambda: USUAL_T)
        assert heard.missing_kg("Tb") == 90.0 * 10.0


def test_an_announced_closure_counts_once_and_the_more_the_nearer_it_comes():
    heard = listener(now=100.0)
    for owner, start_d in (("a", 150.0), ("b", 170.0)):
        heard.expect(owner, ("pangwa", "muse"), start_d)
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == (90.0 - 50.0) * 10.0
    heard.forget("a")
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == (90.0 - 70.0) * 10.0
    heard.forget("b")
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == 0.0


@pytest.mark.parametrize(
    ("start_d", "missed_d"), [(300.0, 0.0), (190.0, 0.0), (101.0, 89.0), (100.0, 90.0), (90.0, 90.0)]
)
def test_an_announced_closure_counts_as_far_as_it_lies_within_the_length_of_past_ones(start_d, missed_d):
    heard = listener(now=100.0)
    heard.expect("a", ("pangwa",), start_d)
    heard.look((), lambda: USUAL_T)
    assert heard.missing_kg("Tb") == missed_d * 10.0


def test_what_a_closure_left_in_the_yards_is_expected_until_they_are_as_before():
    heard = listener()
    heard.look({"pangwa"}, lambda: USUAL_T)
    for waiting_t, coming_d in (
        (5200.0, 100.0),
        (1240.0, 1.0),
        (1200.5, 0.0125),
        (1200.0, 0.0),
        (5200.0, 0.0),
    ):
        heard.look((), lambda waiting_t=waiting_t: {"pangwa": waiting_t, "lweje": 9000.0})
        assert heard.missing_kg("Tb") == pytest.approx(-coming_d * 10.0)


def test_what_a_reserve_has_promised_counts_as_coming_as_far_as_it_is_still_to_come():
    heard = listener(now=110.0)
    heard.promise("reserve", "Tb", 300.0, 100.0, 130.0)
    heard.promise("hoarder", "Tb", -50.0, 120.0, 130.0)
    heard.promise("other", "Dy", 999.0, 100.0, 130.0)
    assert heard.missing_kg("Tb") == -(300.0 * 20 / 30) + 50.0
    heard.promise("hoarder", "Tb", 0.0, 120.0, 130.0)
    assert heard.missing_kg("Tb") == -200.0
    heard.promise("reserve", "Tb", 300.0, 50.0, 100.0)
    assert heard.missing_kg("Tb") == 0.0


def test_a_sale_at_once_has_happened_a_day_later():
    heard = listener(now=100.0)
    heard.promise("reserve", "Tb", 300.0, 100.0, 100.5)
    assert heard.missing_kg("Tb") == -150.0


def test_a_quiet_market_counts_no_yards():
    def never():
        raise AssertionError("nobody need count")

    heard = listener()
    heard.look((), never)
    assert heard.missing_kg("Tb") == 0.0


def test_two_gates_held_back_are_both_missed_and_one_announced_comes_on_top():
    heard = listener(now=10.0)
    heard.expect("china", ("lweje",), 40.0)
    heard.look({"pangwa"}, lambda: USUAL_T)
    assert heard.missing_kg("Tb") == 90.0 * 10.0 + (90.0 - 30.0) * 5.0
