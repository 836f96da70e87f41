"""The quote of ion-adsorption ore, and the outside series (drivers) it needs.

quote = k x content x (w_NdPr NdPr + w_Dy Dy + w_Tb Tb)      [CNY per tonne of calcined oxide, VAT included]

A rule by which quotes are made, not a proof of the basket. A tonne of another heading is worth its REO share.
"""

from collections.abc import Mapping
from math import prod

from sim.world import OrePrice

KG_PER_T = 1000.0


class Drivers(dict[str, float]):
    """Outside series, held at their first value unless an event moves them."""

    def __init__(self, start: Mapping[str, float]) -> None:
        super().__init__(start)
        self._level = dict(start)
        self._factors: dict[str, dict[str, float]] = {name: {} for name in start}

    def scale(self, name: str, owner: str, factor: float) -> None:
        """Multiply a driver on behalf of an event; 1 lifts it."""
        self._factors[name].pop(owner, None)
        if factor != 1.0:
            self._factors[name][owner] = factor
        self._compose(name)

    def set_level(self, name: str, value: float) -> None:
        """Put a driver at an observed value."""
        self._level[name] = value
        self._compose(name)

    def _compose(self, name: str) -> None:
        self[name] = self._level[name] * prod(self._factors[name].values())


class OreQuote:
    """The quoted price of ore, from the prices of the day. CNY per gross tonne by heading, VAT included."""

    def __init__(self, rule: OrePrice, reo_per_t: Mapping[str, float]) -> None:
        self._rule = rule
        self.worth = {heading: reo / reo_per_t["oxide"] for heading, reo in reo_per_t.items()}
        self.oxide_cny_per_t = 0.0

    def update(self, ndpr_cny_per_t: float, prices_cny_per_kg: Mapping[str, float]) -> None:
        """Quote anew."""
        rule = self._rule
        basket = rule.ndpr_weight * ndpr_cny_per_t
        for element, weight in rule.weights.items():
            basket += weight * prices_cny_per_kg[element] * KG_PER_T
        self.oxide_cny_per_t = rule.k * rule.content * basket

    def value_cny(self, tonnes: float, heading: str) -> float:
        """What a load is worth today, VAT included."""
        return self.worth_t(tonnes, heading) * self.oxide_cny_per_t

    def worth_t(self, tonnes: float, heading: str) -> float:
        """A load in tonnes of what is quoted."""
        return tonnes * self.worth[heading]
