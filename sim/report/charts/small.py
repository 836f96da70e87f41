"""Drawings the size of a word: an interval against zero, a line."""

from collections.abc import Sequence
from math import isfinite

from sim.report.drawing import line, path, tag

_BAR = (172.0, 14.0)
_SPARK = (172.0, 30.0)


def interval_bar(mean: float, low: float, high: float) -> str:
    """An interval on a scale that holds it and zero, with a mark at zero."""
    if not all(map(isfinite, (mean, low, high))):
        return ""
    width, height = _BAR
    first, last = min(0.0, low), max(0.0, high)
    room = (last - first) or 1.0

    def x(value: float) -> float:
        return 4 + (width - 8) * (value - first) / room

    middle = height / 2
    return _small(
        width,
        height,
        line((x(0.0), 0), (x(0.0), height), "axis"),
        line((x(0.0), middle), (x(mean), middle), "stem"),
        tag("rect", x=x(low), y=middle - 3, width=max(2.0, x(high) - x(low)), height=6.0, class_="reach"),
        tag("circle", cx=x(mean), cy=middle, r=3, class_="point"),
    )


def spark(own: Sequence[float], base: Sequence[float]) -> str:
    """A series beside its reference, without axes."""
    width, height = _SPARK
    found = [value for value in [*own, *base] if isfinite(value)]
    if len(own) < 2 or not found:
        return ""
    low, room = min(found), (max(found) - min(found)) or 1.0

    def points(values: Sequence[float]) -> list[tuple[float, float]]:
        step = (width - 4) / (len(values) - 1)
        return [(2 + step * i, height - 3 - (height - 6) * (v - low) / room) for i, v in enumerate(values)]

    parts = [tag("path", d=path(points(base)), class_="thin base")] if len(base) > 1 else []
    return _small(width, height, *parts, tag("path", d=path(points(own)), class_="thin own"))


def _small(width: float, height: float, *parts: str) -> str:
    return tag("svg", *parts, viewBox=f"0 0 {width:.0f} {height:.0f}", class_="small", aria_hidden="true")
