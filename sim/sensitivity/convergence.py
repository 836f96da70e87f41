"""How many runs a method needs: how well rankings from separate halves, quarters, eighths … of the runs
agree.

Agreement is the correlation of Savage scores, which counts the first ranks most (Iman & Conover,
Technometrics 29, 1987): 1 for the same ranking, about 0 for rankings that have nothing to do with each
other.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rows = NDArray[np.intp]
MOST_PARTS = 8
STABLE = 0.9
"""Agreement from which ranks are called stable."""


@dataclass(frozen=True)
class Agreement:
    """Of rankings from separate parts of `size` units each."""

    size: int
    parts: int
    agreement: float


def agreements(importance: Callable[[Rows], Values], count: int, fewest: int) -> Iterator[Agreement]:
    """Largest parts first. importance: of every input, from some of the units. fewest: units a part needs."""
    order = np.random.default_rng(0).permutation(count)  # technical: how units are dealt into parts
    parts = 2
    while count // parts >= fewest and parts <= MOST_PARTS:
        size = count // parts
        found = [importance(np.sort(order[part * size : (part + 1) * size])) for part in range(parts)]
        pairs = [_correlation(one, other) for one, other in combinations(found, 2)]
        yield Agreement(size, parts, float(np.mean(pairs)))
        parts *= 2


def needed(found: list[Agreement]) -> int | None:
    """Fewest units from which on all parts agree; None if not even halves do."""
    stable = None
    for one in sorted(found, key=lambda one: -one.size):
        if one.agreement < STABLE:
            break
        stable = one.size
    return stable


def savage(importance: Values) -> Values:
    """1 + 1/2 + … + 1/n for the most important of n, 1/n for the least; nan counts as least."""
    n = importance.size
    ranks = np.empty(n, dtype=np.intp)
    ranks[np.argsort(-np.nan_to_num(importance, nan=-np.inf), kind="stable")] = np.arange(n)
    sums: Values = np.cumsum((1 / np.arange(1, n + 1))[::-1])[::-1]
    return sums[ranks]


def _correlation(one: Values, other: Values) -> float:
    if one.size < 2:
        return 1.0
    return float(np.corrcoef(savage(one), savage(other))[0, 1])
