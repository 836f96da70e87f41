"""What events do to gates and roads at every strength, on a real gate and real roads."""

from types import SimpleNamespace

import pytest

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.levers.base import RoadLimits
from sim.levers.borders import Capacity, Closure, Convoys, Disruption, Embargo, Opening
from sim.model.market import Expectations
from sim.model.roads import Roads
from sim.model.taxes import TaxBook
from sim.streams import Streams
from sim.world import Inflow, TaxRule
from tests.theory.test_gate import Crossing
from tests.worlds import world


class Road:
    """Stands in for the way to India: what it was told last."""

    road_state, loss = "as usual", 0.25

    def __init__(self):
        self.told = {}

    def disrupt(self, owner, *how):
        self.told[owner] = how

    guard = disrupt


def chain(india=None, **gate):
    """One gate, the roads of the baseline, and whoever listens."""
    clock = Clock()
    shipped = world()
    roads = Roads(shipped, Streams(1, 0), [1.0], Ledger(1), clock, {}, lambda lot: None)
    crossing = Crossing(**gate).gate
    return SimpleNamespace(
        gates={"alone": crossing},
        roads=roads,
        limits=RoadLimits(),
        taxes=TaxBook(()),
        expectations=Expectations(shipped.market, {"alone": Inflow(40.0, {"Tb": 1.0})}, clock),
        holder=lambda point, place: f"{point} of {place}",
        india=india,
        closure_d=shipped.market.expected_closure_d,
    )


def lever(kind, there, **fields):
    return kind(SimpleNamespace(id="it", gates=("alone",), side="china", **fields), there)


def test_a_closure_narrows_the_gate_until_it_shuts_it_for_what_it_names():
    there = chain()
    gate, closing = there.gates["alone"], lever(Closure, there, commodities=("ore", "people"))
    for strength, left in ((0.25, 0.75), (0.999, 0.001)):
        closing.hold(strength)
        assert gate.capacity_factor("ore") == pytest.approx(left)
        assert gate.passes("ore")
        assert closing.state()["alone ore (china side)"] == f"open x {left}"
    closing.hold(1.0)
    assert closing.state() == {"alone ore (china side)": "shut", "alone people (china side)": "shut"}
    assert gate.capacity_factor("ore") == 1.0  # nothing is left of the lane's narrowing once it is shut
    assert gate.passes("reagents")
    assert gate.capacity_factor("reagents") == 1.0
    closing.lift()
    assert closing.state() == {"alone ore (china side)": "open", "alone people (china side)": "open"}


@pytest.mark.parametrize("side", ["china", "controller"])
def test_a_closure_is_of_the_side_that_it_says(side):
    there = chain()
    closing = lever(Closure, there, commodities=("ore",))
    closing.effect.side = side
    closing.hold(1.0)
    assert there.gates["alone"].shut_by_china == (side == "china")


def test_a_closure_called_off_on_its_way_leaves_nothing():
    there = chain()
    closing = lever(Closure, there, commodities=("ore",))
    closing.hold(0.5)
    closing.lift()
    assert there.gates["alone"].capacity_factor("ore") == 1.0


def test_an_announced_closure_for_ore_is_heard_by_market_and_operators_until_it_is_over():
    there = chain()
    closing = lever(Closure, there, commodities=("ore",), window=SimpleNamespace(start_d=10.0))
    assert closing.announce()
    assert there.gates["alone"].rushed
    there.expectations.look((), lambda: {"alone": 0.0})
    assert there.expectations.missing_kg("Tb") == there.closure_d - 10.0
    closing.lift()
    there.expectations.look((), lambda: {"alone": 0.0})
    assert there.expectations.missing_kg("Tb") == 0.0
    assert not there.gates["alone"].rushed


def test_nobody_hurries_before_a_closure_that_lets_ore_pass():
    there = chain()
    closing = lever(Closure, there, commodities=("people",), window=SimpleNamespace(start_d=10.0))
    assert not closing.announce()
    assert not there.gates["alone"].rushed


@pytest.mark.parametrize(
    ("factor", "strength", "left"), [(0.5, 0.5, 0.75), (0.2, 1.0, 0.2), (3.0, 0.5, 2.0), (0.5, 0.0, 1.0)]
)
def test_capacity_moves_towards_its_factor(factor, strength, left):
    there = chain()
    capacity = lever(Capacity, there, factor=factor)
    capacity.hold(strength)
    assert there.gates["alone"].capacity_factor("ore") == pytest.approx(left)
    assert capacity.state() == {"alone": f"x {left:.4g}"}
    capacity.lift()
    assert capacity.state() == {"alone": "x 1"}


def test_an_opening_opens_as_far_as_its_strength():
    there = chain(shut_at_start=True)
    opening = lever(Opening, there)
    assert opening.state() == {"alone": "shut"}
    opening.hold(0.25)
    assert there.gates["alone"].capacity_factor("ore") == 0.25
    assert opening.state() == {"alone": "open"}
    opening.lift()
    assert opening.state() == {"alone": "shut"}


def test_an_embargo_keeps_back_its_share():
    there = chain()
    embargo = lever(Embargo, there, share=0.8)
    for strength, told in ((0.5, "0.4 kept back"), (1.0, "0.8 kept back")):
        embargo.hold(strength)
        assert embargo.state() == {"alone": told}
    embargo.lift()
    assert embargo.state() == {"alone": "0 kept back"}


def test_a_disruption_slows_and_thins_the_roads_it_names():
    there = chain()
    other = next(road for road in there.roads.loss if road != "pangwa")
    slow = lever(Disruption, there, roads=("pangwa", "india"), time_factor=3.0, passable=0.5)
    slow.hold(0.5)
    assert slow.state() == {"road pangwa": "2 x time, 0.75 passable", "road india": "no road"}
    assert (there.roads.slowness[other], there.limits.share(other)) == (1.0, 1.0)
    slow.lift()
    assert slow.state()["road pangwa"] == "1 x time, 1 passable"


def test_disruptions_of_one_road_multiply_and_each_lifts_its_own():
    there = chain()
    first, second = (
        lever(Disruption, there, roads=("pangwa",), time_factor=2.0, passable=passable)
        for passable in (0.5, 0.4)
    )
    second.effect.id = "another"
    first.hold(1.0)
    second.hold(1.0)
    assert first.state() == {"road pangwa": "4 x time, 0.2 passable"}
    first.lift()
    assert second.state() == {"road pangwa": "2 x time, 0.4 passable"}


def test_a_disruption_reaches_the_road_to_india_where_there_is_one():
    there = chain(india=Road())
    slow = lever(Disruption, there, roads=("india",), time_factor=3.0, passable=0.5)
    slow.hold(1.0)
    assert there.india.told == {"it": (3.0, 0.5)}
    assert slow.state() == {"road india": "as usual"}
    slow.lift()
    assert there.india.told == {"it": (1.0, 1.0)}


def test_convoys_guard_wait_and_pay_at_every_strength_alike():
    there = chain()
    usual = there.roads.loss["pangwa"]
    fee = TaxRule("checkpoint of pangwa", "checkpoint", "per_vehicle", 500.0, "pangwa")
    convoys = lever(Convoys, there, roads=("pangwa", "india"), loss_factor=0.5, interval_d=7, fees=(fee,))
    convoys.hold(1.0)
    assert convoys.state() == {
        "road pangwa": f"{usual / 2:.4g} lost, every 7 d, pays 500 CNY per vehicle",
        "road india": "no road",
    }
    assert there.limits.share("pangwa") == 1.0
    convoys.lift()
    assert convoys.state()["road pangwa"] == f"{usual:.4g} lost, every 1 d, pays none"


def test_fees_of_convoys_come_on_top_of_what_is_paid_and_without_one_nothing_changes():
    there = chain()
    toll = TaxRule("checkpoint of pangwa", "checkpoint", "per_t", 20.0, "pangwa")
    there.taxes = TaxBook((toll,))
    version = there.taxes.version
    free = lever(Convoys, there, roads=("pangwa",), loss_factor=1.0, interval_d=1, fees=())
    free.hold(1.0)
    assert there.taxes.version == version
    fee = TaxRule("checkpoint of pangwa", "checkpoint", "per_vehicle", 500.0, "pangwa")
    paid = lever(Convoys, there, roads=("pangwa",), loss_factor=1.0, interval_d=1, fees=(fee,))
    paid.hold(1.0)
    assert paid.state()["road pangwa"].endswith("pays 20 CNY/t + 500 CNY per vehicle")
    there.taxes.apply("later", (toll,), stack=False)
    assert paid.state()["road pangwa"].endswith("pays 20 CNY/t + 500 CNY per vehicle")


def test_convoys_guard_the_road_to_india_where_there_is_one():
    there = chain(india=Road())
    convoys = lever(Convoys, there, roads=("india",), loss_factor=0.5, interval_d=7, fees=())
    convoys.hold(1.0)
    assert there.india.told == {"it": (0.5, 7)}
    assert convoys.state() == {"road india": "0.25 lost"}
    convoys.lift()
    assert there.india.told == {"it": (1.0, 1)}
