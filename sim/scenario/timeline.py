"""What a scenario says will happen, by date, before anything is run."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from sim.inputs.quantity import Quantity
from sim.scenario.model import Scenario

_TARGETS = (
    "actor",
    "name",
    "element",
    "elements",
    "district",
    "districts",
    "gates",
    "places",
    "roads",
    "regions",
    "origin",
    "by",
    "kind",
)
"""The first of these that an event has says what it acts on; the others are told with the rest."""
_TOLD_ELSEWHERE = ("kind", "id", "start", "announced", "source", "lasts", "end", "series")


class Moment(NamedTuple):
    """One line of the timeline. `exact`: False where the date is the mean of a law."""

    on: date
    exact: bool
    event: str
    kind: str
    target: str
    what: str

    @property
    def date_text(self) -> str:
        """The date, with a mark where it is a mean."""
        return f"{'' if self.exact else '~'}{self.on.isoformat()}"


def timeline(scenario: Scenario) -> list[Moment]:
    """All that is announced, begins and ends in or after the period, in order of date."""
    return sorted(
        Moment(on, exact, event.id, event.kind, _target(event), what)
        for event in scenario.events
        for on, exact, what in _dates(event)
    )


def _dates(event: Any) -> Iterator[tuple[date, bool, str]]:
    """(date, whether it is exact, what happens then)."""
    if event.announced_on < event.start:
        yield event.announced_on, True, "announced"
    series = getattr(event, "series", None)
    if series is None:
        yield event.start, True, f"begins: {_what(event)}"
    for on, level in (series or {}).items():
        yield on, True, f"level {level.text}"
    yield from _end(event)


def _end(event: Any) -> Iterator[tuple[date, bool, str]]:
    if getattr(event, "end", None) is not None:
        yield event.end, True, "ends"
    lasts: Quantity | None = getattr(event, "lasts", None)
    if lasts is not None:
        end = event.start + timedelta(days=round(lasts.dist.mean))
        yield end, lasts.is_fixed, "ends" if lasts.is_fixed else f"ends after {lasts.text}"


def _target_field(event: Any) -> str:
    """The field that names what the event acts on."""
    return next(name for name in _TARGETS if name in type(event).model_fields)


def _target(event: Any) -> str:
    """What the event acts on."""
    value = getattr(event, _target_field(event))
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _what(event: Any) -> str:
    """The rest of what the file says of it: `by china, commodities ore reagents, ramp 30 d`."""
    told = []
    elsewhere = (*_TOLD_ELSEWHERE, _target_field(event))
    for name in type(event).model_fields:
        value = getattr(event, name)
        if name not in elsewhere and value is not None:
            told.append(f"{name} {_text(value)}")
    return ", ".join(told)


def _text(value: Any) -> str:
    if isinstance(value, Quantity):
        return value.text
    if isinstance(value, dict):
        return " ".join(f"{key} {level.text}" for key, level in value.items())
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()
