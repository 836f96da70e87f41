"""The text of a result folder's CSV files, from the outcomes and measures of one scenario's replications.

Numbers are written with ten significant digits; an undefined number is an empty field. Files come in pieces,
one or more a replication, so that none need be held whole.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from math import floor

import numpy as np
from numpy.typing import NDArray

from sim.experiment import Failure
from sim.ledger import Key, Outcome
from sim.results.csv_text import csv_line as _line
from sim.results.csv_text import csv_number as number
from sim.results.metrics import METRICS, Interval, Measure, measure
from sim.results.statistics import Summary, describe, describe_times
from sim.results.variables import VARIABLES, Month, panel

ABOUT = ("place", "element", "actor", "heading")
SUMMARY = ("n", "mean", "sd", "ci_low", "ci_high", "p05", "p50", "p95")
TIMELINE = ("date", "event", "kind", "target", "before", "after", "effect")


@dataclass(frozen=True)
class Replicated:
    """What the replications of one scenario gave. `outcomes` and `failures` are in order of replication.

    per_draw: how many replications in a row share a draw of the parameters; 0: nothing is drawn.
    """

    scenario: str
    start: date
    outcomes: tuple[Outcome, ...]
    failures: tuple[Failure, ...]
    per_draw: int = 0


@dataclass(frozen=True)
class Measured:
    """Every metric of every finished replication. values: shape (replications, keys), nan where undefined.

    per_draw: as in Replicated.
    """

    scenario: str
    replications: tuple[int, ...]
    keys: tuple[Key, ...]
    units: tuple[str, ...]
    values: NDArray[np.float64]
    per_draw: int = 0

    def draws(self, replications: Sequence[int]) -> NDArray[np.int64] | None:
        """The draw of each of these replications; None if nothing is drawn."""
        return np.array(replications, dtype=np.int64) // self.per_draw if self.per_draw else None

    def column(self, key: Key) -> NDArray[np.float64]:
        """One metric of all replications, shape (replications,); KeyError if there is none of that name."""
        return self.values[:, self._positions[key]]

    def summary(self, key: Key) -> Summary:
        """What the replications say about one metric."""
        censor = METRICS[key.variable].censor
        if censor:
            return describe_times(self.column(key), self.column(key._replace(variable=censor)))
        return describe(self.column(key), self.draws(self.replications))

    @cached_property
    def _positions(self) -> Mapping[Key, int]:
        return {key: position for position, key in enumerate(self.keys)}


def measured(
    runs: Replicated,
    reference: Replicated | None,
    shut: Mapping[int, Sequence[Interval]] | None = None,
) -> Measured:
    """Measure every finished replication, against the same replication of the reference where it finished.

    shut: replication -> the disruptions to count imports over, where they are not the outcome's own.
    """
    others = {} if reference is None else {outcome.replication: outcome for outcome in reference.outcomes}
    rows: list[tuple[Measure, ...]] = []
    for outcome in runs.outcomes:
        windows = None if shut is None else shut.get(outcome.replication, ())
        rows.append(measure(outcome, others.get(outcome.replication), windows))
    first = rows[0] if rows else ()
    return Measured(
        runs.scenario,
        tuple(outcome.replication for outcome in runs.outcomes),
        tuple(one.key for one in first),
        tuple(one.unit for one in first),
        np.array([[one.value for one in row] for row in rows]).reshape(len(rows), len(first)),
        runs.per_draw,
    )


def paired(own: Measured, base: Measured, key: Key) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One metric of two runs over the replications that finished in both: two arrays of shape (common,)."""
    columns = []
    for table in (own, base):
        position = {replication: row for row, replication in enumerate(table.replications)}
        rows = [position[replication] for replication in common(own, base)]
        columns.append(table.column(key)[rows])
    return columns[0], columns[1]


def common(own: Measured, base: Measured) -> list[int]:
    """The replications that finished in both, in order."""
    return sorted(set(own.replications) & set(base.replications))


def is_same(own: Measured, base: Measured) -> bool:
    """Whether nothing differs that both define; False where no replication finished in both."""
    pairs = (paired(own, base, key) for key in own.keys)
    return bool(common(own, base)) and all(
        ((ours == theirs) | np.isnan(theirs)).all() for ours, theirs in pairs
    )


def monthly_csv(runs: Replicated) -> Iterator[str]:
    """Months of every variable: flows summed, stocks at the last day, prices averaged."""
    yield _line(("scenario", "replication", "month", "variable", *ABOUT, "unit", "value"))
    form = ""
    for outcome in runs.outcomes:
        series = panel(outcome)
        months, firsts = months_of(runs.start, outcome.daily.shape[1])
        form = form or _monthly_form(runs.scenario, tuple(series), months)
        values = np.empty((len(series), len(months)))
        daily = np.array(list(series.values()))
        for how, rows in _by_how(tuple(series)).items():
            values[rows] = by_month(daily[rows], firsts, how)
        yield filled(form, outcome.replication, values)


_REPLICATION = "\0"


def _monthly_form(scenario: str, keys: Sequence[Key], months: Sequence[str]) -> str:
    """What `filled` fills: the lines of a replication, of which only its number and the values differ."""
    head = f"{scenario},{_REPLICATION},".replace("%", "%%")
    return "".join(
        f"{head}{month},{','.join(key)},{VARIABLES[key.variable].unit.replace('%', '%%')},%.10g\n"
        for key in keys
        for month in months
    )


def filled(form: str, replication: int, values: NDArray[np.float64]) -> str:
    """The lines with their numbers, at once, as `number` writes each."""
    text = form.replace(_REPLICATION, str(replication)) % tuple((values.ravel() + 0.0).tolist())
    return text.replace(",nan\n", ",\n") if np.isnan(values).any() else text


@lru_cache
def _by_how(keys: tuple[Key, ...]) -> dict[Month, NDArray[np.intp]]:
    """Which of the series are summed over a month, averaged, or taken on its last day."""
    hows: tuple[Month, ...] = ("sum", "mean", "last")
    return {how: np.flatnonzero([VARIABLES[key.variable].month == how for key in keys]) for how in hows}


def kpi_csv(table: Measured) -> Iterator[str]:
    """One row a replication and metric."""
    yield _line(("scenario", "replication", "metric", *ABOUT, "unit", "value"))
    about = [f"{','.join(key)},{unit}" for key, unit in zip(table.keys, table.units, strict=True)]
    for replication, row in zip(table.replications, table.values.tolist(), strict=True):
        yield "".join(
            f"{table.scenario},{replication},{name},{number(value)}\n"
            for name, value in zip(about, row, strict=True)
        )


def summary_csv(table: Measured) -> Iterator[str]:
    """One row a metric over all replications."""
    yield _line(("scenario", "metric", *ABOUT, "unit", *SUMMARY))
    for key, unit in zip(table.keys, table.units, strict=True):
        s = table.summary(key)
        numbers = (s.mean, s.sd, s.low, s.high, s.p05, s.p50, s.p95)
        yield _line((table.scenario, *key, unit, s.n, *map(number, numbers)))


def runs_csv(runs: Replicated) -> Iterator[str]:
    """One row a replication, failed ones with what they failed of."""
    yield _line(("scenario", "replication", "status", "seconds", "lots", "events", "stage", "error"))
    rows: dict[int, tuple[object, ...]] = {}
    for outcome in runs.outcomes:
        rows[outcome.replication] = ("ok", f"{outcome.seconds:.3f}", outcome.lots, outcome.events, "", "")
    for failure in runs.failures:
        error = " ".join(f"{failure.type}: {failure.message}".split())
        rows[failure.replication] = ("failed", "", "", "", failure.stage, error)
    for replication in sorted(rows):
        yield _line((runs.scenario, replication, *rows[replication]))


def timeline_csv(runs: Replicated) -> Iterator[str]:
    """Every change an event made or failed to make; one that all replications share is written once."""
    yield _line(("replication", *TIMELINE))
    seen: dict[tuple[tuple[str, ...], int], list[int]] = defaultdict(list)
    for outcome in runs.outcomes:
        repeats: Counter[tuple[str, ...]] = Counter()
        for row in outcome.timeline:
            day = (runs.start + timedelta(days=floor(row.day))).isoformat()
            told: tuple[str, ...] = (day, row.event, row.kind, row.target, row.before, row.after, row.effect)
            seen[told, repeats[told]].append(outcome.replication)
            repeats[told] += 1
    for (told, _), replications in sorted(seen.items()):
        shared = len(replications) == len(runs.outcomes)
        for replication in [""] if shared else replications:
            yield _line((replication, *told))


def without_effect(runs: Replicated, events: Iterable[str]) -> tuple[str, ...]:
    """Those of the scenario's events that changed nothing in any replication."""
    rows = (row for outcome in runs.outcomes for row in outcome.timeline)
    effective = {row.event for row in rows if row.effect == "changed"}
    return tuple(event for event in events if event not in effective)


def months_of(start: date, days: int) -> tuple[list[str], NDArray[np.intp]]:
    """The months of a period, YYYY-MM, and the index of each one's first day in it."""
    firsts = [0]
    day = start
    while True:
        day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        if (day - start).days >= days:
            break
        firsts.append((day - start).days)
    labels = [(start + timedelta(days=first)).strftime("%Y-%m") for first in firsts]
    return labels, np.array(firsts)


def by_month(daily: NDArray[np.float64], firsts: NDArray[np.intp], how: Month) -> NDArray[np.float64]:
    """Daily numbers, shape (..., days), by month: flows summed, of stocks the last day, of prices the mean.

    Shape (..., months).
    """
    ends = np.append(firsts[1:], daily.shape[-1])
    if how == "last":
        return daily[..., ends - 1]
    sums: NDArray[np.float64] = np.add.reduceat(daily, firsts, axis=-1)
    return sums if how == "sum" else sums / (ends - firsts)
