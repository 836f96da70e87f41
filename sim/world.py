"""The inert description of one run: frozen dataclasses of bare numbers in base units, no logic.

Base units: days, t (gross), t_REO, kg (separated oxide), CNY, shares of 1. A field's name carries its unit.
`sim.build` makes a World from a scenario and the evidence; `sim.engine` runs it and changes nothing in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sim.changes import Effect, TaxRule


@dataclass(frozen=True)
class Road:
    """District to gate: mean time, its spread, cost per gross tonne up to the plant."""

    time_d: float
    freight_cny_per_t: float


@dataclass(frozen=True)
class District:
    """A mining district and the regime it starts under."""

    name: str
    region: str
    controller: str
    gate: str
    sites: int
    road: Road


@dataclass(frozen=True)
class Gate:
    """A border gate. trucks_per_d: both ways together. detours: the gates that ore turns to when this one is
    shut, the first that is open.

    `shut_at_start` holds until a gate_opening.
    """

    name: str
    controller: str
    trucks_per_d: float
    shut_at_start: bool
    detours: tuple[str, ...] = ()
    lanes: int = 1


@dataclass(frozen=True)
class Mining:
    """The laws of a site. Tonnes are of calcined oxide (reo_per_t of heading oxide) unless said otherwise."""

    capacity_t_per_d: float
    capacity_sigma: float
    compound_site_share: float
    block_tonnage_t: float
    block_sigma: float
    blocks_per_site: float
    max_blocks: int
    block_gap_d: float
    block_gap_spread: float
    build_d: float
    opening_margin_elasticity: float
    opening_rate_cap: float
    drain_d: float
    restart_d: float
    restart_cv: float
    crew_return_d: float
    yard_capacity_d: float
    yard_dwell_d: float
    rush_dwell_d: float
    reagent_stock_d: float
    reagent_restock_d: float
    reagent_t_per_t_reo: float
    decision_band: float
    cash_cost_cny_per_t: float
    cost_sigma: float
    cost_growth_per_d: float


@dataclass(frozen=True)
class Seasons:
    """Output factors by month (1-12) of a normal and of a severe monsoon year, and how often it is severe.

    usual_output: the mean over years, to which the number of sites, orders and plants are used. road_time:
    factor on travel time by month. rush: months in which operators ship before the roads fail.
    """

    normal_output: tuple[float, ...]
    severe_output: tuple[float, ...]
    usual_output: tuple[float, ...]
    severe_probability: float
    severe_shared: float
    road_time: tuple[float, ...]
    rush: tuple[bool, ...]


@dataclass(frozen=True)
class Landslides:
    """Slides of the wet season: each stops a share of one district's sites for some days."""

    per_season: float
    months: tuple[int, ...]
    share: float
    lasts_d: float


@dataclass(frozen=True)
class Haulage:
    """What all roads share, and what it takes to leave the usual one.

    divert_*: a share of a shut gate's ore finds another open gate, farther and later. leak_*: a share finds
    no gate at all and reaches China unseen, or is recorded as Laotian.
    """

    lot_t: float
    time_cv: float
    loss_probability: float
    gate_to_plant_d: float
    divert_share: float
    divert_d: float
    divert_cny_per_t: float
    leak_share: float
    leak_d: float
    leak_as_laos: float


@dataclass(frozen=True)
class Border:
    """What all gates share. holidays: (first day, day after the last) in run time, all gates shut."""

    clearance_d: float
    clearance_sigma: float
    holidays: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Assay:
    """Contents of a gross tonne: t_REO by heading, and kg of each element per t_REO."""

    reo_per_t: Mapping[str, float]
    kg_per_t_reo: Mapping[str, float]


@dataclass(frozen=True)
class Separation:
    """The plants. Flows per day. regions: each region's share of the start throughput."""

    domestic_t_reo_per_d: float
    origins_t_per_d: Mapping[str, float]
    origins_elasticity: float
    origins_lag_d: float
    regions: Mapping[str, float]
    recycled_kg_per_d: Mapping[str, float]
    start_throughput_t_reo_per_d: float
    feed_d: float
    process_d: int
    recovery: float
    run_response: float
    short_feed_d: float
    run_cap: float


@dataclass(frozen=True)
class Element:
    """One separated oxide and its market."""

    name: str
    start_price_cny_per_kg: float
    start_stock_kg: float
    demand_kg_per_d: float
    exports_kg_per_d: float
    growth_per_d: float


@dataclass(frozen=True)
class Market:
    """The price law of both elements. vat: share on top of net prices."""

    exponent: float
    target_months: float
    glut_weight: float
    floor_months: float
    lag_d: float
    expectation_weight: float
    expected_closure_d: float
    smoothing_d: float
    elasticity_short: float
    elasticity_long: float
    elasticity_lag_d: float
    substitution_cap_per_d: float
    noise_sd: float
    noise_half_life_d: float
    news_half_life_d: float
    vat: float
    elements: tuple[Element, ...]


@dataclass(frozen=True)
class Inflow:
    """The usual flow through a gate: gross tonnes of oxide concentrate, and the separated oxide it yields."""

    t_per_d: float
    kg_per_d: Mapping[str, float]


@dataclass(frozen=True)
class OrePrice:
    """The quoting rule of ion-adsorption ore. Weights: shares of REO; content: t_REO per quoted tonne."""

    k: float
    content: float
    ndpr_weight: float
    weights: Mapping[str, float]
    treatment_charge_cny_per_t: float


@dataclass(frozen=True)
class AbroadElement:
    """One oxide outside China. Premiums: price abroad over the domestic one net of VAT.

    use_kg_per_d: what is taken from China in ordinary times; exports_kg_per_d: what China lets through at the
    start.
    """

    name: str
    use_kg_per_d: float
    exports_kg_per_d: float
    start_premium: float
    free_premium: float
    top_premium: float


@dataclass(frozen=True)
class Abroad:
    """The market outside China. horizon_d: how far ahead buyers count on arrivals."""

    stock_d: float
    horizon_d: float
    exponent: float
    lag_d: float
    elasticity: float
    elements: tuple[AbroadElement, ...]


@dataclass(frozen=True)
class India:
    """The route over Pangsau and what is made at its end. kg_per_t_reo: contents, NdPr included."""

    gate: str
    region: str
    capacity_t_per_d: float
    truck_t: float
    road_d: float
    rail_d: float
    time_cv: float
    monsoon_share: float
    wet_months: tuple[int, ...]
    loss_probability: float
    freight_cny_per_t: float
    premium: float
    heavy_t_reo_per_d: float
    build_d: float
    separation_cny_per_t: float
    recovery: float
    process_d: int
    kg_per_t_reo: Mapping[str, float]
    us_share: float
    us_tariff: float


@dataclass(frozen=True)
class Footprint:
    """What leaching does to the ground per tonne of rare-earth oxide, the ponds of a site, Dy in a car."""

    ore_moved_t_per_t_reo: float
    ponds_per_site: float
    wastewater_m3_per_t_reo: float
    dy_kg_per_ev: float
    reo_per_gross_t: float


@dataclass(frozen=True)
class World:
    """All of one run. Day 0 is `warmup_d` days before `start`; the run ends at `warmup_d + days`.

    inflow: the usual flow of each gate that mines stand behind. policies: the export policy of an actor at
    the start, where it is not open. in_kind_sale_d: how long an actor keeps ore taken in kind. india: only
    where a scenario has to do with it. general_trade_cny_per_d: other goods that one shut gate keeps out a
    day; 0 where no event can shut one.
    """

    start: date
    days: int
    warmup_d: int
    root_seed: int
    districts: tuple[District, ...]
    gates: tuple[Gate, ...]
    mining: Mining
    seasons: Seasons
    landslides: Landslides
    haulage: Haulage
    border: Border
    taxes: tuple[TaxRule, ...]
    assay: Assay
    separation: Separation
    market: Market
    inflow: Mapping[str, Inflow]
    ore_price: OrePrice
    drivers: Mapping[str, float]
    policies: Mapping[str, str]
    in_kind_sale_d: float
    abroad: Abroad
    footprint: Footprint
    india: India | None
    general_trade_cny_per_d: float
    effects: tuple[Effect, ...]
    parameters_used: tuple[str, ...]
