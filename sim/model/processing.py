"""Separation in China: regions of plants, each with a feed stock, a hold-up and a yield.

feed days F = stock / start throughput                                     (by region)
run rate    = start throughput x able x min(cap, (F / F*) ** response, F / F_short)   slower with less feed
separated   = recovery x what entered the plants `process_d` days before; the rest is rejects

Feed of all sources is shared out by the regions' start throughput.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from sim.kernel import Clock
from sim.ledger import Balance, Ledger
from sim.world import Assay, Separation


class OtherOrigins:
    """Imports from elsewhere: they follow the ore quote with a lag.

    d level/dt = ((quote / first quote) ** elasticity - level) / lag
    """

    def __init__(self, law: Separation, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self._level, self._first_quote = 1.0, 0.0
        self._more_t_per_d: dict[str, tuple[str, float]] = {}
        self._imports = {o: ledger.series("imports_t", place=o, heading="oxide") for o in law.origins_t_per_d}
        self._usual = [(self._imports[origin], t_per_d) for origin, t_per_d in law.origins_t_per_d.items()]

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
        total, day, level = 0.0, self._clock.today, self._level
        for series, usual in self._usual:
            tonnes = usual * level
            series[day] += tonnes
            total += tonnes
        if self._more_t_per_d:
            for origin, tonnes in self._more_t_per_d.values():
                self._imports[origin][day] += tonnes
                total += tonnes
        return total


@dataclass(slots=True)
class _Region:
    """Plants of one region, in t_REO. holdup: what entered on each of the last `process_d` days; able: share
    of the capacity that can work.
    """

    share: float
    start_per_d: float
    feed: float
    holdup: list[float]
    held: float
    able: float = 1.0


class Plants:
    """All regions, counted in t_REO: all feed has the same contents, so kg of an element follow from it.

    What comes in during a day is kept as one sum (`_arrived`) until the plants step.
    """

    def __init__(self, law: Separation, assay: Assay, ledger: Ledger, clock: Clock) -> None:
        self._law, self._clock = law, clock
        self._kg_per_t_reo, self._reo_per_t = assay.kg_per_t_reo, assay.reo_per_t
        self._regions = []
        for share in law.regions.values():
            per_d = law.start_throughput_t_reo_per_d * share
            self._regions.append(
                _Region(share, per_d, per_d * law.feed_d, [per_d] * law.process_d, per_d * law.process_d)
            )
        self._opening = self._inside = sum(region.feed + region.held for region in self._regions)
        self._arrived = 0.0
        self._received: dict[str, float] = {}
        self._separated = self._rejected = 0.0
        self._passed_on_kg = dict.fromkeys(assay.kg_per_t_reo, 0.0)
        self._names = list(law.regions)
        self._domestic_factors: dict[str, float] = {}
        self._outages: dict[str, dict[str, float]] = {region: {} for region in law.regions}
        self._import_caps: dict[str, float] = {}
        self._domestic_t_reo_per_d, self.run_cap = law.domestic_t_reo_per_d, law.run_cap
        self._are_held_back = False
        self._domestic_book = ledger.series("domestic_feed_t")
        self._output = {e: ledger.series("separated_kg", element=e) for e in assay.kg_per_t_reo}
        self._feed_books = [ledger.series("feed_stock_t", place=region) for region in law.regions]
        self._holdup_books = [ledger.series("in_process_t", place=region) for region in law.regions]

    # -- what events change -------------------------------------------------------------------------------

    def scale_domestic(self, owner: str, factor: float) -> None:
        """Multiply China's own ore on behalf of `owner`; 1 lifts it."""
        self._domestic_factors[owner] = factor
        self._domestic_t_reo_per_d = self._law.domestic_t_reo_per_d * self.domestic_factor
        self._cap_runs()

    @property
    def domestic_factor(self) -> float:
        """China's own ore against the start."""
        return prod(self._domestic_factors.values())

    def take_out(self, owner: str, shares: Mapping[str, float]) -> None:
        """Take shares of the capacity of regions out on behalf of `owner`; 0 lifts it."""
        for region, share in shares.items():
            self._outages[region][owner] = 1.0 - share
        for name, plants in zip(self._names, self._regions, strict=True):
            plants.able = self.able(name)
        self._note_holds()

    def able(self, region: str) -> float:
        """Share of a region's capacity that can work."""
        return prod(self._outages[region].values())

    def cap_imported(self, owner: str, factor: float | None) -> None:
        """Cap what is separated of imported ore at a multiple of the start; None lifts it."""
        self._import_caps.pop(owner, None)
        if factor is not None:
            self._import_caps[owner] = factor
        self._cap_runs()

    def _cap_runs(self) -> None:
        """Work out how much the plants may run: their own ore, as it is now, and what a cap leaves of the
        imported ore of the start."""
        law = self._law
        start_own = law.domestic_t_reo_per_d / law.start_throughput_t_reo_per_d
        caps = [
            start_own * self.domestic_factor + (1.0 - start_own) * each for each in self._import_caps.values()
        ]
        self.run_cap = min([law.run_cap, *caps])
        self._note_holds()

    def _note_holds(self) -> None:
        able = min(region.able for region in self._regions)
        self._are_held_back = able < 1.0 or self.run_cap < self._law.run_cap

    # -- feed, batches, oxide -----------------------------------------------------------------------------

    def deliver(self, source: str, tonnes: float, heading: str) -> None:
        """Imported ore reaches the plants."""
        self._receive(source, tonnes * self._reo_per_t[heading])

    def _receive(self, source: str, t_reo: float) -> None:
        self._arrived += t_reo
        self._inside += t_reo
        self._received[source] = self._received.get(source, 0.0) + t_reo

    def step(self) -> Mapping[str, float]:
        """One day: domestic feed comes in, a batch enters, another is finished; kg of each element."""
        day, law = self._clock.today, self._law
        self._domestic_book[day] = self._domestic_t_reo_per_d
        self._receive("china", self._domestic_t_reo_per_d)
        arrived, self._arrived = self._arrived, 0.0
        slot, done = day % law.process_d, 0.0
        for region in self._regions:
            feed, holdup = region.feed + arrived * region.share, region.holdup
            batch = self._batch(region, feed)
            region.feed = feed - batch
            finished = holdup[slot]
            holdup[slot] = batch
            region.held += batch - finished
            done += finished
        output = done * law.recovery
        self._inside -= done
        self._separated += output
        self._rejected += done - output
        kg = self._refine(output)
        for element, amount in kg.items():
            self._output[element][day] = amount
            self._passed_on_kg[element] += amount
        return kg

    def _refine(self, t_reo: float) -> Mapping[str, float]:
        """kg of each element in what leaves the plants."""
        return {element: t_reo * kg_per_t for element, kg_per_t in self._kg_per_t_reo.items()}

    def _batch(self, region: _Region, feed: float) -> float:
        """What the feed of a region allows to enter today."""
        if feed <= 0.0:
            return 0.0
        law, feed_d = self._law, feed / region.start_per_d
        usual: float = (feed_d / law.feed_d) ** law.run_response
        short, cap = feed_d / law.short_feed_d, self.run_cap
        pace = usual if usual < short else short
        batch = region.able * (pace if pace < cap else cap) * region.start_per_d
        return batch if batch < feed else feed

    def stock_kg(self) -> Mapping[str, float]:
        """Oxide that feed and hold-up will yield, kg of each element.

        What piles up before plants that a quota or an outage holds back is no cover: it cannot be had.
        """
        output = (self._inside - self._idle_t_reo()) * self._law.recovery
        return {element: output * kg_per_t for element, kg_per_t in self._kg_per_t_reo.items()}

    def _idle_t_reo(self) -> float:
        """Feed beyond the ordinary, while events hold plants back."""
        if not self._are_held_back:
            return 0.0
        usual = self._law.feed_d * self._law.start_throughput_t_reo_per_d
        return max(0.0, sum(region.feed for region in self._regions) - usual)

    def record(self) -> None:
        """Close the day."""
        day, arrived = self._clock.today, self._arrived
        books = zip(self._regions, self._feed_books, self._holdup_books, strict=True)
        for region, feed_book, holdup_book in books:
            feed_book[day] = region.feed + arrived * region.share
            holdup_book[day] = region.held

    def balances(self) -> list[Balance]:
        """Mass of t_REO through the plants, and of each element: from its content to what was passed on."""
        shared_out = self._arrived * sum(region.share for region in self._regions)
        feed = shared_out + sum(region.feed for region in self._regions)
        in_process = sum(sum(region.holdup) for region in self._regions)
        entered = {"at start": self._opening, **self._received}
        found = {"feed": feed, "in process": in_process, "rejects": self._rejected}

        def balance(name: str, unit: str, content: float, separated: float) -> Balance:
            return Balance(
                f"mass: {name} in the plants",
                unit,
                {source: t_reo * content for source, t_reo in entered.items()},
                {place: t_reo * content for place, t_reo in found.items()} | {"separated": separated},
            )

        elements = self._kg_per_t_reo.items()
        return [
            balance("REO", "t_REO", 1.0, self._separated),
            *(balance(element, "kg", kg, self._passed_on_kg[element]) for element, kg in elements),
        ]
