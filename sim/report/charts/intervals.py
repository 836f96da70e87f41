"""Differences of several results from one, as points with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from sim.report.drawing import line, svg, tag, text, tick_text, ticks

_ROW = 34.0


@dataclass(frozen=True)
class Reach:
    """One line: name, mean and interval of the difference, what is said of it. unsure: it contains zero."""

    name: str
    mean: float
    low: float
    high: float
    told: str
    unsure: bool


def intervals(width: float, rows: Sequence[Reach], unit: str, label: str) -> str:
    """Horizontal intervals around zero, names above their line."""
    left, right, top, bottom = 10.0, 10.0, 26.0, 30.0
    height = top + _ROW * len(rows) + bottom
    ends = [value for one in rows for value in (one.low, one.high, one.mean) if isfinite(value)]
    marks = ticks(min([*ends, 0.0]), max([*ends, 0.0]), 6 if width > 400 else 4)

    def x(value: float) -> float:
        return left + (width - left - right) * (value - marks[0]) / (marks[-1] - marks[0])

    parts = [text((4, 12), unit, "unit")]
    for mark in marks:
        parts.append(line((x(mark), top), (x(mark), height - bottom), "grid" if mark else "axis"))
        parts.append(
            text(
                (min(max(x(mark), 22), width - 22), height - 10),
                tick_text(mark, marks[1] - marks[0]),
                "tick mid",
            )
        )
    for index, one in enumerate(rows):
        y = top + _ROW * index
        hue = "base" if one.unsure else "own"
        parts.append(text((left + 2, y + 12), f"{one.name}: {one.told}", "note" if one.unsure else "strong"))
        if isfinite(one.low) and isfinite(one.high):
            parts.append(
                tag(
                    "rect",
                    x=x(one.low),
                    y=y + 18,
                    width=max(2.0, x(one.high) - x(one.low)),
                    height=8.0,
                    class_=f"span {hue}",
                )
            )
        if isfinite(one.mean):
            parts.append(tag("circle", cx=x(one.mean), cy=y + 22, r=4, class_=f"dot {hue}"))
    return svg(width, height, *parts, label=label)
