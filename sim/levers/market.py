"""Levers of plants, markets and drivers."""

from typing import Any

from sim.levers.base import BaseLever, States


class Driver(BaseLever):
    """An outside series."""

    kind = "driver"

    def state(self) -> dict[str, str]:
        return {self.effect.name: f"{self.chain.drivers[self.effect.name]:.6g}"}

    def hold(self, strength: float) -> None:
        factor = 1.0 + (self.effect.factor - 1.0) * strength
        self.chain.drivers.scale(self.effect.name, self.effect.id, factor)

    def lift(self) -> None:
        self.chain.drivers.scale(self.effect.name, self.effect.id, 1.0)


class News(BaseLever):
    """News that moves a price."""

    kind = "market_news"

    def state(self) -> dict[str, str]:
        return {self.effect.element: f"{self.chain.markets[self.effect.element].news_share:+.4g}"}

    def hold(self, strength: float) -> None:
        self.chain.markets[self.effect.element].news(self.effect.jump)

    def lift(self) -> None:
        """News has no end of its own: it decays."""


class Demand(BaseLever):
    """Orders in a market."""

    kind = "demand_shock"

    def state(self) -> States:
        return {
            f"{name} {self.effect.market}": f"x {self._of(name).demand_factor:.4g}"
            for name in self.effect.elements
        }

    def hold(self, strength: float) -> None:
        self._factor(1.0 + (self.effect.factor - 1.0) * strength)

    def lift(self) -> None:
        self._factor(None)

    def _factor(self, factor: float | None) -> None:
        for name in self.effect.elements:
            self._of(name).scale_demand(self.effect.id, 1.0 if factor is None else factor)

    def _of(self, name: str) -> Any:
        return (self.chain.markets if self.effect.market == "china" else self.chain.abroad)[name]


class DomesticOre(BaseLever):
    """China's own ore."""

    kind = "domestic_quota"

    def state(self) -> States:
        return {"china": f"x {self.chain.plants.domestic_factor:.4g}"}

    def hold(self, strength: float) -> None:
        self.chain.plants.scale_domestic(self.effect.id, 1.0 + (self.effect.factor - 1.0) * strength)

    def lift(self) -> None:
        self.chain.plants.scale_domestic(self.effect.id, 1.0)


class ImportedOre(BaseLever):
    """The cap on imported ore."""

    kind = "imported_ore_quota"

    def state(self) -> States:
        return {"runs": f"at most {self.chain.plants.run_cap:.4g} of the start"}

    def hold(self, strength: float) -> None:
        self.chain.plants.cap_imported(self.effect.id, self.effect.factor)

    def lift(self) -> None:
        self.chain.plants.cap_imported(self.effect.id, None)


class Outage(BaseLever):
    """Plants that stand still."""

    kind = "separation_outage"

    def state(self) -> States:
        return {region: f"{self.chain.plants.able(region):.4g} able" for region in self.effect.regions}

    def hold(self, strength: float) -> None:
        shares = dict.fromkeys(self.effect.regions, self.effect.share * strength)
        self.chain.plants.take_out(self.effect.id, shares)

    def lift(self) -> None:
        self.chain.plants.take_out(self.effect.id, dict.fromkeys(self.effect.regions, 0.0))


class Licences(BaseLever):
    """Exports let through. When they end, what was let through before is back."""

    kind = "export_licensing"

    def state(self) -> States:
        chain = self.chain
        exports = {
            f"{name} exports": f"{chain.abroad[name].allowed_kg_per_d:.6g} kg/d"
            for name in self.effect.elements
        }
        news = {f"{name} news": f"{chain.markets[name].news_share:+.4g}" for name in self.effect.elements}
        return exports | (news if self.effect.jump else {})

    def hold(self, strength: float) -> None:
        for name in self.effect.elements:
            self.chain.abroad[name].license(self.effect.id, self.effect.share)
            if self.effect.jump:
                self.chain.markets[name].news(self.effect.jump)

    def lift(self) -> None:
        for name in self.effect.elements:
            self.chain.abroad[name].license(self.effect.id, None)


class Elsewhere(BaseLever):
    """Supply from elsewhere."""

    kind = "other_supply"

    def state(self) -> States:
        effect, chain = self.effect, self.chain
        if effect.ore_t_per_d or not effect.oxide_kg_per_d:
            return {effect.origin: f"{chain.others.more_t_per_d(effect.origin):.6g} t/d more"}
        supplied = chain.markets if effect.market == "china" else chain.abroad
        return {
            f"{effect.origin} {name}": f"{supplied[name].supply_kg_per_d(effect.id):.6g} kg/d"
            for name in effect.oxide_kg_per_d
        }

    def hold(self, strength: float) -> None:
        effect, chain = self.effect, self.chain
        chain.others.add(effect.id, effect.origin, effect.ore_t_per_d * strength)
        for name, kg_per_d in effect.oxide_kg_per_d.items():
            if effect.market == "china":
                chain.markets[name].supply(effect.id, kg_per_d * strength)
            else:
                chain.abroad[name].supply(effect.id, kg_per_d * strength)

    def lift(self) -> None:
        self.hold(0.0)


class Reserve(BaseLever):
    """A state reserve that sells or buys."""

    kind = "stockpile_trade"

    def state(self) -> States:
        market = self.chain.markets[self.effect.element]
        return {f"{self.effect.element} reserve": f"{market.supply_kg_per_d(self.effect.id):.6g} kg/d"}

    def announce(self) -> bool:
        effect, window = self.effect, self.effect.window
        self.chain.expectations.promise(
            effect.id, effect.element, effect.sold_kg, window.start_d, window.end_d
        )
        return bool(effect.sold_kg)

    def hold(self, strength: float) -> None:
        effect, window = self.effect, self.effect.window
        days = window.end_d - window.start_d
        kg_per_d = effect.sold_kg / days if days else 0.0
        self.chain.markets[effect.element].supply(effect.id, kg_per_d)

    def lift(self) -> None:
        self.chain.expectations.promise(self.effect.id, self.effect.element, 0.0, 0.0, 0.0)
        self.chain.markets[self.effect.element].supply(self.effect.id, 0.0)
