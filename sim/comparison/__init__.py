"""Compares results with one of them: paired differences, the inputs behind them, the best of many, regret.

Replication r of every result used the same random streams, so differences are taken replication by
replication. Works on result folders and on the tables of one alone; knows nothing of how a run is made.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from sim.comparison.choice import BEST, best_frame, faults_of_policies, regret_frame, without_best
from sim.comparison.reading import Replicates, Row, Side, read_months, read_sides
from sim.comparison.rows import differences, same_replications
from sim.comparison.selection import Selection as Selection
from sim.comparison.selection import times_that_changed
from sim.inputs.text import InputError, Problem, suggest

MOST = 1000
"""How many results can be compared at once."""

INPUTS = ("input", "kind", "unit", "base", "other", "base_value", "other_value")
_CODE = ("evidence", "package", "commit")


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

    @property
    def pairs(self) -> int:
        """How many replications (or draws of the parameters) the base shares with another, at most."""
        tables = [side.table for side in (self.base, *self.others)]
        base, *others = (table for table in tables if isinstance(table, Replicates))
        return max(len(same_replications([base, other])[0].replications) for other in others)


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
    sides = read_sides(paths)
    without_months = [side.label for side in sides if side.monthly is None]
    wants_months = months or len(sides) == 2
    has_months = wants_months and not without_months
    no_months = _why_no_months(without_months, selection, wants_months=wants_months)
    if problems := [
        *selection.faults((row for side in sides for row in side.table.rows), no_months),
        *_faults_of_base(sides, base),
        *(faults_of_policies(sides, policies) if policies else ()),
        *([_WHOLE_PERIOD] if months and selection.worse_than is not None else []),
    ]:
        raise InputError(problems)
    sides = _base_first(sides, base)
    is_paired = not unpaired and all(isinstance(side.table, Replicates) for side in sides)
    if is_paired:
        _check_pairs(sides)
        sides = _by_common_draws(sides)
    rows = pd.concat(
        [
            _between(
                sides[0],
                other,
                differences(sides[0].table, other.table, selection.takes, is_paired=is_paired),
            )
            for other in sides[1:]
        ],
        ignore_index=True,
    )
    monthly = _monthly(sides, selection, is_paired=is_paired) if has_months else None
    if selection and rows.empty and (monthly is None or monthly.empty or not selection.variables):
        raise InputError([selection.emptiness(sides[0].table.rows)])
    chosen = [row for row in sides[0].table.rows if selection.takes(row)]
    notes = _limits(sides, is_paired=is_paired, without_months=without_months if wants_months else [])
    return Comparison(
        sides[0],
        tuple(sides[1:]),
        is_paired,
        selection.worse(rows),
        _inputs(sides),
        monthly,
        best_frame(sides, chosen, is_paired=is_paired)
        if len(sides) > 2
        else pd.DataFrame(columns=list(BEST)),
        regret_frame(sides, chosen, policies, is_paired=is_paired) if policies else None,
        (
            *notes,
            *_left_out(sides if has_months else []),
            *_untold(rows, selection, without_best(chosen) if policies else []),
        ),
    )


_WHOLE_PERIOD = Problem(
    "--worse-than", 1, 1, "", "measures the whole period, and months are compared as whole paths",
    "Leave it out, or --monthly and --iamc",
)  # fmt: skip


def _untold(rows: pd.DataFrame, selection: Selection, without: Sequence[str]) -> Iterator[str]:
    """What was asked for and has no answer. without: metrics of which no regret is told."""
    times = [] if selection.worse_than is None else times_that_changed(rows)
    if times:
        told = "of a time no mean is told, so no % by which it got worse; changed and not listed"
        yield f"{told}: {_few(times)}"
    if selection and without:
        yield f"a regret needs a worse side and a mean; none is told of {_few(without)}"


def _left_out(sides: Sequence[Side]) -> Iterator[str]:
    """Months that are not compared, of sides of which months are."""
    for other in sides[1:]:
        if uneven := _uneven(sides[0], other):
            told = f"{sides[0].label} and {other.label} hold different days of {' and '.join(uneven)}"
            yield f"{told}, which {'is' if len(uneven) == 1 else 'are'} not compared by month"


def _why_no_months(without: Sequence[str], selection: Selection, *, wants_months: bool) -> str:
    """Why no month is compared; empty if months are."""
    if selection.worse_than is not None:
        return "--worse-than measures the whole period"
    if not wants_months:
        return "months of more than two results are compared with --monthly only"
    return f"there is no monthly.csv of {_few(without)}" if without else ""


def _faults_of_base(sides: Sequence[Side], base: str) -> Iterator[Problem]:
    named = _named(sides, base)
    if base and not named:
        hint = suggest(base, [side.label for side in sides])
        yield Problem("--base", 1, 1, base, "is none of the results", hint)
    elif len(named) > 1:
        told = f"could be any of {_few([side.label for side in named])}"
        yield Problem("--base", 1, 1, base, told, "Give it as it is told here")


def _by_common_draws(sides: Sequence[Side]) -> list[Side]:
    """Pairs share their draws: a table on its own, which tells none, has those of the results beside it."""
    per_draw = max(_per_draw(side) for side in sides)
    return [
        replace(side, table=replace(side.table, per_draw=per_draw))
        for side in sides
        if isinstance(side.table, Replicates)
    ]


def _per_draw(side: Side) -> int:
    return side.table.per_draw if isinstance(side.table, Replicates) else 0


def _months_of(side: Side) -> Replicates:
    return replace(read_months(_file(side.monthly)), per_draw=_per_draw(side))


def _named(sides: Sequence[Side], name: str) -> list[Side]:
    """The results that a name stands for: the one so labelled, else those of that path or folder name."""
    labelled = [side for side in sides if side.label == name]
    return labelled or [side for side in sides if name in (side.source.as_posix(), side.source.name)]


def _base_first(sides: list[Side], base: str) -> list[Side]:
    """The base, then the others in the order given."""
    if not base:
        return sides
    (first,) = _named(sides, base)
    return [first, *(other for other in sides if other is not first)]


def _check_pairs(sides: Sequence[Side]) -> None:
    """Raises InputError with every result whose replications are not those of the others.

    Of the base; where it has no record those of the first that has one.
    """
    problems = []
    base = sides[0]
    known = next((side for side in sides if side.record is not None), base)
    for other in sides[1:]:
        against, reasons = known, _unlike(known, other)
        tables = [side.table for side in (base, other) if isinstance(side.table, Replicates)]
        if not reasons and not set.intersection(*(set(table.replications) for table in tables)):
            against, reasons = base, ["no replication finished in both"]
        if reasons:
            told = f"cannot be paired with {against.label}: {', '.join(reasons)}"
            problems.append(
                Problem(str(other.source), 1, 1, "", told, "With --unpaired they are taken as independent")
            )
    if problems:
        raise InputError(problems)


def _unlike(one: Side, two: Side) -> list[str]:
    """Why they cannot be paired, as far as both tell how they came about."""
    return [] if one.record is None or two.record is None else one.record.unlike(two.record)


def _between(base: Side, other: Side, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(base=base.label, other=other.label)


def _monthly(sides: Sequence[Side], selection: Selection, *, is_paired: bool) -> pd.DataFrame:
    """The differences of every month and variable. One file after the other: they are large."""
    base = _months_of(sides[0])
    frames = []
    for other in sides[1:]:
        uneven = _uneven(sides[0], other)

        def takes(row: Row, uneven: Sequence[str] = uneven) -> bool:
            return row.month not in uneven and selection.takes_month(row)

        found = differences(base, _months_of(other), takes, is_paired=is_paired)
        frames.append(_between(sides[0], other, found))
    return pd.concat(frames, ignore_index=True)


def _uneven(base: Side, other: Side) -> list[str]:
    """Months of which the two hold different days, as far as both tell."""
    return [] if base.record is None or other.record is None else base.record.uneven(other.record)


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
