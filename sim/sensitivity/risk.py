"""How often a threshold is breached, and how much an option may be regretted."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.results.variance import split

Values = NDArray[np.float64]
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Probability:
    """Of a breach, with its 95 % interval. effective: how many independent runs the runs are worth."""

    breaches: int
    runs: int
    effective: float
    share: float
    low: float
    high: float


def probability(breached: NDArray[np.bool_], draws: NDArray[np.int64]) -> Probability:
    """breached, draws: shape (runs,), at least one. draws: which runs share their parameters.

    Runs that share parameters are worth fewer independent ones, by how alike they are (design effect;
    Kish, Survey Sampling, 1965).
    """
    runs = breached.size
    effective = runs / _alike(breached, draws)
    share = float(breached.mean())
    return Probability(int(breached.sum()), runs, effective, share, *wilson(share, effective))


def wilson(share: float, runs: float) -> tuple[float, float]:
    """The 95 % interval of a probability (Wilson, JASA 22, 1927). runs need not be whole."""
    weight = Z95**2 / runs
    middle = (share + weight / 2) / (1 + weight)
    half = Z95 / (1 + weight) * np.sqrt(share * (1 - share) / runs + weight / (4 * runs))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def exceedance(values: Values, draws: NDArray[np.int64], levels: int) -> list[tuple[float, Probability]]:
    """(threshold, probability that it is exceeded) at evenly spaced quantiles of the values, lowest first."""
    thresholds = np.unique(np.quantile(values, np.linspace(0, 1, levels), method="inverted_cdf"))
    return [(float(one), probability(values > one, draws)) for one in thresholds]


def _alike(breached: NDArray[np.bool_], draws: NDArray[np.int64]) -> float:
    """How many runs are worth one: 1 + (runs a draw - 1) x correlation within a draw."""
    parts = split(breached.astype(np.float64), draws)
    size = parts.runs / max(parts.draws, 1)
    return 1 + (size - 1) * (0.0 if np.isnan(parts.share) else parts.share)


@dataclass(frozen=True)
class Regret:
    """Of each option over states that count alike. shape of each: (options,)."""

    expected: Values
    low: Values
    high: Values
    largest: Values
    best_in: Values

    @property
    def minimax(self) -> int:
        """The option whose largest regret is least."""
        return int(self.largest.argmin())

    @property
    def least_expected(self) -> int:
        """The option whose expected regret is least; it has the least expected loss as well."""
        return int(self.expected.argmin())


def regret(losses: Values) -> Regret:
    """losses: shape (states, options), without nan, at least two states.

    best_in: share of states in which an option is the best, ties counted for each.
    """
    regrets = losses - losses.min(axis=1, keepdims=True)
    error = regrets.std(axis=0, ddof=1) / np.sqrt(len(regrets)) * Z95
    mean = regrets.mean(axis=0)
    return Regret(
        mean, np.maximum(0.0, mean - error), mean + error, regrets.max(axis=0), (regrets == 0).mean(axis=0)
    )
