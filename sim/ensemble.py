"""Calibrated parameter sets in place of single values: each replication takes one set, whole.

A set never overrides a number that a scenario file or the user sets. A law of several numbers it replaces
where it stands for the size of an event, or where the set is for that very scenario.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sim.evidence.records import Draw
from sim.inputs.quantity import FieldError, Quantity
from sim.inputs.sampling import Fixed
from sim.inputs.text import InputError, Problem
from sim.scenario.model import Scenario, Setting

FILE_NAME = "ensemble.csv"
_EVENTS = "events."


def in_sets(draws: Sequence[Draw]) -> list[list[Draw]]:
    """The draws of each member, in the order of members."""
    members: dict[int, list[Draw]] = defaultdict(list)
    for draw in draws:
        members[draw.member].append(draw)
    return [members[number] for number in sorted(members)]


def member(scenario: Scenario, draws: Sequence[Draw], replication: int) -> Scenario:
    """The scenario with the parameter set of a replication: sets are taken in turn.

    Raises InputError if there are none.
    """
    sets = in_sets(draws)
    if not sets:
        raise InputError([Problem(FILE_NAME, 1, 1, "run.ensemble", "the evidence holds no calibrated sets")])
    return applied(scenario, sets[replication % len(sets)])


def applied(scenario: Scenario, draws: Sequence[Draw]) -> Scenario:
    """The scenario with one parameter set. What it has no use for is left out. Raises InputError."""
    fitting = [draw for draw in draws if draw.scenario in ("", scenario.name)]
    settings = dict(scenario.set)
    sizes: dict[str, dict[str, Quantity]] = defaultdict(dict)
    for draw in sorted(fitting, key=lambda draw: bool(draw.scenario)):
        quantity = Quantity(Fixed(draw.value), draw.unit)
        if draw.path.startswith(_EVENTS):
            event, _, field = draw.path.removeprefix(_EVENTS).partition(".")
            sizes[event][field] = quantity
        elif is_open(scenario, draw.path, own=bool(draw.scenario)):
            settings[draw.path] = Setting(value=quantity, assume=f"calibrated set {draw.member}")
    events = tuple(_sized(event, sizes.get(event.id, {})) for event in scenario.events)
    return scenario.model_copy(update={"set": settings, "events": events})


def is_open(scenario: Scenario, path: str, *, own: bool) -> bool:
    """Whether the scenario leaves a parameter to the sets; a law it sets is open to sets of its own only."""
    set_here = scenario.set.get(path)
    return set_here is None or (own and not set_here.value.is_fixed)


def open_size(scenario: Scenario, path: str) -> Quantity | None:
    """The law of an event's size, `events.ID.FIELD`, that the scenario leaves open; None otherwise."""
    event, _, field = path.removeprefix(_EVENTS).partition(".")
    laws = (getattr(one, field, None) for one in scenario.events if one.id == event)
    return next((law for law in laws if _is_law(law)), None)


def _is_law(size: Any) -> bool:
    return isinstance(size, Quantity) and not size.is_fixed


def _sized(event: Any, sizes: Mapping[str, Quantity]) -> Any:
    """The event with its calibrated sizes, where the scenario leaves them open (a law, not one number).

    Raises InputError for a unit that such a size cannot have.
    """
    own = {field: quantity for field, quantity in sizes.items() if _is_law(getattr(event, field, None))}
    for field, quantity in own.items():
        try:
            quantity.check_dimension((getattr(event, field).dimension,))
        except FieldError as fault:
            path = f"{_EVENTS}{event.id}.{field}"
            raise InputError([Problem(FILE_NAME, 1, 1, path, fault.message)]) from None
    return event.model_copy(update=own) if own else event
