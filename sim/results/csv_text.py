"""How numbers and lines of a result's CSV files are written."""

import csv
from collections.abc import Sequence
from io import StringIO
from math import isnan


def csv_number(value: float) -> str:
    """Ten significant digits; empty where undefined; no negative zero."""
    return "" if isnan(value) else f"{value + 0.0:.10g}"


def csv_line(fields: Sequence[object]) -> str:
    """One line of a CSV file."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerow(fields)
    return text.getvalue()
