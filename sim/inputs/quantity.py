"""Quantities of scenario files: a number or a law, and a unit.

Written as `90 d`, as a bare number where dimensionless, or as a mapping such as
`{uniform: [30, 120], unit: d, min: 45}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Any

from sim.inputs.sampling import LAWS, Choice, Distribution, Fixed
from sim.inputs.text import YamlPath, suggest
from sim.inputs.units import UNITS, check_unit, find_unit, parse_quantity_text

LARGEST = 1e15
_BOUNDS = {"min": "minimum", "max": "maximum"}
_EXTRAS = ("unit", *_BOUNDS, "weights")


class FieldError(ValueError):
    """What is wrong with a value; `at` leads from the value to the part of it that is wrong."""

    def __init__(self, message: str, hint: str = "", at: YamlPath = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


@dataclass(frozen=True)
class Quantity:
    """A law of numbers in `unit`, as the file gives them."""

    law: Distribution
    unit: str

    @property
    def dimension(self) -> str:
        """The dimension of the unit, such as `time` (see sim.inputs.units)."""
        return UNITS[self.unit].dimension

    @cached_property
    def dist(self) -> Distribution:
        """The law in the base unit of the dimension."""
        return self.law.scaled(UNITS[self.unit].factor)

    @property
    def is_fixed(self) -> bool:
        """Whether it is one number, the same in every replication."""
        return isinstance(self.law, Fixed)

    @property
    def fixed_value(self) -> float:
        """The number in the base unit. Raises ValueError if it is a law of several."""
        if not isinstance(self.dist, Fixed):
            raise ValueError(f"{self.text} has no single value")
        return self.dist.value

    @property
    def text(self) -> str:
        """One line for people: `90 d`, `uniform(30, 120) d, min 45`."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        if isinstance(self.law, Fixed):
            return f"{tidy(self.law.value)}{unit}"
        numbers = ", ".join(str(number) for number in _bracket(self.law))
        extras = "".join(f", {name} {value}" for name, value in _extras(self.law).items())
        return f"{self.law.form}({numbers}){unit}{extras}"

    def plain(self) -> Any:
        """What a YAML file holds for it; reading that gives an equal quantity."""
        if isinstance(self.law, Fixed):
            return tidy(self.law.value) if self.unit == "1" else self.text
        unit = {} if self.unit == "1" else {"unit": self.unit}
        return {self.law.form: _bracket(self.law), **unit, **_extras(self.law)}

    def to(self, unit: str) -> "Quantity":
        """The same in another unit of its dimension. Raises FieldError naming the units that fit."""
        self.check_dimension((find_unit(unit).dimension,))
        if unit == self.unit:
            return self
        return Quantity(self.law.scaled(UNITS[self.unit].factor / UNITS[unit].factor), unit)

    def check_dimension(self, dimensions: Iterable[str]) -> None:
        """Raises FieldError naming the units that fit unless it has one of `dimensions`."""
        try:
            check_unit(self.unit, dimensions)
        except ValueError as error:
            raise FieldError(str(error)) from None

    def check_range(self, low: float = -inf, high: float = inf, *, above: bool = False) -> None:
        """Raises FieldError unless every value that can be drawn lies within `low` and `high` (base units).

        `above`: the value must not be `low` either.
        """
        lowest, highest = self.dist.support
        hint = "" if self.is_fixed else "Bound it with `min` and `max`"
        if lowest < low or (above and lowest == low):
            raise FieldError(
                f"{self.text} is too low: {'above' if above else 'at least'} {low:g} is needed", hint
            )
        if highest > high:
            raise FieldError(f"{self.text} is too high: at most {high:g} is needed", hint)


def parse_quantity(raw: Any) -> Quantity:
    """The quantity that a value of a YAML file stands for. Raises FieldError.

    >>> parse_quantity("90 d").text, parse_quantity({"triangular": [30, 60, 150], "unit": "d"}).text
    ('90 d', 'triangular(30, 60, 150) d')
    """
    if isinstance(raw, Quantity):
        return raw
    if isinstance(raw, Mapping):
        return _from_mapping(raw)
    if isinstance(raw, str):
        try:
            value, unit = parse_quantity_text(raw)
        except ValueError as error:
            raise FieldError(str(error)) from None
        return Quantity(Fixed(_number(value, ())), unit)
    return Quantity(Fixed(_number(raw, ())), "1")


def tidy(number: float) -> int | float:
    """A whole number without its decimal point."""
    return int(number) if number == int(number) else number


def _from_mapping(raw: Mapping[str, Any]) -> Quantity:
    form = _form(raw)
    law = LAWS[form]
    for key in raw:
        if key != form and key not in _EXTRAS:
            raise FieldError("unknown key", suggest(key, _EXTRAS), (key,))
    if "weights" in raw and law is not Choice:
        raise FieldError("only a choice has weights", at=("weights",))
    unit = raw.get("unit", "1")
    if not isinstance(unit, str) and unit != 1:
        raise FieldError(f"{unit!r} is not a unit", at=("unit",))
    bounds = {
        name: _number(raw[key], (key,))
        for key, name in (("min", "minimum"), ("max", "maximum"))
        if key in raw
    }
    try:
        return Quantity(_law(law, raw, bounds), find_unit(str(unit)).name)
    except FieldError:
        raise
    except ValueError as error:
        raise FieldError(str(error)) from None


def _form(raw: Mapping[str, Any]) -> str:
    """The one word in `raw` that names a law."""
    forms = [key for key in raw if key in LAWS]
    if len(forms) == 1:
        return forms[0]
    if forms:
        raise FieldError(f"only one of {', '.join(forms)} can be given")
    hints = [hint for key in raw if key not in _EXTRAS and (hint := suggest(key, LAWS))]
    raise FieldError(f"a law is expected: one of {', '.join(LAWS)}", hints[0] if hints else "")


def _law(law: type[Distribution], raw: Mapping[str, Any], bounds: Mapping[str, float]) -> Distribution:
    form = law.form
    if law is Fixed:
        value = _number(raw[form], (form,))
        return replace(Fixed(value, **bounds), minimum=None, maximum=None)
    numbers = _numbers(raw[form], (form,))
    if law is Choice:
        weights = _numbers(raw["weights"], ("weights",)) if "weights" in raw else ()
        return Choice(numbers, weights=weights, **bounds)
    names = law.argument_names()
    if len(numbers) != len(names):
        raise FieldError(f"[{', '.join(names)}] is expected, not {len(numbers)} numbers", at=(form,))
    return law(*numbers, **bounds)


def _numbers(raw: Any, at: YamlPath) -> tuple[float, ...]:
    if not isinstance(raw, list):
        raise FieldError("a list of numbers in brackets is expected", at=at)
    return tuple(_number(item, (*at, index)) for index, item in enumerate(raw))


def _number(raw: Any, at: YamlPath) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, float)):
        raise FieldError(f"a number is expected, not {shown(raw)}", at=at)
    if not -LARGEST <= raw <= LARGEST:
        raise FieldError(f"{raw:g} is too large: numbers go up to {LARGEST:g}", at=at)
    return float(raw)


def shown(raw: Any, longest: int = 60) -> str:
    """A value of a file as a message quotes it."""
    if raw is None:
        return "nothing"
    if isinstance(raw, (dict, list)):
        return "a mapping" if isinstance(raw, dict) else "a list"
    text = repr(raw) if isinstance(raw, str) else str(raw).lower()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _bracket(law: Distribution) -> list[int | float]:
    if isinstance(law, Choice):
        return [tidy(value) for value in law.values]
    return [tidy(getattr(law, name)) for name in law.argument_names()]


def _extras(law: Distribution) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if isinstance(law, Choice) and law.weights:
        extras["weights"] = [tidy(weight) for weight in law.weights]
    for key, name in _BOUNDS.items():
        if getattr(law, name) is not None:
            extras[key] = tidy(getattr(law, name))
    return extras
