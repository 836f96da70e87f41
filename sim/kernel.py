"""The clock: the only module that knows SimPy, and the place for what is done for speed only.

What happens to a lot is a callback put on SimPy's event list, not a generator process: a resumed generator
costs three times a call. Within one instant actions run by phase (the numbered list at the top of
`sim.engine`), then in the order in which they were scheduled.

Two things keep events few, since an event costs more than most of what it triggers:

- *Reservation.* Where service is first come, first served, its end is known when it begins. Nobody needs to
  be woken for it; an event is put on the list only if somebody waits (`sim.model.borders`).
- *Agenda.* What falls due at a known time, and what nothing reads before that day is over, is noted under
  its day and settled at the day's close (`sim.passage`): customs, arrivals at the plants.
"""

from collections import defaultdict
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, TypeVar

import simpy
from simpy.events import Event, EventPriority

Item = TypeVar("Item")


class Phase:
    """Order within one instant. SimPy's own urgent events (the end of the run) come before all of them."""

    CLOSE = EventPriority(0)
    EVENTS = EventPriority(1)
    GATES = EventPriority(2)
    ARRIVALS = EventPriority(3)
    CLEARANCES = EventPriority(4)
    PLANTS = EventPriority(5)
    MARKET = EventPriority(6)
    DECISIONS = EventPriority(7)


class _Moment(Event):
    """A SimPy event that happens at a known time; the process that waits for it goes on."""

    def __init__(self, env: simpy.Environment) -> None:
        super().__init__(env)
        self._ok, self._value = True, None


class Clock(simpy.Environment):
    """SimPy's environment in days since the run began, warm-up included, with phases within an instant.

    `now` is the time, `today` the whole day in progress, `events` how many were put on the list.

    Most of what stands on SimPy's list is an action with its payload, called when its turn comes: nobody
    waits for it and it cannot fail, so it needs nothing else that SimPy knows of an event.
    """

    _queue: list[Any]
    now = 0.0  # SimPy's is a property, which takes longer to read than most of what is done with it

    def __init__(self) -> None:
        super().__init__(initial_time=0.0)
        self.today = 0
        self.events = 0

    def after(
        self, delay_d: float, phase: EventPriority, action: Callable[[Any], None], payload: Any = None
    ) -> None:
        """Call `action(payload)` in `delay_d` days (not negative)."""
        self.events += 1
        # Environment.schedule, without a call of its own
        heappush(self._queue, (self._now + delay_d, phase, next(self._eid), None, action, payload))

    def step(self) -> None:
        """Call the actions that stand before the next event of SimPy; leave that one to SimPy."""
        queue = self._queue
        while queue and queue[0][3] is None:
            entry = heappop(queue)
            self.now = self._now = entry[0]
            entry[4](entry[5])
        self.now = self.peek()
        super().step()

    def at(
        self, day: float, phase: EventPriority, action: Callable[[Any], None], payload: Any = None
    ) -> None:
        """Call `action(payload)` at time `day`, which must not be past."""
        self.after(day - self.now, phase, action, payload)

    def every_day(self, phase: EventPriority, action: Callable[[], None]) -> None:
        """Call `action()` now and at every following midnight."""

        queue, number = self._queue, self._eid

        def tick(_: None) -> None:
            action()
            self.events += 1
            heappush(queue, (self._now + 1, phase, next(number), None, tick, None))

        self.after(0, phase, tick)

    def moment(self, day: float, phase: EventPriority) -> Event:
        """What a process yields to go on at time `day`, which must not be past.

        Processes are for the few slow stories, such as a scenario's events: `process(generator)`.
        """
        self.events += 1
        moment = _Moment(self)
        self.schedule(moment, phase, day - self.now)
        return moment


class Version:
    """A number that moves when any of some things changes: what follows from them is worked out only then."""

    def __init__(self) -> None:
        self.number = 0

    def move(self) -> None:
        """Something has changed."""
        self.number += 1


class Agenda(defaultdict[int, list[Item]]):
    """What falls due on which day: `agenda[day].append(item)`, and `agenda.pop(day, ())` at its
    close, in the order in which it was noted. A plain mapping: lots are noted by the thousand.
    """

    def __init__(self) -> None:
        super().__init__(list)
