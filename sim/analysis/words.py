"""Numbers in words and tables: a middle with what nine runs in ten span, or a mean with its interval."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.results.digits import figure
from sim.results.statistics import describe

Values = NDArray[np.float64]
THOUSAND, MILLION, BILLION, PERCENT = 1e3, 1e6, 1e9, 100.0
MONTHS_PER_YEAR = 12
BAND = (5, 95)
"""Percentiles between which nine runs in ten lie."""


def spread(values: Values, scale: float = 1.0, *, sign: bool = False) -> str:
    """Median and, in brackets, the 5th and 95th percentile of the runs; one number where all agree."""
    low, middle, high = np.nanpercentile(values / scale, (BAND[0], 50, BAND[1]))
    if np.isclose(low, high):
        return figure(float(middle), sign=sign)
    ends = "; ".join(figure(float(value), sign=sign) for value in (low, high))
    return f"{figure(float(middle), sign=sign)} [{ends}]"


def mean(values: Values, scale: float = 1.0, *, sign: bool = False) -> str:
    """Mean and, in brackets, its 95 % interval."""
    told = describe(values / scale)
    if told.n < 2 or told.low == told.high:
        return figure(told.mean, sign=sign)
    return f"{figure(told.mean, sign=sign)} [{figure(told.low, sign=sign)}; {figure(told.high, sign=sign)}]"


def percent(share: float, digits: int = 0) -> str:
    """A share as per cent."""
    return f"{100 * share:.{digits}f} %"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A table in Markdown; all columns but the first `left` are set to the right."""
    ruler = ["---"] * left + ["---:"] * (len(columns) - left)
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, ruler, *rows))


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(", ".join(names).rsplit(", ", 1)) if names else "none"
