"""The order in which constraints bind, and from which values on, on a route made by hand."""

import numpy as np
import pytest

from sim.analysis import india
from sim.analysis.india import Constraint, Flow


def made(settings):
    """Terbium needs a plant and is then the road times what the season leaves; ore needs no plant."""
    found = dict(setting.split("=") for setting in settings)
    road, season = float(found["road"].split()[0]), float(found["season"])
    plant = "events.plant.capacity" not in found
    ore = road * (0.6 + 0.4 * season)
    share = ore / 1000 if plant else 0.0
    return Flow(*(np.array([value]) for value in (ore, ore * plant, ore / 1000, share)))


@pytest.fixture
def by_hand(monkeypatch):
    constraints = [
        Constraint("season", "1", "season", 0.0, tuple(np.linspace(0, 1, 33))),
        Constraint("road", "t/d", "road", 10.0, tuple(np.linspace(2, 322, 33))),
        Constraint("plant", "month", "build", None, tuple(range(84, 18, -2))),
    ]
    monkeypatch.setattr(india, "constraints", lambda _: constraints)
    asked = []

    def flows(_, settings, replications):
        asked.extend(settings)
        return [made(setting) for setting in settings]

    monkeypatch.setattr(india, "flows", flows)
    return asked


def test_the_constraint_that_brings_most_is_lifted_first(by_hand):
    steps = india.ladder(None, 1)
    assert [step.lifted for step in steps] == [
        "today",
        "plant: no plant → 20 month",
        "road: 10 t/d → 322 t/d",
        "season: 0 % → 100 %",
    ]
    assert [float(step.flow.tb_kg[0]) for step in steps] == pytest.approx([0, 6, 193.2, 322])
    told = india.ladder_words(steps)
    assert "bind in this order: plant, road and season" in told
    assert "With plant alone lifted India makes 0.600 % of China's terbium; with all, 32.2 %" in told
    assert "| 2 | road: 10 t/d → 322 t/d |" in india.ladder_table(steps)


def test_the_worst_value_that_still_reaches_a_share(by_hand):
    found = {(need.constraint.name, need.share): need for need in india.needed(None, (0.1, 0.4))}
    road = found["road", 0.1]
    assert road.value == 102.0  # the first of 2, 12, 22 … that is 100 or more
    assert not road.always
    assert found["road", 0.4].value is None
    assert found["season", 0.1].always
    assert len({tuple(setting) for setting in by_hand}) == len(by_hand), "a setting was run twice"
    rows = india.needed_table(list(found.values()), None).splitlines()
    assert rows[2] == "| season | 0 % | even at 0 % | never |"
    assert rows[3] == "| road | 10 t/d | 102 t/d | never |"
    assert rows[4].startswith("| plant | no plant | even at 84 month |")


def test_the_sweep_as_a_table(sweep):
    levers = {india.CAPACITY: ["2 t/d", "40 t/d"], india.PREMIUM: ["0", "0.3"], india.BUILD: ["36 month"]}
    capacity, premium = (axis.ravel() for axis in np.indices((2, 2)))
    values = {
        ("india_separated_kg", (("element", "Tb"),)): (100.0 * capacity * premium)[:, None],
        ("india_delivered_t", ()): (5.0 * capacity)[:, None],
    }
    found = india.grid(sweep(levers, values))
    assert found.tb_kg[1, 1, 0, 0] == 100.0
    assert india.grid_table(found).splitlines()[-1] == "| 40 | 30 % | 5.00 | 100 |"
