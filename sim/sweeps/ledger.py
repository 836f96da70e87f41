"""The book of runs made: Parquet shards, each written once, looked up by what a run depends on.

Append-only: nothing in it is changed, so any number of processes may write at the same time, and whatever
ends one of them takes only what it had not written. A run stands for itself wherever it was asked for.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from time import monotonic, time, time_ns
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.experiment.attempt import Fault
from sim.ledger import Key
from sim.results.integrity import sha256
from sim.sweeps.keys import BYTES, run_key

FOLDER = ".ledger"
SAVE_EVERY_S = 10.0
SAVE_AT_ROWS = 2000
LEFT_BEHIND_S = 60.0
"""A scratch file that has not grown for so long, and that no process holds, is nobody's."""
_KEYS = b"sim.keys"
_CHANGED = "changed"
"""The one column that not every shard has: those of old were written without."""
KEY_TYPE = f"S{BYTES}"
_DIGITS = 16
_NAMED = re.compile(rf"[0-9a-f]+-([0-9a-f]{{{_DIGITS}}})\.parquet")
"""Time and SHA-256 of a shard: Parquet does not notice a wrong byte, and reads other numbers."""
_OPEN_SHARDS = 4

Values = NDArray[np.float64]
Keys = NDArray[np.bytes_]


class Row(NamedTuple):
    """One finished run. values: every metric, nan where undefined.

    changed: ids of the scenario's events that changed something, with blanks between; None: it is not known.
    """

    seconds: float
    lots: int
    events: int
    values: Values
    changed: str | None = None


class Entry(NamedTuple):
    """One run as the book has it. content: see keys.content_hash."""

    content: bytes
    replication: int
    made: Row | Fault


Columns = tuple[tuple[Key, str], ...]
"""What the values of a row are: key and unit of every metric."""


@dataclass
class Writer:
    """Collects entries and writes them as shards of a folder. Every process has its own."""

    folder: Path
    entries: list[Entry] = field(default_factory=list)
    since: float = 0.0
    process: int = 0

    def add(self, entries: Sequence[Entry]) -> None:
        """Take entries; nothing is written yet."""
        if self.process != os.getpid():  # a forked copy holds what its parent will write
            self.entries, self.process = [], os.getpid()
        if not self.entries:
            self.since = monotonic()
        self.entries += entries

    def save(self, columns: Columns, *, final: bool) -> bool:
        """Write a shard if it is time; whether nothing is left unwritten. Raises OSError."""
        if not self.entries or self.process != os.getpid():
            return True
        is_due = len(self.entries) >= SAVE_AT_ROWS or monotonic() - self.since >= SAVE_EVERY_S
        if not (final or is_due):
            return False
        write_shard(self.folder / f"{time_ns():x}.parquet", self.entries, columns, named_by_content=True)
        self.entries = []
        return True


def write_shard(
    path: Path, entries: Sequence[Entry], columns: Columns, *, named_by_content: bool = False
) -> None:
    """Write entries as one Parquet file, whole or not at all. Raises OSError.

    named_by_content: its digest is added to its name, and holds wherever it is read.
    """
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".tmp-{path.name}")
    try:
        with scratch.open("wb") as file:
            _hold(file)
            pq.write_table(_table(entries, columns), file, compression="zstd", use_dictionary=False)
            file.flush()
            os.fsync(file.fileno())
            digest = f"-{sha256(scratch)[:_DIGITS]}" if named_by_content else ""
        scratch.rename(path.with_stem(path.stem + digest))
    except BaseException:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def tidy(folder: Path) -> None:
    """Remove what killed processes left half written: scratch files that nobody holds any more."""
    for left in folder.glob(".tmp-*"):
        with suppress(OSError):
            if time() - left.stat().st_mtime > LEFT_BEHIND_S:
                with left.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    left.unlink()


def _hold(file: IO[bytes]) -> None:
    """Keep others from taking a file for left behind; the hold ends with the process."""
    with suppress(OSError):  # a disk that knows no locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _table(entries: Sequence[Entry], columns: Columns) -> Any:
    import pyarrow as pa

    rows = [one.made if isinstance(one.made, Row) else None for one in entries]
    faults = [one.made if isinstance(one.made, Fault) else Fault("", "", "") for one in entries]
    width = len(columns)
    values = np.full((len(entries), width), np.nan)
    for at, row in enumerate(rows):
        if row is not None:
            values[at] = row.values
    data = {
        "key": pa.array([run_key(one.content, one.replication) for one in entries], pa.binary(BYTES)),
        "content": pa.array([one.content for one in entries], pa.binary(BYTES)),
        "replication": pa.array([one.replication for one in entries], pa.int32()),
        "ok": pa.array([row is not None for row in rows]),
        "seconds": pa.array([0.0 if row is None else row.seconds for row in rows]),
        "lots": pa.array([0 if row is None else row.lots for row in rows]),
        "events": pa.array([0 if row is None else row.events for row in rows]),
        _CHANGED: pa.array([None if row is None else row.changed for row in rows], pa.string()),
        "stage": [fault.stage for fault in faults],
        "type": [fault.type for fault in faults],
        "message": [fault.message for fault in faults],
        "values": pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), max(width, 1)),
    }
    return pa.table(data).replace_schema_metadata({_KEYS: json.dumps(columns)})


def copy_entries(book: "Book", entries: NDArray[np.intp], path: Path, columns: Columns) -> None:
    """Write some entries of a book as a shard, in this order."""
    names = ("content", "replication", *Row._fields[:3], _CHANGED, *Fault._fields)
    values = book.rows(entries, len(columns))
    copied = []
    for at, cells in enumerate(zip(*(book.gathered(entries, name) for name in names), strict=True)):
        content, replication, *rest = cells
        seconds, lots, events, changed, *fault = rest
        made = Fault(*fault) if fault[0] else Row(seconds, lots, events, values[at], changed)
        copied.append(Entry(content, replication, made))
    write_shard(path, copied, columns)


def columns_of(path: Path) -> Columns:
    """What the values of a shard are."""
    found = json.loads(_opened(path).schema_arrow.metadata[_KEYS])
    return tuple((Key(*key), unit) for key, unit in found)


@lru_cache(maxsize=_OPEN_SHARDS)
def _opened(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.ParquetFile(pa.memory_map(str(path)))


@lru_cache(maxsize=_OPEN_SHARDS)
def _content(path: Path) -> Any:
    return _opened(path).read(use_threads=False)


def _column(path: Path, name: str) -> Any:
    import pyarrow as pa

    table = _content(path)
    return table[name] if name in table.column_names else pa.nulls(table.num_rows, pa.string())


@lru_cache(maxsize=_OPEN_SHARDS)
def _values(path: Path) -> Values:
    column = _content(path)["values"].combine_chunks()
    values: Values = column.values.to_numpy().reshape(len(column), -1)
    return values


@dataclass(frozen=True)
class Book:
    """The entries of some shards, for looking up. Arrays have one element an entry.

    unreadable: files that are no shards, with what is wrong with them.
    """

    shards: tuple[Path, ...]
    keys: Keys
    contents: Keys
    replications: NDArray[np.int64]
    ok: NDArray[np.bool_]
    shard: NDArray[np.intp]
    row: NDArray[np.intp]
    unreadable: tuple[str, ...]

    @classmethod
    def read(cls, shards: Sequence[Path]) -> "Book":
        """What stands in the files, without the values."""
        parts, good, unreadable = [], [], []
        for path in shards:
            try:
                parts.append(_index(path))
                good.append(path)
            except (OSError, ValueError, KeyError) as error:
                unreadable.append(f"{path.name}: {' '.join(str(error).split())[:120]}")
        sizes = [len(part[0]) for part in parts]
        nothing = (np.empty(0, KEY_TYPE), np.empty(0, KEY_TYPE), np.empty(0, int), np.empty(0, bool))
        joined = [np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)]
        keys, contents, replications, ok = joined
        shard = np.repeat(np.arange(len(parts)), sizes)
        row = np.concatenate([np.arange(size) for size in sizes]) if sizes else np.empty(0, int)
        return cls(tuple(good), keys, contents, replications, ok, shard, row, tuple(unreadable))

    def find(self, wanted: Keys) -> NDArray[np.intp]:
        """For each key the entry that has it, one that finished if there is one; -1: none."""
        if not self.keys.size or not wanted.size:
            return np.full(wanted.shape, -1)
        order = np.lexsort((self.shard, ~self.ok, self.keys))
        ordered = self.keys[order]
        first = np.searchsorted(ordered, wanted).clip(max=ordered.size - 1)
        return np.where(ordered[first] == wanted, order[first], -1)

    def gathered(self, entries: NDArray[np.intp], name: str) -> list[Any]:
        """A column of the shards (seconds, lots, events, changed, stage, type, message) for these entries."""
        found: list[Any] = [None] * entries.size
        for path, here, rows in self._by_shard(entries):
            column = _column(path, name).take(rows).to_pylist()
            for at, value in zip(here.tolist(), column, strict=True):
                found[at] = value
        return found

    def changed(self, entries: NDArray[np.intp]) -> set[str] | None:
        """The events that changed something in some of these; None if that is not known of all."""
        found: set[str] = set()
        for path, _, rows in self._by_shard(entries):
            for told in _column(path, _CHANGED).take(rows).unique().to_pylist():
                if told is None:
                    return None
                found.update(told.split())
        return found

    def rows(self, entries: NDArray[np.intp], width: int) -> Values:
        """The values of finished entries, shape (entries, width); rows of nan for -1 and failed ones."""
        values = np.full((entries.size, width), np.nan)
        for path, here, rows in self._by_shard(entries):
            values[here] = _values(path)[rows]
        return values

    def _by_shard(
        self, entries: NDArray[np.intp]
    ) -> Iterator[tuple[Path, NDArray[np.intp], NDArray[np.intp]]]:
        """For each shard: its file, which of `entries` are in it, and in which of its rows."""
        there = np.flatnonzero(entries >= 0)
        shards = self.shard[entries[there]]
        for shard in np.unique(shards):
            here = there[shards == shard]
            yield self.shards[shard], here, self.row[entries[here]]


def _index(path: Path) -> tuple[Keys, Keys, NDArray[np.int64], NDArray[np.bool_]]:
    if not path.is_file():
        raise ValueError("is not a file")
    named = _NAMED.fullmatch(path.name)
    if named and sha256(path)[:_DIGITS] != named[1]:
        raise ValueError("is not as it was written")
    names = ["key", "content", "replication", "ok"]
    table = _opened(path).read(columns=names, use_threads=False)
    keys, contents = (np.array(table[name].to_pylist(), dtype=KEY_TYPE) for name in names[:2])
    replications, ok = (table[name].to_numpy() for name in names[2:])
    return keys, contents, replications.astype(np.int64), ok.astype(np.bool_)


def shards_in(folder: Path) -> list[Path]:
    """The shards of a folder, oldest first."""
    return sorted(path for path in folder.glob("*.parquet") if not path.name.startswith("."))


def others(folder: Path) -> Iterator[Path]:
    """Folders of runs made with another model, beside that of this one."""
    yield from (one for one in sorted(folder.parent.glob("*")) if one.is_dir() and one != folder)
