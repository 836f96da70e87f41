"""Gates: a calendar, two sides, a first-come queue, trucks a day, clearance on the far side.

A commodity passes only while nothing shuts it: closures of several owners compose by OR, capacity factors
multiply, and an owner that ends lifts only its own. A shut gate holds its queue. One truck crosses at a time
and takes 1 / (trucks a day x factors) days; then customs clears it, which is when an import is recorded.
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


class Gate:
    """One gate. `cross` is told of each lot that crosses, `clear` of each that customs has cleared."""

    def __init__(
        self,
        data: GateData,
        border: Border,
        streams: Streams,
        ledger: Ledger,
        clock: Clock,
        cross: Callable[[Lot], None],
        clear: Callable[[Lot], None],
    ) -> None:
        self.name = data.name
        self._clock, self._cross, self._clear = clock, cross, clear
        self._trucks_per_d = data.trucks_per_d
        self._closures: dict[str, set[str]] = {what: set() for what in COMMODITIES}
        self._factors: dict[str, float] = {}
        self._queue: deque[Lot] = deque()
        self._busy = False
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

    @property
    def capacity_factor(self) -> float:
        """Product of all factors in force."""
        return prod(self._factors.values())

    def state(self, commodity: str) -> str:
        """`open` or `shut`, for the timeline."""
        return "open" if self.passes(commodity) else "shut"

    def shut(self, owner: str, commodities: tuple[str, ...]) -> None:
        """Close for commodities on behalf of `owner`."""
        for what in commodities:
            self._closures[what].add(owner)

    def reopen(self, owner: str) -> None:
        """Take back what `owner` shut, and serve the queue if nothing else holds the gate."""
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
        """Let the first truck cross if the lane is free and the gate open."""
        if self._busy or not self._queue or not self.passes("ore"):
            return
        lot, clock = self._queue.popleft(), self._clock
        self._busy = True
        self.queue_t -= lot.tonnes
        self.clearing_t += lot.tonnes
        self._waits.append((clock.now, clock.now - lot.arrived_d))
        self._exported[clock.today] += lot.tonnes
        self._cross(lot)
        crossing_d = 1.0 / (self._trucks_per_d * self.capacity_factor)
        clock.after(crossing_d, Phase.CLEARANCES, self._next)
        clock.after(crossing_d + self._clearance_d(), Phase.CLEARANCES, self._cleared, lot)

    def _next(self, _: None) -> None:
        self._busy = False
        self._serve()

    def _cleared(self, lot: Lot) -> None:
        self.clearing_t -= lot.tonnes
        self._clear(lot)

    def record(self) -> None:
        """Close the day."""
        self._queued[self._clock.today] = self.queue_t
