"""The page of a run: what a scenario changes against its reference."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np

from sim.report.charts import Chart
from sim.report.charts_of_flows import network_map, sankeys
from sim.report.charts_of_run import (
    HOW_TO_READ,
    changes,
    imports_fan,
    place_charts,
    recoveries,
    series,
    taxes,
)
from sim.report.drawing import month_text
from sim.report.happenings import ACTORS, day_text, named
from sim.report.headline import key_figures, lead, title
from sim.report.page import Page, parameter_rows, software_facts
from sim.report.reading import Result, text
from sim.report.traced import Traces


def run_page(result: Result) -> Page:
    """The content of the page. A run of which nothing finished has a page that says so."""
    manifest = result.manifest
    if not result.own.kpi.replications:
        return _empty(result)
    traces = Traces(result.parameters)
    network, states = network_map(result)
    fans = {chart.id: chart for chart in series(result)}
    paired = list(changes(result))
    places = list(place_charts(result))
    rest = [*sankeys(result), *(one for one in (taxes(result), recoveries(result)) if one is not None)]
    imports = imports_fan(result)
    beside = paired[:1] or [fans.pop("price_tb")]
    sections = _sections(fans, paired[1:], rest)
    drawn = [network, imports, *beside, *(chart for _, charts in sections for chart in charts)]
    more = {
        "lead": lead(result, traces),
        "scenario_file": _scenario_file(result),
        "cards": key_figures(result, traces),
        "changed": changed(result),
        "how_to_read": HOW_TO_READ + _in_part(result),
        "grades": manifest["evidence"]["grades"],
        "map": network,
        "imports": imports,
        "beside": beside,
        "places": places,
        "sections": sections,
        "months": result.months,
        "has_reference": result.reference is not None,
        "reference": result.reference_name,
        "drawn": drawn,
    }
    data = {
        "months": result.months,
        "charts": {
            chart.id: chart.readout for chart in [*drawn, *(one for _, one in places)] if chart.readout
        },
        "map": states,
        "traces": traces.plain(),
    }
    return Page(
        "run",
        f"{result.own.name}: {title(result)}",
        _kicker(result),
        title(result),
        command(result),
        facts(result),
        data,
        parameter_rows(manifest),
        list(_warnings(result)),
        more,
    )


def _in_part(result: Result) -> str:
    """Which months the period holds in part only, so that they do not seem to be a fall."""
    months = [month_text(result.months[at]) for at in np.flatnonzero(result.covered < 1)]
    if not months:
        return ""
    return f" Of {' and '.join(months)} the period holds a part; tonnes and money are those of its days."


def _sections(
    fans: Mapping[str, Chart], paired: list[Chart], rest: list[Chart]
) -> list[tuple[str, list[Chart]]]:
    sankey = [chart for chart in rest if chart.id.startswith("sankey")]
    prices = [fans[id] for id in ("price_tb", "price_dy") if id in fans]
    stocks = [fans[id] for id in ("cover_tb", "cover_dy", "feed", "yards")]
    paid = [chart for chart in rest if chart not in sankey]
    if len(paid + sankey) % 2:
        paid.append(fans["sites"])
    return [
        ("Prices", [*prices[:1], *paired, *prices[1:], fans["ore"]]),
        ("From mine to oxide", [*sankey, *paid]),
        ("Stocks and cover", stocks),
    ]


def _kicker(result: Result) -> str:
    manifest = result.manifest
    told = [result.own.name]
    start = date.fromisoformat(manifest["period"]["start"])
    told.append(f"{manifest['period']['months']} months from {day_text(start)}")
    told.append(f"{len(result.own.kpi.replications)} runs")
    told.append(f"reference: {result.reference_name}" if result.reference else "no reference")
    return " · ".join(told)


def changed(result: Result) -> str:
    """What the scenario has that its reference has not."""
    scenario, reference = result.scenario, result.scenario.get("reference") or {}
    before = {_id(event) for event in reference.get("events") or []}
    events = [event for event in scenario.get("events") or [] if _id(event) not in before]
    kept = reference.get("set") or {}
    settings = {name: one for name, one in (scenario.get("set") or {}).items() if kept.get(name) != one}
    told = [
        *(_event(event) for event in events),
        *(f"{name} = {_set(one)}" for name, one in settings.items()),
    ]
    if not told:
        return "nothing: this is a state of its own" if result.reference is None else "nothing"
    counted = [_count(len(events), "event"), _count(len(settings), "parameter")]
    return f"{', '.join(counted)}: {'; '.join(told[:4])}" + (
        f"; and {len(told) - 4} more" if len(told) > 4 else ""
    )


def _id(event: Mapping[str, Any]) -> str:
    return str(event.get("id", event))


def _event(event: Mapping[str, Any]) -> str:
    told = [event["kind"].replace("_", " ")]
    for key in ("gates", "districts", "places"):
        if event.get(key):
            told.append(named(event[key]))
    if event.get("actor"):
        told.append(named([event["actor"]], ACTORS))
    if event.get("rate"):
        told.append(f"{event['rate']} at the {str(event.get('point', '')).replace('_', ' ')}")
    told.append(f"from {day_text(date.fromisoformat(str(event['start'])))}")
    if event.get("lasts"):
        told.append(f"for {event['lasts']}")
    return " ".join(map(str, told))


def _set(one: Any) -> str:
    return str(one.get("value", "a law")) if isinstance(one, Mapping) else str(one)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def command(result: Result) -> str:
    """The command that makes this page again, the same whichever way the result was made."""
    alone = result.manifest["reference"] is not None and result.reference is None
    return "sim run scenario.resolved.yaml" + (" --no-reference" if alone else "")


def facts(result: Result) -> list[tuple[str, str]]:
    """What the command stands on."""
    manifest = result.manifest
    return [
        ("root seed", str(manifest["root_seed"])),
        ("scenario", f"{manifest['scenario']['name']}, SHA-256 {manifest['scenario']['hash'][:16]}"),
        ("evidence", f"SHA-256 {manifest['evidence']['hash'][:16]}"),
        *software_facts(manifest),
    ]


def _scenario_file(result: Result) -> str:
    """The scenario in full, so that the page alone is enough to run it again."""
    return text(result.folder / "scenario.resolved.yaml")


def _warnings(result: Result) -> Iterator[str]:
    manifest = result.manifest
    failed = manifest["replications"]["failed"] + manifest["replications"]["reference_failed"]
    if failed:
        yield f"{_count(failed, 'replication')} failed and are left out; runs.csv says why."
    yield from (f"Warning: {told}" for told in manifest["warnings"])


def _empty(result: Result) -> Page:
    told = ["No replication finished: there is nothing to show. runs.csv says why."]
    return Page(
        "empty",
        result.own.name,
        "",
        str(result.manifest["scenario"]["question"]),
        command(result),
        facts(result),
        parameters=parameter_rows(result.manifest),
        warnings=told,
    )
