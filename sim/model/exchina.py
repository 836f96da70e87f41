"""The market outside China, behind export licences: a stock, what is used of it, and the premium abroad.

P abroad   = P in China net of VAT x premium                                             [USD/kg]
C          = (S + H a) / U            cover that buyers see, in days of ordinary use
goal       = min(top, max(1, free x (C* / C) ** s)),  C* = ordinary stock + H
d ln premium/dt = (ln goal - ln premium) / lag
used       = min(stock, U x (premium / free) ** elasticity)

S: oxide held abroad; a: arrivals to come, as China licenses them and others promise; U: what was bought from
China before the licences; H: the time a licence takes, as far ahead as buyers look. The first stock is the
one at which the observed premium is at rest. At the highest premium seen buyers turn to magnets made in China
or go without, so it rises no further; below 1 the oxide would go back to China. China lets its exports
through as licensed, but no more than buyers want beside what others sell them.
"""

from math import exp, log, prod

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.world import Abroad, AbroadElement

FROM_CHINA = "from China"


class AbroadMarket:
    """One element outside China."""

    def __init__(self, element: AbroadElement, law: Abroad, ledger: Ledger, clock: Clock) -> None:
        self.name, self._element, self._law, self._clock = element.name, element, law, clock
        self._shares: dict[str, float] = {}
        self._demand_factors: dict[str, float] = {}
        self.demand_factor = 1.0
        self.premium = element.start_premium
        self._least_cover = (element.free_premium / element.top_premium) ** (1.0 / law.exponent)
        self._others_kg_per_d: dict[str, float] = {}
        self._occasional_kg_per_d = 0.0
        self._smoothing = 1.0 - exp(-1.0 / law.horizon_d)
        self._nearer = 1.0 - exp(-1.0 / law.lag_d)
        self._compose()
        self.stock_kg = self._stock_at_rest_kg()
        self.received_kg = {"at start": self.stock_kg, FROM_CHINA: 0.0}
        self.used_kg = 0.0
        self._price = ledger.series("price_usd_per_kg", element=self.name, place="ex_china")
        self._stock_book = ledger.series("abroad_stock_kg", element=self.name)
        self._use_book = ledger.series("abroad_use_kg", element=self.name)

    def _stock_at_rest_kg(self) -> float:
        """The stock at which the first premium stays as it is."""
        element, law = self._element, self._law
        ease = float((element.free_premium / element.start_premium) ** (1.0 / law.exponent))
        seen_kg = self._ordinary_d * ease * element.use_kg_per_d
        return max(0.0, seen_kg - law.horizon_d * self._element.exports_kg_per_d)

    @property
    def _ordinary_d(self) -> float:
        return self._law.stock_d + self._law.horizon_d

    def _compose(self) -> None:
        """Work out what follows from demand, licences and what others sell, until one of them changes.

        wanted: ordinary use, as demand now stands. orders: what China exports if it has it: licensed, and
        wanted beside what others sell.
        """
        self._wanted_kg_per_d = self._element.use_kg_per_d * self.demand_factor
        self._usual_cover_kg = self._wanted_kg_per_d * self._ordinary_d
        self.others_kg_per_d = sum(self._others_kg_per_d.values())
        self.orders_from_china_kg_per_d = self.allowed_kg_per_d
        if self._others_kg_per_d or self.demand_factor < 1.0:
            left_kg_per_d = max(0.0, self._wanted_kg_per_d - self.others_kg_per_d)
            self.orders_from_china_kg_per_d = min(self.allowed_kg_per_d, left_kg_per_d)

    def license(self, owner: str, share: float | None) -> None:
        """Let a share of the usual exports through on behalf of an event; None takes it back."""
        self._shares.pop(owner, None)
        if share is not None:
            self._shares[owner] = share
        self._compose()

    @property
    def allowed_kg_per_d(self) -> float:
        """What licences let through; of several the latest counts."""
        if not self._shares:
            return self._element.exports_kg_per_d
        return list(self._shares.values())[-1] * self._element.use_kg_per_d

    def scale_demand(self, owner: str, factor: float) -> None:
        """Multiply what is used at ordinary prices on behalf of `owner`; 1 lifts it."""
        self._demand_factors[owner] = factor
        self.demand_factor = prod(self._demand_factors.values())
        self._compose()

    def supply_kg_per_d(self, source: str) -> float:
        """What `source` sells each day."""
        return self._others_kg_per_d.get(source, 0.0)

    def supply(self, source: str, kg_per_d: float) -> None:
        """Others sell that much a day from now on, on behalf of `source`; 0 ends it."""
        self._others_kg_per_d.pop(source, None)
        if kg_per_d:
            self._others_kg_per_d[source] = kg_per_d
        self._compose()

    def take(self, source: str, kg: float) -> None:
        """Oxide arrives."""
        self.stock_kg += kg
        self.received_kg[source] = self.received_kg.get(source, 0.0) + kg

    def step(self, from_china_kg: float, elsewhere_kg: float = 0.0) -> None:
        """One day: arrivals, use, premium. `elsewhere_kg`: what came in beside China and standing supply."""
        self.take(FROM_CHINA, from_china_kg)
        if self._others_kg_per_d:
            for source, kg in self._others_kg_per_d.items():
                self.take(source, kg)
        self._occasional_kg_per_d += (elsewhere_kg - self._occasional_kg_per_d) * self._smoothing
        wanted = self._wanted_kg_per_d * (self.premium / self._element.free_premium) ** self._law.elasticity
        used = wanted if wanted < self.stock_kg else self.stock_kg
        self.stock_kg -= used
        self.used_kg += used
        self.premium *= exp(log(self._goal() / self.premium) * self._nearer)
        self._use_book[self._clock.today] = used

    def _goal(self) -> float:
        """The premium at which cover would rest."""
        if not self._wanted_kg_per_d:
            return 1.0
        law = self._law
        coming = self.orders_from_china_kg_per_d + self.others_kg_per_d + self._occasional_kg_per_d
        seen_kg = self.stock_kg + law.horizon_d * coming
        cover = seen_kg / self._usual_cover_kg
        scarce = cover if cover > self._least_cover else self._least_cover
        goal = float(self._element.free_premium * scarce**-law.exponent)
        return goal if goal > 1.0 else 1.0

    def usd_per_kg(self, price_cny_per_kg: float, vat: float, cny_per_usd: float) -> float:
        """The price abroad."""
        return price_cny_per_kg / (1.0 + vat) / cny_per_usd * self.premium

    def record(self, usd_per_kg: float) -> None:
        """Close the day."""
        day = self._clock.today
        self._price[day] = usd_per_kg
        self._stock_book[day] = self.stock_kg

    def balance(self) -> Balance:
        """Mass of the element outside China."""
        found = {"used": self.used_kg, "stock": self.stock_kg}
        return Balance(f"mass: {self.name} oxide outside China", "kg", self.received_kg, found)
