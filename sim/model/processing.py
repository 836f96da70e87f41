"""Separation in China: one pool of plants with a feed stock, a hold-up and a yield.

feed days F = stock / start throughput
run rate    = start throughput x min(cap, (F / F*) ** response, F / F_short)     slower as feed gets short
separated   = recovery x what entered the plants `process_d` days before; the rest is rejects

The feed is one mix of Myanmar ore, other origins and domestic ionic clay; element contents move with it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.world import Assay, Separation

Floats = NDArray[np.float64]


class Plants:
    """The pool. Contents are arrays of t_REO followed by kg of each element, in the order of `elements`."""

    def __init__(self, law: Separation, assay: Assay, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self.elements = tuple(assay.kg_per_t_reo)
        self._per_t_reo = np.array([1.0, *assay.kg_per_t_reo.values()])
        self._reo_per_t = assay.reo_per_t
        start = law.start_throughput_t_reo_per_d
        self.feed = start * law.feed_d * self._per_t_reo
        self._holdup = [start * self._per_t_reo] * law.process_d
        self._held = start * law.process_d * self._per_t_reo
        self.opening = self.feed + self._held
        self.received = {source: self._nothing() for source in ("myanmar", "other origins", "china")}
        self.separated = self._nothing()
        self.rejected = self._nothing()
        origins = sum(law.origins_t_per_d.values()) * assay.reo_per_t["oxide"]
        self._other = origins * self._per_t_reo
        self._domestic = law.domestic_t_reo_per_d * self._per_t_reo
        self._imports = {o: ledger.series("imports_t", place=o, heading="oxide") for o in law.origins_t_per_d}
        self._output = [ledger.series("separated_kg", element=e) for e in self.elements]
        self._feed_book, self._holdup_book = ledger.series("feed_stock_t"), ledger.series("in_process_t")

    def _nothing(self) -> Floats:
        return np.zeros(self._per_t_reo.size)

    def deliver(self, tonnes: float, heading: str) -> None:
        """A lot from Myanmar reaches the plants."""
        content = tonnes * self._reo_per_t[heading] * self._per_t_reo
        self.feed = self.feed + content
        self.received["myanmar"] += content

    def step(self) -> Mapping[str, float]:
        """One day: other feed comes in, a batch enters, another is finished; kg separated of each element."""
        day = self._clock.today
        for origin, tonnes in self._law.origins_t_per_d.items():
            self._imports[origin][day] += tonnes
        self.received["other origins"] += self._other
        self.received["china"] += self._domestic
        self.feed = self.feed + self._other + self._domestic
        batch = self.feed * (self.run_t_reo_per_d() / self.feed[0])
        self.feed = self.feed - batch
        slot = day % self._law.process_d
        done, self._holdup[slot] = self._holdup[slot], batch
        self._held = self._held + batch - done
        output = done * self._law.recovery
        self.separated += output
        self.rejected += done - output
        kg = output[1:].tolist()
        for series, amount in zip(self._output, kg, strict=True):
            series[day] = amount
        return dict(zip(self.elements, kg, strict=True))

    def run_t_reo_per_d(self) -> float:
        """Throughput that the feed allows today."""
        law = self._law
        stock = float(self.feed[0])
        feed_d = stock / law.start_throughput_t_reo_per_d
        pace = min(law.run_cap, (feed_d / law.feed_d) ** law.run_response, feed_d / law.short_feed_d)
        return float(min(pace * law.start_throughput_t_reo_per_d, stock))

    def stock_kg(self) -> Mapping[str, float]:
        """Oxide that feed and hold-up will yield, kg of each element."""
        kg = ((self.feed + self._held)[1:] * self._law.recovery).tolist()
        return dict(zip(self.elements, kg, strict=True))

    def record(self) -> None:
        """Close the day."""
        self._feed_book[self._clock.today] = float(self.feed[0])
        self._holdup_book[self._clock.today] = float(self._held[0])

    def balances(self) -> list[Balance]:
        """Mass of t_REO and of each element through the plants."""
        names = ("t_REO", *(f"kg {element}" for element in self.elements))
        held = np.sum(self._holdup, axis=0)
        return [
            Balance(
                f"mass: {name} in the plants",
                name.split(" ", maxsplit=1)[0],
                {"at start": self.opening[i]} | {k: v[i] for k, v in self.received.items()},
                {
                    "feed": self.feed[i],
                    "in process": held[i],
                    "separated": self.separated[i],
                    "rejects": self.rejected[i],
                },
            )
            for i, name in enumerate(names)
        ]
