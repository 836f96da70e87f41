"""Events of the route to India and of what is made there."""

from typing import Annotated, Literal

from sim.inputs.fields import Dim, Duration
from sim.inputs.quantity import Quantity
from sim.scenario.events.base import AnyEvent, EndingEvent, RampedEvent, Share


class RouteOpening(RampedEvent):
    """Ore of Kachin may go over Pangsau to India, where that pays more than China or China is shut."""

    kind: Literal["route_opening"]
    capacity: Annotated[Quantity, Dim(("gross_mass_per_time",), low=0.0)] | None = None
    """What the road bears in the dry season. Default: india.road_capacity_t_per_d; 0 changes nothing."""
    time: Duration | None = None
    """Mine to the railway at Ledo, which takes india.rail_d more. Default: india.road_d."""
    monsoon: Share | None = None
    """Share of the capacity left in the wet months. Default: india.monsoon_share."""


class ProcessingInvestment(AnyEvent):
    """Someone pays for heavy separation in India, which works after the time it takes to build."""

    kind: Literal["processing_investment"]
    by: Literal["india", "quad"]
    capacity: Annotated[Quantity, Dim(("reo_mass_per_time",), low=0.0)]
    """Rare-earth oxide that can be separated; 0 changes nothing."""
    build: Duration | None = None
    """From the money to the first batch. Default: india.heavy_build_months."""


class PricePremium(EndingEvent):
    """India pays this much more for ore than China, before freight and taxes."""

    kind: Literal["price_premium"]
    premium: Annotated[Quantity, Dim(("dimensionless",), low=-1.0)]
    """Share of China's ore quote net of value-added tax. At the start: india.premium."""


class ImportTariff(EndingEvent):
    """The United States change their tariff on oxide that India makes of Myanmar's ore; on nothing else."""

    kind: Literal["import_tariff"]
    rate: Share
    """Share of the value. At the start: india.us_tariff."""
