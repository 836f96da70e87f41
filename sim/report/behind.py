"""Which parameters stand directly behind a number, and which further up the chain.

Declared here by the law that makes the number (docs/model.md); names are patterns over the parameters that
the manifest lists. `{element}` and `{actor}` stand for what the number is about.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sim.ledger import Key
from sim.results.metrics import METRICS
from sim.results.variables import VARIABLES

_SITES = ("mines.*sites", "mines.site_capacity*", "mines.compound_share_of_gross", "mines.block*")
_SEASON = ("mines.*monsoon*", "mines.landslide*")
_REAGENTS = ("mines.ammonium_sulphate_t_per_t_reo", "mines.precipitant_t_per_t_reo", "mines.reagent_*")
_MARGIN = (
    "mines.*cost*",
    "mines.wage*",
    "mines.workers*",
    "mines.risk_premium",
    "mines.decision_band",
    "taxes.*",
)
_MINED = (*_SITES, *_SEASON, *_REAGENTS, "mines.liquor_drain_d", "mines.restart*", "mines.crew_return_d",
          "mines.opening*", "mines.site_build_d", "mines.yard_capacity_months")  # fmt: skip
_PASSED = ("borders.*", "roads.*", "mines.yard_dwell_d", "mines.rush_dwell_d")
_IMPORTED = (*_PASSED, "mines.yard_capacity_months", "processing.*_oxide_t_per_month", "processing.other_*")
_PLANTS = ("processing.*",)
_CONTENT = ("processing.{element}_share_of_reo", "processing.reo_per_t_*", "processing.recycled_{element}*")
_ORE = ("market.ore_price.*", "market.ndpr*", "market.treatment*")
_PRICE = (
    "market.cover_*", "market.{element}.*", "market.elasticity_*", "market.expect*", "market.glut_weight",
    "market.demand_smoothing_d", "market.noise*", "market.news*", "market.substitution*",
)  # fmt: skip
_DEMAND = ("market.{element}.*", "market.elasticity_*", "market.substitution*")
_TAX = ("taxes.{actor}.*", "taxes.in_kind_sale_d")
_ABROAD = ("exchina.*", "market.{element}.ex_china_premium", "market.{element}.exports_kg_per_month")
_INDIA = ("india.*", *_SITES)
_GATE = ("borders.clearance*", "borders.gate_trucks_per_d", "borders.spring*", "roads.lot_t", "roads.divert*")

_DIRECT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("imports_t", "imports_while_shut_t", "myanmar_share_pct", "hhi_origins"), _IMPORTED),
    **dict.fromkeys(("mined_t", "mine_stock_t", "reagent_t"), _MINED),
    **dict.fromkeys(("sites_operating", "sites_shut_in"), (*_MINED, *_MARGIN)),
    **dict.fromkeys(("exports_t", "exported_t", "shipped_t", "gate_arrived_t", "in_transit_t"), _PASSED),
    **dict.fromkeys(("hhi_gates", "hhi_controllers", "diverted_share", "diverted_t"), _PASSED),
    **dict.fromkeys(("gate_wait_mean_d", "gate_wait_p95_d", "gate_queue_t"), _GATE),
    "leaked_t": ("borders.leak*",),
    "lost_t": ("roads.loss_probability", "roads.lot_t"),
    **dict.fromkeys(("feed_stock_t", "in_process_t"), _PLANTS),
    **dict.fromkeys(("separated_kg", "shortfall_lost_kg", "shortfall_delayed_kg"), (*_PLANTS, *_CONTENT)),
    **dict.fromkeys(
        ("price_mean", "price_peak", "price_peak_change_pct", "price_end_change_pct", "price_cny_per_kg"),
        _PRICE,
    ),
    "price_usd_per_kg": (*_PRICE, "market.{element}.ex_china_premium", "market.cny_per_usd"),
    **dict.fromkeys(("min_cover_months", "cover_months", "oxide_stock_kg"), (*_DEMAND, *_PLANTS)),
    **dict.fromkeys(("unmet_kg", "priced_out_kg", "demand_kg", "exports_kg"), _DEMAND),
    **dict.fromkeys(("ore_price_mean", "ore_price_cny_per_t"), _ORE),
    **dict.fromkeys(
        ("netback_mean", "netback_cny_per_t", "operator_margin_cny"), (*_ORE, *_MARGIN, "roads.freight*")
    ),
    **dict.fromkeys(("time_to_recover_d", "time_to_recover_censored"), (*_MINED, *_PASSED)),
    **dict.fromkeys(("time_to_survive_d", "time_to_survive_censored"), (*_DEMAND, *_PLANTS)),
    "tax_cny": _TAX,
    "tax_usd": (*_TAX, "market.cny_per_usd"),
    "controlled_t": _PASSED,
    "blocked_trade_cny": ("bargaining.general_trade_cny_per_d",),
    "exported_oxide_kg": _DEMAND,
    **dict.fromkeys(("abroad_stock_kg", "abroad_use_kg"), _ABROAD),
    **dict.fromkeys(("evs_served", "evs_short"), ("footprint.dy_kg_per_ev", *_PLANTS)),
    **dict.fromkeys(("ore_moved_t", "wastewater_m3"), ("footprint.*", *_MINED)),
    **dict.fromkeys(("ponds", "sites_opened"), ("footprint.ponds_per_site", *_MINED)),
    **dict.fromkeys(
        ("india_transit_t", "india_margin_cny", "india_delivered_t", "india_separated_kg"), _INDIA
    ),
    "domestic_feed_t": ("processing.domestic_*",),
    "other_oxide_kg": _PLANTS,
}  # fmt: skip

_UPSTREAM: Mapping[str, tuple[str, ...]] = {
    "mines": (), "borders": ("mines",), "roads": ("mines",), "taxes": ("mines", "roads", "borders", "market"),
    "processing": ("mines", "roads", "borders"), "exchina": ("market",), "footprint": ("mines",),
    "india": ("mines", "market"), "bargaining": ("mines",),
    "market": ("mines", "roads", "borders", "processing"),
}  # fmt: skip


@dataclass(frozen=True)
class Trace:
    """What a number is: its definition and unit, and the names of the parameters behind it.

    direct: in the law that makes it. upstream: how many more act on it through the chain.
    """

    definition: str
    unit: str
    direct: tuple[str, ...]
    upstream: int


def trace(key: Key, parameters: Iterable[str]) -> Trace:
    """The trace of a metric or monthly variable. KeyError if it is neither."""
    names = sorted(parameters)
    about = METRICS.get(key.variable) or VARIABLES[key.variable]
    patterns = [_filled(pattern, key) for pattern in _DIRECT.get(key.variable, ())]
    direct = tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))
    families = {above for name in direct for above in _UPSTREAM.get(name.split(".")[0], ())}
    upstream = sum(name.split(".")[0] in families and name not in direct for name in names)
    return Trace(about.description, about.unit, direct, upstream)


def _filled(pattern: str, key: Key) -> str:
    return pattern.format(element=key.element.lower() or "*", actor=key.actor or "*")
