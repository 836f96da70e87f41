"""Compares results with one of them: paired differences, the inputs behind them, the best of many, regret.

Replication r of every result used the same random streams, so differences are taken replication by
replication. Works on result folders and on the tables of one alone; knows nothing of how a run is made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sim.comparison.choice import BEST, best_frame, regret_frame
from sim.comparison.draws import by_draw
from sim.comparison.reading import Replicates, Row, Side, read_months, read_sides
from sim.comparison.rows import differences, direction
from sim.inputs.text import InputError, Problem, suggest
from sim.results.variables import VARIABLES

MOST = 1000
"""How many results can be compared at once."""

INPUTS = ("input", "kind", "unit", "base", "other", "base_value", "other_value")
_CODE = ("evidence", "package", "commit")


@dataclass(frozen=True)
class Selection:
    """Which rows to compare; empty: all. `all` as a place or element: the totals.

    worse_than: only rows in which the other is worse than the base by more than so many % of it.
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
        variables = [name for name in self.metrics if name in VARIABLES]
        return (not variables or row.metric in variables) and self.takes_about(row)

    def takes_about(self, row: Row) -> bool:
        """Whether place and element are wanted."""
        return (not self.places or (row.place or "all") in self.places) and (
            not self.elements or (row.element or "all") in self.elements
        )

    def check(self, rows: Iterable[Row]) -> None:
        """Raises InputError for every name that no row has."""
        known = set(rows)
        options = {
            "--metric": (self.metrics, {row.metric for row in known} | set(VARIABLES)),
            "--place": (self.places, {row.place or "all" for row in known}),
            "--element": (self.elements, {row.element or "all" for row in known}),
        }
        problems = [
            Problem(option, 1, 1, name, "is in none of the results", suggest(name, there))
            for option, (asked, there) in options.items()
            for name in asked
            if name not in there
        ]
        if problems:
            raise InputError(problems)


@dataclass(frozen=True)
class Comparison:
    """What was found. is_paired: False where all were taken as independent.

    rows: a line for each other and row (see `comparison_rows`); monthly: the same by month, None without.
    inputs: INPUTS. best: BEST, empty for fewer than three results. regret: REGRET, None without policies.
    notes: what limits the answer, above all what could not be checked.
    """

    base: Side
    others: tuple[Side, ...]
    is_paired: bool
    rows: pd.DataFrame
    inputs: pd.DataFrame
    monthly: pd.DataFrame | None
    best: pd.DataFrame
    regret: pd.DataFrame | None
    notes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        """Whether every value compared is the same in all."""
        frames = [self.rows] if self.monthly is None else [self.rows, self.monthly]
        return all(len(frame) > 0 and bool(frame["same"].all()) for frame in frames)


def compare(
    paths: Sequence[Path],
    selection: Selection,
    *,
    base: str = "",
    unpaired: bool = False,
    policies: Sequence[str] = (),
    months: bool = False,
) -> Comparison:
    """Compare all with the first, or with `base` (label, path or folder name).

    unpaired: take them as independent, even where replications could be paired. policies: PATHs of the inputs
    that are decisions; then regret is measured over the states that the other differing inputs make up.
    months: read the monthly tables even of more than two results.
    Raises InputError if something cannot be read, is not there, or cannot be paired.
    """
    if not 2 <= len(paths) <= MOST:
        raise _refusal("sim compare", f"2 to {MOST:,} results can be compared, not {len(paths):,}")
    sides = [_independent(side) for side in _base_first(read_sides(paths), base)]
    selection.check(row for side in sides for row in side.table.rows)
    is_paired = not unpaired and all(isinstance(side.table, Replicates) for side in sides)
    if is_paired:
        _check_pairs(sides)
    rows = [
        _between(
            sides[0], other, differences(sides[0].table, other.table, selection.takes, is_paired=is_paired)
        )
        for other in sides[1:]
    ]
    without_months = [side.label for side in sides if side.monthly is None]
    wants_months = months or len(sides) == 2
    chosen = [row for row in sides[0].table.rows if selection.takes(row)]
    return Comparison(
        sides[0],
        tuple(sides[1:]),
        is_paired,
        _worse_only(pd.concat(rows, ignore_index=True), selection.worse_than),
        _inputs(sides),
        _monthly(sides, selection, is_paired=is_paired) if wants_months and not without_months else None,
        best_frame(sides, chosen, is_paired=is_paired)
        if len(sides) > 2
        else pd.DataFrame(columns=list(BEST)),
        regret_frame(sides, chosen, policies, is_paired=is_paired) if policies else None,
        tuple(_limits(sides, is_paired=is_paired, without_months=without_months if wants_months else [])),
    )


def _independent(side: Side) -> Side:
    """With one row a draw, where parameters were drawn."""
    if not isinstance(side.table, Replicates):
        return side
    return replace(side, table=by_draw(side.table, side.per_draw))


def _months_of(side: Side) -> Replicates:
    return by_draw(read_months(_file(side.monthly)), side.per_draw)


def _base_first(sides: list[Side], base: str) -> list[Side]:
    """The base, then the others in the order given."""
    if not base:
        return sides
    for side in sides:
        if base in (side.label, side.source.as_posix(), side.source.name):
            return [side, *(other for other in sides if other is not side)]
    raise _refusal("--base", f"{base}: is none of the results", suggest(base, [side.label for side in sides]))


def _check_pairs(sides: Sequence[Side]) -> None:
    """Raises InputError with every result whose replications are not those of the base."""
    problems = []
    base = sides[0]
    for other in sides[1:]:
        reasons: list[str] = []
        if base.record is not None and other.record is not None:
            reasons = base.record.unlike(other.record)
        tables = [side.table for side in (base, other) if isinstance(side.table, Replicates)]
        if not reasons and not set.intersection(*(set(table.replications) for table in tables)):
            reasons = ["no replication finished in both"]
        if reasons:
            told = f"cannot be paired with {base.label}: {', '.join(reasons)}"
            problems.append(
                Problem(str(other.source), 1, 1, "", told, "With --unpaired they are taken as independent")
            )
    if problems:
        raise InputError(problems)


def _between(base: Side, other: Side, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(base=base.label, other=other.label)


def _worse_only(frame: pd.DataFrame, percent: float | None) -> pd.DataFrame:
    if percent is None:
        return frame
    return frame[frame["metric"].map(direction) * frame["diff_pct"] > percent].reset_index(drop=True)


def _monthly(sides: Sequence[Side], selection: Selection, *, is_paired: bool) -> pd.DataFrame:
    """The differences of every month and variable. One file after the other: they are large."""
    base = _months_of(sides[0])
    frames = [
        _between(
            sides[0],
            other,
            differences(base, _months_of(other), selection.takes_month, is_paired=is_paired),
        )
        for other in sides[1:]
    ]
    return pd.concat(frames, ignore_index=True)


def _file(path: Path | None) -> Path:
    assert path is not None  # months are only read where all have them
    return path


def _inputs(sides: Sequence[Side]) -> pd.DataFrame:
    """Every input that differs between the base and another, software included."""
    base = sides[0]
    lines = []
    for other in sides[1:]:
        if base.inputs is None or other.inputs is None:
            continue
        for path in dict.fromkeys([*base.inputs, *other.inputs]):
            one, two = base.inputs.get(path), other.inputs.get(path)
            about, across = (one, two) if one else (two, one)
            if about is not None and about.differs(across):
                texts = ("" if side is None else side.text for side in (one, two))
                lines.append((path, about.kind, about.unit, base.label, other.label, *texts))
    return pd.DataFrame(lines, columns=list(INPUTS))


def _limits(sides: Sequence[Side], *, is_paired: bool, without_months: Sequence[str]) -> Iterator[str]:
    """What the reader must know about the comparison itself."""
    if not is_paired:
        yield "taken as independent: no pairs, so intervals are as wide as without common random numbers"
    if any(not isinstance(side.table, Replicates) for side in sides):
        yield "a summary.csv has no replications to pair; kpi.csv has"
    unrecorded = [side.label for side in sides if side.record is None]
    if unrecorded:
        yield (
            f"no manifest.json of {_few(unrecorded)}: period, root seed and the number of replications asked "
            "for could not be checked, nor which inputs differ, nor whether model and evidence are the same"
        )
    untold = [side.label for side in sides if side.inputs is None and side.record is not None]
    if untold:
        yield f"which inputs differ is not known of {_few(untold)} (the reference run of a result)"
    if without_months:
        yield f"no monthly.csv, so no differences by month: {_few(without_months)}"
    yield from _unlike_records(sides)
    yield from _unlike_tables(sides, is_paired=is_paired)
    code = [path for path in _CODE if len({side.inputs.get(path) for side in sides if side.inputs}) > 1]
    if code:
        yield f"made with different {' and '.join(code)}: part of any difference may come of that"


def _unlike_records(sides: Sequence[Side]) -> Iterator[str]:
    """Where pairs were made there are no reasons left against them."""
    base = sides[0]
    elsewhere = []
    for other in sides[1:]:
        if base.record is None or other.record is None:
            continue
        reasons = base.record.unlike(other.record)
        if reasons:
            yield f"{base.label} and {other.label} differ in {', '.join(reasons)}"
        if len({base.record.reference, other.record.reference} - {""}) > 1:
            elsewhere.append(other.label)
    if elsewhere:
        yield f"metrics relative to a reference are against others than {base.label}'s in {_few(elsewhere)}"


def _unlike_tables(sides: Sequence[Side], *, is_paired: bool) -> Iterator[str]:
    base = sides[0]
    lonely = defaultdict(list)
    for other in sides[1:]:
        lonely[len(set(base.table.rows) ^ set(other.table.rows))].append(other.label)
    for number, labels in lonely.items():
        if number:
            yield f"{number} rows are only in one of {base.label} and {_few(labels)}, and not compared"
    finished = {
        side.label: set(side.table.replications) for side in sides if isinstance(side.table, Replicates)
    }
    every = set().union(*finished.values())
    lacking = [label for label, those in finished.items() if len(those) < len(every)]
    if is_paired and lacking:
        yield f"of {len(every)} replications, some are missing in {_few(lacking)}; pairs leave them out"


def _few(labels: Sequence[str]) -> str:
    """The labels, or the first of many."""
    return ", ".join(labels) if len(labels) <= 4 else f"{', '.join(labels[:3])} and {len(labels) - 3} more"


def _refusal(place: str, message: str, hint: str = "") -> InputError:
    return InputError([Problem(place, 1, 1, "", message, hint)])
