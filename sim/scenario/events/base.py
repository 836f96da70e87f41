"""What all kinds of event share: dates, duration, ramp, and the types of their fields."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from sim.inputs.fields import ID_PATTERN, Dim, Duration, IsoDate, Model, Text, refuse
from sim.inputs.quantity import FieldError, Quantity
from sim.places import ChinesePlant, District, Gate, Oxide, Place

Commodity = Literal["ore", "reagents", "people"]
Road = Literal[District, "india"]
"""The road of a district to its gate, or the one over Pangsau to India."""


def unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names; refuses one that stands twice."""
    twice = [
        FieldError(f"'{name}' stands twice", at=(index,))
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if twice:
        raise refuse(twice)
    return names


def some(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same names; refuses none at all, and one that stands twice."""
    if not names:
        raise refuse([FieldError("must not be empty")])
    return unique(names)


LISTED = Field(json_schema_extra={"minItems": 1, "uniqueItems": True})
Gates = Annotated[tuple[Gate, ...], AfterValidator(some), LISTED]
Districts = Annotated[tuple[District, ...], AfterValidator(some), LISTED]
Places = Annotated[tuple[Place, ...], AfterValidator(some), LISTED]
Roads = Annotated[tuple[Road, ...], AfterValidator(some), LISTED]
Regions = Annotated[tuple[ChinesePlant, ...], AfterValidator(some), LISTED]
Elements = Annotated[tuple[Oxide, ...], AfterValidator(some), LISTED]
Share = Annotated[Quantity, Dim(("dimensionless",), low=0.0, high=1.0)]
Factor = Annotated[Quantity, Dim(("dimensionless",), low=0.0)]
"""A number that multiplies; 1 changes nothing."""
Rate = Annotated[Quantity, Dim(("share_per_time",), low=0.0)]
"""How often something happens, as 1.5 1/yr."""


class AnyEvent(Model):
    """What all events have."""

    kind: str
    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    """Name of the event in the file and in the tables. Default: its kind and a running number."""
    start: IsoDate
    """First day on which it holds."""
    announced: IsoDate | None = None
    """Day from which those concerned know of it. Default: its start."""
    source: Text | None = None
    """Why this is assumed: a source id, or a sentence."""

    @property
    def announced_on(self) -> date:
        """The day it becomes known."""
        return self.announced or self.start

    @field_validator("announced")
    @classmethod
    def _announced_before_start(cls, announced: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if announced and start and announced > start:
            raise refuse([FieldError(f"{announced} is after the start, {start}")])
        return announced


class EndingEvent(AnyEvent):
    """An event that can end."""

    lasts: Duration | None = None
    """How long it holds. Neither `lasts` nor `end`: for good."""
    end: IsoDate | None = None
    """First day on which it no longer holds; it may lie after the period."""

    @field_validator("end")
    @classmethod
    def _one_end_after_start(cls, end: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("start")
        if end and info.data.get("lasts") is not None:
            raise refuse([FieldError("give `lasts` or `end`, not both")])
        if end and start and end <= start:
            raise refuse([FieldError(f"{end} is not after the start, {start}")])
        return end


class RampedEvent(EndingEvent):
    """An event that can end, and that can take hold little by little."""

    ramp: Duration | None = None
    """Time over which its effect grows from nothing to full after the start. Default: none, at once."""
