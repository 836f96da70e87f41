"""Tables of thousands of replications: read with pandas, a piece at a time, in a fifth of the time."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.ledger import Key
from sim.report.reading import ABOUT, Table

PIECE_ROWS = 1_000_000
_MOST_SERIES = np.iinfo(np.int16).max
"""Numbers of two bytes are sorted at once, without comparing."""


def read_table(file: Path, name: str) -> tuple[str, Table]:
    """As reading.read_table. Raises OSError, KeyError or ValueError for what is no whole table."""
    read = _Read(name)
    words = dict.fromkeys(("scenario", "month", name, *ABOUT, "unit"), "category")
    types: Any = words | {"replication": np.int32}
    with pd.read_csv(
        file, dtype=types, keep_default_na=False, na_values={"value": [""]}, chunksize=PIECE_ROWS
    ) as pieces:
        for piece in pieces:
            read.add(piece)
    return read.scenario, read.table()


class _Read:
    """What has been read so far. Series are numbered as they appear."""

    def __init__(self, name: str) -> None:
        self.about = [name, *ABOUT]
        self.scenario = ""
        self.units: dict[Key, str] = {}
        self.numbers: dict[Key, int] = {}
        self.replications: dict[int, None] = {}
        self.months: dict[str, None] = {}
        self.series: list[NDArray[np.int16]] = []
        self.values: list[NDArray[np.float64]] = []

    def add(self, piece: pd.DataFrame) -> None:
        """Takes further rows. Raises KeyError or ValueError for what are none."""
        if piece.empty:
            raise ValueError("no rows")
        code: NDArray[np.int64] = np.zeros(len(piece), dtype=np.int64)
        for column in self.about:
            category = piece[column].cat
            code = code * len(category.categories) + category.codes.to_numpy()
        of_piece, found = pd.factorize(code)
        firsts = np.empty(len(found), dtype=np.intp)
        firsts[of_piece[::-1]] = np.arange(len(piece))[::-1]
        keys = [Key(*row) for row in piece[self.about].iloc[firsts].itertuples(index=False)]
        for key, unit in zip(keys, piece["unit"].iloc[firsts], strict=True):
            self.numbers.setdefault(key, len(self.numbers))
            self.units.setdefault(key, unit)
        if len(self.numbers) > _MOST_SERIES:
            raise ValueError("too many series")
        known = np.array([self.numbers[key] for key in keys], dtype=np.int16)
        self.series.append(known[of_piece])
        self.values.append(piece["value"].to_numpy(dtype=np.float64))
        self.replications |= dict.fromkeys(piece["replication"].unique().tolist())
        self.months |= dict.fromkeys(piece["month"].unique() if "month" in piece else [""])
        self.scenario = str(piece["scenario"].iloc[-1])

    def table(self) -> Table:
        """All of it. Raises ValueError where replications or months differ from series to series."""
        series = np.concatenate(self.series)
        shape = (len(self.replications), len(self.months))
        if set(np.bincount(series).tolist()) != {shape[0] * shape[1]}:
            raise ValueError("series of different length")
        ordered = np.concatenate(self.values)[np.argsort(series, kind="stable")]
        values = ordered.reshape(len(self.numbers), *shape)
        return Table(
            tuple(self.replications),
            tuple(self.months),
            self.units,
            dict(zip(self.numbers, values if self.months != {"": None} else values[:, :, 0], strict=True)),
        )
