"""Parts of a World that need little but parameters: roads, ore quote, market abroad, India, footprint.

Each is made from `p`, which gives a parameter in base units by its name.
"""

from collections.abc import Callable, Mapping, Sequence

from sim.evidence.network import Network
from sim.world import (
    Abroad,
    AbroadElement,
    Assay,
    Element,
    Footprint,
    Haulage,
    India,
    OrePrice,
    Separation,
)

Parameter = Callable[[str], float]
INDIAN_GATE, INDIAN_REGION = "pangsau", "kachin"
KG_PER_T = 1000.0


def haulage(p: Parameter) -> Haulage:
    """What all roads share."""
    detour_cny_per_t = p("roads.divert_extra_km") * p("roads.freight_cny_per_t_km")
    return Haulage(
        lot_t=p("roads.lot_t"),
        time_cv=p("roads.time_cv"),
        loss_probability=p("roads.loss_probability"),
        gate_to_plant_d=p("roads.gate_to_plant_d"),
        divert_share=p("roads.divert_share"),
        divert_d=p("roads.divert_extra_d"),
        divert_cny_per_t=detour_cny_per_t,
        leak_share=p("borders.leak_share"),
        leak_d=p("borders.leak_d"),
        leak_as_laos=p("borders.leak_recorded_as_laos"),
    )


def ore_price(p: Parameter, elements: Sequence[str]) -> OrePrice:
    """The quoting rule of ore."""
    return OrePrice(
        k=p("market.ore_price.k"),
        content=p("market.ore_price.oxide_content"),
        ndpr_weight=p("market.ore_price.ndpr_weight"),
        weights={e: p(f"market.ore_price.{e.lower()}_weight") for e in elements},
        treatment_charge_cny_per_t=p("market.treatment_charge_cny_per_t"),
    )


def abroad(p: Parameter, elements: Sequence[Element]) -> Abroad:
    """The market outside China at the licences in force at the start."""
    return Abroad(
        stock_d=p("exchina.stock_months"),
        horizon_d=p("exchina.licence_months"),
        exponent=p("exchina.cover_exponent"),
        lag_d=p("exchina.lag_months"),
        elasticity=p("exchina.elasticity"),
        elements=tuple(_abroad_element(p, element) for element in elements),
    )


def _abroad_element(p: Parameter, element: Element) -> AbroadElement:
    family = f"exchina.{element.name.lower()}"
    return AbroadElement(
        name=element.name,
        use_kg_per_d=p(f"{family}.use_kg_per_month"),
        exports_kg_per_d=element.exports_kg_per_d,
        start_premium=p(f"market.{element.name.lower()}.ex_china_premium"),
        free_premium=p(f"{family}.free_premium"),
        top_premium=p(f"{family}.top_premium"),
    )


def india(p: Parameter, network: Network, assay: Assay, separation: Separation) -> India:
    """The route over Pangsau, and plants that can separate nothing heavy yet."""
    contents: Mapping[str, float] = {**assay.kg_per_t_reo, "NdPr": KG_PER_T * p("india.ndpr_share_of_reo")}
    return India(
        gate=INDIAN_GATE,
        region=INDIAN_REGION,
        capacity_t_per_d=p("india.road_capacity_t_per_d"),
        truck_t=p("india.truck_t"),
        road_d=p("india.road_d"),
        rail_d=p("india.rail_d"),
        time_cv=p("india.time_cv"),
        monsoon_share=p("india.monsoon_share"),
        wet_months=network.monsoon_months,
        loss_probability=p("india.loss_probability"),
        freight_cny_per_t=p("india.freight_cny_per_t"),
        premium=p("india.premium"),
        heavy_t_reo_per_d=p("india.heavy_capacity_t_reo_per_yr"),
        build_d=p("india.heavy_build_months"),
        separation_cny_per_t=p("india.separation_cny_per_t"),
        recovery=separation.recovery,
        process_d=separation.process_d,
        kg_per_t_reo=contents,
        us_share=p("india.us_share"),
        us_tariff=p("india.us_tariff"),
    )


def footprint(p: Parameter, assay: Assay, compound_site_share: float) -> Footprint:
    """What leaching does to the ground; `compound_site_share`: share of sites that ship uncalcined."""
    reo = assay.reo_per_t
    gross_t = (1.0 - compound_site_share) / reo["oxide"] + compound_site_share / reo["compound"]
    return Footprint(
        ore_moved_t_per_t_reo=p("footprint.ore_moved_t_per_t_reo"),
        ponds_per_site=p("footprint.ponds_per_site"),
        wastewater_m3_per_t_reo=p("footprint.wastewater_m3_per_t_reo"),
        dy_kg_per_ev=p("footprint.dy_kg_per_ev"),
        reo_per_gross_t=1.0 / gross_t,
    )
