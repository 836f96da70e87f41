"""What stands beside the chain in a run: the market abroad, the route to India, what shut gates cost.

It reads prices, taxes and gates, and acts on the chain by the ore it takes from yards and by exports.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.levers import RoadLimits
from sim.lot import Lot
from sim.model.exchina import AbroadMarket
from sim.model.india import INDIA, IndiaRoute, Pit, Terms
from sim.model.market import OxideMarket
from sim.model.operators import import_tax
from sim.model.ore import KG_PER_T, Drivers, OreQuote
from sim.model.yards import Yards
from sim.passage import OPERATORS, POINTS, Passage
from sim.places import CONTROLLERS
from sim.sites import HEADINGS
from sim.streams import Streams
from sim.world import World


class Surroundings:
    """The live parts beside the chain. `ways_open`: whether each district's ore leaves for China today."""

    def __init__(
        self,
        world: World,
        passage: Passage,
        markets: Mapping[str, OxideMarket],
        quote: OreQuote,
        drivers: Drivers,
        limits: RoadLimits,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._world, self._passage, self._markets, self._quote = world, passage, markets, quote
        self._drivers, self._limits, self._clock = drivers, limits, clock
        self.abroad = {
            element.name: AbroadMarket(element, world.abroad, ledger, clock)
            for element in world.abroad.elements
        }
        self.india: IndiaRoute | None = None
        self.ways_open: list[bool] = [True] * len(world.districts)
        self._blocked = {actor: ledger.series("blocked_trade_cny", actor=actor) for actor in CONTROLLERS}
        self._blocked_cny = dict.fromkeys(CONTROLLERS, 0.0)
        self._blocking: list[str] = []
        self._blocking_of = (-1, -1)
        for variable in ("india_margin_cny", "india_transit_t"):
            ledger.series(variable)

    def open_india(self, yards: Yards, calendar: Sequence[date], streams: Streams, ledger: Ledger) -> None:
        """Set up the route, in a run that has to do with it."""
        law, reo = self._world.india, self._world.assay.reo_per_t
        if law is None:
            return
        pits = [
            Pit(place, district.name, heading, reo[heading])
            for place, district in enumerate(self._world.districts)
            if district.region == law.region
            for heading in HEADINGS
        ]
        months = [day.month for day in calendar]
        self.india = IndiaRoute(law, pits, months, yards.give, self, streams, ledger, self._clock)

    # -- one day ------------------------------------------------------------------------------------------

    def let_out(self) -> None:
        """Before the trade of a day: what China exports at most."""
        for name, market in self.abroad.items():
            self._markets[name].exports_kg_per_d = market.orders_from_china_kg_per_d

    def step(self, exported_kg: Mapping[str, float]) -> None:
        """India loads and separates, the market abroad takes in the day's arrivals."""
        made = self.india.step() if self.india else {}
        for name, market in self.abroad.items():
            from_india = made.get(name, 0.0)
            if from_india:
                market.take(INDIA, from_india)
            market.step(exported_kg[name], from_india)

    def block_trade(self) -> None:
        """What gates that events shut cost their holders in other goods."""
        regime = (self._passage.gates_version.number, self._passage.control.version)
        if regime != self._blocking_of:
            self._blocking_of, self._blocking = regime, self._who_blocks()
        per_d = self._world.general_trade_cny_per_d
        for holder in self._blocking:
            self._blocked[holder][self._clock.today] += per_d
            self._blocked_cny[holder] += per_d

    def _who_blocks(self) -> list[str]:
        """The holder of each gate that an event shuts."""
        passage = self._passage
        shut = [gate.name for gate in passage.gates.values() if gate.shut_by_event("reagents")]
        return [passage.control.holder("gate", name) for name in shut]

    def record(self) -> None:
        """Close the day."""
        for name, market in self.abroad.items():
            market.record(self._usd_per_kg(name))
        if self.india:
            self.india.record()

    def found_t(self) -> Mapping[str, float]:
        """Where ore is that left the yards for elsewhere than China, in gross tonnes."""
        return self.india.found_t() if self.india else {}

    def balances(self) -> list[Balance]:
        """Mass abroad and in India."""
        abroad = [market.balance() for market in self.abroad.values()]
        return abroad + (self.india.balances() if self.india else [])

    # -- what others ask ----------------------------------------------------------------------------------

    def burden_cny_per_t(self, actor: str, *points: str) -> float:
        """The most that an actor takes of a tonne of oxide ore on its way to China, at today's quote.

        points: what it takes at these only; none: at all of them.
        """
        quote, points = self._quote.oxide_cny_per_t, points or POINTS
        ways = [self._passage.stops(district.name, district.gate) for district in self._world.districts]
        takes = [[stop for stop in way if stop[0] == actor and stop[1] in points] for way in ways]
        return max((sum(self._due(stop, quote) for stop in stops) for stops in takes), default=0.0)

    def _due(self, stop: tuple[str, str, str], value_cny: float) -> float:
        taxes, lot_t = self._passage.taxes, self._world.haulage.lot_t
        due = taxes.due_cny(*stop, value_cny=value_cny, tonnes=1.0, vehicles=1.0 / lot_t)
        return due + taxes.in_kind_share(*stop) * value_cny

    def revenue_cny(self, actor: str) -> float:
        """What an actor has taken, less the general trade that shut gates cost it."""
        return self._passage.treasury.collected_cny(actor) - self._blocked_cny[actor]

    def _usd_per_kg(self, name: str) -> float:
        vat, rate = self._world.market.vat, self._drivers["cny_per_usd"]
        return self.abroad[name].usd_per_kg(self._markets[name].price_cny_per_kg, vat, rate)

    # -- what the route to India asks ---------------------------------------------------------------------

    def china_leaves(self, pit: Pit) -> float | None:
        """What the way to China leaves of a tonne; None if it is shut."""
        if not self.ways_open[pit.place]:
            return None
        district = self._world.districts[pit.place]
        terms = self._terms(pit, district.gate, district.road.freight_cny_per_t)
        share, per_t = import_tax(self._passage.taxes, self._world.haulage.lot_t)
        return Terms(terms.share + share, terms.cny_per_t + per_t).leaves(self._quoted(pit))

    def india_terms(self, pit: Pit) -> Terms | None:
        """Taxes on the way to India; None if who holds the way lets nothing out, or the pass is shut."""
        law, control = self._world.india, self._passage.control
        assert law is not None
        if not self._passage.gates[law.gate].passes("ore"):
            return None
        if control.policy(control.holder("gate", law.gate))[0] == "banned":
            return None
        return self._terms(pit, law.gate, law.freight_cny_per_t)

    def let_through_t_per_d(self, t_per_d: float) -> float:
        """What the lane of the pass bears of so much, and its holder gives a licence for."""
        law, control = self._world.india, self._passage.control
        assert law is not None
        (trucks_per_d,) = (gate.trucks_per_d for gate in self._world.gates if gate.name == law.gate)
        lane_t_per_d = trucks_per_d * law.truck_t * self._passage.gates[law.gate].capacity_factor("ore")
        _, licensed = control.policy(control.holder("gate", law.gate))
        return licensed * min(t_per_d, lane_t_per_d)

    def _terms(self, pit: Pit, gate: str, freight_cny_per_t: float) -> Terms:
        share = per_t = 0.0
        taxes, lot_t = self._passage.taxes, self._world.haulage.lot_t
        for stop in self._passage.stops(pit.district, gate):
            share += taxes.due_cny(*stop, value_cny=1.0, tonnes=0.0, vehicles=0.0)
            share += taxes.in_kind_share(*stop)
            per_t += taxes.due_cny(*stop, value_cny=0.0, tonnes=1.0, vehicles=1.0 / lot_t)
        return Terms(share, per_t + freight_cny_per_t)

    def _quoted(self, pit: Pit) -> float:
        """China's quote of a tonne, VAT included."""
        return self._quote.value_cny(1.0, pit.heading)

    def ore_cny_per_t(self, pit: Pit) -> float:
        """China's quote of a tonne, net of VAT."""
        return self._quoted(pit) / (1.0 + self._world.market.vat)

    def abroad_cny_per_kg(self, element: str) -> float:
        """What an oxide earns outside China; NdPr at its price in China, which licences leave free."""
        rate = self._drivers["cny_per_usd"]
        if element in self.abroad:
            return self._usd_per_kg(element) * rate
        return self._drivers["ndpr_cny_per_t"] / KG_PER_T / (1.0 + self._world.market.vat)

    def settle(self, lot: Lot, price_cny_per_t: float, freight_cny_per_t: float) -> None:
        """Operators are paid for a load at the pass, and pay taxes (in kind: its value) and freight."""
        passage, value = self._passage, price_cny_per_t * lot.tonnes
        taxes, day = passage.taxes, self._clock.today
        earned = value - freight_cny_per_t * lot.tonnes
        for stop in passage.stops(lot.bill.district, lot.bill.gate):
            due = taxes.due_cny(*stop, value_cny=value, tonnes=lot.tonnes, vehicles=1.0)
            due += taxes.in_kind_share(*stop) * value
            passage.treasury.pay(OPERATORS, stop[0], day, due)
            earned -= due
        passage.earn(earned)

    def collect(self, payer: str, actor: str, amount_cny: float) -> None:
        """A payment from one to another."""
        self._passage.treasury.pay(payer, actor, self._clock.today, amount_cny)
