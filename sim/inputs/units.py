"""Units of the project and their conversion to base units.

Base units: day; gross tonne (t), kilogram of separated oxide (kg) and tonne of rare-earth oxide content
(t_REO), which are three dimensions and never turn into each other; CNY and USD, likewise; and what is built
from them. Rates are per day. A dimension is a word such as `time` or `cny_per_t`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from sim.inputs.text import suggest

DAYS_PER_MONTH = 30.4375
DAYS_PER_YEAR = 365.25
DIMENSIONLESS = "dimensionless"

_QUANTITY = re.compile(r"([-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?)\s*(.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True)
class Unit:
    """A unit: one of it is `factor` of the base unit of its dimension."""

    name: str
    dimension: str
    factor: float


_TIMES = {"d": 1.0, "h": 1 / 24, "week": 7.0, "month": DAYS_PER_MONTH, "yr": DAYS_PER_YEAR}


def _rates(amount: str, dimension: str, factor: float = 1.0) -> list[Unit]:
    """`amount` per d, month and yr, in base units per day."""
    return [Unit(f"{amount}/{name}", dimension, factor / _TIMES[name]) for name in ("d", "month", "yr")]


_ALL: tuple[Unit, ...] = (
    Unit("1", DIMENSIONLESS, 1.0),
    Unit("%", DIMENSIONLESS, 0.01),
    *(Unit(name, "time", days) for name, days in _TIMES.items()),
    Unit("t", "gross_mass", 1.0),
    Unit("kg", "oxide_mass", 1.0),
    Unit("t_REO", "reo_mass", 1.0),
    *_rates("t", "gross_mass_per_time"),
    *_rates("kg", "oxide_mass_per_time"),
    *_rates("t_REO", "reo_mass_per_time"),
    Unit("CNY", "cny", 1.0),
    Unit("USD", "usd", 1.0),
    *_rates("CNY", "cny_per_time"),
    *_rates("USD", "usd_per_time"),
    Unit("CNY/t", "cny_per_t", 1.0),
    Unit("CNY/kg", "cny_per_kg", 1.0),
    Unit("USD/kg", "usd_per_kg", 1.0),
    Unit("CNY/USD", "cny_per_usd", 1.0),
    Unit("CNY/t/km", "cny_per_t_km", 1.0),
    *_rates("1", "share_per_time"),
    *_rates("%", "share_per_time", 0.01),
    Unit("truck/d", "trucks_per_time", 1.0),
    Unit("site", "sites", 1.0),
    Unit("km", "distance", 1.0),
)

UNITS: Mapping[str, Unit] = {unit.name: unit for unit in _ALL}
_OTHER_WORDS = {
    **dict.fromkeys(("day", "days", "D"), "d"),
    **dict.fromkeys(("hour", "hours", "hr"), "h"),
    **dict.fromkeys(("weeks", "w", "wk"), "week"),
    **dict.fromkeys(("months", "mo", "m"), "month"),
    **dict.fromkeys(("year", "years", "y", "a"), "yr"),
    **dict.fromkeys(("tonne", "tonnes", "ton", "tons", "mt", "T"), "t"),
    **dict.fromkeys(("yuan", "rmb", "RMB", "cny", "Y"), "CNY"),
    **dict.fromkeys(("$", "dollar", "dollars", "usd"), "USD"),
    **dict.fromkeys(("percent", "pct"), "%"),
}
DIMENSIONS: frozenset[str] = frozenset(unit.dimension for unit in _ALL)


def units_of(dimensions: Iterable[str] | None = None) -> tuple[str, ...]:
    """Names of the units of these dimensions (None: all), in the order of the table."""
    wanted = DIMENSIONS if dimensions is None else frozenset(dimensions)
    return tuple(unit.name for unit in _ALL if unit.dimension in wanted)


def find_unit(name: str) -> Unit:
    """The unit of that name. Raises ValueError with the nearest one or all of them."""
    if name in UNITS:
        return UNITS[name]
    usual = "/".join(_OTHER_WORDS.get(part, part) for part in name.split("/"))
    hint = suggest(usual, UNITS) or f"Units are {', '.join(UNITS)}"
    raise ValueError(f"unknown unit '{name}'. {hint}")


def parse_quantity_text(text: str) -> tuple[float, str]:
    """Number and unit of `35000 CNY/t`; a bare number has the unit `1`.

    Raises ValueError if there is no number, it is not finite, or the unit is unknown.
    """
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a number with a unit, such as '90 d'")
    number, unit = match.groups()
    value = float(number)
    if not isfinite(value):
        raise ValueError(f"{number} is too large for a number")
    if unit.startswith(","):
        raise ValueError(f"'{text}': write the number without separators between thousands")
    return value, find_unit(unit or "1").name


def check_unit(unit: str, dimensions: Iterable[str]) -> Unit:
    """The unit of that name if it measures one of `dimensions`; else ValueError names the allowed units."""
    found = find_unit(unit)
    allowed = units_of(dimensions)
    if unit in allowed:
        return found
    needed = f"{' or '.join(filter(None, (', '.join(allowed[:-1]), allowed[-1])))} is needed"
    if unit == "1":
        raise ValueError(f"the number has no unit: {needed}")
    raise ValueError(f"'{unit}' is the wrong unit: {needed}")


def to_base(value: float, unit: str, dimension: str) -> float:
    """`value` in the base unit of `dimension`. Raises ValueError naming the allowed units.

    >>> to_base(2.0, "week", "time"), to_base(20.0, "%", "dimensionless")
    (14.0, 0.2)
    """
    return value * check_unit(unit, (dimension,)).factor


def from_base(value: float, unit: str) -> float:
    """A value in base units, told in `unit`."""
    return value / find_unit(unit).factor
