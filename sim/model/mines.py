"""Mining: leaching, reagents, halts and the operators' decisions (all sites at once, one array row each).

    injecting  = operating, not halted, yard not full
    wanted     = capacity x share of sites that have reagents                 [t/d, gross]
    d rate/dt  = (wanted - rate) / drain time      stopping injection is not stopping output
    mined      = rate x season                     floods stand in the ponds: output falls at once
    weekly: shut in when netback < cost (1 - band), restart when netback > cost (1 + band)

A halt (a ban, a slide, crews that left) stops the sites whose rank is under its share; when it is lifted they
restart after their own restart time, or the time crews need to come back if that is longer.
"""

from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heappush
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Ledger
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
MINEABLE = (OPERATING, SHUT_IN, RESTARTING)
"""Sites with ore in the hill and everything built: they could work today."""
LIVING = (*MINEABLE, BETWEEN_BLOCKS)
"""Sites that hold rights."""


class Mines:
    """The live sites of one run.

    `netback_cny_per_t` (pools,) is what a gross tonne brings at the mine after all but cash cost; the engine
    keeps it up to date, and tells with `look` what the gates let through. `season` has shape
    (days, districts). `bring` asks the gates for reagents, tonnes by district, and returns what passes.

    Leaching is one array operation for all sites. Statuses change site by site, one or two a day, so counts
    and needs by district are moved on with each change (`_become`, `_inject`) and never counted anew.
    """

    def __init__(
        self,
        world: World,
        sites: Population,
        season: Floats,
        ledger: Ledger,
        clock: Clock,
        bring: Callable[[list[float]], list[float]],
    ) -> None:
        self._law, self._sites, self._season, self._clock, self._bring = (
            world.mining,
            sites,
            season,
            clock,
            bring,
        )
        self._names = [district.name for district in world.districts]
        n, places = sites.status.size, len(self._names)
        self._place: list[int] = sites.district.tolist()
        self._pools = places * len(HEADINGS)
        self._pool = sites.district * len(HEADINGS) + sites.heading
        self._rate_t_per_d = np.where(sites.working, sites.capacity_t_per_d, 0.0)
        self._drained = 1.0 - np.exp(-1.0 / self._law.drain_d)
        self._reagent_t_per_d = sites.capacity_t_per_d * sites.reo_per_t * self._law.reagent_t_per_t_reo
        self._need_t_per_d = self._by_district(self._reagent_t_per_d * sites.working)
        self._reagent_stock_t = [need_t * self._law.reagent_stock_d for need_t in self._need_t_per_d]
        self._reviewed: Floats = np.zeros(self._pools)
        self._jump_cny_per_t: Floats = np.zeros(self._pools)
        self.reference_margin: Floats | None = None
        self.netback_cny_per_t = np.zeros(self._pools)
        self._people_pass, self._ore_leaves = [True] * places, [True] * places
        self._halted: dict[str, tuple[Flags, float]] = {}
        self._held = np.zeros(n, dtype=bool)
        self._crew_back_d = np.zeros(n)
        self.mined_t = 0.0
        self.cash_cost_cny = 0.0
        self._cost_cny_per_t = self._cost()
        self._season_rows: list[list[float]] = season.tolist()
        self._season_of_site = np.ones(n)
        self._season_turns = {0, *(1 + np.flatnonzero(np.diff(season, axis=0).any(axis=1))).tolist()}
        self._set_counts()
        self._books = {
            variable: [ledger.series(variable, place=name) for name in self._names]
            for variable in (
                "mined_t",
                "reagent_t",
                "sites_operating",
                "sites_shut_in",
                "sites_opened",
                "netback_cny_per_t",
            )
        }

    def _set_counts(self) -> None:
        """Count sites at the start, when all that work inject; then put what will end on the list."""
        sites = self._sites
        self._at_work = sites.working
        self._able = self._at_work & ~self._held
        self._injecting = self._able.copy()
        self._injecting_key = self._injecting.tobytes()
        self._sites_injecting = self._by_district(self._injecting)
        self._full_rate_t_per_d = np.where(self._injecting, sites.capacity_t_per_d, 0.0)
        self._paying = self._by_district(sites.living)
        self._mineable = self._by_district((sites.status >= OPERATING) & (sites.status <= RESTARTING))
        self._spells = [(until, site) for site, until in enumerate(sites.until_d.tolist()) if until < np.inf]
        heapify(self._spells)
        self._stranded: list[tuple[float, int]] = []
        self._supply([1.0] * len(self._names))

    # -- what changes -------------------------------------------------------------------------------------

    def look(self, people_pass: list[bool], ore_leaves: list[bool]) -> None:
        """By district, whether crews can cross and ore has a way out; without either nobody opens a site."""
        self._people_pass, self._ore_leaves = people_pass, ore_leaves
        for spell in self._stranded:
            heappush(self._spells, spell)
        self._stranded.clear()

    def _become(self, site: int, status: int, until_d: float = inf) -> None:
        """Give a site a status, which ends by itself at `until_d`."""
        sites, place, before = self._sites, self._place[site], int(self._sites.status[site])
        sites.status[site] = status
        sites.until_d[site] = until_d
        if until_d < inf:
            heappush(self._spells, (until_d, site))
        at_work = status == OPERATING
        self._at_work[site] = at_work
        self._able[site] = at_work and not self._held[site]
        self._paying[place] += (status in LIVING) - (before in LIVING)
        self._mineable[place] += (status in MINEABLE) - (before in MINEABLE)

    def _inject(self, injecting: Flags) -> None:
        """These sites inject from now on."""
        for site in np.flatnonzero(injecting != self._injecting).tolist():
            place, begins = self._place[site], bool(injecting[site])
            self._sites_injecting[place] += 1 if begins else -1
            need = float(self._reagent_t_per_d[site])
            self._need_t_per_d[place] += need if begins else -need
            if not self._sites_injecting[place]:
                self._need_t_per_d[place] = 0.0
            capacity_t_per_d = float(self._sites.capacity_t_per_d[site]) if begins else 0.0
            self._full_rate_t_per_d[site] = capacity_t_per_d
            self._wanted_t_per_d[site] = capacity_t_per_d * self._supplied[place]
        self._injecting, self._injecting_key = injecting, injecting.tobytes()

    def _supply(self, shares: list[float]) -> None:
        """These shares of a district's sites have reagents from now on."""
        self._supplied = shares
        self._wanted_t_per_d = self._full_rate_t_per_d * np.array(shares)[self._sites.district]

    # -- one day ------------------------------------------------------------------------------------------

    def leach(self, full: Flags) -> tuple[Floats, list[float]]:
        """Mine for one day. `full`: sites whose yard takes no more.

        Returns what is bagged, in gross tonnes: by site, and by pool.
        """
        clock, sites, rate = self._clock, self._sites, self._rate_t_per_d
        if self._spells and self._spells[0][0] <= clock.now:
            self._end_spells()
        injecting = self._able & ~full
        if injecting.tobytes() != self._injecting_key:
            self._inject(injecting)
        supplied = self._use_reagents()
        if supplied != self._supplied:
            self._supply(supplied)
        if clock.today in self._season_turns:
            self._season_of_site = self._season[clock.today][sites.district]
        rate += (self._wanted_t_per_d - rate) * self._drained
        mined: Floats = np.minimum(rate * self._season_of_site, sites.left_t)
        sites.left_t -= mined
        costs = np.bincount(self._pool, mined * self._cost_cny_per_t, self._pools)
        self.cash_cost_cny = sum(costs.tolist())  # in this order, so that more rows change no rounding
        by_pool: list[float] = np.bincount(self._pool, mined, self._pools).tolist()
        self._book_mined(by_pool)
        worked_out = self._at_work & (sites.left_t <= 0.0)
        if np.count_nonzero(worked_out):
            self._end_blocks(np.flatnonzero(worked_out).tolist())
        return mined, by_pool

    def _book_mined(self, by_pool: list[float]) -> None:
        day, headings = self._clock.today, len(HEADINGS)
        for index, series in enumerate(self._books["mined_t"]):
            tonnes = sum(by_pool[index * headings : (index + 1) * headings])
            series[day] = tonnes
            self.mined_t += tonnes

    def _use_reagents(self) -> list[float]:
        """Restock what the gates pass, then use a day's need; share of need met, by district.

        Sites' stocks are uniform between nothing and twice the mean, so the share of sites that still have
        some is the square root of what is left of the aim.
        """
        day, stock_d, stocks = self._clock.today, self._law.reagent_stock_d, self._reagent_stock_t
        needs, season, books = self._need_t_per_d, self._season_rows[day], self._books["reagent_t"]
        most, wanted = 1.0 + stock_d / self._law.reagent_restock_d, []
        for need, stock in zip(needs, stocks, strict=True):
            missing = need * stock_d - stock
            wanted.append(min(missing, need * most) if missing > 0.0 else 0.0)
        shares = []
        for index, bought in enumerate(self._bring(wanted)):
            need, stock = needs[index], stocks[index] + bought
            aim = need * stock_d
            met = 1.0 if stock >= aim > 0.0 else sqrt(stock / aim) if aim > 0.0 else 0.0
            used = need * season[index] * met
            stocks[index] = stock - used if used < stock else 0.0
            books[index][day] = bought
            shares.append(met)
        return shares

    # -- spells: blocks, gaps, building, restarts ---------------------------------------------------------

    def _end_spells(self) -> None:
        """Begin what was waiting for its day: the next block, a finished site, a restart with crews back."""
        sites, now, spells = self._sites, self._clock.now, self._spells
        while spells and spells[0][0] <= now:
            until_d, site = spell = heappop(spells)
            if sites.until_d[site] != until_d:
                continue  # something else came in between
            if sites.status[site] == RESTARTING and not self._people_pass[self._place[site]]:
                self._stranded.append(spell)
                continue
            if sites.status[site] == DEVELOPING:
                sites.born_d[site] = now
            self._become(site, OPERATING)

    def _end_blocks(self, worked_out: list[int]) -> None:
        """A worked-out block is followed by a gap and the next one, or by the end of the site."""
        sites, injecting = self._sites, self._injecting.copy()
        for site in worked_out:
            self._rate_t_per_d[site] = 0.0
            injecting[site] = False
            block = int(sites.block[site])
            if block + 1 >= sites.blocks[site]:
                self._become(site, EXHAUSTED)
                continue
            self._become(site, BETWEEN_BLOCKS, self._clock.now + float(sites.gaps_d[site, block]))
            sites.block[site] = block + 1
            sites.left_t[site] = sites.blocks_t[site, block + 1]
        self._inject(injecting)

    # -- halts --------------------------------------------------------------------------------------------

    def halt(self, owner: str, shares: Mapping[str, float], back_d: float) -> None:
        """Stop a share of the sites of districts on behalf of `owner`; a second call changes the share."""
        share = np.array([shares.get(name, 0.0) for name in self._names])
        self._halted[owner] = (self._sites.rank < share[self._sites.district], back_d)
        self._hold_halted()

    def resume(self, owner: str) -> None:
        """Lift the halt of `owner`, if any: its sites restart, unless another halt still holds them."""
        if owner not in self._halted:
            return
        rows, back_d = self._halted.pop(owner)
        self._hold_halted()
        self._crew_back_d[rows] = np.maximum(self._crew_back_d[rows], self._clock.now + back_d)
        self._restart(rows & ~self._held & (self._sites.status == OPERATING))

    def _restart(self, rows: Flags) -> None:
        """Sites begin to restart, which takes at least until their crews are back."""
        now = self._clock.now
        for site in np.flatnonzero(rows).tolist():
            ready_d = now + float(self._sites.restart_d[site])
            self._become(site, RESTARTING, max(ready_d, float(self._crew_back_d[site])))

    def halted_share(self, district: str) -> float:
        """Share of a district's living sites that a halt holds."""
        living = self._sites.living & (self._sites.district == self._names.index(district))
        return float(self._held[living].mean()) if living.any() else 0.0

    def _hold_halted(self) -> None:
        self._held = np.zeros_like(self._held)
        for rows, _ in self._halted.values():
            self._held |= rows
        self._able = self._at_work & ~self._held

    # -- the operators' decisions -------------------------------------------------------------------------

    def review(self) -> None:
        """Each week, and at once when a netback jumped by more than the band: who works, who opens."""
        weekly = self._clock.today % WEEK_D == 0
        jump = np.abs(self.netback_cny_per_t - self._reviewed)
        if weekly or np.count_nonzero(jump > self._jump_cny_per_t):
            self._reviewed = self.netback_cny_per_t
            self._jump_cny_per_t = self._law.decision_band * np.abs(self._reviewed)
            self._cost_cny_per_t = self._cost()
            self._shut_in_or_restart()
        if weekly:
            self._open_sites()

    def _shut_in_or_restart(self) -> None:
        sites, band = self._sites, self._law.decision_band
        netback, cost = self.netback_cny_per_t[self._pool], self._cost_cny_per_t
        stops = (sites.status == OPERATING) & (netback < cost * (1.0 - band))
        starts = (sites.status == SHUT_IN) & (netback > cost * (1.0 + band))
        for site in np.flatnonzero(stops).tolist():
            self._become(site, SHUT_IN)
        self._restart(starts)

    def _open_sites(self) -> None:
        """Candidates of the past week open if their mark is under the present rate of opening."""
        sites, now = self._sites, self._clock.now
        past = np.flatnonzero((sites.status == CANDIDATE) & (sites.opens_d <= now)).tolist()
        if not past:
            return
        pace = self._opening_pace() / self._law.opening_rate_cap
        for site in past:
            if sites.mark[site] < pace[self._place[site]]:
                self._develop(site, float(sites.opens_d[site]) + self._law.build_d)
            else:
                self._become(site, EXHAUSTED)

    def _develop(self, site: int, ready_d: float) -> None:
        self._become(site, DEVELOPING, ready_d)
        self._books["sites_opened"][self._place[site]][self._clock.today] += 1.0

    def found(self, rows: range, ready_d: float) -> None:
        """Begin to build sites that no margin asked for."""
        for site in rows:
            self._develop(site, ready_d)

    def give_up(self, shares: Mapping[str, float]) -> None:
        """A share of the sites of districts ends for good, with the ground of those that may open later."""
        share = np.array([shares.get(name, 0.0) for name in self._names])
        gone = (self._sites.rank < share[self._sites.district]) & (self._sites.status != EXHAUSTED)
        for site in np.flatnonzero(gone).tolist():
            self._become(site, EXHAUSTED)
            self._rate_t_per_d[site] = 0.0

    def living(self, district: str) -> int:
        """Sites of a district that are built, or being built."""
        sites = self._sites
        here = sites.district == self._names.index(district)
        return int(np.count_nonzero(here & (sites.living | (sites.status == DEVELOPING))))

    def _opening_pace(self) -> Floats:
        """Openings against the reference rate, by district: (margin / reference margin) ** elasticity."""
        margin = np.maximum(self.margins(), 0.0)
        reference = margin if self.reference_margin is None else np.maximum(self.reference_margin, 1.0)
        ratio = np.divide(margin, reference, out=np.zeros_like(margin), where=reference > 0)
        pace = np.minimum(ratio**self._law.opening_margin_elasticity, self._law.opening_rate_cap)
        return np.where(np.logical_and(self._people_pass, self._ore_leaves), pace, 0.0)

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
        """Close the day: counts and netback by district.

        A site that lacks part of its reagents counts in part: half a need met is half a site at work.
        """
        day, books = self._clock.today, self._books
        netbacks: list[float] = self.netback_cny_per_t[:: len(HEADINGS)].tolist()
        for index, netback in enumerate(netbacks):
            working = self._sites_injecting[index] * self._supplied[index]
            books["sites_operating"][index][day] = working
            books["sites_shut_in"][index][day] = self._mineable[index] - working
            books["netback_cny_per_t"][index][day] = netback

    def sites_paying(self) -> list[float]:
        """Sites that hold rights, by district: at work, shut in, or between two blocks."""
        return self._paying

    def _by_district(self, per_site: Floats | Flags) -> list[float]:
        sums: list[float] = np.bincount(self._sites.district, per_site, len(self._names)).tolist()
        return sums
