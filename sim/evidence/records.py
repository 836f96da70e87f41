"""The records of `seeds/`: what a source, a fact, an estimate, an observation and an event say. No logic."""

import datetime as dt
from dataclasses import dataclass

from sim.inputs.units import UNITS

GRADES = ("A", "B", "C", "D")
"""A stated in an article · B derived from the articles · C another publication or derived from one ·
D assumption, or derived from one."""

KINDS = ("reported", "derived", "assumption", "calibrated")
DISTRIBUTIONS = ("fixed", "uniform", "triangular", "lognormal", "normal")


@dataclass(frozen=True)
class Source:
    """A publication, or the project's own derivation. `url` is empty for an article kept as a file."""

    id: str
    title: str
    publisher: str
    date: str
    kind: str
    language: str
    url: str
    read_on: dt.date
    note: str


@dataclass(frozen=True)
class Citation:
    """A source and the place in it."""

    id: str
    where: str


@dataclass(frozen=True)
class Estimate:
    """A parameter: best value and range in `unit`, how good it is, and on what it stands.

    `name` is family and key path (`taxes.kia.export_cny_per_t`); `file` is relative to the evidence's parent.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    distribution: str
    kind: str
    grade: str
    sources: tuple[Citation, ...]
    formula: str
    inputs: tuple[str, ...]
    checked: dt.date
    note: str
    settled_by: str
    file: str
    line: int

    @property
    def family(self) -> str:
        """The file of `seeds/parameters` it stands in."""
        return self.name.partition(".")[0]

    @property
    def dimension(self) -> str:
        """What `unit` measures."""
        return UNITS[self.unit].dimension

    @property
    def base(self) -> float:
        """The value in the base unit of its dimension."""
        return self.value * UNITS[self.unit].factor


@dataclass(frozen=True)
class Fact:
    """One figure or structural fact of a source, in our words.

    It is used by what `used_by` names (parameters, events, observations, scenarios), or not, and then
    `not_used_because` says why.
    """

    id: str
    source: str
    where: str
    quantity: str
    value: str
    unit: str
    period: str
    place: str
    actor: str
    wording: str
    used_by: tuple[str, ...]
    not_used_because: str


@dataclass(frozen=True)
class Observation:
    """An observed value over a period, both ends included; `basis` says what exactly was counted."""

    id: str
    series: str
    element: str
    place: str
    period_start: dt.date
    period_end: dt.date
    value: float
    unit: str
    basis: str
    derivation: str
    confidence: str
    publisher: str
    published: str
    reference: str


@dataclass(frozen=True)
class Draw:
    """One number of one calibrated parameter set (`member`), in place of a parameter or of an event's size.

    loss: how far the set is off its targets. scenario: the only one it is for; empty: all.
    """

    member: int
    loss: float
    scenario: str
    path: str
    value: float
    unit: str

    @property
    def id(self) -> str:
        """What stands once in a file."""
        return f"{self.member}:{self.scenario}:{self.path}"


@dataclass(frozen=True)
class Event:
    """A dated event of 2018-2025."""

    date: dt.date
    id: str
    event: str
    place: str
    actor: str
    effect: str
    source: str
    confidence: str


@dataclass(frozen=True)
class Place:
    """A point for maps, in degrees, with the precision of its coordinates."""

    id: str
    name: str
    kind: str
    country: str
    lat: float
    lon: float
    precision_deg: float
    note: str
