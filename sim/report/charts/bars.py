"""Amounts side by side: scenario above reference, each with its interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from sim.report.drawing import line, svg, tag, text, tick_text, ticks
from sim.results.statistics import Summary

_ROW = 46.0


@dataclass(frozen=True)
class Bar:
    """One line: name, its hue, the scenario's amount and the reference's, and the change in words."""

    name: str
    hue: str
    own: Summary
    base: Summary | None
    change: str


def bars(width: float, rows: Sequence[Bar], unit: str, label: str) -> str:
    """Horizontal bars from zero. Amounts in `unit`."""
    left, right, top, bottom = 84.0, 20.0, 26.0, 26.0
    height = top + _ROW * len(rows) + bottom
    ends = [
        side.high if isfinite(side.high) else side.mean
        for one in rows
        for side in (one.own, one.base)
        if side
    ]
    marks = ticks(0.0, max([*ends, 0.0]) or 1.0, 5 if width > 400 else 3)

    def x(value: float) -> float:
        return left + (width - left - right) * value / marks[-1]

    parts = [text((4, 12), unit, "unit")]
    for mark in marks:
        parts.append(line((x(mark), top), (x(mark), height - bottom), "grid" if mark else "axis"))
        parts.append(text((x(mark), height - 9), tick_text(mark, marks[1]), "tick mid"))
    for index, one in enumerate(rows):
        parts.append(_row(one, top + _ROW * index, x, width))
    return svg(width, height, *parts, label=label)


def _row(one: Bar, y: float, x: Callable[[float], float], width: float) -> str:
    parts = [text((78, y + 19), one.name, "name end strong")]
    parts.append(
        tag(
            "rect",
            x=x(0),
            y=y + 6,
            width=max(0.5, x(one.own.mean) - x(0)),
            height=14.0,
            class_=f"actor {one.hue}",
        )
    )
    parts.append(_whisker(one.own, y + 13, x))
    if one.base is not None:
        parts.append(
            tag(
                "rect",
                x=x(0),
                y=y + 22,
                width=max(0.5, x(one.base.mean) - x(0)),
                height=7.0,
                class_="base bar",
            )
        )
    inside = x(one.own.mean) + 14 + 7.4 * len(one.change) > width
    parts.append(
        text((x(0) + 6 if inside else x(one.own.mean) + 10, y + 41 if inside else y + 17), one.change, "note")
    )
    return "".join(parts)


def _whisker(one: Summary, y: float, x: Callable[[float], float]) -> str:
    if not isfinite(one.low):
        return ""
    return line((x(one.low), y), (x(one.high), y), "whisker")
