"""A gate against queueing theory, and its lane against arithmetic.

Confidence intervals are 99.9 % t-intervals over independent replications from fixed seeds: a gate that obeys
the theory would fail one seed in a thousand per figure.
"""

from collections.abc import Callable, Iterator
from math import factorial
from re import fullmatch

import numpy as np
import pytest

from sim.inputs.fields import ID_PATTERN
from sim.kernel import Clock, Phase, Version
from sim.ledger import Ledger
from sim.lot import Lot, Waybill
from sim.model.borders import FROM_THE_START, HOLIDAY, Gate
from sim.streams import Streams
from sim.world import Border
from sim.world import Gate as GateData

T_999 = {20: 3.883}
"""Two-sided 99.9 % quantile of Student's t by number of replications."""
CLEARANCE_D = 0.5
BOOKS = ("gate_arrived_t", "exported_t", "gate_queue_t")


class Crossing:
    """One gate alone on a clock, and what it told of."""

    def __init__(
        self,
        trucks_per_d: float = 10.0,
        lanes: int = 1,
        pace: Callable[[], float] | None = None,
        *,
        shut_at_start: bool = False,
        sigma: float = 0.0,
    ) -> None:
        self.clock, self.ledger = Clock(), Ledger(1)
        self.version = Version()
        self.crossed_d: list[float] = []
        self.cleared_d: list[float] = []
        self.cleared: list[Lot] = []
        self.gate = Gate(
            GateData("alone", "kia", trucks_per_d, shut_at_start, lanes=lanes),
            Border(CLEARANCE_D, sigma, ()),
            Streams(1, 0),
            self.ledger,
            self.clock,
            lambda lot: self.crossed_d.append(self.clock.now),
            self.clear,
            self.version,
            pace,
        )

    def clear(self, lot: Lot, cleared_d: float) -> None:
        self.cleared.append(lot)
        self.cleared_d.append(cleared_d)

    def at(self, day: float, action: Callable[[], object]) -> None:
        """Do something to the gate on a day."""
        self.clock.at(day, Phase.EVENTS, lambda _: action())

    def queue(self, lots: int, day: float = 0.0) -> None:
        """Trucks that arrive together."""
        for _ in range(lots):
            self.at(day, lambda: self.gate.arrive(Lot(Waybill(25.0, "oxide", "pangwa", "alone"))))

    def run(self, days: int) -> None:
        """Let time pass, and notice the trucks that have left the lane by then."""
        self.clock.run(days)
        self.gate.settle()

    @property
    def waits_d(self) -> np.ndarray:
        return np.array(self.ledger.waits_d["alone"].waited_d)


# -- M/M/c ------------------------------------------------------------------------------------------------


def erlang_c(lanes: int, load: float) -> float:
    """Share of arrivals that wait; load: arrival rate over the rate of one lane."""
    busy = load**lanes / factorial(lanes) / (1 - load / lanes)
    return busy / (sum(load**k / factorial(k) for k in range(lanes)) + busy)


def random_arrivals(rng: np.random.Generator, per_d: float, count: int) -> Iterator[float]:
    return iter(np.cumsum(rng.exponential(1 / per_d, count)).tolist())


def simulate(lanes: int, utilisation: float, seed: int, count: int = 8000, warm: int = 1000) -> np.ndarray:
    """Waits of `count` trucks that arrive at random, crossing times exponential, after `warm` others."""
    rng = np.random.default_rng(seed)
    crossing = Crossing(10.0, lanes, iter(rng.exponential(size=count + warm).tolist()).__next__)
    arrivals = random_arrivals(rng, 10.0 * utilisation, count + warm)

    def arrive(_: None = None) -> None:
        crossing.gate.arrive(Lot(Waybill(25.0, "oxide", "pangwa", "alone")))
        follow()

    def follow() -> None:
        day = next(arrivals, None)
        if day is not None:
            crossing.clock.at(day, Phase.ARRIVALS, arrive)

    follow()
    crossing.run(100_000)
    return crossing.waits_d[warm:]


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "utilisation"), [(1, 0.7), (3, 0.8)])
def test_waits_at_a_gate_are_those_of_m_m_c(lanes, utilisation):
    waits = np.array([simulate(lanes, utilisation, seed) for seed in range(20)])
    share = erlang_c(lanes, lanes * utilisation)
    mean_d = share / (10.0 * (1 - utilisation))
    for seen, expected in [((waits > 0).mean(axis=1), share), (waits.mean(axis=1), mean_d)]:
        half_width = T_999[20] * seen.std(ddof=1) / 20**0.5
        assert half_width < 0.15 * expected
        assert abs(seen.mean() - expected) < half_width


# -- the lane ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inbound", "crossing_d"),
    [(0.0, 1 / 10), (4.0, 1 / 6), (5.0, 1 / 5), (9.0, 1 / 5), (50.0, 1 / 5)],
)
def test_reagents_slow_ore_but_leave_it_half_of_the_lane(inbound, crossing_d):
    crossing = Crossing(10.0)
    crossing.queue(4)
    crossing.at(0.0, lambda: crossing.gate.reagents(inbound))
    crossing.queue(4, day=1.0)
    crossing.run(5)
    assert np.diff(crossing.crossed_d[4:]) == pytest.approx([crossing_d] * 3)


def test_reagents_have_the_lane_to_themselves_while_no_ore_waits():
    crossing = Crossing(10.0)
    assert crossing.gate.reagents(8.0) == 8.0
    assert crossing.gate.reagents(30.0) == 10.0
    crossing.queue(3)
    crossing.run(1)
    crossing.gate.shut("flood", ("ore",))
    crossing.gate.arrive(Lot(Waybill(25.0, "oxide", "pangwa", "alone")))
    assert crossing.gate.reagents(30.0) == 5.0


@pytest.mark.parametrize("inbound", [5.5, 6.0, 9.0])
def test_reagents_that_filled_the_lane_leave_half_of_it_to_the_first_ore_that_comes(inbound):
    crossing = Crossing(10.0)
    assert crossing.gate.reagents(inbound) == inbound
    crossing.queue(2)
    crossing.run(1)
    assert crossing.crossed_d == pytest.approx([0.0, 1 / 5])


@pytest.mark.parametrize(("factor", "passed"), [(0.5, 5.0), (2.0, 20.0)])
def test_factors_narrow_or_widen_the_lane_of_reagents(factor, passed):
    gate = Crossing(10.0).gate
    gate.scale("works", factor, ("reagents",))
    assert gate.reagents(30.0) == passed
    assert gate.reagents(1.0) == 1.0


def test_embargoes_keep_back_the_product_of_their_shares():
    gate = Crossing(10.0).gate
    gate.withhold("one", 0.5)
    gate.withhold("two", 0.2)
    assert gate.reagents(5.0) == pytest.approx(2.0)
    assert gate.reagents_kept_back == pytest.approx(0.6)
    gate.withhold("one", 0.0)
    assert gate.reagents(5.0) == pytest.approx(4.0)


def test_a_shut_gate_holds_its_queue_and_serves_it_first_come_first_served():
    crossing = Crossing(10.0)
    crossing.at(0.0, lambda: crossing.gate.shut("china", ("ore",)))
    crossing.at(0.0, lambda: crossing.gate.shut("kia", ("ore",)))
    crossing.queue(3, day=1.0)
    crossing.at(2.0, lambda: crossing.gate.reopen("china"))
    crossing.at(4.0, lambda: crossing.gate.reopen("kia"))
    crossing.run(9)
    assert crossing.crossed_d == pytest.approx([4.0, 4.1, 4.2])
    assert crossing.cleared_d == pytest.approx([4.1 + CLEARANCE_D, 4.2 + CLEARANCE_D, 4.3 + CLEARANCE_D])
    assert crossing.waits_d == pytest.approx([3.0, 3.1, 3.2])


def test_factors_multiply_and_an_end_lifts_only_its_own():
    crossing = Crossing(10.0)
    crossing.gate.scale("one", 0.5)
    crossing.gate.scale("two", 0.5)
    crossing.at(1.0, lambda: crossing.gate.scale("one", 1.0))
    crossing.queue(2)
    crossing.queue(2, day=1.0)
    crossing.run(5)
    assert crossing.crossed_d == pytest.approx([0.0, 0.4, 1.0, 1.2])


def test_twice_the_trucks_cross_in_half_the_time():
    crossing = Crossing(10.0)
    crossing.gate.scale("works", 2.0)
    crossing.queue(3)
    crossing.run(1)
    assert crossing.crossed_d == pytest.approx([0.0, 0.05, 0.1])
    assert crossing.gate.capacity_factor("ore") == 2.0


def test_a_crossing_takes_as_many_times_longer_as_its_pace_says():
    paces = iter([1.0, 3.0, 0.5])
    crossing = Crossing(10.0, pace=lambda: next(paces))
    crossing.queue(3)
    crossing.run(2)
    assert crossing.cleared_d == pytest.approx([0.1 + CLEARANCE_D, 0.4 + CLEARANCE_D, 0.45 + CLEARANCE_D])


def test_a_truck_caught_by_a_slow_gate_finishes_at_the_pace_of_the_gate_it_is_then():
    crossing = Crossing(10.0)
    crossing.gate.scale("inspection", 0.001)
    crossing.queue(3)
    crossing.at(10.0, lambda: crossing.gate.scale("inspection", 1.0))
    crossing.run(200)
    left = 1 - 10 * 0.01  # of the first crossing, which takes 100 days at a hundredth of a truck a day
    assert crossing.crossed_d == pytest.approx([0.0, 10 + left / 10, 10 + left / 10 + 0.1])
    assert crossing.cleared_d[0] == pytest.approx(10 + left / 10 + CLEARANCE_D)


def test_a_truck_caught_in_the_middle_by_a_factor_takes_that_much_longer_for_the_rest():
    crossing = Crossing(1.0)
    crossing.queue(2)
    crossing.at(0.25, lambda: crossing.gate.scale("inspection", 0.5))
    crossing.at(0.75, lambda: crossing.gate.scale("inspection", 0.25))
    crossing.run(20)
    first_d = 0.25 + 0.25 / 0.5 + 0.5 / 0.25
    assert crossing.crossed_d == pytest.approx([0.0, first_d])
    assert crossing.cleared_d == pytest.approx([first_d + CLEARANCE_D, first_d + 4.0 + CLEARANCE_D])


def test_a_gate_shut_at_the_start_is_as_open_as_the_widest_of_its_openings():
    crossing = Crossing(1.0, shut_at_start=True)
    gate = crossing.gate
    assert not gate.passes("ore")
    assert gate.held_by_event("ore")
    gate.open_up("one", 0.25)
    gate.open_up("two", 0.5)
    assert gate.passes("reagents")
    assert gate.capacity_factor("ore") == 0.5
    gate.open_up("two", 0.0)
    assert gate.capacity_factor("ore") == 0.25
    gate.open_up("one", 0.0)
    assert not gate.passes("people")


# -- what a gate says of itself ---------------------------------------------------------------------------


def test_a_holiday_shuts_a_gate_and_is_no_event():
    gate = Crossing().gate
    gate.shut(HOLIDAY, ("ore", "people"))
    assert (gate.state("ore"), gate.state("reagents")) == ("shut", "open")
    assert not gate.held_by_event("ore")
    assert not gate.shut_by_event("ore")
    gate.shut("china", ("ore",))
    assert gate.held_by_event("ore")
    assert gate.shut_by_event("ore")
    assert not gate.shut_by_event("reagents")
    gate.reopen(HOLIDAY)
    assert not gate.passes("ore")
    assert gate.passes("people")
    gate.reopen("china")
    assert gate.passes("ore")


def test_an_event_named_as_a_holiday_is_shuts_the_gate_until_it_ends_itself():
    gate = Crossing().gate
    gate.shut("holiday", ("ore",))
    assert gate.shut_by_event("ore")
    gate.shut(HOLIDAY, ("ore",))
    gate.reopen(HOLIDAY)
    assert not gate.passes("ore")
    assert gate.held_by_event("ore")


def test_the_end_of_an_opening_of_any_name_leaves_a_gate_open_that_always_was():
    gate = Crossing().gate
    gate.open_up("always", 1.0)
    gate.open_up("always", 0.0)
    assert gate.passes("ore")
    assert not fullmatch(ID_PATTERN, FROM_THE_START)
    assert not fullmatch(ID_PATTERN, HOLIDAY)


def test_a_gate_knows_whether_china_is_among_those_who_shut_it_for_ore():
    gate = Crossing().gate
    gate.shut(HOLIDAY, ("ore",))
    gate.shut("holder", ("ore",))
    gate.shut("no_chemicals", ("reagents",), by_china=True)
    assert not gate.shut_by_china
    gate.shut("china", ("ore",), by_china=True)
    assert gate.shut_by_china
    gate.reopen("china")
    assert not gate.shut_by_china


def test_a_gate_without_capacity_is_held_and_not_shut_by_an_event():
    gate = Crossing().gate
    gate.scale("flood", 0.0, ("ore",))
    gate.shut("china", ("ore",))
    assert gate.held_by_event("ore")
    assert not gate.shut_by_event("ore")
    assert (gate.capacity_factor("ore"), gate.capacity_factor("people")) == (0.0, 1.0)
    gate.reopen("china")
    assert gate.held_by_event("ore")
    assert not gate.passes("ore")


def test_an_announced_closure_is_rushed_before_until_it_comes_or_is_called_off():
    gate = Crossing().gate
    assert not gate.rushed
    gate.expect_closure("china")
    gate.expect_closure("kia")
    gate.reopen("kia")
    assert gate.rushed
    gate.shut("china", ("ore",))
    assert not gate.rushed


def test_a_gate_shut_to_reagents_lets_none_in_and_keeps_none_back():
    gate = Crossing().gate
    gate.shut("china", ("reagents",))
    assert gate.reagents(5.0) == 0.0
    assert gate.reagents_kept_back == 0.0


def test_the_version_grows_with_every_change_of_what_may_pass():
    """All gates share one, so that none may leave it while it changes."""
    crossing = Crossing()
    gate, seen = crossing.gate, [crossing.version.number]
    for change in (
        lambda: gate.shut("china", ("ore",)),
        lambda: gate.reopen("china"),
        lambda: gate.scale("flood", 0.5),
        lambda: gate.withhold("china", 0.5),
        lambda: gate.expect_closure("kia"),
        lambda: gate.open_up("one", 1.0),
    ):
        change()
        seen.append(crossing.version.number)
    assert seen == sorted(set(seen))
    gate.open_up("one", 0.0)
    assert gate.passes("ore")  # openings are for gates that are shut at the start


def test_the_books_of_a_gate():
    """Three trucks at noon of a day on which two cross: one waits over midnight."""
    crossing = Crossing(4.0)
    crossing.queue(3, day=0.5)
    crossing.at(0.99, lambda: crossing.gate.record())
    crossing.clock.run(1)
    books = {name: crossing.ledger.series(name, place="alone")[0] for name in BOOKS}
    assert books == {"gate_arrived_t": 75.0, "exported_t": 50.0, "gate_queue_t": 25.0}
    assert crossing.gate.queue_t == 25.0


def test_lanes_serve_side_by_side_each_as_much_slower():
    crossing = Crossing(10.0, lanes=2)
    crossing.queue(4)
    crossing.run(2)
    assert crossing.crossed_d == pytest.approx([0.0, 0.0, 0.2, 0.2])
    assert crossing.cleared_d == pytest.approx([0.2 + CLEARANCE_D] * 2 + [0.4 + CLEARANCE_D] * 2)


def test_clearance_spreads_around_its_median_by_its_sigma():
    crossing = Crossing(1_000.0, sigma=0.5)
    crossing.queue(2_000)
    crossing.run(3)
    took_d = np.array(crossing.cleared_d) - np.array(crossing.crossed_d) - 0.001
    assert np.median(took_d) == pytest.approx(CLEARANCE_D, rel=0.05)
    assert np.log(took_d).std() == pytest.approx(0.5, rel=0.06)


def test_who_arrives_as_the_lane_falls_free_waits_behind_those_who_wait():
    crossing = Crossing(4.0)
    crossing.queue(2)
    crossing.queue(1, day=0.25)
    crossing.run(2)
    assert crossing.waits_d.tolist() == [0.0, 0.25, 0.25]


def test_trucks_that_cross_side_by_side_come_to_customs_in_the_order_in_which_they_arrived():
    crossing = Crossing(10.0, lanes=3)
    lots = [Lot(Waybill(25.0, "oxide", "pangwa", "alone")) for _ in range(3)]
    for lot in lots:
        crossing.at(0.0, lambda lot=lot: crossing.gate.arrive(lot))
    crossing.run(1)
    assert [id(lot) for lot in crossing.cleared] == [id(lot) for lot in lots]


def test_a_factor_does_not_move_the_end_of_a_crossing_that_is_over():
    """Nobody has looked since the truck left the lane on the first day."""
    crossing = Crossing(10.0)
    crossing.queue(1)
    crossing.at(3.0, lambda: crossing.gate.scale("inspection", 0.5))
    crossing.run(5)
    assert crossing.cleared_d == pytest.approx([0.1 + CLEARANCE_D])


def test_who_counts_on_the_lane_hears_when_ore_begins_to_wait_and_when_none_does_any_more():
    """Reagents leave half of the lane to ore that waits, so that their trucks are counted anew then."""
    crossing = Crossing(2.0)
    heard = [crossing.gate.lane.number]
    for day, lots in ((0.0, 1), (0.1, 1), (0.2, 1)):
        crossing.queue(lots, day)
        crossing.at(day, lambda: heard.append(crossing.gate.lane.number))
    for day in (0.6, 1.1):
        crossing.at(day, lambda: heard.append(crossing.gate.lane.number))
    crossing.run(3)
    crossed, waits, more, fewer, none = np.diff(heard)
    assert (crossed, more, fewer) == (0, 0, 0)
    assert waits > 0
    assert none > 0
