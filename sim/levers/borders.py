"""Levers of gates and roads."""

from sim.levers.base import BaseLever, States

INDIA = "india"
"""The road over Pangsau, which is no district's."""


class Closure(BaseLever):
    """Gates shut for commodities."""

    kind = "gate_closure"

    def state(self) -> dict[str, str]:
        return {
            f"{name} {what} ({self.effect.side} side)": self._words(name, what)
            for name in self.effect.gates
            for what in self.effect.commodities
        }

    def _words(self, name: str, what: str) -> str:
        gate = self.chain.gates[name]
        factor = gate.capacity_factor(what)
        return f"open x {factor:.4g}" if gate.passes(what) and factor != 1.0 else gate.state(what)

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
                gate.shut(self.effect.id, self.effect.commodities, by_china=self.effect.side == "china")

    def lift(self) -> None:
        self.chain.expectations.forget(self.effect.id)
        for name in self.effect.gates:
            self.chain.gates[name].scale(self.effect.id, 1.0)
            self.chain.gates[name].reopen(self.effect.id)


class Capacity(BaseLever):
    """What gates can pass."""

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


class Opening(BaseLever):
    """Gates that were shut at the start."""

    kind = "gate_opening"

    def state(self) -> dict[str, str]:
        return {name: self.chain.gates[name].state("ore") for name in self.effect.gates}

    def hold(self, strength: float) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].open_up(self.effect.id, strength)

    def lift(self) -> None:
        for name in self.effect.gates:
            self.chain.gates[name].open_up(self.effect.id, 0.0)


class Embargo(BaseLever):
    """Reagents held back."""

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


class Disruption(BaseLever):
    """Slow or impassable roads."""

    kind = "road_disruption"

    def state(self) -> States:
        return {f"road {road}": self._words(road) for road in self.effect.roads}

    def _words(self, road: str) -> str:
        chain = self.chain
        if road == INDIA:
            return chain.india.road_state if chain.india else "no road"
        return f"{chain.roads.slowness[road]:.4g} x time, {chain.limits.share(road):.4g} passable"

    def hold(self, strength: float) -> None:
        effect = self.effect
        self._set(1.0 + (effect.time_factor - 1.0) * strength, 1.0 + (effect.passable - 1.0) * strength)

    def lift(self) -> None:
        self._set(1.0, 1.0)

    def _set(self, time_factor: float, passable: float) -> None:
        chain, owner = self.chain, self.effect.id
        for road in self.effect.roads:
            if road != INDIA:
                chain.roads.slow(owner, road, time_factor)
                chain.limits.limit(owner, road, passable)
            elif chain.india:
                chain.india.disrupt(owner, time_factor, passable)


class Convoys(BaseLever):
    """Guarded roads."""

    kind = "convoy_escort"

    def state(self) -> States:
        return {f"road {road}": self._words(road) for road in self.effect.roads}

    def _words(self, road: str) -> str:
        chain = self.chain
        if road == INDIA:
            return f"{chain.india.loss:.4g} lost" if chain.india else "no road"
        holder = chain.holder("checkpoint", road)
        fee = chain.taxes.describe(holder, "checkpoint", road)
        return f"{chain.roads.loss[road]:.4g} lost, every {chain.limits.interval_d(road)} d, pays {fee}"

    def hold(self, strength: float) -> None:
        effect = self.effect
        self._set(effect.loss_factor, effect.interval_d)
        if effect.fees:
            self.chain.taxes.apply(effect.id, effect.fees, stack=True, apart=True)

    def lift(self) -> None:
        self._set(1.0, 1)
        self.chain.taxes.lift(self.effect.id)

    def _set(self, loss_factor: float, interval_d: int) -> None:
        chain, owner = self.chain, self.effect.id
        for road in self.effect.roads:
            if road != INDIA:
                chain.roads.guard(owner, road, loss_factor)
                chain.limits.limit(owner, road, 1.0, interval_d)
            elif chain.india:
                chain.india.guard(owner, loss_factor, interval_d)
