"""The answer of `sim sensitivity` on disk: where its files may go, and all of them or none."""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from sim.inputs.text import InputError, Problem
from sim.results import BY_GRADE, undisturbed
from sim.results.cells import inert
from sim.results.integrity import FILES, read_manifest
from sim.sensitivity import pictures

FOLDER = "sensitivity"
ABOUT = "about.json"
"""What every answer is about: by it a folder is known as one of ours."""
ALWAYS = "convergence.csv"
_DRAWN = {
    ALWAYS: pictures.convergence,
    "tornado.csv": pictures.tornado,
    "exceedance.csv": pictures.exceedance,
}
TABLES = (
    "morris.csv", "sobol.csv", "pawn.csv", "tornado.csv", "decision.csv", "information.csv", "discovery.csv",
    "breach.csv", "exceedance.csv", "regret.csv", "policies.csv", ALWAYS, BY_GRADE,
)  # fmt: skip
_FILES = frozenset({ABOUT, *TABLES, *(f"{Path(name).stem}.png" for name in _DRAWN)})
_LEFT = re.compile(r"\.(?P<name>.+)\.[0-9]+")
"""Name of what a killed process leaves of one of these."""


@dataclass(frozen=True)
class Place:
    """Where an answer goes. by_grade: the folder of BY_GRADE, which a page of the result reads. about: whose
    answer it is."""

    folder: Path
    by_grade: Path
    about: bytes

    def write(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Every table as CSV, with its picture beside it: all of them or none.

        Tables of an earlier answer stay where this one has none, a picture of an earlier table does not.
        Raises OSError (disk full); then what was there is as before.
        """
        files = {self.folder / ABOUT: self.about}
        for name, frame in tables.items():
            path = (self.by_grade if name == BY_GRADE else self.folder) / name
            files[path] = _csv(frame)
            if name in _DRAWN:
                files[path.with_suffix(".png")] = _DRAWN[name](frame) if len(frame) else b""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with undisturbed(self.folder):
            for left in [path for folder in (self.folder, self.by_grade) for path in folder.glob(".*")]:
                if _is_left(left):
                    left.unlink()
            _replace(files)


def _is_left(path: Path) -> bool:
    """Whether a killed process of ours has left this."""
    found = _LEFT.fullmatch(path.name)
    return found is not None and found["name"] in _FILES and path.is_file()


def place(result: Path, out: Path | None) -> Place:
    """Where the answer about a result goes; out: where the user wants it.

    Raises InputError unless it is the result's own folder, a new or empty one, or that of an earlier answer
    about the same result.
    """
    about = _about(result)
    own = result / FOLDER
    is_own = out is None or os.path.realpath(out) == os.path.realpath(own)
    found = Place(own, result, about) if out is None or is_own else Place(out, out, about)
    objection = _objection(found, is_own=is_own)
    if objection:
        hint = "Nothing is written there; name another with --out"
        raise InputError([Problem(str(found.folder), 1, 1, "", objection, hint)])
    return found


def _objection(place: Place, *, is_own: bool) -> str:
    """Why an answer cannot be put there; empty if it can."""
    folder, by_grade = place.folder, place.by_grade / BY_GRADE
    try:
        if os.path.lexists(folder) and not folder.is_dir():
            return "exists and is no folder"
        there = list(folder.iterdir()) if folder.exists() else []
        for path in (*there, *([by_grade] if by_grade.exists() else [])):
            if path.name in _FILES and not path.is_file():
                return f"{path} is in the way: it is no file"
        if there and not is_own and (told := _foreign(there, place.about)):
            return f"exists, and {told}"
        above = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        with TemporaryDirectory(prefix=".tmp-", dir=above):
            return ""  # tried, since of disks that cannot be written to, some say that they can
    except OSError as reason:
        return f"cannot be written: {reason.strerror}"


def _about(result: Path) -> bytes:
    """What tells the answer about one result from that about another: the hashes of its tables."""
    digests = json.dumps(read_manifest(result)[FILES], sort_keys=True).encode()
    told = {"answer": "sim sensitivity", "result": result.resolve().name}
    return json.dumps(told | {"tables": hashlib.sha256(digests).hexdigest()}, indent=2).encode() + b"\n"


def _foreign(there: list[Path], about: bytes) -> str:
    """What is in a folder that is no answer about this result; empty: it is one."""
    by_name = {path.name: path for path in there if not _is_left(path)}
    if not by_name:
        return ""
    if ABOUT not in by_name or not by_name.keys() <= _FILES:
        return "is no folder of an earlier `sim sensitivity`"
    try:
        same = json.loads(by_name[ABOUT].read_bytes())["tables"] == json.loads(about)["tables"]
    except (ValueError, LookupError, TypeError):
        return "is no folder of an earlier `sim sensitivity`"
    return "" if same else "holds the answer about another result"


def _csv(frame: pd.DataFrame) -> bytes:
    """Ten significant digits; no text is taken for a formula by a spreadsheet."""
    harmless = frame.copy()
    for name in frame.select_dtypes(["object", "string"]).columns:
        harmless[name] = frame[name].map(lambda cell: inert(cell) if isinstance(cell, str) else cell)
    return harmless.to_csv(index=False, float_format="%.10g", lineterminator="\n").encode()


def _replace(files: Mapping[Path, bytes]) -> None:
    """Put every file in its place once all are written beside it; one without content is removed."""
    scratches = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in files}
    made = [folder for folder in {path.parent for path in files} if not folder.exists()]
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            scratches[path].write_bytes(content)
        for path, content in files.items():
            if content:
                scratches[path].replace(path)
            else:
                path.unlink(missing_ok=True)
    finally:
        for scratch in scratches.values():
            scratch.unlink(missing_ok=True)
        for folder in made:
            with suppress(OSError):  # there is something in it
                folder.rmdir()
