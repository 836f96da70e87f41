"""How each kind of event takes hold of the model.

A lever may only change state; the consequences are the model's. `state` tells what it has hold of, target by
target, in words, so that the timeline can show what changed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sim.model.borders import Gate
from sim.model.control import Control
from sim.model.market import Expectations, OxideMarket
from sim.model.mines import Mines
from sim.model.ore import Drivers
from sim.model.taxes import TaxBook
from sim.world import (
    ControlChange,
    DriverChange,
    Effect,
    ExportPolicy,
    GateCapacity,
    GateClosure,
    GateOpening,
    Halt,
    MarketNews,
    ReagentEmbargo,
    TaxChange,
)


@dataclass(frozen=True)
class Chain:
    """What events can take hold of. holder: (point, place) -> the actor that may tax there."""

    gates: dict[str, Gate]
    mines: Mines
    control: Control
    taxes: TaxBook
    drivers: Drivers
    markets: dict[str, OxideMarket]
    expectations: Expectations
    holder: Callable[[str, str], str]
    enter: Callable[[str, str], None]


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

    def settle(self) -> float | None:
        """Days from the start until `settled` is due; None if the event has no such second step."""

    def settled(self) -> None:
        """Take the second step."""


class _Lever:
    """What most kinds share: no reaction to an announcement, no second step."""

    def __init__(self, effect: Any, chain: Chain) -> None:
        self.effect, self.chain = effect, chain

    def announce(self) -> bool:
        return False

    def settle(self) -> float | None:
        return None

    def settled(self) -> None:
        """No kind but a change of control has a second step."""


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
        self.chain.expectations.expect(self.effect.id, self.effect.gates, self.effect.window.start_d)
        for name in self.effect.gates:
            self.chain.gates[name].expect_closure(self.effect.id)
        return True

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            gate = self.chain.gates[name]
            left = 1.0 if strength >= 1.0 else 1.0 - strength
            gate.scale(self.effect.id, left, self.effect.commodities)
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
        gates = self.chain.gates
        return {name: f"x {gates[name].capacity_factor('ore'):.4g}" for name in self.effect.gates}

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
            self.chain.gates[name].open_up(self.effect.id, strength)

    def lift(self) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].open_up(self.effect.id, 0.0)


class _Tax(_Lever):
    kind = "tax_change"

    def state(self) -> dict[str, str]:
        actor, holder = self.effect.actor, self.chain.holder
        held = [rule for rule in self.effect.rules if holder(rule.point, rule.place) == actor]
        if not held:
            return {actor: "holds no such place"}
        return {
            f"{r.point} {r.place}".strip(): self.chain.taxes.describe(actor, r.point, r.place) for r in held
        }

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


class _Control(_Lever):
    """Places change hands; until the gap is over nothing is mined or passed there, then rights are paid
    anew."""

    kind = "control_change"

    def __init__(self, effect: Any, chain: Chain) -> None:
        super().__init__(effect, chain)
        self._districts: list[str] = []
        self._gates: list[str] = []

    def state(self) -> dict[str, str]:
        control, effect = self.chain.control, self.effect
        return {
            f"{kind} {place}": control.holder(kind, place)
            for kind, places in (("district", effect.districts), ("gate", effect.gates))
            for place in places
        }

    def hold(self, strength: float) -> None:
        effect, control = self.effect, self.chain.control
        self._districts = [d for d in effect.districts if control.holder("district", d) != effect.to]
        self._gates = [gate for gate in effect.gates if control.holder("gate", gate) != effect.to]
        for kind, places in (("district", effect.districts), ("gate", effect.gates)):
            for place in places:
                control.hand(effect.id, kind, place, effect.to)
        if effect.gap_d > 0.0:
            self.chain.mines.halt(effect.id, dict.fromkeys(self._districts, 1.0), 0.0)
            for gate in self._gates:
                self.chain.gates[gate].shut(effect.id, ("ore",))

    def settle(self) -> float | None:
        """The gap; None where nothing changed hands."""
        return float(self.effect.gap_d) if self._districts or self._gates else None

    def settled(self) -> None:
        """The new holder and the operators agree: mines and gates open, new rights are paid for.

        Who lost a place again before that has nothing to sell.
        """
        self._open_places()
        for district in self._districts:
            if self.chain.control.holder("district", district) == self.effect.to:
                self.chain.enter(self.effect.to, district)

    def lift(self) -> None:
        self._open_places()
        self.chain.control.hand_back(self.effect.id)

    def _open_places(self) -> None:
        self.chain.mines.resume(self.effect.id)
        for gate in self.effect.gates:
            self.chain.gates[gate].reopen(self.effect.id)


class _Policy(_Lever):
    kind = "export_policy"

    def state(self) -> dict[str, str]:
        actor, control = self.effect.actor, self.chain.control
        if actor not in {control.holder("gate", gate) for gate in self.chain.gates}:
            return {actor: "holds no gate"}
        policy, share = control.policy(actor)
        if policy == "licensed":
            policy = f"licensed {share:.4g}" if share < 1.0 else "open"
        return {actor: policy}

    def hold(self, strength: float) -> None:
        effect = self.effect
        self.chain.control.decree(effect.id, effect.actor, effect.policy, effect.share)

    def lift(self) -> None:
        self.chain.control.revoke(self.effect.id)


class _Halt(_Lever):
    def __init__(self, effect: Any, chain: Chain) -> None:
        super().__init__(effect, chain)
        self.kind = effect.kind

    def state(self) -> dict[str, str]:
        return {d: f"{self.chain.mines.halted_share(d):.4g} halted" for d in self.effect.districts}

    def hold(self, strength: float) -> None:
        shares = dict.fromkeys(self.effect.districts, self.effect.share * strength)
        self.chain.mines.halt(self.effect.id, shares, self.effect.back_d)

    def lift(self) -> None:
        self.chain.mines.resume(self.effect.id)


class _Embargo(_Lever):
    kind = "reagent_embargo"

    def state(self) -> dict[str, str]:
        gates = self.chain.gates
        return {name: f"{gates[name].reagents_kept_back:.4g} kept back" for name in self.effect.gates}

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].withhold(self.effect.id, self.effect.share * strength)

    def lift(self) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].withhold(self.effect.id, 0.0)


LEVERS: dict[type[Effect], type[Any]] = {
    GateClosure: _Closure,
    GateCapacity: _Capacity,
    GateOpening: _Opening,
    TaxChange: _Tax,
    ControlChange: _Control,
    ExportPolicy: _Policy,
    Halt: _Halt,
    ReagentEmbargo: _Embargo,
    DriverChange: _Driver,
    MarketNews: _News,
}
