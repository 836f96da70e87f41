"""Yards: what the mines have bagged, and the trucks that take it away.

Trucks leave at stock / dwell, sooner in a rush (before the rains, before an announced closure); where gate
or export policy let out a share only, at that share of the usual flow, since a backlog gets no licence. A
truck loads from all yards of its district and heading, in proportion to what they hold. Under `stock_only`
no more leaves than lay there when the policy began. Behind a gate that lets nothing out a small share of the
usual flow leaks over the hills.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy import multiply  # what is called for each lot is not looked up in NumPy first
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.lot import Lot, Waybill
from sim.sites import HEADINGS, Population
from sim.world import World

Floats = NDArray[np.float64]
ROUNDING = 1e-9
"""Lets a yard of exactly one truckload fill one truck."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """What a district's ore can do today: the gate it takes, the shares that go and leak, whether it
    hurries, and whether trucks leave (with a convoy they do not every day)."""

    gate: str
    share: float
    leak: float
    diverted: bool
    old_stock_only: bool
    rush: bool
    departs: bool = True


@dataclass(slots=True)
class _Pool:
    """The yards of one district and heading together. Tonnes; old_t: what may still leave of old stock.

    stocks_t: what lies in each of these yards, a view of the stocks of all sites. dwell_d, free: how long ore
    lies there now, and whether all of it may go by the usual way, as on most days. bill, leaking: what its
    trucks are sent off with, by the way out and over the hills.
    """

    place: int
    bill: Waybill
    leaking: Waybill
    stocks_t: Floats
    stock_t: float
    usual_t_per_d: float
    due_t: float = 0.0
    leak_due_t: float = 0.0
    old_t: float = inf
    dwell_d: float = inf
    free: bool = False


class Yards:
    """Stocks by site, loaded by pool (district and heading). `send` takes over each lot that leaves."""

    def __init__(
        self, world: World, sites: Population, ledger: Ledger, clock: Clock, send: Callable[[Lot], None]
    ) -> None:
        law = world.mining
        self._districts = [district.name for district in world.districts]
        self._lot_t, self._dwell_d = world.haulage.lot_t, law.yard_dwell_d
        self._rush_dwell_d = law.rush_dwell_d
        self._nearly_a_lot_t = self._lot_t * (1.0 - 2 * ROUNDING)
        self._clock, self._send = clock, send
        self.stock_t = np.where(sites.working, sites.capacity_t_per_d * law.yard_dwell_d, 0.0)
        self._room_t = sites.capacity_t_per_d * law.yard_capacity_d
        wettest = max(1.0, *world.seasons.normal_output, *world.seasons.severe_output)
        self._most_t_per_d = sites.capacity_t_per_d * wettest
        self._full = np.zeros(self._room_t.size, dtype=bool)
        self._look_again_d = 0
        self.opening_t = float(self.stock_t.sum())
        pools = len(self._districts) * len(HEADINGS)
        stocks = np.bincount(sites.pool, self.stock_t, pools).tolist()
        usual = np.bincount(sites.pool, sites.capacity_t_per_d * sites.working, pools).tolist()
        starts = np.searchsorted(sites.pool, np.arange(pools + 1)).tolist()
        self._pools = [
            _Pool(
                index // len(HEADINGS),
                self._over_the_hills(index),
                self._over_the_hills(index),
                self.stock_t[starts[index] : starts[index + 1]],
                stocks[index],
                usual[index],
            )
            for index in range(pools)
        ]
        self._left_share = np.array(1.0)  # as an array: half the time
        self._ways: Sequence[WayOut] = ()
        self.lots = 0
        self._shipped = [ledger.series("shipped_t", place=name) for name in self._districts]
        self._stock_book = [ledger.series("mine_stock_t", place=name) for name in self._districts]
        of_headings = [self._pools[first :: len(HEADINGS)] for first in range(len(HEADINGS))]
        self._by_district = list(zip(self._stock_book, *of_headings, strict=True))

    @property
    def full(self) -> NDArray[np.bool_]:
        """Sites whose yard takes no more; the same array until another yard can have filled up.

        While none is full, it takes the one with the least room some days to fill, whatever is mined.
        """
        today = self._clock.today
        if today >= self._look_again_d:
            self._full = self.stock_t >= self._room_t
            room_d = 0.0 if self._full.any() else ((self._room_t - self.stock_t) / self._most_t_per_d).min()
            self._look_again_d = today + max(1, int(room_d) - 1)
        return self._full

    def work(
        self,
        by_site_t: Floats,
        by_pool_t: Sequence[float],
        ways: Sequence[WayOut],
        netbacks: Sequence[float],
    ) -> None:
        """Take in what was mined, the same tonnes by site and by pool, and load what is due.

        `ways` by district; ways that change come in another list. `netbacks` by pool: what is not worth
        shipping stays.
        """
        self.stock_t += by_site_t
        if ways is not self._ways:
            self._take_over(ways)
        lot_t, nearly_a_lot_t = self._lot_t, self._nearly_a_lot_t
        for pool, mined_t, netback in zip(self._pools, by_pool_t, netbacks, strict=True):
            pool.stock_t = stock_t = pool.stock_t + mined_t
            if netback > 0.0 and pool.free:
                pool.due_t = due_t = pool.due_t + stock_t / pool.dwell_d
                if due_t > nearly_a_lot_t < stock_t:
                    trucks = int((due_t if due_t < stock_t else stock_t) / lot_t + ROUNDING)
                    self._load(pool, trucks, 0)
            else:
                trucks, leaks = self._due(pool, ways[pool.place], netback > 0.0)
                if trucks or leaks:
                    self._load(pool, trucks, leaks)

    def _take_over(self, ways: Sequence[WayOut]) -> None:
        """Note what the ways out mean for each pool until they change."""
        self._ways = ways
        for pool in self._pools:
            way = ways[pool.place]
            if (way.gate, way.diverted) != (pool.bill.gate, pool.bill.diverted):
                pool.bill = replace(pool.leaking, gate=way.gate, diverted=way.diverted)
            pool.dwell_d = self._rush_dwell_d if way.rush else self._dwell_d
            all_goes = way.departs and way.share >= 1.0 and not (way.leak or way.old_stock_only)
            pool.free = all_goes and pool.old_t == inf and pool.leak_due_t <= self._nearly_a_lot_t

    def _over_the_hills(self, pool: int) -> Waybill:
        district, heading = divmod(pool, len(HEADINGS))
        return Waybill(self._lot_t, HEADINGS[heading], self._districts[district], gate="")

    def _due(self, pool: _Pool, way: WayOut, pays: bool) -> tuple[int, int]:
        """Whole trucks that leave a pool today, and how many leak, whatever the way out."""
        stock, trucks, leaks = pool.stock_t, 0, 0
        flow = stock / pool.dwell_d
        usual = flow if flow < pool.usual_t_per_d else pool.usual_t_per_d
        if pays:
            pool.due_t += flow if way.share >= 1.0 else usual * way.share
        if way.old_stock_only or pool.old_t < inf:
            self._age(pool, way)
        if pays and way.share > 0.0 and way.departs and pool.due_t > self._nearly_a_lot_t:
            trucks = self._whole(min(pool.due_t, stock))
        pool.leak_due_t += usual * way.leak
        if pool.leak_due_t > self._nearly_a_lot_t:
            leaks = self._whole(min(pool.leak_due_t, stock - trucks * self._lot_t))
        return trucks, leaks

    def give(self, place: int, heading: str, tonnes: float) -> bool:
        """Hand a load of a district's yards over to another way out than the border, if it lies there."""
        index = place * len(HEADINGS) + HEADINGS.index(heading)
        pool = self._pools[index]
        if pool.stock_t < tonnes:
            return False
        pool.stocks_t *= 1.0 - tonnes / pool.stock_t
        pool.stock_t -= tonnes
        self._shipped[place][self._clock.today] += tonnes
        self.lots += 1
        return True

    def _age(self, pool: _Pool, way: WayOut) -> None:
        """Note what is old stock when a stock-only policy begins; forget it when it ends."""
        if not way.old_stock_only:
            pool.old_t = inf
        elif pool.old_t == inf:
            pool.old_t = pool.stock_t
        pool.due_t = min(pool.due_t, pool.old_t)

    def _whole(self, tonnes: float) -> int:
        return int(tonnes / self._lot_t + ROUNDING) if tonnes > 0.0 else 0

    def _load(self, pool: _Pool, trucks: int, leaks: int) -> None:
        """Send lots off by the way out and over the hills, from all sites in proportion to what they hold."""
        lot_t, before = self._lot_t, pool.stock_t
        taken, leaked = trucks * lot_t, leaks * lot_t
        pool.due_t -= taken
        pool.old_t -= taken
        pool.leak_due_t -= leaked
        left_t = before - (taken + leaked)
        pool.stock_t = left_t = left_t if left_t > 0.0 else 0.0
        self._left_share[()] = left_t / before
        multiply(pool.stocks_t, self._left_share, pool.stocks_t)
        if trucks:
            self._send_off(pool, trucks, pool.bill)
        if leaks:
            self._send_off(pool, leaks, pool.leaking)

    def _send_off(self, pool: _Pool, trucks: int, bill: Waybill) -> None:
        self.lots += trucks
        send = self._send
        self._shipped[pool.place][self._clock.today] += trucks * self._lot_t
        for _ in range(trucks):
            send(Lot(bill))

    def record(self) -> None:
        """Close the day."""
        day = self._clock.today
        for series, oxide, compound in self._by_district:
            series[day] = oxide.stock_t + compound.stock_t

    def last_close_t(self) -> list[float]:
        """What the yards of each district held at the end of yesterday."""
        return [series[self._clock.today - 1] for series in self._stock_book]
