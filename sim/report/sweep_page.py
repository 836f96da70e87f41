"""The page of a sweep: how outcomes answer to what was varied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import inf, isnan, nan
from pathlib import Path

import numpy as np

from sim.ledger import Key
from sim.report.charts import Chart, chart
from sim.report.charts.curves import Curve, curves
from sim.report.charts.grids import Cell, grid
from sim.report.comparison_page import FIRST, label
from sim.report.happenings import ACTORS
from sim.report.page import Page, parameter_rows, software_facts
from sim.report.reading import read_manifest
from sim.report.swept import ARMED, Axis, Sweep, held_at, point_means, read_sweep
from sim.report.traced import KeyFigure, Number, Traces, change_figure
from sim.report.units import Unit, fitting, interval, precise
from sim.results.metrics import METRICS
from sim.results.statistics import Summary, describe

_MAPS = 5
_PAIRED_AXES = 4
"""Of how many axes two are sought that can be held while all else stays alike."""


def sweep_page(folder: Path) -> Page:
    """The content of the page. Raises InputError if the folder lacks the tables of a sweep."""
    manifest = read_manifest(folder)
    sweep = read_sweep(folder)
    traces = Traces({item["name"]: item for item in manifest.get("parameters", ())})
    maps = list(heat_maps(sweep))
    laffer = laffer_chart(sweep)
    answers = list(response_charts(sweep))
    counted = f"{sweep.points} points"
    failed = manifest["runs"]["failed"]
    sections = [
        ("Levers together", [*maps, *([] if laffer is None else [laffer])]),
        ("One at a time", answers),
    ]
    drawn = [*maps, *([] if laffer is None else [laffer]), *answers]
    more = {
        "lead": _lead(sweep, traces),
        "cards": _cards(sweep, traces),
        "changed": ", ".join(f"{axis.words} ({len(axis.levels)} values)" for axis in sweep.axes) or "nothing",
        "grades": manifest.get("evidence", {}).get("grades", {}),
        "sections": [(title, charts) for title, charts in sections if charts],
        "axes": sweep.axes,
        "states": _averaged(sweep),
        "drawn": drawn,
    }
    name = str(manifest.get("scenario", {}).get("name", folder.name))
    question = str(manifest.get("scenario", {}).get("question") or name)
    warnings = [f"{failed} runs failed and are left out; runs.csv says why."] if failed else []
    return Page(
        "sweep",
        f"{name}: a sweep of {counted}",
        f"sweep · {name} · {counted}",
        question,
        _COMMAND,
        software_facts(manifest),
        {"months": [], "charts": {}, "traces": traces.plain()},
        parameter_rows(manifest),
        warnings,
        more,
    )


_COMMAND = "sim sweep sweep.resolved.yaml"
"""Makes this page again, whichever way the sweep was made: whole, in parts, or from a command line."""


def _lead(sweep: Sweep, traces: Traces) -> list[str | Number]:
    """By how much each first metric moves over the design, and where a tax brings most."""
    parts: list[str | Number] = []
    for key in FIRST[:3]:
        means = point_means(sweep, key)
        if means.size:
            unit = fitting(METRICS[key.variable].unit, float(means.max()))
            low, high = (precise(unit.of(float(end)), nan) for end in (means.min(), means.max()))
            parts += [f"{label(key)}: ", traces.number(f"{low} to {high} {unit.name}", key), ". "]
    parts += _most_tax(sweep, traces)
    if states := _averaged(sweep):
        parts.append(
            f"All but the spans are means over {states} sampled states; intervals hold chance alone. "
        )
    return parts


def _averaged(sweep: Sweep) -> int:
    """Over how many sampled states the numbers of levers are means; 0 where nothing or all is sampled."""
    return sweep.states if sweep.states > 1 and any(axis.is_lever for axis in sweep.axes) else 0


def _most_tax(sweep: Sweep, traces: Traces) -> Iterator[str | Number]:
    """At which of its sizes a tax brings most, all else as the design has it."""
    tax = _tax(sweep)
    actor = "" if tax is None else _taxed(sweep, tax)
    if tax is None or not actor:
        return
    key = Key("tax_cny", actor=actor)
    found = {level: describe(held_at(sweep, key, {tax.path: level})) for level in tax.levels}
    best = max(found, key=lambda level: found[level].mean if found[level].n else -inf)
    one = found[best]
    unit = fitting("CNY", one.mean)
    low, high = unit.of(one.low), unit.of(one.high)
    told = f"{precise(unit.of(one.mean), (high - low) / 2)} {unit.name}"
    told += "" if isnan(low) else f" {interval(low, high)}"
    yield f"{ACTORS[actor]} takes most, "
    yield traces.number(told, key)
    at = tax.shown[tax.levels.index(best)]
    yield f", at {at}; of the sizes tried, from {tax.shown[0]} to {tax.shown[-1]}. "


def _cards(sweep: Sweep, traces: Traces) -> list[KeyFigure]:
    """From the lowest corner of the levers to the highest, paired."""
    levers = [axis for axis in sweep.axes if axis.is_lever and axis.is_stepped]
    told = "lowest to highest corner"
    if states := _averaged(sweep):
        told += f", mean of {states} sampled states; the interval holds chance alone"
    figures = []
    for key in FIRST if levers and sweep.alike(*(axis.path for axis in levers)) else ():
        if key in sweep.values:
            ends = [held_at(sweep, key, {axis.path: axis.levels[end] for axis in levers}) for end in (0, -1)]
            one = describe(ends[1] - ends[0])
            unit = fitting(METRICS[key.variable].unit, one.mean)
            change = (one.mean, one.low, one.high)
            figures.append(change_figure(traces, key, label(key), change, unit, told))
    return figures


# -- two levers -------------------------------------------------------------------------------------------


def heat_maps(sweep: Sweep) -> Iterator[Chart]:
    """The change of each first metric over the two levers with most steps, against the corner."""
    stepped = sorted(
        (axis for axis in sweep.axes if axis.is_stepped),
        key=lambda axis: (not axis.is_lever, not axis.is_tax, -len(axis.levels)),
    )
    pairs = combinations(stepped[:_PAIRED_AXES], 2)
    two = next((pair for pair in pairs if sweep.alike(*(axis.path for axis in pair))), None)
    if two is None:
        return
    for key in FIRST[:_MAPS]:
        if key in sweep.values:
            made = _heat_map(sweep, key, *two)
            if made is not None:
                yield made


def _heat_map(sweep: Sweep, key: Key, up: Axis, across: Axis) -> Chart | None:
    base = held_at(sweep, key, {up.path: up.levels[0], across.path: across.levels[0]})
    changes = [
        [describe(held_at(sweep, key, {up.path: y, across.path: x}) - base) for x in across.levels]
        for y in up.levels
    ]
    largest = max((abs(one.mean) for line in changes for one in line if not isnan(one.mean)), default=0.0)
    if not largest:
        return None
    unit = fitting(METRICS[key.variable].unit, largest)
    cells = [[_cell(one, unit, largest) for one in line] for line in changes]
    title = f"{label(key)}, change against {up.words} {up.shown[0]}, {across.words} {across.shown[0]}"
    note = f"{unit.name}, paired, with 95 % intervals; hatched: the interval contains zero."
    if all(isnan(one.low) for line in changes for one in line):
        note = f"{unit.name}, paired; one run each, so there are no intervals."
    elif sweep.states > 1:
        note += " Means over all other values; the intervals hold chance alone."
    told = "; ".join(
        f"{y}, {x}: {cell.told if cell else 'not run'}"
        for y, line in zip(up.shown, cells, strict=True)
        for x, cell in zip(across.shown, line, strict=True)
    )

    def drawn(width: float) -> str:
        return grid(width, up.shown, across.shown, cells, (up.words, across.words), f"{title}. {told}")

    return chart(f"heat_{'_'.join(filter(None, key))}", title, note, drawn)


def _cell(one: Summary, unit: Unit, largest: float) -> Cell | None:
    if isnan(one.mean):
        return None
    low, high = one.low / unit.one, one.high / unit.one
    told = precise(one.mean / unit.one, (high - low) / 2, sign=bool(one.mean))
    unsure = low <= 0 <= high
    if isnan(low) or low == high:
        return Cell(told, "", one.mean / largest, unsure)
    half = precise((high - low) / 2, (high - low) / 2)
    return Cell(told, interval(low, high, sign=True), one.mean / largest, unsure, f"± {half}")


# -- one lever --------------------------------------------------------------------------------------------


def laffer_chart(sweep: Sweep) -> Chart | None:
    """Revenue by the size of the tax, a curve for each end of another stepped axis; None without a tax."""
    tax = _tax(sweep)
    actor = "" if tax is None else _taxed(sweep, tax)
    if tax is None or not actor:
        return None
    key = Key("tax_cny", actor=actor)
    stepped = [axis for axis in sweep.axes if axis is not tax and axis.is_stepped]
    others = [axis for axis in stepped[:_PAIRED_AXES] if sweep.alike(tax.path, axis.path)]
    lines: list[tuple[str, dict[str, str]]] = [("", {})]
    if others:
        other = others[0]
        ends = {other.shown[end]: {other.path: other.levels[end]} for end in (0, -1)}
        lines = list(ends.items())
    found = [
        _curve(sweep, key, tax, where, name, hue)
        for (name, where), hue in zip(lines, ("own", "other"), strict=False)
    ]
    beside = f", by {others[0].words}" if others else ""
    title = f"What the {actor.upper()} takes by the size of its tax{beside}"
    note = f"{_means(sweep, tax, *others[:1])}; large dot: the most that was found."
    return _curve_chart("laffer", title, note, found, tax, "CNY", from_zero=True)


def _tax(sweep: Sweep) -> Axis | None:
    """The first tax of which sizes were tried, all else alike."""
    taxes = (axis for axis in sweep.axes if axis.is_tax and axis.is_stepped and axis.numbers)
    return next((axis for axis in taxes if sweep.alike(axis.path)), None)


def _means(sweep: Sweep, *held: Axis) -> str:
    """What a curve over the levels of these axes tells."""
    beside = len(sweep.axes) > len(held)
    is_alike = sweep.alike(*(axis.path for axis in held))
    told = "Mean over all other values" if beside else "Mean over the runs"
    if not is_alike:
        told = "Mean of the points of that value, in which all else varies, too"
    if sweep.is_alone:
        return f"{told}; one replication each, so no interval"
    if sweep.states > 1 or not is_alike:
        return f"{told}; its 95 % interval holds chance alone"
    return f"Mean and 95 % interval over the runs{', all other values together' if beside else ''}"


def _taxed(sweep: Sweep, tax: Axis) -> str:
    """Who takes the tax: named by the path, or whose revenue changes most."""
    named = [part for part in tax.path.split(".") if part in ARMED]
    means = {actor: point_means(sweep, Key("tax_cny", actor=actor)) for actor in ARMED}
    spreads = {actor: float(np.ptp(found)) for actor, found in means.items() if found.size}
    if named and named[0] in spreads:
        return named[0]
    return max(spreads, key=lambda actor: spreads[actor], default="")


def response_charts(sweep: Sweep) -> Iterator[Chart]:
    """Imports and the price of terbium by each axis: a curve over steps, points where it is spread out."""
    for axis in sweep.axes[:6]:
        for key in FIRST[:2]:
            if key in sweep.values and axis.numbers:
                yield _response(sweep, key, axis)


def _response(sweep: Sweep, key: Key, axis: Axis) -> Chart:
    if axis.is_stepped:
        curve = _curve(sweep, key, axis, {}, "", "own")
        note = f"{_means(sweep, axis)}."
    else:
        means = np.nanmean(sweep.values[key], axis=1)
        by_text = dict(zip(axis.levels, axis.numbers, strict=True))
        found = sorted(zip((by_text[text] for text in sweep.texts[axis.path]), means.tolist(), strict=True))
        xs, ys = ([pair[side] for pair in found] for side in (0, 1))
        curve = Curve("", xs, ys, ys, ys, "own", joined=False)
        note = "One dot a point of the design; all else varies with it."
    title = f"{label(key)} by {axis.words}"
    id = f"by_{'_'.join(filter(None, key))}_{axis.path.replace('.', '_')}"
    return _curve_chart(id, title, note, [curve], axis, METRICS[key.variable].unit, from_zero=False)


def _curve(sweep: Sweep, key: Key, axis: Axis, where: Mapping[str, str], name: str, hue: str) -> Curve:
    found = []
    for level, number in zip(axis.levels, axis.numbers, strict=True):
        one = describe(held_at(sweep, key, {**where, axis.path: level}))
        if one.n:
            found.append((number, one))
    sides: list[list[float]] = [[getattr(one, side) for _, one in found] for side in ("mean", "low", "high")]
    mid, low, high = sides
    return Curve(name, [number for number, _ in found], mid, low, high, hue)


def _curve_chart(
    id: str, title: str, note: str, found: Sequence[Curve], axis: Axis, unit: str, *, from_zero: bool
) -> Chart:
    fit = fitting(unit, max((value for one in found for value in one.mid), default=0.0))
    scaled = [
        replace(one, mid=_scaled(one.mid, fit), low=_scaled(one.low, fit), high=_scaled(one.high, fit))
        for one in found
    ]
    told = "; ".join(
        f"{one.name} {y:.3g} at {x:g}".strip() for one in scaled for x, y in zip(one.xs, one.mid, strict=True)
    )
    x_unit = f"{axis.words}{', ' if axis.unit else ''}{axis.unit}"
    return chart(
        id,
        title,
        note,
        lambda width: curves(width, scaled, x_unit, fit.name, f"{title}: {told[:600]}", from_zero=from_zero),
    )


def _scaled(values: Sequence[float], unit: Unit) -> list[float]:
    return [unit.of(value) for value in values]
