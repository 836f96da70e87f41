"""The page of a comparison: results against one of them."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np

from sim.ledger import Key
from sim.report.charts import Chart, chart
from sim.report.charts.fans import Fan, Over, draw, readout
from sim.report.charts.grids import Cell, grid
from sim.report.charts.intervals import Reach, intervals
from sim.report.happenings import ACTORS, ELEMENTS, PLACES
from sim.report.page import Page, parameter_rows, software_facts, told_command
from sim.report.reading import Row, read_manifest, rows
from sim.report.traced import KeyFigure, Number, Traces, change_figure
from sim.report.units import Unit, fitting, interval, precise
from sim.results.digits import percent
from sim.results.metrics import METRICS
from sim.results.variables import VARIABLES

_ABOUT = ("place", "element", "actor", "heading")
FIRST = (
    Key("imports_t", place="myanmar"),
    Key("price_peak", place="china", element="Tb"),
    Key("price_peak", place="china", element="Dy"),
    Key("tax_cny", actor="kia"),
    Key("min_cover_months", element="Tb"),
    Key("operator_margin_cny"),
)
_PATHS = {
    Key("imports_t", place="myanmar"): "Imports from Myanmar",
    Key("price_cny_per_kg", place="china", element="Tb"): "Price of terbium oxide in China",
    Key("price_cny_per_kg", place="china", element="Dy"): "Price of dysprosium oxide in China",
    Key("feed_stock_t"): "Feed in front of the plants",
}
_MOST = 40
"""Results in a chart; the tables hold all."""


def comparison_page(folder: Path) -> Page:
    """The content of the page."""
    manifest = read_manifest(folder)
    about = manifest["comparison"]
    table = rows(folder / "compare.csv")
    inputs = _inputs(rows(folder / "inputs.csv"))
    traces = Traces({item["name"]: item for item in manifest.get("parameters", ())})
    others = list(about["others"])
    shown = [chart for key in FIRST if (chart := difference_chart(table, key, about["base"])) is not None]
    months = list(month_charts(rows(folder / "monthly_diff.csv"), about["base"]))
    regrets = list(regret_charts(rows(folder / "regret.csv")))
    sections = [("When", months), ("By how much", shown)]
    sections = [
        ("Regret: what a choice costs if the world turns out so", regrets),
        *(sections if len(others) == 1 else reversed(sections)),
    ]
    more = {
        "lead": _lead(table, about["base"], others, traces),
        "inputs": inputs,
        "changed": _changed(inputs),
        "grades": manifest.get("evidence", {}).get("grades", {}),
        "cards": _cards(table, traces) if len(others) == 1 else [],
        "sections": [(title, charts) for title, charts in sections if charts],
        "table": _table(table),
        "many": len(others) > 1,
        "drawn": [*regrets, *shown, *months],
        "base": about["base"],
    }  # fmt: skip
    data = {
        "months": _months(rows(folder / "monthly_diff.csv")),
        "charts": {one.id: one.readout for one in months},
        "traces": traces.plain(),
    }
    heading = f"{others[0] if len(others) == 1 else f'{len(others)} results'} against {about['base']}"
    pairing = "runs paired by their random numbers" if about["paired"] else "taken as independent"
    return Page(
        "comparison",
        heading,
        f"comparison · {pairing}",
        heading,
        told_command(manifest["command"]),
        software_facts(manifest),
        data,
        parameter_rows(manifest),
        list(about["notes"]),
        more,
    )


def _key(row: Row, name: str) -> Key:
    return Key(row[name], *(row[column] for column in _ABOUT))


def _of(table: Sequence[Row], key: Key, name: str = "metric") -> list[Row]:
    return [row for row in table if _key(row, name) == key]


def value(text: str) -> float:
    """A field as a number; nan where it is empty."""
    return float(text) if text else nan


def _lead(table: Sequence[Row], base: str, others: Sequence[str], traces: Traces) -> list[str | Number]:
    """What differs first; of many results how many differ and the extremes."""
    parts: list[str | Number] = []
    for key in FIRST[:3]:
        found = _of(table, key)
        sure = [row for row in found if row["significant"] == "yes"]
        name = label(key)
        if not found:
            continue
        if not any(row["significant"] for row in found):
            parts.append(f"{name}: ")
            if len(others) == 1 and found[0]["diff_mean"]:
                parts += [traces.number(_difference(found[0]), key), ", "]
            parts.append("no interval. ")
        elif not sure:
            parts.append(f"{name}: no detectable difference. ")
        elif len(others) == 1:
            parts += [f"{name}: ", traces.number(_difference(sure[0]), key), ". "]
        else:
            ends = sorted(sure, key=lambda row: value(row["diff_mean"]))
            parts.append(f"{name}: {len(sure)} of {len(found)} results differ from {base}, ")
            parts += [f"from {ends[0]['other']} ", traces.number(_difference(ends[0]), key)]
            if len(ends) > 1:
                parts += [f" to {ends[-1]['other']} ", traces.number(_difference(ends[-1]), key)]
            parts.append(". ")
    return parts or ["The results have none of the usual metrics in common. "]


def _cards(table: Sequence[Row], traces: Traces) -> list[KeyFigure]:
    """The first metrics of a comparison of two."""
    figures = []
    for key in FIRST:
        for row in (row for row in _of(table, key) if row["diff_mean"]):
            mean, low, high = (value(row[name]) for name in ("diff_mean", "diff_ci_low", "diff_ci_high"))
            levels = f"{_level(row, 'base_mean')} → {_level(row, 'other_mean')}"
            unit = fitting(row["unit"], mean)
            figures.append(change_figure(traces, key, label(key), (mean, low, high), unit, levels))
    return figures


def _changed(inputs: Sequence[Mapping[str, Any]]) -> str:
    """What differs before the run, in a line."""
    names = list(dict.fromkeys(row["input"] for row in inputs))
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more if names else "nothing that the results tell of"


def _difference(row: Row) -> str:
    mean, low, high = (value(row[name]) for name in ("diff_mean", "diff_ci_low", "diff_ci_high"))
    unit = fitting(row["unit"], mean)
    half = (high - low) / 2 / unit.one
    pct = value(row["diff_pct"])
    share = "" if isnan(pct) else f" ({percent(pct)} %)".replace("-", "−")
    told = f"{precise(mean / unit.one, half, sign=True)} {unit.name}{share}"
    return told if isnan(low) else f"{told} {interval(low / unit.one, high / unit.one, sign=True)}"


def label(key: Key) -> str:
    """A metric in words: `price peak, terbium`."""
    usual = {
        Key("imports_t", place="myanmar"): "Imports from Myanmar",
        Key("imports_while_shut_t", place="myanmar"): "Imports from Myanmar while shut or cut",
        Key("min_cover_months", element="Tb"): "Lowest terbium cover",
        Key("operator_margin_cny"): "Operators’ margin",
    }
    if key in usual:
        return usual[key]
    if key.variable == "price_peak":
        return f"Peak price of {ELEMENTS.get(key.element, key.element)}"
    if key.variable == "tax_cny" and key.actor:
        return f"Taxes to {ACTORS.get(key.actor, key.actor)}"
    place, actor = PLACES.get(key.place, key.place), ACTORS.get(key.actor, key.actor)
    about = [part for part in (ELEMENTS.get(key.element, key.element), place, actor, key.heading) if part]
    known = METRICS.get(key.variable)
    return ", ".join([known.description if known else key.variable, *about])


def difference_chart(table: Sequence[Row], key: Key, base: str) -> Chart | None:
    """The differences of one metric; None if no result tells it with an interval."""
    found = [row for row in _of(table, key) if row["diff_mean"]]
    if not found or all(value(row["diff_mean"]) == 0 for row in found):
        return None
    unit = fitting(found[0]["unit"], max(abs(value(row["diff_mean"])) for row in found))
    lines = [_reach(row, unit) for row in sorted(found, key=lambda row: value(row["diff_mean"]))[:_MOST]]
    title = f"{label(key)}, difference to {base}"
    told = "; ".join(f"{one.name} {one.told}" for one in lines)
    more = f"{len(found) - _MOST} more in compare.csv." if len(found) > _MOST else ""
    return chart(
        f"by_{'_'.join(filter(None, key))}",
        title,
        more,
        lambda width: intervals(width, lines, unit.name, f"{title}: {told}"),
    )


def _reach(row: Row, unit: Unit) -> Reach:
    mean, low, high = (value(row[name]) / unit.one for name in ("diff_mean", "diff_ci_low", "diff_ci_high"))
    unsure = row["significant"] != "yes"
    told = "no detectable difference"
    if row["significant"] != "no":
        span = "without an interval" if isnan(low) else f"{interval(low, high, sign=True)} {unit.name}"
        told = f"{precise(mean, (high - low) / 2, sign=True)} {span}"
    return Reach(row["other"], mean, low, high, told, unsure)


def _months(table: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["month"] for row in table))


def month_charts(table: Sequence[Row], base: str) -> Iterator[Chart]:
    """The differences by month, one chart a variable and result, of at most four results."""
    months = _months(table)
    for key in _PATHS:
        found: dict[str, list[Row]] = {}
        for row in _of(table, key, "variable"):
            found.setdefault(row["other"], []).append(row)
        for at, (other, lines) in enumerate(list(found.items())[:4]):
            yield _month_chart(
                key, lines, months, f"{other} less {base}", f"when_{at}_{'_'.join(filter(None, key))}"
            )


def _month_chart(key: Key, lines: Sequence[Row], months: Sequence[str], sides: str, id: str) -> Chart:
    columns = ("diff_mean", "diff_ci_low", "diff_ci_high")
    mean, low, high = (np.array([value(row[name]) for row in lines]) for name in columns)
    unit = fitting(lines[0]["unit"], float(np.nanmax(np.abs([mean, low, high]), initial=0.0)))
    fans = [Fan("", "difference", mean / unit.one, low / unit.one, high / unit.one)]
    variable = VARIABLES[key.variable]
    told = f"{unit.name} a month" if variable.month == "sum" else unit.name
    title = _PATHS[key]

    def drawn(width: float) -> str:
        stock = variable.month == "last"
        return draw(
            width, fans, Over(months), unit=f"{told}, {sides}", label=f"{title}: {sides}", stock=stock
        )

    of = "mean of the pairs" if value(lines[0]["n_pairs"]) else "difference of the means"
    return chart(id, title, f"Line: {of}; band: its 95 % interval.", drawn, readout(fans, unit.name))


def regret_charts(table: Sequence[Row]) -> Iterator[Chart]:
    """Policies by states: how much worse than the best policy in that state, one matrix a metric."""
    for key in FIRST:
        found = _of(table, key)
        if found:
            yield _regret_chart(key, found)


def _regret_chart(key: Key, found: Sequence[Row]) -> Chart:
    policies = list(dict.fromkeys(row["policy"] for row in found))
    states = list(dict.fromkeys(row["state"] for row in found))
    largest = max(value(row["regret"]) for row in found)
    unit = fitting(found[0]["unit"], largest)
    by = {(row["policy"], row["state"]): row for row in found}
    cells = [[_regret(by[policy, state], unit, largest) for state in states] for policy in policies]
    title = f"Regret, {label(key)[0].lower()}{label(key)[1:]}"
    note = (
        f"{unit.name} worse than the best policy in the same state; hatched: may be the best itself (95 %). "
        "Read a row: the darkest cell is the worst that policy risks."
    )
    told = "; ".join(
        f"{row['policy']} in {row['state']}: {value(row['regret']) / unit.one:.3g}" for row in found[:24]
    )
    return chart(
        f"regret_{'_'.join(filter(None, key))}",
        title,
        note,
        lambda width: grid(
            width, policies, states, cells, (f"policy, {unit.name}", "state"), f"{title}: {told}"
        ),
    )


def _regret(row: Row, unit: Unit, largest: float) -> Cell:
    amount = value(row["regret"])
    sure = row["may_be_best"] == "no"
    return Cell(precise(amount / unit.one, nan), "", -amount / largest if largest else 0.0, not sure)


def _inputs(table: Sequence[Row]) -> list[dict[str, Any]]:
    """An event that only one side has is one line."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table:
        if row["kind"] == "software":
            continue
        alone = row["input"].startswith("events.") and not (row["base_value"] and row["other_value"])
        name = ".".join(row["input"].split(".")[:2]) if alone else row["input"]
        line = lines.setdefault(
            (name, row["other"]), {"input": name, "other": row["other"], "base": [], "there": []}
        )
        line["base"] += [f"{row['base_value']} {row['unit']}".strip()] if row["base_value"] else []
        line["there"] += [f"{row['other_value']} {row['unit']}".strip()] if row["other_value"] else []
    told = [
        line | {side: ", ".join(line[side]) or "–" for side in ("base", "there")} for line in lines.values()
    ]
    return told[:_MOST]


def _table(table: Sequence[Row]) -> list[Mapping[str, Any]]:
    """The rows that differ for certain, totals only, largest change first."""
    sure = [row for row in table if row["significant"] == "yes" and not row["heading"]]
    sure.sort(key=lambda row: -abs(value(row["diff_pct"])) if row["diff_pct"] else 0.0)
    return [
        {"what": label(_key(row, "metric")), "other": row["other"], "told": _difference(row),
         "base": _level(row, "base_mean"), "level": _level(row, "other_mean"),
         "worse": f"{value(row['share_worse']):.0%}".replace("%", " %") if row["share_worse"] else "",
         "order": abs(value(row["diff_pct"])) if row["diff_pct"] else 0}
        for row in sure[:120]
    ]  # fmt: skip


def _level(row: Row, column: str) -> str:
    amount = value(row[column])
    unit = fitting(row["unit"], amount)
    return f"{precise(amount / unit.one, nan)} {unit.name}"
