"""Tornado: the mean of a result when one input stands at its 10th or 90th percentile and all others vary."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.sensitivity.curves import FEWEST, basis

Values = NDArray[np.float64]
ENDS = (0.1, 0.9)
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""
STANDS_OUT = 2.807033768343811
"""In standard errors: one in 200 inputs without effect gets there."""
SURE = 1e-9
"""A point that the curve must pass through has no residual to judge it by."""


@dataclass(frozen=True)
class Bar:
    """Of one input. swing: result at P90 less that at P10; error: its standard error."""

    x_p10: float
    x_p90: float
    y_p10: float = nan
    y_p90: float = nan
    error: float = nan

    @property
    def swing(self) -> float:
        """Signed length of the bar."""
        return self.y_p90 - self.y_p10

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the swing."""
        return self.swing - Z95 * self.error, self.swing + Z95 * self.error


def bars(x: Values, y: Values) -> list[Bar]:
    """One bar an input. x: shape (points, inputs), independent; y: shape (points,) without nan."""
    return [_bar(column, y) for column in x.T]


def sizes(x: Values, y: Values) -> Values:
    """Size of the swing of every input."""
    return np.array([abs(bar.swing) for bar in bars(x, y)])


def _bar(x: Values, y: Values) -> Bar:
    """The error holds whatever the scatter is at each point (HC3; MacKinnon & White, J. Econometrics 29)."""
    ends = np.quantile(x, ENDS)
    p10, p90 = ends.tolist()
    if y.size < FEWEST or p10 == p90:
        return Bar(p10, p90)
    curve = basis(x)
    columns, at = curve.columns, curve.at(ends)
    solve = np.linalg.pinv(columns)
    terms = solve @ y
    leverage = np.einsum("ij,ji->i", columns, solve)
    scatter = (y - columns @ terms) / np.maximum(1 - leverage, SURE)
    weights = (at[1] - at[0]) @ solve
    first, last = (at @ terms).tolist()
    return Bar(p10, p90, first, last, float(np.sqrt(((weights * scatter) ** 2).sum())))
