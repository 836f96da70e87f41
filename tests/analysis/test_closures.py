from datetime import date

import numpy as np
import pytest

from sim.analysis import closures, exposure, removal, survival
from sim.analysis.halving import last_held
from sim.analysis.runs import Bench, with_events
from sim.ledger import Key
from sim.results.variables import OXIDES
from tests.worlds import ALL_GATES, world


def runs(made):
    """The same for both elements, cover a hundredth of what is made."""
    return [{element: (np.array(one), np.array(one) / 100) for element in OXIDES} for one in made]


def test_what_is_missing_is_counted_from_the_first_day_of_the_closure():
    usual, own = [10.0] * 6, [10.0, 10.0, 4.0, 8.0, 13.0, 10.0]
    found = closures.course(2.0, 2, runs([own]), runs([usual]))
    np.testing.assert_allclose(found.missing["Tb"], [[6, 8, 5, 5]])
    np.testing.assert_allclose(found.lost["Tb"], [5])
    np.testing.assert_allclose(found.delayed["Tb"], [3])
    np.testing.assert_allclose(found.lowest("Dy"), [0.04])
    assert found.day_of("Tb", 0.5) == [0]
    assert "| 2 | 2.50 | 1.50 | 0 |" in closures.cost_table([found], "Tb")


def test_the_day_by_which_a_share_is_missing():
    usual, own = [10.0] * 10, [10.0] * 2 + [9.0] * 8
    found = closures.course(1.0, 2, runs([own]), runs([usual]))
    assert found.day_of("Tb", 0.5) == [3]  # four of eight on the fourth day
    assert found.day_of("Tb", 1.0) == [7]


# -- survival --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [-1, 0, 1, 17, 34, 35])
def test_halving_finds_the_last_step_that_holds(limit):
    asked = []

    def holds(pairs):
        asked.extend(pairs)
        return [step <= limit for _, step in pairs]

    assert last_held(holds, 1, 36).tolist() == [limit]
    assert len(asked) <= 7
    assert len(set(asked)) == len(asked)


def test_questions_are_halved_side_by_side():
    limits, rounds = [3, -1, 9, 6], []

    def holds(pairs):
        rounds.append(len(pairs))
        return [step <= limits[number] for number, step in pairs]

    assert last_held(holds, 4, 10).tolist() == limits
    assert rounds[0] == 4
    assert len(rounds) <= 5


def weeks(outcome, **series):
    flat = {Key("demand_kg", element="Tb"): 100.0, Key("demand_kg", element="Dy"): 100.0}
    named = {
        Key("unmet_kg", element="Tb"): series.get("unmet", 0.0),
        Key("price_cny_per_kg", place="china", element="Tb"): series.get("price", 10.0),
    }
    return survival.seen(outcome(100, series=flat | named))


def test_a_run_fails_by_what_the_closure_leaves_unfilled_and_only_in_time(outcome):
    usual = weeks(outcome, unmet=4.0)
    late = np.where(np.arange(100) >= 60, 20.0, 4.0)
    own = weeks(outcome, unmet=late)
    filled, _, price = survival.TESTS
    assert survival.survived(own, usual, filled, until_d=50)
    assert not survival.survived(own, usual, filled, until_d=90)
    assert survival.survived(own, own, filled, until_d=90)  # short without the closure, too
    dear = weeks(outcome, price=np.where(np.arange(100) >= 60, 20.0, 10.0))
    assert survival.survived(dear, usual, price, until_d=31)
    assert not survival.survived(dear, usual, price, until_d=90)


def test_limits_in_words():
    days = np.array([0.0, 30.0, 45.0, np.inf, np.inf])
    assert survival.limit_text(days) == "45 [under 15; over 540]"
    assert survival.limit_text(np.array([30.0, 30.0])) == "30"


# -- exposure and removal --------------------------------------------------------------------------------


def test_concentration_by_month(outcome):
    day = np.arange(62)
    run = outcome(
        62,
        series={
            Key("exported_t", place="pangwa"): 3.0,
            Key("exported_t", place="kanpaiti"): np.where(day < 31, 1.0, 3.0),
            Key("exported_t", place="pangsau"): 50.0,
            Key("controlled_t", actor="kia"): np.where(day < 31, 4.0, 3.0),
            Key("controlled_t", actor="uwsa"): np.where(day < 31, 0.0, 3.0),
            Key("imports_t", place="myanmar", heading="oxide"): 3.0,
            Key("imports_t", place="laos", heading="oxide"): 1.0,
        },
    )
    found = exposure.by_class(date(2025, 7, 1), run)
    np.testing.assert_allclose(exposure.concentration(found["gates"]), [10 / 16, 0.5])
    np.testing.assert_allclose(exposure.concentration(found["controllers"]), [1.0, 0.5])
    np.testing.assert_allclose(exposure.concentration(found["origins"]), [10 / 16, 10 / 16])


def test_each_part_of_the_chain_is_taken_away_by_events_of_a_scenario(tmp_path):
    base = Bench(1, tmp_path).baseline
    parts = removal.taken_away(world())
    names = {(kind, name) for kind, name, _ in parts}
    assert {("gate", gate) for gate in ALL_GATES} <= names
    assert {("controller", actor) for actor in ("kia", "uwsa", "ndaa")} <= names
    assert {("plant region", "ganzhou"), ("district", "mong_hsat")} <= names
    assert len(names) == len(parts)
    (events,) = (events for kind, name, events in parts if (kind, name) == ("controller", "kia"))
    assert events[0]["districts"] == ["pangwa", "chipwi", "momauk"]
    assert events[1]["gates"] == ["pangwa", "kanpaiti", "lweje"]
    for _, _, events in parts:
        assert len(with_events(base, *events).events) == len(events)


def test_the_one_that_is_missed_most_of_each_kind():
    one = np.ones(3)
    found = [
        removal.Removal(kind, name, kg * one, one, one, one)
        for kind, name, kg in (("controller", "kia", 9), ("gate", "pangwa", 5), ("gate", "lweje", 1))
    ]
    told = removal.words(found)
    assert told.index("controller kia (9.00 kg") < told.index("gate pangwa (5.00 kg")
    assert "lweje" not in told
    assert removal.ranking(found).splitlines()[3].startswith("| 2 | gate | pangwa | 5.00 |")
