"""Scenario events at work: each is a short story on the clock - announced, begun, ramped up, ended.

A lever knows how one kind of event takes hold of the model. It may only change state; the consequences are
the model's. Every change leaves a timeline row with the state before and after, so that an event without
effect shows. Events at the same instant act in the order of the scenario file.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import ceil, inf
from typing import Any, Protocol

from sim.kernel import Clock, Phase
from sim.ledger import Ledger, TimelineRow
from sim.model.borders import COMMODITIES, Gate
from sim.model.market import Expectations, OxideMarket
from sim.model.ore import Drivers
from sim.model.taxes import TaxBook
from sim.world import (
    DriverChange,
    Effect,
    GateCapacity,
    GateClosure,
    GateOpening,
    MarketNews,
    TaxChange,
    TaxRule,
    World,
)

START_REGIME = "start regime"


@dataclass(frozen=True)
class Chain:
    """What events can take hold of."""

    gates: dict[str, Gate]
    taxes: TaxBook
    drivers: Drivers
    markets: dict[str, OxideMarket]
    expectations: Expectations
    holder: Callable[[str, str], str]


class Lever(Protocol):
    """How a kind of event takes hold. `hold` gets a strength from 0 to 1; `state` maps target to words."""

    kind: str

    def state(self) -> dict[str, str]:
        """What it has hold of, target by target, in words."""

    def announce(self) -> bool:
        """Let the model hear of it; False if nothing in the model listens."""

    def hold(self, strength: float) -> None:
        """Take hold, or change the strength."""

    def lift(self) -> None:
        """Let go."""


class _Lever:
    """What most kinds share: no reaction to an announcement."""

    def __init__(self, effect: Any, chain: Chain) -> None:
        self.effect, self.chain = effect, chain

    def announce(self) -> bool:
        return False


class _Closure(_Lever):
    kind = "gate_closure"

    def state(self) -> dict[str, str]:
        return {
            f"{name} {what} ({self.effect.side} side)": self.chain.gates[name].state(what)
            for name in self.effect.gates
            for what in self.effect.commodities
        }

    def announce(self) -> bool:
        if "ore" not in self.effect.commodities:
            return False
        self.chain.expectations.expect(self.effect.id, self.effect.gates)
        return True

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            gate = self.chain.gates[name]
            gate.scale(self.effect.id, 1.0 if strength >= 1.0 else 1.0 - strength)
            if strength >= 1.0:
                gate.shut(self.effect.id, self.effect.commodities)

    def lift(self) -> None:
        self.chain.expectations.forget(self.effect.id)
        for name in self.effect.gates:
            self.chain.gates[name].scale(self.effect.id, 1.0)
            self.chain.gates[name].reopen(self.effect.id)


class _Capacity(_Lever):
    kind = "gate_capacity"

    def state(self) -> dict[str, str]:
        return {name: f"x {self.chain.gates[name].capacity_factor:.4g}" for name in self.effect.gates}

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].scale(self.effect.id, 1.0 + (self.effect.factor - 1.0) * strength)

    def lift(self) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].scale(self.effect.id, 1.0)


class _Opening(_Lever):
    kind = "gate_opening"

    def state(self) -> dict[str, str]:
        return {name: self.chain.gates[name].state("ore") for name in self.effect.gates}

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].reopen(START_REGIME)
            self.chain.gates[name].scale(self.effect.id, strength)

    def lift(self) -> None:
        for name in self.effect.gates:
            gate = self.chain.gates[name]
            gate.scale(self.effect.id, 1.0)
            gate.shut(START_REGIME, COMMODITIES)


class _Tax(_Lever):
    kind = "tax_change"

    def state(self) -> dict[str, str]:
        rules = self.effect.rules
        if not rules:
            return {self.effect.actor: "holds no such place"}
        return {f"{rule.point} {rule.place}".strip(): self._words(rule) for rule in rules}

    def _words(self, rule: TaxRule) -> str:
        holder = self.chain.holder(rule.point, rule.place)
        if holder != rule.actor:
            return f"held by {holder}"
        return self.chain.taxes.describe(rule.actor, rule.point, rule.place)

    def hold(self, strength: float) -> None:
        self.chain.taxes.apply(self.effect.id, self.effect.rules, self.effect.stack, strength)

    def lift(self) -> None:
        self.chain.taxes.lift(self.effect.id)


class _Driver(_Lever):
    kind = "driver"

    def state(self) -> dict[str, str]:
        return {self.effect.name: f"{self.chain.drivers[self.effect.name]:.6g}"}

    def hold(self, strength: float) -> None:
        factor = 1.0 + (self.effect.factor - 1.0) * strength
        self.chain.drivers.scale(self.effect.name, self.effect.id, factor)

    def lift(self) -> None:
        self.chain.drivers.scale(self.effect.name, self.effect.id, 1.0)


class _News(_Lever):
    kind = "market_news"

    def state(self) -> dict[str, str]:
        return {self.effect.element: f"{self.chain.markets[self.effect.element].news_share:+.4g}"}

    def hold(self, strength: float) -> None:
        self.chain.markets[self.effect.element].news(self.effect.jump)

    def lift(self) -> None:
        """News has no end of its own: it decays."""


LEVERS: dict[type[Effect], type[Any]] = {
    GateClosure: _Closure,
    GateCapacity: _Capacity,
    GateOpening: _Opening,
    TaxChange: _Tax,
    DriverChange: _Driver,
    MarketNews: _News,
}


class Stories:
    """All events of a run on the clock."""

    def __init__(self, world: World, chain: Chain, ledger: Ledger, clock: Clock) -> None:
        self._clock, self._ledger, self._chain, self._from_d = clock, ledger, chain, world.warmup_d
        for effect in world.effects:
            if isinstance(effect, DriverChange) and effect.series:
                clock.process(self._series(effect))
            else:
                clock.process(self._story(LEVERS[type(effect)](effect, chain), effect))

    def _story(self, lever: Lever, effect: Effect) -> Generator[Any, None, None]:
        """One event from its announcement to its end."""
        window = effect.window
        if window.announced_d < window.start_d:
            yield self._clock.moment(window.announced_d, Phase.EVENTS)
            heard = "expected" if lever.announce() else "unnoticed"
            self._write(effect.id, lever.kind, {"announcement": "unnoticed"}, {"announcement": heard})
        yield self._clock.moment(window.start_d, Phase.EVENTS)
        before = lever.state()
        lever.announce()
        for strength, day in _ramp(window.start_d, window.ramp_d, window.end_d):
            if day > window.start_d:
                yield self._clock.moment(day, Phase.EVENTS)
            lever.hold(strength)
        self._write(effect.id, lever.kind, before, lever.state())
        if window.end_d < inf:
            yield self._clock.moment(window.end_d, Phase.EVENTS)
            before = lever.state()
            lever.lift()
            self._write(effect.id, lever.kind, before, lever.state())

    def _series(self, effect: DriverChange) -> Generator[Any, None, None]:
        """A driver along its dated values, each held until the next."""
        for day, value in effect.series:
            yield self._clock.moment(day, Phase.EVENTS)
            before = self._chain.drivers[effect.name]
            self._chain.drivers.set_level(effect.name, value)
            after = self._chain.drivers[effect.name]
            self._write(effect.id, "driver", {effect.name: f"{before:.6g}"}, {effect.name: f"{after:.6g}"})

    def _write(self, event: str, kind: str, before: dict[str, str], after: dict[str, str]) -> None:
        day = self._clock.now - self._from_d
        for target, state in before.items():
            self._ledger.timeline.append(TimelineRow(day, event, kind, target, state, after[target]))


def _ramp(start_d: float, ramp_d: float, end_d: float) -> Iterator[tuple[float, float]]:
    """Strengths and the days on which they take hold: daily steps, cut off where the event ends."""
    steps = max(1, ceil(ramp_d))
    for step in range(1, steps + 1):
        day = start_d + step - 1
        if day < end_d:
            yield step / steps, day
