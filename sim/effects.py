"""Scenario events at work: each is a short story on the clock - announced, begun, ramped up, ended.

A lever (sim.levers) knows how one kind of event takes hold of the model. Every change leaves a timeline row
with the state before and after, so that an event without effect shows. Events at the same instant act in
the order of the scenario file.
"""

from collections.abc import Callable, Generator, Iterator
from math import ceil, inf
from typing import Any

from sim.changes import DriverChange, Effect, Spells
from sim.kernel import Clock, Phase
from sim.ledger import Ledger, TimelineRow
from sim.levers import LEVERS, Chain, Lever
from sim.world import World

NONE = "none"
"""The state of a target that an event has no hold of."""


class Stories:
    """All events of a run on the clock."""

    def __init__(self, world: World, chain: Chain, ledger: Ledger, clock: Clock) -> None:
        self._clock, self._ledger, self._chain, self._from_d = clock, ledger, chain, world.warmup_d
        self._end_d = float(world.warmup_d + world.days)
        for effect in world.effects:  # each waits for its start from now on: the order of the file holds
            self._tell(effect)

    def _tell(self, effect: Effect) -> None:
        process = self._clock.process
        if isinstance(effect, DriverChange) and effect.series:
            process(self._word(effect, "driver", bool))
            process(self._series(effect))
        elif isinstance(effect, Spells):
            process(self._word(effect, effect.kind, bool))
            process(self._spells(effect))
        else:
            lever = self._lever(effect)
            process(self._word(effect, lever.kind, lever.announce))
            process(self._story(lever, effect))

    def _lever(self, effect: Effect) -> Lever:
        lever: Lever = LEVERS[type(effect)](effect, self._chain)
        return lever

    def _story(self, lever: Lever, effect: Effect) -> Generator[Any, None, None]:
        """One event from its start to its end."""
        window = effect.window
        yield self._clock.moment(window.start_d, Phase.EVENTS)
        before = lever.state()
        lever.announce()
        for strength, day in _ramp(window.start_d, window.ramp_d, min(window.end_d, self._end_d)):
            if day > window.start_d:
                yield self._clock.moment(day, Phase.EVENTS)
            lever.hold(strength)
        self._write(effect.id, lever.kind, before, lever.state())
        yield from self._later(lever, effect)
        if window.end_d < inf:
            yield self._clock.moment(window.end_d, Phase.EVENTS)
            before = lever.state()
            lever.lift()
            self._write(effect.id, lever.kind, before, lever.state())

    def _word(self, effect: Effect, kind: str, announce: Callable[[], bool]) -> Generator[Any, None, None]:
        """The announcement of an event that has one."""
        window = effect.window
        if window.announced_d < window.start_d:
            yield self._clock.moment(window.announced_d, Phase.EVENTS)
            heard = "expected" if announce() else "unnoticed"
            self._write(effect.id, kind, {"announcement": "unnoticed"}, {"announcement": heard})

    def _later(self, lever: Lever, effect: Effect) -> Generator[Any, None, None]:
        """The second step of an event, and the reviews of a rule, as far as they come before its end."""
        start_d, end_d = effect.window.start_d, effect.window.end_d
        settles_d = lever.settle()
        if settles_d is not None and start_d + settles_d < end_d:
            yield self._clock.moment(start_d + settles_d, Phase.EVENTS)
            self._write(effect.id, lever.kind, *lever.settled())
        while (review_d := lever.review_d()) is not None and self._clock.now + review_d < end_d:
            yield self._clock.moment(self._clock.now + review_d, Phase.EVENTS)
            before = lever.state()
            lever.review()
            after = lever.state()
            if before != after:
                self._write(effect.id, lever.kind, before, after)

    def _spells(self, effect: Spells) -> Generator[Any, None, None]:
        """What comes by chance, one spell after the other; a row without effect where none comes."""
        yield self._clock.moment(effect.window.start_d, Phase.EVENTS)
        if not effect.spells:
            self._write(effect.id, effect.kind, {"spells": "none"}, {"spells": "none"})
        for spell in effect.spells:
            lever = self._lever(spell)
            lever.kind = effect.kind
            yield from self._story(lever, spell)

    def _series(self, effect: DriverChange) -> Generator[Any, None, None]:
        """A driver along its dated values, each held until the next."""
        for day, value in effect.series:
            yield self._clock.moment(day, Phase.EVENTS)
            before = self._chain.drivers[effect.name]
            self._chain.drivers.set_level(effect.name, value)
            after = self._chain.drivers[effect.name]
            self._write(effect.id, "driver", {effect.name: f"{before:.6g}"}, {effect.name: f"{after:.6g}"})

    def _write(self, event: str, kind: str, before: dict[str, str], after: dict[str, str]) -> None:
        """A row for each target; what an event lost or won during its ramp stands on one side only."""
        day = self._clock.now - self._from_d
        for target in before | after:
            states = before.get(target, NONE), after.get(target, NONE)
            self._ledger.timeline.append(TimelineRow(day, event, kind, target, *states))


def _ramp(start_d: float, ramp_d: float, end_d: float) -> Iterator[tuple[float, float]]:
    """Strengths and the days on which they take hold: daily steps, cut off where event or run ends."""
    steps = max(1, ceil(ramp_d))
    for step in range(1, steps + 1):
        day = start_d + step - 1
        if day >= end_d:
            return
        yield step / steps, day
