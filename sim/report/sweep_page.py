"""The page of a sweep: how outcomes answer to what was varied."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan
from pathlib import Path
from re import match

import numpy as np

from sim.ledger import Key
from sim.report.charts import Chart, chart
from sim.report.charts.curves import Curve, curves
from sim.report.charts.grids import Cell, grid
from sim.report.comparison_page import FIRST, label
from sim.report.page import Page, software_facts, told_command
from sim.report.reading import fault, read_manifest, rows
from sim.report.traced import Number
from sim.report.units import Unit, fitting, interval, precise
from sim.results.metrics import METRICS
from sim.results.statistics import Summary, describe

_MOST_LEVELS = 12
"""A path with more values than this is spread out, not set step by step."""
_SIDES = ("mid", "low", "high")
_ARMED = ("kia", "uwsa", "ndaa", "ndak", "junta")


@dataclass(frozen=True)
class Axis:
    """A path that was varied: its values in order as written, and as numbers in `unit`."""

    path: str
    levels: tuple[str, ...]
    numbers: tuple[float, ...]
    unit: str

    @property
    def words(self) -> str:
        """The path for people: its last two parts."""
        return " ".join(self.path.split(".")[-2:]).replace("_", " ")

    @property
    def is_stepped(self) -> bool:
        """Whether it has few values."""
        return len(self.levels) <= _MOST_LEVELS

    @property
    def is_tax(self) -> bool:
        """Whether it is the size of a tax."""
        return self.path.startswith("taxes.") or self.path.endswith(".rate")


@dataclass(frozen=True)
class Sweep:
    """design: point → path → value as written. values[metric]: point → replication → value."""

    axes: tuple[Axis, ...]
    design: Mapping[str, Mapping[str, str]]
    values: Mapping[Key, Mapping[str, Mapping[str, float]]]


def sweep_page(folder: Path) -> Page:
    """The content of the page. Raises InputError if the folder lacks the tables of a sweep."""
    manifest = read_manifest(folder)
    sweep = read_sweep(folder)
    maps = list(heat_maps(sweep))
    laffer = laffer_chart(sweep)
    answers = list(response_charts(sweep))
    counted = f"{len(sweep.design)} points"
    failed = sum(row.get("status") not in ("ok", "") for row in rows(folder / "runs.csv"))
    sections = [
        ("Two levers at once", maps),
        ("Taxes", [] if laffer is None else [laffer]),
        ("One at a time", answers),
    ]
    drawn = [*maps, *([] if laffer is None else [laffer]), *answers]
    more = {
        "lead": _lead(sweep),
        "sections": [(title, charts) for title, charts in sections if charts],
        "axes": sweep.axes,
        "drawn": drawn,
    }
    name = str(manifest.get("scenario", {}).get("name", folder.name))
    question = str(manifest.get("scenario", {}).get("question") or name)
    warnings = [f"{failed} runs failed and are left out; runs.csv says why."] if failed else []
    return Page(
        "sweep", f"{name}: a sweep of {counted}", f"sweep · {name} · {counted}", question,
        told_command(manifest["command"]), software_facts(manifest), {"months": [], "charts": {}}, (), warnings, more,
    )  # fmt: skip


def read_sweep(folder: Path) -> Sweep:
    """Design and metrics. Raises InputError if a table is missing."""
    design = {
        row["point"]: {path: row[path] for path in row if path != "point"}
        for row in rows(folder / "design.csv")
    }
    if not design or not (folder / "kpi.csv").is_file():
        raise fault(folder, "has not the design.csv and kpi.csv of a sweep (tables as CSV)")
    wanted = {*FIRST, *(Key("tax_cny", actor=actor) for actor in _ARMED)}
    values: dict[Key, dict[str, dict[str, float]]] = {}
    with (folder / "kpi.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = Key(row["metric"], row["place"], row["element"], row["actor"], row["heading"])
            if key in wanted and row["value"]:
                values.setdefault(key, {}).setdefault(row["point"], {})[row["replication"]] = float(
                    row["value"]
                )
    paths = next(iter(design.values()))
    axes = (_axis(path, [point[path] for point in design.values()]) for path in paths)
    return Sweep(tuple(axis for axis in axes if len(axis.levels) > 1), design, values)


def _axis(path: str, found: Sequence[str]) -> Axis:
    levels = sorted(set(found), key=lambda text: (_number(text)[0], text))
    unit = next((_number(text)[1] for text in levels if _number(text)[1]), "")
    return Axis(path, tuple(levels), tuple(_number(text)[0] for text in levels), unit)


def _number(text: str) -> tuple[float, str]:
    """`20 %` as (20, `%`); of what starts with no number nan and the text."""
    found = match(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(.*)$", text)
    return (float(found[1]), found[2].strip()) if found else (nan, text)


def _lead(sweep: Sweep) -> list[str | Number]:
    told = ", ".join(f"{axis.words} ({len(axis.levels)} values)" for axis in sweep.axes) or "nothing"
    return [f"Varied: {told}. ", *_widest(sweep)]


def _widest(sweep: Sweep) -> Iterator[str]:
    """By how much each first metric moves over the design."""
    for key in FIRST[:3]:
        means = [float(np.mean(list(by.values()))) for by in sweep.values.get(key, {}).values()]
        if means:
            unit = fitting(METRICS[key.variable].unit, max(means))
            low, high = (precise(end(means) / unit.one, nan) for end in (min, max))
            yield f"{label(key)}: {low} to {high} {unit.name} over the design. "


# -- two levers -------------------------------------------------------------------------------------------


def heat_maps(sweep: Sweep) -> Iterator[Chart]:
    """The change of each first metric over the two levers with most steps; the corner is what it is held against."""
    stepped = sorted(
        (axis for axis in sweep.axes if axis.is_stepped),
        key=lambda axis: (not axis.is_tax, -len(axis.levels)),
    )
    if len(stepped) < 2:
        return
    for key in FIRST:
        if key in sweep.values:
            made = _heat_map(sweep, key, stepped[0], stepped[1])
            if made is not None:
                yield made


def _heat_map(sweep: Sweep, key: Key, up: Axis, across: Axis) -> Chart | None:
    base = _at(sweep, key, {up.path: up.levels[0], across.path: across.levels[0]})
    changes = [
        [_change(_at(sweep, key, {up.path: y, across.path: x}), base) for x in across.levels]
        for y in up.levels
    ]
    largest = max((abs(one.mean) for line in changes for one in line if not isnan(one.mean)), default=0.0)
    if not largest:
        return None
    unit = fitting(METRICS[key.variable].unit, largest)
    cells = [[_cell(one, unit, largest) for one in line] for line in changes]
    title = f"{label(key)}, change against {up.words} {up.levels[0]}, {across.words} {across.levels[0]}"
    note = f"{unit.name}, paired, with 95 % intervals; hatched: the interval contains zero."
    told = "; ".join(
        f"{y}, {x}: {cell.told if cell else 'not run'}"
        for y, line in zip(up.levels, cells, strict=True) for x, cell in zip(across.levels, line, strict=True)
    )  # fmt: skip

    def drawn(width: float) -> str:
        return grid(width, up.levels, across.levels, cells, (up.words, across.words), f"{title}. {told}")

    return chart(f"heat_{'_'.join(filter(None, key))}", title, note, drawn)


def _at(sweep: Sweep, key: Key, where: Mapping[str, str]) -> dict[str, float]:
    """Replication → value, the mean over all points that agree with `where`."""
    points = [point for point, paths in sweep.design.items() if all(paths[p] == v for p, v in where.items())]
    by: dict[str, list[float]] = {}
    for point in points:
        for replication, value in sweep.values[key].get(point, {}).items():
            by.setdefault(replication, []).append(value)
    return {replication: float(np.mean(values)) for replication, values in by.items()}


def _change(here: Mapping[str, float], base: Mapping[str, float]) -> Summary:
    return describe(np.array([here[r] - base[r] for r in here if r in base], dtype=np.float64))


def _cell(one: Summary, unit: Unit, largest: float) -> Cell | None:
    if isnan(one.mean):
        return None
    low, high = one.low / unit.one, one.high / unit.one
    told = precise(one.mean / unit.one, (high - low) / 2, sign=bool(one.mean))
    unsure = not (low > 0 or high < 0)
    return Cell(
        told, "" if isnan(low) or low == high else interval(low, high, sign=True), one.mean / largest, unsure
    )


# -- one lever --------------------------------------------------------------------------------------------


def laffer_chart(sweep: Sweep) -> Chart | None:
    """Revenue against the size of the tax, one curve for each end of another stepped axis; None without a tax."""
    taxes = [axis for axis in sweep.axes if axis.is_tax and axis.is_stepped]
    if not taxes:
        return None
    tax, actor = taxes[0], _taxed(sweep, taxes[0])
    if not actor:
        return None
    key = Key("tax_cny", actor=actor)
    others = [axis for axis in sweep.axes if axis is not tax and axis.is_stepped]
    lines: list[tuple[str, dict[str, str]]] = [("", {})]
    if others:
        other = others[0]
        lines = [(level, {other.path: level}) for level in dict.fromkeys((other.levels[0], other.levels[-1]))]
    found = [
        _curve(sweep, key, tax, where, name, hue)
        for (name, where), hue in zip(lines, ("own", "other"), strict=False)
    ]
    beside = f", by {others[0].words}" if others else ""
    title = f"What the {actor.upper()} takes by the size of its tax{beside}"
    note = "Mean and 95 % interval over the runs; large dot: the most that was found."
    return _curve_chart("laffer", title, note, found, tax, "CNY", from_zero=True)


def _taxed(sweep: Sweep, tax: Axis) -> str:
    """Who takes the tax: named by the path, or whose revenue changes most."""
    named = [part for part in tax.path.split(".") if part in _ARMED]
    spreads = {
        actor: float(np.ptp([np.mean(list(by.values())) for by in points.values()]))
        for actor in _ARMED
        if (points := sweep.values.get(Key("tax_cny", actor=actor)))
    }
    if named and named[0] in spreads:
        return named[0]
    return max(spreads, key=lambda actor: spreads[actor], default="")


def response_charts(sweep: Sweep) -> Iterator[Chart]:
    """Imports and the price of terbium against each axis: a curve over steps, points where it is spread out."""
    for axis in sweep.axes[:6]:
        for key in FIRST[:2]:
            if key in sweep.values and not any(map(isnan, axis.numbers)):
                yield _response(sweep, key, axis)


def _response(sweep: Sweep, key: Key, axis: Axis) -> Chart:
    if axis.is_stepped:
        curve = _curve(sweep, key, axis, {}, "", "own")
        note = "Mean and 95 % interval over the runs" + (
            ", all other values together." if len(sweep.axes) > 1 else "."
        )
    else:
        points = [(p[axis.path], by) for n, p in sweep.design.items() if (by := sweep.values[key].get(n))]
        found = sorted((_number(text)[0], float(np.mean(list(by.values())))) for text, by in points)
        xs, ys = ([pair[side] for pair in found] for side in (0, 1))
        curve = Curve("", xs, ys, ys, ys, "own", joined=False)
        note = "One dot a point of the design; all else varies with it."
    title = f"{label(key)} by {axis.words}"
    id = f"by_{'_'.join(filter(None, key))}_{axis.path.replace('.', '_')}"
    return _curve_chart(id, title, note, [curve], axis, METRICS[key.variable].unit, from_zero=False)


def _curve(sweep: Sweep, key: Key, axis: Axis, where: Mapping[str, str], name: str, hue: str) -> Curve:
    found = []
    for level, number in zip(axis.levels, axis.numbers, strict=True):
        values = np.array(list(_at(sweep, key, {**where, axis.path: level}).values()), dtype=np.float64)
        if values.size:
            found.append((number, describe(values)))
    sides: list[list[float]] = [[getattr(one, side) for _, one in found] for side in ("mean", "low", "high")]
    mid, low, high = sides
    return Curve(name, [number for number, _ in found], mid, low, high, hue)


def _curve_chart(
    id: str, title: str, note: str, found: Sequence[Curve], axis: Axis, unit: str, *, from_zero: bool
) -> Chart:
    fit = fitting(unit, max((value for one in found for value in one.mid), default=0.0))
    scaled = [replace(one, **{side: _scaled(getattr(one, side), fit) for side in _SIDES}) for one in found]
    told = "; ".join(
        f"{one.name} {y:.3g} at {x:g}".strip() for one in scaled for x, y in zip(one.xs, one.mid, strict=True)
    )
    x_unit = f"{axis.words}{', ' if axis.unit else ''}{axis.unit}"
    return chart(
        id, title, note,
        lambda width: curves(width, scaled, x_unit, fit.name, f"{title}: {told[:600]}", from_zero=from_zero),
    )  # fmt: skip


def _scaled(values: Sequence[float], unit: Unit) -> list[float]:
    return [unit.of(value) for value in values]
