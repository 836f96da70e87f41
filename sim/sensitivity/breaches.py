"""Thresholds as a user writes them: `price_peak_change_pct[china, Tb] > 20`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf

import numpy as np
from numpy.typing import NDArray

from sim.comparison.reading import Row
from sim.comparison.rows import is_time
from sim.inputs.text import InputError, Problem, suggest
from sim.results.metrics import METRICS
from sim.sensitivity.deciding import exact
from sim.sensitivity.reading import Studied

Values = NDArray[np.float64]
_FORM = re.compile(r"\s*(\w+)\s*(?:\[([^\]]*)\])?\s*([<>])\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True)
class Breach:
    """A row, and the value beyond which it is breached."""

    row: Row
    above: bool
    value: float

    @property
    def text(self) -> str:
        """As a user would write it."""
        return f"{label(self.row)} {'>' if self.above else '<'} {exact(self.value)}"

    def of(self, values: Values) -> NDArray[np.bool_]:
        """Which values are beyond. values: without nan."""
        beyond: NDArray[np.bool_] = values > self.value if self.above else values < self.value
        return beyond


def label(row: Row) -> str:
    """`price_peak[china, Tb]`."""
    about = ", ".join(word for word in (row.place, row.element, row.actor, row.heading) if word)
    return f"{row.metric}[{about}]" if about else row.metric


def read_breach(text: str, rows: Sequence[Row]) -> Breach:
    """Raises InputError unless it names one of the rows."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise _fault(text, "METRIC[place, element] > NUMBER is expected, with < or >")
    metric, about, sign, number = found.groups()
    words = {word.strip() for word in (about or "").split(",")} - {""}
    threshold = float(number)
    if isinf(threshold):
        raise _fault(text, f"the threshold {number} is too large")
    of_metric = [row for row in rows if row.metric == metric]
    if not of_metric:
        raise _fault(text, "no such metric in the result", suggest(metric, {row.metric for row in rows}))
    for row in of_metric:
        if {row.place, row.element, row.actor, row.heading} - {""} == words:
            return Breach(row, sign == ">", threshold)
    there = ", ".join(label(row) for row in of_metric)
    raise _fault(text, "no such row in the result", f"There are {there}")


def check_seen(breach: Breach, studied: Studied) -> None:
    """Raises InputError if it is about a time that some runs did not see end: they are the long ones."""
    if told := unseen(breach.row, studied):
        raise _fault(breach.text, f"{told}: without them the share would be wrong", _how_many(breach.row))


def unseen(row: Row, studied: Studied) -> str:
    """How many runs end before a time that they should measure does; empty if it is none, or none do."""
    if not is_time(row.metric):
        return ""
    flags = studied.values(_flag(row))
    missing = int(np.nansum(flags))
    return f"{missing} of {np.count_nonzero(~np.isnan(flags))} runs end before it is seen" if missing else ""


def _flag(row: Row) -> Row:
    """The row that tells whether a time was cut off."""
    censor = METRICS[row.metric].censor
    return row._replace(metric=censor, unit=METRICS[censor].unit)


def _how_many(row: Row) -> str:
    return f"Ask how many they are: '{label(_flag(row))} > 0'"


def _fault(text: str, message: str, hint: str = "") -> InputError:
    return InputError([Problem("--breach", 1, 1, text, message, hint)])
