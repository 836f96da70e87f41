"""The map: districts, gates, roads and plants; width is flow, colour is the share of capacity in use.

Drawn for one month. The page's script sets widths and colours of the others from `states`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from sim.report.charts.geography import (
    CHINA,
    DISTRICTS,
    EAST,
    GATES,
    HUB,
    INDIA,
    MYANMAR,
    NORTH,
    PLANT_HEIGHTS,
    SOUTH,
    WEST,
    LonLat,
)
from sim.report.drawing import Point, number, path, svg, tag, text
from sim.report.flows import Flows, Months
from sim.report.happenings import ACTORS, PLACES

STEPS = (0.05, 0.25, 0.5, 0.75)
"""Limits of the five classes of use."""
_SHUT_SHARE = 0.02
"""A gate that usually passes more counts as shut in a month in which it passes less than this share of it."""
_WIDEST = 26.0
_LABELS_RIGHT = ("mong_yawng", "mong_hsat")


@dataclass(frozen=True)
class _Layout:
    """Places in the picture."""

    width: float
    height: float

    @property
    def land(self) -> float:
        """Right edge of the part that is to scale."""
        return self.width * (0.66 if self.width > 400 else 0.64)

    def at(self, place: LonLat) -> Point:
        x = (place[0] - WEST) / (EAST - WEST) * self.land
        return x, (NORTH - place[1]) / (NORTH - SOUTH) * self.height

    def plant(self, name: str) -> Point:
        return self.width - (86 if self.width > 400 else 80), PLANT_HEIGHTS[name] * self.height


def network(width: float, flows: Flows, month: int, name: str, holders: Mapping[str, str]) -> str:
    """The map in one month, of that name."""
    layout = _Layout(width, 372.0 if width > 400 else 400.0)
    scale = _WIDEST / _largest(flows)
    parts = list(_ground(layout))
    for id, amounts, use, d in _roads(layout, flows):
        wide = float(amounts[month]) * scale
        parts.append(
            tag(
                "path", d=d, class_=f"road use{_class(use[month])}", stroke_width=max(0.0, wide), data_edge=id
            )
        )
    parts += _places(layout, flows, month, holders)
    parts += _legend(layout, name)
    return svg(
        width,
        layout.height,
        *parts,
        label=f"Schematic map of districts, gates and plants in {name}",
        role="group",
        data_widest=f"{scale:.6f}",
    )


def states(flows: Flows) -> dict[str, dict[str, list[Any]]]:
    """What changes from month to month: tonnes and class of use of every road and place."""
    layout = _Layout(600.0, 400.0)
    found: dict[str, dict[str, list[Any]]] = {}
    for id, amounts, use, _ in _roads(layout, flows):
        found[id] = _state(amounts, use)
    for kind, amounts_by_place in (
        ("district", flows.mined),
        ("gate", flows.passed),
        ("plant", flows.plants),
    ):
        for name, amounts in amounts_by_place.items():
            found[f"{kind} {name}"] = _state(amounts, flows.use[f"{kind} {name}"])
            if kind == "gate":
                found[f"gate {name}"]["shut"] = [int(value) for value in is_shut(amounts)]
    return found


def is_shut(passed: Months) -> Sequence[bool]:
    """Months in which a gate passes next to nothing of what it passes at most. A gate that ore never takes is
    not shown as shut."""
    return list(passed < _SHUT_SHARE * float(passed.max(initial=0.0)))


def _state(amounts: Months, use: Months) -> dict[str, list[Any]]:
    shares = [float(f"{value:.3g}") if isfinite(value) else None for value in use.tolist()]
    return {
        "t": [float(f"{value:.3g}") for value in amounts.tolist()],
        "use": shares,
        "class": [_class(value) for value in use.tolist()],
    }


def _class(use: float) -> str:
    return str(sum(use >= step for step in STEPS)) if isfinite(use) else "x"


def _largest(flows: Flows) -> float:
    return max(float(sum(flows.passed.values(), np.zeros(1)).max(initial=0.0)), 1.0)


def _ground(layout: _Layout) -> Iterator[str]:
    yield tag("rect", x=0.0, y=0.0, width=layout.width, height=layout.height, class_="sea")
    edge = layout.land
    yield tag("rect", x=edge - 1, y=0.0, width=layout.width - edge + 1, height=layout.height, class_="china")
    for shape, name in ((INDIA, "india"), (CHINA, "china"), (MYANMAR, "myanmar")):
        yield tag("path", d=path((layout.at(point) for point in shape), closed=True), class_=f"land {name}")
    yield tag("line", x1=edge, y1=0.0, x2=edge, y2=layout.height, class_="break")
    for words, place in (("MYANMAR", (95.0, 22.3)), ("INDIA", (94.2, 26.9)), ("YUNNAN", (99.5, 27.3))):
        yield text(layout.at(place), words, "country")
    yield text((layout.width - 8, 16), "eastern China, not to scale", "country end")


def _roads(layout: _Layout, flows: Flows) -> Iterator[tuple[str, Months, Months, str]]:
    """(id, tonnes by month, use by month, path) of every road."""
    for (district, gate), amounts in flows.ways.items():
        if district in DISTRICTS and gate in GATES:
            a, b = layout.at(DISTRICTS[district]), layout.at(GATES[gate])
            yield f"way {district} {gate}", amounts, flows.use[f"district {district}"], _curve(a, b, 0.12)
    hub = layout.at(HUB)
    for gate, amounts in flows.passed.items():
        if gate in GATES and amounts.any():
            yield f"out {gate}", amounts, flows.use[f"gate {gate}"], _curve(layout.at(GATES[gate]), hub, 0.18)
    for plant, amounts in flows.plants.items():
        yield f"in {plant}", amounts, flows.use[f"plant {plant}"], _flat(hub, layout.plant(plant))


def _curve(a: Point, b: Point, bend: float) -> str:
    """A bow to the side of the straight line."""
    middle = ((a[0] + b[0]) / 2 - bend * (b[1] - a[1]), (a[1] + b[1]) / 2 + bend * (b[0] - a[0]))
    return f"M{_at(a)}Q{_at(middle)} {_at(b)}"


def _flat(a: Point, b: Point) -> str:
    """Leaves and arrives level."""
    middle = (a[0] + b[0]) / 2
    return f"M{_at(a)}C{_at((middle, a[1]))} {_at((middle, b[1]))} {_at(b)}"


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _places(layout: _Layout, flows: Flows, month: int, holders: Mapping[str, str]) -> Iterator[str]:
    for name in (name for name in flows.mined if name in DISTRICTS):
        use = _class(flows.use[f"district {name}"][month])
        mark = tag("circle", cx=0, cy=0, r=8, class_=f"mine use{use}", data_node=f"district {name}")
        yield _place(layout.at(DISTRICTS[name]), "district", name, mark, _beside(name), holders.get(name, ""))
    for name, passed in flows.passed.items():
        if name not in GATES:
            continue
        shut = bool(is_shut(passed)[month])
        idle = "" if passed.any() else " idle"
        mark = tag(
            "path",
            d="M0-8L8 0L0 8L-8 0Z",
            class_=f"gate{' shut' if shut else idle}",
            data_node=f"gate {name}",
        )
        cross = tag(
            "path", d="M-4-4L4 4M-4 4L4-4", class_="cross" if shut else "cross off", data_cross=f"gate {name}"
        )
        yield _place(layout.at(GATES[name]), "gate", name, mark + cross, ("start", 12, -5))
    for name in flows.plants:
        use = _class(flows.use[f"plant {name}"][month])
        mark = tag(
            "rect", x=-7, y=-7, width=14, height=14, class_=f"plant use{use}", data_node=f"plant {name}"
        )
        yield _place(layout.plant(name), "plant", name, mark, ("start", 12, 4))


def _beside(district: str) -> tuple[str, float, float]:
    """Where a district's label stands: away from its gate."""
    return ("start", 13, 4) if district in _LABELS_RIGHT else ("end", -13, 4)


def _legend(layout: _Layout, month: str) -> Iterator[str]:
    """The month, and what the colours mean."""
    y = layout.height - 10
    yield text((8, y - 18), month, "strong", data_month="")
    for index, words in enumerate(("< 5 %", "< 25 %", "< 50 %", "< 75 %", "≥ 75 %")):
        yield tag("rect", x=8.0 + 60 * index, y=y - 8, width=10.0, height=8.0, class_=f"use{index}")
        yield text((21.0 + 60 * index, y), words, "country")


def _place(at: Point, kind: str, name: str, mark: str, side: tuple[str, float, float], more: str = "") -> str:
    anchor, dx, dy = side
    label = PLACES.get(name, name) + (f" · {ACTORS.get(more, more)}" if more else "")
    return tag(
        "g",
        mark,
        text((dx, dy), label, f"place {anchor}"),
        transform=f"translate({_at(at)})",
        class_="spot",
        tabindex="0",
        role="button",
        aria_label=f"{label}, {kind}: show its months",
        data_spot=f"{kind} {name}",
    )
