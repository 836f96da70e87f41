"""Yards: what the mines have bagged, and the trucks that take it away.

Trucks leave at stock / dwell, sooner in a rush (before the rains, before an announced closure); where gate
or export policy let out a share only, at that share of the usual flow, since a backlog gets no licence. A
truck loads from all yards of its district and heading, in proportion to what they hold. Under `stock_only`
no more leaves than lay there when the policy began. Behind a gate that lets nothing out a small share of the
usual flow leaks over the hills.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.lot import Lot
from sim.sites import HEADINGS, Population
from sim.world import World

Floats = NDArray[np.float64]
ROUNDING = 1e-9
"""Lets a yard of exactly one truckload fill one truck."""


@dataclass(frozen=True)
class WayOut:
    """What a district's ore can do today: the gate it takes, the shares that go and leak, whether it
    hurries."""

    gate: str
    share: float
    leak: float
    diverted: bool
    old_stock_only: bool
    rush: bool


class Yards:
    """Stocks by site, loaded by pool (district and heading). `send` takes over each lot that leaves."""

    def __init__(
        self, world: World, sites: Population, ledger: Ledger, clock: Clock, send: Callable[[Lot], None]
    ) -> None:
        law = world.mining
        self._districts = [district.name for district in world.districts]
        self._lot_t, self._dwell_d = world.haulage.lot_t, law.yard_dwell_d
        self._rush_dwell_d = law.rush_dwell_d
        self._clock, self._send = clock, send
        self.pool = sites.district * len(HEADINGS) + sites.heading
        self.pools = len(self._districts) * len(HEADINGS)
        self.stock_t = np.where(sites.working, sites.capacity_t_per_d * law.yard_dwell_d, 0.0)
        self.room_t = sites.capacity_t_per_d * law.yard_capacity_d
        self._usual_t_per_d = self.by_pool(sites.capacity_t_per_d * sites.working)
        self.opening_t = float(self.stock_t.sum())
        self._due_t, self._leak_due_t = np.zeros(self.pools), np.zeros(self.pools)
        self._old_t = np.full(self.pools, np.inf)
        self.lots = 0
        self._shipped = [ledger.series("shipped_t", place=name) for name in self._districts]
        self._stock_book = [ledger.series("mine_stock_t", place=name) for name in self._districts]

    def dispatch(self, ways: Sequence[WayOut], pays: NDArray[np.bool_]) -> None:
        """Load what is due; `ways` by district, `pays` by pool: whether shipping brings money."""
        stock = self.by_pool(self.stock_t)
        self._age(ways, stock)
        rush = np.repeat([way.rush for way in ways], len(HEADINGS))
        flow = stock / np.where(rush, self._rush_dwell_d, self._dwell_d)
        usual = np.minimum(flow, self._usual_t_per_d)
        share = np.repeat([way.share for way in ways], len(HEADINGS))
        leak = np.repeat([way.leak for way in ways], len(HEADINGS))
        self._due_t += np.where(pays, np.where(share < 1.0, usual * share, flow), 0.0)
        self._due_t = np.minimum(self._due_t, self._old_t)
        self._leak_due_t += usual * leak
        open_for_trucks = pays & (share > 0.0)
        trucks = self._whole(np.minimum(self._due_t, stock)) * open_for_trucks
        leaks = self._whole(np.minimum(self._leak_due_t, stock - trucks * self._lot_t))
        if trucks.any() or leaks.any():
            self._take(trucks, leaks, stock)
            for pool in np.flatnonzero(trucks + leaks).tolist():
                way = ways[pool // len(HEADINGS)]
                self._load(pool, int(trucks[pool]), way.gate, diverted=way.diverted)
                self._load(pool, int(leaks[pool]), "", diverted=False)

    def _age(self, ways: Sequence[WayOut], stock: Floats) -> None:
        """Note what is old stock when a stock-only policy begins; forget it when it ends."""
        bound = np.repeat([way.old_stock_only for way in ways], len(HEADINGS))
        begins = bound & np.isinf(self._old_t)
        self._old_t[begins] = stock[begins]
        self._old_t[~bound] = np.inf

    def _whole(self, tonnes: Floats) -> Floats:
        return np.floor(np.maximum(tonnes, 0.0) / self._lot_t + ROUNDING)

    def _take(self, trucks: Floats, leaks: Floats, stock: Floats) -> None:
        taken, leaked = trucks * self._lot_t, leaks * self._lot_t
        self._due_t -= taken
        self._old_t -= taken
        self._leak_due_t -= leaked
        left = 1.0 - np.divide(taken + leaked, stock, out=np.zeros(self.pools), where=stock > 0)
        self.stock_t *= np.maximum(left, 0.0)[self.pool]

    def _load(self, pool: int, trucks: int, gate: str, *, diverted: bool) -> None:
        district, heading = pool // len(HEADINGS), HEADINGS[pool % len(HEADINGS)]
        self.lots += trucks
        self._shipped[district][self._clock.today] += trucks * self._lot_t
        for _ in range(trucks):
            self._send(Lot(self._lot_t, heading, self._districts[district], gate, diverted))

    def record(self) -> None:
        """Close the day."""
        by_district = self.by_pool(self.stock_t).reshape(-1, len(HEADINGS)).sum(axis=1)
        for series, tonnes in zip(self._stock_book, by_district.tolist(), strict=True):
            series[self._clock.today] = tonnes

    def last_close_t(self) -> list[float]:
        """What the yards of each district held at the end of yesterday."""
        return [series[self._clock.today - 1] for series in self._stock_book]

    def by_pool(self, per_site: Floats) -> Floats:
        """Sums by district and heading."""
        return np.bincount(self.pool, per_site, minlength=self.pools).astype(np.float64, copy=False)
