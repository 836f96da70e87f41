"""A number against another: how an outcome answers to what was varied."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from sim.report.drawing import band, line, path, spread, svg, tag, text, tick_text, ticks

_NEAR_ZERO = 0.05


@dataclass(frozen=True)
class Curve:
    """Points in order of x, each with its interval. hue: class of its colour; joined: whether a line makes
    sense between them."""

    name: str
    xs: Sequence[float]
    mid: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    hue: str = "own"
    joined: bool = True


def curves(
    width: float, found: Sequence[Curve], x_unit: str, y_unit: str, label: str, *, from_zero: bool
) -> str:
    """The chart, with a dot at the highest mean of each joined curve."""
    height, left, top, bottom = 300.0, 56.0, 28.0, 44.0
    right = min(14 + 7.4 * max((len(one.name) for one in found), default=0), 0.3 * width)
    values = [v for one in found for side in (one.low, one.high, one.mid) for v in side if isfinite(v)] or [
        0.0,
        1.0,
    ]
    xs = [x for one in found for x in one.xs] or [0.0, 1.0]
    across = ticks(min(xs), max(xs), 6 if width > 400 else 4)
    low = min(values)
    if from_zero and low > -_NEAR_ZERO * max(values):
        low = 0.0
    up = ticks(low, max(values))

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            left + (width - left - right) * (x - across[0]) / (across[-1] - across[0]),
            height - bottom - (height - bottom - top) * (y - up[0]) / (up[-1] - up[0]),
        )

    parts = [text((4, 14), y_unit, "unit")]
    for mark in up:
        y = at(0, mark)[1]
        parts.append(line((left, y), (width - right, y), "grid" if mark else "axis"))
        parts.append(text((left - 6, y + 4), tick_text(mark, up[1] - up[0]), "tick end"))
    for mark in across:
        x = at(mark, up[0])[0]
        parts.append(line((x, height - bottom), (x, height - bottom + 4), "axis"))
        parts.append(text((x, height - bottom + 17), tick_text(mark, across[1] - across[0]), "tick mid"))
    parts.append(text(((left + width - right) / 2, height - 6), x_unit, "unit mid"))
    for one in found:
        parts.append(_curve(one, at))
    named = [one for one in found if one.name]
    heights = spread([at(0, one.mid[-1])[1] for one in named], 15, top, height - bottom)
    parts += [
        text((width - right + 7, y + 4), one.name, f"name {one.hue}")
        for one, y in zip(named, heights, strict=True)
    ]
    return svg(width, height, *parts, label=label)


def _curve(one: Curve, at: Callable[[float, float], tuple[float, float]]) -> str:
    points = [at(x, y) for x, y in zip(one.xs, one.mid, strict=True)]
    if not one.joined:
        return "".join(tag("circle", cx=x, cy=y, r=2.5, class_=f"dot {one.hue}") for x, y in points)
    xs = [x for x, _ in points]
    sides = [[at(0, value)[1] for value in side] for side in (one.low, one.high)]
    parts = []
    if all(isfinite(value) for side in sides for value in side):
        parts.append(tag("path", d=band(xs, *sides), class_=f"inner {one.hue}"))
    parts.append(tag("path", d=path(points), class_=f"mid {one.hue}"))
    parts += [tag("circle", cx=x, cy=y, r=2.5, class_=f"dot {one.hue}") for x, y in points]
    top = min(points, key=lambda point: point[1])
    parts.append(tag("circle", cx=top[0], cy=top[1], r=4.5, class_=f"dot {one.hue}"))
    return "".join(parts)
