"""Where the shipped scenarios and the evidence lie: inside an installed wheel, or beside the package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    """The folder of a wheel if there is one, else the one of the source tree (editable install)."""
    packed = _PACKAGE / "_shipped" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def scenarios_dir() -> Path:
    """Folder of the shipped scenario files."""
    return _folder("scenarios")


def seeds_dir() -> Path:
    """Folder of the evidence."""
    return _folder("seeds")


def docs_dir() -> Path:
    """Folder of the pages that commands quote; a wheel holds model.md only."""
    return _folder("docs")
