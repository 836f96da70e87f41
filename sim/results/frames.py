"""Tables of a result as pandas frames: words stay words, an empty number is nan."""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pandas as pd

from sim.inputs.text import InputError, Problem

WORDS = frozenset({
    "scenario", "metric", "variable", "month", "place", "element", "actor", "heading", "unit",
    "date", "event", "kind", "target", "before", "after", "effect",
    "status", "stage", "error", "type", "message", "command",
    "series", "period_start", "period_end", "inside_90", "scored", "reason", "confidence", "reference",
    "tolerance", "what", "verdict",
})  # fmt: skip
"""The columns, of any of our tables, that hold no numbers."""


def read_csv(source: Path | str, words: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One of our tables, from its file or its text. words: further columns of words, and types of any.

    Raises InputError if it cannot be read.
    """
    name = str(source) if isinstance(source, Path) else "table"
    try:
        text = StringIO(source) if isinstance(source, str) else None
        header = _header(source)
        types = {column: "str" for column in header if column in WORDS} | dict(words or {})
        numbers = {column: [""] for column in header if column not in types}
        return pd.read_csv(
            source if text is None else text, dtype=types, keep_default_na=False, na_values=numbers
        )
    except (OSError, ValueError, StopIteration) as error:
        raise InputError([Problem(name, 1, 1, "", f"cannot be read: {error}")]) from None


def _header(source: Path | str) -> list[str]:
    if isinstance(source, str):
        return next(csv.reader(StringIO(source)))
    with source.open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file))
