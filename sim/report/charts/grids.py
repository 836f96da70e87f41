"""Values by two things, as coloured cells: the heat map of a sweep, the regret matrix of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from zlib import crc32

from sim.report.drawing import svg, tag, text

_ROW = 46.0
_STRONG = ("m3", "p3")


@dataclass(frozen=True)
class Cell:
    """One cell. level: -1 to 1, how far from zero against the largest. unsure: its interval contains zero.

    narrow: what stands for the span where that is too long.
    """

    told: str
    span: str
    level: float
    unsure: bool = False
    narrow: str = ""


def grid(
    width: float,
    rows: Sequence[str],
    columns: Sequence[str],
    cells: Sequence[Sequence[Cell | None]],
    axes: tuple[str, str],
    label: str,
) -> str:
    """rows, columns: names. cells: by row. axes: what rows and what columns are."""
    left = min(12 + 6.6 * max((len(name) for name in rows), default=4), 0.36 * width)
    top, bottom = 26.0, 44.0
    height = top + _ROW * len(rows) + bottom
    wide = (width - left - 8) / max(1, len(columns))
    hatch = f"hatch_{crc32(label.encode()):x}_{width:.0f}"
    parts = [_hatching(hatch), text((4, 14), axes[0], "unit")]
    for at, name in enumerate(rows):
        y = top + _ROW * (len(rows) - 1 - at)
        parts.append(text((left - 8, y + _ROW / 2 + 4), _clip(name, left - 12), "tick end"))
        for index, cell in enumerate(cells[at]):
            parts += _cell(left + wide * index, y, wide, cell, hatch)
    for index, name in enumerate(columns):
        parts.append(
            text((left + wide * (index + 0.5), height - bottom + 16), _clip(name, wide - 4), "tick mid")
        )
    parts.append(text((left + wide * len(columns) / 2, height - 8), axes[1], "unit mid"))
    return svg(width, height, *parts, label=label)


def _clip(name: str, room: float) -> str:
    most = max(3, int(room / 6.2))
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _cell(x: float, y: float, wide: float, cell: Cell | None, hatch: str) -> list[str]:
    if cell is None:
        return [tag("rect", x=x, y=y, width=wide, height=_ROW, class_="cell z0")]
    hue = _hue(cell.level)
    ink = " onstrong" if hue in _STRONG and not cell.unsure else ""
    parts = [tag("rect", x=x, y=y, width=wide, height=_ROW, class_=f"cell {'z0' if cell.unsure else hue}")]
    if cell.unsure:
        parts.append(tag("rect", x=x + 1, y=y + 1, width=wide - 2, height=_ROW - 2, fill=f"url(#{hatch})"))
    parts.append(text((x + wide / 2, y + _ROW / 2 + (-1 if cell.span else 4)), cell.told, f"cellname{ink}"))
    span = next((one for one in (cell.span, cell.narrow) if 5.8 * len(one) < wide - 4), "")
    if span:
        parts.append(text((x + wide / 2, y + _ROW / 2 + 14), span, f"cellspan{ink}"))
    return parts


def _hue(level: float) -> str:
    if not isfinite(level) or level == 0:
        return "z0"
    step = 1 + (abs(level) > 1 / 3) + (abs(level) > 2 / 3)
    return f"{'p' if level > 0 else 'm'}{step}"


def _hatching(id: str) -> str:
    """The pattern, under a name of its own: of two of one name the first counts, though it be hidden."""
    stroke = tag("path", d="M0 7L7 0", class_="hatch")
    pattern = tag("pattern", stroke, id=id, width=7, height=7, patternUnits="userSpaceOnUse")
    return tag("defs", pattern)
