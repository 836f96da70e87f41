"""Separation in China: regions of plants, each with a feed stock, a hold-up and a yield.

feed days F = stock / start throughput                                     (by region)
run rate    = start throughput x min(cap, (F / F*) ** response, F / F_short)     slower as feed gets short
separated   = recovery x what entered the plants `process_d` days before; the rest is rejects

Feed of all sources is shared out by the regions' start throughput; element contents move with it.
"""

from collections.abc import Mapping

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
        self._imports = {o: ledger.series("imports_t", place=o, heading="oxide") for o in law.origins_t_per_d}

    def ship(self, quote_cny_per_t: float) -> float:
        """Gross tonnes of oxide that come in today."""
        self._first_quote = self._first_quote or quote_cny_per_t
        goal = (quote_cny_per_t / self._first_quote) ** self._law.origins_elasticity
        self._level += (goal - self._level) / self._law.origins_lag_d
        total = 0.0
        for origin, tonnes in self._law.origins_t_per_d.items():
            self._imports[origin][self._clock.today] += tonnes * self._level
            total += tonnes * self._level
        return total


class Plants:
    """All regions. Contents have shape (regions, 1 + elements): t_REO, then kg of each element."""

    def __init__(self, law: Separation, assay: Assay, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self.elements = tuple(assay.kg_per_t_reo)
        self._per_t_reo = np.array([1.0, *assay.kg_per_t_reo.values()])
        self._reo_per_t = assay.reo_per_t
        self._share = np.array(list(law.regions.values()))[:, None]
        self._start = law.start_throughput_t_reo_per_d * self._share[:, 0]
        per_d = law.start_throughput_t_reo_per_d * self._share * self._per_t_reo
        self.feed = per_d * law.feed_d
        self._holdup = [per_d] * law.process_d
        self._held = per_d * law.process_d
        self.opening = (self.feed + self._held).sum(axis=0)
        self.received: dict[str, Floats] = {}
        self.separated = np.zeros(self._per_t_reo.size)
        self.rejected = np.zeros(self._per_t_reo.size)
        self._domestic = law.domestic_t_reo_per_d * self._per_t_reo
        self._output = [ledger.series("separated_kg", element=e) for e in self.elements]
        self._feed_books = [ledger.series("feed_stock_t", place=region) for region in law.regions]
        self._holdup_books = [ledger.series("in_process_t", place=region) for region in law.regions]

    def deliver(self, source: str, tonnes: float, heading: str) -> None:
        """Imported ore reaches the plants."""
        self._receive(source, tonnes * self._reo_per_t[heading] * self._per_t_reo)

    def _receive(self, source: str, content: Floats) -> None:
        self.feed = self.feed + self._share * content
        self.received[source] = self.received.get(source, 0.0) + content

    def step(self) -> Mapping[str, float]:
        """One day: domestic feed comes in, a batch enters, another is finished; kg of each element."""
        day = self._clock.today
        self._receive("china", self._domestic)
        stock = self.feed[:, 0]
        batch = self.feed * (self._run_t_reo_per_d(stock) / np.maximum(stock, np.finfo(float).tiny))[:, None]
        self.feed = self.feed - batch
        slot = day % self._law.process_d
        done, self._holdup[slot] = self._holdup[slot], batch
        self._held = self._held + batch - done
        total = done.sum(axis=0)
        output = total * self._law.recovery
        self.separated += output
        self.rejected += total - output
        kg: list[float] = output[1:].tolist()
        for series, amount in zip(self._output, kg, strict=True):
            series[day] = amount
        return dict(zip(self.elements, kg, strict=True))

    def _run_t_reo_per_d(self, stock: Floats) -> Floats:
        """Throughput of each region that its feed allows today."""
        law, feed_d = self._law, stock / self._start
        pace = np.minimum((feed_d / law.feed_d) ** law.run_response, feed_d / law.short_feed_d)
        return np.minimum(np.minimum(pace, law.run_cap) * self._start, stock)

    def stock_kg(self) -> Mapping[str, float]:
        """Oxide that feed and hold-up will yield, kg of each element."""
        kg: list[float] = ((self.feed + self._held).sum(axis=0)[1:] * self._law.recovery).tolist()
        return dict(zip(self.elements, kg, strict=True))

    def record(self) -> None:
        """Close the day."""
        day = self._clock.today
        rows = zip(self._feed_books, self._holdup_books, self.feed, self._held, strict=True)
        for feed_book, holdup_book, feed, held in rows:
            feed_book[day], holdup_book[day] = float(feed[0]), float(held[0])

    def balances(self) -> list[Balance]:
        """Mass of t_REO and of each element through the plants."""
        units = ("t_REO", *("kg" for _ in self.elements))
        feed, held = self.feed.sum(axis=0), np.sum(self._holdup, axis=(0, 1))
        return [
            Balance(
                f"mass: {name} in the plants",
                units[i],
                {"at start": self.opening[i]} | {source: got[i] for source, got in self.received.items()},
                {
                    "feed": feed[i],
                    "in process": held[i],
                    "separated": self.separated[i],
                    "rejects": self.rejected[i],
                },
            )
            for i, name in enumerate(("REO", *self.elements))
        ]
