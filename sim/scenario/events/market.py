"""Events of plants and markets: quotas, outages, demand, reserves, licences, other supply, drivers."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from sim.inputs.fields import Dim, IsoDate, refuse
from sim.inputs.quantity import FieldError, Quantity
from sim.places import Oxide, Seller
from sim.scenario.events.base import AnyEvent, Elements, EndingEvent, Factor, RampedEvent, Regions, Share

Driver = Literal["ndpr_cny_per_t", "cny_per_usd"]
_DRIVER_DIMENSIONS = {"ndpr_cny_per_t": "cny_per_t", "cny_per_usd": "cny_per_usd"}
_SELL_ORE = ("laos", "malaysia", "other")
A_DAY_D = 1.0
"""Technical: the least time in which something is sold."""
_BOTH: tuple[Oxide, ...] = ("Dy", "Tb")
Jump = Annotated[Quantity, Dim(("dimensionless",), low=-1.0, above=True)]


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
    jump: Jump
    """Share of the price: 0.2 or 20 % is a rise by a fifth."""


class DemandShock(RampedEvent):
    """Multiplies the orders that there would be at the first day's prices."""

    kind: Literal["demand_shock"]
    elements: Elements = _BOTH
    market: Literal["china", "ex_china"] = "china"
    """Orders in China include those for magnets that are exported."""
    factor: Factor
    """1 changes nothing; factors of events that overlap multiply."""


class DomesticQuota(RampedEvent):
    """Multiplies the ionic ore that China mines itself."""

    kind: Literal["domestic_quota"]
    factor: Factor
    """Against the quota at the start; 1 changes nothing."""


class SeparationOutage(RampedEvent):
    """Plants stand still: inspections, floods, power cuts. Their feed waits."""

    kind: Literal["separation_outage"]
    regions: Regions
    share: Share = Field(default=1, validate_default=True)
    """Share of each region's capacity that is out."""


class ImportedOreQuota(EndingEvent):
    """Caps the imported ore that may be separated, as a multiple of what was separated of it at the start.

    Plants then run at most at their own ore plus this; the present ceiling (processing.run_cap) stays.
    """

    kind: Literal["imported_ore_quota"]
    factor: Factor
    """Against the start; above the present ceiling it changes nothing."""


class ExportLicensing(EndingEvent):
    """China lets a share of its usual exports of oxide through; the rest stays at home."""

    kind: Literal["export_licensing"]
    elements: Elements = _BOTH
    share: Share | None = None
    """Share of the exports before any licences (exchina.dy.use_kg_per_month). Default: as it is."""
    jump: Jump | None = Field(default=None, validate_default=True)
    """What the news does to the price in China at once, up or down; it decays. Default: nothing."""

    @field_validator("jump")
    @classmethod
    def _something_is_said(cls, jump: Quantity | None, info: ValidationInfo) -> Quantity | None:
        if jump is None and "share" in info.data and info.data["share"] is None:
            raise refuse([FieldError("give `share`, `jump` or both")])
        return jump


class OtherSupply(RampedEvent):
    """Supply from elsewhere comes on top: ore for China's plants, or separated oxide for a market."""

    kind: Literal["other_supply"]
    origin: Seller
    ore: Annotated[Quantity, Dim(("gross_mass_per_time",), low=0.0)] | None = None
    """Oxide concentrate sold to China, gross; laos, malaysia and other only."""
    oxide: dict[Oxide, Annotated[Quantity, Dim(("oxide_mass_per_time",), low=0.0)]] | None = Field(
        default=None, validate_default=True
    )
    """Separated oxide by element, in place of `ore`."""
    market: Literal["china", "ex_china"] | None = None
    """Where the oxide is sold; ore goes to China. Default: ex_china for oxide."""

    @field_validator("ore")
    @classmethod
    def _ore_of_neighbours(cls, ore: Quantity | None, info: ValidationInfo) -> Quantity | None:
        if ore is not None and info.data.get("origin") not in (None, *_SELL_ORE):
            raise refuse(
                [FieldError(f"{info.data['origin']} sells `oxide`; ore comes from {', '.join(_SELL_ORE)}")]
            )
        return ore

    @field_validator("oxide")
    @classmethod
    def _ore_or_oxide(
        cls, oxide: Mapping[str, Quantity] | None, info: ValidationInfo
    ) -> Mapping[str, Quantity] | None:
        if "ore" in info.data and (oxide is None) == (info.data["ore"] is None):
            raise refuse([FieldError("give one of `ore` and `oxide`")])
        if oxide is not None and not oxide:
            raise refuse([FieldError("must not be empty")])
        return oxide

    @field_validator("market")
    @classmethod
    def _ore_goes_to_china(cls, market: str | None, info: ValidationInfo) -> str | None:
        if market == "ex_china" and info.data.get("ore") is not None:
            raise refuse([FieldError("ore goes to China: sell `oxide` abroad, or drop `market`")])
        return market


class StockpileTrade(EndingEvent):
    """A state reserve sells oxide to the trade in China, or buys it, evenly over the time it lasts.

    Once announced the trade counts on it. A purchase finds no more than is in stock.
    """

    kind: Literal["stockpile_trade"]
    element: Oxide
    trade: Literal["sale", "purchase"]
    amount: Annotated[Quantity, Dim(("oxide_mass",), low=0.0)]
    """Kilograms in all. Without `lasts` or `end` they move within 30 days."""

    @field_validator("amount")
    @classmethod
    def _has_time_to_move(cls, amount: Quantity, info: ValidationInfo) -> Quantity:
        lasts: Quantity | None = info.data.get("lasts")
        if lasts is not None and lasts.dist.support[0] < A_DAY_D and amount.dist.support[1] > 0.0:
            hint = "" if lasts.is_fixed else "Bound `lasts` with `min`"
            raise refuse([FieldError(f"cannot move in {lasts.text}: at least 1 d is needed", hint)])
        return amount
