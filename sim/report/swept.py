"""A sweep as its page reads it: what was varied, and what the metrics of the page are at its values."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.ledger import Key
from sim.report.comparison_page import FIRST
from sim.report.happenings import ACTORS
from sim.report.reading import Values

if TYPE_CHECKING:
    from sim.sweeps.reading import Swept

_MOST_LEVELS = 12
"""A path with more values than this is spread out, not set step by step."""
ARMED = ("kia", "uwsa", "ndaa", "ndak", "junta")
_UNIT_IN_NAME = re.compile(r"_(cny|usd|kg|t|m3|d)(_per_(t|kg|d|yr|month|vehicle))?$")
_LONG_NUMBER = re.compile(r"(?<![\d.])\d{5,}")


@dataclass(frozen=True)
class Axis:
    """A path that was varied: its values in order as written, and as numbers; empty where they are none."""

    path: str
    levels: tuple[str, ...]
    numbers: tuple[float, ...]
    unit: str
    is_lever: bool

    @property
    def words(self) -> str:
        """The path for people: its last two parts, without the unit, which stands beside every value."""
        *_, above, last = ("", *self.path.split("."))
        last = _UNIT_IN_NAME.sub("", last)
        kind = "tax" if self.path.startswith("taxes.") else ""
        return " ".join(filter(None, (ACTORS.get(above, above), last, kind))).replace("_", " ")

    @property
    def shown(self) -> tuple[str, ...]:
        """The levels for people: `70,000 CNY/t`."""
        return tuple(_LONG_NUMBER.sub(lambda found: f"{int(found[0]):,}", level) for level in self.levels)

    @property
    def is_stepped(self) -> bool:
        """Whether it has few values."""
        return len(self.levels) <= _MOST_LEVELS

    @property
    def is_tax(self) -> bool:
        """Whether it is the size of a tax."""
        return self.path.startswith("taxes.") or self.path.endswith(".rate")


@dataclass(frozen=True)
class Sweep:
    """texts: for each point the text of every path. values[metric]: shape (points, replications), nan where a
    run failed."""

    axes: tuple[Axis, ...]
    texts: Mapping[str, Sequence[str]]
    points: int
    values: Mapping[Key, Values]

    @cached_property
    def states(self) -> int:
        """How many states of what is no lever there are: 1 if levers alone are varied."""
        texts = [self.texts[axis.path] for axis in self.axes if not axis.is_lever]
        return len(set(zip(*texts, strict=True))) if texts else 1

    @property
    def is_alone(self) -> bool:
        """Whether there is one replication: nothing has an interval."""
        return all(table.shape[1] < 2 for table in self.values.values())

    def alike(self, *paths: str) -> bool:
        """Whether all else takes the same values at each of those of these paths, as it does in a grid.

        Then means over all else differ by these paths alone; not where a sample varies all at once.
        """
        rest: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        others = [axis.path for axis in self.axes if axis.path not in paths]
        for point in range(self.points):
            at, beside = (tuple(self.texts[path][point] for path in some) for some in (paths, others))
            rest[at].append(beside)
        first, *more = (sorted(found) for found in rest.values())
        return all(found == first for found in more)


def read_sweep(folder: Path) -> Sweep:
    """Design and the metrics that the page shows. Raises InputError where it is no finished sweep."""
    from sim.sweeps.reading import read

    swept = read(folder)
    texts = {path: [str(text) for text in swept.texts[path]] for path in swept.texts.columns}
    axes = tuple(_axis(swept, path) for path in texts if len(set(texts[path])) > 1)
    wanted = dict.fromkeys([*FIRST, *(Key("tax_cny", actor=actor) for actor in ARMED)])
    keys = set(swept.keys)
    values = {
        key: swept.metric(key.variable, **_about(key)).to_numpy(dtype=np.float64)
        for key in wanted
        if key in keys
    }  # fmt: skip
    return Sweep(axes, texts, len(swept.texts), values)


def _about(key: Key) -> dict[str, str]:
    return {name: told for name, told in key._asdict().items() if name != "variable"}


def _axis(swept: "Swept", path: str) -> Axis:
    unit = swept.units[path]
    texts = [str(text) for text in swept.texts[path]]
    if unit is None:
        return Axis(path, tuple(dict.fromkeys(texts)), (), "", path in swept.levers)
    by_number = dict(sorted(zip(map(float, swept.design[path]), texts, strict=True)))
    return Axis(
        path, tuple(by_number.values()), tuple(by_number), "" if unit == "1" else unit, path in swept.levers
    )


def held_at(sweep: Sweep, key: Key, where: Mapping[str, str]) -> Values:
    """By replication, the mean over all points that agree with `where`; nan where none of them finished."""
    chosen = np.ones(sweep.points, dtype=bool)
    for path, text in where.items():
        chosen &= np.array([one == text for one in sweep.texts[path]])
    values = sweep.values[key][chosen]
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    means: Values = np.where(counts > 0, np.nansum(values, axis=0) / np.maximum(counts, 1), nan)
    return means


def point_means(sweep: Sweep, key: Key) -> Values:
    """Means over replications of the points of which a run finished."""
    values = sweep.values.get(key, np.empty((0, 0)))
    kept = values[~np.isnan(values).all(axis=1)] if values.size else values
    means: Values = np.nanmean(kept, axis=1) if kept.size else np.empty(0)
    return means
