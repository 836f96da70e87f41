"""One run: wires the laws together and moves the clock.

Order within one instant:
    1 scenario events (policies before flows)   2 gate states, holidays
    3 arrivals                                   4 crossings and clearances
    5 plants                                     6 market, ore quote
    7 decisions: reviews, mining, dispatch       8 records
The records of a day are closed at the following midnight, before anything else happens there, so that stocks
and flows of a day belong together.

A warm-up under the scenario's own starting regime, never its events, fills yards, roads and queues at the
starting prices. On the scenario's first day the plants and the market open with their declared stocks and the
reference price is set.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.effects import START_REGIME, Chain, Stories
from sim.kernel import Clock, Phase
from sim.ledger import Balance, Key, Ledger, Outcome, audit
from sim.lot import Lot
from sim.model.borders import COMMODITIES, Gate
from sim.model.market import Expectations, OxideMarket
from sim.model.mines import Mines
from sim.model.operators import Netback, import_tax
from sim.model.ore import Drivers, OreQuote
from sim.model.processing import Plants
from sim.model.roads import Roads
from sim.model.taxes import TaxBook, Treasury
from sim.places import ACTORS, ELEMENTS, HEADINGS
from sim.sites import draw
from sim.streams import Streams
from sim.world import Effect, GateCapacity, GateClosure, World

PAYER = "operators"


Observer = Callable[[int, Mapping[Key, Sequence[float]]], None]
"""Called at each midnight with the day just closed (of the run, warm-up first) and the series so far."""


def run(world: World, replication: int, observers: Sequence[Observer] = ()) -> Outcome:
    """Simulate one replication. Raises ConservationError where mass or money does not add up.

    Observers read; they draw no random number and change nothing.
    """
    return _Run(world, replication, observers).go()


class _Run:
    """The live parts of one replication and what happens to a lot between them."""

    def __init__(self, world: World, replication: int, observers: Sequence[Observer]) -> None:
        self._world, self._replication, self._observers = world, replication, observers
        days = world.warmup_d + world.days
        streams = Streams(world.root_seed, replication)
        self._clock, self._ledger = Clock(), Ledger(days)
        ledger, clock = self._ledger, self._clock
        calendar = [world.start + timedelta(day - world.warmup_d) for day in range(days)]
        monsoon = [world.seasons.road_time[day.month - 1] for day in calendar]

        self._gates = {
            data.name: Gate(data, world.border, streams, ledger, clock, self._cross, self._clear)
            for data in world.gates
        }
        self._controller = {data.name: data.controller for data in world.gates}
        for data in world.gates:
            if data.shut_at_start:
                self._gates[data.name].shut(START_REGIME, COMMODITIES)
        self._roads = Roads(world, streams, monsoon, ledger, clock, self._reach_gate)
        season = _season(world, streams, calendar)
        self._mines = Mines(world, draw(world, streams), season, ledger, clock, self._roads.send)
        self._plants = Plants(world.separation, world.assay, ledger, clock)
        self._markets = {
            element.name: OxideMarket(element, world.market, streams, ledger, clock)
            for element in world.market.elements
        }
        self._expectations = Expectations(world.market, world.inflow_kg_per_d)
        self._drivers = Drivers(world.drivers)
        self._quote = OreQuote(world.ore_price, world.assay.reo_per_t)
        self._taxes, self._treasury = TaxBook(world.taxes), Treasury(ledger, ACTORS)
        self._taxes_seen = -1
        self._netback = Netback(world, self._quote.worth)
        self._freight = {district.name: district.road.freight_cny_per_t for district in world.districts}
        self._held_by = {district.name: district.controller for district in world.districts}
        self._hauling_t = self._delivered_t = 0.0
        self._imports = {
            heading: ledger.series("imports_t", place="myanmar", heading=heading) for heading in HEADINGS
        }
        self._in_transit, self._margin = ledger.series("in_transit_t"), ledger.series("operator_margin_cny")
        self._ore_book = ledger.series("ore_price_cny_per_t")
        for absent in ("leaked_t", "india_delivered_t"):
            ledger.series(absent)
        for element in ELEMENTS:
            ledger.series("india_separated_kg", element=element)

        chain = Chain(
            self._gates, self._taxes, self._drivers, self._markets, self._expectations, self._holder
        )
        Stories(world, chain, ledger, clock)

    # -- the clock ----------------------------------------------------------------------------------------

    def go(self) -> Outcome:
        """Run to the end, audit, and hand over the book."""
        world, clock = self._world, self._clock
        clock.every_day(Phase.CLOSE, self._close_books)
        clock.every_day(Phase.GATES, self._keep_gates)
        clock.every_day(Phase.PLANTS, self._separate)
        clock.every_day(Phase.MARKET, self._trade)
        clock.every_day(Phase.DECISIONS, self._mine)
        for first, after in world.border.holidays:
            clock.at(first, Phase.GATES, self._holiday, True)
            clock.at(after, Phase.GATES, self._holiday, False)
        clock.run(world.warmup_d + world.days)
        self._record()
        audit(self.balances())
        return self._ledger.outcome(
            self._replication, world.warmup_d, self._disruptions(), self._mines.lots, clock.events
        )

    @property
    def _open(self) -> bool:
        """Whether the warm-up is over."""
        return self._clock.today >= self._world.warmup_d

    def _close_books(self) -> None:
        if self._clock.now > 0:
            self._record()
        self._clock.today = int(self._clock.now)

    def _holiday(self, begins: bool) -> None:
        for gate in self._gates.values():
            if begins:
                gate.shut("holiday", COMMODITIES)
            else:
                gate.reopen("holiday")

    def _keep_gates(self) -> None:
        for what in COMMODITIES:
            self._mines.open_for[what][:] = [
                self._gates[district.gate].passes(what) for district in self._world.districts
            ]

    def _separate(self) -> None:
        if not self._open:
            return
        plants, market = self._plants, self._world.separation
        if self._clock.today == self._world.warmup_d:
            for name, stock in plants.stock_kg().items():
                self._markets[name].open(stock)
        recycled = market.recycled_kg_per_d
        for name, kg in plants.step().items():
            self._markets[name].trade(kg, recycled[name])

    def _trade(self) -> None:
        """Prices, then the quote, then what ore brings at each mine."""
        if self._open:
            upstream = self._plants.stock_kg()
            for name, market in self._markets.items():
                market.reprice(upstream[name], self._expectations.missing_kg(name))
        prices = {name: market.price_cny_per_kg for name, market in self._markets.items()}
        self._quote.update(self._drivers["ndpr_cny_per_t"], prices)
        if self._taxes_seen != self._taxes.version:
            self._netback.refresh(self._taxes, self._stops)
            self._taxes_seen = self._taxes.version
        self._mines.netback_cny_per_t = self._netback.cny_per_t(self._quote.oxide_cny_per_t)
        if self._mines.reference_margin is None:
            self._mines.reference_margin = self._mines.margins()

    def _mine(self) -> None:
        mines, day = self._mines, self._clock.today
        mines.review()
        mines.work()
        lump_sums = 0.0
        for district, sites in zip(self._world.districts, mines.sites_paying(), strict=True):
            rate = self._taxes.lump_sum_cny_per_d(district.controller, district.name)
            self._treasury.pay(PAYER, district.controller, day, rate * sites)
            lump_sums += rate * sites
        self._margin[day] -= mines.cash_cost_cny + lump_sums

    def _holder(self, point: str, place: str) -> str:
        """Who may tax at a point of a place."""
        if point == "import":
            return "china"
        return self._controller[place] if point == "export_gate" else self._held_by[place]

    def _stops(self, district: str, gate: str) -> list[tuple[str, str, str]]:
        """(actor, point, place) of each tax on the way out."""
        ways = (("site", district), ("checkpoint", district), ("export_gate", gate))
        return [(self._holder(point, place), point, place) for point, place in ways]

    # -- the way of a lot ---------------------------------------------------------------------------------

    def _reach_gate(self, lot: Lot) -> None:
        self._gates[lot.gate].arrive(lot)

    def _cross(self, lot: Lot) -> None:
        """Sold at the day's quote; the holders of mine and gate take theirs."""
        day = self._clock.today
        lot.value_cny = self._quote.value_cny(lot.tonnes, lot.heading)
        for actor, point, place in self._stops(lot.district, lot.gate):
            due = self._taxes.due_cny(
                actor, point, place, value_cny=lot.value_cny, tonnes=lot.tonnes, vehicles=1.0
            )
            self._treasury.pay(PAYER, actor, day, due)
            self._margin[day] -= due
        self._margin[day] += lot.value_cny - self._freight[lot.district] * lot.tonnes

    def _clear(self, lot: Lot) -> None:
        """Customs weighs it: an import of this day, taxed, on its way to the plants."""
        day = self._clock.today
        self._imports[lot.heading][day] += lot.tonnes
        share, per_t = import_tax(self._taxes, lot.tonnes)
        due = share * lot.value_cny + per_t * lot.tonnes
        self._treasury.pay(PAYER, "china", day, due)
        self._margin[day] -= due
        self._hauling_t += lot.tonnes
        self._clock.after(self._world.haulage.gate_to_plant_d, Phase.ARRIVALS, self._deliver, lot)

    def _deliver(self, lot: Lot) -> None:
        self._hauling_t -= lot.tonnes
        self._delivered_t += lot.tonnes
        if self._open:
            self._plants.deliver(lot.tonnes, lot.heading)

    # -- books --------------------------------------------------------------------------------------------

    def _record(self) -> None:
        """Close the day in progress."""
        day = self._clock.today
        self._mines.record()
        for gate in self._gates.values():
            gate.record()
        self._in_transit[day] = self._roads.in_transit_t + self._clearing_t + self._hauling_t
        self._ore_book[day] = self._quote.oxide_cny_per_t
        if self._open:
            self._plants.record()
            for market in self._markets.values():
                market.record(self._drivers["cny_per_usd"])
        for observe in self._observers:
            observe(day, self._ledger.book)

    @property
    def _clearing_t(self) -> float:
        return sum(gate.clearing_t for gate in self._gates.values())

    def balances(self) -> list[Balance]:
        """Every conservation law of the run."""
        mines, roads = self._mines, self._roads
        ore = Balance(
            "mass: ore from mine to plant, gross",
            "t",
            {"in yards at first": float(mines.opening_t.sum()), "mined": float(mines.mined_t.sum())},
            {
                "yards": float(mines.yard_t.sum()),
                "on roads": roads.in_transit_t,
                "queued": sum(gate.queue_t for gate in self._gates.values()),
                "clearing": self._clearing_t,
                "to plants": self._hauling_t,
                "delivered": self._delivered_t,
                "lost": roads.lost_t,
            },
        )
        markets = [market.balance() for market in self._markets.values()]
        return [ore, *self._plants.balances(), *markets, self._treasury.balance()]

    def _disruptions(self) -> tuple[tuple[float, float], ...]:
        """Days on which an event held gates shut or slow, for events that changed something."""
        changed = {row.event for row in self._ledger.timeline if row.effect == "changed"}
        first = self._world.warmup_d
        return tuple(
            (effect.window.start_d - first, min(effect.window.end_d, inf) - first)
            for effect in self._world.effects
            if effect.id in changed and _disrupts(effect)
        )


def _disrupts(effect: Effect) -> bool:
    return isinstance(effect, GateClosure) or (isinstance(effect, GateCapacity) and effect.factor < 1.0)


def _season(world: World, streams: Streams, calendar: list[date]) -> NDArray[np.float64]:
    """Output factor by day and district, shape (days, districts): each year is normal or severe by region.

    Regions other than the first share its draw in a stated share of years.
    """
    seasons = world.seasons
    regions = list(dict.fromkeys(district.region for district in world.districts))
    years = range(calendar[0].year, calendar[-1].year + 1)
    severe: dict[tuple[str, int], bool] = {}
    for year in years:
        draws = streams.generator(f"season.{year}").random(2 * len(regions)).reshape(-1, 2)
        for index, region in enumerate(regions):
            own = index == 0 or draws[index, 1] >= seasons.severe_shared
            severe[region, year] = bool(draws[index if own else 0, 0] < seasons.severe_probability)

    def factor(day: date, region: str) -> float:
        months = seasons.severe_output if severe[region, day.year] else seasons.normal_output
        return months[day.month - 1]

    by_region: Mapping[str, list[float]] = {r: [factor(day, r) for day in calendar] for r in regions}
    return np.array([by_region[district.region] for district in world.districts]).T
