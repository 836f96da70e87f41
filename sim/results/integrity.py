"""Whether a result is as the run wrote it: its manifest holds the SHA-256 of each file, and one of itself.

Files that hold times of day or of work are not among them: the same run writes them anew. This is against
accidents and quick corrections, not against forgers: who wants to can seal a manifest anew.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.inputs.files import UnreadableError, content
from sim.inputs.text import InputError, Problem

SCHEMA = "rare-earth-chain-result/1"
MANIFEST = "manifest.json"
MOST_MEGABYTES = 100
"""No manifest is larger; in its place there may be a file without end."""
FILES = "files"
"""Key of the manifest: file name, relative to the folder -> SHA-256 in hexadecimal."""
SEAL = "seal"
"""Key of the manifest: SHA-256 of everything else in it."""
_TABLES = frozenset({".csv", ".parquet", ".yaml"})
_OPTIONAL = (
    "kpi.csv", "monthly.csv", "timeline.csv", "scenario.resolved.yaml", "monthly_diff.csv", "regret.csv",
    "kpi.parquet", "summary.parquet", "by_grade.csv", "reference/kpi.csv", "reference/monthly.csv",
)  # fmt: skip
"""Tables that are read where there are any: not every result has them."""
_MADE_LATER = {"sweep": "by_grade.csv"}
"""What another command puts into a result of a kind."""
_PIECE = 1 << 20


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a result folder. Raises InputError if there is none of ours, of this version, whole.

    What is returned is as a run wrote it, so that nobody has to ask whether a key is there.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(content(path, MOST_MEGABYTES).decode())
    except UnreadableError as reason:
        if not isinstance(reason.__cause__, FileNotFoundError):
            raise _fault(path, str(reason)) from None
        message = f"is not a result folder: it has no {MANIFEST}, which tells what was run and what is whole"
        raise _fault(folder, message) from None
    except (ValueError, RecursionError) as reason:
        raise _fault(path, f"cannot be read: {reason}") from None
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        told = manifest.get("schema") if isinstance(manifest, dict) else None
        hint = f"Its schema is {told!r}, this version reads {SCHEMA!r}"
        raise _fault(path, "is not the manifest of a result of this version", hint)
    if manifest != sealed(manifest):
        hint = "Whether the tables are whole cannot be told; compare them file by file, or run it again"
        raise _fault(path, "is not as the run wrote it: edited, put together from two, or unsealed", hint)
    return manifest


def sealed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest with its seal: the SHA-256, in hexadecimal, over all else in it, whatever its layout."""
    rest = {key: value for key, value in manifest.items() if key != SEAL}
    digest = hashlib.sha256(json.dumps(rest, sort_keys=True).encode())
    return rest | {SEAL: digest.hexdigest()}


def check_tables(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raises InputError unless every table of a result is as it was written; pages may be made anew.

    A table of another result that was laid beside them would be read as one of this.
    """
    written = [name for name in manifest[FILES] if Path(name).suffix in _TABLES]
    known = {*written, _MADE_LATER.get(manifest.get("kind", ""))}
    laid = [name for name in _OPTIONAL if name not in known and (folder / name).exists()]
    check(folder, manifest, [*written, *laid])


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def check(folder: Path, manifest: Mapping[str, Any], needed: Iterable[str]) -> None:
    """Raises InputError if one of the needed files is not as written, naming those that are.

    folder: the one of the manifest. A file that the manifest does not know was not written with it.
    """
    known: Mapping[str, str] = manifest[FILES]
    wrong = {name: told for name in needed if (told := _wrong(folder / name, known.get(name)))}
    if not wrong:
        return
    whole = [name for name in known if not _wrong(folder / name, known[name])]
    usable = f"Still as it was written: {', '.join(whole)}" if whole else "No file of it is as it was written"
    raise InputError(Problem(str(folder / name), 1, 1, "", told, usable) for name, told in wrong.items())


def _fault(path: Path, message: str, hint: str = "") -> InputError:
    return InputError([Problem(str(path), 1, 1, "", message, hint)])


def _wrong(path: Path, known: str | None) -> str:
    """What is wrong with a file; empty: nothing."""
    if known is None:
        return "is not of the run that wrote the manifest"
    if path.exists() and not path.is_file():
        return "is not a file"
    try:
        found = sha256(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if found == known else "is not as the run wrote it: edited, cut off, or of another run"
