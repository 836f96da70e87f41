import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.inputs.formula import evaluate, names

VALUES = {"a": 3.0, "b.c": 4.0, "mines.rate_t_per_yr": 0.5}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b.c * 2", 11.0),
        ("(a + b.c) * 2", 14.0),
        ("-a ** 2", -9.0),
        ("sqrt(a**2 + b.c**2)", 5.0),
        ("log(exp(a)) / mines.rate_t_per_yr", 6.0),
        ("1e3", 1000.0),
        ("max(0, a - b.c) + min(a, b.c, 10)", 3.0),
    ],
)
def test_evaluates_arithmetic(text: str, expected: float) -> None:
    assert evaluate(text, VALUES) == pytest.approx(expected)


def test_names_are_told_once_and_in_order() -> None:
    assert names("b.c / (a - 1) + sqrt(b.c)") == ("b.c", "a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a and b",
        "a if a else a",
        "[a]",
        "a[0]",
        "f(a)",
        "sqrt(a, a)",
        "max(a)",
        "'x'",
        "a // 2",
        "a\nb",
        "True.x",
    ],
)
def test_refuses_what_is_not_arithmetic(text: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        evaluate(text, VALUES)


@pytest.mark.parametrize("text", ["a / 0", "log(0 - a)", "exp(1e9)", "(-a) ** 0.5"])
def test_refuses_what_has_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="no value"):
        evaluate(text, VALUES)


def test_refuses_unknown_names() -> None:
    with pytest.raises(ValueError, match=r"b\.d"):
        evaluate("a * b.d", VALUES)


numbers = st.floats(0.1, 100).map(lambda value: f"{value:.3f}")


@given(
    st.recursive(
        numbers,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]} {0[1]} {0[2]})".format),
    )
)
def test_agrees_with_python(text: str) -> None:
    try:
        expected = eval(text)
    except ZeroDivisionError:
        with pytest.raises(ValueError, match="no value"):
            evaluate(text, {})
        return
    assert math.isclose(evaluate(text, {}), expected, rel_tol=1e-12, abs_tol=1e-12)
