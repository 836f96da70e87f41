"""What can happen in a scenario: one frozen model per kind of event.

Every kind has `id`, `start`, `announced` and `source`; most also `lasts` or `end` (neither: it holds for
good), and those that can take hold little by little `ramp`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, StrictBool, StringConstraints, ValidationInfo, field_validator

from sim.inputs.fields import ID_PATTERN, Dim, Duration, IsoDate, Model, Text, refuse
from sim.inputs.quantity import FieldError, Quantity
from sim.places import DISTRICTS, GATES, Controller, District, Gate, Oxide, Place, Taxer

Driver = Literal["ndpr_cny_per_t", "cny_per_usd"]
Commodity = Literal["ore", "reagents", "people"]
_DRIVER_DIMENSIONS = {"ndpr_cny_per_t": "cny_per_t", "cny_per_usd": "cny_per_usd"}
_RATE_DIMENSIONS = {
    "ad_valorem": "dimensionless",
    "in_kind": "dimensionless",
    "per_t": "cny_per_t",
    "per_vehicle": "cny",
    "lump_sum": "cny_per_time",
}
_SHARES = ("ad_valorem", "in_kind")


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


def driver_levels(levels: dict[Any, Quantity], name: str = "") -> dict[Any, Quantity]:
    """The same levels of the driver `name` (empty: each key names its own); refuses wrong units and signs."""
    faults = []
    for key, level in levels.items():
        try:
            level.check_dimension((_DRIVER_DIMENSIONS[name or key],))
            level.check_range(low=0.0, above=True)
        except FieldError as fault:
            faults.append(FieldError(fault.message, fault.hint, (str(key),)))
    if faults:
        raise refuse(faults)
    return levels


_LISTED = Field(json_schema_extra={"minItems": 1, "uniqueItems": True})
Gates = Annotated[tuple[Gate, ...], AfterValidator(some), _LISTED]
Districts = Annotated[tuple[District, ...], AfterValidator(some), _LISTED]
Places = Annotated[tuple[Place, ...], AfterValidator(some), _LISTED]
Share = Annotated[Quantity, Dim(("dimensionless",), low=0.0, high=1.0)]


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


class GateClosure(RampedEvent):
    """One side shuts gates for some commodities."""

    kind: Literal["gate_closure"]
    gates: Gates
    by: Literal["china", "controller"] = "china"
    """The side that shuts them; a gate is open only if both sides open it."""
    commodities: Annotated[tuple[Commodity, ...], AfterValidator(some), _LISTED] = get_args(Commodity)


class GateCapacity(RampedEvent):
    """Multiplies the trucks a day that gates can pass."""

    kind: Literal["gate_capacity"]
    gates: Gates
    factor: Annotated[Quantity, Dim(("dimensionless",), low=0.0)]
    """1 changes nothing; factors of events that overlap multiply."""


class GateOpening(RampedEvent):
    """Opens gates that are shut at the start."""

    kind: Literal["gate_opening"]
    gates: Gates


class TaxChange(RampedEvent):
    """An actor takes a tax at one point: in place of its taxes there, or (`stack`) on top of them."""

    kind: Literal["tax_change"]
    actor: Taxer
    point: Literal["site", "checkpoint", "export_gate", "import"]
    basis: Literal["ad_valorem", "in_kind", "per_t", "per_vehicle", "lump_sum"]
    rate: Annotated[Quantity, Dim(tuple(dict.fromkeys(_RATE_DIMENSIONS.values())), low=0.0)]
    """By `basis`: share of the ore's value, share of the ore, CNY/t, CNY a vehicle, or CNY/yr a site."""
    places: Places | None = None
    """Districts (site, checkpoint) or gates (export_gate). Default: all that the actor controls."""
    stack: StrictBool = False

    @field_validator("point")
    @classmethod
    def _import_is_chinas(cls, point: str, info: ValidationInfo) -> str:
        actor = info.data.get("actor")
        if actor and (point == "import") != (actor == "china"):
            raise refuse([FieldError(f"{actor} does not tax at '{point}': china taxes the import")])
        return point

    @field_validator("basis")
    @classmethod
    def _basis_fits_point(cls, basis: str, info: ValidationInfo) -> str:
        point = info.data.get("point")
        if point and point != "site" and basis == "lump_sum":
            raise refuse([FieldError("lump_sum is taken at a site only")])
        if point == "site" and basis == "per_vehicle":
            raise refuse(
                [FieldError("no vehicles are counted at a site: ad_valorem, in_kind, per_t or lump_sum")]
            )
        if point == "import" and basis == "in_kind":
            raise refuse([FieldError("no ore is kept at the import: ad_valorem or per_t")])
        return basis

    @field_validator("rate")
    @classmethod
    def _rate_fits_basis(cls, rate: Quantity, info: ValidationInfo) -> Quantity:
        basis = info.data.get("basis")
        try:
            if basis:
                rate.check_dimension((_RATE_DIMENSIONS[basis],))
            if basis in _SHARES:
                rate.check_range(0.0, 1.0)
        except FieldError as fault:
            raise refuse([fault]) from None
        return rate

    @field_validator("places")
    @classmethod
    def _places_fit_point(
        cls, places: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        point = info.data.get("point")
        if places is None or point is None:
            return places
        if point == "import":
            raise refuse([FieldError("an import tax holds everywhere: drop `places`")])
        noun, allowed = ("gate", GATES) if point == "export_gate" else ("district", DISTRICTS)
        wrong = [
            FieldError(f"'{place}' is not a {noun}: {', '.join(allowed)}", at=(index,))
            for index, place in enumerate(places)
            if place not in allowed
        ]
        if wrong:
            raise refuse(wrong)
        return places


class ControlChange(EndingEvent):
    """Places fall to another actor, whose taxes and export policy then hold there; an end gives them back."""

    kind: Literal["control_change"]
    places: Places
    """Districts and gates; pangwa is both, and both change hands."""
    to: Controller
    """Who holds them from then on."""
    gap: Duration | None = None
    """Time until the new holder and the operators agree. Default: taxes.renegotiation_gap_d."""

    @property
    def districts(self) -> tuple[str, ...]:
        """The districts among the places."""
        return tuple(place for place in self.places if place in DISTRICTS)

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates among the places."""
        return tuple(place for place in self.places if place in GATES)


class ExportPolicy(EndingEvent):
    """What an actor lets out of all places it holds, whether the gates are open or not."""

    kind: Literal["export_policy"]
    actor: Controller
    policy: Literal["open", "licensed", "stock_only", "banned"]
    """All; a share; what lay in the yards on the first day; or nothing."""
    share: Share | None = Field(default=None, validate_default=True)
    """Share of the ore that gets a licence; only where the policy is licensed, and needed there."""

    @field_validator("share")
    @classmethod
    def _share_of_the_licensed(cls, share: Quantity | None, info: ValidationInfo) -> Quantity | None:
        policy = info.data.get("policy")
        if policy == "licensed" and share is None:
            raise refuse([FieldError("is missing: the policy is licensed")])
        if policy and policy != "licensed" and share is not None:
            raise refuse([FieldError(f"goes with the policy licensed only, not {policy}")])
        return share


class MiningHalt(RampedEvent):
    """Sites of districts stop: an order, a fight, a protest. Crews stay."""

    kind: Literal["mining_halt"]
    districts: Districts
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


class ReagentEmbargo(RampedEvent):
    """Leaching chemicals are held back at gates; ore and people pass."""

    kind: Literal["reagent_embargo"]
    gates: Gates
    share: Share = Field(default=1, validate_default=True)
    """Share of the reagents held back."""


class DriverChange(RampedEvent):
    """Moves an outside series: by a factor, or along dated values, each held until the next."""

    kind: Literal["driver"]
    name: Driver
    factor: Annotated[Quantity, Dim(("dimensionless",), low=0.0, above=True)] | None = None
    """Multiplies the level; 1 changes nothing."""
    series: dict[IsoDate, Annotated[Quantity, Dim()]] | None = Field(default=None, validate_default=True)
    """Levels by date, in the unit of the driver, dates rising from `start` on; the last is held for good."""

    @field_validator("series")
    @classmethod
    def _factor_or_series(
        cls, series: dict[date, Quantity] | None, info: ValidationInfo
    ) -> dict[date, Quantity] | None:
        if (series is None) == (info.data.get("factor") is None) and "factor" in info.data:
            raise refuse([FieldError("give one of `factor` and `series`")])
        if series is None:
            return None
        if any(info.data.get(key) is not None for key in ("lasts", "end", "ramp")):
            raise refuse([FieldError("a series has no `lasts`, `end` or `ramp`")])
        if not series:
            raise refuse([FieldError("must not be empty")])
        if list(series) != sorted(series):
            raise refuse([FieldError("the dates must rise")])
        if "start" in info.data and min(series) < info.data["start"]:
            raise refuse([FieldError(f"begins before the start, {info.data['start']}")])
        if "name" in info.data:
            driver_levels(series, info.data["name"])
        return series


class MarketNews(AnyEvent):
    """News other than tonnage moves a price at once; the move decays."""

    kind: Literal["market_news"]
    element: Oxide
    jump: Annotated[Quantity, Dim(("dimensionless",), low=-1.0, above=True)]
    """Share of the price: 0.2 or 20 % is a rise by a fifth."""


KINDS: Mapping[str, type[AnyEvent]] = {
    "gate_closure": GateClosure,
    "gate_capacity": GateCapacity,
    "gate_opening": GateOpening,
    "tax_change": TaxChange,
    "control_change": ControlChange,
    "export_policy": ExportPolicy,
    "mining_halt": MiningHalt,
    "workforce_withdrawal": WorkforceWithdrawal,
    "reagent_embargo": ReagentEmbargo,
    "driver": DriverChange,
    "market_news": MarketNews,
}
Event = Annotated[
    GateClosure
    | GateCapacity
    | GateOpening
    | TaxChange
    | ControlChange
    | ExportPolicy
    | MiningHalt
    | WorkforceWithdrawal
    | ReagentEmbargo
    | DriverChange
    | MarketNews,
    Field(discriminator="kind"),
]
