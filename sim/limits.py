"""What a parameter can be at all, whatever a scenario sets: outside of it no law of the model has a meaning.

Far wider than the range of the evidence: a what-if may leave that range, a slip of the keyboard must not make
a run of a thousand years, or a division by nothing.
"""

from collections.abc import Mapping

from sim.evidence.records import Estimate
from sim.inputs.allowed import Allowed
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


def allowed(estimate: Estimate) -> Allowed:
    """What a parameter can be. For what must be positive 0 is the least, not included."""
    low, high = SPANS.get(estimate.name) or _bounds(estimate)
    return Allowed(estimate.unit, low, high, above=estimate.name in POSITIVE)


def all_allowed(parameters: Mapping[str, Estimate]) -> dict[str, Allowed]:
    """What each parameter can be, by name. Raises InputError where its own value or range leaves that."""
    known = {name: allowed(estimate) for name, estimate in parameters.items()}
    problems = [
        Problem(estimate.file, estimate.line, 1, f"{name}.{key}", wrong)
        for name, estimate in parameters.items()
        for key in ("value", "low", "high")
        if (wrong := known[name].objection(getattr(estimate, key)))
    ]
    if problems:
        raise InputError(problems)
    return known


def checked(estimate: Estimate, value: float) -> float:
    """A value in base units. Raises InputError if the parameter cannot have it."""
    if wrong := allowed(estimate).objection(from_base(value, estimate.unit)):
        raise InputError([Problem("set", 1, 1, estimate.name, wrong)])
    return value


def _bounds(estimate: Estimate) -> tuple[float, float]:
    largest = FACTOR * max(abs(estimate.low), abs(estimate.high), abs(estimate.value))
    low = -largest if estimate.low < 0.0 else 0.0
    last = estimate.name.rpartition(".")[2]
    return low, 1.0 if any(word in last for word in SHARES) else largest
