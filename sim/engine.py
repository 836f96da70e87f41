"""One run: wires the laws together and moves the clock.

Order within one instant:
    1 scenario events (policies before flows)   2 gate states, holidays
    3 arrivals                                   4 crossings and clearances
    5 plants                                     6 market, ore quote
    7 decisions: reviews, mining, dispatch       8 records
The records of a day are closed at the following midnight, before anything else happens there, so that stocks
and flows of a day belong together. What customs cleared and the plants received on the day is booked then,
too, under that day's taxes: nothing reads it earlier.

A warm-up under the scenario's own starting regime, never its events, fills yards, roads and queues at the
starting prices. On the scenario's first day the plants and the market open with their declared stocks and the
reference price is set.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sim import sites, weather
from sim.disruptions import disruptions
from sim.effects import Stories
from sim.kernel import Clock, Phase
from sim.ledger import Balance, Key, Ledger, Outcome, Series, audit
from sim.levers import Chain, RoadLimits
from sim.model import footprint
from sim.model.borders import COMMODITIES, HOLIDAY
from sim.model.market import Expectations, OxideMarket
from sim.model.mines import Mines
from sim.model.operators import Netback
from sim.model.ore import Drivers, OreQuote
from sim.model.processing import OtherOrigins, Plants
from sim.model.reagents import Reagents
from sim.model.taxes import DAYS_PER_YEAR, LumpSums
from sim.model.yards import WayOut, Yards
from sim.passage import OPERATORS, Passage
from sim.places import ELEMENTS
from sim.streams import Streams
from sim.surroundings import Surroundings
from sim.world import District, World

Observer = Callable[[int, Mapping[Key, Series]], None]
"""Called at each midnight with the day just closed (of the run, warm-up first) and the series so far."""


def run(world: World, replication: int, observers: Sequence[Observer] = ()) -> Outcome:
    """Simulate one replication. Raises ConservationError where mass or money does not add up.

    Observers read; they draw no random number and change nothing.
    """
    return _Run(world, replication, observers).go()


class _Run:
    """The live parts of one replication."""

    def __init__(self, world: World, replication: int, observers: Sequence[Observer]) -> None:
        self._world, self._replication, self._observers = world, replication, observers
        days = world.warmup_d + world.days
        streams = Streams(world.root_seed, replication)
        self._clock, self._ledger = Clock(), Ledger(days)
        ledger, clock = self._ledger, self._clock
        calendar = weather.calendar(world.start - timedelta(world.warmup_d), days)
        monsoon = [world.seasons.road_time[day.month - 1] for day in calendar]
        self._rush = [world.seasons.rush[day.month - 1] for day in calendar]

        self._plants = Plants(world.separation, world.assay, ledger, clock)
        self._others = OtherOrigins(world.separation, ledger, clock)
        self._quote = OreQuote(world.ore_price, world.assay.reo_per_t)
        self._passage = Passage(world, streams, monsoon, ledger, clock, self._plants, self._quote)
        self._gates, self._control = self._passage.gates, self._passage.control
        population = sites.draw(world, streams)
        self._projects = sites.projects(world, population)
        season = weather.season(world, streams, calendar)
        self._mines = Mines(
            world,
            population,
            season,
            ledger,
            clock,
            lambda needs: Reagents(world, needs, ledger, clock, self._gates),
        )
        self._yards = Yards(world, population, ledger, clock, self._passage.roads.send)
        self._markets = {
            element.name: OxideMarket(element, world.market, streams, ledger, clock)
            for element in world.market.elements
        }
        self._expectations = Expectations(world.market, world.inflow, clock)
        self._drivers = Drivers(world.drivers)
        self._limits = RoadLimits()
        self._around = Surroundings(
            world, self._passage, self._markets, self._quote, self._drivers, self._limits, ledger, clock
        )
        self._around.open_india(self._yards, calendar, streams, ledger)
        self._netback, self._netback_of = Netback(world, self._quote.worth), ((-1, -1), 0.0)
        self._detours = {gate.name: gate.detours for gate in world.gates}
        self._ways: list[WayOut] = []
        self._held_back: set[str] = set()
        self._ways_of: tuple[int, ...] | None = None
        self._lump_sums = LumpSums(world, self._passage.taxes, self._control)
        self._open = world.warmup_d == 0
        """Whether the warm-up is over."""
        self._ore_book = ledger.series("ore_price_cny_per_t")
        ledger.series("india_delivered_t")
        for element in ELEMENTS:
            ledger.series("india_separated_kg", element=element)
        self._set_stage(weather.slides(world, streams, calendar))

    def _set_stage(self, slides: list[weather.Slide]) -> None:
        """Put on the clock what is known beforehand: holidays, slides, the scenario's events."""
        world, clock = self._world, self._clock
        for first, after in world.border.holidays:
            clock.at(first, Phase.GATES, self._holiday, True)
            clock.at(after, Phase.GATES, self._holiday, False)
        for number, slide in enumerate(slides):
            clock.at(slide.day, Phase.EVENTS, self._slide, (f"slide {number}", slide.district))
        passage, around = self._passage, self._around
        chain = Chain(
            clock=clock,
            gates=self._gates,
            roads=passage.roads,
            mines=self._mines,
            control=self._control,
            taxes=passage.taxes,
            drivers=self._drivers,
            plants=self._plants,
            others=self._others,
            markets=self._markets,
            abroad=around.abroad,
            expectations=self._expectations,
            india=around.india,
            projects=self._projects,
            limits=self._limits,
            holder=passage.holder,
            enter=self._pay_for_rights,
            burden_cny_per_t=around.burden_cny_per_t,
            revenue_cny=around.revenue_cny,
        )
        Stories(world, chain, self._ledger, clock)

    # -- the clock ----------------------------------------------------------------------------------------

    def go(self) -> Outcome:
        """Run to the end, audit, and hand over the book."""
        world, clock = self._world, self._clock
        clock.every_day(Phase.CLOSE, self._close_books)
        clock.every_day(Phase.PLANTS, self._step)
        clock.run(world.warmup_d + world.days)
        self._record()
        audit(self.balances())
        self._passage.treasury.tell_in_dollars()
        footprint.book(world.footprint, world.districts, self._ledger)
        told = disruptions(world, self._ledger.timeline)
        return self._ledger.outcome(self._replication, world.warmup_d, told, self._yards.lots, clock.events)

    def _step(self) -> None:
        """Plants, market, decisions: nothing else happens between them."""
        self._look_at_gates()
        self._separate()
        self._trade()
        self._mine()

    def _close_books(self) -> None:
        if self._clock.now > 0:
            self._record()
        self._clock.today = int(self._clock.now)
        self._open = self._clock.today >= self._world.warmup_d

    def _holiday(self, begins: bool) -> None:
        for gate in self._gates.values():
            if begins:
                gate.shut(HOLIDAY, COMMODITIES)
            else:
                gate.reopen(HOLIDAY)

    def _slide(self, what: tuple[str, str]) -> None:
        """A landslide stops part of a district; later it is cleared away."""
        owner, district = what
        law = self._world.landslides
        self._mines.halt(owner, {district: law.share}, 0.0)
        self._clock.after(law.lasts_d, Phase.EVENTS, self._mines.resume, owner)

    # -- plants and market --------------------------------------------------------------------------------

    def _separate(self) -> None:
        if not self._open:
            return
        plants = self._plants
        if self._clock.today == self._world.warmup_d:
            for name, stock in plants.stock_kg().items():
                self._markets[name].open(stock)
        plants.deliver("other origins", self._others.ship(self._quote.oxide_cny_per_t), "oxide")
        recycled = self._world.separation.recycled_kg_per_d
        self._around.let_out()
        exported = {name: self._markets[name].trade(kg, recycled[name]) for name, kg in plants.step().items()}
        self._around.step(exported)

    def _trade(self) -> None:
        """Prices, then the quote, then what ore brings at each mine."""
        if self._open:
            upstream = self._plants.stock_kg()
            self._expectations.look(self._held_back, self._waiting_t)
            for name, market in self._markets.items():
                market.reprice(upstream[name], self._expectations.missing_kg(name))
        prices = {name: market.price_cny_per_kg for name, market in self._markets.items()}
        self._quote.update(self._drivers["ndpr_cny_per_t"], prices)
        regime, quote = (self._passage.taxes.version, self._control.version), self._quote.oxide_cny_per_t
        if (regime, quote) == self._netback_of:  # as all through the warm-up
            return
        if regime != self._netback_of[0]:
            self._netback.refresh(self._passage.taxes, self._passage.stops)
        self._netback_of = regime, quote
        self._mines.netback_cny_per_t = self._netback.cny_per_t(quote)
        if self._mines.reference_margin is None:
            self._mines.reference_margin = self._mines.margins()

    def _is_held_back(self, gate: str) -> bool:
        """Whether an event shuts the gate for ore, or its holder lets none out."""
        return self._gates[gate].held_by_event("ore") or (
            self._control.policy(self._control.holder("gate", gate))[0] == "banned"
        )

    def _waiting_t(self) -> dict[str, float]:
        """Tonnes in the yards behind each gate."""
        waiting = dict.fromkeys(self._world.inflow, 0.0)
        for district, tonnes in zip(self._world.districts, self._yards.last_close_t(), strict=True):
            waiting[district.gate] += tonnes
        return waiting

    # -- mines and yards ----------------------------------------------------------------------------------

    def _mine(self) -> None:
        mines, yards = self._mines, self._yards
        mines.review()
        yards.work(*mines.leach(yards.full), self._ways, mines.netback_cny_per_t)
        self._passage.sell_what_actors_hold()
        self._passage.earn(-mines.cash_cost_cny)
        self._pay_lump_sums()

    def _look_at_gates(self) -> None:
        """What leaves today and by which way; it stays so until a gate, a policy or the rush changes."""
        limits, today = self._limits, self._clock.today
        day = today if limits.version else 0
        gates = self._passage.gates_version.number
        regime = (gates, self._control.version, self._rush[today], limits.version, day)
        if regime == self._ways_of:
            return
        self._ways_of = regime
        districts = self._world.districts
        self._ways = [self._way_out(district) for district in districts]
        self._around.ways_open = [way.share > 0.0 for way in self._ways]
        self._held_back = {d.gate for d in districts if self._is_held_back(d.gate)}
        self._mines.look(
            [self._gates[district.gate].passes("people") for district in self._world.districts],
            self._around.ways_open,
        )

    def _pay_lump_sums(self) -> None:
        passage = self._passage
        dues_cny = self._lump_sums.dues_cny(self._mines.sites_paying())
        passage.earn(-passage.treasury.pay_all(OPERATORS, self._clock.today, dues_cny))

    def _pay_for_rights(self, actor: str, district: str) -> None:
        """A new holder takes a year's lump sum from every site at once."""
        index = [d.name for d in self._world.districts].index(district)
        per_year = self._passage.taxes.lump_sum_cny_per_d(actor, district) * DAYS_PER_YEAR
        due = self._mines.sites_paying()[index] * per_year
        self._passage.treasury.pay(OPERATORS, actor, self._clock.today, due)
        self._passage.earn(-due)

    def _way_out(self, district: District) -> WayOut:
        """What gates, roads and export policies let out today.

        Ore turns to another gate if its own is shut, and needs the leave of both holders.
        """
        haulage, home, limits = self._world.haulage, district.gate, self._limits
        own = self._gates[home]
        held = own.held_by_event("ore")
        others = [name for name in self._detours[home] if self._gates[name].passes("ore")] if held else []
        diverted = bool(others)
        gate = others[0] if diverted else home
        policies = [self._control.policy(self._control.holder("gate", name)) for name in (home, gate)]
        share = min({"banned": 0.0, "licensed": part}.get(policy, 1.0) for policy, part in policies)
        stopped = held or (own.passes("ore") and not share)
        if diverted:
            share *= haulage.divert_share
        share *= limits.share(district.name)
        return WayOut(
            gate,
            share if self._gates[gate].passes("ore") else 0.0,
            leak=haulage.leak_share if stopped else 0.0,
            diverted=diverted,
            old_stock_only=any(policy == "stock_only" for policy, _ in policies),
            rush=own.rushed or self._rush[self._clock.today],
            departs=limits.departs(district.name, self._clock.today),
        )

    # -- books --------------------------------------------------------------------------------------------

    def _record(self) -> None:
        """Close the day in progress."""
        day = self._clock.today
        self._mines.record()
        self._yards.record()
        self._passage.record()
        self._passage.treasury.record(self._drivers["cny_per_usd"])
        self._ore_book[day] = self._quote.oxide_cny_per_t
        if self._open:
            self._plants.record()
            for market in self._markets.values():
                market.record()
            self._around.record()
            self._around.block_trade()
        for observe in self._observers:
            observe(day, self._ledger.book)

    def balances(self) -> list[Balance]:
        """Every conservation law of the run."""
        yards = {"yards": float(self._yards.stock_t.sum())}
        ore = Balance(
            "mass: ore from mine to plant, gross",
            "t",
            {"in yards at first": self._yards.opening_t, "mined": self._mines.mined_t},
            {
                **yards,
                **self._passage.found_t(),
                **self._around.found_t(),
            },
        )
        markets = [market.balance() for market in self._markets.values()]
        beside = self._around.balances()
        return [ore, *self._plants.balances(), *markets, *self._passage.balances(), *beside]
