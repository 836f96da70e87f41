"""Gates: a calendar, two sides, a first-come queue, trucks a day, clearance on the far side.

A commodity passes only while nothing shuts it: closures of several owners compose by OR, capacity factors
multiply, and an owner that ends lifts only its own. A shut gate holds its queue. One truck crosses at a
time, in 1 / (trucks a day x factors - trucks inbound) days; reagents inbound leave half of the lane to ore
that waits. Then customs clears the lot, which is when an import is recorded. With several lanes each takes
that many times longer; `pace` spreads crossing times around their mean.
"""

from collections import deque
from collections.abc import Callable
from math import prod

import numpy as np

from sim.kernel import Clock, Phase
from sim.ledger import Ledger
from sim.lot import Lot
from sim.streams import Streams
from sim.world import Border
from sim.world import Gate as GateData

COMMODITIES = ("ore", "reagents", "people")
HOLIDAY = "holiday"


class Gate:
    """One gate. `cross` is told of each lot that crosses (and may take part of it), `clear` of each
    cleared."""

    def __init__(
        self,
        data: GateData,
        border: Border,
        streams: Streams,
        ledger: Ledger,
        clock: Clock,
        cross: Callable[[Lot], None],
        clear: Callable[[Lot], None],
        pace: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self.name = data.name
        self._lanes, self._pace = data.lanes, pace
        self._clock, self._cross, self._clear = clock, cross, clear
        self._trucks_per_d = data.trucks_per_d
        self._closures: dict[str, set[str]] = {what: set() for what in COMMODITIES}
        self._factors: dict[str, float] = {}
        self._queue: deque[Lot] = deque()
        self._crossing = 0
        self._inbound_per_d = 0.0
        self._withheld: dict[str, float] = {}
        self._announced: set[str] = set()
        median, sigma = border.clearance_d, border.clearance_sigma
        self._clearance_d = streams.draws(
            f"borders.{data.name}.clearance",
            lambda rng, size: median * np.exp(sigma * rng.standard_normal(size)),
        )
        self._arrived = ledger.series("gate_arrived_t", place=data.name)
        self._exported = ledger.series("exported_t", place=data.name)
        self._queued = ledger.series("gate_queue_t", place=data.name)
        self._waits = ledger.waits(data.name)
        self.queue_t = 0.0
        self.clearing_t = 0.0

    # -- state --------------------------------------------------------------------------------------------

    def passes(self, commodity: str) -> bool:
        """Whether that commodity may cross now."""
        return not self._closures[commodity] and self.capacity_factor > 0.0

    def held_by_event(self, commodity: str) -> bool:
        """Whether something other than a holiday stops that commodity."""
        return bool(self._closures[commodity] - {HOLIDAY}) or self.capacity_factor == 0.0

    def reagents(self, trucks: float) -> float:
        """Let reagents in: the trucks that pass of those wanted today."""
        if not self.passes("reagents"):
            trucks = 0.0
        lane = self._trucks_per_d * self.capacity_factor
        kept = prod(1.0 - share for share in self._withheld.values())
        self._inbound_per_d = min(trucks * kept, lane / 2 if self._queue else lane)
        return self._inbound_per_d

    def expect_closure(self, owner: str) -> None:
        """Word is out that `owner` will shut the gate."""
        self._announced.add(owner)

    @property
    def rushed(self) -> bool:
        """Whether operators hurry to get ore out before an announced closure."""
        return bool(self._announced)

    def withhold(self, owner: str, share: float) -> None:
        """Hold back a share of the reagents on behalf of `owner`; 0 lifts it."""
        self._withheld[owner] = share

    @property
    def reagents_kept_back(self) -> float:
        """Share of the reagents that embargoes hold back."""
        return 1.0 - prod(1.0 - share for share in self._withheld.values())

    @property
    def capacity_factor(self) -> float:
        """Product of all factors in force."""
        return prod(self._factors.values())

    def state(self, commodity: str) -> str:
        """`open` or `shut`, for the timeline."""
        return "open" if self.passes(commodity) else "shut"

    def shut(self, owner: str, commodities: tuple[str, ...]) -> None:
        """Close for commodities on behalf of `owner`."""
        self._announced.discard(owner)
        for what in commodities:
            self._closures[what].add(owner)

    def reopen(self, owner: str) -> None:
        """Take back what `owner` shut or announced, and serve the queue if nothing else holds the gate."""
        self._announced.discard(owner)
        for closures in self._closures.values():
            closures.discard(owner)
        self._serve()

    def scale(self, owner: str, factor: float) -> None:
        """Multiply the trucks a day on behalf of `owner` (1 lifts it)."""
        self._factors.pop(owner, None)
        if factor != 1.0:
            self._factors[owner] = factor
        self._serve()

    # -- lots ---------------------------------------------------------------------------------------------

    def arrive(self, lot: Lot) -> None:
        """A truck joins the queue."""
        lot.arrived_d = self._clock.now
        self._queue.append(lot)
        self.queue_t += lot.tonnes
        self._arrived[self._clock.today] += lot.tonnes
        self._serve()

    def _serve(self) -> None:
        """Let trucks cross, first come first served, while a lane is free and the gate open."""
        while self._crossing < self._lanes and self._queue and self.passes("ore"):
            self._start(self._queue.popleft())

    def _start(self, lot: Lot) -> None:
        clock = self._clock
        self._crossing += 1
        self._waits.append((clock.now, clock.now - lot.arrived_d))
        self.queue_t -= lot.tonnes
        self._cross(lot)
        self.clearing_t += lot.tonnes
        self._exported[clock.today] += lot.tonnes
        lane = self._trucks_per_d * self.capacity_factor
        crossing_d = self._pace() * self._lanes / max(lane - self._inbound_per_d, lane / 2)
        clock.after(crossing_d, Phase.CLEARANCES, self._next)
        clock.after(crossing_d + self._clearance_d(), Phase.CLEARANCES, self._cleared, lot)

    def _next(self, _: None) -> None:
        self._crossing -= 1
        self._serve()

    def _cleared(self, lot: Lot) -> None:
        self.clearing_t -= lot.tonnes
        self._clear(lot)

    def record(self) -> None:
        """Close the day."""
        self._queued[self._clock.today] = self.queue_t
