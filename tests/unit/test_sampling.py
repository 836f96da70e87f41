"""The laws of numbers: what is drawn has the mean and variance that is told."""

from math import inf

import numpy as np
import pytest

from sim.inputs.sampling import (
    LAWS,
    Choice,
    Distribution,
    Fixed,
    Gamma,
    Lognormal,
    Normal,
    Triangular,
    Uniform,
)

UNCUT: list[Distribution] = [
    Fixed(3.0),
    Uniform(-1.0, 5.0),
    Triangular(1.0, 2.0, 6.0),
    Triangular(1.0, 1.0, 6.0),
    Normal(4.0, 2.0),
    Lognormal(60.0, 0.4),
    Gamma(40.0, 0.7),
    Choice((1.0, 2.0, 10.0), weights=(1.0, 1.0, 2.0)),
    Choice((1.0, 3.0)),
]
SIZE = 200_000


@pytest.mark.parametrize("law", UNCUT, ids=repr)
def test_drawn_numbers_have_the_told_moments(law: Distribution) -> None:
    drawn = law.sample(np.random.default_rng(1), SIZE)
    sd = law.variance**0.5
    assert drawn.shape == (SIZE,)
    assert drawn.mean() == pytest.approx(law.mean, abs=5 * sd / SIZE**0.5 + 1e-12)
    assert drawn.var() == pytest.approx(law.variance, rel=0.03, abs=1e-12)
    low, high = law.support
    assert low <= drawn.min()
    assert drawn.max() <= high


@pytest.mark.parametrize("law", UNCUT, ids=repr)
def test_a_change_of_unit_scales_what_is_drawn(law: Distribution) -> None:
    drawn = law.sample(np.random.default_rng(2), 100)
    scaled = law.scaled(7.0).sample(np.random.default_rng(2), 100)
    np.testing.assert_allclose(scaled, 7.0 * drawn, rtol=1e-12)
    assert law.scaled(7.0).variance == pytest.approx(49.0 * law.variance)


def test_bounds_move_what_falls_outside_and_nothing_else() -> None:
    free, cut = Normal(0.0, 1.0), Normal(0.0, 1.0, minimum=-0.5, maximum=1.0)
    drawn = free.sample(np.random.default_rng(3), 1000)
    np.testing.assert_array_equal(cut.sample(np.random.default_rng(3), 1000), drawn.clip(-0.5, 1.0))
    assert cut.support == (-0.5, 1.0)
    assert cut.sample(np.random.default_rng(3), 1000).var() < cut.variance
    assert Normal(0.0, 1.0, minimum=2.0).mean == 2.0
    assert cut.scaled(2.0) == Normal(0.0, 2.0, minimum=-1.0, maximum=2.0)


def test_a_fixed_value_takes_nothing_from_the_stream() -> None:
    rng = np.random.default_rng(4)
    Fixed(1.0).sample(rng, 10)
    assert rng.random() == np.random.default_rng(4).random()


def test_support_of_open_laws() -> None:
    assert Normal(0.0, 1.0).support == (-inf, inf)
    assert Lognormal(1.0, 1.0, maximum=9.0).support == (0.0, 9.0)
    assert Choice((1.0, 5.0), weights=(1.0, 0.0)).support == (1.0, 1.0)


@pytest.mark.parametrize(
    ("form", "arguments", "message"),
    [
        ("uniform", (2.0, 1.0), "low 2 must be below high 1"),
        ("triangular", (1.0, 5.0, 2.0), "must rise"),
        ("triangular", (1.0, 1.0, 1.0), "must rise"),
        ("normal", (1.0, 0.0), "must be above 0"),
        ("lognormal", (0.0, 1.0), "must be above 0"),
        ("lognormal", (1.0, 6.0), "at most 5"),
        ("gamma", (-1.0, 1.0), "must be above 0"),
        ("gamma", (1.0, 0.0), "between 0.01 and 10"),
        ("choice", ((),), "at least one value"),
    ],
)
def test_arguments_that_define_no_law(form: str, arguments: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LAWS[form](*arguments)


def test_bounds_and_weights_that_define_no_law() -> None:
    with pytest.raises(ValueError, match="min 2 must be below max 1"):
        Normal(0.0, 1.0, minimum=2.0, maximum=1.0)
    with pytest.raises(ValueError, match="outside min and max"):
        Fixed(5.0, maximum=1.0)
    with pytest.raises(ValueError, match="2 values but 1 weights"):
        Choice((1.0, 2.0), weights=(1.0,))
    with pytest.raises(ValueError, match="must not be negative"):
        Choice((1.0, 2.0), weights=(2.0, -1.0))
    with pytest.raises(ValueError, match="above 0"):
        Choice((1.0, 2.0), weights=(0.0, 0.0))


@pytest.mark.parametrize(
    "law",
    [
        Fixed(3.0),
        Uniform(2.0, 5.0),
        Triangular(1.0, 2.0, 6.0),
        Triangular(1.0, 1.0, 6.0),
        Triangular(1.0, 6.0, 6.0),
        Normal(-4.0, 2.0),
        Lognormal(3.0, 0.7),
        Gamma(5.0, 0.4),
        Choice((1.0, 7.0, 9.0), weights=(1.0, 0.0, 3.0)),
        Normal(0.0, 1.0, minimum=-0.5, maximum=1.0),
    ],
    ids=lambda law: law.form,
)
def test_quantiles_are_those_of_the_numbers_drawn(law):
    shares = np.array([0.02, 0.1, 0.4, 0.6, 0.95])
    drawn = law.sample(np.random.default_rng(5), 200_000)
    expected = np.quantile(drawn, shares)
    np.testing.assert_allclose(law.quantile(shares), expected, atol=0.02 * max(1.0, law.variance**0.5))
    assert (np.diff(law.quantile(np.linspace(0.0, 1.0, 50))) >= 0).all()
