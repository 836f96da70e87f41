"""The result folder on disk: written whole beside its place, then moved there; what it replaces is kept.

Files of the same content are replaced one by one. A folder with other content goes to `.history/` first. A
folder that is not a result folder is refused.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from sim.inputs.files import UnreadableError, content
from sim.inputs.text import printable
from sim.results.integrity import FILES, MOST_MEGABYTES, sealed, sha256
from sim.results.integrity import MANIFEST as MANIFEST
from sim.results.integrity import SCHEMA as SCHEMA

TABLES = ("summary.csv", "kpi.csv", "monthly.csv", "timeline.csv")
COMPARISON = (
    "compare.csv", "inputs.csv", "monthly_diff.csv", "best.csv", "regret.csv", "compare.json", "compare.xlsx",
    "iamc.csv",
)  # fmt: skip
BACKTEST = ("backtest.csv", "backtest_scores.csv", "backtest_tolerances.csv")
SWEEP = (
    "design.csv", "sweep.resolved.yaml", "kpi.parquet", "summary.parquet",
)  # fmt: skip
BY_GRADE = "by_grade.csv"
"""Whose uncertainty it is. Made from the other tables, of a sweep by another command: not hashed."""
PARAMETRIC = ("draws.csv", "uncertainty.csv", "by_cover.csv")
PART = ("shard", "model", "with_reference", "runs")
"""What the manifest of a part of a sweep says of its runs: their own file holds times of work as well."""
DATA = (*TABLES, "scenario.resolved.yaml", *(f"reference/{name}" for name in TABLES))
"""The files that the same scenario gives again byte by byte."""
TIMED = (MANIFEST, "runs.csv")
"""The files that hold times of day or of work."""

MakePage = Callable[[Path], None]
"""Puts the page of a result into its folder."""

_HISTORY = ".history"
_SCRATCH = ".tmp-"
_OURS = re.compile(rf"{re.escape(_SCRATCH)}.+-[0-9a-f]{{8}}")
_SUFFIXES = frozenset({".csv", ".json", ".yaml", ".parquet", ".xlsx", ".png", ".html"})


class PlaceError(Exception):
    """A result cannot be written where it was asked for; nothing was."""

    def __str__(self) -> str:
        return printable(super().__str__())


def check_place(folder: Path) -> Path:
    """The folder, without links. Raises PlaceError unless it can be made, is empty or an earlier result."""
    try:
        place = folder.resolve()
        if any(path.is_symlink() for path in (place, *place.parents)):  # some Pythons leave a circle as it is
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        is_free = not place.exists() or _is_result(place) or (place.is_dir() and not any(place.iterdir()))
        above = next(parent for parent in place.parents if parent.exists())
        _check_replaceable(place)
    except (OSError, RuntimeError, ValueError) as reason:
        told = getattr(reason, "strerror", None) or reason
        raise PlaceError(f"{folder}: cannot be made: {told}. Name another with --out") from None
    if not is_free:
        raise PlaceError(
            f"{folder}: exists and is not a result folder (it has no {MANIFEST} of ours). "
            "Nothing is written there; name another with --out"
        )
    _try_to_make(_scratch_of(above / place.name), folder)
    return place


def _check_replaceable(place: Path) -> None:
    """Raises OSError if an earlier result could not be read, to tell whether it is the same, or replaced."""
    history = place.parent / _HISTORY
    if (place / MANIFEST).exists() and history.exists() and not history.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{history} is in the way of what it replaces")
    for path in (place, *place.rglob("*")):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK if path.is_dir() else os.R_OK):
            raise PermissionError(errno.EACCES, f"{path} of the earlier result is not to be read or replaced")


def _try_to_make(tried: Path, folder: Path) -> None:
    """Make one for a moment: of disks that cannot be written to, some say that they can.

    Its name is as long as the longest that the result needs for a while.
    """
    try:
        tried.mkdir()
        with suppress(FileNotFoundError):
            for locked in (tried, tried.parent):
                os.close(os.open(locked, os.O_RDONLY))
    except OSError as reason:
        with suppress(OSError):
            tried.rmdir()
        told = f"{folder}: cannot be made in {tried.parent}: {reason.strerror}. Name another with --out"
        raise PlaceError(told) from None
    with suppress(FileNotFoundError):  # another process sweeps up what nobody holds
        tried.rmdir()


def _scratch_of(folder: Path) -> Path:
    """A name that nothing has yet, beside the folder."""
    return folder.with_name(f"{_SCRATCH}{folder.name}-{secrets.token_hex(4)}")


def _is_result(folder: Path) -> bool:
    return _manifest(folder).get("schema") == SCHEMA


def _manifest(folder: Path) -> Mapping[str, Any]:
    """What the manifest of a folder says; nothing where there is none that can be read."""
    try:
        manifest = json.loads(content(folder / MANIFEST, MOST_MEGABYTES).decode())
    except (UnreadableError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def write(
    folder: Path, files: Mapping[str, Iterable[str | bytes]], page: MakePage | None = None
) -> Path | None:
    """Put a result at `folder`: relative file names, and the pieces of their text or bytes.

    The pieces of the manifest, a mapping in JSON, are made last; it gets the hashes of the other files. Then
    `page` makes the page out of them, so that no result is seen without it. What it raises ends all.
    Returns where a different earlier result was moved to, or None. Raises PlaceError, or OSError (disk full,
    no permission); then what was there is as before.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _scratch_folder(folder) as scratch:
        for name, pieces in sorted(files.items(), key=lambda file: file[0] == MANIFEST):
            path = scratch / name
            path.parent.mkdir(exist_ok=True)
            with path.open("wb") as file:
                file.writelines(map(_bytes, pieces))
        _record_hashes(scratch, files)
        if page is not None:
            page(scratch)
        with _alone_in(folder.parent):
            return _place(scratch, folder)


def _record_hashes(folder: Path, names: Iterable[str]) -> None:
    """Put the hashes of the files into the manifest, if there is one, and seal it."""
    path = folder / MANIFEST
    if not path.exists():
        return
    manifest = json.loads(path.read_text(encoding="utf-8"))
    timed = [name for name in names if Path(name).name in TIMED]
    manifest[FILES] = {name: sha256(folder / name) for name in names if name not in timed}
    text = json.dumps(sealed(manifest), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_bytes(_bytes(text + "\n"))


def _bytes(piece: str | bytes) -> bytes:
    """UTF-8; what of a file's name is no text stands as an escape."""
    return piece.encode(errors="backslashreplace") if isinstance(piece, str) else piece


def data_hash(folder: Path) -> str:
    """SHA-256 over names and content of the data files of a result folder, in hexadecimal."""
    digest = hashlib.sha256(_part(folder))
    for name in (*DATA, *PARAMETRIC, *COMPARISON, *BACKTEST, *SWEEP):
        path = folder / name
        if path.is_file():
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            with path.open("rb") as file:
                for piece in iter(partial(file.read, 1 << 20), b""):
                    digest.update(piece)
    return digest.hexdigest()


def _part(folder: Path) -> bytes:
    """Which part of a sweep the folder holds; empty where it holds none."""
    manifest = _manifest(folder)
    shard = manifest.get("shard")
    if not isinstance(shard, dict) or shard.get("of") == 1:
        return b""
    return json.dumps([manifest.get(name) for name in PART], sort_keys=True).encode()


def _place(scratch: Path, folder: Path) -> Path | None:
    check_place(folder)
    if not (folder / MANIFEST).exists():
        scratch.replace(folder)
        return None
    new = sorted(path for path in scratch.rglob("*") if path.is_file())
    in_the_way = any((folder / path.relative_to(scratch)).is_dir() for path in new)
    if data_hash(folder) == data_hash(scratch) and not in_the_way and not _has_links(folder):
        for path in new:
            path.replace(folder / path.relative_to(scratch))
        return None
    kept, is_new = _history_place(folder)
    moved = kept if is_new else _scratch_of(folder)
    moved.parent.mkdir(exist_ok=True)
    folder.rename(moved)
    try:
        scratch.rename(folder)
    except BaseException:
        if not folder.exists():
            moved.rename(folder)
        raise
    if not is_new:
        shutil.rmtree(moved)
    return kept


def _has_links(folder: Path) -> bool:
    """Whether something in it lies elsewhere: written through, a link would change what is not ours."""
    return any(path.is_symlink() for path in folder.rglob("*"))


def _history_place(folder: Path) -> tuple[Path, bool]:
    """Where the history keeps this result, and whether it is yet to be moved there."""
    name = f"{folder.name}-{data_hash(folder)[:8]}"
    names = (name if number == 1 else f"{name}-{number}" for number in count(1))
    places = (folder.parent / _HISTORY / one for one in names)
    kept = next(place for place in places if not place.exists() or _has_all_of(place, folder))
    return kept, not kept.exists()


def _has_all_of(kept: Path, folder: Path) -> bool:
    """Whether every file of `folder` is in `kept` with the same bytes; those that hold times may differ."""

    def same(path: Path) -> bool:
        other = kept / path.relative_to(folder)
        return other.is_file() and (path.name in TIMED or sha256(other) == sha256(path))

    return all(same(path) for path in folder.rglob("*") if path.is_file())


@contextmanager
def _scratch_folder(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, locked while it is in use, gone afterwards."""
    with ExitStack() as stack:
        with _alone_in(folder.parent):
            _sweep(folder.parent)
            scratch = _scratch_of(folder)
            scratch.mkdir()
            stack.callback(shutil.rmtree, scratch, ignore_errors=True)
            stack.enter_context(_alone_in(scratch))
        yield scratch


def _sweep(parent: Path) -> None:
    """Remove what a killed process left behind: scratch folders of our making that nobody holds."""
    for left in parent.glob(f"{_SCRATCH}*"):
        with suppress(
            OSError
        ):  # held by another, or gone at this very moment, since who is done takes no lock
            if _OURS.fullmatch(left.name) and not left.is_symlink() and all(map(_is_ours, left.iterdir())):
                with _alone_in(left, wait=False):
                    shutil.rmtree(left)


def _is_ours(path: Path) -> bool:
    """Whether an entry of a scratch folder can come from here."""
    return not path.is_symlink() and (path.name == "reference" or path.suffix in _SUFFIXES)


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """Meanwhile no other process puts a result in the folder's place."""
    with _alone_in(folder.parent):
        yield


@contextmanager
def in_turn(folder: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Be the only one of our processes at work in a folder, which is made. on_wait: told if another is."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        try:
            stack.enter_context(_alone_in(folder, wait=False))
        except OSError as taken:
            if isinstance(taken, BlockingIOError):
                on_wait()
            stack.enter_context(_alone_in(folder))
        yield


@contextmanager
def _alone_in(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process. Without `wait`: OSError if it cannot be had.

    On a disk that knows no locks, two runs of one name at the same time are not kept apart.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if not wait:
                raise
        yield
    finally:
        os.close(descriptor)
