"""Levers of the route to India. A run that has them has the route."""

from typing import Any

from sim.levers.base import BaseLever, Chain, States
from sim.model.india import IndiaRoute


class _IndiaLever(BaseLever):
    """What they share."""

    def __init__(self, effect: Any, chain: Chain) -> None:
        super().__init__(effect, chain)
        assert chain.india is not None, "a run with events of India has the route"
        self.india: IndiaRoute = chain.india


class Opening(_IndiaLever):
    """The road."""

    kind = "route_opening"

    def state(self) -> States:
        return {"pangsau road": self.india.openings}

    def hold(self, strength: float) -> None:
        effect = self.effect
        self.chain.gates["pangsau"].open_up(effect.id, float(effect.capacity_t_per_d > 0.0))
        self.india.open(effect.id, effect.capacity_t_per_d * strength, effect.time_d, effect.monsoon_share)

    def lift(self) -> None:
        self.chain.gates["pangsau"].open_up(self.effect.id, 0.0)
        self.india.open(self.effect.id, 0.0, 0.0, 0.0)


class Plant(_IndiaLever):
    """Heavy separation: paid for at the start, ready later."""

    kind = "processing_investment"

    def state(self) -> States:
        return {f"plant paid by {self.effect.by}": f"{self.india.plant_t_reo_per_d:.6g} t_REO/d"}

    def hold(self, strength: float) -> None:
        if not self.effect.build_d:
            self.india.build(self.effect.id, self.effect.t_reo_per_d)

    def settle(self) -> float | None:
        return float(self.effect.build_d) or None

    def settled(self) -> tuple[States, States]:
        before = self.state()
        self.india.build(self.effect.id, self.effect.t_reo_per_d)
        return before, self.state()


class Premium(_IndiaLever):
    """What India pays above China."""

    kind = "price_premium"

    def state(self) -> States:
        return {"india pays": f"{self.india.premium:+.4g}"}

    def hold(self, strength: float) -> None:
        self.india.offer(self.effect.id, self.effect.share)

    def lift(self) -> None:
        self.india.offer(self.effect.id, None)


class Tariff(_IndiaLever):
    """America's tariff. Without oxide from India there is nothing it could act on."""

    kind = "import_tariff"

    def state(self) -> States:
        if not self.india.plant_t_reo_per_d:
            return {"us": "no oxide made in India"}
        return {"us": f"{self.india.tariff:.4g} of value"}

    def hold(self, strength: float) -> None:
        self.india.levy(self.effect.id, self.effect.rate)

    def lift(self) -> None:
        self.india.levy(self.effect.id, None)
