"""Events of a scenario file become effects: dates turn into days of the run, quantities into bare numbers.

A quantity that is a law of numbers is drawn from the stream of its own event and field. A field that the file
leaves open has the value that the evidence gives (`DEFAULTS`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Any

import numpy as np

from sim import changes
from sim.changes import Effect, Halt, Spells, TaxRule, Window
from sim.inputs.quantity import Quantity
from sim.places import CONTROLLERS
from sim.scenario import events

DEFAULTS: Mapping[type[Any], Mapping[str, str]] = {
    events.ControlChange: {"gap": "taxes.renegotiation_gap_d"},
    events.WorkforceWithdrawal: {"back": "mines.crew_return_d"},
    events.Landslide: {"share": "mines.landslide_share", "lasts": "mines.landslide_d"},
    events.NewSites: {"build": "mines.site_build_d"},
    events.RandomClosures: {"rate": "borders.closure_rate_per_yr"},
    events.RouteOpening: {
        "capacity": "india.road_capacity_t_per_d",
        "time": "india.road_d",
        "monsoon": "india.monsoon_share",
    },
    events.ProcessingInvestment: {"build": "india.heavy_build_months"},
    events.BargainingRule: {
        "step": "bargaining.tax_step_cny_per_t",
        "limit": "bargaining.tolerated_tax_cny_per_t",
        "answer_lasts": "bargaining.answer_d",
        "review": "bargaining.review_d",
    },
}
"""Kind of event -> field -> the parameter that stands in where the file says nothing."""
WHOLE: Mapping[str, int] = {
    "lasts": 0, "gap": 0, "number": 0, "review": 0, "answer_lasts": 0, "interval": 1, "closure": 1, "halt": 1,
}  # fmt: skip
"""Field -> the least of what the model counts in whole days or sites."""
SLIP = 0.05
"""Technical: a rounding of less, as of months to days, is none that anybody has to know."""
TRADE_D = 30.0
"""Technical: a reserve that names no time trades within a month."""


@dataclass(frozen=True)
class Reading:
    """What a translation needs to know. day: date -> day of the run. end_d: the end of the run.

    draw: (quantity, stream) -> number in base units. random: stream -> its generator. parameter: name ->
    number. holders: who holds each district and gate at the start.
    """

    day: Callable[[date], int]
    end_d: float
    draw: Callable[[Quantity, str], float]
    random: Callable[[str], np.random.Generator]
    parameter: Callable[[str], float]
    holders: Mapping[str, Mapping[str, str]]


def whole(field: str, value: float) -> float:
    """A number of days or sites as the model counts them."""
    return float(max(WHOLE[field], round(value)))


def rounded(event: Any) -> Iterator[str]:
    """The fields of an event that say something that the model does not count so finely."""
    for field in WHOLE:
        given = getattr(event, field, None)
        if not isinstance(given, Quantity) or not given.is_fixed:
            continue
        said, taken = given.fixed_value, whole(field, given.fixed_value)
        if abs(taken - said) > SLIP * said:
            unit = "site" if field == "number" else "d"
            yield f"event {event.id}: {field} {given.text} counts as {taken:g} {unit}"


class Translation:
    """Turns events into effects."""

    def __init__(self, reading: Reading) -> None:
        self._read = reading
        n = self._number
        self._kinds: Mapping[type[Any], Callable[[Any, Window], Effect]] = {
            events.GateClosure: lambda e, w: changes.GateClosure(e.id, w, e.gates, e.by, e.commodities),
            events.GateCapacity: lambda e, w: changes.GateCapacity(e.id, w, e.gates, n(e, "factor")),
            events.GateOpening: lambda e, w: changes.GateOpening(e.id, w, e.gates),
            events.RandomClosures: self._random_closures,
            events.ReagentEmbargo: lambda e, w: changes.ReagentEmbargo(e.id, w, e.gates, n(e, "share")),
            events.RoadDisruption: lambda e, w: changes.RoadDisruption(
                e.id, w, e.roads, n(e, "time_factor"), n(e, "passable")
            ),
            events.ConvoyEscort: self._convoy,
            events.TaxChange: self._tax_change,
            events.ControlChange: lambda e, w: changes.ControlChange(
                e.id, w, e.districts, e.gates, e.to, whole("gap", n(e, "gap"))
            ),
            events.ExportPolicy: lambda e, w: changes.ExportPolicy(
                e.id, w, e.actor, e.policy, 1.0 if e.share is None else n(e, "share")
            ),
            events.BargainingRule: self._rule,
            events.MiningHalt: lambda e, w: self._halt(e, w, 0.0),
            events.Landslide: lambda e, w: self._halt(e, w, 0.0),
            events.Security: self._security,
            events.WorkforceWithdrawal: lambda e, w: self._halt(e, w, n(e, "back")),
            events.NewSites: lambda e, w: changes.NewSites(
                e.id, w, e.district, int(whole("number", n(e, "number"))), n(e, "build")
            ),
            events.SiteClosure: lambda e, w: changes.SiteClosure(e.id, w, e.districts, n(e, "share")),
            events.DomesticQuota: lambda e, w: changes.DomesticQuota(e.id, w, n(e, "factor")),
            events.ImportedOreQuota: lambda e, w: changes.ImportedOreQuota(e.id, w, n(e, "factor")),
            events.SeparationOutage: lambda e, w: changes.SeparationOutage(e.id, w, e.regions, n(e, "share")),
            events.ExportLicensing: lambda e, w: changes.ExportLicensing(
                e.id,
                w,
                e.elements,
                None if e.share is None else n(e, "share"),
                0.0 if e.jump is None else n(e, "jump"),
            ),
            events.OtherSupply: self._other_supply,
            events.DemandShock: lambda e, w: changes.DemandShock(
                e.id, w, e.elements, e.market, n(e, "factor")
            ),
            events.StockpileTrade: self._stockpile_trade,
            events.DriverChange: self._driver_change,
            events.MarketNews: lambda e, w: changes.MarketNews(e.id, w, e.element, n(e, "jump")),
            events.RouteOpening: lambda e, w: changes.RouteOpening(
                e.id, w, n(e, "capacity"), n(e, "time"), n(e, "monsoon")
            ),
            events.ProcessingInvestment: lambda e, w: changes.ProcessingInvestment(
                e.id, w, e.by, n(e, "capacity"), float(round(n(e, "build")))
            ),
            events.PricePremium: lambda e, w: changes.PricePremium(e.id, w, n(e, "premium")),
            events.ImportTariff: lambda e, w: changes.ImportTariff(e.id, w, n(e, "rate")),
        }

    def __call__(self, event: Any) -> Effect:
        """The effect of an event. KeyError if no effect is known for its kind."""
        return self._kinds[type(event)](event, self._window(event))

    def _number(self, event: Any, field: str) -> float:
        """A field in base units, or what the evidence gives in its place."""
        given = getattr(event, field)
        if given is None:
            return self._read.parameter(DEFAULTS[type(event)][field])
        return self._read.draw(given, f"event.{event.id}.{field}")

    def _window(self, event: Any) -> Window:
        """When the event holds. A drawn length is rounded to whole days: gates open in the morning."""
        day = self._read.day
        start = float(day(event.start))
        end = inf
        if getattr(event, "end", None) is not None:
            end = float(day(event.end))
        elif getattr(event, "lasts", None) is not None or "lasts" in DEFAULTS.get(type(event), {}):
            end = start + whole("lasts", self._number(event, "lasts"))
        ramp = 0.0 if getattr(event, "ramp", None) is None else self._number(event, "ramp")
        return Window(float(day(event.announced_on)), start, end, ramp)

    # -- chance -------------------------------------------------------------------------------------------

    def _random_closures(self, event: events.RandomClosures, window: Window) -> Effect:
        shut = changes.GateClosure(event.id, window, event.gates, "china", ("ore", "reagents", "people"))
        return self._spells(event, shut, self._number(event, "rate"), event.closure)

    def _security(self, event: events.Security, window: Window) -> Effect:
        return self._spells(event, self._halt(event, window, 0.0), self._number(event, "rate"), event.halt)

    def _spells(self, event: Any, one: Effect, per_d: float, length: Quantity) -> Spells:
        """The same effect again and again by chance, from a stream that only this event uses."""
        window, stream = one.window, self._read.random(f"event.{event.id}.spells")
        spells = tuple(
            replace(one, window=Window(first, first, last, 0.0))
            for first, last in self._alternating(window, per_d, length, stream)
        )
        return Spells(event.id, window, event.kind, spells)

    def _alternating(
        self, window: Window, per_d: float, length: Quantity, stream: np.random.Generator
    ) -> Iterator[tuple[float, float]]:
        """First day and day after the last of each spell: exponential quiet, then a drawn length."""
        day, end = window.start_d, min(window.end_d, self._read.end_d)
        while per_d > 0.0:
            day = float(np.ceil(day + stream.exponential(1.0 / per_d)))
            if day >= end:
                return
            long_d = length.fixed_value if length.is_fixed else float(length.dist.sample(stream, 1)[0])
            last = min(day + max(1.0, float(round(long_d))), window.end_d)
            yield day, last
            day = last

    # -- the kinds that need more than their fields -------------------------------------------------------

    def _convoy(self, event: events.ConvoyEscort, window: Window) -> Effect:
        fee = self._number(event, "fee")
        fees = tuple(
            TaxRule(actor, "checkpoint", "per_vehicle", fee, road)
            for road in event.roads
            for actor in CONTROLLERS
            if road in self._read.holders["district"]
        )
        interval_d = int(whole("interval", self._number(event, "interval")))
        loss_factor = self._number(event, "loss_factor")
        return changes.ConvoyEscort(event.id, window, event.roads, loss_factor, interval_d, fees)

    def _tax_change(self, event: events.TaxChange, window: Window) -> Effect:
        rate = self._number(event, "rate")
        rules = tax_rules(event.actor, event.point, event.basis, rate, self._tax_places(event))
        return changes.TaxChange(event.id, window, event.actor, tuple(rules), event.stack)

    def _tax_places(self, event: events.TaxChange) -> tuple[str, ...]:
        """Where a tax is taken: the places named, else every place of the kind that the actor holds then."""
        if event.point == "import":
            return ("",)
        kind = "gate" if event.point == "export_gate" else "district"
        return event.places or tuple(self._read.holders[kind])

    def _rule(self, event: events.BargainingRule, window: Window) -> Effect:
        seeks, limits = event.rule == "seek_revenue", event.rule == "answer_tax"
        return changes.BargainingRule(
            event.id,
            window,
            event.actor,
            event.rule,
            whole("review", self._number(event, "review")),
            step_cny_per_t=self._number(event, "step") if seeks else 0.0,
            limit_cny_per_t=self._number(event, "limit") if limits else 0.0,
            embargo=event.answer == "embargo",
            answer_d=0.0 if seeks else whole("answer_lasts", self._number(event, "answer_lasts")),
        )

    def _halt(self, event: Any, window: Window, back_d: float) -> Effect:
        return Halt(event.id, window, event.kind, event.districts, self._number(event, "share"), back_d)

    def _other_supply(self, event: events.OtherSupply, window: Window) -> Effect:
        oxide = {
            str(element): self._read.draw(kg, f"event.{event.id}.oxide.{element}")
            for element, kg in (event.oxide or {}).items()
        }
        ore_t_per_d = 0.0 if event.ore is None else self._number(event, "ore")
        return changes.OtherSupply(
            event.id, window, event.origin, ore_t_per_d, oxide, event.market or "ex_china"
        )

    def _stockpile_trade(self, event: events.StockpileTrade, window: Window) -> Effect:
        kg = self._number(event, "amount")
        if window.end_d == inf:
            window = replace(window, end_d=window.start_d + TRADE_D)
        return changes.StockpileTrade(event.id, window, event.element, kg if event.trade == "sale" else -kg)

    def _driver_change(self, event: events.DriverChange, window: Window) -> Effect:
        factor = None if event.factor is None else self._number(event, "factor")
        series = tuple(
            (float(self._read.day(on)), self._read.draw(level, f"event.{event.id}.series.{on}"))
            for on, level in (event.series or {}).items()
        )
        return changes.DriverChange(event.id, window, event.name, factor, series)


def tax_rules(actor: str, point: str, basis: str, rate: float, places: Sequence[str]) -> list[TaxRule]:
    """The same rule at several places."""
    return [TaxRule(actor, point, basis, rate, place) for place in places]
