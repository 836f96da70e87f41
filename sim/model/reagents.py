"""Reagents at the mines: what is bought through the gates, what is in stock, and which sites have some.

wanted = min(aim - stock, need + aim / restock time)       aim = need x stock days       [t, by district]
met    = sqrt(min(1, stock / aim))
used   = need x season x met

Sites' stocks are uniform between nothing and twice the mean, so the share of sites that still have some is
the square root of what is left of the aim.

A district whose need and stock are as yesterday wants, gets and uses what it did yesterday, if its gate
passes as many trucks; on most days that is so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

from sim.kernel import Clock
from sim.ledger import Ledger
from sim.world import World


@dataclass(slots=True)
class _Entry:
    """A gate and the districts behind it. still: as yesterday, unless the gate passes another number.

    let_in: asks the gate how many of so many trucks pass today.
    """

    let_in: Callable[[float], float]
    districts: list[int]
    trucks: float = 0.0
    passed: float = 0.0
    still: bool = False


class Reagents:
    """Stocks of reagents by district. `met`: share of sites that have some.

    needs: t a day at the start. let_in: for each gate, what tells how many of so many trucks pass today.
    """

    def __init__(
        self,
        world: World,
        needs_t_per_d: list[float],
        ledger: Ledger,
        clock: Clock,
        let_in: Mapping[str, Callable[[float], float]],
    ) -> None:
        districts, law = world.districts, world.mining
        self._lot_t, self._clock = world.haulage.lot_t, clock
        self._stock_d, self._most_d = law.reagent_stock_d, 1.0 + law.reagent_stock_d / law.reagent_restock_d
        self._need_t_per_d = needs_t_per_d
        self._stock_t = [need * law.reagent_stock_d for need in needs_t_per_d]
        self._wanted_t, self._bought_t = [0.0] * len(districts), [0.0] * len(districts)
        self.met = [1.0] * len(districts)
        self._season = [1.0] * len(districts)
        homes = [district.gate for district in districts]
        self._entries = [
            _Entry(let_in[gate], [index for index, home in enumerate(homes) if home == gate])
            for gate in dict.fromkeys(homes)
        ]
        self._entry_of = {index: entry for entry in self._entries for index in entry.districts}
        self._books = [ledger.series("reagent_t", place=district.name) for district in districts]

    def need(self, district: int, t_per_d: float) -> None:
        """A district needs that much from now on."""
        self._need_t_per_d[district] = t_per_d
        self._entry_of[district].still = False

    def turn(self, season: list[float]) -> None:
        """A new season, by district."""
        self._season = season
        for entry in self._entries:
            entry.still = False

    def use(self) -> bool:
        """One day of buying and using; whether `met` has changed."""
        changed = False
        for entry in self._entries:
            if not entry.still:
                entry.trucks = sum([self._want(index) for index in entry.districts]) / self._lot_t
            passed = entry.let_in(entry.trucks)
            if not entry.still or passed != entry.passed:
                entry.passed, entry.still = passed, True
                for index in entry.districts:
                    changed |= self._restock(index, entry, passed / (entry.trucks or 1.0))
        day = self._clock.today
        for series, bought in zip(self._books, self._bought_t, strict=True):
            series[day] = bought
        return changed

    def _want(self, index: int) -> float:
        need = self._need_t_per_d[index]
        missing = need * self._stock_d - self._stock_t[index]
        self._wanted_t[index] = wanted = min(max(missing, 0.0), need * self._most_d)
        return wanted

    def _restock(self, index: int, entry: _Entry, share: float) -> bool:
        """Take in what came and use a day's need; whether another share of sites has some."""
        need, before, met_before = self._need_t_per_d[index], self._stock_t[index], self.met[index]
        self._bought_t[index] = bought = self._wanted_t[index] * share
        stock, aim = before + bought, need * self._stock_d
        met = sqrt(min(stock / aim, 1.0)) if aim > 0.0 else 0.0
        left = max(stock - need * self._season[index] * met, 0.0)
        self._stock_t[index], self.met[index] = left, met
        entry.still = entry.still and left == before
        return met != met_before
