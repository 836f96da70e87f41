"""Levers at the mines."""

from typing import Any

from sim.levers.base import BaseLever, Chain, States


class Halt(BaseLever):
    """Sites that stop for a while."""

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


class Founding(BaseLever):
    """Sites that a project opens."""

    kind = "new_sites"

    def state(self) -> States:
        return {self.effect.district: f"{self.chain.mines.living(self.effect.district)} sites"}

    def hold(self, strength: float) -> None:
        ready_d = self.chain.clock.now + self.effect.build_d
        self.chain.mines.found(self.chain.projects.get(self.effect.id, []), ready_d)


class GivingUp(BaseLever):
    """Sites that end for good."""

    kind = "site_closure"

    def state(self) -> States:
        return {district: f"{self.chain.mines.living(district)} sites" for district in self.effect.districts}

    def hold(self, strength: float) -> None:
        self.chain.mines.give_up(dict.fromkeys(self.effect.districts, self.effect.share))
