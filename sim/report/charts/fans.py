"""Series over months: what the replications span, their middle, closures, observed points, differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.report.drawing import Frame, band, line, path, spread, svg, tag, text
from sim.results.statistics import student_t

Values = NDArray[np.float64]
_SIDES = ("mid", "low", "high")

Style = Literal["own", "base", "difference"]


@dataclass(frozen=True)
class Fan:
    """One series. mid, low, high: shape (months,). inner: a tighter band, or None. style: its class."""

    name: str
    style: Style
    mid: Values
    low: Values
    high: Values
    inner: tuple[Values, Values] | None = None


@dataclass(frozen=True)
class Shade:
    """A time in which something was shut or cut, in months from the start. label: what, once."""

    start: float
    end: float
    label: str


@dataclass(frozen=True)
class Mark:
    """A moment at which something changed for good."""

    at: float
    label: str


@dataclass(frozen=True)
class Seen:
    """An observation: from, to (months from the start) and its value in the unit of the chart."""

    start: float
    end: float
    value: float


@dataclass(frozen=True)
class Over:
    """What lies over the time axis of every chart of a page."""

    months: Sequence[str]
    shades: Sequence[Shade] = ()
    marks: Sequence[Mark] = ()


def fan(name: str, style: Style, values: Values) -> Fan:
    """The middle and the 5 % to 95 % span of replications. values: shape (replications, months)."""
    low, first, mid, third, high = np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    return Fan(name, style, mid, low, high, (first, third) if style == "own" else None)


def difference(name: str, values: Values, draws: NDArray[np.int64] | None = None) -> Fan:
    """Paired differences: the mean, its 95 % interval, and the 5 % to 95 % span of the pairs.

    draws: the draw of the parameters of each pair; mean and interval are then those of the means of draws.
    """
    low, high = np.quantile(values, (0.05, 0.95), axis=0)
    if draws is not None:
        values = np.array([values[draws == one].mean(axis=0) for one in np.unique(draws)])
    mean = values.mean(axis=0)
    half = np.full(mean.shape, nan)
    if len(values) > 1:
        half = student_t(len(values) - 1) * values.std(axis=0, ddof=1) / sqrt(len(values))
    return Fan(name, "difference", mean, low, high, (mean - half, mean + half))


def draw(
    width: float,
    fans: Sequence[Fan],
    over: Over,
    *,
    unit: str,
    label: str,
    stock: bool = False,
    seen: Sequence[Seen] = (),
    from_zero: bool = True,
    height: float = 0,
) -> str:
    """The chart. stock: levels at the end of a month, else sums or means over it."""
    lowest, highest = _range(fans, seen, from_zero)
    height = height or (268 if width > 400 else 240)
    right = 12 + 7.4 * max((len(one.name) for one in fans), default=0)
    frame = Frame(width, height, over.months, lowest, highest, right=min(right, 0.26 * width), top=36)
    shift = 1.0 if stock else 0.5
    xs = [frame.x(index + shift) for index in range(len(over.months))]
    parts = [_shades(frame, over), frame.axes(), text((4, 12), unit, "unit")]
    parts += [_fan(frame, xs, one) for one in fans]
    parts += [_seen(frame, one) for one in seen]
    parts += [
        _names(frame, fans),
        tag("line", class_="cursor", visibility="hidden", y1=frame.top, y2=frame.y_end, x1=-9, x2=-9),
    ]
    return svg(
        width,
        height,
        *parts,
        label=label,
        data_x0=frame.x(shift),
        data_step=frame.x(1) - frame.x(0),
        data_top=frame.top,
    )


def readout(fans: Sequence[Fan], unit: str) -> dict[str, Any]:
    """What the cursor tells: by month the middle of every fan and its span."""
    told = [
        {"name": one.name, "style": one.style} | {side: _shortened(getattr(one, side)) for side in _SIDES}
        for one in fans
    ]
    return {"unit": unit, "series": told}


def _shortened(values: Values) -> list[float | None]:
    return [float(f"{value:.3g}") if isfinite(value) else None for value in values.tolist()]


def _range(fans: Sequence[Fan], seen: Sequence[Seen], from_zero: bool) -> tuple[float, float]:
    found = [value for one in fans for side in (one.low, one.high, one.mid) for value in side.tolist()]
    found = [value for value in [*found, *(one.value for one in seen)] if isfinite(value)] or [0.0, 1.0]
    low, high = min(found), max(found)
    if any(one.style == "difference" for one in fans):
        return min(0.0, low), max(0.0, high)
    return (min(0.0, low) if from_zero else low), high


def _fan(frame: Frame, xs: Sequence[float], one: Fan) -> str:
    ys = {name: [frame.y(value) for value in getattr(one, name).tolist()] for name in ("mid", "low", "high")}
    parts = [tag("path", d=band(xs, ys["low"], ys["high"]), class_=f"band {one.style}")]
    if one.inner is not None and np.isfinite(one.inner[0]).all():
        low, high = ([frame.y(value) for value in side.tolist()] for side in one.inner)
        parts.append(tag("path", d=band(xs, low, high), class_=f"inner {one.style}"))
    parts.append(tag("path", d=path(zip(xs, ys["mid"], strict=True)), class_=f"mid {one.style}"))
    return "".join(parts)


def _names(frame: Frame, fans: Sequence[Fan]) -> str:
    """The name of each line at its end, kept apart."""
    named = [one for one in fans if one.name]
    wanted = [frame.y(float(one.mid[-1])) for one in named]
    places = spread(wanted, 15, frame.top + 6, frame.y_end)
    return "".join(
        text((frame.x_end + 7, y + 4), one.name, f"name {one.style}")
        for one, y in zip(named, places, strict=True)
    )


def _shades(frame: Frame, over: Over) -> str:
    parts: list[str] = []
    told: list[tuple[float, float]] = []
    for shade in over.shades:
        left, right = frame.x(shade.start), frame.x(shade.end)
        parts.append(
            tag(
                "rect",
                x=left,
                y=frame.top,
                width=max(2.0, right - left),
                height=frame.y_end - frame.top,
                class_="shut",
            )
        )
        parts.append(_label(frame, told, left, shade.label))
    for mark in over.marks:
        x = frame.x(mark.at)
        parts.append(line((x, frame.top), (x, frame.y_end), "moment"))
        parts.append(_label(frame, told, x, mark.label))
    return "".join(parts)


def _label(frame: Frame, told: list[tuple[float, float]], left: float, words: str) -> str:
    """A label above the drawing area, if there is room beside those that stand there."""
    wide = 6.0 * len(words)
    start = min(left, frame.width - 4 - wide)
    if (
        not words
        or start < frame.left
        or any(start < end + 6 and start + wide > begin - 6 for begin, end in told)
    ):
        return ""
    told.append((start, start + wide))
    return text((start, frame.top - 6), words, "event")


def _seen(frame: Frame, one: Seen) -> str:
    y, left, right = frame.y(one.value), frame.x(one.start), frame.x(one.end)
    dot = tag("circle", cx=(left + right) / 2, cy=y, r=3, class_="seen")
    return (line((left, y), (right, y), "seen") if right - left > 5 else "") + dot
