"""Separation in China: regions of plants, each with a feed stock, a hold-up and a yield.

feed days F = stock / start throughput                                     (by region)
run rate    = start throughput x able x min(cap, (F / F*) ** response, F / F_short)   slower with less feed
separated   = recovery x what entered the plants `process_d` days before; the rest is rejects

Feed of all sources is shared out by the regions' start throughput; element contents move with it.
"""

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.world import Assay, Separation

Floats = NDArray[np.float64]


class OtherOrigins:
    """Imports from elsewhere: they follow the ore quote with a lag.

    d level/dt = ((quote / first quote) ** elasticity - level) / lag
    """

    def __init__(self, law: Separation, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self._level, self._first_quote = 1.0, 0.0
        self._more_t_per_d: dict[str, tuple[str, float]] = {}
        self._imports = {o: ledger.series("imports_t", place=o, heading="oxide") for o in law.origins_t_per_d}

    def add(self, owner: str, origin: str, t_per_d: float) -> None:
        """An origin sends that much more each day from now on, whatever the quote; 0 ends it."""
        self._more_t_per_d.pop(owner, None)
        if t_per_d:
            self._more_t_per_d[owner] = (origin, t_per_d)

    def more_t_per_d(self, origin: str) -> float:
        """What is added to an origin's own flow."""
        return sum(tonnes for name, tonnes in self._more_t_per_d.values() if name == origin)

    def ship(self, quote_cny_per_t: float) -> float:
        """Gross tonnes of oxide that come in today."""
        self._first_quote = self._first_quote or quote_cny_per_t
        goal = (quote_cny_per_t / self._first_quote) ** self._law.origins_elasticity
        self._level += (goal - self._level) / self._law.origins_lag_d
        total = 0.0
        for origin, tonnes in self._law.origins_t_per_d.items():
            self._imports[origin][self._clock.today] += tonnes * self._level
            total += tonnes * self._level
        for origin, tonnes in self._more_t_per_d.values():
            self._imports[origin][self._clock.today] += tonnes
            total += tonnes
        return total


class Plants:
    """All regions. Contents have shape (regions, 1 + elements): t_REO, then kg of each element.

    What comes in during a day is kept as one sum (`_arrived_t_reo`) until the plants step, since all feed has
    the same contents and is shared out alike.
    """

    def __init__(self, law: Separation, assay: Assay, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self.elements = tuple(assay.kg_per_t_reo)
        self._per_t_reo = np.array([1.0, *assay.kg_per_t_reo.values()])
        self._reo_per_t = assay.reo_per_t
        self._shares = list(law.regions.values())
        self._starts = [law.start_throughput_t_reo_per_d * share for share in self._shares]
        self._shared_out = np.outer(self._shares, self._per_t_reo)
        per_d = law.start_throughput_t_reo_per_d * self._shared_out
        self.feed = per_d * law.feed_d
        self._holdup = [per_d] * law.process_d
        self._held = per_d * law.process_d
        self.opening = (self.feed + self._held).sum(axis=0)
        self._all_regions = np.ones(len(self._shares))
        self._in_plants: list[float] = self.opening.tolist()
        self._arrived_t_reo = 0.0
        self._regions = list(law.regions)
        self._able = [1.0] * len(self._shares)
        self._domestic_factors: dict[str, float] = {}
        self._outages: dict[str, dict[str, float]] = {region: {} for region in law.regions}
        self._import_caps: dict[str, float] = {}
        self._domestic_t_reo_per_d, self.run_cap = law.domestic_t_reo_per_d, law.run_cap
        self.received_t_reo: dict[str, float] = {}
        self.separated = [0.0] * len(self._per_t_reo)
        self.rejected = [0.0] * len(self._per_t_reo)
        self._domestic_book = ledger.series("domestic_feed_t")
        self._output = [ledger.series("separated_kg", element=e) for e in self.elements]
        self._feed_books = [ledger.series("feed_stock_t", place=region) for region in law.regions]
        self._holdup_books = [ledger.series("in_process_t", place=region) for region in law.regions]

    # -- what events change -------------------------------------------------------------------------------

    def scale_domestic(self, owner: str, factor: float) -> None:
        """Multiply China's own ore on behalf of `owner`; 1 lifts it."""
        self._domestic_factors[owner] = factor
        self._domestic_t_reo_per_d = self._law.domestic_t_reo_per_d * self.domestic_factor

    @property
    def domestic_factor(self) -> float:
        """China's own ore against the start."""
        return prod(self._domestic_factors.values())

    def take_out(self, owner: str, shares: Mapping[str, float]) -> None:
        """Take shares of the capacity of regions out on behalf of `owner`; 0 lifts it."""
        for region, share in shares.items():
            self._outages[region][owner] = 1.0 - share
        self._able = [self.able(region) for region in self._regions]

    def able(self, region: str) -> float:
        """Share of a region's capacity that can work."""
        return prod(self._outages[region].values())

    def cap_imported(self, owner: str, factor: float | None) -> None:
        """Cap what is separated of imported ore at a multiple of the start; None lifts it."""
        self._import_caps.pop(owner, None)
        if factor is not None:
            self._import_caps[owner] = factor
        law = self._law
        own_share = law.domestic_t_reo_per_d / law.start_throughput_t_reo_per_d
        caps = [own_share + (1.0 - own_share) * each for each in self._import_caps.values()]
        self.run_cap = min([law.run_cap, *caps])

    # -- feed, batches, oxide -----------------------------------------------------------------------------

    def deliver(self, source: str, tonnes: float, heading: str) -> None:
        """Imported ore reaches the plants."""
        self._receive(source, tonnes * self._reo_per_t[heading])

    def _receive(self, source: str, t_reo: float) -> None:
        self._arrived_t_reo += t_reo
        self.received_t_reo[source] = self.received_t_reo.get(source, 0.0) + t_reo

    def step(self) -> Mapping[str, float]:
        """One day: domestic feed comes in, a batch enters, another is finished; kg of each element."""
        day, recovery = self._clock.today, self._law.recovery
        self._domestic_book[day] = self._domestic_t_reo_per_d
        self._receive("china", self._domestic_t_reo_per_d)
        arrived, self._arrived_t_reo = self._arrived_t_reo * self._shared_out, 0.0
        self.feed += arrived
        batch = self.feed * np.array(self._shares_run(self.feed[:, 0].tolist()))[:, None]
        self.feed -= batch
        slot = day % self._law.process_d
        done, self._holdup[slot] = self._holdup[slot], batch
        self._held += batch - done
        came: list[float] = (self._all_regions @ arrived).tolist()
        total: list[float] = (self._all_regions @ done).tolist()
        for i, content in enumerate(total):
            output = content * recovery
            self.separated[i] += output
            self.rejected[i] += content - output
            self._in_plants[i] += came[i] - content
        kg = [content * recovery for content in total[1:]]
        for series, amount in zip(self._output, kg, strict=True):
            series[day] = amount
        return dict(zip(self.elements, kg, strict=True))

    def _shares_run(self, stocks: list[float]) -> list[float]:
        """Share of its feed that each region takes in today."""
        law, cap, shares = self._law, self.run_cap, []
        for stock, start, able in zip(stocks, self._starts, self._able, strict=True):
            feed_d = stock / start
            pace = able * min((feed_d / law.feed_d) ** law.run_response, feed_d / law.short_feed_d, cap)
            shares.append(min(pace * start / stock, 1.0) if stock > 0.0 else 0.0)
        return shares

    def stock_kg(self) -> Mapping[str, float]:
        """Oxide that feed and hold-up will yield, kg of each element, once the day's step is done.

        What piles up before plants that a quota or an outage holds back is no cover: it cannot be had.
        """
        recovery, idle_t_reo = self._law.recovery, self._idle_t_reo()
        contents = zip(self.elements, self._in_plants[1:], self._per_t_reo[1:].tolist(), strict=True)
        return {
            element: (content - idle_t_reo * per_t_reo) * recovery for element, content, per_t_reo in contents
        }

    def _idle_t_reo(self) -> float:
        """Feed beyond the ordinary, while events hold plants back."""
        if self.run_cap >= self._law.run_cap and min(self._able) >= 1.0:
            return 0.0
        usual = self._law.feed_d * self._law.start_throughput_t_reo_per_d
        return max(0.0, float(self.feed[:, 0].sum()) - usual)

    def record(self) -> None:
        """Close the day."""
        day, arrived = self._clock.today, self._arrived_t_reo
        feeds, held = self.feed[:, 0].tolist(), self._held[:, 0].tolist()
        for index, share in enumerate(self._shares):
            self._feed_books[index][day] = feeds[index] + arrived * share
            self._holdup_books[index][day] = held[index]

    def balances(self) -> list[Balance]:
        """Mass of t_REO and of each element through the plants."""
        units = ("t_REO", *("kg" for _ in self.elements))
        contents, held = self._per_t_reo.tolist(), np.sum(self._holdup, axis=(0, 1))
        feed = self.feed.sum(axis=0) + self._arrived_t_reo * self._shared_out.sum(axis=0)
        return [
            Balance(
                f"mass: {name} in the plants",
                units[i],
                {"at start": float(self.opening[i])}
                | {source: t_reo * contents[i] for source, t_reo in self.received_t_reo.items()},
                {
                    "feed": float(feed[i]),
                    "in process": float(held[i]),
                    "separated": self.separated[i],
                    "rejects": self.rejected[i],
                },
            )
            for i, name in enumerate(("REO", *self.elements))
        ]
