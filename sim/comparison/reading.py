"""Reads what is to be compared: result folders, or kpi and summary files that came alone."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison import lines
from sim.comparison.lines import fault
from sim.comparison.statistics import Sample, Values
from sim.inputs.fields import LONGEST_NAME
from sim.inputs.text import InputError, Problem, load_yaml, printable
from sim.results import MANIFEST, integrity

ABOUT = ("place", "element", "actor", "heading", "unit")
_WORDS: Mapping[str, None] = dict.fromkeys(ABOUT)
_MEASURED = {"n": lines.COUNT, "mean": lines.Number(), "sd": lines.POSITIVE}
_RUN = {"scenario": None, "replication": lines.COUNT}
_VALUE = {"value": lines.Number()}
_SUMMARY = lines.Form("a summary.csv", "mean", {"scenario": None, "metric": None, **_WORDS, **_MEASURED})
_KPI = lines.Form("a kpi.csv", "metric", {**_RUN, "metric": None, **_WORDS, **_VALUE})
_ALONE = replace(_KPI, name="a kpi.csv or summary.csv")
_MONTHLY = lines.Form(
    "a monthly.csv", "variable", {**_RUN, "month": None, "variable": None, **_WORDS, **_VALUE}
)

_NOT_INPUTS = ("name", "question", "surprise", "answer", "source", "sources", "id", "reference")
_RESOLVED = "scenario.resolved.yaml"


class Row(NamedTuple):
    """What a column of values is about. month: YYYY-MM, empty for the whole period."""

    metric: str
    place: str
    element: str
    actor: str
    heading: str
    unit: str
    month: str = ""


@dataclass(frozen=True)
class Replicates:
    """Values of every replication. values: shape (replications, rows), nan where empty.

    per_draw: how many replications in a row share a draw of the parameters; 0: nothing is drawn.
    """

    replications: tuple[int, ...]
    rows: tuple[Row, ...]
    values: Values
    per_draw: int = 0


@dataclass(frozen=True)
class Moments:
    """Count, mean and variance of every row, where the replications are not known."""

    rows: tuple[Row, ...]
    sample: Sample


class Input(NamedTuple):
    """One thing that went into a result. kind: scenario, parameter or software."""

    kind: str
    unit: str
    text: str
    is_evidence: bool = False
    """A parameter as the evidence has it: that another result does not read it is no difference of inputs."""

    def differs(self, other: "Input | None") -> bool:
        """Whether another result had something else in this place. other: None where it had nothing."""
        return not self.is_evidence if other is None else self.text != other.text


@dataclass(frozen=True)
class Record:
    """What the manifest of a result says of how it came about. reference: name and hash, or empty."""

    start: str
    months: int
    root_seed: int
    asked: int
    reference: str
    draws: int = 0

    @property
    def per_draw(self) -> int:
        """Replications of each draw of the parameters; 0 where nothing is drawn."""
        return self.asked // self.draws if self.draws else 0

    @property
    def first(self) -> date:
        """First day of the period."""
        return date.fromisoformat(self.start)

    @property
    def end(self) -> date:
        """The day after the last one."""
        year, month = divmod(self.first.year * 12 + self.first.month - 1 + self.months, 12)
        return date(year, month + 1, min(self.first.day, monthrange(year, month + 1)[1]))

    def uneven(self, other: "Record") -> list[str]:
        """Months, YYYY-MM, of which both periods hold days, and not the same ones; in order."""
        months = sorted({day.replace(day=1) for side in (self, other) for day in (side.first, side.end)})
        held = {month: (self._held(month), other._held(month)) for month in months}
        return [f"{month:%Y-%m}" for month, (one, two) in held.items() if one and two and one != two]

    def _held(self, month: date) -> range:
        """The days of a month, told by its first one, that lie in the period."""
        after = month + timedelta(days=monthrange(month.year, month.month)[1])
        return range(max(month, self.first).toordinal(), min(after, self.end).toordinal())

    def unlike(self, other: "Record") -> list[str]:
        """Why replications of the two cannot be paired."""
        sides = (self, other)
        facts = {
            "period": [f"{side.months} months from {side.start}" for side in sides],
            "root seed": [str(side.root_seed) for side in sides],
            "replications": [str(side.asked) for side in sides],
            "draws of the parameters": [str(side.draws) for side in sides],
        }
        return [f"{name} {one} and {two}" for name, (one, two) in facts.items() if one != two]


@dataclass(frozen=True)
class Side:
    """One of the results to compare.

    record: None without a manifest. inputs: by path; None where nothing tells. monthly: its file, or None.
    """

    label: str
    source: Path
    scenario: str
    table: Replicates | Moments
    record: Record | None
    inputs: Mapping[str, Input] | None
    monthly: Path | None

    @property
    def folder_part(self) -> str:
        """The label as part of a folder's name; of labels that are paths the last part.

        A table on its own tells any name for its scenario; what no folder can be named becomes `_`.
        """
        label = _place_name(self.source.resolve()) if "/" in self.label else self.label
        plain = re.sub(r"[^\w.-]+", "_", label).strip(".")
        return plain.encode()[:LONGEST_NAME].decode(errors="ignore") or "_"


def read_sides(paths: Sequence[Path]) -> list[Side]:
    """Read all, each with a label of its own. Raises InputError with the faults of every one."""
    sides: list[Side] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            sides.append(_read_side(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return _labelled(sides)


def read_months(path: Path) -> Replicates:
    """A monthly.csv. Raises InputError."""
    _, frame = lines.read(path, [_MONTHLY])
    return _replicates(frame, path, "variable")


def _labelled(sides: list[Side]) -> list[Side]:
    """The scenario's name where it is unique, else the folder's, else the path; numbered if all fails."""
    choices = [
        [side.scenario for side in sides],
        [_place_name(side.source) or side.source.resolve().name for side in sides],
        [side.source.as_posix() for side in sides],
        [f"{side.source.as_posix()} ({number})" for number, side in enumerate(sides, start=1)],
    ]
    shown = ([printable(name) for name in names] for names in choices)  # a file's name may be any bytes
    labels = next(names for names in shown if len(set(names)) == len(names))
    return [replace(side, label=label) for side, label in zip(sides, labels, strict=True)]


def _place_name(path: Path) -> str:
    """A folder's name, and a file's without its suffix."""
    return path.name if path.is_dir() else path.stem


def _read_side(path: Path) -> Side:
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise fault(path, "there is no such file or folder")
    return _read_file(path)


def _read_file(path: Path) -> Side:
    form, frame = lines.read(path, [_SUMMARY, _ALONE])
    scenario = _scenario(frame, path)
    table = _moments(frame, path) if form is _SUMMARY else _replicates(frame, path)
    return Side("", path, scenario, table, None, None, None)


def _read_folder(folder: Path) -> Side:
    kpi, monthly = folder / "kpi.csv", folder / "monthly.csv"
    manifest, is_reference = _manifest(folder)
    if manifest is not None and "design.csv" in manifest[integrity.FILES]:
        hint = "Run two of them with `sim run`, or read its summary"
        raise fault(folder, "is a sweep: its points are not results of their own", hint=hint)
    if not kpi.is_file():
        raise fault(folder, "is not the folder of a result to compare: it has no kpi.csv")
    if manifest is None:
        hint = f"What it holds can be compared file by file: {kpi}"
        raise fault(folder / MANIFEST, "is missing: nothing tells whether the tables are whole", hint=hint)
    if is_reference:
        needed = ["reference/kpi.csv", "reference/monthly.csv"]
        integrity.check(folder.resolve().parent, manifest, needed)
    else:
        integrity.check(folder, manifest, ["kpi.csv", "monthly.csv", _RESOLVED])
    _, frame = lines.read(kpi, [_KPI])
    record = _record(manifest, is_reference=is_reference)
    inputs = None if is_reference else _inputs(folder, manifest)
    table = replace(_replicates(frame, kpi), per_draw=record.per_draw)
    return Side("", folder, _scenario(frame, kpi), table, record, inputs, monthly)


def _manifest(folder: Path) -> tuple[Mapping[str, Any] | None, bool]:
    """The manifest of a result, and whether it is that of the result whose `reference/` this folder is."""
    own, above = folder / MANIFEST, folder.resolve().parent / MANIFEST
    is_reference = not own.is_file() and folder.resolve().name == "reference" and above.is_file()
    path = above if is_reference else own
    return (integrity.read_manifest(path.parent) if path.is_file() else None), is_reference


def _record(manifest: Mapping[str, Any], *, is_reference: bool) -> Record:
    reference = None if is_reference else manifest["reference"]
    return Record(
        manifest["period"]["start"],
        manifest["period"]["months"],
        manifest["root_seed"],
        manifest["replications"]["asked"],
        "" if reference is None else f"{reference['name']} {reference['hash']}",
        manifest["replications"].get("draws", 0),
    )


def _inputs(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Input]:
    """Everything that went in, by path: the resolved scenario, the parameters as used, the software."""
    inputs = {
        path: Input("scenario", "", text)
        for path, text in _flat(load_yaml(folder / _RESOLVED).data)
        if not path.startswith("set.")
    }
    for used in manifest["parameters"]:
        told = (str(used["unit"]), _text(used["value"]))
        inputs[str(used["name"])] = Input("parameter", *told, is_evidence="set" not in used)
    software, git = manifest["software"], manifest["software"]["git"]
    inputs["evidence"] = Input("software", "", str(manifest["evidence"]["hash"])[:12])
    inputs["package"] = Input("software", "", str(software["package"]))
    inputs["commit"] = Input("software", "", str(git["commit"])[:12] if git else "")
    return inputs


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """(path with dots, value) of everything in a scenario that a run depends on. Events go by their id."""
    for key, value in tree.items():
        path = f"{above}{key}"
        if key in _NOT_INPUTS:
            continue
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            by_id = {str(item.get("id", number)): item for number, item in enumerate(value)}
            yield from _flat(by_id, f"{path}.")
        elif isinstance(value, dict):
            yield from _flat(value, f"{path}.")
        else:
            yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.10g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _scenario(frame: pd.DataFrame, path: Path) -> str:
    if "point" in frame.columns:
        raise fault(path, "holds the points of a sweep; compare the result of one scenario")
    names = frame["scenario"].unique()
    if len(names) > 1:
        line = int(frame.index[(frame["scenario"] != names[0]).to_numpy().argmax()])
        raise fault(path, f"holds several scenarios ({', '.join(names[:3])} …); one file a scenario", line)
    return str(names[0])


def _replicates(frame: pd.DataFrame, path: Path, name: str = "metric") -> Replicates:
    """Values by replication and row, rows in the order of the file."""
    months = ["month"] if "month" in frame.columns else []
    about = [name, *ABOUT, *months]
    _check_distinct(frame, ["replication", *about], path, "tells a value that an earlier line tells already")
    columns = frame.groupby(about, sort=False).ngroup().to_numpy()
    firsts = frame[about].drop_duplicates()
    numbers, at, told = np.unique(frame["replication"], return_inverse=True, return_counts=True)
    if lacking := [*_incomplete(path, numbers, len(firsts) - told)]:
        raise InputError(lacking)
    matrix = np.full((numbers.size, len(firsts)), nan)
    matrix[at, columns] = frame["value"]
    rows = tuple(Row(*fields) for fields in firsts.itertuples(index=False))
    return Replicates(tuple(int(number) for number in numbers), rows, matrix)


def _incomplete(path: Path, numbers: Values, lacking: NDArray[np.int64]) -> Iterator[Problem]:
    """The replications of which rows are missing: what is undefined is an empty field, never no row."""
    short = np.flatnonzero(lacking)
    for at in short[: lines.MOST]:
        message = f"is not complete: replication {numbers[at]:.0f} lacks {lacking[at]} rows that others have"
        yield Problem(str(path), 1, 1, "", message)


def _moments(frame: pd.DataFrame, path: Path) -> Moments:
    _check_distinct(frame, ["metric", *ABOUT], path, "tells a metric that an earlier line tells already")
    rows = tuple(Row(*fields) for fields in frame[["metric", *ABOUT]].itertuples(index=False))
    n, mean, sd = (frame[name].to_numpy() for name in ("n", "mean", "sd"))
    return Moments(rows, Sample(n, mean, sd**2))


def _check_distinct(frame: pd.DataFrame, columns: Sequence[str], path: Path, told: str) -> None:
    """Raises InputError with every line that says over again what a line is to say once."""
    if problems := [*lines.at_lines(path, frame, frame.duplicated(columns).to_numpy(), told)]:
        raise InputError(problems)
