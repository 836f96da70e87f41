"""A result folder as the page reads it: its tables and its manifest, nothing of the model.

Reading takes the standard library and numpy only, for it is part of every run; pandas, where there are
thousands of replications.
"""

import csv
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.inputs.text import InputError, Problem, load_yaml
from sim.ledger import Key
from sim.results import integrity

Values = NDArray[np.float64]
Row = Mapping[str, str]

ABOUT = ("place", "element", "actor", "heading")
LARGE_BYTES = 50_000_000
"""Of a table, from which on pandas is worth the half second that it takes to load."""


@dataclass(frozen=True)
class Table:
    """Values of every replication, nan where a field is empty.

    values[key]: shape (replications, months), or (replications,) of metrics.
    """

    replications: tuple[int, ...]
    months: tuple[str, ...]
    units: Mapping[Key, str]
    values: Mapping[Key, Values]

    def get(
        self, variable: str, place: str = "", element: str = "", actor: str = "", heading: str = ""
    ) -> Values | None:
        """The values of one series; None if the table has none of that name."""
        return self.values.get(Key(variable, place, element, actor, heading))


@dataclass(frozen=True)
class Side:
    """One scenario's tables: `monthly` and, of the whole period, `kpi`."""

    name: str
    monthly: Table
    kpi: Table


@dataclass(frozen=True)
class Result:
    """A finished run. scenario: the resolved file. timeline: what its events changed.

    reference: None where there is none, or none of its replications finished.
    """

    folder: Path
    manifest: Mapping[str, Any]
    scenario: Mapping[str, Any]
    own: Side
    reference: Side | None
    timeline: tuple[Row, ...]

    @property
    def months(self) -> tuple[str, ...]:
        """The months of the period, YYYY-MM."""
        return self.own.monthly.months

    @property
    def length(self) -> int:
        """Months of the period: one less than `months` names where it begins within a month."""
        return int(self.manifest["period"]["months"])

    @cached_property
    def covered(self) -> Values:
        """The share of each month's days that lies in the period, shape (months,)."""
        covered = np.ones(len(self.months))
        day = date.fromisoformat(self.manifest["period"]["start"]).day
        if day > 1:
            first, last = (monthrange(*map(int, month.split("-")))[1] for month in self._ends)
            covered[0], covered[-1] = (first - day + 1) / first, (min(day, last) - 1) / last
        return covered

    @property
    def _ends(self) -> tuple[str, str]:
        return self.months[0], self.months[-1]

    @property
    def reference_name(self) -> str:
        """The reference's name, empty without one."""
        return "" if self.reference is None else self.reference.name

    def draws(self, replications: Sequence[int]) -> NDArray[np.int64] | None:
        """The draw of the parameters of each replication; None where nothing is drawn."""
        asked = self.manifest["replications"]
        if not asked.get("draws"):
            return None
        per_draw = int(asked["asked"]) // int(asked["draws"])
        return np.array(replications, dtype=np.int64) // per_draw

    @cached_property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """What went into the run, by name."""
        return {item["name"]: item for item in self.manifest["parameters"]}

    def amount(self, parameter: str) -> float | None:
        """The value of a parameter; None if the run has none of that name or it is a law."""
        value = self.parameters.get(parameter, {}).get("value")
        return float(value) if isinstance(value, int | float) else None


def read_result(folder: Path) -> Result:
    """Read a run, or a backtest, which has months and no metrics. Raises InputError if it is neither."""
    manifest = read_manifest(folder)
    own = read_side(folder)
    below = folder / "reference"
    reference = read_side(below) if (below / "kpi.csv").is_file() else None
    resolved = folder / "scenario.resolved.yaml"
    return Result(
        folder,
        manifest,
        load_yaml(resolved).data if resolved.is_file() else {},
        own,
        reference if reference is not None and reference.kpi.replications else None,
        tuple(rows(folder / "timeline.csv")),
    )


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest. Raises InputError if there is none of ours, or a table is not as it was written."""
    manifest = integrity.read_manifest(folder)
    integrity.check_tables(folder, manifest)
    return manifest


def read_side(folder: Path) -> Side:
    """The tables of one scenario. Raises InputError."""
    scenario, monthly = read_table(folder / "monthly.csv", "variable")
    kpi = folder / "kpi.csv"
    metrics = read_table(kpi, "metric")[1] if kpi.is_file() else Table(monthly.replications, (), {}, {})
    return Side(scenario, monthly, metrics)


def read_table(file: Path, name: str) -> tuple[str, Table]:
    """(scenario, table) of a kpi.csv or monthly.csv. name: the column that says what is told.

    Raises InputError if it is cut off or lacks a column.
    """
    if file.is_file() and file.stat().st_size >= LARGE_BYTES:
        from sim.report import large

        with suppress(OSError, KeyError, ValueError):  # what is wrong is told below, as for small ones
            return large.read_table(file, name)
    return _by_rows(file, name)


def _by_rows(file: Path, name: str) -> tuple[str, Table]:
    found: dict[tuple[str, ...], list[str]] = {}
    units: dict[tuple[str, ...], str] = {}
    replications: dict[str, None] = {}
    months: dict[str, None] = {}
    scenario = ""
    for cells in _cells(file, name):
        scenario, replication, month, about, unit, value = cells
        replications[replication] = None
        months[month] = None
        if about in found:
            found[about].append(value)
        else:
            found[about], units[about] = [value], unit
    shape = (len(replications), len(months))
    try:
        values = {Key(*about): _array(texts, shape) for about, texts in found.items()}
    except ValueError:
        raise fault(file, "is not complete: replications or months differ from row to row") from None
    if months == {"": None}:
        values = {key: array[:, 0] for key, array in values.items()}
    named = {Key(*about): unit for about, unit in units.items()}
    return scenario, Table(tuple(map(int, replications)), tuple(months), named, values)


def _cells(file: Path, name: str) -> Iterator[tuple[str, str, str, tuple[str, ...], str, str]]:
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            reader = csv.reader(opened)
            columns = next(reader, [])
            wanted = ("scenario", "replication", name, *ABOUT, "unit", "value")
            missing = [column for column in wanted if column not in columns]
            if missing:
                raise fault(file, f"has no column {', '.join(missing)}")
            s, r, v, p, e, a, h, u, x = (columns.index(column) for column in wanted)
            m = columns.index("month") if "month" in columns else None
            for row in reader:
                month = "" if m is None else row[m]
                yield row[s], row[r], month, (row[v], row[p], row[e], row[a], row[h]), row[u], row[x]
    except (OSError, IndexError, UnicodeDecodeError, csv.Error) as reason:
        raise fault(file, f"cannot be read: {reason}") from None


def _array(texts: Sequence[str], shape: tuple[int, int]) -> Values:
    return np.array([text or "nan" for text in texts], dtype=np.float64).reshape(shape)


def rows(file: Path) -> list[dict[str, str]]:
    """A small table as mappings by column; empty where there is no such file."""
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            return list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as reason:
        raise fault(file, f"cannot be read: {reason}") from None


def text(file: Path) -> str:
    """What a file says; empty where there is none. Raises InputError if it is no text."""
    try:
        return file.read_text(encoding="utf-8") if file.is_file() else ""
    except (OSError, UnicodeDecodeError) as reason:
        raise fault(file, f"cannot be read: {reason}") from None


def fault(path: Path, message: str) -> InputError:
    """A refusal in the usual form."""
    return InputError([Problem(str(path), 1, 1, "", message)])
