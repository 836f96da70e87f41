"""The pictures of where the ore goes: the map by month, and the Sankey diagrams of the whole period."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from sim.report.charts import NARROW, WIDE, Chart, chart
from sim.report.charts.network import network, states
from sim.report.charts.sankey import Columns, Link, sankey
from sim.report.drawing import month_text
from sim.report.flows import PLANTS, Flows, by_controller, flows, plant_shares
from sim.report.happenings import ACTORS, PLACES
from sim.report.reading import Result, Side
from sim.report.units import fitting

_CLAY, _ELSEWHERE, _UNSEEN = "clay", "elsewhere", "unseen"
_OTHER_SOURCES = (_UNSEEN, _ELSEWHERE, _CLAY)
_HEADS = ("mined in", "held by", "gate", "plants in", "becomes")
_NAMES = {_CLAY: "Chinese clay", _ELSEWHERE: "other imports", _UNSEEN: "smuggled", "tb": "Tb oxide",
          "dy": "Dy oxide", "rest": "the rest"}  # fmt: skip


def network_map(result: Result) -> tuple[Chart, dict[str, Any]]:
    """The map, and the states its script shows: by side, then by road or place."""
    own = flows(result, result.own)
    sides = {"own": states(own)}
    if result.reference is not None:
        sides["base"] = states(flows(result, result.reference))
    month = lowest_month(own)
    holders = by_controller(result)
    name = month_text(result.months[month])
    drawn = {width: network(width, own, month, name, holders) for width in (WIDE, NARROW)}
    note = (
        "Width: tonnes a month. Colour: share of capacity – of the sites at full output, of the trucks a "
        "gate passes both ways, of the plants at full run. Crossed: a shut gate. Schematic; borders claim "
        "nothing."
    )
    title = "Where the ore goes, month by month"
    return Chart("map", title, note, drawn[WIDE], drawn[NARROW]), {"start": month, "sides": sides}


def lowest_month(own: Flows) -> int:
    """The month in which the gates pass least."""
    total = sum(own.passed.values(), np.zeros(len(own.leaked)))
    return int(np.argmin(total)) if len(total) else 0


def sankeys(result: Result) -> Iterator[Chart]:
    """Reference beside scenario, on one scale."""
    sides = [("base", result.reference), ("own", result.own)]
    made = [(id, side.name, *_links(result, side)) for id, side in sides if side is not None]
    whole = max(
        (sum(link.amount for link in links if link.start in PLANTS) for _, _, _, links in made), default=0
    )
    unit = fitting("t_REO", whole)
    for id, name, columns, links in made:
        title = f"From mine to oxide: {name}"
        note = (
            f"{unit.name} over the period, means of the runs; holders as at the start. "
            "The rest: other oxides, rejects, change of stock."
        )
        yield chart(
            f"sankey_{id}",
            title,
            note,
            _drawer(columns, links, whole, unit.name, unit.one, title),
            narrow=WIDE,
        )


def _drawer(columns: Columns, links: list[Link], whole: float, unit: str, size: float, title: str) -> Any:
    told = ", ".join(
        f"{_NAMES[link]} {sum(x.amount for x in links if x.end == link) / size:.3g} {unit}"
        for link in ("tb", "dy")
    )

    def drawn(width: float) -> str:
        return sankey(width, columns, links, whole, size, f"{title}: {told}")

    return drawn


def _links(result: Result, side: Side) -> tuple[Columns, list[Link]]:
    """Flows in t REO over the period."""
    found = flows(result, side)
    holders = by_controller(result)
    per_t = _content(result, side)
    ways = {way: float((amounts * result.covered).sum()) * per_t for way, amounts in found.ways.items()}
    unseen = float((found.leaked * result.covered).sum()) * per_t
    links = list(_to_gates(ways, holders, unseen))
    sources = {gate: sum(amount for (_, to), amount in ways.items() if to == gate) for _, gate in ways}
    sources |= {_UNSEEN: unseen, **_other_feed(result, side)}
    sources = {name: amount for name, amount in sources.items() if amount > 0}
    links += _to_plants(result, side, sources)
    gates = [name for name in sources if name not in _OTHER_SOURCES]
    districts = [name for name in holders if any(way[0] == name for way in ways)]
    return Columns(
        _HEADS,
        (
            [f"mine {name}" for name in districts],
            [f"actor {name}" for name in dict.fromkeys(holders.values())],
            [*(f"gate {name}" for name in gates), *(name for name in _OTHER_SOURCES if name in sources)],
            list(PLANTS),
            ["tb", "dy", "rest"],
        ),
        _labels(districts, holders, gates),
    ), links  # fmt: skip


def _labels(districts: list[str], holders: Mapping[str, str], gates: list[str]) -> dict[str, str]:
    named = {f"mine {name}": PLACES.get(name, name) for name in districts}
    named |= {f"actor {name}": ACTORS.get(name, name) for name in holders.values()}
    named |= {f"gate {name}": PLACES.get(name, name) for name in gates}
    return named | {name: PLACES[name] for name in PLANTS} | _NAMES


def _to_gates(
    ways: Mapping[tuple[str, str], float], holders: Mapping[str, str], unseen: float
) -> Iterator[Link]:
    """Mine → holder → gate. What is smuggled is shared out by what districts ship."""
    total = sum(ways.values()) or 1.0
    by_holder: dict[tuple[str, str], float] = {}
    for name, holder in holders.items():
        own = {gate: amount for (district, gate), amount in ways.items() if district == name}
        hidden = unseen * sum(own.values()) / total
        yield Link(f"mine {name}", f"actor {holder}", sum(own.values()) + hidden, holder)
        for gate, amount in own.items():
            by_holder[holder, gate] = by_holder.get((holder, gate), 0.0) + amount
        by_holder[holder, ""] = by_holder.get((holder, ""), 0.0) + hidden
    for (holder, gate), amount in by_holder.items():
        if amount > 0:
            yield Link(f"actor {holder}", f"gate {gate}" if gate else _UNSEEN, amount, holder)


def _to_plants(result: Result, side: Side, sources: Mapping[str, float]) -> Iterator[Link]:
    shares = plant_shares(result)
    whole = sum(sources.values())
    for name, amount in sources.items():
        start = name if name in _OTHER_SOURCES else f"gate {name}"
        for plant, share in shares.items():
            yield Link(start, plant, amount * share, "feed" if start == f"gate {name}" else "other")
    oxides = {element: _sum(side, "separated_kg", element=element) / 1000 for element in ("Tb", "Dy")}
    for plant, share in shares.items():
        for element, tonnes in oxides.items():
            yield Link(plant, element.lower(), tonnes * share, element.lower())
        yield Link(plant, "rest", max(0.0, whole - sum(oxides.values())) * share, "other")


def _other_feed(result: Result, side: Side) -> dict[str, float]:
    """Feed of other origins, and of Chinese clay where the manifest tells its yearly amount."""
    oxide, compound = (
        result.amount(f"processing.reo_per_t_{heading}") or 0.0 for heading in ("oxide", "compound")
    )
    elsewhere = sum(
        oxide * _sum(side, "imports_t", place, heading="oxide")
        + compound * _sum(side, "imports_t", place, heading="compound")
        for place in ("laos", "malaysia", "other")
    )
    yearly = result.amount("processing.domestic_ionic_t_reo_per_yr") or 0.0
    return {_ELSEWHERE: elsewhere, _CLAY: yearly * result.length / 12}


def _content(result: Result, side: Side) -> float:
    """t REO a gross tonne of Myanmar's ore, by what customs cleared."""
    gross = {
        heading: _sum(side, "imports_t", "myanmar", heading=heading) for heading in ("oxide", "compound")
    }
    pure = sum(
        tonnes * (result.amount(f"processing.reo_per_t_{heading}") or 1.0)
        for heading, tonnes in gross.items()
    )
    return pure / sum(gross.values()) if sum(gross.values()) else 1.0


def _sum(side: Side, variable: str, place: str = "", element: str = "", heading: str = "") -> float:
    values = side.monthly.get(variable, place, element, heading=heading)
    return 0.0 if values is None else float(values.mean(axis=0).sum())
