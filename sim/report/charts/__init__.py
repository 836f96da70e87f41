"""One kind of picture, one module. Each gives SVG text; what it shows is decided by the pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

WIDE, NARROW = 600.0, 356.0
"""Widths for a desktop column and for a phone, in units that come out as pixels."""


@dataclass(frozen=True)
class Chart:
    """A picture in both widths. readout: what a cursor tells by month; empty where there is no cursor.

    title says in words what is to be seen; note what is drawn.
    """

    id: str
    title: str
    note: str
    wide: str
    narrow: str
    readout: Mapping[str, Any] = field(default_factory=dict)


def chart(
    id: str,
    title: str,
    note: str,
    draw: Callable[[float], str],
    readout: Mapping[str, Any] | None = None,
    wide: float = WIDE,
) -> Chart:
    """A chart from a function of its width."""
    return Chart(id, title, note, draw(wide), draw(NARROW), readout or {})
