"""Reagents at the mines: what is bought through the gates, what is in stock, and which sites have some.

wanted = min(aim - stock, need + aim / restock time)       aim = need x stock days       [t, by district]
met    = sqrt(min(1, stock / aim))
used   = need x season x met

Sites' stocks are uniform between nothing and twice the mean, so the share of sites that still have some is
the square root of what is left of the aim.

A district whose need and stock are as yesterday wants, gets and uses what it did yesterday, if its gate
passes as many trucks; on most days that is so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from sim.kernel import Clock, Version
from sim.ledger import Ledger, Series
from sim.world import World


class Inlet(Protocol):
    """What this module asks of a gate. `lane` moves before the same trucks may fare otherwise."""

    lane: Version

    def reagents(self, trucks: float) -> float:
        """How many of so many trucks pass today."""


@dataclass(slots=True)
class _Store:
    """The reagents of a district, in tonnes. need: a day; aim: what it wants to have; most: it buys a day.

    season: factor on what is used; book: where what is bought is written down.
    """

    index: int
    book: Series
    need: float
    aim: float
    most: float
    stock: float
    season: float = 1.0
    wanted: float = 0.0
    bought: float = 0.0


@dataclass(slots=True)
class _Entry:
    """A gate and the districts behind it. still: as yesterday, unless the gate passes another number.

    lane_of: how the lane was when the gate was asked last.
    """

    gate: Inlet
    stores: list[_Store]
    trucks: float = 0.0
    passed: float = 0.0
    still: bool = False
    lane_of: int = -1


class Reagents:
    """Stocks of reagents by district. `met`: share of sites that have some.

    needs: t a day at the start.
    """

    def __init__(
        self,
        world: World,
        needs_t_per_d: list[float],
        ledger: Ledger,
        clock: Clock,
        gates: Mapping[str, Inlet],
    ) -> None:
        districts, law = world.districts, world.mining
        self._lot_t, self._clock = world.haulage.lot_t, clock
        self._stock_d, self._most_d = law.reagent_stock_d, 1.0 + law.reagent_stock_d / law.reagent_restock_d
        self.met = [1.0] * len(districts)
        self._stores = []
        for index, (district, need) in enumerate(zip(districts, needs_t_per_d, strict=True)):
            book, aim = ledger.series("reagent_t", place=district.name), need * self._stock_d
            self._stores.append(_Store(index, book, need, aim, need * self._most_d, stock=aim))
        homes = [district.gate for district in districts]
        self._entries = [
            _Entry(
                gates[gate], [store for store, home in zip(self._stores, homes, strict=True) if home == gate]
            )
            for gate in dict.fromkeys(homes)
        ]
        self._entry_of = {store.index: entry for entry in self._entries for store in entry.stores}

    def need(self, district: int, t_per_d: float) -> None:
        """A district needs that much from now on."""
        store = self._stores[district]
        store.need, store.aim, store.most = t_per_d, t_per_d * self._stock_d, t_per_d * self._most_d
        self._entry_of[district].still = False

    def turn(self, season: list[float]) -> None:
        """A new season, by district."""
        for store, factor in zip(self._stores, season, strict=True):
            store.season = factor
        for entry in self._entries:
            entry.still = False

    def use(self) -> list[int]:
        """One day of buying and using; the districts whose `met` has changed."""
        changed: list[int] = []
        for entry in self._entries:
            still, lane = entry.still, entry.gate.lane.number
            if not still:
                entry.trucks = self._want(entry.stores) / self._lot_t
            elif entry.lane_of == lane:
                continue
            passed, entry.lane_of = entry.gate.reagents(entry.trucks), lane
            if not still or passed != entry.passed:
                entry.passed, entry.still = passed, True
                self._restock(entry, passed / (entry.trucks or 1.0), changed)
        day = self._clock.today
        for store in self._stores:
            store.book[day] = store.bought
        return changed

    def _want(self, stores: list[_Store]) -> float:
        """Tonnes wanted today."""
        total = 0.0
        for store in stores:
            missing = store.aim - store.stock
            wanted = missing if missing > 0.0 else 0.0
            store.wanted = wanted = wanted if wanted < store.most else store.most
            total += wanted
        return total

    def _restock(self, entry: _Entry, share: float, changed: list[int]) -> None:
        """Take in what came and use a day's need; note where another share of sites has some."""
        for store in entry.stores:
            before, aim, met_before = store.stock, store.aim, self.met[store.index]
            store.bought = store.wanted * share
            stock = before + store.bought
            met = (sqrt(stock / aim) if stock < aim else 1.0) if aim > 0.0 else 0.0
            left = stock - store.need * store.season * met
            store.stock = left = left if left > 0.0 else 0.0
            if left != before:
                entry.still = False
            if met != met_before:
                self.met[store.index] = met
                changed.append(store.index)
