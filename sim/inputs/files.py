"""Files that a user names: found and read without trusting them to be small, or files at all."""

import stat
from pathlib import Path

MEGABYTE = 1_000_000


class UnreadableError(Exception):
    """Why a file cannot be read, in words that go on from its name."""


def is_file(path: Path) -> bool:
    """Whether there is a regular file; False too for a name that no file can have or nobody may look at."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def content(path: Path, most_megabytes: int) -> bytes:
    """All of a regular file. Raises UnreadableError if it is none, is larger than that, or cannot be read."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # of a folder, open() says what it is
            raise UnreadableError("cannot be read: it is not a file")
        with path.open("rb") as file:
            found = file.read(most_megabytes * MEGABYTE + 1)
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UnreadableError(f"cannot be read: {error}") from error
    if len(found) > most_megabytes * MEGABYTE:
        raise UnreadableError(f"is larger than {most_megabytes} MB")
    return found
