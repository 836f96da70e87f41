"""The page of a backtest: what was simulated, what was observed, and how far apart they are."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sim.ledger import Key
from sim.report.charts import Chart, chart
from sim.report.charts.fans import Seen, draw, fan, readout
from sim.report.charts_of_run import price
from sim.report.comparison_page import value
from sim.report.happenings import months_from, over
from sim.report.page import Page, parameter_rows, software_facts, told_command
from sim.report.reading import Result, Row, read_result, rows
from sim.report.units import fitting
from sim.results.digits import figure
from sim.results.variables import VARIABLES

_SIMULATED: Mapping[tuple[str, str], tuple[Key, str]] = {
    ("oxide_price", "Tb"): (price("Tb"), "Price of terbium oxide in China"),
    ("oxide_price", "Dy"): (price("Dy"), "Price of dysprosium oxide in China"),
    ("ore_price", ""): (Key("ore_price_cny_per_t"), "Quote of ion-adsorption ore"),
}
_IMPORTS = {
    "oxide": (Key("imports_t", place="myanmar", heading="oxide"), "Imports from Myanmar, oxide heading"),
    "all": (Key("imports_t", place="myanmar"), "Imports from Myanmar, all headings"),
}
_ABROAD = {"ex_china": "abroad"}
_SCORES = (
    ("n", "observations"),
    ("mape", "mean error, %"),
    ("bias", "bias, %"),
    ("coverage_90", "inside the 90 % range, %"),
    ("median_width_pct", "width of that range, %"),
    ("skill", "skill against naive"),
)


def backtest_page(folder: Path) -> Page:
    """The content of the page."""
    result = read_result(folder)
    observed = rows(folder / "backtest.csv")
    scores = rows(folder / "backtest_scores.csv")
    tolerances = rows(folder / "backtest_tolerances.csv")
    charts = list(_charts(result, observed))
    manifest = result.manifest
    name = str(manifest["scenario"]["name"])
    more = {
        "lead": [_lead(observed, tolerances)],
        "sections": [("Simulated and observed", charts)],
        "drawn": charts,
        "grades": manifest["evidence"]["grades"],
        "scores": [_score(row) for row in scores],
        "score_heads": [head for _, head in _SCORES],
        "tolerances": [row | {"measured": _measured(row)} for row in tolerances],
        "unscored": [row for row in observed if row["scored"] == "no" and _within(row, result)],
    }
    data = {
        "months": result.months,
        "charts": {one.id: one.readout for one in charts},
    }
    months = f"{manifest['period']['months']} months from {manifest['period']['start']}"
    return Page(
        "backtest",
        f"{name}: simulated against observed",
        f"backtest · {name} · {months}",
        "How the model meets what was observed",
        told_command(manifest["command"]),
        software_facts(manifest),
        data,
        parameter_rows(manifest),
        manifest["warnings"],
        more,
    )


def _within(row: Row, result: Result) -> bool:
    """Whether an observation lies in the months of the run."""
    return result.months[0] <= row["period_start"][:7] and row["period_end"][:7] <= result.months[-1]


def _measured(row: Row) -> str:
    return figure(value(row["measured"])).replace("-", "−") or "cannot be told"


def _lead(observed: Sequence[Row], tolerances: Sequence[Row]) -> str:
    scored = [row for row in observed if row["scored"] == "yes"]
    inside = sum(row["inside_90"] == "yes" for row in scored)
    held = sum(row["verdict"] == "holds" for row in tolerances)
    told = f"{inside} of {len(scored)} scored observations lie in the 90 % range, "
    told += f"errors of report and model included; {0.9 * len(scored):.0f} should."
    if tolerances:
        told += f" {held} of {len(tolerances)} tolerances declared beforehand hold."
    return told + " The model read none of them, except those it was told as its start."


def _charts(result: Result, observed: Sequence[Row]) -> Iterator[Chart]:
    imports = _IMPORTS[result.manifest.get("imports_heading", "oxide")]
    shown = {("imports_from_myanmar_t", ""): imports, **_SIMULATED}
    for (series, element), (key, title) in shown.items():
        found = [
            row for row in observed
            if row["scored"] == "yes" and row["series"] == series and row["place"] != "ex_china"
            and (not element or row["element"] == element)
        ]  # fmt: skip
        if key in result.own.monthly.values:
            yield _chart(result, key, title, found)


def _chart(result: Result, key: Key, title: str, found: Sequence[Row]) -> Chart:
    values = result.own.monthly.values[key]
    variable = VARIABLES[key.variable]
    start = date.fromisoformat(result.manifest["period"]["start"])
    unit = fitting(variable.unit, float(np.max(values, initial=0.0)))
    seen = [_seen(row, start, unit.one, is_flow=variable.month == "sum") for row in found]
    fans = [fan("median", "own", values / unit.one)]
    is_flow = variable.month == "sum"
    told = f"{unit.name} a month" if is_flow else f"{unit.name}, axis does not start at zero"
    inside = sum(row["inside_90"] == "yes" for row in found)
    note = "Nothing observed of it is scored."
    if found:
        note = f"Red: observed, a bar over its period; {inside} of {len(found)} in the range of the scores."
    if found and key.heading:
        note += " Some count all headings; compounds were negligible then."

    def drawn(width: float) -> str:
        said = f"{title}: {len(found)} observations, {inside} in the range of the scores"
        return draw(width, fans, over(result), unit=told, label=said, seen=seen, from_zero=is_flow)

    return chart("_".join(filter(None, key)), title, note, drawn, readout(fans, unit.name))


def _seen(row: Row, start: date, size: float, *, is_flow: bool) -> Seen:
    first = months_from(start, date.fromisoformat(row["period_start"]))
    after = months_from(start, date.fromisoformat(row["period_end"]) + timedelta(days=1))
    return Seen(first, after, value(row["observed"]) / (max(after - first, 1e-9) if is_flow else 1.0) / size)


def _score(row: Row) -> dict[str, Any]:
    cells = []
    for column, _ in _SCORES:
        amount = value(row[column])
        cells.append(row[column] if column == "n" else figure(amount).replace("-", "−") or "–")
    return {
        "name": " ".join(
            filter(None, (row["series"].replace("_", " "), row["element"], _ABROAD.get(row["place"], "")))
        ),
        "cells": cells,
    }
