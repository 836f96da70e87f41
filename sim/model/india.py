"""The route to India: small trucks over Pangsau, ore that waits for heavy separation, a tariff at the end.

load today  = min(road capacity x (share left in the wet months), trucks of the pass) x share with a licence
              x what passes, in whole trucks
a truck goes to India if  price abroad of the border - taxes - freight  is more than the way to China leaves,
              or the way to China is shut and there is anything left at all
India pays    China's quote net of VAT x (1 + premium), but once it sells oxide no more than the oxide earns:
earned        = recovery x contents x price abroad x (1 - share sold to America x tariff) - separation
separated     = min(stock, capacity built), after the time the liquor is in the plant

Trucks pay the taxes of the holders of mine and gate like any other. Until there is a plant that separates
heavy rare earths the ore lies in stock: India pays for a reserve.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sim.kernel import Clock, Phase
from sim.ledger import Balance, Ledger
from sim.lot import Lot, Waybill
from sim.streams import Streams
from sim.world import India

NDPR = "NdPr"
INDIA, AMERICA = "india", "us"


@dataclass(frozen=True)
class Pit:
    """A pool of ore that can take the route: where it lies, what it is, and its worth against oxide."""

    place: int
    district: str
    heading: str
    reo_per_t: float


@dataclass(frozen=True)
class Terms:
    """What a tonne pays and costs on a way: share of its price, CNY per tonne, freight included."""

    share: float
    cny_per_t: float

    def leaves(self, price_cny_per_t: float) -> float:
        """What the operator keeps of a tonne."""
        return price_cny_per_t * (1.0 - self.share) - self.cny_per_t


class Trade(Protocol):
    """What the route asks of the rest of the chain. Prices per gross tonne, VAT not included."""

    def china_leaves(self, pit: Pit) -> float | None:
        """What the way to China leaves of a tonne; None if it is shut."""

    def india_terms(self, pit: Pit) -> Terms | None:
        """Taxes on the way to India; None if who holds the way lets nothing out."""

    def let_through_t_per_d(self, t_per_d: float) -> float:
        """What the pass and its holder let through of as much a day."""

    def ore_cny_per_t(self, pit: Pit) -> float:
        """China's quote of a tonne, net of VAT."""

    def abroad_cny_per_kg(self, element: str) -> float:
        """What an oxide earns outside China."""

    def settle(self, lot: Lot, price_cny_per_t: float, freight_cny_per_t: float) -> None:
        """The operators are paid, and pay taxes and freight."""

    def collect(self, payer: str, actor: str, amount_cny: float) -> None:
        """A payment from one to another."""


class IndiaRoute:
    """Road, stock and plant. `give(place, heading, tonnes)` takes ore from yards and says whether it did."""

    def __init__(
        self,
        law: India,
        pits: Sequence[Pit],
        months: Sequence[int],
        give: Callable[[int, str, float], bool],
        trade: Trade,
        streams: Streams,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self._law, self._pits, self._months, self._give, self._trade = law, pits, months, give, trade
        self._ledger, self._clock = ledger, clock
        self._roads: dict[str, tuple[float, float, float]] = {}
        self._passable: dict[str, float] = {}
        self._guards: dict[str, float] = {}
        self._slow: dict[str, float] = {}
        self._intervals: dict[str, int] = {}
        self._premiums: dict[str, float] = {}
        self._tariffs: dict[str, float] = {}
        self._built: dict[str, float] = {}
        cv = law.time_cv
        self._pace = streams.draws("india.time", lambda rng, size: rng.gamma(cv**-2, cv**2, size))
        self._luck = streams.uniforms("india.loss")
        self._due_t = self._road_t = self._delivered_t = self._lost_t = 0.0
        self._stock_t_reo = self._received_t_reo = self._held_t_reo = 0.0
        self._separated_t_reo = self._rejected_t_reo = 0.0
        self._batches = deque([0.0] * law.process_d)
        self._arrivals = ledger.series("india_delivered_t")
        self._transit_book = ledger.series("india_transit_t")
        self._losses = ledger.series("lost_t")
        self._crossed = ledger.series("exported_t", place=law.gate)
        self._margin = ledger.series("india_margin_cny")
        self._output = {e: ledger.series("india_separated_kg", element=e) for e in law.kg_per_t_reo}

    # -- what events change -------------------------------------------------------------------------------

    def open(self, owner: str, capacity_t_per_d: float, road_d: float, monsoon_share: float) -> None:
        """Open the road to that much; 0 closes it.

        Of several openings the one that is widest on a day counts, of equals the fastest.
        """
        self._roads.pop(owner, None)
        if capacity_t_per_d:
            self._roads[owner] = (capacity_t_per_d, road_d, monsoon_share)

    @property
    def openings(self) -> str:
        """The road in words: what it bears in the dry season and in the wet months, and how long it takes."""
        told = [f"{t:.6g} t/d ({t * wet:.4g} wet) in {d:.4g} d" for t, d, wet in self._roads.values()]
        return " or ".join(told) or "shut"

    def disrupt(self, owner: str, time_factor: float, passable: float) -> None:
        """Slow or cut the road on behalf of `owner`; 1 and 1 lift it."""
        self._slow[owner], self._passable[owner] = time_factor, passable

    def guard(self, owner: str, loss_factor: float, interval_d: int) -> None:
        """Convoys: a share of the risk is left, and trucks leave each interval; 1 and 1 lift it."""
        self._guards[owner], self._intervals[owner] = loss_factor, interval_d

    @property
    def loss(self) -> float:
        """Share of the loads that are lost."""
        return self._law.loss_probability * float(np.prod(list(self._guards.values())))

    @property
    def road_state(self) -> str:
        """The road in words."""
        slow, passable = (float(np.prod(list(d.values()))) for d in (self._slow, self._passable))
        return f"{slow:.4g} x time, {passable:.4g} passable"

    def offer(self, owner: str, premium: float | None) -> None:
        """India's premium on behalf of an event; None takes it back."""
        self._premiums.pop(owner, None)
        if premium is not None:
            self._premiums[owner] = premium

    @property
    def premium(self) -> float:
        """What India pays above China, as a share; the latest offer counts."""
        return list(self._premiums.values())[-1] if self._premiums else self._law.premium

    def levy(self, owner: str, rate: float | None) -> None:
        """America's tariff on behalf of an event; None takes it back."""
        self._tariffs.pop(owner, None)
        if rate is not None:
            self._tariffs[owner] = rate

    @property
    def tariff(self) -> float:
        """America's tariff on India's oxide, as a share of its value; the latest counts."""
        return list(self._tariffs.values())[-1] if self._tariffs else self._law.us_tariff

    def build(self, owner: str, t_reo_per_d: float) -> None:
        """A plant for heavy rare earths is ready."""
        self._built[owner] = t_reo_per_d

    @property
    def plant_t_reo_per_d(self) -> float:
        """What can be separated."""
        return self._law.heavy_t_reo_per_d + sum(self._built.values())

    # -- one day ------------------------------------------------------------------------------------------

    def step(self) -> Mapping[str, float]:
        """Load trucks, separate, sell; kilograms of oxide by element."""
        self._load()
        return self._separate()

    def _load(self) -> None:
        """Whole trucks as far as the road bears them, from the pits that gain most."""
        law, today = self._law, self._clock.today
        if not self._roads:
            return
        is_wet = self._months[today] in law.wet_months
        capacity, sooner_d = max(
            (t_per_d * (wet if is_wet else 1.0), -d) for t_per_d, d, wet in self._roads.values()
        )
        capacity = self._trade.let_through_t_per_d(capacity)
        if capacity <= 0.0:
            return
        self._due_t += capacity * float(np.prod(list(self._passable.values())))
        if today % max(self._intervals.values(), default=1):
            return
        willing = self._willing() if self._due_t >= law.truck_t else []
        while self._due_t >= law.truck_t and willing:
            pit, price = willing[0]
            if not self._give(pit.place, pit.heading, law.truck_t):
                willing.pop(0)
                continue
            self._due_t -= law.truck_t
            self._send(pit, price, -sooner_d)
        self._due_t = min(self._due_t, capacity * max(self._intervals.values(), default=1) + law.truck_t)

    def _willing(self) -> list[tuple[Pit, float]]:
        """(pit, price) where India leaves the operator more than China does, best first."""
        found = []
        for pit in self._pits:
            terms, china = self._trade.india_terms(pit), self._trade.china_leaves(pit)
            if terms is not None:
                price = self._price_cny_per_t(pit)
                gain = terms.leaves(price) - max(0.0, china or 0.0)
                if gain > 0.0:
                    found.append((gain, pit, price))
        found.sort(key=lambda each: -each[0])
        return [(pit, price) for _, pit, price in found]

    def _price_cny_per_t(self, pit: Pit) -> float:
        """What India pays for a tonne at its plant."""
        offered = self._trade.ore_cny_per_t(pit) * (1.0 + self.premium)
        if not self.plant_t_reo_per_d:
            return offered
        return min(
            offered, max(0.0, self._earned_cny_per_t_reo() - self._law.separation_cny_per_t) * pit.reo_per_t
        )

    def _earned_cny_per_t_reo(self) -> float:
        law = self._law
        gross = sum(kg * self._trade.abroad_cny_per_kg(e) for e, kg in law.kg_per_t_reo.items())
        return gross * law.recovery * (1.0 - law.us_share * self.tariff)

    def _send(self, pit: Pit, price_cny_per_t: float, road_d: float) -> None:
        law, clock = self._law, self._clock
        lot = Lot(Waybill(law.truck_t, pit.heading, pit.district, law.gate))
        self._road_t += lot.tonnes
        days = road_d * self._pace() * float(np.prod(list(self._slow.values())))
        if self._luck() < self.loss:
            clock.after(days, Phase.ARRIVALS, self._lose, lot)
        else:
            clock.after(days, Phase.ARRIVALS, self._cross, (lot, pit, price_cny_per_t))

    def _lose(self, lot: Lot) -> None:
        self._road_t -= lot.tonnes
        self._lost_t += lot.tonnes
        self._losses[self._clock.today] += lot.tonnes

    def _cross(self, what: tuple[Lot, Pit, float]) -> None:
        """At the border the load is sold and taxed; the railway takes it on."""
        lot, pit, price = what
        self._crossed[self._clock.today] += lot.tonnes
        self._trade.settle(lot, price, self._law.freight_cny_per_t)
        self._margin[self._clock.today] -= price * lot.tonnes
        self._clock.after(self._law.rail_d, Phase.ARRIVALS, self._deliver, (lot, pit))

    def _deliver(self, what: tuple[Lot, Pit]) -> None:
        lot, pit = what
        self._road_t -= lot.tonnes
        self._delivered_t += lot.tonnes
        self._arrivals[self._clock.today] += lot.tonnes
        self._stock_t_reo += lot.tonnes * pit.reo_per_t
        self._received_t_reo += lot.tonnes * pit.reo_per_t

    def _separate(self) -> Mapping[str, float]:
        """A batch enters, another is finished and sold."""
        law, today = self._law, self._clock.today
        batch = min(self._stock_t_reo, self.plant_t_reo_per_d)
        self._stock_t_reo -= batch
        self._batches.append(batch)
        done = self._batches.popleft()
        self._held_t_reo += batch - done
        output = done * law.recovery
        self._separated_t_reo += output
        self._rejected_t_reo += done - output
        kg = {element: output * contents for element, contents in law.kg_per_t_reo.items()}
        if output:
            self._sell(kg, done, today)
        return kg

    def _sell(self, kg: Mapping[str, float], done_t_reo: float, today: int) -> None:
        value = sum(self._trade.abroad_cny_per_kg(element) * amount for element, amount in kg.items())
        tariff = value * self._law.us_share * self.tariff
        self._trade.collect(INDIA, AMERICA, tariff)
        self._margin[today] += value - tariff - self._law.separation_cny_per_t * done_t_reo
        for element, amount in kg.items():
            self._output[element][today] = amount

    # -- books --------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Close the day."""
        self._transit_book[self._clock.today] = self._road_t

    def found_t(self) -> Mapping[str, float]:
        """Where the ore is that took this way, in gross tonnes."""
        return {"to India": self._road_t, "in India": self._delivered_t, "lost to India": self._lost_t}

    def balances(self) -> list[Balance]:
        """Rare-earth oxide in the plant."""
        found = {
            "stock": self._stock_t_reo,
            "in process": self._held_t_reo,
            "separated": self._separated_t_reo,
            "rejects": self._rejected_t_reo,
        }
        return [Balance("mass: REO in India", "t_REO", {"delivered": self._received_t_reo}, found)]
