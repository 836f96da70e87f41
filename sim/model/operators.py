"""What a tonne of ore brings its operator: the netback behind every decision at a mine.

netback = quote - import tax - taxes on the way - lump sum / output - treatment - freight    [CNY/t gross]

The quote includes VAT, which is a share of the value net of it.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from sim.world import District, World

Stops = Callable[[str, str], list[tuple[str, str, str]]]


class Dues(Protocol):
    """What this module asks of the tax book."""

    def due_cny(
        self, actor: str, point: str, place: str, *, value_cny: float, tonnes: float, vehicles: float
    ) -> float:
        """What an actor takes from a shipment."""

    def in_kind_share(self, actor: str, point: str, place: str) -> float:
        """Share of a load that an actor keeps."""

    def lump_sum_cny_per_d(self, actor: str, district: str) -> float:
        """What an actor takes from each site of a district per day."""


class Netback:
    """netback = kept x quote - fixed, for each district and heading (a pool)."""

    def __init__(self, world: World, worth: Mapping[str, float]) -> None:
        self._districts, self._worth = world.districts, worth
        self._lot_t, self._treatment = world.haulage.lot_t, world.ore_price.treatment_charge_cny_per_t
        self._site_t_per_d = world.mining.capacity_t_per_d
        self._terms: list[tuple[float, float]] = []

    def refresh(self, taxes: Dues, stops: Stops) -> None:
        """Take over the taxes in force; `stops` gives (actor, point, place) on the way of the ore."""
        self._terms.clear()
        for district, heading in self._pools():
            share, per_t = import_tax(taxes, self._lot_t)
            for stop in stops(district.name, district.gate):
                share += taxes.due_cny(*stop, value_cny=1.0, tonnes=0.0, vehicles=0.0)
                share += taxes.in_kind_share(*stop)
                per_t += taxes.due_cny(*stop, value_cny=0.0, tonnes=1.0, vehicles=1.0 / self._lot_t)
            worth = self._worth[heading]
            holder = stops(district.name, district.gate)[0][0]
            lump_sum = taxes.lump_sum_cny_per_d(holder, district.name) / self._site_t_per_d
            fixed = per_t + worth * (self._treatment + lump_sum) + district.road.freight_cny_per_t
            self._terms.append((worth * (1.0 - share), fixed))

    def cny_per_t(self, oxide_quote_cny_per_t: float) -> list[float]:
        """Netback per gross tonne, by pool."""
        return [kept * oxide_quote_cny_per_t - fixed for kept, fixed in self._terms]

    def _pools(self) -> list[tuple[District, str]]:
        return [(district, heading) for district in self._districts for heading in self._worth]


def import_tax(taxes: Dues, lot_t: float) -> tuple[float, float]:
    """Import tax as a share of the value that includes it, and per gross tonne."""
    net_share = taxes.due_cny("china", "import", "", value_cny=1.0, tonnes=0.0, vehicles=0.0)
    per_t = taxes.due_cny("china", "import", "", value_cny=0.0, tonnes=1.0, vehicles=1.0 / lot_t)
    return net_share / (1.0 + net_share), per_t
