"""Sums by pool of what all sites mined in a day, and of what it cost: where most numbers are added up.

Each sum is added up in the order of the sites, so that sites that mine nothing change no rounding. NumPy's
`bincount` does that, but waits for a sum before it adds the next number to it; tonnes and cost stand here by
turns, two sums that need not wait for each other.
"""

import numpy as np
from numpy import bincount, multiply
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class PoolSums:
    """Sums over the sites of each pool. `pool`: the number of each site's pool, of `pools`."""

    def __init__(self, pool: NDArray[np.int64], pools: int) -> None:
        self._pools = pools
        self._bins = np.column_stack((pool, pool + pools)).ravel()
        terms = np.zeros((pool.size, 2))
        self._terms, self._tonnes, self._costs_cny = terms.ravel(), terms[:, 0], terms[:, 1]

    def of(self, tonnes: Floats, cost_cny_per_t: Floats) -> tuple[list[float], float]:
        """Tonnes by pool, and the cost of all in CNY."""
        self._tonnes[:] = tonnes
        multiply(tonnes, cost_cny_per_t, self._costs_cny)
        sums: list[float] = bincount(self._bins, self._terms, 2 * self._pools).tolist()
        return sums[: self._pools], sum(sums[self._pools :])
