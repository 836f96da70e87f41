"""Mining: leaching, yards, reagents, and the operators' decisions (all sites at once, one array row each).

injecting  = operating, yard not full
wanted     = capacity x season x share of sites that have reagents        [t/d, gross]
d rate/dt  = (wanted - rate) / drain time      stopping injection is not stopping output
yard      += rate;  trucks leave at yard / dwell while the gate passes ore and shipping pays
weekly: shut in when netback < cost (1 - band), restart when netback > cost (1 + band)
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.lot import Lot
from sim.sites import (
    BETWEEN_BLOCKS,
    CANDIDATE,
    DEVELOPING,
    EXHAUSTED,
    HEADINGS,
    OPERATING,
    RESTARTING,
    SHUT_IN,
    Population,
)
from sim.world import World

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WEEK_D = 7
ROUNDING = 1e-9
"""Lets a yard of exactly one truckload fill one truck."""


class Mines:
    """The live sites of one run. A pool is one district's ore of one heading: district * 2 + heading.

    `netback_cny_per_t` (pools,) is what a gross tonne brings at the mine after all but cash cost; `open_for`
    (commodity -> flags by district) says what the district's gate passes. The engine keeps both up to date.
    `season` has shape (days, districts). `send` takes over each lot that leaves.
    """

    def __init__(
        self,
        world: World,
        sites: Population,
        season: Floats,
        ledger: Ledger,
        clock: Clock,
        send: Callable[[Lot], None],
    ) -> None:
        self._law, self._districts, self._lot_t = world.mining, world.districts, world.haulage.lot_t
        self._sites, self._season, self._clock, self._send = sites, season, clock, send
        n, places = sites.status.size, len(world.districts)
        self._pool = sites.district * len(HEADINGS) + sites.heading
        self.pools = places * len(HEADINGS)
        self.yard_t = np.where(
            sites.status == OPERATING, sites.capacity_t_per_d * self._law.yard_dwell_d, 0.0
        )
        self._yard_cap_t = sites.capacity_t_per_d * self._law.yard_capacity_d
        self.opening_t = self._by_pool(self.yard_t)
        self._rate_t_per_d = np.where(sites.status == OPERATING, sites.capacity_t_per_d, 0.0)
        self._drained = 1.0 - np.exp(-1.0 / self._law.drain_d)
        self._reagent_t_per_d = sites.capacity_t_per_d * sites.reo_per_t * self._law.reagent_t_per_t_reo
        nominal = self._by_district(self._reagent_t_per_d * (sites.status == OPERATING))
        self.reagent_stock_t = nominal * self._law.reagent_stock_d
        self._due_t = np.zeros(self.pools)
        self._next_change_d = 0.0
        self._reviewed: Floats = np.full(self.pools, np.nan)
        self.reference_margin: Floats | None = None
        self.netback_cny_per_t = np.zeros(self.pools)
        self.open_for: dict[str, NDArray[np.bool_]] = {
            what: np.ones(places, dtype=bool) for what in ("ore", "reagents", "people")
        }
        self._injecting = np.zeros(n, dtype=bool)
        self._supplied = np.ones(places)
        self.lots = 0
        self.mined_t = np.zeros(self.pools)
        self.cash_cost_cny = 0.0
        self._cost_cny_per_t = self._cost()
        self._books = _Books(ledger, [d.name for d in world.districts])

    # -- one day ------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Mine for one day, then send what is due."""
        if self._clock.now >= self._next_change_d:
            self._end_spells()
        self._leach()
        self._dispatch()

    def _leach(self) -> None:
        sites, day = self._sites, self._clock.today
        self._injecting = (sites.status == OPERATING) & (self.yard_t < self._yard_cap_t)
        need_t = self._reagent_t_per_d * self._injecting
        self._supplied = self._use_reagents(self._by_district(need_t))
        pace = (self._season[day] * self._supplied)[sites.district]
        wanted = sites.capacity_t_per_d * self._injecting * pace
        self._rate_t_per_d += (wanted - self._rate_t_per_d) * self._drained
        mined = np.minimum(self._rate_t_per_d, sites.left_t)
        sites.left_t -= mined
        self.yard_t += mined
        by_pool = self._by_pool(mined)
        self.mined_t += by_pool
        self.cash_cost_cny = float(mined @ self._cost_cny_per_t)
        self._books.mined(day, by_pool)
        worked_out = (sites.status == OPERATING) & (sites.left_t <= 0.0)
        if worked_out.any():
            self._end_blocks(np.flatnonzero(worked_out))

    def _use_reagents(self, need_t: Floats) -> Floats:
        """Restock where the gate passes reagents, then use a day's need; share of need met, by district.

        Sites' stocks are uniform between nothing and twice the mean, so the share of sites that still have
        some is the square root of what is left of the aim.
        """
        day, law = self._clock.today, self._law
        aim_t = need_t * law.reagent_stock_d
        missing = np.maximum(aim_t - self.reagent_stock_t, 0.0)
        per_day = need_t + aim_t / law.reagent_restock_d
        bought = np.where(self.open_for["reagents"], np.minimum(missing, per_day), 0.0)
        stock = self.reagent_stock_t + bought
        left = np.divide(stock, aim_t, out=np.zeros_like(stock), where=aim_t > 0.0)
        met = np.sqrt(np.minimum(left, 1.0))
        self.reagent_stock_t = stock - np.minimum(stock, need_t * self._season[day] * met)
        self._books.reagents(day, bought)
        return met

    def _dispatch(self) -> None:
        """Load whole trucks from each pool's yards, in proportion to what each site has."""
        stock = self._by_pool(self.yard_t)
        ships = np.repeat(self.open_for["ore"], len(HEADINGS)) & (self.netback_cny_per_t > 0.0)
        self._due_t += np.where(ships, stock / self._law.yard_dwell_d, 0.0)
        trucks = np.floor(np.minimum(self._due_t, stock) / self._lot_t + ROUNDING) * ships
        if trucks.any():
            taken = trucks * self._lot_t
            self._due_t -= taken
            share_left = 1.0 - np.divide(taken, stock, out=np.zeros(self.pools), where=stock > 0)
            self.yard_t *= share_left[self._pool]
            for pool in np.flatnonzero(trucks):
                self._load(int(pool), int(trucks[pool]))

    def _load(self, pool: int, trucks: int) -> None:
        district, heading = self._districts[pool // len(HEADINGS)], HEADINGS[pool % len(HEADINGS)]
        self.lots += trucks
        self._books.shipped(self._clock.today, pool // len(HEADINGS), trucks * self._lot_t)
        for _ in range(trucks):
            self._send(Lot(self._lot_t, heading, district.name, district.gate))

    # -- spells: blocks, gaps, building, restarts ---------------------------------------------------------

    def _end_spells(self) -> None:
        """Begin what was waiting for its day: the next block, a finished site, a restart with crews back."""
        sites, now = self._sites, self._clock.now
        due = sites.until_d <= now
        due &= ~((sites.status == RESTARTING) & ~self.open_for["people"][sites.district])
        begun = due & (sites.status == DEVELOPING)
        sites.born_d[begun] = now
        sites.status[due] = OPERATING
        sites.until_d[due] = np.inf
        self._next_change_d = float(sites.until_d.min())

    def _end_blocks(self, rows: NDArray[np.int64]) -> None:
        """A worked-out block is followed by a gap and the next one, or by the end of the site."""
        sites, now = self._sites, self._clock.now
        self._rate_t_per_d[rows] = 0.0
        self._injecting[rows] = False
        last = sites.block[rows] + 1 >= sites.blocks[rows]
        sites.status[rows[last]] = EXHAUSTED
        on = rows[~last]
        sites.until_d[on] = now + sites.gaps_d[on, sites.block[on]]
        sites.block[on] += 1
        sites.left_t[on] = sites.blocks_t[on, sites.block[on]]
        sites.status[on] = BETWEEN_BLOCKS
        self._next_change_d = float(sites.until_d.min())

    # -- the operators' decisions -------------------------------------------------------------------------

    def review(self) -> None:
        """Each week, and at once when a netback jumped by more than the band: who works, who opens."""
        weekly = self._clock.today % WEEK_D == 0
        moved = np.abs(self.netback_cny_per_t - self._reviewed) > self._law.decision_band * self._reviewed
        if weekly or moved.any():
            self._reviewed = self.netback_cny_per_t.copy()
            self._cost_cny_per_t = self._cost()
            self._shut_in_or_restart()
        if weekly:
            self._open_sites()

    def _shut_in_or_restart(self) -> None:
        sites, band = self._sites, self._law.decision_band
        netback, cost = self.netback_cny_per_t[self._pool], self._cost_cny_per_t
        stops = (sites.status == OPERATING) & (netback < cost * (1.0 - band))
        starts = (sites.status == SHUT_IN) & (netback > cost * (1.0 + band))
        sites.status[stops] = SHUT_IN
        sites.status[starts] = RESTARTING
        sites.until_d[starts] = self._clock.now + sites.restart_d[starts]
        self._next_change_d = float(sites.until_d.min())

    def _open_sites(self) -> None:
        """Candidates of the past week open if their mark is under the present rate of opening."""
        sites, now = self._sites, self._clock.now
        past = (sites.status == CANDIDATE) & (sites.opens_d <= now)
        if not past.any():
            return
        pace = self._opening_pace()[sites.district] / self._law.opening_rate_cap
        opened = past & (sites.mark < pace)
        sites.status[past] = EXHAUSTED
        sites.status[opened] = DEVELOPING
        sites.until_d[opened] = sites.opens_d[opened] + self._law.build_d
        self._next_change_d = float(sites.until_d.min())

    def _opening_pace(self) -> Floats:
        """Openings against the reference rate, by district: (margin / reference margin) ** elasticity."""
        margin = np.maximum(self.margins(), 0.0)
        reference = margin if self.reference_margin is None else np.maximum(self.reference_margin, 1.0)
        ratio = np.divide(margin, reference, out=np.zeros_like(margin), where=reference > 0)
        pace = np.minimum(ratio**self._law.opening_margin_elasticity, self._law.opening_rate_cap)
        return np.where(self.open_for["people"], pace, 0.0)

    def margins(self) -> Floats:
        """Netback of calcined oxide less the mean cash cost, by district, in CNY/t."""
        return self.netback_cny_per_t[:: len(HEADINGS)] - self._law.cash_cost_cny_per_t

    def _cost(self) -> Floats:
        """Cash cost of each site in CNY per gross tonne: higher where the easy ground is leached."""
        age_d = np.clip(self._clock.now - self._sites.born_d, 0.0, None)
        age_d[~np.isfinite(age_d)] = 0.0
        return self._sites.cost_cny_per_t * (1.0 + self._law.cost_growth_per_d * age_d)

    # -- books --------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Close the day: stocks and counts by district.

        A site that lacks part of its reagents counts in part: half a need met is half a site at work.
        """
        status = self._sites.status
        willing = self._by_district(status == OPERATING)
        waiting = self._by_district((status == SHUT_IN) | (status == RESTARTING))
        working = self._by_district(self._injecting) * self._supplied
        self._books.close(
            self._clock.today,
            self._by_pool(self.yard_t),
            working,
            waiting + willing - working,
            self.netback_cny_per_t[:: len(HEADINGS)],
        )

    def sites_paying(self) -> list[float]:
        """Sites that hold rights, by district: at work, shut in, or between two blocks."""
        status = self._sites.status
        held = (status >= OPERATING) & (status <= BETWEEN_BLOCKS)
        return listed(self._by_district(held))

    def _by_pool(self, per_site: Floats) -> Floats:
        return np.bincount(self._pool, per_site, minlength=self.pools).astype(np.float64, copy=False)

    def _by_district(self, per_site: Floats | Flags) -> Floats:
        sums = np.bincount(self._sites.district, per_site, minlength=len(self._districts))
        return sums.astype(np.float64, copy=False)


def listed(values: Floats) -> list[float]:
    """A plain list, which is faster to walk than an array."""
    numbers: list[float] = values.tolist()
    return numbers


class _Books:
    """The ledger's series of the districts."""

    def __init__(self, ledger: Ledger, districts: Sequence[str]) -> None:
        def by_district(variable: str) -> list[list[float]]:
            return [ledger.series(variable, place=name) for name in districts]

        self._mined, self._shipped = by_district("mined_t"), by_district("shipped_t")
        self._stock, self._reagent = by_district("mine_stock_t"), by_district("reagent_t")
        self._working, self._idle = by_district("sites_operating"), by_district("sites_shut_in")
        self._netback = by_district("netback_cny_per_t")

    def mined(self, day: int, by_pool: Floats) -> None:
        for series, tonnes in zip(self._mined, _per_district(by_pool), strict=True):
            series[day] = tonnes

    def reagents(self, day: int, tonnes: Floats) -> None:
        for series, bought in zip(self._reagent, listed(tonnes), strict=True):
            series[day] = bought

    def shipped(self, day: int, district: int, tonnes: float) -> None:
        self._shipped[district][day] += tonnes

    def close(self, day: int, stock: Floats, working: Floats, idle: Floats, netback: Floats) -> None:
        rows = zip(_per_district(stock), listed(working), listed(idle), listed(netback), strict=True)
        for index, (tonnes, at_work, shut_in, cny_per_t) in enumerate(rows):
            self._stock[index][day] = tonnes
            self._working[index][day] = at_work
            self._idle[index][day] = shut_in
            self._netback[index][day] = cny_per_t


def _per_district(by_pool: Floats) -> list[float]:
    return listed(by_pool.reshape(-1, len(HEADINGS)).sum(axis=1))
