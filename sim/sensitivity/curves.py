"""How a result depends on one input while all others vary: regression on a smooth curve of that input.

The curve is a cubic B-spline with knots at quantiles, which holds every straight line; an input of few values
has one level for each. Others than the one input are part of the scatter about the curve.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
DEGREE = 3
INNER_KNOTS = 2
FEW_LEVELS = 6
"""An input with no more values than that is taken level by level."""
FEWEST = 30
"""Points below which no curve is drawn."""


@dataclass(frozen=True)
class Basis:
    """Columns that make up the curve. columns: shape (points, terms)."""

    columns: Values
    knots: Values | None
    levels: Values | None

    def at(self, x: Values) -> Values:
        """The columns for other values of the input, within its range."""
        if self.levels is not None:
            nearest = np.abs(x[:, None] - self.levels).argmin(axis=1)
            is_level: Values = np.eye(self.levels.size)[nearest]
            return is_level
        from scipy.interpolate import BSpline

        assert self.knots is not None
        inside = np.clip(x, self.knots[0], self.knots[-1])
        columns: Values = BSpline.design_matrix(inside, self.knots, DEGREE).toarray()
        return columns

    def fit(self, y: Values) -> Values:
        """Least squares. y: shape (points, …); gives shape (terms, …)."""
        terms: Values = np.linalg.lstsq(self.columns, y, rcond=None)[0].astype(np.float64)
        return terms


def basis(x: Values) -> Basis:
    """The basis for an input. x: shape (points,)."""
    levels = np.unique(x)
    if levels.size <= FEW_LEVELS:
        made = Basis(np.empty(0), None, levels)
    else:
        inner = np.unique(np.quantile(x, np.linspace(0, 1, INNER_KNOTS + 2)[1:-1]))
        inner = inner[(inner > levels[0]) & (inner < levels[-1])]
        ends = np.repeat(levels[0], DEGREE + 1), np.repeat(levels[-1], DEGREE + 1)
        made = Basis(np.empty(0), np.concatenate([ends[0], inner, ends[1]]), None)
    return Basis(made.at(x), made.knots, made.levels)
