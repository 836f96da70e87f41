"""Scenario discovery: under which conditions a threshold is breached (PRIM; Friedman & Fisher 1999, Bryant &
Lempert 2010).

The box starts as everything and loses a thin slice at a time: the one whose loss leaves the densest box.
Of all boxes on the way the one with the best balance of coverage and density is kept, and ends that only
chance put there go.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
PEEL = 0.05
"""Share of the box that one slice takes."""
SMALLEST = 0.05
"""Share of all points that a box holds at least."""
CHANCE = 0.05
"""A limit that chance would put there this often is dropped."""
FEWEST = 10
"""Breaches, and runs without, below which nothing is looked for."""


@dataclass(frozen=True)
class Limit:
    """low <= input <= high; infinite where not limited. p: how often chance alone would do as well."""

    low: float = -inf
    high: float = inf
    p: float = 1.0

    @property
    def is_open(self) -> bool:
        """Whether it limits nothing."""
        return self.low == -inf and self.high == inf


@dataclass(frozen=True)
class Box:
    """limits: of each input. coverage: share of breaches that lie in the box.

    density: share of the points in the box that are breached. mass: share of all points in it.
    """

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    mass: float

    @property
    def balance(self) -> float:
        """Harmonic mean of coverage and density."""
        both = self.coverage + self.density
        return 2 * self.coverage * self.density / both if both else 0.0


def can_be_sought(breached: Flags) -> bool:
    """Whether there are enough breaches and enough without."""
    return FEWEST <= int(breached.sum()) <= breached.size - FEWEST


def discover(x: Values, breached: Flags) -> tuple[Box, list[Box]]:
    """The box, and all boxes on the way. x: shape (points, inputs); breached: shape (points,)."""
    path = list(_peeled(x, breached))
    best = max(path, key=lambda box: (box.balance, box.mass))
    return _without_chance(x, breached, best), path


def inside(x: Values, limits: Sequence[Limit]) -> Flags:
    """Which points lie in the box."""
    low, high = (np.array([getattr(limit, end) for limit in limits]) for end in ("low", "high"))
    found: Flags = np.all((x >= low) & (x <= high), axis=1)
    return found


def _peeled(x: Values, breached: Flags) -> Iterator[Box]:
    limits: list[Limit] = [Limit()] * x.shape[1]
    yield _box(x, breached, limits)
    while True:
        choices = list(_slices(x, breached, limits))
        if not choices:
            return
        _, number, limit = max(choices, key=lambda choice: choice[0])
        limits[number] = limit
        yield _box(x, breached, limits)


def _slices(x: Values, breached: Flags, limits: Sequence[Limit]) -> Iterator[tuple[float, int, Limit]]:
    """(density left, input, its new limit) of every slice that can be taken off."""
    within = inside(x, limits)
    held, of_them = x[within], breached[within]
    for number, limit in enumerate(limits):
        column = held[:, number]
        low, high = np.quantile(column, (PEEL, 1 - PEEL), method="inverted_cdf")
        above, below = column[column > low], column[column < high]
        if above.size:
            yield from _if_large(
                of_them, column >= above.min(), x, number, replace(limit, low=float(above.min()))
            )
        if below.size:
            yield from _if_large(
                of_them, column <= below.max(), x, number, replace(limit, high=float(below.max()))
            )


def _if_large(
    of_them: Flags, left: Flags, x: Values, number: int, limit: Limit
) -> Iterator[tuple[float, int, Limit]]:
    if left.sum() >= SMALLEST * len(x):
        yield float(of_them[left].mean()), number, limit


def _box(x: Values, breached: Flags, limits: Sequence[Limit]) -> Box:
    within = inside(x, limits)
    hits, held, all_hits = int((within & breached).sum()), int(within.sum()), int(breached.sum())
    return Box(tuple(limits), hits / all_hits, hits / held if held else 0.0, held / len(x))


def _without_chance(x: Values, breached: Flags, box: Box) -> Box:
    """Drops, worst first, the limits that chance would put there, and says how likely the others are."""
    limits = list(box.limits)
    while True:
        judged = {
            n: _by_chance(x, breached, limits, n) for n, limit in enumerate(limits) if not limit.is_open
        }
        worst = max(judged, key=lambda number: judged[number], default=None)
        if worst is None or judged[worst] <= CHANCE:
            named = [replace(limit, p=judged.get(n, 1.0)) for n, limit in enumerate(limits)]
            return _box(x, breached, named)
        limits[worst] = Limit()


def _by_chance(x: Values, breached: Flags, limits: Sequence[Limit], number: int) -> float:
    """Chance of as many breaches as the box holds, if this limit picked from the wider box at random."""
    from scipy.special import bdtrc

    wider = [Limit() if n == number else limit for n, limit in enumerate(limits)]
    around, within = inside(x, wider), inside(x, limits)
    share = float(breached[around].mean())
    held, hits = int(within.sum()), int((within & breached).sum())
    return float(bdtrc(hits - 1, held, share)) if hits else 1.0
