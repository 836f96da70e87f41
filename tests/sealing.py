"""Manifests made or edited by hand, sealed as a run seals them."""

import json
from pathlib import Path
from typing import Any

from sim.results import MANIFEST, TIMED
from sim.results.integrity import FILES, sealed, sha256


def seal(folder: Path, **changes: Any) -> None:
    """Make a folder look as if a run had written all that is in it, with these entries in its manifest."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    files = (file for file in sorted(folder.rglob("*")) if file.is_file() and file.name not in TIMED)
    manifest[FILES] = {file.relative_to(folder).as_posix(): sha256(file) for file in files}
    path.write_text(json.dumps(sealed(manifest)), encoding="utf-8")
