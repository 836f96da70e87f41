"""Which rows of a comparison are wanted: by name, and by how much worse they got."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd

from sim.comparison.reading import Row
from sim.comparison.rows import direction, is_time
from sim.inputs.text import Problem, suggest
from sim.results.variables import VARIABLES

_FEW = 12
"""Names that a hint lists."""


@dataclass(frozen=True)
class Selection:
    """Which rows to compare; empty: all. `all` as a place or element: the totals.

    worse_than: only rows in which the other is worse than the base by more than so many % of it; of what is
    told in % itself, by more than so many points.
    """

    metrics: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    worse_than: float | None = None

    def __bool__(self) -> bool:
        return bool(self.metrics or self.places or self.elements or self.worse_than is not None)

    def takes(self, row: Row) -> bool:
        """Whether the row is wanted, going by what it is about."""
        return (not self.metrics or row.metric in self.metrics) and self.takes_about(row)

    def takes_month(self, row: Row) -> bool:
        """The same of a monthly variable. If every name asked for is a metric, no variable is left out."""
        return (not self.variables or row.metric in self.variables) and self.takes_about(row)

    def takes_about(self, row: Row) -> bool:
        """Whether place and element are wanted."""
        return (not self.places or (row.place or "all") in self.places) and (
            not self.elements or (row.element or "all") in self.elements
        )

    @property
    def variables(self) -> list[str]:
        """The names asked for that a monthly table may have."""
        return [name for name in self.metrics if name in VARIABLES]

    def faults(self, rows: Iterable[Row], no_months: str) -> Iterator[Problem]:
        """Every name that no row has, and a threshold that is none. no_months: why no month is compared."""
        known = set(rows)
        metrics = {row.metric for row in known}
        options = {
            "--metric": (self.metrics, metrics | (set() if no_months else set(VARIABLES))),
            "--place": (self.places, {row.place or "all" for row in known}),
            "--element": (self.elements, {row.element or "all" for row in known}),
        }
        for option, (asked, there) in options.items():
            for name in asked:
                if name not in there:
                    only_monthly = option == "--metric" and name in VARIABLES
                    told = f"is a monthly variable, and {no_months}" if only_monthly else ""
                    yield Problem(
                        option, 1, 1, name, told or "is in none of the results", suggest(name, there)
                    )
        if self.worse_than is not None and not (isfinite(self.worse_than) and self.worse_than >= 0):
            yield Problem(
                "--worse-than", 1, 1, f"{self.worse_than:g}", "a number of %, 0 or more, is expected"
            )

    def emptiness(self, rows: Collection[Row]) -> Problem:
        """That each name is there, and nothing that has all of them. rows: all there are."""
        about = [row for row in rows if not self.metrics or row.metric in self.metrics]
        options = {
            "--place": (self.places, dict.fromkeys(row.place or "all" for row in about)),
            "--element": (self.elements, dict.fromkeys(row.element or "all" for row in about)),
        }
        asked = [f"--metric {name}" for name in self.metrics]
        asked += [f"{option} {name}" for option, (names, _) in options.items() for name in names]
        there = [f"{option} {_few(list(names))}" for option, (asked, names) in options.items() if asked]
        what = f"Of {', '.join(self.metrics)} there" if self.metrics else "There"
        hint = f"{what} is {'; '.join(there)}" if about and there else ""
        return Problem("sim compare", 1, 1, " ".join(asked), "no row has all of these in both results", hint)

    def worse(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The lines of a comparison that got worse by more than is asked for; all, if nothing is."""
        if self.worse_than is None:
            return frame
        return frame[worsening(frame) > self.worse_than].reset_index(drop=True)


def worsening(frame: pd.DataFrame) -> "pd.Series[float]":
    """By how many % each line of a comparison got worse; of what is told in %, by how many points.

    Without limit where the base has nothing. nan where neither side is worse, or nothing has a mean.
    """
    change = frame["diff_pct"].astype(float)
    change = change.where(frame["unit"] != "%", frame["diff_mean"])
    change = change.fillna(np.inf * np.sign(frame["diff_mean"]))  # a base of 0, or as good as
    signs = frame["metric"].map(direction).replace(0, np.nan)
    return change * signs


def times_that_changed(frame: pd.DataFrame) -> list[str]:
    """The metrics that are a time and changed: they have no mean, and so no %."""
    changed = frame.loc[~frame["same"].astype(bool), "metric"].unique()
    return [name for name in changed if is_time(name)]


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more
