"""What a parameter can be at all, whatever a scenario sets: outside of it no law of the model has a meaning.

Far wider than the range of the evidence: a what-if may leave that range, a slip of the keyboard must not make
a run of a thousand years, or a division by nothing.
"""

from sim.evidence.records import Estimate
from sim.inputs.text import InputError, Problem
from sim.inputs.units import from_base

FACTOR = 20.0
"""How far beyond the range of the evidence a value may lie, in its largest number."""
SHARES = ("share", "probability", "recovery")
"""Words in the name of what cannot be more than the whole."""
POSITIVE = frozenset({
    "borders.gate_trucks_per_d", "exchina.lag_months", "exchina.licence_months", "footprint.dy_kg_per_ev",
    "market.cny_per_usd", "market.cover_lag_months",
    "market.cover_target_months",
    "market.cover_floor_months", "market.demand_smoothing_d", "market.elasticity_lag_months",
    "market.news_half_life_months", "market.noise_half_life_d", "market.ore_price.k",
    "market.ore_price.oxide_content", "market.tb.start_price_cny_per_kg", "market.dy.start_price_cny_per_kg",
    "mines.block_tonnage_t", "mines.liquor_drain_d", "mines.reagent_restock_d", "mines.rush_dwell_d",
    "mines.site_capacity_t_per_yr", "mines.yard_dwell_d", "processing.feed_d", "processing.reo_per_t_oxide",
    "processing.reo_per_t_compound", "processing.other_supply_lag_d", "processing.short_feed_d",
})  # fmt: skip
"""What a law divides by or takes the logarithm of."""
ROUNDING = 1e-9
"""What changes of unit leave behind."""
SPANS = {
    "exchina.cover_exponent": (0.05, 50.0),
    "exchina.dy.free_premium": (1.0, 30.0),
    "exchina.dy.top_premium": (1.0, 100.0),
    "exchina.tb.free_premium": (1.0, 30.0),
    "exchina.tb.top_premium": (1.0, 100.0),
    "market.dy.ex_china_premium": (1.0, 100.0),
    "market.tb.ex_china_premium": (1.0, 100.0),
    "mines.blocks_per_site": (1.0, 4.0),
    "mines.monsoon_output_factor": (0.0, 2.0),
    "processing.process_d": (1.0, 365.0),
    "processing.share_ganzhou": (0.01, 1.0),
    "roads.lot_t": (1.0, 1000.0),
}
"""Technical: the width of the block table, a dry season that has output too, whole days, a plant that is left
when all other shares are 0, lots that can be counted. Below a premium of 1 oxide would go back to China."""


def bounds(estimate: Estimate) -> tuple[float, float]:
    """Least and greatest value in its unit. For what must be positive 0 is the least, not included."""
    if estimate.name in SPANS:
        return SPANS[estimate.name]
    largest = FACTOR * max(abs(estimate.low), abs(estimate.high), abs(estimate.value))
    low = -largest if estimate.low < 0.0 else 0.0
    last = estimate.name.rpartition(".")[2]
    return low, 1.0 if any(word in last for word in SHARES) else largest


def checked(estimate: Estimate, value: float) -> float:
    """A value in base units. Raises InputError if the parameter cannot have it."""
    if wrong := objection(estimate, from_base(value, estimate.unit)):
        raise InputError([Problem("set", 1, 1, estimate.name, wrong)])
    return value


def objection(estimate: Estimate, value: float) -> str:
    """What is wrong with a value in the estimate's unit; empty: nothing."""
    low, high = bounds(estimate)
    unit = "" if estimate.unit == "1" else f" {estimate.unit}"
    if value < low or (value == low and estimate.name in POSITIVE):
        needed = "above" if estimate.name in POSITIVE else "at least"
        return f"{value:g}{unit} is too low: {needed} {low:g}{unit} is needed"
    if value > high * (1.0 + ROUNDING):
        return f"{value:g}{unit} is too high: at most {high:g}{unit} is needed"
    return ""
