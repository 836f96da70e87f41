"""The oxide market: orders, stocks, and the price of dysprosium and terbium in China.

ln P  = ln P_ref + f + a + x
df/dt = (s g(C) - f) / tau          g = max(0, ln C*/C) - w max(0, ln C/C*)
C     = max(floor, (S - phi L) / U)      months of cover

S: oxide in China (stock, and what feed and hold-up will yield); U: orders smoothed over some months, per
month; L: what the market still expects to miss of inflow held back (negative: to come); a: news that
decays; x: stationary noise.
P_ref is constant in a run and set so that the first price is the observed one: a closure's effect fades
when cover is back. Orders answer the price at once and, slower and capped, by substitution; what price
drives away is `priced out`, what stock cannot fill is `unmet`: two different things.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import exp, log, prod, sqrt

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.streams import Streams
from sim.world import Element, Inflow, Market

DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True)
class PriceLaw:
    """The price of cover, for both elements alike."""

    market: Market

    def scarcity(self, cover_months: float) -> float:
        """s g(C): the log-price at which this cover settles."""
        market = self.market
        tightness = log(market.target_months / cover_months)
        weight = 1.0 if tightness > 0.0 else market.glut_weight
        return market.exponent * weight * tightness

    def cover_months(self, stock_kg: float, missing_kg: float, orders_kg_per_d: float) -> float:
        """C, with what the market still expects to miss taken off the stock."""
        seen_kg = stock_kg - self.market.expectation_weight * missing_kg
        months = seen_kg / (orders_kg_per_d * DAYS_PER_MONTH)
        return months if months > self.market.floor_months else self.market.floor_months

    def approach(self, f: float, cover_months: float, step_d: float) -> float:
        """f after `step_d` days at that cover."""
        goal = self.scarcity(cover_months)
        return goal + (f - goal) * exp(-step_d / self.market.lag_d)


class OxideMarket:
    """Stock, orders and price of one element in China. `exports_kg_per_d`: what may leave; others set it."""

    def __init__(
        self,
        element: Element,
        market: Market,
        streams: Streams,
        ledger: Ledger,
        clock: Clock,
        step_d: float = 1.0,
    ) -> None:
        self.name, self._element, self._law = element.name, element, PriceLaw(market)
        self._clock, self._step_d = clock, step_d
        self.stock_kg = element.start_stock_kg
        self.price_cny_per_kg = element.start_price_cny_per_kg
        self._base_kg_per_d = element.demand_kg_per_d
        self._smoothed_kg_per_d = element.demand_kg_per_d + element.exports_kg_per_d
        self.exports_kg_per_d = element.exports_kg_per_d
        self._demand_factors: dict[str, float] = {}
        self.demand_factor = 1.0
        self._outside_kg_per_d: dict[str, float] = {}
        self._f = self._news = self._substitution = self._log_ref = 0.0
        self._growth, self._smoothing = exp(element.growth_per_d), 1.0 - exp(-1.0 / market.smoothing_d)
        self._news_kept = exp(-log(2.0) * step_d / market.news_half_life_d)
        kept = exp(-log(2.0) * step_d / market.noise_half_life_d)
        shock = market.noise_sd * sqrt(1.0 - kept**2)
        draw = streams.generator(f"market.{element.name}.noise").standard_normal
        self._noise = market.noise_sd * float(draw())
        self._kept, self._shock = (
            kept,
            streams.draws(
                f"market.{element.name}.shocks", lambda rng, size: shock * rng.standard_normal(size)
            ),
        )
        self.received_kg = {"at start": element.start_stock_kg, "separated": 0.0, "recycled": 0.0}
        self.used_kg = {"domestic": 0.0, "exports": 0.0}
        self._trade_books = tuple(
            ledger.series(variable, element=element.name)
            for variable in ("demand_kg", "unmet_kg", "priced_out_kg", "exports_kg")
        )
        self._other_book, *stocks = (
            ledger.series(variable, element=element.name)
            for variable in ("other_oxide_kg", "oxide_stock_kg", "cover_months")
        )
        self._close_books = ledger.series("price_cny_per_kg", element=element.name, place="china"), *stocks

    def open(self, upstream_kg: float) -> None:
        """Set P_ref so that the price of the first day is the observed one at the declared cover."""
        cover = self._law.cover_months(self.stock_kg + upstream_kg, 0.0, self._smoothed_kg_per_d)
        self._f = self._law.scarcity(cover)
        self._log_ref = log(self._element.start_price_cny_per_kg) - self._f - self._noise
        self.cover_months = cover

    def news(self, jump: float) -> None:
        """A piece of news moves the price by that share at once; it decays."""
        self._news += log(1.0 + jump)

    @property
    def news_share(self) -> float:
        """What news now adds to the price, as a share."""
        return exp(self._news) - 1.0

    def scale_demand(self, owner: str, factor: float) -> None:
        """Multiply domestic orders on behalf of `owner`; 1 lifts it."""
        self._demand_factors[owner] = factor
        self.demand_factor = prod(self._demand_factors.values())

    def supply(self, source: str, kg_per_d: float) -> None:
        """Oxide from outside the chain comes in each day from now on (leaves, if negative); 0 ends it."""
        self._outside_kg_per_d.pop(source, None)
        if kg_per_d:
            self._outside_kg_per_d[source] = kg_per_d

    def supply_kg_per_d(self, source: str) -> float:
        """What `source` brings each day."""
        return self._outside_kg_per_d.get(source, 0.0)

    def _take_outside(self) -> None:
        """Who buys gets no more than there is."""
        for source, kg_per_d in self._outside_kg_per_d.items():
            kg = max(kg_per_d, -self.stock_kg)
            self.stock_kg += kg
            self.received_kg[source] = self.received_kg.get(source, 0.0) + kg
            self._other_book[self._clock.today] += kg

    def trade(self, separated_kg: float, recycled_kg: float) -> float:
        """One day of supply, orders and deliveries; kilograms exported.

        Exports and domestic orders share a short stock alike.
        """
        self.stock_kg += separated_kg + recycled_kg
        self.received_kg["separated"] += separated_kg
        self.received_kg["recycled"] += recycled_kg
        if self._outside_kg_per_d:
            self._take_outside()
        domestic, priced_out = self._orders_kg()
        exports = self.exports_kg_per_d
        orders = domestic + exports
        filled = self.stock_kg / orders if orders > self.stock_kg else 1.0
        self.stock_kg -= orders * filled
        self.used_kg["domestic"] += domestic * filled
        self.used_kg["exports"] += exports * filled
        self._smoothed_kg_per_d += (orders - self._smoothed_kg_per_d) * self._smoothing
        day, exported = self._clock.today, exports * filled
        demand, unmet, kept_away, export = self._trade_books
        demand[day] = orders
        unmet[day] = orders * (1.0 - filled)
        kept_away[day] = priced_out
        export[day] = exported
        return exported

    def _orders_kg(self) -> tuple[float, float]:
        """Domestic orders of the day, and what the price keeps away."""
        market, cap = self._law.market, self._law.market.substitution_cap_per_d
        self._base_kg_per_d *= self._growth
        dearer = log(self.price_cny_per_kg / self._element.start_price_cny_per_kg)
        goal = (market.elasticity_long - market.elasticity_short) * dearer
        drift = (goal - self._substitution) / market.elasticity_lag_d
        self._substitution += -cap if drift < -cap else cap if drift > cap else drift
        base = self._base_kg_per_d * self.demand_factor
        orders = base * exp(market.elasticity_short * dearer + self._substitution)
        return orders, base - orders

    def reprice(self, upstream_kg: float, missing_kg: float) -> None:
        """Move the price by one step of the law."""
        self.cover_months = self._law.cover_months(
            self.stock_kg + upstream_kg, missing_kg, self._smoothed_kg_per_d
        )
        self._f = self._law.approach(self._f, self.cover_months, self._step_d)
        self._news *= self._news_kept
        shock = self._shock
        self._noise = self._kept * self._noise + shock()
        self.price_cny_per_kg = exp(self._log_ref + self._f + self._news + self._noise)

    def record(self) -> None:
        """Close the day."""
        day, (price, stock, cover) = self._clock.today, self._close_books
        price[day] = self.price_cny_per_kg
        stock[day] = self.stock_kg
        cover[day] = self.cover_months

    def balance(self) -> Balance:
        """Mass of the element through the oxide stock."""
        return Balance(
            f"mass: {self.name} oxide in the market",
            "kg",
            self.received_kg,
            self.used_kg | {"stock": self.stock_kg},
        )


class Expectations:
    """What the market thinks is still to be missed of the inflow that is held back; negative: still to come.

    While a gate lets no ore out, shut or by decree, its flow is expected to fail for the mean length of past
    closures, whatever the age of this one: nobody knows the end. A closure announced ahead counts as far as
    it lies within that many days from today. Once the way is free again, what piled up behind it counts as
    coming, until the yards are back at what they held before. All in days of a gate's usual flow.
    """

    def __init__(self, market: Market, inflow: Mapping[str, Inflow], clock: Clock) -> None:
        self._closure_d, self._inflow, self._clock = market.expected_closure_d, inflow, clock
        self._ahead: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._days = dict.fromkeys(inflow, 0.0)
        self._waiting_before_t: dict[str, float] = {}
        self._quiet = True
        self._promised: dict[str, tuple[str, float, float, float]] = {}

    def promise(self, owner: str, element: str, kg: float, start_d: float, end_d: float) -> None:
        """A reserve will sell (buy, if negative) that much evenly between two days; 0 takes it back."""
        self._promised.pop(owner, None)
        if kg:
            self._promised[owner] = (element, kg, start_d, end_d)

    def _coming_kg(self, element: str) -> float:
        """What reserves still have to sell of an element."""
        now, coming = self._clock.now, 0.0
        for of, kg, start_d, end_d in self._promised.values():
            if of == element:
                coming += kg * min(1.0, max(0.0, (end_d - now) / max(end_d - start_d, 1.0)))
        return coming

    def expect(self, owner: str, gates: tuple[str, ...], start_d: float) -> None:
        """The market learns that `owner` shuts these gates on that day of the run."""
        self._ahead[owner] = (start_d, gates)

    def forget(self, owner: str) -> None:
        """The closure is over."""
        self._ahead.pop(owner, None)

    def look(self, held_back: Collection[str], waiting: Callable[[], Mapping[str, float]]) -> None:
        """Once a day: the gates whose ore is held back; `waiting` counts tonnes in the yards behind each."""
        self._quiet = not (held_back or self._ahead or self._waiting_before_t)
        if self._quiet:
            return
        waiting_t = waiting()
        announced: dict[str, float] = {}
        for start_d, gates in self._ahead.values():
            announced |= {gate: min(start_d, announced.get(gate, start_d)) for gate in gates}
        for gate in self._inflow:
            if gate in held_back:
                self._waiting_before_t.setdefault(gate, waiting_t[gate])
                self._days[gate] = self._closure_d
                continue
            self._days[gate] = -self._coming_d(gate, waiting_t[gate])
            if gate in announced:
                ahead_d = max(0.0, announced[gate] - self._clock.now)
                self._days[gate] += max(0.0, self._closure_d - ahead_d)

    def _coming_d(self, gate: str, waiting_t: float) -> float:
        """Days of usual flow that a closure which is over has left waiting."""
        more_t = waiting_t - self._waiting_before_t.get(gate, waiting_t)
        if more_t <= 0.0:
            self._waiting_before_t.pop(gate, None)
            return 0.0
        return more_t / self._inflow[gate].t_per_d

    def missing_kg(self, element: str) -> float:
        """L of one element."""
        missing = 0.0
        if not self._quiet:
            missing = sum([days * self._inflow[gate].kg_per_d[element] for gate, days in self._days.items()])
        return missing - self._coming_kg(element) if self._promised else missing
