"""The pictures of a run: which series, in which unit, under which title."""

from collections.abc import Iterator
from datetime import date, timedelta
from math import isnan

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key
from sim.report.charts import Chart, chart
from sim.report.charts.bars import Bar, bars
from sim.report.charts.fans import Fan, Seen, Values, difference, draw, fan, readout
from sim.report.charts.recovery import recovery
from sim.report.effects import effect, half, monthly_change, waiting
from sim.report.happenings import ACTORS, ELEMENTS, PLACES, months_from, over
from sim.report.reading import Result
from sim.report.units import Unit, fitting, interval, precise
from sim.results.statistics import Summary
from sim.results.variables import VARIABLES

IMPORTS = Key("imports_t", place="myanmar")
_WHOLE_BASES = ("all rare-earth headings", "oxides and compounds")
HOW_TO_READ = (
    "Lines are medians of the runs, bands hold 90 % of them, the scenario's darker band the middle half. "
    "Changes are each run less the reference's run with the same random numbers: mean, its 95 % interval "
    "(dark), 90 % of the pairs (light)."
)


def price(element: str) -> Key:
    """The domestic price of an oxide."""
    return Key("price_cny_per_kg", place="china", element=element)


def imports_fan(result: Result) -> Chart:
    """Imports from Myanmar."""
    return series_chart(result, IMPORTS, "imports", "Imports from Myanmar")


def series(result: Result) -> Iterator[Chart]:
    """Prices, cover and stocks."""
    for element in ("Tb", "Dy"):
        title = f"Price of {ELEMENTS[element]} oxide in China, with what happened"
        yield series_chart(result, price(element), f"price_{element.lower()}", title, from_zero=False)
    yield series_chart(
        result, Key("ore_price_cny_per_t"), "ore", "Quote of ion-adsorption ore in China", from_zero=False
    )
    yield series_chart(result, Key("sites_operating"), "sites", "Sites at work in Myanmar")
    for element in ("Tb", "Dy"):
        title = f"Cover: months of {ELEMENTS[element]} demand in stock"
        key = Key("cover_months", element=element)
        yield series_chart(result, key, f"cover_{element.lower()}", title)
    yield series_chart(result, Key("feed_stock_t"), "feed", "Feed in front of the plants")
    yield series_chart(result, Key("mine_stock_t"), "yards", "Ore in the yards of the mines")


def series_chart(result: Result, key: Key, id: str, title: str, *, from_zero: bool = True) -> Chart:
    """One series of scenario and reference, with what was observed of it."""
    sides = [side for side in (result.reference, result.own) if side is not None]
    values = [side.monthly.values[key] for side in sides if key in side.monthly.values]
    variable = VARIABLES[key.variable]
    largest = max(float(np.max(one, initial=0.0)) for one in values)
    unit = fitting(variable.unit, largest)
    fans = [_sided(result, index, len(sides), one / unit.one) for index, one in enumerate(values)]
    seen = _seen(result, key, unit.one)
    told = (
        f"{unit.name} at the end of the month"
        if variable.month == "last"
        else (f"{unit.name} a month" if variable.month == "sum" else unit.name)
    )
    told += "" if from_zero else ", axis does not start at zero"
    note = "Red: observed." if seen else ""

    def drawn(width: float) -> str:
        return draw(
            width,
            fans,
            over(result),
            unit=told,
            label=_label(title, fans, told),
            stock=variable.month == "last",
            seen=seen,
            from_zero=from_zero,
        )

    return chart(id, title, note, drawn, readout(fans, unit.name))


def _sided(result: Result, index: int, count: int, values: Values) -> Fan:
    is_base = count == 2 and index == 0
    name = (result.reference_name if is_base else "scenario") if count == 2 else ""
    return fan(_clipped(name), "base" if is_base else "own", values)


def _clipped(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"


def _label(title: str, fans: list[Fan], unit: str) -> str:
    """What a screen reader says of a chart: lowest and highest middle of each line."""
    told = [
        f"{one.name or 'median'} from {float(np.min(one.mid)):.3g} to {float(np.max(one.mid)):.3g} {unit}"
        for one in fans
    ]
    return f"{title}: {'; '.join(told)}"


def _seen(result: Result, key: Key, size: float) -> list[Seen]:
    """Observations of a series within the period, in the unit of the chart; of flows a month's."""
    found = []
    for item in result.manifest.get("observations", ()):
        if not _is_of(item, key):
            continue
        start = date.fromisoformat(result.manifest["period"]["start"])
        first = months_from(start, date.fromisoformat(item["start"]))
        after = months_from(start, date.fromisoformat(item["end"]) + timedelta(days=1))
        months = max(1.0, after - first) if key.variable == "imports_t" else 1.0
        found.append(Seen(first, after, item["value"] / months / size))
    return found


def _is_of(item: dict[str, str], key: Key) -> bool:
    if key == IMPORTS:
        whole = any(basis in item["basis"] for basis in _WHOLE_BASES)
        return item["series"] == "imports_from_myanmar_t" and whole
    domestic = item["series"] == "oxide_price" and item["unit"] == "CNY/kg" and item["place"] == "china"
    return key.variable == "price_cny_per_kg" and domestic and item["element"] == key.element


def changes(result: Result) -> Iterator[Chart]:
    """The paired differences; none without a reference."""
    named = [(IMPORTS, "change_imports", "Change in imports from Myanmar, pair by pair")]
    named += [(price("Tb"), "change_price", "Change in the price of terbium, pair by pair")]
    for key, id, title in named:
        found = monthly_change(result, key)
        if found is not None:
            yield _change_chart(result, key, id, title, *found)


def _change_chart(
    result: Result, key: Key, id: str, title: str, values: Values, draws: NDArray[np.int64] | None
) -> Chart:
    variable = VARIABLES[key.variable]
    unit = fitting(variable.unit, float(np.abs(values).max(initial=0.0)))
    fans = [difference("", values / unit.one, draws)]
    told = f"{unit.name} a month" if variable.month == "sum" else unit.name

    def drawn(width: float) -> str:
        return draw(width, fans, over(result), unit=f"{told}, scenario less {result.reference_name}",
                    label=_label(title, fans, told))  # fmt: skip

    return chart(id, title, "", drawn, readout(fans, unit.name))


def taxes(result: Result) -> Chart | None:
    """What each actor takes over the period; None if nobody takes anything."""
    found = [(actor, effect(result, Key("tax_cny", actor=actor))) for actor in ACTORS]
    taken = [(actor, one) for actor, one in found if one is not None and max(_means(one.own, one.base)) > 0]
    if not taken:
        return None
    unit = fitting("CNY", max(max(_means(one.own, one.base)) for _, one in taken))
    rows = []
    for actor, one in taken:
        change = "" if one.change is None else _change(one.change, one.detectable, one.alone)
        base = None if one.base is None else _scaled(one.base, unit)
        rows.append(Bar(ACTORS[actor].removeprefix("the "), actor, _scaled(one.own, unit), base, change))
    title = "Who takes how much: taxes by actor over the period"
    note = "Coloured: scenario, with its 95 % interval; grey: reference. Words: the paired difference."
    told = ", ".join(f"{row.name} {row.own.mean:.3g}" for row in rows)
    return chart(
        "taxes", title, note, lambda width: bars(width, rows, unit.name, f"{title}: {told} {unit.name}")
    )


def _means(*sides: Summary | None) -> list[float]:
    return [0.0 if isnan(side.mean) else side.mean for side in sides if side is not None]


def _scaled(one: Summary, unit: Unit) -> Summary:
    return Summary(one.n, one.mean / unit.one, low=one.low / unit.one, high=one.high / unit.one)


def _change(one: Summary, detectable: bool, alone: bool) -> str:
    if not (detectable or alone):
        return "no detectable change"
    fit = fitting("CNY", abs(one.mean) if alone else max(abs(one.low), abs(one.high)))
    if alone:
        return f"{precise(one.mean / fit.one, half(one), sign=True)} {fit.name}, no interval"
    mean = precise(one.mean / fit.one, half(one) / fit.one, sign=True)
    return f"{mean} {interval(one.low / fit.one, one.high / fit.one, sign=True)} {fit.name}"


def recoveries(result: Result) -> Chart | None:
    """The curve of recovery; None where nothing was cut."""
    summary, ended, waited = waiting(result, "time_to_recover_d", "time_to_recover_censored")
    days, open_ = (result.own.kpi.get(f"time_to_recover_{what}") for what in ("d", "censored"))
    if not waited or days is None or open_ is None:
        return None
    title = "Recovery: when 30-day imports from Myanmar are back for 60 days"
    told = "not within the period" if isnan(summary.p50) else f"after {summary.p50:.0f} days"
    note = f"Kaplan–Meier curve of {waited} runs; {waited - ended} had not recovered when the period ended."
    horizon = 30.4 * result.length
    label = f"{title}: half of the runs {told}; {ended} of {waited} within the period"
    return chart("recovery", title, note, lambda width: recovery(width, days, open_, horizon, label))


def place_charts(result: Result) -> Iterator[tuple[str, Chart]]:
    """The series behind each place of the map, by the place's name there."""
    network = result.manifest.get("network", {})
    wanted = [("district", name, "mined_t", "Mined in") for name in network.get("districts", {})]
    wanted += [("gate", name, "exported_t", "Exports through") for name in network.get("gates", {})]
    wanted += [("plant", name, "feed_stock_t", "Feed in front of the plants of")
               for name in ("ganzhou", "guangdong", "guangxi", "jiangsu")]  # fmt: skip
    for kind, name, variable, words in wanted:
        key = Key(variable, place=name)
        if key in result.own.monthly.values:
            title = f"{words} {PLACES.get(name, name)}"
            yield f"{kind} {name}", series_chart(result, key, f"at_{kind}_{name}", title)
