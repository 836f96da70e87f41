"""A sweep's folder read again, for analyses and pages. Knows files only, nothing of how a run is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.inputs.text import InputError, Problem
from sim.ledger import Key
from sim.results import MANIFEST, integrity
from sim.results.frames import read_csv

KIND = "sweep"
ABOUT = ("place", "element", "actor", "heading")
NAMED = ("metric", *ABOUT, "unit")
CODED = {name: "category" for name in ("scenario", *NAMED)}


@dataclass(frozen=True)
class Swept:
    """A finished sweep.

    manifest: of the folder; its `design` says kind, samples, states, levers, uncertainties and their laws.
    texts: for each point (index) the text of every value, as `--set` takes it.
    """

    folder: Path
    manifest: Mapping[str, Any]
    texts: pd.DataFrame

    @property
    def levers(self) -> tuple[str, ...]:
        """Paths of the decisions."""
        return tuple(one["path"] for one in self.manifest["design"]["levers"])

    @property
    def uncertainties(self) -> tuple[str, ...]:
        """Paths of what is sampled."""
        return tuple(one["path"] for one in self.manifest["design"]["uncertainties"])

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of each path's numbers; None where the values are no numbers."""
        design = self.manifest["design"]
        return {one["path"]: one["unit"] for one in (*design["levers"], *design["uncertainties"])}

    @cached_property
    def design(self) -> pd.DataFrame:
        """Values by point: numbers in the path's unit, or texts where they are no numbers."""
        numbers = {
            path: self.texts[path].str.split(" ").str[0].astype(float)
            if unit is not None
            else self.texts[path]
            for path, unit in self.units.items()
        }
        return pd.DataFrame(numbers, index=self.texts.index)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """runs.csv."""
        return read_csv(self.folder / "runs.csv")

    @cached_property
    def kpi(self) -> pd.DataFrame:
        """One line a finished run and metric."""
        return _table(self.folder, "kpi")

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One line a point and metric."""
        return _table(self.folder, "summary")

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """What the columns of `values` are."""
        first = self.kpi[list(NAMED)].head(self._width).astype(str)
        return tuple(Key(*row[:-1]) for row in first.itertuples(index=False))

    @cached_property
    def finished(self) -> pd.DataFrame:
        """Point and replication of every finished run: the rows of `values`."""
        return self.kpi[["point", "replication"]].iloc[:: self._width].reset_index(drop=True)

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Every metric of every finished run, shape (finished runs, metrics); nan where undefined."""
        values: NDArray[np.float64] = self.kpi["value"].to_numpy(dtype=np.float64)
        return values.reshape(-1, self._width)

    def metric(self, name: str, **about: str) -> pd.DataFrame:
        """One metric, a row a point and a column a replication; nan where a run failed or it is undefined.

        about: place, element, actor, heading; those not given are the totals. Raises KeyError.
        """
        key = Key(name, **about)
        if key not in self.keys:
            raise KeyError(f"no metric {name} {about}")
        column = self.values[:, self.keys.index(key)]
        series = pd.Series(column, index=pd.MultiIndex.from_frame(self.finished))
        table = series.unstack("replication")
        return table.reindex(index=self.texts.index, columns=range(self.manifest["replications"]))

    @cached_property
    def _width(self) -> int:
        first = self.kpi[["point", "replication"]].to_numpy()
        if not len(first):
            return 1
        other = (first != first[0]).any(axis=1)
        return int(other.argmax()) if other.any() else len(first)


def read(folder: Path) -> Swept:
    """The sweep of a folder. Raises InputError where it is none."""
    manifest = integrity.read_manifest(folder)
    if manifest.get("kind") != KIND:
        raise _fault(folder / MANIFEST, "is not the manifest of a sweep")
    integrity.check_tables(folder, manifest)
    if manifest["shard"]["of"] > 1:
        raise _fault(folder, "is one part of a sweep. Join the parts with `sim merge`")
    texts = read_csv(folder / "design.csv", dict.fromkeys(_paths(manifest), "str")).set_index("point")
    return Swept(folder, manifest, texts)


def _paths(manifest: Mapping[str, Any]) -> list[str]:
    design = manifest["design"]
    return [one["path"] for one in (*design["levers"], *design["uncertainties"])]


def _table(folder: Path, name: str) -> pd.DataFrame:
    """A table in whichever form it was written."""
    path = folder / f"{name}.parquet"
    if path.is_file():
        return pd.read_parquet(path)
    return read_csv(folder / f"{name}.csv", CODED)


def _fault(path: Path, message: str) -> InputError:
    return InputError([Problem(str(path), 1, 1, "", message)])
