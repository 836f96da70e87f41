"""What makes an estimate credible: the rules every parameter of the evidence has to meet."""

import math
from collections.abc import Iterable, Iterator, Mapping

from sim.evidence.records import Estimate, Fact, Observation, Source
from sim.inputs import formula
from sim.inputs.text import suggest

FORMULA_TOLERANCE = 0.05
"""A derived value may be rounded to this share of what its formula gives."""

_UNIT_OF_SUFFIX: Mapping[str, str] = {
    "t_per_yr": "t/yr",
    "t_per_month": "t/month",
    "t_per_d": "t/d",
    "kg_per_yr": "kg/yr",
    "kg_per_month": "kg/month",
    "t_reo_per_yr": "t_REO/yr",
    "trucks_per_d": "truck/d",
    "cny_per_t": "CNY/t",
    "cny_per_kg": "CNY/kg",
    "cny_per_t_km": "CNY/t/km",
    "cny_per_usd": "CNY/USD",
    "cny_per_yr": "CNY/yr",
    "cny_per_d": "CNY/d",
    "usd_per_month": "USD/month",
    "per_t_reo": "1",
    "per_yr": "1/yr",
    "sites": "site",
    "months": "month",
    "d": "d",
    "h": "h",
    "km": "km",
    "t": "t",
}


def unit_of_name(name: str) -> str:
    """The unit a parameter's name carries in its last words; `1` if it carries none."""
    words = name.rpartition(".")[2].split("_")
    endings = ("_".join(words[start:]) for start in range(len(words)))
    return next((_UNIT_OF_SUFFIX[ending] for ending in endings if ending in _UNIT_OF_SUFFIX), "1")


def objections(
    estimate: Estimate,
    parameters: Mapping[str, Estimate],
    sources: Mapping[str, Source],
    facts: Mapping[str, Fact],
    observations: Mapping[str, Observation],
) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) for every rule the estimate breaks."""
    yield from _own(estimate)
    yield from _cited(estimate, sources)
    if estimate.kind == "derived" and estimate.formula:
        yield from _derived(estimate, parameters, facts, observations)


def _own(estimate: Estimate) -> Iterator[tuple[str, str]]:
    """Rules that need nothing but the estimate."""
    if estimate.unit != unit_of_name(estimate.name):
        yield "unit", f"the name carries the unit {unit_of_name(estimate.name)}, not {estimate.unit}"
    if not estimate.low <= estimate.value <= estimate.high:
        yield "value", "low <= value <= high does not hold"
    if (estimate.distribution == "fixed") != (estimate.low == estimate.high):
        yield "distribution", "fixed is for low = high, and only for that"
    if estimate.distribution == "lognormal" and estimate.low <= 0:
        yield "low", "a log-normal value is above 0"
    if bool(estimate.formula) != (estimate.kind == "derived"):
        yield "kind", "a formula is needed for a derived value, and only for that"


def _cited(estimate: Estimate, sources: Mapping[str, Source]) -> Iterator[tuple[str, str]]:
    """Rules on sources and grade."""
    for citation in estimate.sources:
        if citation.id not in sources:
            yield "sources", _unknown("source", citation.id, sources)
    if not estimate.sources and estimate.kind != "assumption":
        yield "sources", "only an assumption may do without a source"
    if estimate.kind == "assumption" and estimate.grade != "D":
        yield "grade", "an assumption is of grade D"
    if estimate.grade == "D" and estimate.kind not in ("assumption", "derived"):
        yield "grade", "grade D is for assumptions and what is derived from them"
    needed = {"A": "reported", "B": "derived"}.get(estimate.grade, estimate.kind)
    if estimate.kind != needed:
        yield "grade", f"grade {estimate.grade} is for {needed} values"
    if estimate.grade in ("A", "B") and not any(
        citation.id in sources and sources[citation.id].kind == "article" for citation in estimate.sources
    ):
        yield "grade", f"grade {estimate.grade} needs an article among the sources"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    return ". ".join(filter(None, (f"unknown {what} '{name}'", suggest(name, known))))


def _derived(
    estimate: Estimate,
    parameters: Mapping[str, Estimate],
    facts: Mapping[str, Fact],
    observations: Mapping[str, Observation],
) -> Iterator[tuple[str, str]]:
    """Rules on the formula and what goes into it."""
    known = parameters.keys() | facts.keys() | observations.keys()
    unknown = [name for name in estimate.inputs if name not in known]
    for name in unknown:
        yield "inputs", _unknown("input", name, known)
    used = [parameters[name] for name in estimate.inputs if name in parameters]
    worst = max((item.grade for item in used), default="A")
    if estimate.grade < worst:
        yield "grade", f"no better than its worst input: {worst}"
    if estimate.grade == "D" and worst != "D":
        yield "grade", "derived from nothing of grade D"
    try:
        missing = [name for name in formula.names(estimate.formula) if name not in estimate.inputs]
        if missing:
            yield "inputs", f"missing, the formula reads them: {', '.join(missing)}"
        elif not unknown:
            yield from _evaluated(estimate, input_values(estimate, parameters, facts, observations))
    except ValueError as error:
        yield "formula", str(error)


def _evaluated(estimate: Estimate, values: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    result = formula.evaluate(estimate.formula, values)
    if not math.isclose(result, estimate.value, rel_tol=FORMULA_TOLERANCE):
        yield "formula", f"gives {result:.4g}, not {estimate.value:.4g}"


def input_values(
    estimate: Estimate,
    parameters: Mapping[str, Estimate],
    facts: Mapping[str, Fact],
    observations: Mapping[str, Observation],
) -> dict[str, float]:
    """The numbers a derived estimate is made of, by name and in the unit each is given in.

    Raises ValueError if a fact among them is no number.
    """
    values: dict[str, float] = {}
    for name in estimate.inputs:
        if name in parameters:
            values[name] = parameters[name].value
        elif name in observations:
            values[name] = observations[name].value
        else:
            values[name] = _number(facts[name])
    return values


def _number(fact: Fact) -> float:
    try:
        return float(fact.value)
    except ValueError:
        raise ValueError(f"the fact '{fact.id}' is not a number: {fact.value}") from None
