"""A sweep from plan to folder: what is in the ledger already, the runs that are missing, the tables."""

import fcntl
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import results
from sim.experiment import Engine, work
from sim.experiment.attempt import Fault, Item
from sim.study import metric_columns
from sim.sweeps import ledger, tables
from sim.sweeps.job import SweepJob
from sim.sweeps.keys import run_key
from sim.sweeps.ledger import Book, Columns, Keys
from sim.sweeps.plan import Plan
from sim.sweeps.records import sweep_manifest, warnings

OnDone = Callable[[int, int, int], None]
"""Called with (runs done, runs to do, failures so far) after each."""

DONE = "in the ledger"
FAILED = "failed before, is tried again"
OTHER_MODEL = "was made with other evidence or code"
MORE = "more replications of a known point"
NEW = "never made"
SHARD_BOOK = "runs.parquet"


class BusyError(Exception):
    """Another process works on this sweep."""


@dataclass(frozen=True)
class Share:
    """Part `number` (from 1) of `of`: every of-th run."""

    number: int = 1
    of: int = 1

    def items(self, runs: int) -> NDArray[np.intp]:
        """The numbers of the runs in this part, shape (runs of the part,)."""
        return np.arange(self.number - 1, runs, self.of)


@dataclass
class Sweeping:
    """One sweep being made in a folder. failed: runs of this session that gave no result."""

    plan: Plan
    out: Path
    share: Share = field(default_factory=Share)
    failed: int = 0
    made: int = 0

    @property
    def book(self) -> Path:
        """The folder of the ledger for runs of this model."""
        return self.out.parent / ledger.FOLDER / self.plan.model[:16]

    @cached_property
    def items(self) -> NDArray[np.intp]:
        """The runs of this part, by number, shape (runs of the part,)."""
        return self.share.items(self.plan.runs)

    @cached_property
    def keys(self) -> Keys:
        """The key of every run of the plan."""
        return keys(self.plan)

    @cached_property
    def known(self) -> Book:
        """The ledger as it was before this session."""
        return Book.read(ledger.shards_in(self.book))

    @cached_property
    def missing(self) -> NDArray[np.intp]:
        """The runs of this part that have not finished yet, by number, shape (runs to make,)."""
        found = self.known.find(self.keys[self.items])
        done = (found >= 0) & (self.known.ok[found] if self.known.ok.size else False)
        return self.items[~done]

    def reasons(self) -> dict[str, NDArray[np.intp]]:
        """The runs of this part by why they are made, or are not: reason → numbers, shape (runs,)."""
        missing = self.missing
        tried = self.known.find(self.keys[missing]) >= 0
        elsewhere = [path for one in ledger.others(self.book) for path in ledger.shards_in(one)]
        before = Book.read(elsewhere).find(self.keys[missing]) >= 0
        contents = np.array(self.plan.contents, dtype=ledger.KEY_TYPE)[missing // self.plan.replications]
        known_point = np.isin(contents, self.known.contents)
        reason = np.select([tried, before, known_point], [FAILED, OTHER_MODEL, MORE], default=NEW)
        done = np.setdiff1d(self.items, missing)
        told = {DONE: done} | {name: missing[reason == name] for name in (FAILED, OTHER_MODEL, MORE, NEW)}
        return {name: runs for name, runs in told.items() if runs.size}

    def job(self, metrics: Columns) -> SweepJob:
        """What a worker does."""
        return SweepJob.of(self.plan, metrics, self.book)

    def run(self, engine: Engine, on_done: OnDone, *, fail_fast: bool = False) -> Columns:
        """Make what is missing. KeyboardInterrupt leaves what is done in the ledger.

        Raises BusyError, PlaceError where something else lies in the ledger's place, and OSError if it cannot
        be written.
        """
        metrics = metric_columns(self.plan.base.scenario, self.plan.registry)
        before = self.items.size - self.missing.size

        def take(_item: Item, kept: object) -> bool:
            self.made += 1
            self.failed += isinstance(kept, Fault)
            on_done(before + self.made, self.items.size, self.failed)
            return not (fail_fast and self.failed)

        with alone(self.out):
            _make(self.book)
            ledger.tidy(self.book)
            if self.missing.size:
                work(self.job(metrics), self.missing.tolist(), engine, take)
        return metrics

    def runs(self, metrics: Columns) -> tables.Runs:
        """Where the ledger has each run of the plan now."""
        return found(self.plan, metrics, ledger.shards_in(self.book), self.items)


def found(plan: Plan, metrics: Columns, shards: Sequence[Path], items: NDArray[np.intp]) -> tables.Runs:
    """Where these shards have the runs `items` of a plan."""
    book = Book.read(shards)
    entries = np.full(plan.runs, -1, dtype=np.intp)
    entries[items] = book.find(keys(plan)[items])
    return tables.Runs(plan, metrics, book, entries)


def keys(plan: Plan) -> Keys:
    """The key of every run of a plan."""
    each = range(plan.replications)
    found = [run_key(content, number) for content in plan.contents for number in each]
    return np.array(found, dtype=ledger.KEY_TYPE)


@dataclass(frozen=True)
class Told:
    """What goes with the tables: command and times are the session's own."""

    started: float
    workers: int
    share: Share
    as_parquet: bool | None = None

    def is_parquet(self, rows: int) -> bool:
        """Whether a table of so many rows is written as Parquet."""
        return rows > tables.MOST_CSV_ROWS if self.as_parquet is None else self.as_parquet


def write(runs: tables.Runs, out: Path, told: Told, page: results.MakePage | None = None) -> Path | None:
    """Write the folder of a sweep or of one part; where a different one was moved to, or None.

    Raises PlaceError or OSError; then what was there is as before.
    """
    plan = runs.plan
    failed = int((runs.entries >= 0).sum() - runs.ok.sum())
    finished = int(runs.ok.sum())
    counts = {"asked": plan.runs, "finished": finished, "failed": failed}
    with _scratch(out) as scratch:
        files: dict[str, Iterable[str | bytes]] = {
            "design.csv": tables.design_csv(plan),
            "runs.csv": tables.runs_csv(runs),
            "sweep.resolved.yaml": [plan.to_yaml()],
        }
        if told.share.of > 1:
            files[SHARD_BOOK] = _pieces(scratch / SHARD_BOOK, lambda path: _write_book(runs, path))
        else:
            files |= _result_tables(runs, scratch, told, finished)
        return results.write(out, files | {"manifest.json": _manifest(runs, told, counts)}, page)


def _result_tables(
    runs: tables.Runs, scratch: Path, told: Told, finished: int
) -> dict[str, Iterable[str | bytes]]:
    """kpi and summary, each in the form that its size or the user asks for."""
    width = len(runs.columns)
    files: dict[str, Iterable[str | bytes]] = {}
    if told.is_parquet(finished * width):
        path = scratch / "kpi.parquet"
        files[path.name] = _pieces(path, lambda where: tables.write_kpi_parquet(runs, where))
    else:
        files["kpi.csv"] = tables.kpi_csv(runs)
    if told.is_parquet(len(runs.plan.design.rows) * width):
        path = scratch / "summary.parquet"
        files[path.name] = _pieces(path, lambda where: tables.write_summary_parquet(runs, where))
    else:
        files["summary.csv"] = tables.summary_csv(runs)
    return files


def _write_book(runs: tables.Runs, path: Path) -> None:
    """The runs of a part as one shard, in order."""
    entries = [at for at in runs.entries.tolist() if at >= 0]
    ledger.copy_entries(runs.book, np.array(entries, dtype=np.intp), path, runs.columns)


def _pieces(path: Path, make: Callable[[Path], None]) -> Iterator[bytes]:
    """The bytes of a file that `make` writes, when they are asked for."""
    make(path)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece
    path.unlink()


@contextmanager
def _scratch(out: Path) -> Iterator[Path]:
    """A folder beside `out` for files that can only be written to a path."""
    scratch = out.parent / ledger.FOLDER / f"tables-{os.getpid()}"
    _make(scratch)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _manifest(runs: tables.Runs, told: Told, counts: Mapping[str, int]) -> Iterator[str]:
    work_done: dict[str, Any] = {
        "wall_seconds": round(perf_counter() - told.started, 3),
        "workers": told.workers,
    }
    share = {"number": told.share.number, "of": told.share.of}
    content = sweep_manifest(runs.plan, (*warnings(runs.plan), *idle(runs)), counts, share, work_done)
    yield json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _make(folder: Path) -> None:
    """Make a folder of the ledger. Raises PlaceError where there is something else, and OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as reason:
        raise results.PlaceError(f"{reason.filename}: is in the way of the sweep's ledger") from None


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Hold the sweep of a folder for this process; the hold ends with it. Raises BusyError, and PlaceError.

    On a disk that knows no locks two processes may make the same runs, which costs time and no result.
    """
    lock = out.parent / ledger.FOLDER / f"{out.name}.lock"
    _make(lock.parent)
    if lock.is_symlink() or (lock.exists() and not lock.is_file()):
        raise results.PlaceError(f"{lock}: is in the way of the sweep's lock")
    with lock.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"another process is making this sweep (it holds {lock})") from None
        except OSError:
            yield
            return
        yield


def idle(runs: tables.Runs) -> list[str]:
    """Events that changed nothing in any run; nothing is said where not all runs tell."""
    finished = runs.entries[(runs.entries >= 0) & runs.ok]
    changed = runs.book.changed(finished) if finished.size else None
    if changed is None:
        return []
    events = (event.id for event in runs.plan.base.scenario.events)
    return [
        f"event {event}: changed nothing in any of {finished.size} runs"
        for event in events
        if event not in changed
    ]


def failures(runs: tables.Runs) -> Counter[str]:
    """How many runs failed at which stage."""
    failed = runs.entries[(runs.entries >= 0) & ~runs.ok]
    return Counter(runs.book.gathered(failed, "stage"))
