"""Events of those who hold the ground: taxes, control, export policy, and rules by which they answer."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from sim.inputs.fields import Dim, Duration, refuse
from sim.inputs.quantity import FieldError, Quantity
from sim.places import DISTRICTS, GATES, Controller, Taxer
from sim.scenario.events.base import EndingEvent, Places, RampedEvent, Share

_RATE_DIMENSIONS = {
    "ad_valorem": "dimensionless",
    "in_kind": "dimensionless",
    "per_t": "cny_per_t",
    "per_vehicle": "cny",
    "lump_sum": "cny_per_time",
}
_SHARES = ("ad_valorem", "in_kind")


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


_FIELDS_OF_RULE = {
    "seek_revenue": ("step", "review"),
    "answer_tax": ("limit", "answer", "answer_lasts", "review"),
    "answer_closure": ("answer_lasts", "review"),
}


class BargainingRule(EndingEvent):
    """A way of acting that goes on by itself. Without such events nobody bargains.

    seek_revenue: the actor moves its levy at the export gates step by step towards where it takes most.
    answer_tax: China shuts the actor's gates, or withholds reagents, when its taxes exceed a limit.
    answer_closure: the actor shuts its own gates when China shuts one of them.
    """

    kind: Literal["bargaining_rule"]
    actor: Controller
    """Whose taxes and gates it is about."""
    rule: Literal["seek_revenue", "answer_tax", "answer_closure"]
    step: Annotated[Quantity, Dim(("cny_per_t",), low=0.0)] | None = None
    """First step of the levy, 0 for none; seek_revenue only. Default: bargaining.tax_step_cny_per_t."""
    limit: Annotated[Quantity, Dim(("cny_per_t",), low=0.0)] | None = None
    """Taxes per t that China puts up with; answer_tax only. Default: bargaining.tolerated_tax_cny_per_t."""
    answer: Literal["closure", "embargo"] | None = None
    """What China does; answer_tax only. Default: closure."""
    answer_lasts: Duration | None = None
    """How long an answer lasts; not for seek_revenue. Default: bargaining.answer_d."""
    review: Annotated[Quantity, Dim(("time",), low=1.0)] | None = None
    """Time between two looks at how things stand. Default: bargaining.review_d."""

    @field_validator("step", "limit", "answer", "answer_lasts")
    @classmethod
    def _fits_the_rule(cls, value: object, info: ValidationInfo) -> object:
        rule = info.data.get("rule")
        if value is not None and rule and info.field_name not in _FIELDS_OF_RULE[rule]:
            raise refuse([FieldError(f"does not go with the rule {rule}")])
        return value
