"""Units as people read them, and numbers with as many digits as their interval allows."""

from dataclasses import dataclass
from math import floor, isfinite, isnan, log10


@dataclass(frozen=True)
class Unit:
    """`one` of the table's units make one of these."""

    one: float
    name: str

    def of(self, value: float) -> float:
        """A value of the table in this unit."""
        return value / self.one


def fitting(unit: str, largest: float) -> Unit:
    """The unit in which numbers up to `largest` are easy to read."""
    for base, steps in _STEPS.items():
        if unit == base:
            return next((step for step in steps if abs(largest) >= 2 * step.one), steps[-1])
    return Unit(0.01, "%") if unit == "1" else Unit(1.0, _NAMES.get(unit, unit))


_STEPS = {
    "t": (Unit(1e6, "Mt"), Unit(1e3, "kt"), Unit(1.0, "t")),
    "t_REO": (Unit(1e6, "Mt REO"), Unit(1e3, "kt REO"), Unit(1.0, "t REO")),
    "kg": (Unit(1e6, "kt"), Unit(1e3, "t"), Unit(1.0, "kg")),
    "CNY": (Unit(1e9, "bn CNY"), Unit(1e6, "M CNY"), Unit(1.0, "CNY")),
    "CNY/t": (Unit(1e3, "1,000 CNY/t"), Unit(1.0, "CNY/t")),
}
_NAMES = {"month": "months", "d": "days", "site": "sites", "1": ""}


_FIGURES = 3
"""Most significant figures of a number on a page."""


def precise(value: float, half_width: float, *, sign: bool = False) -> str:
    """A number with the decimals of the first figure of its interval's half width, three figures at most."""
    if isnan(value):
        return "–"
    return _rounded(value, _decimals(abs(value), half_width), sign=sign)


def interval(low: float, high: float, *, sign: bool = False) -> str:
    """`[6.5, 7.0]`, both ends with the same decimals; an end that is not zero is not told as zero.

    Unless more than three figures of the other end would have to be told for it.
    """
    least, most = sorted((abs(low), abs(high)))
    decimals = _decimals(most, (high - low) / 2)
    if low * high > 0 and not round(least, decimals):
        decimals = min(-floor(log10(least)), _FIGURES - 1 - floor(log10(most)))
    return f"[{_rounded(low, decimals, sign=sign)}, {_rounded(high, decimals, sign=sign)}]"


def _decimals(size: float, half_width: float) -> int:
    most = _FIGURES - 1 - floor(log10(size)) if size > 0 else 0
    if not (isfinite(half_width) and half_width > 0):
        return most
    return min(most, -floor(log10(half_width))) if size > half_width else -floor(log10(half_width))


def _rounded(value: float, decimals: int, *, sign: bool) -> str:
    rounded = round(value, decimals) + 0.0
    plus = "+" if sign and rounded else ""
    return f"{rounded:{plus},.{max(0, decimals)}f}".replace("-", "−")


def exact(value: float) -> str:
    """An input as it was given, of long ones four figures."""
    if not isfinite(value) or value == 0:
        return "0" if value == 0 else "–"
    decimals = max(0, 3 - floor(log10(abs(value))))
    told = f"{round(value, decimals):,.{decimals}f}"
    return (told.rstrip("0").rstrip(".") if decimals else told).replace("-", "−")
