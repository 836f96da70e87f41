"""Gates: a calendar, two sides, a first-come queue, trucks a day, clearance on the far side.

A commodity passes only while nothing shuts it: closures of several owners compose by OR, capacity factors
multiply, and an owner that ends lifts only its own. A gate that is shut at the start is as open as the widest
of its openings. A shut gate holds its queue. One truck crosses at a time, in 1 / (trucks a day x factors -
trucks inbound) days; reagents inbound leave half of the lane to ore that waits. A truck that is crossing when
a factor changes does the rest of its way at the new pace. Then customs clears the lot, which is when an
import is recorded. With several lanes each takes that many times longer; `pace` spreads crossing times
around their mean.

A lane is reserved: when a truck will leave it is known when it starts, so no event marks the end of a
crossing. Trucks that have left are noticed when the next one asks for the lane, or at midnight.
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from math import inf, prod

import numpy as np

from sim.kernel import Clock, Phase, Version
from sim.ledger import Ledger
from sim.lot import Lot
from sim.streams import Streams
from sim.world import Border
from sim.world import Gate as GateData

COMMODITIES = ("ore", "reagents", "people")
HOLIDAY, FROM_THE_START = "a holiday", "from the start"
"""Owners of closures and openings beside events, whose ids have no blanks."""


class Gate:
    """One gate. `cross` is told of each lot that crosses (and may take part of it); `clear` of each that has
    left its lane, and when it will be through customs. `version`, which gates share, moves with whatever
    decides what may pass, `lane` with whatever decides how many trucks with reagents do.
    """

    def __init__(
        self,
        data: GateData,
        border: Border,
        streams: Streams,
        ledger: Ledger,
        clock: Clock,
        cross: Callable[[Lot], None],
        clear: Callable[[Lot, float], None],
        version: Version,
        pace: Callable[[], float] | None = None,
    ) -> None:
        self.name = data.name
        self._lanes, self._pace = data.lanes, pace
        self._clock, self._cross, self._clear = clock, cross, clear
        self._trucks_per_d = data.trucks_per_d
        self._closures: dict[str, dict[str, bool]] = {what: {} for what in COMMODITIES}
        """Commodity -> who shuts the gate for it -> whether China does, for another reason than a holiday."""
        self._factors: dict[str, dict[str, float]] = {what: {} for what in COMMODITIES}
        self._openings: dict[str, float] = {} if data.shut_at_start else {FROM_THE_START: 1.0}
        self._queue: deque[Lot] = deque()
        self._crossing: list[tuple[float, int, Lot]] = []
        self._inbound_per_d = self._mean_crossing_d = 0.0
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
        self._served_d, self._waited_d = ledger.waits(data.name)
        self._woken_d = inf
        self.queue_t = 0.0
        self._version, self.lane = version, Version()
        self._compose()

    # -- state --------------------------------------------------------------------------------------------

    def _compose(self) -> None:
        """Work out what follows from closures, factors, openings and announcements."""
        opening = max(self._openings.values(), default=0.0)
        self._factor = {what: opening * prod(self._factors[what].values()) for what in COMMODITIES}
        self._passes = {what: not self._closures[what] and self._factor[what] > 0.0 for what in COMMODITIES}
        self._reagents_let_in = self._reagents_kept() if self._passes["reagents"] else 0.0
        self._share_lane()
        self._version.move()
        self.lane.move()

    def passes(self, commodity: str) -> bool:
        """Whether that commodity may cross now."""
        return self._passes[commodity]

    def held_by_event(self, commodity: str) -> bool:
        """Whether something other than a holiday stops that commodity."""
        return bool(self._closures[commodity].keys() - {HOLIDAY}) or self._factor[commodity] == 0.0

    def shut_by_event(self, commodity: str) -> bool:
        """Whether an event, and no holiday, shuts for that commodity a gate that would be open."""
        return bool(self._closures[commodity].keys() - {HOLIDAY}) and self._factor[commodity] > 0.0

    @property
    def shut_by_china(self) -> bool:
        """Whether China shuts the gate for ore, for another reason than a holiday."""
        return any(self._closures["ore"].values())

    def reagents(self, trucks: float) -> float:
        """Let reagents in: the trucks that pass of those wanted today."""
        inbound = trucks * self._reagents_let_in
        lane = self._trucks_per_d * self._factor["reagents"]
        lane = lane / 2 if self._queue else lane
        inbound = inbound if inbound < lane else lane
        if inbound != self._inbound_per_d:
            self._inbound_per_d = inbound
            self._share_lane()
        return inbound

    def _share_lane(self) -> None:
        """What reagents leave of the lane is ore's, but half of it at least."""
        lane = self._trucks_per_d * self._factor["ore"]
        free = lane - self._inbound_per_d
        if lane:
            self._mean_crossing_d = self._lanes / (free if free > lane / 2 else lane / 2)

    def expect_closure(self, owner: str) -> None:
        """Word is out that `owner` will shut the gate."""
        self._announced.add(owner)
        self._compose()

    @property
    def rushed(self) -> bool:
        """Whether operators hurry to get ore out before an announced closure."""
        return bool(self._announced)

    def withhold(self, owner: str, share: float) -> None:
        """Hold back a share of the reagents on behalf of `owner`; 0 lifts it."""
        self._withheld[owner] = share
        self._compose()

    @property
    def reagents_kept_back(self) -> float:
        """Share of the reagents that embargoes hold back."""
        return 1.0 - self._reagents_kept()

    def _reagents_kept(self) -> float:
        return prod(1.0 - share for share in self._withheld.values())

    def capacity_factor(self, commodity: str) -> float:
        """Product of all factors in force for a commodity; 0 while the gate is shut as at the start."""
        return self._factor[commodity]

    def state(self, commodity: str) -> str:
        """`open` or `shut`, for the timeline."""
        return "open" if self.passes(commodity) else "shut"

    def shut(self, owner: str, commodities: tuple[str, ...], *, by_china: bool = False) -> None:
        """Close for commodities on behalf of `owner`."""
        self._announced.discard(owner)
        for what in commodities:
            self._closures[what][owner] = by_china
        self._compose()

    def reopen(self, owner: str) -> None:
        """Take back what `owner` shut or announced, and serve the queue if nothing else holds the gate."""
        self._announced.discard(owner)
        for closures in self._closures.values():
            closures.pop(owner, None)
        self._compose()
        self._serve()

    def scale(self, owner: str, factor: float, commodities: tuple[str, ...] = COMMODITIES) -> None:
        """Multiply the trucks a day of commodities on behalf of `owner` (1 lifts it)."""
        for what in commodities:
            self._factors[what].pop(owner, None)
            if factor != 1.0:
                self._factors[what][owner] = factor
        self._change_pace()

    def open_up(self, owner: str, strength: float) -> None:
        """Open what is shut since the start, that far, on behalf of `owner` (0 lifts it)."""
        self._openings[owner] = strength
        self._change_pace()

    # -- lots ---------------------------------------------------------------------------------------------

    def arrive(self, lot: Lot) -> None:
        """A lot joins the queue, or crosses at once."""
        clock, crossing = self._clock, self._crossing
        lot.arrived_d = now = clock.now
        self._arrived[clock.today] += lot.tonnes
        if self._passes["ore"] and not self._queue:
            if crossing and crossing[0][0] <= now:
                self.settle()
            if len(crossing) < self._lanes:
                self._start(lot, now)
                return
        if not self._queue:
            self.lane.move()
        self._queue.append(lot)
        self.queue_t += lot.tonnes
        self._serve()

    def _change_pace(self) -> None:
        """Factors changed: trucks on a lane do the rest at the new pace, unless the gate stands still."""
        self.settle()
        before = self._factor["ore"]
        self._compose()
        now, factor = self._clock.now, self._factor["ore"]
        if before and factor and factor != before:
            longer = before / factor
            self._crossing = [(now + (ends_d - now) * longer, n, lot) for ends_d, n, lot in self._crossing]
        self._serve()

    def _serve(self) -> None:
        """Let trucks cross, first come first served, while a lane is free and the gate open."""
        queue, crossing = self._queue, self._crossing
        if not queue or not self._passes["ore"]:
            return
        self.settle()
        while queue and len(crossing) < self._lanes:
            lot = queue.popleft()
            self.queue_t -= lot.tonnes
            self._start(lot, self._clock.now)
        if queue:
            self._come_back(crossing[0][0])
        else:
            self.lane.move()

    def _come_back(self, day: float) -> None:
        """Serve again once a lane is free, unless that is planned already."""
        if day < self._woken_d:
            self._woken_d = day
            self._clock.at(day, Phase.CLEARANCES, self._wake)

    def _wake(self, _: None) -> None:
        self._woken_d = inf
        self._serve()

    def _start(self, lot: Lot, now: float) -> None:
        self._served_d.append(now)
        self._waited_d.append(now - lot.arrived_d)
        cross, pace = self._cross, self._pace
        cross(lot)
        self._exported[self._clock.today] += lot.tonnes
        crossing_d = self._mean_crossing_d * pace() if pace else self._mean_crossing_d
        heappush(self._crossing, (now + crossing_d, len(self._served_d), lot))

    def settle(self) -> None:
        """Hand the lots whose crossing is over to customs, in the order in which it ended."""
        crossing, now = self._crossing, self._clock.now
        clear, clearance_d = self._clear, self._clearance_d
        while crossing and crossing[0][0] <= now:
            ends_d, _, lot = heappop(crossing)
            clear(lot, ends_d + clearance_d())

    def record(self) -> None:
        """Close the day."""
        if self._crossing:
            self.settle()
        if self._queue:
            self._queued[self._clock.today] = self.queue_t
