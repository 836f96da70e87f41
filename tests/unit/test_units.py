"""Units and the conversion to base units."""

import re

import pytest

from sim.inputs.units import DIMENSIONS, UNITS, find_unit, from_base, parse_quantity_text, to_base, units_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90 d", (90.0, "d")),
        ("35000 CNY/t", (35000.0, "CNY/t")),
        ("20%", (20.0, "%")),
        (" -5 %/yr ", (-5.0, "%/yr")),
        ("0.5", (0.5, "1")),
        (".5e1 t_REO/yr", (5.0, "t_REO/yr")),
        ("1 CNY/t/km", (1.0, "CNY/t/km")),
    ],
)
def test_a_quantity_is_a_number_and_its_unit(text: str, expected: tuple[float, str]) -> None:
    assert parse_quantity_text(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "'abc' is not a number with a unit, such as '90 d'"),
        ("", "'' is not a number"),
        ("d 90", "'d 90' is not a number"),
        ("35,000 CNY/t", "write the number without separators between thousands"),
        ("3 CNY/ton", "unknown unit 'CNY/ton'. Did you mean 'CNY/t'?"),
        ("3 days", "unknown unit 'days'. Did you mean 'd'?"),
        ("3 RMB/kg", "unknown unit 'RMB/kg'. Did you mean 'CNY/kg'?"),
        ("3 parsec", "unknown unit 'parsec'. Units are 1, %, d, "),
        ("1e999 t", "1e999 is too large for a number"),
        ("٣ d", "is not a number"),
    ],
)
def test_what_is_no_quantity_is_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_quantity_text(text)


@pytest.mark.parametrize(
    ("value", "unit", "dimension", "base"),
    [
        (2, "week", "time", 14.0),
        (12, "month", "time", 365.25),
        (1, "yr", "time", 365.25),
        (36, "h", "time", 1.5),
        (20, "%", "dimensionless", 0.2),
        (113, "t/yr", "gross_mass_per_time", 113 / 365.25),
        (1, "t_REO/month", "reo_mass_per_time", 1 / 30.4375),
        (800000, "kg/yr", "oxide_mass_per_time", 800000 / 365.25),
        (365.25, "CNY/yr", "cny_per_time", 1.0),
        (5, "%/yr", "share_per_time", 0.05 / 365.25),
        (600, "USD/month", "usd_per_time", 600 / 30.4375),
        (15, "truck/d", "trucks_per_time", 15.0),
    ],
)
def test_base_units(value: float, unit: str, dimension: str, base: float) -> None:
    assert to_base(value, unit, dimension) == pytest.approx(base, rel=1e-15)
    assert from_base(base, unit) == pytest.approx(value, rel=1e-15)


def test_the_wrong_unit_names_those_that_fit() -> None:
    with pytest.raises(ValueError, match="'t' is the wrong unit: d, h, week, month or yr is needed"):
        to_base(1, "t", "time")
    with pytest.raises(ValueError, match="the number has no unit: CNY/t is needed"):
        to_base(1, "1", "cny_per_t")


def test_gross_tonnes_oxide_kilograms_and_reo_never_mix() -> None:
    assert len({UNITS[name].dimension for name in ("t", "kg", "t_REO", "CNY", "USD")}) == 5


def test_each_dimension_has_one_base_unit_and_every_unit_a_dimension() -> None:
    for dimension in DIMENSIONS:
        assert 1.0 in {UNITS[name].factor for name in units_of([dimension])}
    assert units_of() == tuple(UNITS)
    assert find_unit("km").dimension == "distance"
