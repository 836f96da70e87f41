"""What can happen in a scenario: one frozen model per kind of event.

Every kind has `id`, `start`, `announced` and `source`; most also `lasts` or `end` (neither: it holds for
good), and those that can take hold little by little `ramp`.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from sim.scenario.events.actors import (
    BargainingRule,
    ControlChange,
    ExportPolicy,
    TaxChange,
)
from sim.scenario.events.base import (
    AnyEvent,
    EndingEvent,
    RampedEvent,
    unique,
)
from sim.scenario.events.borders import (
    ConvoyEscort,
    GateCapacity,
    GateClosure,
    GateOpening,
    RandomClosures,
    ReagentEmbargo,
    RoadDisruption,
)
from sim.scenario.events.india import (
    ImportTariff,
    PricePremium,
    ProcessingInvestment,
    RouteOpening,
)
from sim.scenario.events.market import (
    DemandShock,
    DomesticQuota,
    Driver,
    DriverChange,
    ExportLicensing,
    ImportedOreQuota,
    MarketNews,
    OtherSupply,
    SeparationOutage,
    StockpileTrade,
    driver_levels,
)
from sim.scenario.events.mines import (
    Landslide,
    MiningHalt,
    NewSites,
    Security,
    SiteClosure,
    WorkforceWithdrawal,
)

__all__ = [
    "KINDS",
    "AnyEvent",
    "BargainingRule",
    "ControlChange",
    "ConvoyEscort",
    "DemandShock",
    "DomesticQuota",
    "Driver",
    "DriverChange",
    "EndingEvent",
    "Event",
    "ExportLicensing",
    "ExportPolicy",
    "GateCapacity",
    "GateClosure",
    "GateOpening",
    "ImportTariff",
    "ImportedOreQuota",
    "Landslide",
    "MarketNews",
    "MiningHalt",
    "NewSites",
    "OtherSupply",
    "PricePremium",
    "ProcessingInvestment",
    "RampedEvent",
    "RandomClosures",
    "ReagentEmbargo",
    "RoadDisruption",
    "RouteOpening",
    "Security",
    "SeparationOutage",
    "SiteClosure",
    "StockpileTrade",
    "TaxChange",
    "WorkforceWithdrawal",
    "driver_levels",
    "unique",
]

KINDS: Mapping[str, type[AnyEvent]] = {
    "gate_closure": GateClosure,
    "gate_capacity": GateCapacity,
    "gate_opening": GateOpening,
    "random_closures": RandomClosures,
    "reagent_embargo": ReagentEmbargo,
    "road_disruption": RoadDisruption,
    "convoy_escort": ConvoyEscort,
    "tax_change": TaxChange,
    "control_change": ControlChange,
    "export_policy": ExportPolicy,
    "bargaining_rule": BargainingRule,
    "mining_halt": MiningHalt,
    "landslide": Landslide,
    "security": Security,
    "workforce_withdrawal": WorkforceWithdrawal,
    "new_sites": NewSites,
    "site_closure": SiteClosure,
    "domestic_quota": DomesticQuota,
    "imported_ore_quota": ImportedOreQuota,
    "separation_outage": SeparationOutage,
    "export_licensing": ExportLicensing,
    "other_supply": OtherSupply,
    "demand_shock": DemandShock,
    "stockpile_trade": StockpileTrade,
    "driver": DriverChange,
    "market_news": MarketNews,
    "route_opening": RouteOpening,
    "processing_investment": ProcessingInvestment,
    "price_premium": PricePremium,
    "import_tariff": ImportTariff,
}
Event = Annotated[
    GateClosure
    | GateCapacity
    | GateOpening
    | RandomClosures
    | ReagentEmbargo
    | RoadDisruption
    | ConvoyEscort
    | TaxChange
    | ControlChange
    | ExportPolicy
    | BargainingRule
    | MiningHalt
    | Landslide
    | Security
    | WorkforceWithdrawal
    | NewSites
    | SiteClosure
    | DomesticQuota
    | ImportedOreQuota
    | SeparationOutage
    | ExportLicensing
    | OtherSupply
    | DemandShock
    | StockpileTrade
    | DriverChange
    | MarketNews
    | RouteOpening
    | ProcessingInvestment
    | PricePremium
    | ImportTariff,
    Field(discriminator="kind"),
]
