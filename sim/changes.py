"""What the events of a scenario come to: frozen dataclasses of bare numbers in base units, no logic.

`sim.event_effects` makes them of a scenario's events, `sim.levers` lets them take hold of the model.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """When an event holds, in days of the run; end_d is inf where it holds for good."""

    announced_d: float
    start_d: float
    end_d: float
    ramp_d: float


@dataclass(frozen=True)
class Effect:
    """One event of the scenario. Subclasses carry what their kind changes."""

    id: str
    window: Window


@dataclass(frozen=True)
class GateClosure(Effect):
    """Shuts gates for commodities, on one side."""

    gates: tuple[str, ...]
    side: str
    commodities: tuple[str, ...]


@dataclass(frozen=True)
class GateCapacity(Effect):
    """Multiplies what gates can pass."""

    gates: tuple[str, ...]
    factor: float


@dataclass(frozen=True)
class GateOpening(Effect):
    """Opens gates that the start regime holds shut."""

    gates: tuple[str, ...]


@dataclass(frozen=True)
class TaxRule:
    """What an actor takes at a point of a place. rate: share of value, CNY/t, CNY per vehicle or CNY/d."""

    actor: str
    point: str
    basis: str
    rate: float
    place: str


@dataclass(frozen=True)
class TaxChange(Effect):
    """Puts rules (one per place) in place of the actor's rules there, or on top of them."""

    actor: str
    rules: tuple[TaxRule, ...]
    stack: bool


@dataclass(frozen=True)
class ControlChange(Effect):
    """Hands districts and gates to another actor; for `gap_d` days nothing is mined or passed there."""

    districts: tuple[str, ...]
    gates: tuple[str, ...]
    to: str
    gap_d: float


@dataclass(frozen=True)
class ExportPolicy(Effect):
    """What a controller lets out: share of the flow (licensed), old stock only, or nothing."""

    actor: str
    policy: str
    share: float


@dataclass(frozen=True)
class Halt(Effect):
    """Stops a share of the sites of districts; restart takes `back_d` at least (crews that left)."""

    kind: str
    districts: tuple[str, ...]
    share: float
    back_d: float


@dataclass(frozen=True)
class ReagentEmbargo(Effect):
    """Holds back a share of the reagents at gates."""

    gates: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class DriverChange(Effect):
    """Moves a driver: by a factor, or along dated values (day, value)."""

    name: str
    factor: float | None
    series: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class MarketNews(Effect):
    """A jump of one element's price, as a share, that decays."""

    element: str
    jump: float


@dataclass(frozen=True)
class Spells(Effect):
    """What comes and goes by chance: the same effect, at each of its own windows, which do not overlap."""

    kind: str
    spells: tuple[Effect, ...]


@dataclass(frozen=True)
class RoadDisruption(Effect):
    """Multiplies the time on roads and cuts what they pass to a share."""

    roads: tuple[str, ...]
    time_factor: float
    passable: float


@dataclass(frozen=True)
class ConvoyEscort(Effect):
    """Guards roads: a share of the risk is left, each vehicle pays a fee, trucks leave each interval."""

    roads: tuple[str, ...]
    loss_factor: float
    interval_d: int
    fees: tuple[TaxRule, ...]


@dataclass(frozen=True)
class NewSites(Effect):
    """Opens sites of a district, which yield after `build_d` days."""

    district: str
    number: int
    build_d: float


@dataclass(frozen=True)
class SiteClosure(Effect):
    """Gives up a share of the sites of districts for good."""

    districts: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class DomesticQuota(Effect):
    """Multiplies China's own ionic ore."""

    factor: float


@dataclass(frozen=True)
class SeparationOutage(Effect):
    """Takes a share of the capacity of regions out."""

    regions: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class ImportedOreQuota(Effect):
    """Caps what is separated of imported ore, as a multiple of the start."""

    factor: float


@dataclass(frozen=True)
class ExportLicensing(Effect):
    """Lets a share of the usual exports through (None: as it is) and moves the price at home by a jump."""

    elements: tuple[str, ...]
    share: float | None
    jump: float


@dataclass(frozen=True)
class OtherSupply(Effect):
    """Ore from an origin, gross tonnes a day, or oxide for a market, kg a day by element."""

    origin: str
    ore_t_per_d: float
    oxide_kg_per_d: Mapping[str, float]
    market: str


@dataclass(frozen=True)
class DemandShock(Effect):
    """Multiplies orders in a market."""

    elements: tuple[str, ...]
    market: str
    factor: float


@dataclass(frozen=True)
class StockpileTrade(Effect):
    """A reserve sells kilograms (buys, if negative) evenly over the window."""

    element: str
    sold_kg: float


@dataclass(frozen=True)
class RouteOpening(Effect):
    """Opens the road to India."""

    capacity_t_per_d: float
    time_d: float
    monsoon_share: float


@dataclass(frozen=True)
class ProcessingInvestment(Effect):
    """Heavy separation in India after `build_d` days."""

    by: str
    t_reo_per_d: float
    build_d: float


@dataclass(frozen=True)
class PricePremium(Effect):
    """What India pays above China, as a share."""

    share: float


@dataclass(frozen=True)
class ImportTariff(Effect):
    """America's tariff on oxide made in India."""

    rate: float


@dataclass(frozen=True)
class BargainingRule(Effect):
    """A way of acting that is looked at each `review_d` days. What a rule does not know is nil."""

    actor: str
    rule: str
    review_d: float
    step_cny_per_t: float = 0.0
    limit_cny_per_t: float = 0.0
    embargo: bool = False
    answer_d: float = 0.0


INDIA = (RouteOpening, ProcessingInvestment, PricePremium, ImportTariff)
"""Effects that have to do with India."""
SHUT_GATES = (GateClosure, Spells, BargainingRule)
"""Effects that can shut a gate for general trade."""
