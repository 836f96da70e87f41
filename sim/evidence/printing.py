"""Printing the evidence: the list of parameters, and one parameter with all it stands on."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from sim.evidence import Registry
from sim.evidence.records import GRADES, Estimate
from sim.inputs.text import InputError, Problem, suggest

GRADE_MEANING: Mapping[str, str] = {
    "A": "stated in an article",
    "B": "derived from the articles",
    "C": "another publication, or derived from one",
    "D": "assumption, or derived from one",
}
Users = Mapping[str, Sequence[str]]
"""Parameter name → the scenarios or modules that use it."""


def render_list(
    registry: Registry,
    *,
    grade: str | None = None,
    source: str | None = None,
    family: str | None = None,
    unused: bool = False,
    used_by: Users | None = None,
    format: str = "table",
    width: int = 110,
) -> str:
    """All parameters that match every filter, as a table or as JSON.

    `unused` keeps those that `used_by` does not name.
    Raises InputError for an unknown grade, source or family.
    """
    users = used_by or {}
    _check_filters(registry, grade, source, family)
    found = [
        estimate
        for estimate in registry.parameters.values()
        if grade in (None, estimate.grade)
        and family in (None, estimate.family)
        and (source is None or source in {citation.id for citation in estimate.sources})
        and not (unused and users.get(estimate.name))
    ]
    if format == "json":
        return _json(registry, found, users)
    return f"{_table(found, width)}{_count(found)}\n"


def render_one(
    registry: Registry,
    names: Sequence[str],
    *,
    used_by: Users | None = None,
    format: str = "table",
    width: int = 110,
) -> str:
    """The named parameters with range, grade, sources, formula with its inputs, note and users.

    Raises InputError for unknown names.
    """
    found = registry.select(list(names))
    users = used_by or {}
    if format == "json":
        return _json(registry, found, users)
    return "\n".join("\n".join(_lines(registry, item, users, width)) + "\n" for item in found)


def number(value: float) -> str:
    """A value as a reader writes it: 10 significant digits at most, no exponent below a billion."""
    text = f"{value:.10g}"
    return f"{value:.0f}" if "e+" in text and abs(value) < 1e15 else text


def _with_unit(value: float, unit: str) -> str:
    return number(value) if unit == "1" else f"{number(value)} {unit}"


def _check_filters(registry: Registry, grade: str | None, source: str | None, family: str | None) -> None:
    families = {estimate.family for estimate in registry.parameters.values()}
    wanted: Iterable[tuple[str, str | None, Iterable[str]]] = (
        ("grade", grade, GRADES),
        ("source", source, registry.sources),
        ("family", family, families),
    )
    problems = [
        Problem(f"--{option}", 1, 1, value, f"no such {option}", suggest(value, known) or _all_of(known))
        for option, value, known in wanted
        if value is not None and value not in known
    ]
    if problems:
        raise InputError(problems)


def _all_of(known: Iterable[str]) -> str:
    """A hint that names everything known, if that is short."""
    listed = ", ".join(sorted(known))
    return f"One of {listed}" if len(listed) < 100 else ""


def _count(found: Sequence[Estimate]) -> str:
    counts = {grade: sum(item.grade == grade for item in found) for grade in GRADES}
    listed = (f"{count} of grade {grade}" for grade, count in counts.items() if count)
    return ", ".join((f"{len(found)} parameters", *listed))


def _table(found: Sequence[Estimate], width: int) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    for heading in ("value", "low", "high"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("grade", no_wrap=True)
    table.add_column("source", overflow="fold")
    for item in found:
        cited = ", ".join(dict.fromkeys(citation.id for citation in item.sources)) or item.kind
        figures = (number(item.value), number(item.low), number(item.high))
        table.add_row(item.name, *figures, item.unit, item.grade, cited)
    out = StringIO()
    Console(file=out, width=width, color_system=None, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _lines(registry: Registry, item: Estimate, users: Users, width: int) -> Iterator[str]:
    """One parameter in plain text."""
    span = f"{number(item.low)} to {number(item.high)}, {item.distribution}"
    yield f"{item.name} = {_with_unit(item.value, item.unit)}" + (
        "" if item.low == item.high else f"  ({span})"
    )
    yield f"  grade {item.grade}: {GRADE_MEANING[item.grade]} · {item.kind} · checked {item.checked}"
    yield f"  {item.file}:{item.line}"
    yield from _wrapped(item.note, "  ", width)
    for citation in item.sources:
        source = registry.sources[citation.id]
        address = f" · {source.url}" if source.url else ""
        text = f"{citation.id}: {source.title}, {source.publisher}, {source.date}; {citation.where}{address}"
        yield from _wrapped(text, "  from ", width)
    if item.formula:
        yield from _wrapped(f"= {item.formula}", "  ", width)
        for name, value, said in _inputs(registry, item):
            yield from _wrapped(f"{name} = {value}{said}", "    ", width)
    yield from _wrapped(f"would settle it: {item.settled_by}", "  ", width)
    yield from _wrapped(f"used by: {', '.join(users.get(item.name, ())) or 'nothing named'}", "  ", width)


def _inputs(registry: Registry, item: Estimate) -> Iterator[tuple[str, str, str]]:
    """(name, value with unit, what it is) of each input of a formula."""
    for name, value in registry.inputs_of(item).items():
        if name in registry.parameters:
            used = registry.parameters[name]
            yield name, _with_unit(value, used.unit), f" (parameter of grade {used.grade})"
        elif name in registry.observations:
            seen = registry.observations[name]
            yield name, _with_unit(value, seen.unit), f" (observed, {seen.publisher or seen.reference})"
        else:
            fact = registry.facts[name]
            yield name, _with_unit(value, fact.unit), f" ({fact.source}: {fact.wording})"


def _wrapped(text: str, lead: str, width: int) -> list[str]:
    indent = " " * (len(lead) - len(lead.lstrip()) + 2) if lead.strip() else lead
    return textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _json(registry: Registry, found: Sequence[Estimate], users: Users) -> str:
    records = [_record(registry, item, users) for item in found]
    return json.dumps(records, indent=2, ensure_ascii=False) + "\n"


def _record(registry: Registry, item: Estimate, users: Users) -> dict[str, Any]:
    cited = [(citation, registry.sources[citation.id]) for citation in item.sources]
    return {
        "name": item.name,
        "value": item.value,
        "low": item.low,
        "high": item.high,
        "unit": item.unit,
        "distribution": item.distribution,
        "kind": item.kind,
        "grade": item.grade,
        "sources": [
            {
                "id": citation.id,
                "where": citation.where,
                "title": source.title,
                "publisher": source.publisher,
                "date": source.date,
                "url": source.url,
            }
            for citation, source in cited
        ],
        "formula": item.formula,
        "inputs": registry.inputs_of(item),
        "checked": item.checked.isoformat(),
        "note": item.note,
        "settled_by": item.settled_by,
        "used_by": list(users.get(item.name, ())),
        "file": item.file,
        "line": item.line,
    }
