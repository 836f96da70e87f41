"""Where the series of many finished replications wait for the tables: in files without a name.

A replication of two years has a megabyte of series. The machine holds such files in memory while it has some
to spare; they are gone with the process, however it ends.
"""

import mmap
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.ledger import Outcome

IN_MEMORY = 500
"""So many replications need no file."""
BLOCK_BYTES = 1 << 28


class Attic:
    """Keeps outcomes. folder: on the disk that the files are put on, of which half stays free for the tables.

    Where there is no room or no way to make such files, memory is used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept = self._reserved = self._used = 0
        self._block: mmap.mmap | None = None

    def keep(self, outcome: Outcome) -> Outcome:
        """The same outcome, whose series may lie in a file."""
        self._kept += 1
        size = outcome.daily.nbytes
        if self._kept <= IN_MEMORY or not self._has_room(size):
            return outcome
        assert self._block is not None
        daily = np.frombuffer(self._block, np.float64, outcome.daily.size, self._used)
        daily[:] = outcome.daily.ravel()
        self._used += size
        return replace(outcome, daily=daily.reshape(outcome.daily.shape))

    def _has_room(self, size: int) -> bool:
        """Whether the block has so many bytes left; a new one is begun where the old is full."""
        if self._block is None or self._used + size > len(self._block):
            self._block, self._used = self._made(max(size, BLOCK_BYTES)), 0
        return self._block is not None

    def _made(self, size: int) -> mmap.mmap | None:
        """A file of which every byte has its place on the disk: were it full later, the process would end."""
        reserve: Callable[[int, int, int], None] | None = getattr(os, "posix_fallocate", None)
        try:
            if reserve is None or shutil.disk_usage(self._folder).free < self._reserved + size:
                return None
            with tempfile.TemporaryFile(dir=self._folder) as file:
                reserve(file.fileno(), 0, size)
                self._reserved += size
                return mmap.mmap(file.fileno(), size)
        except OSError:
            return None
