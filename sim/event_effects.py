"""Events of a scenario file become effects: dates turn into days of the run, quantities into bare numbers.

A quantity that is a law of numbers is drawn from the stream of its own event and field.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import inf
from typing import Any

from sim.inputs.quantity import Quantity
from sim.scenario import events
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
    TaxRule,
    Window,
)


class Translation:
    """Turns events into effects. day: date -> day of the run. draw: (quantity, stream) -> number in base
    units.

    parameter: name -> number. holders: who holds each district and gate at the start.
    """

    def __init__(
        self,
        day: Callable[[date], int],
        draw: Callable[[Quantity, str], float],
        parameter: Callable[[str], float],
        holders: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._day, self._draw, self._p, self._holders = day, draw, parameter, holders
        self._kinds: Mapping[type[Any], Callable[[Any, Window], Effect]] = {
            events.GateClosure: lambda e, w: GateClosure(e.id, w, e.gates, e.by, e.commodities),
            events.GateCapacity: lambda e, w: GateCapacity(e.id, w, e.gates, self._number(e, "factor")),
            events.GateOpening: lambda e, w: GateOpening(e.id, w, e.gates),
            events.TaxChange: self._tax_change,
            events.ControlChange: self._control_change,
            events.ExportPolicy: self._export_policy,
            events.MiningHalt: lambda e, w: self._halt(e, w, 0.0),
            events.WorkforceWithdrawal: self._withdrawal,
            events.ReagentEmbargo: lambda e, w: ReagentEmbargo(e.id, w, e.gates, self._number(e, "share")),
            events.DriverChange: self._driver_change,
            events.MarketNews: lambda e, w: MarketNews(e.id, w, e.element, self._number(e, "jump")),
        }

    def __call__(self, event: Any) -> Effect:
        """The effect of an event. KeyError if no effect is known for its kind."""
        return self._kinds[type(event)](event, self._window(event))

    def _number(self, event: Any, field: str) -> float:
        return self._draw(getattr(event, field), f"event.{event.id}.{field}")

    def _window(self, event: Any) -> Window:
        """When the event holds. A drawn length is rounded to whole days: gates open in the morning."""
        start = float(self._day(event.start))
        end = inf
        if getattr(event, "end", None) is not None:
            end = float(self._day(event.end))
        elif getattr(event, "lasts", None) is not None:
            end = start + round(self._number(event, "lasts"))
        ramp = 0.0 if getattr(event, "ramp", None) is None else self._number(event, "ramp")
        return Window(float(self._day(event.announced_on)), start, end, ramp)

    def _tax_change(self, event: events.TaxChange, window: Window) -> Effect:
        rate = self._number(event, "rate")
        rules = tax_rules(event.actor, event.point, event.basis, rate, self._tax_places(event))
        return TaxChange(event.id, window, event.actor, tuple(rules), event.stack)

    def _tax_places(self, event: events.TaxChange) -> tuple[str, ...]:
        """Where a tax is taken: the places named, else every place of the kind that the actor holds then."""
        if event.point == "import":
            return ("",)
        kind = "gate" if event.point == "export_gate" else "district"
        return event.places or tuple(self._holders[kind])

    def _control_change(self, event: events.ControlChange, window: Window) -> Effect:
        given = event.gap is not None
        gap_d = self._number(event, "gap") if given else self._p("taxes.renegotiation_gap_d")
        return ControlChange(event.id, window, event.districts, event.gates, event.to, float(round(gap_d)))

    def _export_policy(self, event: events.ExportPolicy, window: Window) -> Effect:
        share = 1.0 if event.share is None else self._number(event, "share")
        return ExportPolicy(event.id, window, event.actor, event.policy, share)

    def _withdrawal(self, event: events.WorkforceWithdrawal, window: Window) -> Effect:
        given = event.back is not None
        return self._halt(
            event, window, self._number(event, "back") if given else self._p("mines.crew_return_d")
        )

    def _halt(self, event: Any, window: Window, back_d: float) -> Effect:
        return Halt(event.id, window, event.kind, event.districts, self._number(event, "share"), back_d)

    def _driver_change(self, event: events.DriverChange, window: Window) -> Effect:
        factor = None if event.factor is None else self._number(event, "factor")
        series = tuple(
            (float(self._day(on)), self._draw(level, f"event.{event.id}.series.{on}"))
            for on, level in (event.series or {}).items()
        )
        return DriverChange(event.id, window, event.name, factor, series)


def tax_rules(actor: str, point: str, basis: str, rate: float, places: Sequence[str]) -> list[TaxRule]:
    """The same rule at several places."""
    return [TaxRule(actor, point, basis, rate, place) for place in places]
