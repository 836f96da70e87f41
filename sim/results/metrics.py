"""What one replication comes to: the closed list of metrics and how each is computed from the daily series.

Sums run over the period. Relative metrics compare a replication with the same replication of the reference
run, which shares its random draws; without a reference they are there with an empty value (nan).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key, Outcome
from sim.places import CONTROLLERS, GATES, GATES_TO_INDIA, ORIGINS
from sim.results.variables import OXIDES, Panel, panel

Daily = NDArray[np.float64]
Interval = tuple[float, float]

PEAK_D = 30
RECOVERY_WINDOW_D = 30
RECOVERY_SHARE = 0.95
RECOVERY_HOLDS_D = 60
SURVIVAL_WINDOW_D = 7
SURVIVAL_SHARE = 0.05


@dataclass(frozen=True)
class Metric:
    """relative: defined against the reference. censor: the flag metric that says the horizon came first."""

    unit: str
    description: str
    relative: bool = False
    censor: str = ""


METRICS: Mapping[str, Metric] = {
    "imports_t": Metric("t", "ore cleared by Chinese customs"),
    "imports_while_shut_t": Metric("t", "the part of it cleared while a disruptive event held"),
    "mined_t": Metric("t", "ore bagged at the sites"),
    "exports_t": Metric("t", "ore that passed the gates"),
    "leaked_t": Metric("t", "ore smuggled into China past the gates"),
    "lost_t": Metric("t", "ore lost on the road"),
    "separated_kg": Metric("kg", "oxide that left the Chinese plants"),
    "price_mean": Metric("CNY/kg", "time mean of the oxide price"),
    "price_peak": Metric("CNY/kg", "highest 30-day mean of the oxide price"),
    "price_peak_change_pct": Metric("%", "the peak against the price at the start"),
    "price_end_change_pct": Metric("%", "the last day's price against the price at the start"),
    "ore_price_mean": Metric("CNY/t", "time mean of the ore quote in China"),
    "netback_mean": Metric("CNY/t", "time mean of what a tonne leaves the operator at the mine"),
    "shortfall_lost_kg": Metric("kg", "oxide never separated that the reference separates", relative=True),
    "shortfall_delayed_kg": Metric("kg", "oxide separated later than in the reference", relative=True),
    "unmet_kg": Metric("kg", "orders that found no oxide"),
    "priced_out_kg": Metric("kg", "demand that the price kept from ordering"),
    "min_cover_months": Metric("month", "lowest stock of all stages over smoothed demand"),
    "time_to_recover_d": Metric(
        "d",
        "from the end of the first disruption until 30-day imports from Myanmar are back for 60 days",
        relative=True,
        censor="time_to_recover_censored",
    ),
    "time_to_recover_censored": Metric("1", "1 if the horizon came before recovery", relative=True),
    "time_to_survive_d": Metric(
        "d",
        "start of the first disruption until a week with more than 5 % of orders unfilled begins",
        censor="time_to_survive_censored",
    ),
    "time_to_survive_censored": Metric("1", "1 if no such week came before the horizon"),
    "tax_cny": Metric("CNY", "taxes booked to the actor that collects them"),
    "tax_usd": Metric("USD", "the same at the exchange rate of each day"),
    "operator_margin_cny": Metric("CNY", "operators' sales less taxes, road and cash cost"),
    "sites_operating": Metric("site", "time mean of the sites that leach"),
    "sites_shut_in": Metric("site", "time mean of the sites suspended: margin, yard full, no inputs"),
    "gate_wait_mean_d": Metric("d", "mean wait of the lots that passed a gate"),
    "gate_wait_p95_d": Metric("d", "95th percentile of that wait"),
    "diverted_share": Metric("1", "share of exported ore that left by another gate than its own"),
    "hhi_gates": Metric("1", "concentration of exports to China over gates, leakage a class of its own"),
    "hhi_controllers": Metric("1", "the same over who held the gates on the day"),
    "hhi_origins": Metric("1", "concentration of Chinese imports over origins"),
    "myanmar_share_pct": Metric("%", "Myanmar's share of Chinese imports"),
    "blocked_trade_cny": Metric("CNY", "other goods kept out by gates that events shut, by who holds them"),
    "exported_oxide_kg": Metric("kg", "oxide exported from China"),
    "abroad_use_kg": Metric("kg", "oxide used outside China"),
    "india_delivered_t": Metric("t", "ore delivered to the Indian plant"),
    "india_separated_kg": Metric("kg", "oxide separated in India"),
    "india_margin_cny": Metric("CNY", "India's sales of oxide less ore, separation and tariff"),
    "reagent_t": Metric("t", "ammonium sulphate and precipitant used"),
    "sites_opened": Metric("site", "sites whose building began"),
    "ore_moved_t": Metric("t", "ground leached for what was mined"),
    "wastewater_m3": Metric("m3", "leach liquor and wash water left"),
    "ponds": Metric("pond", "leach ponds built by the end"),
    "evs_short": Metric("car", "electric cars that the dysprosium lost would have served", relative=True),
}


class Measure(NamedTuple):
    """One value of one metric (`key.variable` is its name); nan is an empty value."""

    key: Key
    unit: str
    value: float


def measure(
    outcome: Outcome,
    reference: Outcome | None,
    shut: Sequence[Interval] | None = None,
) -> tuple[Measure, ...]:
    """Every metric of one replication, in the same order and number for every replication and scenario.

    shut: the disruptions during which imports are counted
    apart, as (first day, day after the last); default: the outcome's own. The reference of a scenario is
    measured over the scenario's, so that the two can be compared.
    """
    own = panel(outcome)
    other = None if reference is None else panel(reference)
    disruptions = merged(outcome.disruptions)
    return tuple(
        measured
        for family in (
            _trade(own, merged(outcome.disruptions if shut is None else shut)),
            _prices(own),
            _oxides(own, other),
            _disruption(own, other, disruptions),
            _mines(own),
            _waits(outcome.waits_d),
            _concentration(own),
        )
        for measured in family
    )


def merged(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """The union of intervals as disjoint ones in order of time; those that touch become one."""
    union: list[Interval] = []
    for first, last in sorted(intervals):
        if union and first <= union[-1][1]:
            union[-1] = (union[-1][0], max(last, union[-1][1]))
        else:
            union.append((first, last))
    return tuple(union)


def _measure(metric: str, value: float, unit: str = "", **about: str) -> Measure:
    return Measure(Key(metric, **about), unit or METRICS[metric].unit, float(value))


def _each(own: Panel, variable: str, metric: str, how: str = "sum") -> Iterator[Measure]:
    """The sum or time mean of every series of a variable, totals included."""
    for key, daily in own.items():
        if key.variable == variable:
            value = daily.sum() if how == "sum" else daily.mean()
            yield Measure(key._replace(variable=metric), METRICS[metric].unit, float(value))


def _trade(own: Panel, shut: Sequence[Interval]) -> Iterator[Measure]:
    yield from _each(own, "imports_t", "imports_t")
    for place in ("", "myanmar"):
        imports = own[Key("imports_t", place=place)]
        value = imports[_while(shut, imports.size)].sum() if shut else nan
        yield _measure("imports_while_shut_t", value, place=place)
    yield from _each(own, "mined_t", "mined_t")
    yield from _each(own, "exported_t", "exports_t")
    yield from _each(own, "leaked_t", "leaked_t")
    yield from _each(own, "lost_t", "lost_t")
    yield from _each(own, "india_delivered_t", "india_delivered_t")
    yield from _each(own, "india_margin_cny", "india_margin_cny")


def _while(intervals: Sequence[Interval], days: int) -> NDArray[np.bool_]:
    """Which days the intervals touch. Shape (days,)."""
    mask = np.zeros(days, dtype=np.bool_)
    for first, last in intervals:
        mask[max(0, floor(first)) : ceil(min(last, days))] = True
    return mask


def _prices(own: Panel) -> Iterator[Measure]:
    for key, daily in own.items():
        if key.variable in ("price_cny_per_kg", "price_usd_per_kg"):
            about = {"place": key.place, "element": key.element}
            unit = "CNY/kg" if key.variable == "price_cny_per_kg" else "USD/kg"
            peak = rolling(daily, min(PEAK_D, daily.size)).max() / min(PEAK_D, daily.size)
            yield _measure("price_mean", daily.mean(), unit, **about)
            yield _measure("price_peak", peak, unit, **about)
            yield _measure("price_peak_change_pct", 100 * (peak / daily[0] - 1), **about)
            yield _measure("price_end_change_pct", 100 * (daily[-1] / daily[0] - 1), **about)
    yield from _each(own, "ore_price_cny_per_t", "ore_price_mean", "mean")
    yield from _each(own, "netback_cny_per_t", "netback_mean", "mean")


def rolling(daily: Daily, window: int) -> Daily:
    """Sums over every `window` consecutive days; shape (days - window + 1,)."""
    cumulated: Daily = np.concatenate([[0.0], daily.cumsum()])
    sums: Daily = cumulated[window:] - cumulated[:-window]
    return sums


def _oxides(own: Panel, reference: Panel | None) -> Iterator[Measure]:
    for variable in ("separated_kg", "unmet_kg", "priced_out_kg", "abroad_use_kg", "india_separated_kg"):
        yield from _each(own, variable, variable)
    yield from _each(own, "exports_kg", "exported_oxide_kg")
    cars = Key("evs_served")
    yield _measure("evs_short", nan if reference is None else shortfall(own[cars], reference[cars])[0])
    for element in OXIDES:
        lost, delayed = nan, nan
        if reference is not None:
            separated = Key("separated_kg", element=element)
            lost, delayed = shortfall(own[separated], reference[separated])
        yield _measure("shortfall_lost_kg", lost, element=element)
        yield _measure("shortfall_delayed_kg", delayed, element=element)
        yield _measure("min_cover_months", own[Key("cover_months", element=element)].min(), element=element)


def shortfall(own: Daily, reference: Daily) -> tuple[float, float]:
    """Kilograms lost and delayed: the deficit left at the end, and how much higher it once was."""
    deficit = (reference - own).cumsum()
    lost = max(0.0, float(deficit[-1]))
    return lost, max(0.0, float(deficit.max())) - lost


def _disruption(own: Panel, reference: Panel | None, disruptions: Sequence[Interval]) -> Iterator[Measure]:
    first, last = disruptions[0] if disruptions else (inf, inf)
    recovery = (nan, nan)
    if reference is not None and disruptions:
        imports = Key("imports_t", place="myanmar")
        recovery = _recovery(own[imports], reference[imports], last)
    yield _measure("time_to_recover_d", recovery[0])
    yield _measure("time_to_recover_censored", recovery[1])
    for element in OXIDES:
        unmet, orders = (own[Key(name, element=element)] for name in ("unmet_kg", "demand_kg"))
        survival = _survival(unmet, orders, first) if disruptions else (nan, nan)
        yield _measure("time_to_survive_d", survival[0], element=element)
        yield _measure("time_to_survive_censored", survival[1], element=element)


def _recovery(own: Daily, reference: Daily, last: float) -> tuple[float, float]:
    """(days from `last` to recovery, 0), or (nan, 1) if the horizon comes before it is certain."""
    if last < own.size and np.array_equal(own, reference):
        return ceil(last) - last, 0.0
    lead = np.zeros(RECOVERY_WINDOW_D - 1)
    trailing, normal = (
        rolling(np.concatenate([lead, imports]), RECOVERY_WINDOW_D) for imports in (own, reference)
    )
    back = (trailing >= RECOVERY_SHARE * normal).astype(np.float64)
    if not last <= own.size - RECOVERY_HOLDS_D:
        return nan, 1.0
    holds = np.flatnonzero(rolling(back[ceil(last) :], RECOVERY_HOLDS_D) == RECOVERY_HOLDS_D)
    return (ceil(last) + float(holds[0]) - last, 0.0) if holds.size else (nan, 1.0)


def _survival(unmet: Daily, orders: Daily, first: float) -> tuple[float, float]:
    """(days from `first` to a week short of oxide, 0), or (nan, 1) if none begins and ends in the period."""
    start = floor(first)
    if unmet.size - start < SURVIVAL_WINDOW_D:
        return nan, 1.0
    missing, asked = (rolling(daily[start:], SURVIVAL_WINDOW_D) for daily in (unmet, orders))
    short = np.flatnonzero(missing > SURVIVAL_SHARE * asked)
    return (float(short[0]), 0.0) if short.size else (nan, 1.0)


def _mines(own: Panel) -> Iterator[Measure]:
    yield from _each(own, "tax_cny", "tax_cny")
    yield from _each(own, "tax_usd", "tax_usd")
    yield from _each(own, "operator_margin_cny", "operator_margin_cny")
    yield from _each(own, "sites_operating", "sites_operating", "mean")
    yield from _each(own, "sites_shut_in", "sites_shut_in", "mean")
    yield from _each(own, "blocked_trade_cny", "blocked_trade_cny")
    for variable in ("reagent_t", "sites_opened", "ore_moved_t", "wastewater_m3"):
        yield from _each(own, variable, variable)
    for key, daily in own.items():
        if key.variable == "ponds":
            yield Measure(key, METRICS["ponds"].unit, float(daily[-1]))


def _waits(waits_d: Mapping[str, Daily]) -> Iterator[Measure]:
    nobody = np.empty(0)
    by_gate = {gate: waits_d.get(gate, nobody) for gate in GATES}
    for gate, waits in {"": np.concatenate(list(by_gate.values())), **by_gate}.items():
        mean, p95 = (waits.mean(), np.quantile(waits, 0.95)) if waits.size else (nan, nan)
        yield _measure("gate_wait_mean_d", mean, place=gate)
        yield _measure("gate_wait_p95_d", p95, place=gate)


def _concentration(own: Panel) -> Iterator[Measure]:
    leaked = float(own[Key("leaked_t")].sum())
    by_gate = {
        gate: float(own[Key("exported_t", place=gate)].sum()) for gate in GATES if gate not in GATES_TO_INDIA
    }
    by_controller = [float(own[Key("controlled_t", actor=actor)].sum()) for actor in CONTROLLERS]
    by_origin = {origin: float(own[Key("imports_t", place=origin)].sum()) for origin in ORIGINS}
    imports = sum(by_origin.values())
    exported = sum(by_gate.values())
    diverted = float(own[Key("diverted_t")].sum())
    yield _measure("diverted_share", diverted / exported if exported else nan)
    yield _measure("hhi_gates", herfindahl([*by_gate.values(), leaked]))
    yield _measure("hhi_controllers", herfindahl([*by_controller, leaked]))
    yield _measure("hhi_origins", herfindahl(list(by_origin.values())))
    yield _measure("myanmar_share_pct", 100 * by_origin["myanmar"] / imports if imports else nan)


def herfindahl(tonnes: Sequence[float]) -> float:
    """Sum of squared shares, 0-1; nan of nothing."""
    total = sum(tonnes)
    return sum((part / total) ** 2 for part in tonnes) if total else nan
