"""The laws a quantity may follow: frozen, with mean, variance and drawn numbers.

`minimum` and `maximum` cut a law by clipping: what falls outside is moved to the bound, not drawn again, so
the same stream gives the same numbers wherever no bound is met.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import exp, expm1, inf
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Distribution(ABC):
    """A law of one real number. Constructors raise ValueError on arguments that define none.

    A subclass declares its arguments as fields, in the order a scenario file writes them. `form` is the word
    the file writes; `unitless` names the arguments that a change of unit leaves alone.
    """

    form: ClassVar[str]
    unitless: ClassVar[frozenset[str]] = frozenset()

    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError(f"min {self.minimum:g} must be below max {self.maximum:g}")
        self._check()

    @property
    def mean(self) -> float:
        """Exact without bounds; with bounds that of the uncut law, moved into them."""
        return self._clip(self._moments()[0])

    @property
    def variance(self) -> float:
        """Exact without bounds; with bounds that of the uncut law, which the cut one never exceeds."""
        return self._moments()[1]

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest value that can be drawn."""
        low, high = self._range()
        return self._clip(low), self._clip(high)

    def sample(self, rng: np.random.Generator, size: int) -> Draws:
        """`size` independent numbers."""
        drawn = self._draw(rng, size)
        return drawn.clip(self._clip(-inf), self._clip(inf))

    def quantile(self, shares: Draws) -> Draws:
        """The numbers below which these shares (0 to 1) of all drawn lie; infinite where the law is open."""
        return self._quantile(shares).clip(self._clip(-inf), self._clip(inf))

    def scaled(self, factor: float) -> Self:
        """The law of `factor` times the number; `factor` is positive (a change of unit)."""
        changed: dict[str, Any] = {}
        for argument in fields(self):
            value = getattr(self, argument.name)
            if value is None or argument.name in self.unitless:
                continue
            many = isinstance(value, tuple)
            changed[argument.name] = tuple(v * factor for v in value) if many else value * factor
        return replace(self, **changed)

    @classmethod
    def argument_names(cls) -> tuple[str, ...]:
        """What stands in the brackets of this form in a scenario file, in order."""
        return tuple(argument.name for argument in fields(cls) if not argument.kw_only)

    def _clip(self, value: float) -> float:
        low = -inf if self.minimum is None else self.minimum
        high = inf if self.maximum is None else self.maximum
        return min(max(value, low), high)

    @abstractmethod
    def _check(self) -> None:
        """Raises ValueError if the arguments define no law."""

    @abstractmethod
    def _moments(self) -> tuple[float, float]:
        """Mean and variance of the uncut law."""

    @abstractmethod
    def _range(self) -> tuple[float, float]:
        """Lowest and highest value of the uncut law."""

    @abstractmethod
    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        """Independent numbers of the uncut law."""

    @abstractmethod
    def _quantile(self, shares: Draws) -> Draws:
        """Quantiles of the uncut law."""


@dataclass(frozen=True)
class Fixed(Distribution):
    """Always `value`; takes nothing from the stream."""

    form = "fixed"
    value: float

    def _check(self) -> None:
        if self._clip(self.value) != self.value:
            raise ValueError(f"the fixed value {self.value:g} lies outside min and max")

    def _moments(self) -> tuple[float, float]:
        return self.value, 0.0

    def _range(self) -> tuple[float, float]:
        return self.value, self.value

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        import numpy as np

        return np.full(size, float(self.value))

    def _quantile(self, shares: Draws) -> Draws:
        import numpy as np

        return np.full(shares.shape, float(self.value))


@dataclass(frozen=True)
class Uniform(Distribution):
    """Flat between `low` and `high`."""

    form = "uniform"
    low: float
    high: float

    def _check(self) -> None:
        if self.low >= self.high:
            raise ValueError(f"uniform: low {self.low:g} must be below high {self.high:g}")

    def _moments(self) -> tuple[float, float]:
        return (self.low + self.high) / 2, (self.high - self.low) ** 2 / 12

    def _range(self) -> tuple[float, float]:
        return self.low, self.high

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        return rng.uniform(self.low, self.high, size)

    def _quantile(self, shares: Draws) -> Draws:
        return self.low + (self.high - self.low) * shares


@dataclass(frozen=True)
class Triangular(Distribution):
    """Between `low` and `high`, most likely at `mode`."""

    form = "triangular"
    low: float
    mode: float
    high: float

    def _check(self) -> None:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError(f"triangular: {self.low:g}, {self.mode:g}, {self.high:g} must rise")

    def _moments(self) -> tuple[float, float]:
        low, mode, high = self.low, self.mode, self.high
        spread = (high - low) ** 2 + (mode - low) * (mode - high)
        return (low + mode + high) / 3, spread / 18

    def _range(self) -> tuple[float, float]:
        return self.low, self.high

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        return rng.triangular(self.low, self.mode, self.high, size)

    def _quantile(self, shares: Draws) -> Draws:
        import numpy as np

        low, mode, high = self.low, self.mode, self.high
        rising = low + np.sqrt(shares * (high - low) * (mode - low))
        falling = high - np.sqrt((1 - shares) * (high - low) * (high - mode))
        return np.where(shares * (high - low) < mode - low, rising, falling)


@dataclass(frozen=True)
class Normal(Distribution):
    """Gaussian; `sd` is the standard deviation."""

    form = "normal"
    centre: float
    sd: float

    def _check(self) -> None:
        if self.sd <= 0:
            raise ValueError(f"normal: the standard deviation {self.sd:g} must be above 0")

    def _moments(self) -> tuple[float, float]:
        return self.centre, self.sd**2

    def _range(self) -> tuple[float, float]:
        return -inf, inf

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        return rng.normal(self.centre, self.sd, size)

    def _quantile(self, shares: Draws) -> Draws:
        from scipy.special import ndtri

        return self.centre + self.sd * _floats(ndtri(shares))


@dataclass(frozen=True)
class Lognormal(Distribution):
    """Its logarithm is normal, with standard deviation `sigma_of_log` (at most 5)."""

    form = "lognormal"
    unitless = frozenset({"sigma_of_log"})
    median: float
    sigma_of_log: float

    def _check(self) -> None:
        if self.median <= 0 or not 0 < self.sigma_of_log <= 5:
            raise ValueError("lognormal: the median must be above 0, sigma_of_log above 0 and at most 5")

    def _moments(self) -> tuple[float, float]:
        mean = self.median * exp(self.sigma_of_log**2 / 2)
        return mean, mean * mean * expm1(self.sigma_of_log**2)

    def _range(self) -> tuple[float, float]:
        return 0.0, inf

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        import numpy as np

        return self.median * np.exp(self.sigma_of_log * rng.standard_normal(size))

    def _quantile(self, shares: Draws) -> Draws:
        import numpy as np
        from scipy.special import ndtri

        return self.median * np.exp(self.sigma_of_log * _floats(ndtri(shares)))


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma law with mean `centre` and coefficient of variation `cv` (0.01 to 10)."""

    form = "gamma"
    unitless = frozenset({"cv"})
    centre: float
    cv: float

    def _check(self) -> None:
        if self.centre <= 0 or not 0.01 <= self.cv <= 10:
            raise ValueError("gamma: the mean must be above 0 and cv between 0.01 and 10")

    def _moments(self) -> tuple[float, float]:
        return self.centre, (self.centre * self.cv) ** 2

    def _range(self) -> tuple[float, float]:
        return 0.0, inf

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        shape = self.cv**-2
        return rng.gamma(shape, self.centre / shape, size)

    def _quantile(self, shares: Draws) -> Draws:
        from scipy.special import gammaincinv

        shape = self.cv**-2
        return _floats(gammaincinv(shape, shares)) * self.centre / shape


@dataclass(frozen=True)
class Choice(Distribution):
    """One of `values`, drawn with `weights` (any positive sum; equal where none are given)."""

    form = "choice"
    unitless = frozenset({"weights"})
    values: tuple[float, ...]
    weights: tuple[float, ...] = field(default=(), kw_only=True)

    @property
    def probabilities(self) -> tuple[float, ...]:
        """The weights as shares of their sum, one per value."""
        weights = self.weights or (1.0,) * len(self.values)
        return tuple(weight / sum(weights) for weight in weights)

    def _check(self) -> None:
        if not self.values:
            raise ValueError("choice: at least one value is needed")
        if self.weights and len(self.weights) != len(self.values):
            raise ValueError(f"choice: {len(self.values)} values but {len(self.weights)} weights")
        if self.weights and (min(self.weights) < 0 or sum(self.weights) <= 0):
            raise ValueError("choice: weights must not be negative, and their sum must be above 0")

    def _moments(self) -> tuple[float, float]:
        pairs = list(zip(self.probabilities, self.values, strict=True))
        mean = sum(p * value for p, value in pairs)
        return mean, sum(p * (value - mean) ** 2 for p, value in pairs)

    def _range(self) -> tuple[float, float]:
        possible = [value for p, value in zip(self.probabilities, self.values, strict=True) if p > 0]
        return min(possible), max(possible)

    def _draw(self, rng: np.random.Generator, size: int) -> Draws:
        import numpy as np

        return rng.choice(np.array(self.values, dtype=float), size, p=self.probabilities)

    def _quantile(self, shares: Draws) -> Draws:
        """In the order in which the values are given, which may have no other."""
        import numpy as np

        steps = np.cumsum(self.probabilities)
        at = np.searchsorted(steps[:-1], shares, side="right")
        return np.array(self.values, dtype=float)[at]


LAWS: Mapping[str, type[Distribution]] = {
    law.form: law for law in (Fixed, Uniform, Triangular, Normal, Lognormal, Gamma, Choice)
}
"""The laws by the word a scenario file writes."""


def _floats(numbers: Any) -> Draws:
    """Numbers that a library does not type."""
    import numpy as np

    return np.asarray(numbers, dtype=np.float64)
