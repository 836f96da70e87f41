"""Reads what is to be compared: result folders, or kpi and summary files that came alone."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.errors import ParserWarning

from sim.comparison.statistics import Sample, Values
from sim.inputs.fields import LONGEST_NAME
from sim.inputs.text import InputError, Problem, load_yaml, words
from sim.results import MANIFEST, integrity

ABOUT = ("place", "element", "actor", "heading", "unit")
KPI = ("scenario", "replication", "metric", *ABOUT, "value")
SUMMARY = ("scenario", "metric", *ABOUT, "n", "mean", "sd")
MONTHLY = ("scenario", "replication", "month", "variable", *ABOUT, "value")
_WORDS = ("scenario", "month", "metric", "variable", *ABOUT)

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
    """Values of every replication. values: shape (replications, rows), nan where empty."""

    replications: tuple[int, ...]
    rows: tuple[Row, ...]
    values: Values


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
    per_draw: how many replications in a row share a draw of the parameters; 0: nothing is drawn.
    """

    label: str
    source: Path
    scenario: str
    table: Replicates | Moments
    record: Record | None
    inputs: Mapping[str, Input] | None
    monthly: Path | None
    per_draw: int = 0

    @property
    def folder_part(self) -> str:
        """The label as part of a folder's name; of labels that are paths the last part.

        A table on its own tells any name for its scenario; what no folder can be named becomes `_`.
        """
        label = self.source.resolve().stem if "/" in self.label else self.label
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
    frame = _table(path)
    _require(frame, MONTHLY, path, "a monthly.csv")
    return _replicates(frame, path, "variable")


def _labelled(sides: list[Side]) -> list[Side]:
    """The scenario's name where it is unique, else the folder's, else the path; numbered if all fails."""
    choices = [
        [side.scenario for side in sides],
        [side.source.stem or side.source.resolve().name for side in sides],
        [side.source.as_posix() for side in sides],
        [f"{side.source.as_posix()} ({number})" for number, side in enumerate(sides, start=1)],
    ]
    labels = next(names for names in choices if len(set(names)) == len(names))
    labels = [label.encode(errors="backslashreplace").decode() for label in labels]  # no text: a file's name
    return [replace(side, label=label) for side, label in zip(sides, labels, strict=True)]


def _read_side(path: Path) -> Side:
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise _fault(path, "there is no such file or folder")
    return _read_file(path)


def _read_file(path: Path) -> Side:
    frame = _table(path)
    if "mean" in frame.columns:
        _require(frame, SUMMARY, path, "a summary.csv")
        return Side("", path, _scenario(frame, path), _moments(frame, path), None, None, None)
    _require(frame, KPI, path, "a kpi.csv or summary.csv")
    return Side("", path, _scenario(frame, path), _replicates(frame, path), None, None, None)


def _read_folder(folder: Path) -> Side:
    kpi, monthly = folder / "kpi.csv", folder / "monthly.csv"
    if (folder / "design.csv").is_file():
        hint = "Run two of them with `sim run`, or read its summary"
        raise _fault(folder, "is a sweep: its points are not results of their own", hint=hint)
    manifest, is_reference = _manifest(folder)
    if not kpi.is_file():
        raise _fault(folder, "is not the folder of a result to compare: it has no kpi.csv")
    if manifest is None:
        hint = f"What it holds can be compared file by file: {kpi}"
        raise _fault(folder / MANIFEST, "is missing: nothing tells whether the tables are whole", hint=hint)
    if is_reference:
        needed = ["reference/kpi.csv", "reference/monthly.csv"]
        integrity.check(folder.resolve().parent, manifest, needed)
    else:
        integrity.check(folder, manifest, ["kpi.csv", "monthly.csv", _RESOLVED])
    frame = _table(kpi)
    _require(frame, KPI, kpi, "a kpi.csv")
    record = _record(manifest, is_reference=is_reference)
    inputs = None if is_reference else _inputs(folder, manifest)
    table = _replicates(frame, kpi)
    return Side("", folder, _scenario(frame, kpi), table, record, inputs, monthly, record.per_draw)


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


def _table(path: Path) -> pd.DataFrame:
    """The file with every field as text; row i stands in line i + 2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ParserWarning)  # lines with more fields than the first has names
            frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (ValueError, OSError, ParserWarning) as reason:  # pandas' own errors are ValueErrors too
        raise _fault(path, f"cannot be read as a table: {' '.join(str(reason).split())}") from None
    return frame


def _require(frame: pd.DataFrame, columns: Sequence[str], path: Path, what: str) -> None:
    """Raises InputError unless all columns are there, a row, and a unit in every row."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        hint = "Fields are separated by commas" if len(frame.columns) == 1 else ""
        raise _fault(path, f"is not {what}: it has no column {', '.join(missing)}", hint=hint)
    if frame.empty:
        raise _fault(path, "has no rows")
    cut = (frame["unit"].fillna("") == "").to_numpy()
    if cut.any():
        raise _fault(path, "has no unit; is it cut off?", int(cut.argmax()) + 2)
    for column in (name for name in columns if name in _WORDS):
        for text in frame[column].unique():
            try:
                words(text)
            except ValueError as reason:
                line = int((frame[column] == text).to_numpy().argmax()) + 2
                raise _fault(path, f"{column}: {reason}", line) from None


def _scenario(frame: pd.DataFrame, path: Path) -> str:
    if "point" in frame.columns:
        raise _fault(path, "holds the points of a sweep; compare the result of one scenario")
    names = frame["scenario"].unique()
    if len(names) > 1:
        raise _fault(path, f"holds several scenarios ({', '.join(names[:3])} …); one file a scenario")
    return str(names[0])


def _replicates(frame: pd.DataFrame, path: Path, name: str = "metric") -> Replicates:
    """Values by replication and row, rows in the order of the file."""
    months = ["month"] if "month" in frame.columns else []
    about = [name, *ABOUT, *months]
    values = _numbers(frame, "value", path)
    replications = _numbers(frame, "replication", path)
    twice = frame.duplicated(["replication", *about]).to_numpy()
    if twice.any():
        raise _fault(path, "tells a value that an earlier line tells already", int(twice.argmax()) + 2)
    columns = frame.groupby(about, sort=False).ngroup().to_numpy()
    firsts = frame[about].drop_duplicates()
    numbers, lines = np.unique(replications, return_inverse=True)
    matrix = np.full((numbers.size, len(firsts)), nan)
    matrix[lines, columns] = values
    rows = tuple(Row(*fields) for fields in firsts.itertuples(index=False))
    return Replicates(tuple(int(number) for number in numbers), rows, matrix)


def _moments(frame: pd.DataFrame, path: Path) -> Moments:
    twice = frame.duplicated(["metric", *ABOUT]).to_numpy()
    if twice.any():
        raise _fault(path, "tells a metric that an earlier line tells already", int(twice.argmax()) + 2)
    rows = tuple(Row(*fields) for fields in frame[["metric", *ABOUT]].itertuples(index=False))
    n, mean, sd = (_numbers(frame, name, path) for name in ("n", "mean", "sd"))
    return Moments(rows, Sample(n, mean, sd**2))


def _numbers(frame: pd.DataFrame, column: str, path: Path) -> Values:
    """A column as numbers, nan where the field is empty (which a replication or a count must not be)."""
    texts = frame[column]
    numbers: Values = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64)
    empty_allowed = column not in ("replication", "n")
    bad = ~np.isfinite(numbers) & ~((texts == "").to_numpy() & empty_allowed)
    if not empty_allowed:
        bad |= numbers != np.floor(numbers)
    if bad.any():
        line = int(bad.argmax())
        raise _fault(path, f"{column}: {texts.iloc[line]!r} is not a number", line + 2)
    return numbers


def _fault(path: Path, message: str, line: int = 1, hint: str = "") -> InputError:
    return InputError([Problem(str(path), line, 1, "", message, hint)])
