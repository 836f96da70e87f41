"""Events at the mines: halts, slides, crews, new sites, closed ones, insecurity."""

from typing import Annotated, Literal

from pydantic import Field

from sim.inputs.fields import Dim, Duration
from sim.inputs.quantity import Quantity
from sim.places import District
from sim.scenario.events.base import AnyEvent, Districts, EndingEvent, RampedEvent, Rate, Share


class MiningHalt(RampedEvent):
    """Sites of districts stop: an order, a fight, a protest. Crews stay."""

    kind: Literal["mining_halt"]
    districts: Districts
    share: Share = Field(default=1, validate_default=True)
    """Share of each district's sites that stop."""


class Landslide(AnyEvent):
    """A slide on a known day stops part of a district, on top of the slides that each wet season draws."""

    kind: Literal["landslide"]
    districts: Districts
    share: Share | None = None
    """Share of each district's sites that stop. Default: mines.landslide_share."""
    lasts: Duration | None = None
    """Until the slide is cleared away. Default: mines.landslide_d."""


class Security(EndingEvent):
    """Fights, raids and protests that stop sites by chance while it holds, all its districts together.

    From the end of one stop to the next passes an exponential time, drawn anew in each run from a stream of
    its own.
    """

    kind: Literal["security"]
    districts: Districts
    rate: Rate
    """Stops a year of quiet; 0 changes nothing."""
    halt: Duration
    """How long each lasts; a law, drawn for each stop."""
    share: Share = Field(default=1, validate_default=True)
    """Share of each district's sites that stop."""


class WorkforceWithdrawal(RampedEvent):
    """Crews leave sites of districts, which stop until the crews are back."""

    kind: Literal["workforce_withdrawal"]
    districts: Districts
    share: Share = Field(default=1, validate_default=True)
    """Share of each district's sites that lose their crew."""
    back: Duration | None = None
    """Time that crews need to come back after the end. Default: mines.crew_return_d."""


class NewSites(AnyEvent):
    """Sites are opened beyond those that margins bring about; they live and die like the others."""

    kind: Literal["new_sites"]
    district: District
    number: Annotated[Quantity, Dim(("sites",), low=0.0)]
    """How many; a law is rounded to whole sites."""
    build: Duration | None = None
    """From clearing to the first ore. Default: mines.site_build_d."""


class SiteClosure(AnyEvent):
    """Sites of districts are given up for good, with the ground on which later ones would have opened."""

    kind: Literal["site_closure"]
    districts: Districts
    share: Share
    """Share of each district's sites."""
