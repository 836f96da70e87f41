"""Quantities of scenario files."""

from typing import Any

import pytest

from sim.inputs.quantity import FieldError, Quantity, parse_quantity, shown
from sim.inputs.sampling import Choice, Fixed, Normal, Uniform

FORMS: list[tuple[Any, Quantity, str]] = [
    ("90 d", Quantity(Fixed(90.0), "d"), "90 d"),
    ("35000.5 CNY/t", Quantity(Fixed(35000.5), "CNY/t"), "35000.5 CNY/t"),
    ("20 %", Quantity(Fixed(20.0), "%"), "20 %"),
    (0.6, Quantity(Fixed(0.6), "1"), "0.6"),
    (2, Quantity(Fixed(2.0), "1"), "2"),
    ("0.6", Quantity(Fixed(0.6), "1"), "0.6"),
    ({"fixed": 3, "unit": "d", "min": 1}, Quantity(Fixed(3.0), "d"), "3 d"),
    ({"uniform": [30, 120], "unit": "d"}, Quantity(Uniform(30.0, 120.0), "d"), "uniform(30, 120) d"),
    ({"normal": [1, 0.5], "min": 0}, Quantity(Normal(1.0, 0.5, minimum=0.0), "1"), "normal(1, 0.5), min 0"),
    (
        {"choice": [1, 2], "weights": [1, 3], "unit": "week", "max": 1.5},
        Quantity(Choice((1.0, 2.0), weights=(1.0, 3.0), maximum=1.5), "week"),
        "choice(1, 2) week, weights [1, 3], max 1.5",
    ),
]


@pytest.mark.parametrize(("raw", "quantity", "text"), FORMS, ids=str)
def test_forms(raw: Any, quantity: Quantity, text: str) -> None:
    assert parse_quantity(raw) == quantity
    assert quantity.text == text
    assert parse_quantity(quantity.plain()) == quantity


def test_values_are_told_in_base_units() -> None:
    quantity = parse_quantity({"uniform": [1, 3], "unit": "week"})
    assert quantity.dist == Uniform(7.0, 21.0)
    assert quantity.dimension == "time"
    assert not quantity.is_fixed
    assert parse_quantity("2 week").fixed_value == 14.0
    with pytest.raises(ValueError, match=r"uniform\(1, 3\) week has no single value"):
        _ = quantity.fixed_value


def test_a_quantity_can_be_told_in_another_unit_of_its_dimension() -> None:
    assert parse_quantity("2 week").to("d") == parse_quantity("14 d")
    assert parse_quantity("20 %").to("1").text == "0.2"
    quantity = parse_quantity("3 d")
    assert quantity.to("d") is quantity
    with pytest.raises(FieldError, match="'t' is the wrong unit: d, h, week, month or yr is needed"):
        parse_quantity("3 t").to("d")


@pytest.mark.parametrize(
    ("raw", "message", "at"),
    [
        (None, "a number is expected, not nothing", ()),
        (True, "a number is expected, not true", ()),
        ([1], "a number is expected, not a list", ()),
        ({}, "a law is expected", ()),
        ({"uniform": 3}, "a list of numbers in brackets is expected", ("uniform",)),
        ({"fixed": "3 d"}, "a number is expected, not '3 d'", ("fixed",)),
        ({"uniform": [1, 2], "unit": 7}, "7 is not a unit", ("unit",)),
        ({"uniform": [1, 2], "unit": "dy"}, "unknown unit 'dy'", ()),
        ({"uniform": [1, 2], "mn": 1}, "unknown key", ("mn",)),
        ({"uniform": [1, 2], "min": "x"}, "a number is expected, not 'x'", ("min",)),
        ({"uniform": [1, 2], "gamma": [1, 2]}, "only one of uniform, gamma can be given", ()),
        ({"normal": [1e300, 1]}, "too large", ("normal", 0)),
        (10**30, "too large", ()),
    ],
)
def test_what_is_no_quantity(raw: Any, message: str, at: tuple[str | int, ...]) -> None:
    with pytest.raises(FieldError, match=message) as caught:
        parse_quantity(raw)
    assert caught.value.at == at


def test_ranges_hold_for_everything_that_can_be_drawn() -> None:
    parse_quantity({"normal": [1, 1], "min": 0, "max": 1}).check_range(0.0, 1.0)
    with pytest.raises(FieldError, match="too low: at least 0 is needed") as caught:
        parse_quantity({"normal": [1, 1]}).check_range(0.0)
    assert caught.value.hint == "Bound it with `min` and `max`"
    with pytest.raises(FieldError, match="too high: at most 1 is needed"):
        parse_quantity("101 %").check_range(0.0, 1.0)
    with pytest.raises(FieldError, match="above 0 is needed"):
        parse_quantity(0).check_range(0.0, above=True)


def test_quoted_values_are_short() -> None:
    assert shown("x" * 100) == f"'{'x' * 58}…"
    assert shown({}) == "a mapping"
