"""Sobol indices from a design of Saltelli: shares of the variance (SALib; Saltelli et al., CPC 181, 2010).

S1 is what an input explains alone, ST what would be left if all others were known. A block of the design
is one point of sample A, one of B, and A with each input taken from B. An index uses the blocks in which
the runs it needs are finished; nothing is filled in.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.inputs.text import InputError, Problem

Values = NDArray[np.float64]
FEWEST = 16
"""Blocks below which an index is not told."""
RESAMPLES = 500
SEED = 1
"""Technical: which blocks are resampled. SALib takes 0 for none."""


@dataclass(frozen=True)
class Index:
    """Of one input, with 95 % intervals by the bootstrap; nan where too few blocks are whole."""

    blocks: int
    s1: float = nan
    s1_low: float = nan
    s1_high: float = nan
    st: float = nan
    st_low: float = nan
    st_high: float = nan


def blocks(x: Values) -> NDArray[np.intp]:
    """Rows of the points by block: A, then A with one input of B each, then B. shape (blocks, inputs + 2).

    x: shape (points, inputs), in the order of the design (SALib's, with or without second order).
    Raises InputError if it is no such design.
    """
    points, inputs = x.shape
    for length in (inputs + 2, 2 * inputs + 2):
        if points and points % length == 0:
            rows = np.arange(points).reshape(-1, length)
            taken = np.column_stack([rows[:, : inputs + 1], rows[:, -1]])
            if _is_saltelli(x[taken]):
                return taken
    raise InputError([Problem("design.csv", 1, 1, "", "is no design of Saltelli: A, A with B one by one, B")])


def indices(y: Values) -> list[Index]:
    """y: shape (blocks, inputs + 2), nan where a run failed."""
    return [_of_input(y[:, [0, 1 + number, -1]]) for number in range(y.shape[1] - 2)]


def totals(y: Values) -> Values:
    """ST of every input, without intervals. y: shape (blocks, inputs + 2), without nan."""
    from SALib.analyze.sobol import total_order

    a, b = y[:, :1], y[:, -1:]
    if not y.std() > 0:
        return np.full(y.shape[1] - 2, nan)
    return np.array([total_order(a, y[:, at : at + 1], b)[0] for at in range(1, y.shape[1] - 1)])


def _is_saltelli(x: Values) -> bool:
    """x: shape (blocks, inputs + 2, inputs)."""
    a, mixed, b = x[:, :1], x[:, 1:-1], x[:, -1:]
    from_b = np.eye(x.shape[2], dtype=bool)
    return bool(np.array_equal(mixed, np.where(from_b, b, a)))


def _of_input(y: Values) -> Index:
    """y: shape (blocks, 3): A, A with this input of B, B."""
    whole = y[~np.isnan(y).any(axis=1)]
    if len(whole) < FEWEST or not whole.std() > 0:
        return Index(len(whole))
    from SALib.analyze import sobol

    # the same estimators, one input at a time, so that a failed run costs only the indices that need it
    problem = {"num_vars": 1, "names": ["x"], "bounds": [[0, 1]]}
    found = sobol.analyze(problem, whole.ravel(), calc_second_order=False, num_resamples=RESAMPLES, seed=SEED)
    s1, e1, st, et = (float(found[name][0]) for name in ("S1", "S1_conf", "ST", "ST_conf"))
    return Index(len(whole), s1, s1 - e1, s1 + e1, st, max(0.0, st - et), st + et)
