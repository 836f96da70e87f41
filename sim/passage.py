"""The way of a lot from the yard to the plants, and the money that changes hands on it.

A lot takes its road to a gate, waits, is sold at the day's quote and taxed by who holds mine and gate,
crosses, is cleared and taxed by China, and is hauled to the plants. A tax in kind is a part of the load
that stays with the actor, who sells it later through the same gate. A lot that leaks pays nothing and is
recorded, if at all, as Laotian.
"""

from collections.abc import Mapping

from sim.kernel import Clock, Phase
from sim.ledger import Balance, Ledger
from sim.lot import Lot
from sim.model.borders import Gate
from sim.model.control import Control
from sim.model.operators import import_tax
from sim.model.ore import OreQuote
from sim.model.processing import Plants
from sim.model.roads import Roads
from sim.model.taxes import TaxBook, Treasury
from sim.places import ACTORS, HEADINGS
from sim.streams import Streams
from sim.world import World

OPERATORS = "operators"


class Passage:
    """Everything between yards and plants. Plants take deliveries only once the warm-up is over."""

    def __init__(
        self,
        world: World,
        streams: Streams,
        monsoon: list[float],
        ledger: Ledger,
        clock: Clock,
        plants: Plants,
        quote: OreQuote,
    ) -> None:
        self._world, self._clock, self._plants, self._quote = world, clock, plants, quote
        self.gates = {
            data.name: Gate(data, world.border, streams, ledger, clock, self._cross, self._clear)
            for data in world.gates
        }
        self.roads = Roads(world, streams, monsoon, ledger, clock, self._reach_gate, self._slip_in)
        self.taxes, self.treasury = TaxBook(world.taxes), Treasury(ledger, ACTORS)
        self.control = Control(
            {district.name: district.controller for district in world.districts},
            {gate.name: gate.controller for gate in world.gates},
            world.policies,
        )
        self._freight = {district.name: district.road.freight_cny_per_t for district in world.districts}
        self._leak_draw = streams.uniforms("leaks.recorded")
        self._held_t: dict[tuple[str, str, str], float] = {}
        self._offered_t: dict[tuple[str, str, str], float] = {}
        self.hauling_t = self.delivered_t = self.leaked_t = 0.0
        self._imports = {
            heading: ledger.series("imports_t", place="myanmar", heading=heading) for heading in HEADINGS
        }
        self._laos = {
            heading: ledger.series("imports_t", place="laos", heading=heading) for heading in HEADINGS
        }
        self._transit_book, self._margin = ledger.series("in_transit_t"), ledger.series("operator_margin_cny")
        self._diverted = ledger.series("diverted_t")

    # -- who takes what -----------------------------------------------------------------------------------

    def holder(self, point: str, place: str) -> str:
        """Who may tax at a point of a place."""
        if point == "import":
            return "china"
        return self.control.holder("gate" if point == "export_gate" else "district", place)

    def stops(self, district: str, gate: str) -> list[tuple[str, str, str]]:
        """(actor, point, place) of each tax on the way out."""
        ways = (("site", district), ("checkpoint", district), ("export_gate", gate))
        return [(self.holder(point, place), point, place) for point, place in ways]

    def earn(self, amount_cny: float) -> None:
        """Add to (or take from) the operators' margin of the day."""
        self._margin[self._clock.today] += amount_cny

    # -- the way ------------------------------------------------------------------------------------------

    def _reach_gate(self, lot: Lot) -> None:
        self.gates[lot.gate].arrive(lot)

    def _cross(self, lot: Lot) -> None:
        """Sold at the day's quote; the holders of mine and gate take theirs, in money or in kind."""
        if lot.owner:
            lot.value_cny = self._quote.value_cny(lot.tonnes, lot.heading)
            return
        day, detour_cny_per_t = self._clock.today, 0.0
        if lot.diverted:
            self._diverted[day] += lot.tonnes
            detour_cny_per_t = self._world.haulage.divert_cny_per_t
        self.earn(-(self._freight[lot.district] + detour_cny_per_t) * lot.tonnes)
        whole_cny = self._quote.value_cny(lot.tonnes, lot.heading)
        load_t = lot.tonnes
        for actor, point, place in self.stops(lot.district, lot.gate):
            due = self.taxes.due_cny(actor, point, place, value_cny=whole_cny, tonnes=load_t, vehicles=1.0)
            self.treasury.pay(OPERATORS, actor, day, due)
            self.earn(-due)
            self._take_in_kind(lot, actor, self.taxes.in_kind_share(actor, point, place) * load_t)
        lot.value_cny = self._quote.value_cny(lot.tonnes, lot.heading)
        self.earn(lot.value_cny)

    def _take_in_kind(self, lot: Lot, actor: str, tonnes: float) -> None:
        """Part of the load stays with the actor, booked as a tax at the day's quote."""
        taken = min(tonnes, lot.tonnes)
        if not taken:
            return
        lot.tonnes -= taken
        key = (actor, lot.gate, lot.heading)
        self._held_t[key] = self._held_t.get(key, 0.0) + taken
        value_cny = self._quote.value_cny(taken, lot.heading)
        self.treasury.pay(OPERATORS, actor, self._clock.today, value_cny)

    def sell_what_actors_hold(self) -> None:
        """Actors send out what they took in kind, truck by truck over the time they keep it."""
        lot_t = self._world.haulage.lot_t
        for key, held in self._held_t.items():
            actor, gate, heading = key
            if self.gates[gate].passes("ore"):
                self._offered_t[key] = self._offered_t.get(key, 0.0) + held / self._world.in_kind_sale_d
            while self._offered_t.get(key, 0.0) >= lot_t <= self._held_t[key]:
                self._offered_t[key] -= lot_t
                self._held_t[key] -= lot_t
                self.gates[gate].arrive(Lot(lot_t, heading, "", gate, owner=actor))

    def _clear(self, lot: Lot) -> None:
        """Customs weighs it: an import of this day, taxed, on its way to the plants."""
        day = self._clock.today
        self._imports[lot.heading][day] += lot.tonnes
        share, per_t = import_tax(self.taxes, lot.tonnes)
        due = share * lot.value_cny + per_t * lot.tonnes
        self.treasury.pay(lot.owner or OPERATORS, "china", day, due)
        if not lot.owner:
            self.earn(-due)
        self._haul(lot)

    def _slip_in(self, lot: Lot) -> None:
        """A leaked lot is in China, perhaps recorded as Laotian."""
        self.leaked_t += lot.tonnes
        if self._leak_draw() < self._world.haulage.leak_as_laos:
            self._laos[lot.heading][self._clock.today] += lot.tonnes
        if self._clock.today >= self._world.warmup_d:
            self._plants.deliver("leaked", lot.tonnes, lot.heading)

    def _haul(self, lot: Lot) -> None:
        self.hauling_t += lot.tonnes
        self._clock.after(self._world.haulage.gate_to_plant_d, Phase.ARRIVALS, self._deliver, lot)

    def _deliver(self, lot: Lot) -> None:
        self.hauling_t -= lot.tonnes
        self.delivered_t += lot.tonnes
        if self._clock.today >= self._world.warmup_d:
            self._plants.deliver("myanmar", lot.tonnes, lot.heading)

    # -- books --------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Close the day."""
        for gate in self.gates.values():
            gate.record()
        self._transit_book[self._clock.today] = self.roads.in_transit_t + self._clearing_t + self.hauling_t

    @property
    def _clearing_t(self) -> float:
        return sum(gate.clearing_t for gate in self.gates.values())

    def found_t(self) -> Mapping[str, float]:
        """Where ore that left the yards is now, in gross tonnes."""
        return {
            "on roads": self.roads.in_transit_t,
            "queued": sum(gate.queue_t for gate in self.gates.values()),
            "held by actors": sum(self._held_t.values()),
            "clearing": self._clearing_t,
            "to plants": self.hauling_t,
            "delivered": self.delivered_t,
            "leaked": self.leaked_t,
            "lost": self.roads.lost_t,
        }

    def balances(self) -> list[Balance]:
        """Money: what is paid is collected."""
        return [self.treasury.balance()]
