"""How numbers and lines of a result's CSV files are written."""

import csv
from collections.abc import Sequence
from io import StringIO
from math import isnan

from sim.results.cells import inert


def csv_number(value: float) -> str:
    """Ten significant digits; empty where undefined; no negative zero."""
    return "" if isnan(value) else f"{value + 0.0:.10g}"


def csv_line(fields: Sequence[object]) -> str:
    """One line of a CSV file; no text in it is taken for a formula by a spreadsheet."""
    text = StringIO()
    cells = [inert(field) if isinstance(field, str) else field for field in fields]
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
