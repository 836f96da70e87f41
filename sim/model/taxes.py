"""Taxes: who takes what from whom, where, on which basis; rules stack, and every payment has two sides.

A rule belongs to an actor and bites where that actor holds the place: at the site the district's
controller, at the export gate the gate's, at import China. An event's rules replace the actor's own at that
point and place, or come on top; when the event ends, only its own go. A ramp moves the strength of a change
from 0 to 1.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from sim.changes import TaxRule
from sim.ledger import Balance, Ledger
from sim.world import World

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class _Layer:
    """The rules of one event, at the strength its ramp has reached. apart: nothing takes their place."""

    rules: tuple[TaxRule, ...]
    stack: bool
    strength: float
    apart: bool


class TaxBook:
    """The rules in force, and what they come to."""

    def __init__(self, base: tuple[TaxRule, ...]) -> None:
        self._base = base
        self._layers: dict[str, _Layer] = {}
        self.version = 0
        self._compose()

    def apply(
        self,
        owner: str,
        rules: tuple[TaxRule, ...],
        stack: bool,
        strength: float = 1.0,
        *,
        apart: bool = False,
    ) -> None:
        """Put an event's rules in force, or change their strength. apart: no later event replaces them."""
        self._layers[owner] = _Layer(rules, stack, strength, apart)
        self._compose()

    def lift(self, owner: str) -> None:
        """End an event's rules."""
        self._layers.pop(owner, None)
        self._compose()

    def _compose(self) -> None:
        rules = list(self._base)
        for layer in sorted(self._layers.values(), key=lambda layer: layer.apart):
            if not layer.stack:
                replaced = {(rule.actor, rule.point, rule.place) for rule in layer.rules}
                fading = 1.0 - layer.strength
                rules = [
                    replace(old, rate=old.rate * fading)
                    if (old.actor, old.point, old.place) in replaced
                    else old
                    for old in rules
                ]
            rules += [replace(rule, rate=rule.rate * layer.strength) for rule in layer.rules]
        self.version += 1
        self._in_force: dict[tuple[str, str, str], list[TaxRule]] = {}
        for rule in rules:
            if rule.rate:
                self._in_force.setdefault((rule.actor, rule.point, rule.place), []).append(rule)

    def due_cny(
        self, actor: str, point: str, place: str, *, value_cny: float, tonnes: float, vehicles: float
    ) -> float:
        """What an actor takes from a shipment of that value (VAT included), gross tonnage and trucks."""
        measure = {"ad_valorem": value_cny, "per_t": tonnes, "per_vehicle": vehicles}
        rules = self._in_force.get((actor, point, place), ())
        return sum(rule.rate * measure.get(rule.basis, 0.0) for rule in rules)

    def in_kind_share(self, actor: str, point: str, place: str) -> float:
        """Share of a load that an actor keeps."""
        rules = self._in_force.get((actor, point, place), ())
        return sum(rule.rate for rule in rules if rule.basis == "in_kind")

    def lump_sum_cny_per_d(self, actor: str, district: str) -> float:
        """What an actor takes from each site of a district per day."""
        rules = self._in_force.get((actor, "site", district), ())
        return sum(rule.rate for rule in rules if rule.basis == "lump_sum")

    def describe(self, actor: str, point: str, place: str) -> str:
        """The rules in words, for the timeline."""
        rules = self._in_force.get((actor, point, place), ())
        return " + ".join(_words(rule) for rule in rules) or "none"


def _words(rule: TaxRule) -> str:
    per_site_year = rule.rate * DAYS_PER_YEAR
    return {
        "ad_valorem": f"{rule.rate:.4g} of value",
        "per_t": f"{rule.rate:.6g} CNY/t",
        "per_vehicle": f"{rule.rate:.6g} CNY per vehicle",
        "lump_sum": f"{per_site_year:.6g} CNY/yr per site",
        "in_kind": f"{rule.rate:.4g} of the load",
    }[rule.basis]


class Holders(Protocol):
    """What this module asks of who holds what. `version` moves when a holder changes."""

    version: int

    def holder(self, kind: str, place: str) -> str:
        """Who holds a place."""


class LumpSums:
    """What the holders of districts take each day: so much from each site that holds rights."""

    def __init__(self, world: World, taxes: TaxBook, control: Holders) -> None:
        self._districts = [district.name for district in world.districts]
        self._taxes, self._control = taxes, control
        self._regime = (-1, -1)
        self._rates: list[tuple[str, float]] = []
        self._sites: list[float] = []
        self._dues_cny: list[tuple[str, float]] = []

    def dues_cny(self, sites: list[float]) -> list[tuple[str, float]]:
        """(holder, what is due today), by district; anew only when a tax, a holder or a count changed."""
        regime = (self._taxes.version, self._control.version)
        if regime == self._regime and sites == self._sites:
            return self._dues_cny
        if regime != self._regime:
            self._regime, self._rates = regime, [self._rate(name) for name in self._districts]
        self._sites = sites.copy()
        dues = zip(self._rates, sites, strict=True)
        self._dues_cny = [(holder, count * cny_per_d) for (holder, cny_per_d), count in dues]
        return self._dues_cny

    def _rate(self, district: str) -> tuple[str, float]:
        """The holder of a district and what it takes from a site a day."""
        holder = self._control.holder("district", district)
        return holder, self._taxes.lump_sum_cny_per_d(holder, district)


class Treasury:
    """Double entry: what operators pay is what actors collect."""

    def __init__(self, ledger: Ledger, actors: Iterable[str]) -> None:
        self._collected = {actor: ledger.series("tax_cny", actor=actor) for actor in actors}
        self._in_usd = {actor: ledger.series("tax_usd", actor=actor) for actor in self._collected}
        self._cny_per_usd: list[float] = []
        self.paid_cny: defaultdict[str, float] = defaultdict(float)

    def pay(self, payer: str, actor: str, day: int, amount_cny: float) -> None:
        """Move money from a payer to an actor on a day."""
        self.paid_cny[payer] += amount_cny
        self._collected[actor][day] += amount_cny

    def pay_all(self, payer: str, day: int, dues_cny: Iterable[tuple[str, float]]) -> float:
        """Move what is due to several actors on a day; the sum."""
        paid, all_collected = 0.0, self._collected
        for actor, due in dues_cny:
            all_collected[actor][day] += due
            paid += due
        self.paid_cny[payer] += paid
        return paid

    def collected_cny(self, actor: str) -> float:
        """What an actor has taken so far."""
        return sum(self._collected[actor])

    def record(self, cny_per_usd: float) -> None:
        """Close the day: note its exchange rate."""
        self._cny_per_usd.append(cny_per_usd)

    def tell_in_dollars(self) -> None:
        """After the last day: what was collected on each, at its rate. Nobody reads it earlier."""
        rates = np.array(self._cny_per_usd)
        for actor, collected in self._collected.items():
            np.divide(collected, rates, out=np.asarray(self._in_usd[actor]))

    def balance(self) -> Balance:
        """Paid against collected over the whole run."""
        collected: Mapping[str, float] = {actor: sum(days) for actor, days in self._collected.items()}
        return Balance("money: taxes paid are taxes collected", "CNY", self.paid_cny, collected)
