"""Mining: leaching, reagents, halts and the operators' decisions (all sites at once, one array row each).

    injecting  = operating, not halted, yard not full
    wanted     = capacity x share of sites that have reagents                 [t/d, gross]
    d rate/dt  = (wanted - rate) / drain time      stopping injection is not stopping output
    mined      = rate x season                     floods stand in the ponds: output falls at once
    weekly: shut in when netback < cost (1 - band), restart when netback > cost (1 + band)

A halt (a ban, a slide, crews that left) stops the sites whose rank is under its share; when it is lifted they
restart after their own restart time, or the time crews need to come back if that is longer.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import inf
from typing import Protocol

import numpy as np
from numpy import minimum, multiply, subtract  # not looked up in NumPy each day
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.pools import PoolSums
from sim.sites import (
    BETWEEN_BLOCKS,
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


class Supply(Protocol):
    """What this module asks of the reagents. `met`: share of sites that have some, by district."""

    met: list[float]

    def need(self, district: int, t_per_d: float) -> None:
        """A district needs that much from now on."""

    def turn(self, season: list[float]) -> None:
        """A new season, by district."""

    def use(self) -> list[int]:
        """One day of buying and using; the districts whose `met` has changed."""


class Mines:
    """The live sites of one run.

    `netback_cny_per_t`, by pool, is what a gross tonne brings at the mine after all but cash cost; the engine
    keeps it up to date, and tells with `look` what the gates let through. `season` has shape
    (days, districts). `supply` sets up the reagents for what the districts need a day at first, in tonnes.

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
        supply: Callable[[list[float]], Supply],
    ) -> None:
        self._law, self._sites, self._season, self._clock = world.mining, sites, season, clock
        self._names = [district.name for district in world.districts]
        n, places = sites.status.size, len(self._names)
        self._place: list[int] = sites.district.tolist()
        pools = places * len(HEADINGS)
        self._pool = sites.pool
        self._rate_t_per_d = np.where(sites.working, sites.capacity_t_per_d, 0.0)
        self._drained = np.array(1.0 - np.exp(-1.0 / self._law.drain_d))  # as an array: half the time
        self._reagent_t_per_d = sites.capacity_t_per_d * sites.reo_per_t * self._law.reagent_t_per_t_reo
        self._need_t_per_d = self._by_district(self._reagent_t_per_d * sites.working)
        self._reagents = supply(self._need_t_per_d.copy())
        self._calm_cny_per_t = [(0.0, 0.0)] * pools
        self.reference_margin: list[float] | None = None
        self.netback_cny_per_t = [0.0] * pools
        self._people_pass, self._ore_leaves = [True] * places, [True] * places
        self._halted: dict[str, tuple[Flags, float]] = {}
        self._held = np.zeros(n, dtype=bool)
        self._crew_back_d = np.zeros(n)
        self.mined_t = 0.0
        self.cash_cost_cny = 0.0
        self._cost_cny_per_t = self._cost()
        self._mined_t, self._sums = np.zeros(n), PoolSums(sites.pool, pools)
        self._season_of_site = np.ones(n)
        turns = 1 + np.flatnonzero(np.diff(season, axis=0).any(axis=1))
        self._season_turns = {0, *turns.tolist()}
        self._set_counts()
        names = ("mined_t", "sites_opened", "sites_operating", "sites_shut_in", "netback_cny_per_t")
        self._mined_book, self._opened_book, *books = (
            [ledger.series(variable, place=name) for name in self._names] for variable in names
        )
        self._daily_books = books

    def _set_counts(self) -> None:
        """Count sites at the start, when all that work inject; then put what will end on the list."""
        sites = self._sites
        self._at_work = sites.working
        self._able = self._at_work & ~self._held
        self._injecting, self._full, self._stirred = self._able.copy(), self._held, True
        self._sites_injecting = self._by_district(self._injecting)
        self._full_rate_t_per_d = np.where(self._injecting, sites.capacity_t_per_d, 0.0)
        self._paying = self._by_district(sites.living)
        self._mineable = self._by_district((sites.status >= OPERATING) & (sites.status <= RESTARTING))
        self._spells = [(until, site) for site, until in enumerate(sites.until_d.tolist()) if until < np.inf]
        heapify(self._spells)
        self._candidates = sorted(
            ((opens, site) for site, opens in enumerate(sites.opens_d.tolist()) if opens < np.inf),
            reverse=True,
        )
        self._stranded: list[tuple[float, int]] = []
        self._wanted_t_per_d = self._full_rate_t_per_d.copy()
        places = range(len(self._names) + 1)
        edges = np.searchsorted(sites.district, places).tolist()  # sites of a district stand together
        self._rates_of_district = [
            (self._full_rate_t_per_d[first:after], self._wanted_t_per_d[first:after])
            for first, after in pairwise(edges)
        ]

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
        self._able[site] = able = at_work and not self._held[site]
        if able != self._injecting[site]:
            self._stirred = True
        self._paying[place] += (status in LIVING) - (before in LIVING)
        self._mineable[place] += (status in MINEABLE) - (before in MINEABLE)

    def _inject(self, injecting: Flags) -> None:
        """These sites inject from now on."""
        changed, self._injecting = (injecting != self._injecting).nonzero()[0].tolist(), injecting
        for site in changed:
            self._begin_or_stop(site, bool(injecting[site]))

    def _begin_or_stop(self, site: int, begins: bool) -> None:
        """A site begins to inject, or stops."""
        place, need = self._place[site], float(self._reagent_t_per_d[site])
        self._sites_injecting[place] += 1 if begins else -1
        self._need_t_per_d[place] += need if begins else -need
        if not self._sites_injecting[place]:
            self._need_t_per_d[place] = 0.0
        self._reagents.need(place, self._need_t_per_d[place])
        capacity_t_per_d = float(self._sites.capacity_t_per_d[site]) if begins else 0.0
        self._full_rate_t_per_d[site] = capacity_t_per_d
        self._wanted_t_per_d[site] = capacity_t_per_d * self._reagents.met[place]

    # -- one day ------------------------------------------------------------------------------------------

    def leach(self, full: Flags) -> tuple[Floats, list[float]]:
        """Mine for one day. `full`: sites whose yard takes no more; the same array while they are the same.

        Returns what is bagged, in gross tonnes: by site (good until the next day), and by pool.
        """
        clock, sites, rate = self._clock, self._sites, self._rate_t_per_d
        if self._spells and self._spells[0][0] <= clock.now:
            self._end_spells()
        if self._stirred or full is not self._full:
            self._stirred, self._full = False, full
            self._inject(self._able > full)  # able and not full
        if clock.today in self._season_turns:
            self._reagents.turn(self._season[clock.today].tolist())
            self._season_of_site = self._season[clock.today][sites.district]
        for place in self._reagents.use():
            full_t_per_d, wanted_t_per_d = self._rates_of_district[place]
            multiply(full_t_per_d, self._reagents.met[place], out=wanted_t_per_d)
        mined, left = self._mined_t, sites.left_t
        subtract(self._wanted_t_per_d, rate, mined)
        mined *= self._drained
        rate += mined
        multiply(rate, self._season_of_site, mined)
        minimum(mined, left, out=mined)
        left -= mined
        by_pool, self.cash_cost_cny = self._sums.of(mined, self._cost_cny_per_t)
        self._book_mined(by_pool)
        if left[left.argmin()] <= 0.0:
            for site in (self._at_work & (left <= 0.0)).nonzero()[0].tolist():
                self._end_block(site)
        return mined, by_pool

    def _book_mined(self, by_pool: list[float]) -> None:
        day = self._clock.today
        self.mined_t += sum(by_pool)
        of_pool = iter(by_pool)
        for series, oxide_t, compound_t in zip(self._mined_book, of_pool, of_pool, strict=True):
            series[day] = oxide_t + compound_t

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
            if self._crew_back_d[site] > now:
                self._become(site, RESTARTING, float(self._crew_back_d[site]))
            else:
                self._become(site, OPERATING)

    def _end_block(self, site: int) -> None:
        """A worked-out block is followed by a gap and the next one, or by the end of the site."""
        sites, block = self._sites, int(self._sites.block[site])
        self._rate_t_per_d[site] = 0.0
        if self._injecting[site]:
            self._injecting[site] = False
            self._begin_or_stop(site, False)
        if block + 1 >= sites.blocks[site]:
            self._become(site, EXHAUSTED)
            sites.left_t[site] = inf  # nobody asks any more
            return
        self._become(site, BETWEEN_BLOCKS, self._clock.now + float(sites.gaps_d[site, block]))
        sites.block[site] = block + 1
        sites.left_t[site] = sites.blocks_t[site, block + 1]

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
        for site in rows.nonzero()[0].tolist():
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
        self._stirred = True

    # -- the operators' decisions -------------------------------------------------------------------------

    def review(self) -> None:
        """Each week, and at once when a netback jumped by more than the band: who works, who opens."""
        weekly = self._clock.today % WEEK_D == 0
        if weekly or self._jumped():
            band = self._law.decision_band
            self._calm_cny_per_t = [(n - band * abs(n), n + band * abs(n)) for n in self.netback_cny_per_t]
            self._cost_cny_per_t = self._cost()
            self._shut_in_or_restart()
        if weekly:
            self._open_sites()

    def _jumped(self) -> bool:
        """Whether a netback has left the band around its value at the last review."""
        for netback, (low, high) in zip(self.netback_cny_per_t, self._calm_cny_per_t, strict=True):
            if not low <= netback <= high:
                return True
        return False

    def _shut_in_or_restart(self) -> None:
        sites, band = self._sites, self._law.decision_band
        netback, cost = np.array(self.netback_cny_per_t).take(self._pool), self._cost_cny_per_t
        stops = self._at_work & (netback < cost * (1.0 - band))
        starts = (sites.status == SHUT_IN) & (netback > cost * (1.0 + band))
        for site in stops.nonzero()[0].tolist():
            self._become(site, SHUT_IN)
        self._restart(starts)

    def _open_sites(self) -> None:
        """Candidates of the past week open if their mark is under the present rate of opening."""
        sites, now = self._sites, self._clock.now
        candidates, past = self._candidates, []
        while candidates and candidates[-1][0] <= now:
            past.append(candidates.pop()[1])
        if not past:
            return
        pace, cap = self._opening_pace(), self._law.opening_rate_cap
        for site in past:
            if sites.mark[site] < pace[self._place[site]] / cap:
                self._develop(site, float(sites.opens_d[site]) + self._law.build_d)
            else:
                self._become(site, EXHAUSTED)

    def _develop(self, site: int, ready_d: float) -> None:
        self._become(site, DEVELOPING, ready_d)
        self._opened_book[self._place[site]][self._clock.today] += 1.0

    def found(self, rows: Sequence[int], ready_d: float) -> None:
        """Begin to build sites that no margin asked for."""
        for site in rows:
            self._develop(site, ready_d)

    def give_up(self, shares: Mapping[str, float]) -> None:
        """A share of the sites of districts ends for good, with the ground of those that may open later."""
        for site in self._sites.part(np.array([shares.get(name, 0.0) for name in self._names])):
            self._become(site, EXHAUSTED)
            self._rate_t_per_d[site] = 0.0

    def living(self, district: str) -> int:
        """Sites of a district that are built, or being built."""
        sites = self._sites
        here = sites.district == self._names.index(district)
        return int(np.count_nonzero(here & (sites.living | (sites.status == DEVELOPING))))

    def _opening_pace(self) -> list[float]:
        """Openings against the reference rate, by district: (margin / reference margin) ** elasticity."""
        margins = self.margins()
        references = margins if self.reference_margin is None else self.reference_margin
        power = self._law.opening_margin_elasticity
        pace = [(max(m, 0.0) / max(r, 1.0)) ** power for m, r in zip(margins, references, strict=True)]
        ways = zip(pace, self._people_pass, self._ore_leaves, strict=True)
        cap = self._law.opening_rate_cap
        return [min(each, cap) if people and ore else 0.0 for each, people, ore in ways]

    def margins(self) -> list[float]:
        """Netback of calcined oxide less the mean cash cost, by district, in CNY/t."""
        cost = self._law.cash_cost_cny_per_t
        return [netback - cost for netback in self.netback_cny_per_t[:: len(HEADINGS)]]

    def _cost(self) -> Floats:
        """Cash cost of each site in CNY per gross tonne: higher where the easy ground is leached."""
        age_d = np.maximum(self._clock.now - self._sites.born_d, 0.0)  # not born yet: born_d is inf
        return self._sites.cost_cny_per_t * (1.0 + self._law.cost_growth_per_d * age_d)

    # -- books --------------------------------------------------------------------------------------------

    def record(self) -> None:
        """Close the day: counts and netback by district.

        A site that lacks part of its reagents counts in part: half a need met is half a site at work.
        """
        day, netbacks = self._clock.today, self.netback_cny_per_t[:: len(HEADINGS)]
        counts = self._sites_injecting, self._reagents.met, self._mineable, netbacks
        for operating, shut_in, brings, injecting, met, mineable, netback in zip(
            *self._daily_books, *counts, strict=True
        ):
            working = injecting * met
            operating[day] = working
            shut_in[day] = mineable - working
            brings[day] = netback

    def sites_paying(self) -> list[float]:
        """Sites that hold rights, by district: at work, shut in, or between two blocks."""
        return self._paying

    def _by_district(self, per_site: Floats | Flags) -> list[float]:
        sums: list[float] = np.bincount(self._sites.district, per_site, len(self._names)).tolist()
        return sums
