"""The way of a lot from the yard to the plants, and the money that changes hands on it.

A lot takes its road to a gate, waits, is sold at the day's quote and taxed by who holds mine and gate,
crosses, is cleared and taxed by China, and is hauled to the plants. A tax in kind is a part of the load
that stays with the actor, who sells it later through the same gate. A lot that leaks pays nothing and is
recorded, if at all, as Laotian.

Nothing can stop a lot that has crossed, and nothing reads what customs and the plants receive before the day
is over: both are noted for their day and booked at its close, without an event of their own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor

from sim.kernel import Agenda, Clock, Version
from sim.ledger import Balance, Ledger, Series
from sim.lot import Lot, Waybill
from sim.model.borders import Gate
from sim.model.control import Control
from sim.model.operators import import_tax
from sim.model.ore import OreQuote
from sim.model.processing import Plants
from sim.model.roads import Roads
from sim.model.taxes import TaxBook, Treasury
from sim.places import ACTORS, CONTROLLERS, GATES_TO_INDIA, HEADINGS
from sim.streams import Streams
from sim.world import World

OPERATORS = "operators"
POINTS = ("site", "checkpoint", "export_gate")
"""Where ore is taxed on its way out."""


@dataclass(slots=True)
class _Held:
    """What an actor took in kind at a gate and has not sold. offered_t: for which it has a truck to come."""

    bill: Waybill
    tonnes: float = 0.0
    offered_t: float = 0.0


@dataclass(frozen=True, slots=True)
class _Tariff:
    """What a load that comes one way pays. worth_t: the load in tonnes of the quote; freight_cny: for the
    load; left_share, left_t: what nobody keeps in kind.

    levies: (actor, share of its value, CNY for the load); kept: (actor, share of the load). controlled: where
    it counts as ore that the holder of the gate lets out; None on the way to India.
    """

    worth_t: float
    freight_cny: float
    left_share: float
    left_t: float
    levies: tuple[tuple[str, float, float], ...]
    kept: tuple[tuple[str, float], ...]
    controlled: Series | None


class Passage:
    """Everything between yards and plants. Plants take deliveries only once the warm-up is over.

    gates_version moves whenever one of the gates may pass more or less than before.
    """

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
        self.gates_version = version = Version()
        self.gates = {
            data.name: Gate(data, world.border, streams, ledger, clock, self._cross, self._clear, version)
            for data in world.gates
        }
        self.roads = Roads(
            world,
            streams,
            monsoon,
            ledger,
            clock,
            {name: gate.arrive for name, gate in self.gates.items()},
            self._slip_in,
        )
        self.taxes, self.treasury = TaxBook(world.taxes), Treasury(ledger, ACTORS)
        self.control = Control(
            {district.name: district.controller for district in world.districts},
            {gate.name: gate.controller for gate in world.gates},
            world.policies,
        )
        self._freight = {district.name: district.road.freight_cny_per_t for district in world.districts}
        self._leak_draw = streams.uniforms("leaks.recorded")
        self._held: dict[tuple[str, str, str], _Held] = {}
        self._tariffs: dict[Waybill, _Tariff] = {}
        self._import_terms: dict[float, tuple[float, float]] = {}
        self._terms_of = -1
        self._customs: Agenda[Lot] = Agenda()
        self._hauls_t: dict[str, defaultdict[int, float]] = {name: defaultdict(float) for name in HEADINGS}
        self._clearing_t = self._hauling_t = self._delivered_t = 0.0
        self.leaked_t = 0.0
        self._imports = {
            heading: ledger.series("imports_t", place="myanmar", heading=heading) for heading in HEADINGS
        }
        self._laos = {
            heading: ledger.series("imports_t", place="laos", heading=heading) for heading in HEADINGS
        }
        self._controlled = {actor: ledger.series("controlled_t", actor=actor) for actor in CONTROLLERS}
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
        ways = zip(POINTS, (district, district, gate), strict=True)
        return [(self.holder(point, place), point, place) for point, place in ways]

    def earn(self, amount_cny: float) -> None:
        """Add to (or take from) the operators' margin of the day."""
        self._margin[self._clock.today] += amount_cny

    # -- the way ------------------------------------------------------------------------------------------

    def _cross(self, lot: Lot) -> None:
        """Sold at the day's quote; the holders of mine and gate take theirs, in money or in kind."""
        bill, day = lot.bill, self._clock.today
        if self.taxes.version + self.control.version != self._terms_of:
            self._forget_terms()
        tariff = self._tariffs.get(bill)
        if tariff is None:
            tariff = self._tariffs[bill] = self._tariff(bill)
        value_cny = tariff.worth_t * self._quote.oxide_cny_per_t
        if not bill.owner:
            earned_cny = value_cny * tariff.left_share - tariff.freight_cny
            for actor, share, cny in tariff.levies:
                due_cny = share * value_cny + cny
                earned_cny -= due_cny
                self.treasury.pay(OPERATORS, actor, day, due_cny)
            for actor, share in tariff.kept:
                self._keep(bill, actor, share, value_cny)
            if bill.diverted:
                self._diverted[day] += bill.tonnes
            self._margin[day] += earned_cny
        lot.value_cny = value_cny * tariff.left_share
        lot.tonnes = left_t = tariff.left_t
        if tariff.controlled is not None:
            tariff.controlled[day] += left_t
        self._clearing_t += left_t

    def _forget_terms(self) -> None:
        """Taxes or holders have changed: what lots pay is worked out anew."""
        self._terms_of = self.taxes.version + self.control.version
        self._tariffs.clear()
        self._import_terms.clear()

    def _keep(self, bill: Waybill, actor: str, share: float, value_cny: float) -> None:
        """An actor takes its share of a load, which counts as paid."""
        self.treasury.pay(OPERATORS, actor, self._clock.today, share * value_cny)
        key = (actor, bill.gate, bill.heading)
        if key not in self._held:
            own = Waybill(self._world.haulage.lot_t, bill.heading, "", bill.gate, owner=actor)
            self._held[key] = _Held(own)
        self._held[key].tonnes += share * bill.tonnes

    def _tariff(self, bill: Waybill) -> _Tariff:
        """The tariff of a lot; what an actor sells itself has paid already."""
        worth_t = self._quote.worth_t(bill.tonnes, bill.heading)
        controlled = None
        if bill.gate not in GATES_TO_INDIA:
            controlled = self._controlled[self.control.holder("gate", bill.gate)]
        if bill.owner:
            return _Tariff(worth_t, 0.0, 1.0, bill.tonnes, (), (), controlled)
        taxes, left, levies, kept = self.taxes, 1.0, [], []
        for stop in self.stops(bill.district, bill.gate):
            share = taxes.due_cny(*stop, value_cny=1.0, tonnes=0.0, vehicles=0.0)
            cny = taxes.due_cny(*stop, value_cny=0.0, tonnes=bill.tonnes, vehicles=1.0)
            in_kind = min(taxes.in_kind_share(*stop), left)
            left -= in_kind
            levies += [(stop[0], share, cny)] if share or cny else []
            kept += [(stop[0], in_kind)] if in_kind else []
        freight_cny_per_t = self._freight[bill.district]
        if bill.diverted:
            freight_cny_per_t += self._world.haulage.divert_cny_per_t
        freight_cny, left_t = freight_cny_per_t * bill.tonnes, bill.tonnes * left
        return _Tariff(worth_t, freight_cny, left, left_t, tuple(levies), tuple(kept), controlled)

    def sell_what_actors_hold(self) -> None:
        """Actors send out what they took in kind, truck by truck over the time they keep it.

        None leaves while the holder of the gate lets nothing out.
        """
        for held in tuple(self._held.values()):  # a sale may let pass what another share is kept of
            lot_t, gate = held.bill.tonnes, self.gates[held.bill.gate]
            if self.control.policy(self.control.holder("gate", gate.name))[0] == "banned":
                continue
            if gate.passes("ore"):
                held.offered_t += held.tonnes / self._world.in_kind_sale_d
            while held.offered_t >= lot_t <= held.tonnes:
                held.offered_t -= lot_t
                held.tonnes -= lot_t
                gate.arrive(Lot(held.bill))

    def _clear(self, lot: Lot, cleared_d: float) -> None:
        """Customs will be done with the lot at that time; then it is hauled to the plants."""
        self._customs[floor(cleared_d)].append(lot)
        self._hauls_t[lot.bill.heading][floor(cleared_d + self._world.haulage.gate_to_plant_d)] += lot.tonnes

    def _slip_in(self, lot: Lot) -> None:
        """A leaked lot is in China, perhaps recorded as Laotian."""
        self.leaked_t += lot.tonnes
        if self._leak_draw() < self._world.haulage.leak_as_laos:
            self._laos[lot.bill.heading][self._clock.today] += lot.tonnes
        if self._clock.today >= self._world.warmup_d:
            self._plants.deliver("leaked", lot.tonnes, lot.bill.heading)

    # -- books --------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Close the day: book what was cleared and delivered on it."""
        for gate in self.gates.values():
            gate.record()
        self._book_imports()
        self._book_deliveries()
        self._transit_book[self._clock.today] = self.roads.in_transit_t + self._clearing_t + self._hauling_t

    def _book_imports(self) -> None:
        """Customs weighs: an import of this day, taxed, on its way to the plants."""
        day, imports, terms = self._clock.today, self._imports, self._import_terms
        if self.taxes.version + self.control.version != self._terms_of:
            self._forget_terms()
        cleared_t, of_t, due_cny, of_actors_cny = 0.0, -1.0, 0.0, dict[str, float]()
        for lot in self._customs.pop(day, ()):
            tonnes = lot.tonnes
            if tonnes != of_t:  # most loads are as large as the one before
                if tonnes not in terms:
                    terms[tonnes] = import_tax(self.taxes, tonnes)
                of_t, (share, per_t) = tonnes, terms[tonnes]
            bill = lot.bill
            if bill.owner:
                tax_cny = share * lot.value_cny + per_t * tonnes
                of_actors_cny[bill.owner] = of_actors_cny.get(bill.owner, 0.0) + tax_cny
            else:
                due_cny = due_cny + share * lot.value_cny + per_t * tonnes
            imports[bill.heading][day] += tonnes
            cleared_t += tonnes
        self._clearing_t -= cleared_t
        self._hauling_t += cleared_t
        self.treasury.pay(OPERATORS, "china", day, due_cny)
        self.earn(-due_cny)
        for actor, tax_cny in of_actors_cny.items():
            self.treasury.pay(actor, "china", day, tax_cny)

    def _book_deliveries(self) -> None:
        """What reached the plants, by heading."""
        day = self._clock.today
        for heading, hauls_t in self._hauls_t.items():
            if tonnes := hauls_t.pop(day, 0.0):
                self._hauling_t -= tonnes
                self._delivered_t += tonnes
                if day >= self._world.warmup_d:
                    self._plants.deliver("myanmar", tonnes, heading)

    def found_t(self) -> Mapping[str, float]:
        """Where ore that left the yards is now, in gross tonnes."""
        return {
            "on roads": self.roads.in_transit_t,
            "queued": sum(gate.queue_t for gate in self.gates.values()),
            "held by actors": sum(held.tonnes for held in self._held.values()),
            "clearing": self._clearing_t,
            "to plants": self._hauling_t,
            "delivered": self._delivered_t,
            "leaked": self.leaked_t,
            "lost": self.roads.lost_t,
        }

    def balances(self) -> list[Balance]:
        """Money: what is paid is collected."""
        return [self.treasury.balance()]
