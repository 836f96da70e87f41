"""Reading the files of `seeds/` into records: every key known, none missing, every fault with its place."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from sim.evidence.records import (
    DISTRIBUTIONS,
    GRADES,
    KINDS,
    Citation,
    Draw,
    Estimate,
    Event,
    Fact,
    Observation,
    Place,
    Source,
)
from sim.inputs import files
from sim.inputs.quantity import LARGEST
from sim.inputs.text import InputError, Located, Problem, YamlPath, load_yaml, suggest, words
from sim.inputs.units import find_unit

MOST_MEGABYTES = 20
"""Of a table; the largest shipped one has 75 kB."""

Converter = Callable[[Any], Any]
T = TypeVar("T")
R = TypeVar("R", Fact, Observation, Event, Place)


@dataclass
class Faults:
    """The faults found so far, and where each parameter and each row of a table stands."""

    problems: list[Problem] = field(default_factory=list)
    located: dict[str, tuple[Located, YamlPath]] = field(default_factory=dict)
    lines: dict[tuple[Path, str], int] = field(default_factory=dict)

    def gather(self, read: Callable[[], T], instead: T) -> T:
        """What `read` returns; after an InputError its faults are kept and `instead` is returned."""
        try:
            return read()
        except InputError as error:
            self.problems.extend(error.problems)
            return instead

    def of_parameter(self, name: str, key: str, message: str) -> None:
        """A fault of one key of a parameter that has been read."""
        document, path = self.located[name]
        self.problems.append(document.problem((*path, key), message))

    def of_row(self, path: Path, row: str, message: str, hint: str = "") -> None:
        """A fault of a row of a table that has been read, by its id."""
        self.of_line(path, self.lines[path, row], row, message, hint)

    def of_line(self, path: Path, line: int, column: str, message: str, hint: str = "") -> None:
        """A fault of a line of a table."""
        self.problems.append(Problem(str(path), line, 1, column, message, hint))


# ---------------------------------------------------------------------------------------------- values
def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text is expected")
    return value.strip()


def _text_or_none(value: Any) -> str:
    return "" if value is None else _text(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a number is expected")
    return _usable(float(value))


def _usable(number: float) -> float:
    """The same number; ValueError where it is none, or beyond all that can be counted."""
    if not isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    if number and not 1 / LARGEST <= abs(number) <= LARGEST:
        raise ValueError(f"{number:g} is out of reach: sizes go from {1 / LARGEST:g} to {LARGEST:g}")
    return number


def _date(value: Any) -> date:
    if not isinstance(value, date):
        raise ValueError("a date is expected, as YYYY-MM-DD")
    return value


def _day_month_or_year(value: Any) -> str:
    return str(value) if isinstance(value, date | int) else _text(value)


def _unit(value: Any) -> str:
    return find_unit(_text(value)).name


def _one_of(allowed: tuple[str, ...]) -> Converter:
    def convert(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"one of {', '.join(allowed)} is expected")
        return str(value)

    return convert


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of names is expected")
    return tuple(_text(item) for item in value)


def _citations(value: Any) -> tuple[Citation, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of {id, where} is expected")
    for item in value:
        if not isinstance(item, dict) or set(item) != {"id", "where"}:
            raise ValueError("each source is {id, where}")
    return tuple(Citation(_text(item["id"]), _text(item["where"])) for item in value)


_ESTIMATE: Mapping[str, Converter] = {
    "value": _number,
    "low": _number,
    "high": _number,
    "unit": _unit,
    "distribution": _one_of(DISTRIBUTIONS),
    "kind": _one_of(KINDS),
    "grade": _one_of(GRADES),
    "sources": _citations,
    "formula": _text,
    "inputs": _names,
    "checked": _date,
    "note": _text,
    "settled_by": _text,
}
_ESTIMATE_OPTIONAL = {"formula": "", "inputs": ()}

_SOURCE: Mapping[str, Converter] = {
    "title": _text,
    "publisher": _text,
    "date": _day_month_or_year,
    "kind": _text,
    "language": _text,
    "url": _text_or_none,
    "read_on": _date,
    "note": _text_or_none,
}


def _fields(
    document: Located,
    path: YamlPath,
    data: Any,
    converters: Mapping[str, Converter],
    optional: Mapping[str, Any],
    faults: Faults,
) -> dict[str, Any] | None:
    """The converted values of a mapping with exactly these keys; None after a fault."""
    if not isinstance(data, dict):
        faults.problems.append(document.problem(path, "a mapping of keys to values is expected"))
        return None
    before = len(faults.problems)
    for key in data.keys() - converters.keys():
        unknown = document.problem((*path, key), "unknown key", suggest(key, converters), at_key=True)
        faults.problems.append(unknown)
    missing = [key for key in converters if key not in data and key not in optional]
    if missing:
        message = f"missing: {', '.join(missing)}"
        faults.problems.append(document.problem(path, message, at_key=True))
    found = dict(optional)
    for key in converters.keys() & data.keys():
        try:
            found[key] = converters[key](data[key])
        except ValueError as error:
            fault = document.problem((*path, key), str(error), at_key=data[key] is None)
            faults.problems.append(fault)
    return found if len(faults.problems) == before else None


def _load(path: Path, faults: Faults) -> Located | None:
    return faults.gather(lambda: load_yaml(path), None)


# ---------------------------------------------------------------------------------------- YAML files
def read_parameters(folder: Path, faults: Faults) -> dict[str, Estimate]:
    """All estimates of `folder/*.yaml`; the first part of a name is the file's."""
    estimates: dict[str, Estimate] = {}
    for path in sorted(folder.glob("[!.]*")):
        if path.suffix != ".yaml":
            faults.problems.append(Problem(str(path), 1, 1, "", "only .yaml files belong here"))
            continue
        document = _load(path, faults)
        if document is None:
            continue
        for where, data in _leaves(document, (), document.data, faults):
            fields = _fields(document, where, data, _ESTIMATE, _ESTIMATE_OPTIONAL, faults)
            if fields is None:
                continue
            name = ".".join((path.stem, *map(str, where)))
            if name in estimates:
                faults.problems.append(document.problem(where, f"'{name}' stands twice", at_key=True))
            line = document.key_mark(where)[0]
            file = f"{folder.parent.name}/{folder.name}/{path.name}"
            estimates[name] = Estimate(name=name, **fields, file=file, line=line)
            faults.located[name] = (document, where)
    if not estimates and not faults.problems:
        faults.problems.append(Problem(str(folder), 1, 1, "", "no parameters found"))
    return estimates


def _leaves(document: Located, path: YamlPath, data: Any, faults: Faults) -> Iterator[tuple[YamlPath, Any]]:
    """The parameters below `data`: mappings with at least one key only a parameter has."""
    for key, child in data.items():
        where = (*path, key)
        if isinstance(child, dict) and not _ESTIMATE.keys() & child.keys():
            yield from _leaves(document, where, child, faults)
        else:
            yield where, child


def read_sources(path: Path, faults: Faults) -> dict[str, Source]:
    """The sources of one file: id → fields."""
    document = _load(path, faults)
    sources: dict[str, Source] = {}
    for name, data in document.data.items() if document else ():
        fields = _fields(document, (name,), data, _SOURCE, {}, faults) if document else None
        if fields is not None:
            sources[name] = Source(id=name, **fields)
    return sources


# ----------------------------------------------------------------------------------------- CSV tables
def table_rows(
    path: Path, columns: Iterable[str], faults: Faults, *, numbered: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row of a table with exactly these columns.

    numbered: the first column, the id, may be missing; the line then stands for it.
    """
    expected = list(columns)
    text = _table_text(path, faults)
    if text is None:
        return
    reader = csv.reader(StringIO(text, newline=""))
    try:
        header = next(reader, [])
        without_id = numbered and header == expected[1:]
        if header != expected and not without_id:
            faults.of_line(path, 1, "", f"the columns must be {', '.join(expected)}")
            return
        for cells in reader:
            if without_id:
                cells = [f"line {reader.line_num}", *cells]
            if len(cells) != len(expected):
                faults.of_line(path, reader.line_num, "", f"{len(cells)} cells, {len(expected)} expected")
                continue
            yield reader.line_num, dict(zip(expected, cells, strict=True))
    except csv.Error as error:
        faults.of_line(path, max(1, reader.line_num), "", f"cannot be read: {error}")


def _table_text(path: Path, faults: Faults) -> str | None:
    """The text of a table, a byte order mark left out; None after a fault."""
    content = b""
    try:
        content = files.content(path, MOST_MEGABYTES)
        return content.decode("utf-8-sig")
    except files.UnreadableError as error:
        faults.of_line(path, 1, "", str(error))
    except UnicodeDecodeError as error:
        faults.of_line(path, content.count(b"\n", 0, error.start) + 1, "", "is not UTF-8 text")
    return None


def cell_date(text: str) -> date:
    """The date in a cell. Raises ValueError if there is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("a date is expected, as YYYY-MM-DD") from None


def _cell_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a number is expected") from None
    return _usable(number)


def _cell_names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(";") if name.strip())


_CELLS: Mapping[str, Callable[[str], Any]] = {
    "date": cell_date,
    "period_start": cell_date,
    "period_end": cell_date,
    "lat": _cell_number,
    "lon": _cell_number,
    "precision_deg": _cell_number,
    "used_by": _cell_names,
}


def _read_table(
    path: Path,
    record: type[R],
    faults: Faults,
    numbers: frozenset[str] = frozenset(),
    check: Callable[[R], str] = lambda _: "",
    *,
    numbered: bool = False,
) -> dict[str, R]:
    """The records of a table by id; a second row with the same id, or what `check` objects to, is a fault."""
    records: dict[str, R] = {}
    for line, row in table_rows(path, record.__dataclass_fields__, faults, numbered=numbered):
        fields: dict[str, Any] = {}
        for column, text in row.items():
            try:
                fields[column] = (_cell_number if column in numbers else _CELLS.get(column, words))(text)
            except ValueError as error:
                faults.of_line(path, line, column, str(error))
        if not row["id"]:
            faults.of_line(path, line, "id", "is empty")
        elif row["id"] in records:
            faults.of_line(path, line, "id", f"'{row['id']}' stands twice")
        elif len(fields) == len(row):
            records[row["id"]] = found = record(**fields)
            faults.lines[path, found.id] = line
            if objection := check(found):
                faults.of_row(path, found.id, objection)
    return records


def read_facts(path: Path, faults: Faults) -> dict[str, Fact]:
    """The facts, each either used or with a reason why not."""

    def objection(fact: Fact) -> str:
        used = bool(fact.used_by) != bool(fact.not_used_because)
        return "" if used else "exactly one of used_by and not_used_because is needed"

    return _read_table(path, Fact, faults, check=objection)


def read_observations(path: Path, faults: Faults) -> dict[str, Observation]:
    """The observed series, in the file's order. A file of one's own may leave out the column of ids."""

    def objection(item: Observation) -> str:
        if item.period_start > item.period_end:
            return "the period ends before it starts"
        return "a value below 0 must be a change, in %" if item.value < 0.0 and "%" not in item.unit else ""

    return _read_table(path, Observation, faults, frozenset({"value"}), objection, numbered=True)


def read_events(path: Path, faults: Faults) -> dict[str, Event]:
    """The dated events, in the file's order."""
    return _read_table(path, Event, faults)


def read_ensemble(path: Path, faults: Faults) -> tuple[Draw, ...]:
    """The calibrated parameter sets, in the file's order; none where there is no file."""
    draws: dict[str, Draw] = {}
    for line, row in table_rows(path, Draw.__dataclass_fields__, faults) if path.exists() else ():
        try:
            number, unit = _cell_number(row["value"]), find_unit(row["unit"]).name
            loss = _cell_number(row["loss"])
            draw = Draw(int(row["member"]), loss, row["scenario"], row["path"], number, unit)
        except ValueError as error:
            faults.of_line(path, line, "", str(error))
            continue
        if draw.id in draws:
            faults.of_line(path, line, draw.path, f"stands twice in set {draw.member}")
        faults.lines[path, draw.id] = line
        draws[draw.id] = draw
    return tuple(draws.values())


def read_places(path: Path, faults: Faults) -> dict[str, Place]:
    """The places for maps."""
    return _read_table(path, Place, faults)
