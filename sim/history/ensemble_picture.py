"""The picture of what the data cannot tell apart: calibrated sets, by parameter and in pairs."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim import shipped
from sim.ensemble import in_sets
from sim.evidence.records import Draw
from sim.history.calibration import read
from sim.history.declaring import Calibration

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREY = "#0072B2", "#D55E00", "#CCCCCC"
_PAIRS = (
    ("market.cover_exponent", "market.tb.oxide_stock_months"),
    ("market.cover_exponent", "market.cover_lag_months"),
    ("market.tb.oxide_stock_months", "market.tb.demand_growth_per_yr"),
    ("market.cover_exponent", "market.expectation_weight"),
)
"""What one episode may not tell apart: exponent, starting cover, lag, demand trend, expectation."""


def ensemble_picture(draws: Sequence[Draw]) -> bytes:
    """A PNG: each set's place within the declared bounds, and four pairs of parameters."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    declared = read(shipped.seeds_dir() / "calibration.yaml")
    columns = _columns(draws)
    figure = Figure(figsize=(10, 8), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(3, 4, height_ratios=(2, 0.05, 1))
    _strips(figure.add_subplot(grid[0, :]), declared, columns)
    for index, (x, y) in enumerate(_PAIRS):
        axis = figure.add_subplot(grid[2, index])
        axis.plot(columns[x], columns[y], "o", color=_BLUE, markersize=4, alpha=0.8)
        axis.plot(columns[x][:1], columns[y][:1], "o", color=_ORANGE, markersize=5)
        axis.set_xlabel(x.removeprefix("market."), fontsize=7)
        axis.set_ylabel(y.removeprefix("market."), fontsize=7)
        axis.tick_params(labelsize=6)
    stored = BytesIO()
    figure.savefig(stored, format="png", dpi=90, metadata={"Software": None})
    return stored.getvalue()


def _strips(axis: "Axes", declared: Calibration, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """One line a parameter from its lower to its upper bound, a dot a set, the best one in orange."""
    names = [free.name for free in declared.free]
    for height, free in enumerate(reversed(declared.free)):
        share = (columns[free.name] - free.low) / (free.high - free.low)
        axis.plot([0, 1], [height, height], color=_GREY, linewidth=1)
        axis.plot(share, np.full(share.size, height), "o", color=_BLUE, markersize=4, alpha=0.5)
        axis.plot(share[:1], [height], "o", color=_ORANGE, markersize=5)
    axis.set_yticks(range(len(names)), list(reversed(names)), fontsize=7)
    axis.set_xticks([0, 1], ["lower bound", "upper bound"], fontsize=7)
    axis.set_title("Calibrated sets that fit about equally well (orange: the best)", fontsize=9, loc="left")
    axis.spines[["top", "right", "left"]].set_visible(False)


def _columns(draws: Sequence[Draw]) -> dict[str, NDArray[np.float64]]:
    """Name as in the calibration file -> values of the sets, shape (sets,)."""
    sets = in_sets(draws)
    names = [f"{draw.scenario}:{draw.path}" if draw.scenario else draw.path for draw in sets[0]]
    values = np.array([[draw.value for draw in members] for members in sets])
    return dict(zip(names, values.T, strict=True))
