"""The reference of event kinds, docs/events.md, made from the models that read them."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from sim.inputs.fields import QUANTITY
from sim.inputs.quantity import Quantity
from sim.inputs.units import units_of
from sim.scenario.events import KINDS, AnyEvent, EndingEvent, RampedEvent

_HEAD = """\
# Kinds of event

Made by `make docs` from the models that read scenario files (`sim/scenario/events/`); editors complete and
check against the same in `scenarios/scenario.schema.json`. What each does to the model: [model.md](model.md).

Every event has these keys. A quantity is a number with its unit, or a law such as
`{triangular: [30, 60, 150], unit: d}`, drawn anew in each replication from a stream of its own.
"""
_ALWAYS = ("kind", "id", "start", "announced", "source")
_TIMES = ("lasts", "end", "ramp")
_ENDING = "`lasts`, `end`"
_PLAIN = {"string": "text", "boolean": "true · false"}
_RAMPED = "`lasts`, `end`, `ramp`"


def text() -> str:
    """The page."""
    base = RampedEvent.model_json_schema()["properties"]
    common = [name for name in (*_ALWAYS, *_TIMES) if name != "kind"]
    lines = [_HEAD, *_table(RampedEvent, common, base), ""]
    lines += ["| kind | does | may have |", "| --- | --- | --- |"]
    lines += [f"| [{name}](#{name}) | {_first(kind)} | {_times(kind)} |" for name, kind in KINDS.items()]
    for name, kind in KINDS.items():
        lines += ["", f"## {name}", *_section(kind)]
    return "\n".join(lines) + "\n"


def _times(kind: type[AnyEvent]) -> str:
    if issubclass(kind, RampedEvent):
        return _RAMPED
    return _ENDING if issubclass(kind, EndingEvent) else "—"


def _doc(kind: type[AnyEvent]) -> str:
    return "\n".join(line.strip() for line in (kind.__doc__ or "").strip().splitlines())


def _first(kind: type[AnyEvent]) -> str:
    return _doc(kind).split("\n", 1)[0]


def _section(kind: type[AnyEvent]) -> Iterator[str]:
    """What a kind does, and its own keys."""
    schema = kind.model_json_schema()["properties"]
    times = _TIMES if issubclass(kind, EndingEvent) else ()
    own = [name for name in kind.model_fields if name not in (*_ALWAYS, *times)]
    yield _doc(kind)
    if own:
        yield ""
        yield from _table(kind, own, schema)


def _table(kind: type[AnyEvent], names: Sequence[str], schema: dict[str, Any]) -> Iterator[str]:
    yield "| key | value | if missing | meaning |"
    yield "| --- | --- | --- | --- |"
    for name in names:
        field = kind.model_fields[name]
        meaning = " ".join((field.description or "").split())
        yield f"| `{name}` | {_value(schema[name])} | {_missing(name, field)} | {meaning} |"


def _value(schema: dict[str, Any]) -> str:
    """What may stand there: words of the schema."""
    options = [option for option in schema.get("anyOf", [schema]) if option != {"type": "null"}]
    option = options[0]
    if QUANTITY in option:
        units = units_of(tuple(option[QUANTITY]) or None)
        return "quantity: " + ", ".join("no unit" if unit == "1" else unit for unit in units)
    if option.get("type") == "array":
        return "list of " + _value(option["items"])
    if option.get("type") == "object":
        inner = option.get("additionalProperties") or next(iter(option["patternProperties"].values()))
        return f"mapping to {_value(inner)}"
    if "enum" in option:
        return " · ".join(option["enum"])
    if "const" in option:
        return str(option["const"])
    if option.get("format") == "date":
        return "date"
    return _PLAIN[option["type"]]


def _missing(name: str, field: FieldInfo) -> str:
    """What holds if the key is not there."""
    if name == "id":
        return "kind and number"
    if field.is_required():
        return "needed"
    default = field.default
    if default is None:
        return "see right" if "Default" in (field.description or "") else "none"
    if isinstance(default, tuple):
        return " ".join(default)
    return default.text if isinstance(default, Quantity) else str(default).lower()


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
