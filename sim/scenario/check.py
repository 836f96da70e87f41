"""Every fault of a scenario in the making, told at the line it was written on."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from sim.inputs.allowed import Allowed
from sim.inputs.fields import FAULTS, IsoDate, Model
from sim.inputs.quantity import FieldError
from sim.inputs.text import Problem, YamlPath, suggest
from sim.inputs.wording import UNKNOWN_KEY, objection
from sim.scenario.events import KINDS
from sim.scenario.model import Answer, Period, Run, Scenario, Setting, StartState
from sim.scenario.tree import Tree

_T = TypeVar("_T")
_DATE: TypeAdapter[Any] = TypeAdapter(IsoDate)
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_]+)+")
_SETTABLE: Mapping[str, type[Model]] = {"period": Period, "run": Run, "start_state": StartState}
_SECTIONS: Mapping[str, type[Model]] = {"answer": Answer, **_SETTABLE}
_KEYS_TO_SET = tuple(f"{name}.{key}" for name, model in _SETTABLE.items() for key in model.model_fields)


def find_problems(tree: Tree, parameters: Mapping[str, Allowed] | None) -> list[Problem]:
    """All faults of the tree's data. `parameters`: what each can be, by name (None: not checked)."""
    empty = list(_empty_values(tree, tree.data, ()))
    problems = [*tree.problems, *empty]
    try:
        Scenario.model_validate(tree.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            told = {problem.path for problem in empty}
            problems += [found for found in _located(tree, fault) if found.path not in told]
    problems += _setting_problems(tree, parameters)
    problems += _event_problems(tree)
    return problems


def _empty_values(tree: Tree, value: Any, path: YamlPath) -> Iterator[Problem]:
    """A key without a value is never meant, whatever it could stand for."""
    if value is None:
        yield tree.problem(path, "is empty: give a value or drop the key", at_key=True)
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _empty_values(tree, item, (*path, key))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empty_values(tree, item, (*path, index))


def _located(tree: Tree, fault: ErrorDetails) -> Iterator[Problem]:
    """The problems that one pydantic error stands for."""
    path = fault["loc"]
    at_key = path[-1:] == ("[key]",)
    if at_key:
        path = path[:-1]
    if path[:1] == ("events",) and len(path) > 2 and path[2] in KINDS:
        path = (*path[:2], *path[3:])  # pydantic names the kind, which is no key of the file
    if fault["type"] == FAULTS:
        for part in fault["ctx"][FAULTS]:
            where = (*path, *part.at)
            yield tree.problem(where, part.message, part.hint, at_key=part.message == UNKNOWN_KEY)
        return
    if fault["type"].startswith("union_tag"):
        yield _kind_problem(tree, path, fault)
        return
    message, hint = _words(tree, path, fault)
    yield tree.problem(path, message, hint, at_key=at_key or message == UNKNOWN_KEY)


def _kind_problem(tree: Tree, path: YamlPath, fault: ErrorDetails) -> Problem:
    if fault["type"] == "union_tag_not_found":
        return tree.problem((*path, "kind"), "is missing", f"Kinds are {', '.join(KINDS)}")
    kind = fault["ctx"]["tag"]
    hint = suggest(kind, KINDS) or f"Kinds are {', '.join(KINDS)}"
    return tree.problem((*path, "kind"), f"unknown kind '{kind}'", hint)


def _words(tree: Tree, path: YamlPath, fault: ErrorDetails) -> tuple[str, str]:
    """Message and hint of a pydantic error of a kind that pydantic itself defines."""
    if fault["type"] == "extra_forbidden":
        near = suggest(str(path[-1]), _known_keys(tree, path[:-1]))
        return UNKNOWN_KEY, _known_elsewhere(tree, path) or near
    return objection(fault)


def _known_keys(tree: Tree, path: YamlPath) -> tuple[str, ...]:
    """The keys that the mapping at `path` may have."""
    if not path:
        return (*Scenario.model_fields, "extends")
    if path[0] == "events":
        return tuple(KINDS[tree.data["events"][path[1]]["kind"]].model_fields)
    return tuple(_SECTIONS[str(path[0])].model_fields)


def _known_elsewhere(tree: Tree, path: YamlPath) -> str:
    """What to say of a key that events of other kinds have."""
    if path[0] != "events" or not any(path[-1] in kind.model_fields for kind in KINDS.values()):
        return ""
    return f"{tree.data['events'][path[1]]['kind']} has no `{path[-1]}`"


def _setting_problems(tree: Tree, parameters: Mapping[str, Allowed] | None) -> Iterator[Problem]:
    """Names that are no parameter, and values that the parameter cannot have."""
    settings = tree.data.get("set")
    for name, raw in settings.items() if isinstance(settings, dict) else ():
        path = ("set", name)
        if parameters is None:
            if not _PARAMETER.fullmatch(name):
                yield tree.problem(path, "is no PATH, such as market.cover_exponent", at_key=True)
        elif name not in parameters:
            hint = suggest(name, (*parameters, *_KEYS_TO_SET))
            yield tree.problem(path, "unknown parameter", hint, at_key=True)
        elif setting := _valid(Setting.model_validate, raw):
            try:
                parameters[name].fitted(setting.value)
            except FieldError as fault:
                yield tree.problem((*path, "value"), fault.message, fault.hint)


def _event_problems(tree: Tree) -> Iterator[Problem]:
    """Ids that stand twice, and dates outside the period."""
    events = tree.data.get("events")
    period = _valid(Period.model_validate, tree.data.get("period"))
    seen: set[str] = set()
    for index, event in enumerate(events if isinstance(events, list) else ()):
        if not isinstance(event, dict):
            continue
        if isinstance(event.get("id"), str):
            if event["id"] in seen:
                yield tree.problem(("events", index, "id"), f"there is another event '{event['id']}'")
            seen.add(event["id"])
        if period:
            for path in _dates_outside(event, period):
                last = period.end - timedelta(days=1)
                message = f"is outside the period, {period.start} to {last}"
                yield tree.problem(("events", index, *path), message)


def _dates_outside(event: dict[str, Any], period: Period) -> Iterator[YamlPath]:
    """Keys of the dates of an event that must lie in the period and do not; `end` may lie after it."""
    series = event.get("series")
    dates: dict[YamlPath, Any] = {(key,): event.get(key) for key in ("start", "announced")}
    dates |= {("series", day): day for day in series} if isinstance(series, dict) else {}
    for path, raw in dates.items():
        day = _valid(_DATE.validate_python, raw)
        if day and not period.start <= day < period.end:
            yield path


def _valid(validate: Callable[[Any], _T], raw: Any) -> _T | None:
    """What `raw` stands for, or None where it is faulty (which is told elsewhere)."""
    try:
        return validate(raw)
    except ValidationError:
        return None
