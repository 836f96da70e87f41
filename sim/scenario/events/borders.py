"""Events at gates and on roads: closures, capacity, embargoes, cut roads, convoys."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from sim.inputs.fields import Dim, Duration, refuse
from sim.inputs.quantity import FieldError, Quantity
from sim.scenario.events.base import (
    LISTED,
    Commodity,
    EndingEvent,
    Factor,
    Gates,
    RampedEvent,
    Rate,
    Roads,
    Share,
    some,
)


class GateClosure(RampedEvent):
    """One side shuts gates for some commodities."""

    kind: Literal["gate_closure"]
    gates: Gates
    by: Literal["china", "controller"] = "china"
    """The side that shuts them; a gate is open only if both sides open it."""
    commodities: Annotated[tuple[Commodity, ...], AfterValidator(some), LISTED] = get_args(Commodity)


class GateCapacity(RampedEvent):
    """Multiplies the trucks a day that gates can pass."""

    kind: Literal["gate_capacity"]
    gates: Gates
    factor: Factor
    """1 changes nothing; factors of events that overlap multiply."""


class GateOpening(RampedEvent):
    """Opens gates that are shut at the start."""

    kind: Literal["gate_opening"]
    gates: Gates


class RandomClosures(EndingEvent):
    """Closures that come by chance while it holds, each shutting the gates for all; drawn anew in each run.

    From one reopening to the next closure passes an exponential time. The draws have a stream of their own:
    all other chance is that of the reference.
    """

    kind: Literal["random_closures"]
    gates: Gates
    rate: Rate | None = None
    """Closures a year of open border. Default: borders.closure_rate_per_yr."""
    closure: Duration
    """How long each lasts; a law, drawn for each closure."""


class ReagentEmbargo(RampedEvent):
    """Leaching chemicals are held back at gates; ore and people pass."""

    kind: Literal["reagent_embargo"]
    gates: Gates
    share: Share = Field(default=1, validate_default=True)
    """Share held back of what sites order. Those that run short order more (mines.reagent_restock_d), up to
    about two and a half times their need, so that less than three fifths hardly show."""


class RoadDisruption(RampedEvent):
    """Roads get slow or partly impassable: a washed-out track, a bridge, a front line."""

    kind: Literal["road_disruption"]
    roads: Roads
    time_factor: Annotated[Quantity, Dim(("dimensionless",), low=1.0)] = Field(
        default=1, validate_default=True
    )
    """Multiplies the time on the road."""
    passable: Share = Field(default=1, validate_default=True)
    """Share of the usual traffic that gets through; 0 is a road that is cut. Those of events that overlap
    multiply, as times do."""


class ConvoyEscort(EndingEvent):
    """Trucks leave under guard: fewer are lost, each pays a fee, and they wait for the next convoy."""

    kind: Literal["convoy_escort"]
    roads: Roads
    loss_factor: Share
    """What is left of the risk to lose a load; 1 changes nothing."""
    fee: Annotated[Quantity, Dim(("cny",), low=0.0)] = Field(default="0 CNY", validate_default=True)
    """For each vehicle, to who holds the district; none on the road to India."""
    interval: Annotated[Quantity, Dim(("time",), low=1.0)] = Field(default="1 d", validate_default=True)
    """Days from one convoy to the next, whole days; 1 d is the daily departure of ordinary times."""

    @field_validator("fee")
    @classmethod
    def _somebody_takes_it(cls, fee: Quantity, info: ValidationInfo) -> Quantity:
        if "india" in info.data.get("roads", ()) and fee.dist.mean > 0.0:
            hint = "Escort it by an event of its own, without `fee`"
            raise refuse([FieldError("nobody holds the road to India, and nobody would take it", hint)])
        return fee
