"""The clock: the only module that knows SimPy.

What happens to a lot is a callback put on SimPy's event list, not a generator process: a resumed generator
costs three times a call, and a run has some twenty thousand of them. Within one instant actions run by
phase (the numbered list at the top of `sim.engine`), then in the order in which they were scheduled.
"""

from collections.abc import Callable, Generator
from typing import Any

import simpy
from simpy.events import Event, EventPriority


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


class _Call(Event):
    """A SimPy event that calls one action with one payload when its time comes."""

    def __init__(self, env: simpy.Environment, action: Callable[[Any], None], payload: Any) -> None:
        self.env = env
        self.callbacks = [self._fire]
        self._ok = True
        self._value = payload
        self._defused = False
        self._action = action

    def _fire(self, _: Event) -> None:
        self._action(self._value)


def _nothing(_: None) -> None:
    """A moment needs no action of its own: the process that waits for it goes on."""


class Clock:
    """Days since the run began, warm-up included. `today` is the whole day in progress."""

    def __init__(self) -> None:
        self._env = simpy.Environment()
        self.today = 0
        self.events = 0

    @property
    def now(self) -> float:
        """Time in days."""
        return float(self._env.now)

    def after(
        self, delay_d: float, phase: EventPriority, action: Callable[[Any], None], payload: Any = None
    ) -> None:
        """Call `action(payload)` in `delay_d` days (not negative)."""
        self.events += 1
        self._env.schedule(_Call(self._env, action, payload), phase, delay_d)

    def at(
        self, day: float, phase: EventPriority, action: Callable[[Any], None], payload: Any = None
    ) -> None:
        """Call `action(payload)` at time `day`, which must not be past."""
        self.after(day - self._env.now, phase, action, payload)

    def every_day(self, phase: EventPriority, action: Callable[[], None]) -> None:
        """Call `action()` now and at every following midnight."""

        def tick(_: None) -> None:
            action()
            self.after(1, phase, tick)

        self.after(0, phase, tick)

    def moment(self, day: float, phase: EventPriority) -> Event:
        """What a process yields to go on at time `day`, which must not be past."""
        self.events += 1
        moment = _Call(self._env, _nothing, None)
        self._env.schedule(moment, phase, day - self._env.now)
        return moment

    def process(self, body: Generator[Event, None, None]) -> None:
        """Run a generator that yields moments: for the few slow stories, such as a scenario's events."""
        self._env.process(body)

    def run(self, days: int) -> None:
        """Process everything before time `days`."""
        self._env.run(until=days)
