"""How many replications have recovered by when: the Kaplan-Meier curve, read as a share that is back."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.report.drawing import line, path, svg, tag, text, tick_text, ticks


def recovery(
    width: float, days: NDArray[np.float64], open_: NDArray[np.float64], horizon: float, label: str
) -> str:
    """days: until recovery, nan where the horizon came first. open_: 1 there, 0 where recovery was seen.

    All censored times lie at the horizon, so the curve is the share of those that waited.
    """
    waited = int(np.count_nonzero(~np.isnan(open_)))
    seen = sorted(days[~np.isnan(days)].tolist())
    height, left, right, top, bottom = 262.0, 50.0, 24.0, 26.0, 40.0
    last = max(_end(seen, bool(len(seen) < waited), horizon), 1.0)
    marks = ticks(0.0, last, 6)

    def x(day: float) -> float:
        return left + (width - left - right) * min(day, marks[-1]) / marks[-1]

    def y(share: float) -> float:
        return height - bottom - (height - bottom - top) * share

    parts = [text((4, 12), "share of runs recovered", "unit")]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(line((left, y(share)), (width - right, y(share)), "grid" if share else "axis"))
        parts.append(text((left - 6, y(share) + 4), f"{share:.0%}", "tick end"))
    for mark in marks:
        parts.append(text((x(mark), height - bottom + 16), tick_text(mark, marks[1]), "tick mid"))
    parts.append(
        text(((left + width - right) / 2, height - 6), "days after the first disruption ended", "unit mid")
    )
    steps = _steps(seen, waited, marks[-1])
    parts.append(tag("path", d=path((x(day), y(share)) for day, share in steps), class_="mid own"))
    middle = _median(seen, waited)
    if middle is not None:
        parts.append(tag("circle", cx=x(middle), cy=y(0.5), r=4, class_="point"))
        parts.append(text((x(middle) + 9, y(0.5) + 4), f"half by day {middle:.0f}", "name own"))
    return svg(width, height, *parts, label=label)


def _end(seen: Sequence[float], any_open: bool, horizon: float) -> float:
    return horizon if any_open or not seen else ceil(seen[-1] * 1.15)


def _steps(seen: Sequence[float], waited: int, last: float) -> list[tuple[float, float]]:
    points, share = [(0.0, 0.0)], 0.0
    for number, day in enumerate(seen, start=1):
        points.append((day, share))
        share = number / waited
        points.append((day, share))
    return [*points, (last, share)]


def _median(seen: Sequence[float], waited: int) -> float | None:
    """The day by which half of those that waited are back; None if that day is not seen."""
    rank = ceil(waited / 2 - 1e-9) - 1
    return seen[rank] if rank < len(seen) else None
