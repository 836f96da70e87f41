"""Numbers of a page: units, digits, traces."""

from math import nan

import pytest

from sim import shipped
from sim.evidence import Registry
from sim.ledger import Key
from sim.report.behind import _DIRECT, trace
from sim.report.comparison_page import month_charts
from sim.report.units import exact, fitting, interval, precise
from sim.results.metrics import METRICS
from sim.results.variables import VARIABLES


@pytest.mark.parametrize(
    ("value", "half", "told"),
    [
        (6.7312, 0.23, "6.7"),
        (6.7312, 0.04, "6.73"),
        (12345.6, 300, "12,300"),
        (1719.2, 4.0, "1,720"),
        (825.0, 1e-10, "825"),
        (-0.0001, 0.5, "0.0"),
        (-3.2, 1.1, "−3"),
        (3.21987, nan, "3.22"),
        (nan, 1, "–"),
    ],
)
def test_a_number_has_the_digits_that_its_interval_allows_and_three_at_most(value, half, told):
    assert precise(value, half) == told


def test_both_ends_of_an_interval_have_the_same_decimals():
    assert interval(6.47, 6.9541) == "[6.5, 7.0]"
    assert interval(-244.4, -226.9, sign=True) == "[−244, −227]"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (-96.3, -4.01, "[−96, −4]"),
        (32.3, 668.0, "[30, 670]"),
        (0.4, 668.0, "[0, 668]"),
        (-4.01, 96.3, "[0, 100]"),
        (0.0, 668.0, "[0, 700]"),
    ],
)
def test_an_interval_without_zero_is_not_told_as_one_that_ends_there(low, high, told):
    assert interval(low, high) == told


@pytest.mark.parametrize(
    ("unit", "largest", "name", "of_2000"),
    [
        ("t", 93_000, "kt", 2),
        ("t", 900, "t", 2000),
        ("CNY", 3e9, "bn CNY", 2e-6),
        ("month", 4, "months", 2000),
    ],
)
def test_units_fit_the_size(unit, largest, name, of_2000):
    found = fitting(unit, largest)
    assert found.name == name
    assert found.of(2000) == pytest.approx(of_2000)


def test_inputs_are_told_as_they_were_given():
    assert [exact(value) for value in (35000.0, 0.035, 1.8, 19150.0, -0.4, 0.0)] == [
        "35,000", "0.035", "1.8", "19,150", "−0.4", "0",
    ]  # fmt: skip


PARAMETERS = tuple(Registry.load(shipped.seeds_dir()).parameters)
NOT_TRACED = {"india_delivered_t", "india_separated_kg"}
"""Always zero: no parameter acts on them."""


@pytest.mark.parametrize("name", sorted({*METRICS, *VARIABLES} - NOT_TRACED))
def test_behind_every_number_stand_parameters(name):
    found = trace(Key(name), PARAMETERS)
    assert found.direct
    assert found.definition
    assert found.unit


def test_every_pattern_finds_a_parameter():
    from fnmatch import fnmatchcase

    patterns = {p.format(element="tb", actor="kia") for patterns in _DIRECT.values() for p in patterns}
    assert [p for p in sorted(patterns) if not any(fnmatchcase(name, p) for name in PARAMETERS)] == []


def test_a_price_is_traced_to_its_own_element_and_a_tax_to_its_own_actor():
    price = trace(Key("price_peak", "china", "Tb"), PARAMETERS)
    assert "market.tb.oxide_stock_months" in price.direct
    assert not any(name.startswith("market.dy.") for name in price.direct)
    assert price.upstream > 20
    tax = trace(Key("tax_cny", actor="uwsa"), PARAMETERS)
    assert {name.split(".")[1] for name in tax.direct} == {"uwsa", "in_kind_sale_d"}


@pytest.mark.parametrize(
    ("pairs", "told"),
    [("8", "Line: mean of the pairs; band: "), ("0", "Line: difference of the means; band: ")],
)
def test_months_without_pairs_are_not_told_as_means_of_pairs(pairs, told):
    about = {"variable": "imports_t", "place": "myanmar", "element": "", "actor": "", "heading": ""}
    numbers = {"diff_mean": "2", "diff_ci_low": "1", "diff_ci_high": "3", "n_pairs": pairs}
    row = {"month": "2025-07", "unit": "t", "other": "own"} | about | numbers
    (chart,) = month_charts([row], "base")
    assert chart.note == f"{told}its 95 % interval."
