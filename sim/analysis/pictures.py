"""Small pictures for pages: one style, colours for any colour vision, few bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.words import BAND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = NDArray[np.float64]

# Okabe and Ito's colours.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, YELLOW, GREY, SAND = "#56B4E9", "#E69F00", "#8C8C8C", "#F5E9C8"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW, GREY)
_DPI = 90
_PALETTE = 64
"""Colours of a stored picture: enough for lines and bands, and small."""


class Picture:
    """A row of panels under one title, to be stored as PNG."""

    def __init__(self, title: str, panels: int = 1, *, height: float = 3.6) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self._figure = Figure(figsize=(9, height), layout="constrained")
        FigureCanvasAgg(self._figure)
        self._figure.suptitle(title, fontsize=10, x=0.01, ha="left", weight="bold")
        self.axes: list[Axes] = list(self._figure.subplots(1, panels, squeeze=False)[0])

    @contextmanager
    def panel(self, number: int, title: str, x: str, y: str) -> Iterator[Any]:
        """Draw on one panel."""
        axis = self.axes[number]
        yield axis
        axis.set_title(title, fontsize=8.5, loc="left")
        axis.set_xlabel(x, fontsize=8)
        axis.set_ylabel(y, fontsize=8)
        axis.tick_params(labelsize=7.5)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", color="#DDDDDD", lw=0.5)
        axis.set_axisbelow(True)

    def png(self) -> bytes:
        """The same picture gives the same bytes."""
        from PIL import Image

        drawn, stored = BytesIO(), BytesIO()
        self._figure.savefig(drawn, format="png", dpi=_DPI, metadata={"Software": None})
        Image.open(drawn).convert("RGB").quantize(_PALETTE).save(stored, format="png", optimize=True)
        return stored.getvalue()


def band(axis: Any, x: Sequence[float] | NDArray[Any], runs: Values, colour: str, label: str = "") -> None:
    """Median line of `runs`, shape (runs, len(x)), and the band that nine in ten lie in."""
    low, middle, high = np.nanpercentile(runs, (BAND[0], 50, BAND[1]), axis=0)
    axis.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    axis.plot(x, middle, color=colour, lw=1.8, label=label or None)


def bars(axis: Any, names: Sequence[str], runs: Sequence[Values], colour: str, shift: float = 0.0) -> None:
    """A horizontal bar a name, first on top, with what nine runs in ten span."""
    places = np.arange(len(names))[::-1] + shift
    low, middle, high = np.array([np.nanpercentile(one, (BAND[0], 50, BAND[1])) for one in runs]).T
    axis.barh(places, middle, height=0.36 if shift else 0.6, color=colour)
    axis.errorbar(
        middle, places, xerr=[middle - low, high - middle], fmt="none", ecolor="#333333", elinewidth=0.9
    )
    axis.set_yticks(np.arange(len(names))[::-1], names)
