"""Reads what was varied and what came of it: the folder of a sweep, or of a run with drawn parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison.reading import ABOUT, Row
from sim.inputs.text import InputError, Problem
from sim.results import integrity
from sim.results.metrics import METRICS
from sim.sweeps import reading

Values = NDArray[np.float64]
DRAWS = "draws"
"""The design of a run with drawn parameters."""
SET_NUMBER = "calibrated_set"
_EMPTY = {"value": [""], "own": [""]}
"""Columns in which an empty field is no number; elsewhere it is an empty text."""
ASKED = "question"
"""The group of an input that is no parameter of the evidence, but part of the question."""


@dataclass(frozen=True)
class Input:
    """What was varied. grade: of the evidence, `calibrated`, or ASKED. is_lever: somebody decides on it."""

    path: str
    unit: str
    grade: str
    settled_by: str
    is_lever: bool


@dataclass(frozen=True)
class Part:
    """The points of one policy: combination of levers, empty where there are none.

    rows: which points; x: shape (points, inputs), of the inputs that are no levers.
    """

    policy: str
    rows: NDArray[np.intp]
    x: Values


@dataclass(frozen=True)
class Studied:
    """A design and its results.

    kind: grid, lhs, sobol, morris, saltelli, file, or DRAWS. texts: what each point has of each input.
    numbers: the same as numbers, shape (points, inputs), nan where it is none; of a drawn parameter what its
    own law gave, independent of the others. sets: which calibrated set a point has, None without.
    kpi: one line a finished run and metric. finished: shape (points, replications).
    """

    folder: Path
    name: str
    kind: str
    inputs: tuple[Input, ...]
    texts: pd.DataFrame
    numbers: Values
    sets: NDArray[np.int64] | None
    own: pd.DataFrame
    base: pd.DataFrame | None
    finished: NDArray[np.bool_]

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.finished)

    @property
    def uncertain(self) -> tuple[Input, ...]:
        """What nobody decides on, in the order of Part.x."""
        return tuple(one for one in self.inputs if not one.is_lever)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """What there are values of."""
        about = self.own[["metric", *ABOUT]].drop_duplicates().astype(str)
        return tuple(Row(*fields) for fields in about.itertuples(index=False))

    def parts(self) -> list[Part]:
        """The points policy by policy."""
        levers = [one.path for one in self.inputs if one.is_lever]
        free = [number for number, one in enumerate(self.inputs) if not one.is_lever]
        if not levers:
            return [Part("", np.arange(self.points), self.numbers[:, free])]
        told = [", ".join(f"{path}={row[path]}" for path in levers) for _, row in self.texts.iterrows()]
        policies = dict.fromkeys(told)
        found = [np.flatnonzero([one == policy for one in told]) for policy in policies]
        return [
            Part(policy, rows, self.numbers[rows][:, free])
            for policy, rows in zip(policies, found, strict=True)
        ]

    def values(self, row: Row, *, as_difference: bool = False) -> Values:
        """Shape (points, replications), nan where a run failed or its value is not defined.

        as_difference: less the reference, unless the metric is measured against it already.
        """
        own = self._matrix(self.own, row)
        if not as_difference or self.base is None or METRICS[row.metric].relative:
            return own
        return own - self._matrix(self.base, row)

    def reference(self, row: Row) -> Values:
        """The same of the reference. Raises InputError where there is none."""
        if self.base is None:
            raise fault(self.folder, "has no reference run")
        return self._matrix(self.base, row)

    def _matrix(self, frame: pd.DataFrame, row: Row) -> Values:
        wanted = np.ones(len(frame), dtype=bool)
        for name, value in zip(("metric", *ABOUT), row, strict=False):
            wanted &= (frame[name] == value).to_numpy()
        lines = frame[wanted]
        found = np.full(self.finished.shape, np.nan)
        found[lines["point"].to_numpy(), lines["replication"].to_numpy()] = lines["value"].to_numpy()
        return found


def read(folder: Path) -> Studied:
    """Raises InputError if it is no sweep and no run with drawn parameters."""
    manifest = integrity.read_manifest(folder)
    integrity.check_tables(folder, manifest)
    if manifest.get("kind") == reading.KIND:
        return _sweep(folder)
    if "draws" in manifest.get("replications", ()):
        return _drawn(folder, manifest)
    hint = "Make one with `sim sweep`, or with `sim run --uncertainty`"
    raise fault(folder, "is the result of one point: nothing was varied", hint)


def _drawn(folder: Path, manifest: Mapping[str, Any]) -> Studied:
    counts = manifest["replications"]
    shape = (int(counts["draws"]), int(counts["asked"]) // int(counts["draws"]))
    kpi = _by_draw(_some(folder, _kpi(folder)), shape[1])
    draws = _table(folder / "draws.csv", ("draw", "path", "grade", "unit", "own", "value"))
    own, value = (draws.pivot(index="draw", columns="path", values=name) for name in ("own", "value"))
    firsts = draws.drop_duplicates("path")
    about = [tuple(map(str, row)) for row in firsts[["path", "unit", "grade"]].itertuples(index=False)]
    about = [(path, unit, grade) for path, unit, grade in about if path != SET_NUMBER]
    paths = [path for path, _, _ in about]
    base = folder / "reference" / "kpi.csv"
    finished = np.zeros(shape, dtype=bool)
    finished[kpi["point"].to_numpy(), kpi["replication"].to_numpy()] = True
    return Studied(
        folder,
        str(manifest["scenario"]["name"]),
        DRAWS,
        tuple(_input(manifest, path, unit, grade) for path, unit, grade in about),
        value[paths].map(lambda number: f"{number:.10g}"),
        own[paths].to_numpy(),
        own[SET_NUMBER].to_numpy(dtype=np.int64) if SET_NUMBER in own else None,
        kpi,
        _by_draw(_kpi(base.parent), shape[1]) if base.is_file() else None,
        finished,
    )


def _sweep(folder: Path) -> Studied:
    swept = reading.read(folder)
    _some(folder, swept.kpi)
    manifest, numbers = swept.manifest, swept.design.apply(pd.to_numeric, errors="coerce")
    finished = np.zeros((len(swept.texts), int(manifest["replications"])), dtype=bool)
    finished[swept.finished["point"].to_numpy(), swept.finished["replication"].to_numpy()] = True
    inputs = tuple(
        _input(manifest, path, unit or "", "", is_lever=path in swept.levers)
        for path, unit in swept.units.items()
    )
    name, kind = str(manifest["scenario"]["name"]), str(manifest["design"]["kind"])
    return Studied(
        folder,
        name,
        kind,
        inputs,
        swept.texts,
        numbers.to_numpy(dtype=np.float64),
        None,
        swept.kpi,
        None,
        finished,
    )


def _input(manifest: Mapping[str, Any], path: str, unit: str, grade: str, *, is_lever: bool = False) -> Input:
    """With what the manifest says of the parameter, if it is one."""
    found = next((one for one in manifest["parameters"] if one["name"] == path), None)
    if found is None:
        return Input(path, unit, grade or ASKED, "", is_lever)
    return Input(path, unit, grade or str(found["grade"]), str(found.get("settled_by", "")), is_lever)


def _some(folder: Path, kpi: pd.DataFrame) -> pd.DataFrame:
    """The metrics. Raises InputError if there are none."""
    if kpi.empty:
        raise fault(folder, "no run of it finished: runs.csv says why")
    return kpi


def _kpi(folder: Path) -> pd.DataFrame:
    """Every metric of every finished run, texts empty rather than missing."""
    return _table(folder / "kpi.csv", ("replication", "metric", *ABOUT, "value"))


def _by_draw(kpi: pd.DataFrame, per_draw: int) -> pd.DataFrame:
    """With the draw as point, and the replications of each draw counted from 0."""
    draws, replications = np.divmod(kpi["replication"].to_numpy(), per_draw)
    return kpi.assign(point=draws, replication=replications)


def _table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A CSV with these columns at least. Raises InputError."""
    texts = dict.fromkeys(("metric", *ABOUT, "path", "grade"), "str")
    try:
        frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=_EMPTY)
    except (OSError, ValueError) as reason:
        raise fault(path, f"cannot be read as a table: {' '.join(str(reason).split())}") from None
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise fault(path, f"has no column {', '.join(missing)}")
    return frame


def fault(path: Path, message: str, hint: str = "") -> InputError:
    """What is wrong with a file."""
    return InputError([Problem(str(path), 1, 1, "", message, hint)])
