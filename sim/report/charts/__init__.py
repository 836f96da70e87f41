"""One kind of picture, one module. Each gives SVG text; what it shows is decided by the pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

WIDE, NARROW = 600.0, 356.0
"""Widths for a desktop column and for a phone, in units that come out as pixels."""


@dataclass(frozen=True)
class Chart:
    """A picture in both widths. readout: what a cursor tells by month; empty where there is no cursor.

    title says in words what is to be seen; note what is drawn. pans: wider than a phone.
    """

    id: str
    title: str
    note: str
    wide: str
    narrow: str
    readout: Mapping[str, Any] = field(default_factory=dict)
    pans: bool = False


def chart(
    id: str,
    title: str,
    note: str,
    draw: Callable[[float], str],
    readout: Mapping[str, Any] | None = None,
    narrow: float = NARROW,
) -> Chart:
    """A chart from a function of its width. narrow: what it needs at least; on a phone it can be moved."""
    return Chart(id, title, note, draw(WIDE), draw(narrow), readout or {}, pans=narrow > NARROW)
