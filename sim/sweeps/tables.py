"""The tables of a sweep, in order of point and replication, whoever made the runs and when.

Everything streams in blocks of whole points, so that neither runs nor tables are ever in memory as a whole.
"""

import csv
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.results.csv_text import csv_number as number
from sim.results.metrics import METRICS
from sim.results.statistics import Spread, spread, spread_of_times
from sim.results.tables import ABOUT, SUMMARY
from sim.sweeps.ledger import Book, Columns, Values
from sim.sweeps.plan import Plan

RUNS = ("point", "replication", "status", "seconds", "lots", "events", "stage", "type", "message", "command")
KPI = ("point", "scenario", "replication", "metric", *ABOUT, "unit", "value")
SUMMARY_COLUMNS = ("point", "scenario", "metric", *ABOUT, "unit", *SUMMARY)

BLOCK_RUNS = 1000
MOST_CSV_ROWS = 2_000_000
"""Above that a table is for programs: Parquet, unless CSV is asked for."""


@dataclass(frozen=True)
class Runs:
    """Where the book has each run of a plan. entries: one a run, -1 where it has none."""

    plan: Plan
    columns: Columns
    book: Book
    entries: NDArray[np.intp]

    def blocks(self) -> Iterator[tuple[int, int]]:
        """First point and point after the last of every block."""
        points, each = len(self.plan.design.rows), max(1, BLOCK_RUNS // self.plan.replications)
        yield from pairwise([*range(0, points, each), points])

    def at(self, first: int, last: int) -> NDArray[np.intp]:
        """The entries of the points from `first` to before `last`, shape (points x replications,)."""
        each = self.plan.replications
        return self.entries[first * each : last * each]

    def values(self, first: int, last: int) -> Values:
        """Shape (points, replications, metrics), nan for runs without a value."""
        flat = self.book.rows(self.at(first, last), len(self.columns))
        return flat.reshape(last - first, self.plan.replications, len(self.columns))

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which runs finished."""
        return (self.entries >= 0) & self.book.ok[self.entries] if self.book.ok.size else self.entries >= 0


def design_csv(plan: Plan) -> Iterator[str]:
    """design.csv: the values of every point, as `--set` and `--design` take them."""
    yield _lines([("point", *plan.design.paths)])
    for point, row in enumerate(plan.design.rows):
        yield _lines([(point, *row)])


def runs_csv(runs: Runs) -> Iterator[str]:
    """runs.csv: how each run went, with the command that makes a failed one again."""
    yield _lines([RUNS])
    words = runs.plan.wish.words()
    for first, last in runs.blocks():
        entries = runs.at(first, last)
        names = ("seconds", "lots", "events", "stage", "type", "message")
        columns = [runs.book.gathered(entries, name) for name in names]
        rows = []
        for at, (seconds, lots, events, *fault) in enumerate(zip(*columns, strict=True)):
            point, replication = divmod(first * runs.plan.replications + at, runs.plan.replications)
            if entries[at] < 0:
                continue
            if fault[0]:
                command = shlex.join([*words, "--only", f"{point}/{replication}"])
                told = [" ".join(str(text).split()) for text in fault]
                rows.append((point, replication, "failed", "", "", "", *told, command))
            else:
                rows.append((point, replication, "ok", f"{seconds:.3f}", lots, events, "", "", "", ""))
        yield _lines(rows)


def kpi_csv(runs: Runs) -> Iterator[str]:
    """kpi.csv: one line a finished run and metric."""
    yield _lines([KPI])
    name, about = runs.plan.name, _about(runs.columns)
    for point, replication, values in _finished(runs):
        lead = f"{point},{name},{replication},"
        cells = zip(about, values.tolist(), strict=True)
        yield "".join(f"{lead}{key},{number(value)}\n" for key, value in cells)


def summary_csv(runs: Runs) -> Iterator[str]:
    """summary.csv: one line a point and metric."""
    yield _lines([SUMMARY_COLUMNS])
    name, about = runs.plan.name, _about(runs.columns)
    for first, last in runs.blocks():
        found = _spreads(runs, first, last)
        for point in range(first, last):
            counts = found.n[point - first].tolist()
            rows = zip(about, counts, *(part[point - first].tolist() for part in found.parts), strict=True)
            yield "".join(
                f"{point},{name},{key},{n},{','.join(map(number, parts))}\n" for key, n, *parts in rows
            )


def write_kpi_parquet(runs: Runs, path: Path) -> None:
    """kpi.parquet: the columns and lines of kpi.csv, numbers in full."""
    import pyarrow as pa

    labels = _Labels(runs)
    with _parquet(path) as write:
        for first, last in runs.blocks():
            made = np.flatnonzero(runs.ok[first * runs.plan.replications : last * runs.plan.replications])
            values = runs.values(first, last).reshape(-1, len(runs.columns))[made]
            point, replication = np.divmod(first * runs.plan.replications + made, runs.plan.replications)
            width = len(runs.columns)
            write({
                "point": pa.array(np.repeat(point, width), pa.int32()),
                "scenario": labels.scenario(values.size),
                "replication": pa.array(np.repeat(replication, width), pa.int32()),
                **labels.about(len(made)),
                "value": pa.array(values.ravel(), from_pandas=True),
            })  # fmt: skip


def write_summary_parquet(runs: Runs, path: Path) -> None:
    """summary.parquet: the columns and lines of summary.csv, numbers in full."""
    import pyarrow as pa

    labels = _Labels(runs)
    with _parquet(path) as write:
        for first, last in runs.blocks():
            found = _spreads(runs, first, last)
            names = ("mean", "sd", "ci_low", "ci_high", "p05", "p50", "p95")
            parts = zip(names, found.parts, strict=True)
            write({
                "point": pa.array(np.repeat(np.arange(first, last), len(runs.columns)), pa.int32()),
                "scenario": labels.scenario(found.n.size),
                **labels.about(last - first),
                "n": pa.array(found.n.ravel(), pa.int32()),
                **{name: pa.array(part.ravel(), from_pandas=True) for name, part in parts},
            })  # fmt: skip


class _Labels:
    """The columns that say what a value is about, repeated for so many points or runs."""

    def __init__(self, runs: Runs) -> None:
        self._name = runs.plan.name
        fields = [(*key, unit) for key, unit in runs.columns]
        self._columns = dict(zip(("metric", *ABOUT, "unit"), zip(*fields, strict=True), strict=True))

    def scenario(self, rows: int) -> Any:
        """The name of the sweep in every row."""
        return _coded([self._name], np.zeros(rows, dtype=np.int32))

    def about(self, times: int) -> dict[str, Any]:
        """All metrics, so many times over."""
        return {name: self._tiled(cells, times) for name, cells in self._columns.items()}

    def _tiled(self, cells: Sequence[str], times: int) -> Any:
        words = sorted(set(cells))
        return _coded(words, np.tile(np.array([words.index(cell) for cell in cells], dtype=np.int32), times))


def _coded(words: Sequence[str], codes: NDArray[np.int32]) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, pa.string()))


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """A function that adds a block of rows to a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer: Any = None
    try:

        def write(columns: dict[str, Any]) -> None:
            nonlocal writer
            table = pa.table(columns)
            if writer is None:
                writer = pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)

        yield write
    finally:
        if writer is not None:
            writer.close()


def _finished(runs: Runs) -> Iterator[tuple[int, int, Values]]:
    """Point, replication and values of every run that finished."""
    each = runs.plan.replications
    for first, last in runs.blocks():
        values = runs.values(first, last)
        for at in np.flatnonzero(runs.ok[first * each : last * each]).tolist():
            point, replication = divmod(at, each)
            yield first + point, replication, values[point, replication]


def _spreads(runs: Runs, first: int, last: int) -> Spread:
    """What the replications of each point say; times that were not seen to end as in `describe_times`."""
    values = runs.values(first, last)
    found = spread(values)
    places = {key: at for at, (key, _) in enumerate(runs.columns)}
    for key, at in places.items():
        censor = METRICS[key.variable].censor
        if censor:
            flags = values[:, :, places[key._replace(variable=censor)]]
            found.put(at, spread_of_times(values[:, :, at], flags))
    return found


def _about(columns: Columns) -> list[str]:
    return [f"{','.join(key)},{unit}" for key, unit in columns]


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
