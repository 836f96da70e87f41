"""Where the ore goes: ribbons between columns, as wide as what flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.report.drawing import number, svg, tag, text

_NODE, _GAP, _TOP, _BOTTOM, _RIGHT = 12.0, 10.0, 30.0, 8.0, 82.0


@dataclass(frozen=True)
class Link:
    """A flow between two nodes of neighbouring columns. hue: class of its colour."""

    start: str
    end: str
    amount: float
    hue: str


@dataclass(frozen=True)
class Columns:
    """heads: name of each column. nodes: ids of each column from top to bottom. names: id → label."""

    heads: Sequence[str]
    nodes: Sequence[Sequence[str]]
    names: Mapping[str, str]


@dataclass
class _Placed:
    """A node in the picture: its rectangle, and how far ribbons fill its two sides."""

    x: float
    y: float
    height: float
    filled_in: float = 0.0
    filled_out: float = 0.0


def sankey(
    width: float, columns: Columns, links: Sequence[Link], whole: float, size: float, label: str
) -> str:
    """whole: the amount that fills the height, so that two pictures can share a scale. size: what makes one
    of the told amounts."""
    height = 340.0
    room = height - _TOP - _BOTTOM - _GAP * (max(map(len, columns.nodes)) - 1)
    scale = room / whole if whole else 0.0
    placed = _place(width, columns, links, scale)
    parts = [_ribbon(placed, link, scale) for link in links if link.amount * scale > 0.05]
    for index, names in enumerate(columns.nodes):
        x = _x(width, columns, index)
        parts.append(text((x, 14), columns.heads[index], "unit"))
        for name in names:
            parts += _node(placed[name], columns.names.get(name, name), _through(name, links) / size)
    return svg(width, height, *parts, label=label)


def _x(width: float, columns: Columns, index: int) -> float:
    return 2 + (width - 4 - _NODE - _RIGHT) * index / (len(columns.nodes) - 1)


def _through(name: str, links: Sequence[Link]) -> float:
    into = sum(link.amount for link in links if link.end == name)
    return max(into, sum(link.amount for link in links if link.start == name))


def _place(width: float, columns: Columns, links: Sequence[Link], scale: float) -> dict[str, _Placed]:
    placed = {}
    for index, names in enumerate(columns.nodes):
        y = _TOP
        for name in names:
            height = _through(name, links) * scale
            placed[name] = _Placed(_x(width, columns, index), y, height)
            y += max(height, 5.0) + _GAP
    return placed


def _ribbon(placed: Mapping[str, _Placed], link: Link, scale: float) -> str:
    a, b, wide = placed[link.start], placed[link.end], link.amount * scale
    x1, x2 = a.x + _NODE, b.x
    y1, y2 = a.y + a.filled_out, b.y + b.filled_in
    a.filled_out += wide
    b.filled_in += wide
    middle = number((x1 + x2) / 2)
    n = number
    d = (
        f"M{n(x1)} {n(y1)}C{middle} {n(y1)} {middle} {n(y2)} {n(x2)} {n(y2)}V{n(y2 + wide)}"
        f"C{middle} {n(y2 + wide)} {middle} {n(y1 + wide)} {n(x1)} {n(y1 + wide)}Z"
    )
    return tag("path", d=d, class_=f"ribbon {link.hue}")


def _node(at: _Placed, name: str, amount: float) -> list[str]:
    told = f"{amount:,.0f}" if amount >= 10 else f"{amount:.1f}"
    middle = at.y + max(at.height, 5.0) / 2
    return [
        tag("rect", x=at.x, y=at.y, width=_NODE, height=max(1.0, at.height), class_="node"),
        text((at.x + _NODE + 4, middle + 4), f"{name} {told}", "flow"),
    ]
