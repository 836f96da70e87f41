"""Whose uncertainty it is: shares of a variance by group of inputs, from draws of all inputs at once.

Each input acts through two orthogonal polynomials of its rank (a slope and a curvature). Those that stand out
of the noise are fitted; what the many others of a group do together is the mean of r_i r_k K(i, k) over pairs
of draws, which is unbiased however many they are (a U-statistic; Hoeffding, Ann. Math. Stat. 19, 1948). Only
what a group does by itself counts: what groups do together is left over, and told as such.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
STANDS_OUT = 3.7
"""In standard errors: of 270 columns without effect one in twenty times a single one gets there."""
RUNS_PER_TERM = 10
"""At least so many draws for each fitted column."""
FOLDS = 20
"""Parts of the delete-a-group jackknife."""
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Inputs:
    """What was drawn. own: shape (draws, inputs); groups: of each input.

    in_sets: shape (inputs,), the inputs of one group that come as whole sets; labels: shape (draws,), which
    set it was.
    """

    own: Values
    groups: Sequence[str]
    in_sets: NDArray[np.bool_]
    labels: NDArray[np.int64]

    def at(self, rows: NDArray[np.intp]) -> "Inputs":
        """Some of the draws."""
        return replace(self, own=self.own[rows], labels=self.labels[rows])


@dataclass(frozen=True)
class Share:
    """A part of the variance, 0-1, with its 95 % interval by the jackknife."""

    share: float
    low: float
    high: float


def by_group(values: Values, inputs: Inputs, variance: float) -> dict[str, Share]:
    """The share of `variance` that each group makes by itself.

    values: shape (draws,), the mean of each draw's replications. variance: what the shares are of, the whole
    spread with chance in it.
    """
    whole = variances(values, inputs)
    rng = np.random.default_rng(0)  # technical: how the draws are dealt into parts
    order = rng.permutation(values.size)
    left: list[dict[str, float]] = []
    for fold in range(FOLDS):
        rows = np.sort(order[np.arange(values.size) % FOLDS != fold])
        left.append(variances(values[rows], inputs.at(rows)))
    found = {}
    for group, part in whole.items():
        parts = np.array([one[group] for one in left])
        error = float(np.sqrt((FOLDS - 1) * parts.var())) * Z95
        low, share, high = (min(max(end / variance, 0.0), 1.0) for end in (part - error, part, part + error))
        found[group] = Share(share, low, high)
    return found


def variances(values: Values, inputs: Inputs) -> dict[str, float]:
    """Variance that each group makes by itself; below zero where there is none but noise."""
    basis, owner = _basis(inputs.own), np.repeat(np.array(inputs.groups), 2)
    centred = values - values.mean()
    chosen = _standing_out(basis, centred)
    strong, rest = _fitted(basis[:, chosen], owner[chosen], centred)
    in_sets = np.repeat(inputs.in_sets, 2)
    single = np.setdiff1d(np.flatnonzero(~in_sets), chosen)
    found = {}
    for group in dict.fromkeys(inputs.groups):
        weak = _of_pairs(basis[:, single[owner[single] == group]], rest)
        if group in owner[in_sets]:
            weak += _of_sets(inputs.labels, rest)
        found[group] = strong.get(group, 0.0) + weak
    return found


def _basis(own: Values) -> Values:
    """Two orthonormal columns an input: a slope and a curvature over its ranks. shape (draws, 2 inputs)."""
    draws, count = own.shape
    x = np.column_stack([_ranks(column) for column in own.T]) * 2 - 1
    columns = np.empty((draws, 2 * count))
    columns[:, 0::2], columns[:, 1::2] = x, 1.5 * x**2 - 0.5
    columns -= columns.mean(axis=0)
    spread = columns.std(axis=0)
    scaled: Values = columns / np.where(spread > 0, spread, 1.0)
    return scaled


def _ranks(column: Values) -> Values:
    """Rank of each number as a share of all, the same for the same number."""
    _, which, sizes = np.unique(column, return_inverse=True, return_counts=True)
    middles: Values = (np.cumsum(sizes) - sizes / 2) / column.size
    return middles[which]


def _standing_out(basis: Values, values: Values) -> NDArray[np.intp]:
    """Columns that explain more of what is left than noise does, strongest first, refitted each time."""
    chosen: list[int] = []
    rest = values
    while len(chosen) < values.size // RUNS_PER_TERM and rest.any():
        strength = np.abs(basis.T @ rest) / np.sqrt(values.size) / rest.std()
        strength[chosen] = 0.0
        best = int(np.argmax(strength))
        if strength[best] < STANDS_OUT:
            break
        chosen.append(best)
        columns = basis[:, chosen]
        rest = values - columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
    return np.array(chosen, dtype=np.intp)


def _fitted(columns: Values, owner: NDArray[np.str_], values: Values) -> tuple[dict[str, float], Values]:
    """Variance of the fitted part by group, less what noise adds to it; and what is left of the values."""
    if not columns.shape[1]:
        return {}, values
    solved = np.linalg.lstsq(columns, values, rcond=None)[0]
    rest = values - columns @ solved
    free = values.size - columns.shape[1] - 1
    noise = float(rest @ rest) / free
    spread = np.linalg.pinv(columns.T @ columns)
    parts = {}
    for group in dict.fromkeys(owner.tolist()):
        mine = owner == group
        covariance = columns[:, mine].T @ columns[:, mine] / values.size
        part = solved[mine] @ covariance @ solved[mine]
        parts[group] = float(part - noise * np.trace(covariance @ spread[np.ix_(mine, mine)]))
    return parts, rest * np.sqrt(values.size / (free + 1))


def _of_pairs(columns: Values, rest: Values) -> float:
    """Sum over columns of the squared covariance with the values, over pairs of different draws."""
    draws = rest.size
    moments = rest @ columns
    same = (rest**2) @ (columns**2)
    return float((moments**2 - same).sum()) / (draws * (draws - 1))


def _of_sets(labels: NDArray[np.int64], rest: Values) -> float:
    """Variance of the means of whole sets, over pairs of different draws of the same set."""
    _, which, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    sums, squares = np.bincount(which, rest), np.bincount(which, rest**2)
    pairs = float((sizes * (sizes - 1)).sum())
    return float((sums**2 - squares).sum()) / pairs if pairs else 0.0
