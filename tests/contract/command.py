"""The installed command, and what it leaves in a folder."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SIM = str(Path(sys.executable).with_name("sim"))


def uncounted() -> dict[str, str]:
    """An environment for commands that can write no file: nor could one that counts the lines they run."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def data_of(folder: Path) -> Mapping[str, bytes]:
    """The files that the same scenario gives again: all but those that hold times."""
    timed = ("manifest.json", "runs.csv")
    return {name: text for name, text in files_of(folder).items() if Path(name).name not in timed}
