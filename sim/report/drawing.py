"""Small pictures as SVG text: escaped tags, scales with round ticks, months along the bottom.

The same text stands in the page and, with its colours filled in, in the SVG and PNG files. Colours and type
are classes of `static/figure.css`, so that a reader's dark mode reaches them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, isfinite, log10

Point = tuple[float, float]

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float) -> str:
    """A coordinate with one decimal, without a trailing zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def tag(name: str, *content: str, **attributes: object) -> str:
    """An element. `_` in an attribute's name stands for `-`; a trailing one is dropped; None is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{''.join(content)}</{name}>" if content else f"<{name}{told}/>"


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else escape(str(value))


def text(at: Point, words: str, class_: str = "", **attributes: object) -> str:
    """A text whose baseline starts (or by its class ends, or is centred) at a point."""
    return tag("text", escape(words), x=at[0], y=at[1], class_=class_ or None, **attributes)


def line(a: Point, b: Point, class_: str) -> str:
    """A straight line."""
    return tag("line", x1=a[0], y1=a[1], x2=b[0], y2=b[1], class_=class_)


def path(points: Iterable[Point], *, closed: bool = False) -> str:
    """The path through points; one that is not finite interrupts it."""
    parts, joined = [], False
    for x, y in points:
        if not (isfinite(x) and isfinite(y)):
            joined = False
            continue
        parts.append(f"{'L' if joined else 'M'}{number(x)} {number(y)}")
        joined = True
    return "".join(parts) + ("Z" if closed else "")


def band(xs: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    """The outline between two lines."""
    there = list(zip(xs, high, strict=True))
    back = list(zip(reversed(xs), reversed(low), strict=True))
    return path([*there, *back], closed=True)


def svg(
    width: float, height: float, *content: str, label: str, role: str = "img", **attributes: object
) -> str:
    """The picture: what it shows is its accessible name. role: `group` if parts of it can be chosen."""
    return tag(
        "svg",
        *content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        role=role,
        aria_label=label,
        class_="fig",
        **attributes,
    )


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / most
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in _ROUND if factor * power >= raw * (1 - 1e-9))
    first = floor(low / step + 1e-9)
    found = [first * step]
    while found[-1] < high - 1e-9 * step:
        found.append((first + len(found)) * step)
    return found


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its step needs."""
    decimals = max(0, -floor(log10(step) + 1e-9)) if step < 1 else 0
    if step >= 1 and step != floor(step):
        decimals = 1
    return f"{value + 0.0:,.{decimals}f}".replace("-", "−")


def month_text(month: str, *, year: bool = True) -> str:
    """`2025-11` as `Nov 2025`."""
    name = _MONTHS[int(month[5:7]) - 1]
    return f"{name} {month[:4]}" if year else name


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Positions as near to the wanted ones as a gap between neighbours and the limits allow."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    above = low - gap
    for index in order:
        above = placed[index] = max(wanted[index], above + gap)
    below = high + gap
    for index in reversed(order):
        below = placed[index] = min(placed[index], below - gap)
    return placed


@dataclass
class Frame:
    """The rectangle of a chart with its axes. x runs over months from 0 (start of the first) to `months`.

    left, right, top, bottom: margins in units of the picture.
    """

    width: float
    height: float
    months: Sequence[str]
    low: float
    high: float
    left: float = 50
    right: float = 84
    top: float = 14
    bottom: float = 24
    marks: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.marks = ticks(self.low, self.high, 5 if self.height > 190 else 4)
        self.low, self.high = self.marks[0], self.marks[-1]

    @property
    def x_end(self) -> float:
        """Right edge of the drawing area."""
        return self.width - self.right

    @property
    def y_end(self) -> float:
        """Lower edge of the drawing area."""
        return self.height - self.bottom

    def x(self, month: float) -> float:
        """Position of a moment, in months from the start."""
        return self.left + (self.x_end - self.left) * month / max(1, len(self.months))

    def y(self, value: float) -> float:
        """Height of a value."""
        return self.y_end - (self.y_end - self.top) * (value - self.low) / (self.high - self.low)

    def axes(self) -> str:
        """Grid with its numbers, and months with their years."""
        step = self.marks[1] - self.marks[0]
        parts = []
        for mark in self.marks:
            y, zero = self.y(mark), abs(mark) < step * 1e-6
            parts.append(line((self.left, y), (self.x_end, y), "axis" if zero else "grid"))
            parts.append(text((self.left - 6, y + 4), tick_text(0.0 if zero else mark, step), "tick end"))
        return "".join(parts) + self._calendar()

    def _calendar(self) -> str:
        """Every so many months a name; the year where it begins."""
        count = len(self.months)
        room = (self.x_end - self.left) / max(1, count)
        every = next((step for step in (1, 2, 3, 6, 12) if step * room >= 38), 24)
        parts, told = [], ""
        for index, month in enumerate(self.months):
            if index % every:
                continue
            year = month[:4] != told
            told = month[:4]
            name = month_text(month, year=False) + (f" ’{month[2:4]}" if year else "")
            x = self.x(index + 0.5)
            parts.append(line((x, self.y_end), (x, self.y_end + 4), "axis"))
            parts.append(text((x, self.y_end + 16), name, "tick mid"))
        return "".join(parts)
