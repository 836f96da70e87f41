"""Value of information: what knowing one input would be worth to a decision, before it is taken.

EVPPI of x = min over options of E[loss] less E[min over options of E[loss | x]], with E[loss | x] by
regression on x (Strong, Oakley & Brennan, Med. Decis. Making 34, 2014). Noise makes it too large: what an
input without effect would get is measured by shuffling and told beside it.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.sensitivity.curves import FEWEST, basis

Values = NDArray[np.float64]
SHUFFLES = 200
FOLDS = 20
"""Parts of the delete-a-group jackknife."""
ROUNDING = 1e-12
"""Gains smaller than this share of the loss are those of adding up."""
RANK = 1e-9
"""Columns weaker than this, against the strongest, add nothing."""
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Worth:
    """Of one input, in the unit of the loss. noise: the largest of 200 shuffled inputs."""

    evppi: float = nan
    low: float = nan
    high: float = nan
    noise: float = nan

    @property
    def stands_out(self) -> bool:
        """Whether it is more than an input without effect would get."""
        return self.evppi > self.noise


@dataclass(frozen=True)
class Choice:
    """What is best before anything more is known. loss: expected, of each option.

    all_known: what it would be worth to know how everything turns out, chance included: no input is worth
    more.
    """

    best: int
    loss: Values
    all_known: float


def choice(losses: Values) -> Choice:
    """losses: shape (points, options), without nan."""
    loss = losses.mean(axis=0)
    best = int(loss.argmin())
    return Choice(best, loss, float(loss[best] - losses.min(axis=1).mean()))


def worth(x: Values, losses: Values) -> Worth:
    """x: shape (points,); losses: shape (points, options), without nan."""
    if len(x) < FEWEST or np.unique(x).size < 2:
        return Worth()
    rng = np.random.default_rng(0)  # technical: which points are shuffled, and dealt into which part
    project = _projection(x)
    found = _evppi(project, losses)
    noise = max(_evppi(project, losses[rng.permutation(len(x))]) for _ in range(SHUFFLES))
    part = rng.permutation(len(x)) % FOLDS
    left = [_evppi(_projection(x[part != one]), losses[part != one]) for one in range(FOLDS)]
    error = float(np.sqrt((FOLDS - 1) * np.var(left))) * Z95
    return Worth(found, max(0.0, found - error), found + error, noise)


def worths(x: Values, losses: Values) -> Values:
    """EVPPI of every input. x: shape (points, inputs)."""
    return np.array([_evppi(_projection(column), losses) for column in x.T])


def _projection(x: Values) -> Values:
    """Orthonormal columns that span the curves of x. shape (points, terms)."""
    columns = basis(x).columns
    left, strength, _ = np.linalg.svd(columns, full_matrices=False)
    kept: Values = left[:, strength > strength[0] * RANK]
    return kept


def _evppi(project: Values, losses: Values) -> float:
    before = float(losses.mean(axis=0).min())
    gain = before - float((project @ (project.T @ losses)).min(axis=1).mean())
    return gain if gain > ROUNDING * abs(before) else 0.0
