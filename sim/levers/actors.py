"""Levers of taxes, control, export policy and bargaining."""

from typing import Any

from sim.changes import TaxRule
from sim.levers.base import BaseLever, Chain, States
from sim.model.bargaining import Answer, RevenueSearch


class Tax(BaseLever):
    """What an actor takes."""

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


class Hands(BaseLever):
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

    def settled(self) -> tuple[States, States]:
        """The new holder and the operators agree: mines and gates open, new rights are paid for.

        Who lost a place again before that has nothing to sell.
        """
        self._open_places()
        for district in self._districts:
            if self.chain.control.holder("district", district) == self.effect.to:
                self.chain.enter(self.effect.to, district)
        return {"agreement": "none"}, {"agreement": "reached"}

    def lift(self) -> None:
        self._open_places()
        self.chain.control.hand_back(self.effect.id)

    def _open_places(self) -> None:
        self.chain.mines.resume(self.effect.id)
        for gate in self.effect.gates:
            self.chain.gates[gate].reopen(self.effect.id)


class Policy(BaseLever):
    """What an actor lets out."""

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


class Bargain(BaseLever):
    """A rule that is looked at again and again."""

    kind = "bargaining_rule"

    def __init__(self, effect: Any, chain: Chain) -> None:
        super().__init__(effect, chain)
        self._taken_cny = 0.0
        self._search: RevenueSearch | None = None
        self._answer = Answer(effect.answer_d, self._act, self._relent)
        self._due_d = float(effect.window.start_d + effect.review_d)

    @property
    def _gates(self) -> list[str]:
        """The actor's gates."""
        control, actor = self.chain.control, self.effect.actor
        return [name for name in self.chain.gates if control.holder("gate", name) == actor]

    def state(self) -> States:
        effect, taxes = self.effect, self.chain.taxes
        if effect.rule == "seek_revenue":
            return {
                f"export_gate {gate}": taxes.describe(effect.actor, "export_gate", gate)
                for gate in self._gates
            }
        if effect.rule == "answer_tax":
            return {f"answer to {effect.actor}": "on" if self._answer.acting else "off"}
        return {f"answer of {effect.actor}": "on" if self._answer.acting else "off"}

    def hold(self, strength: float) -> None:
        effect = self.effect
        if effect.rule == "seek_revenue":
            levy = self.chain.burden_cny_per_t(effect.actor, "export_gate")
            self._search = RevenueSearch(levy, effect.step_cny_per_t)
            self._taken_cny = self.chain.revenue_cny(effect.actor)
        else:
            self._look()

    def review_d(self) -> float | None:
        """Until the next of the regular looks, or until an answer is over if that is sooner."""
        return min(self._due_d, self._answer.over_d) - self.chain.clock.now

    def review(self) -> None:
        if self.chain.clock.now >= self._due_d:
            self._due_d += self.effect.review_d
        if self._search is None:
            self._look()
            return
        effect, taken = self.effect, self.chain.revenue_cny(self.effect.actor)
        revenue = (taken - self._taken_cny) / effect.review_d
        self._taken_cny = taken
        if effect.step_cny_per_t:
            levy = self._search.move(revenue)
            rules = tuple(TaxRule(effect.actor, "export_gate", "per_t", levy, gate) for gate in self._gates)
            self.chain.taxes.apply(effect.id, rules, stack=False)

    def _look(self) -> None:
        chain, effect = self.chain, self.effect
        if effect.rule == "answer_tax":
            cause = chain.burden_cny_per_t(effect.actor) > effect.limit_cny_per_t
        else:
            cause = any(chain.gates[gate].shut_by_china for gate in self._gates)
        if effect.answer_d:
            self._answer.look(chain.clock.now, cause=cause)

    def _act(self) -> None:
        for name in self._gates:
            gate = self.chain.gates[name]
            if self.effect.embargo:
                gate.withhold(self.effect.id, 1.0)
            else:
                by_china = self.effect.rule == "answer_tax"
                gate.shut(self.effect.id, ("ore", "reagents", "people"), by_china=by_china)

    def _relent(self) -> None:
        for gate in self.chain.gates.values():
            gate.withhold(self.effect.id, 0.0)
            gate.reopen(self.effect.id)

    def lift(self) -> None:
        self._answer.end()
        self.chain.taxes.lift(self.effect.id)
