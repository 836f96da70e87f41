"""Which single gate, district, controller or plant region is missed most: each is taken away in turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from sim.analysis.pictures import BLUE, ORANGE, Picture, bars
from sim.analysis.runs import Bench, Event, picked, with_events
from sim.analysis.words import PERCENT, THOUSAND, Values, spread, table
from sim.ledger import Key
from sim.places import CHINESE_PLANTS
from sim.world import World

SINCE = "2025-11-01"
WHAT = (
    Key("separated_kg", element="Tb"),
    Key("separated_kg", element="Dy"),
    Key("imports_t", place="myanmar"),
    Key("price_mean", place="china", element="Tb"),
)
SHOWN = 10


@dataclass(frozen=True)
class Removal:
    """One part taken away: what is lost by run. price_pct: the change of the mean price of terbium."""

    kind: str
    name: str
    tb_kg: Values
    dy_kg: Values
    imports_t: Values
    price_pct: Values


def removals(bench: Bench) -> list[Removal]:
    """All of them, the one that costs most terbium first."""
    base = bench.baseline
    parts = taken_away(bench.world(base))
    changed = [with_events(base, *events) for _, _, events in parts]
    usual, *seen = (np.array(runs) for runs in bench.all([base, *changed], partial(picked, WHAT)))
    found = [_removal(kind, name, usual, own) for (kind, name, _), own in zip(parts, seen, strict=True)]
    return sorted(found, key=lambda one: -float(np.median(one.tb_kg)))


def _removal(kind: str, name: str, usual: Values, own: Values) -> Removal:
    tb, dy, imports = (usual - own)[:, :3].T
    return Removal(kind, name, tb, dy, imports, PERCENT * (own[:, 3] / usual[:, 3] - 1.0))


def taken_away(world: World) -> list[tuple[str, str, list[Event]]]:
    """(kind, name, events) of each part that the chain of a world has."""
    gates = list(dict.fromkeys(district.gate for district in world.districts))
    districts = [district.name for district in world.districts]
    controllers = list(dict.fromkeys(district.controller for district in world.districts))
    parts: list[tuple[str, str, list[Event]]] = []
    parts += [("gate", gate, [_shut([gate])]) for gate in gates]
    parts += [("district", district, [_halted([district])]) for district in districts]
    for actor in controllers:
        held = [district.name for district in world.districts if district.controller == actor]
        through = [gate.name for gate in world.gates if gate.controller == actor and gate.name in gates]
        parts.append(("controller", actor, [_halted(held), _shut(through)]))
    parts += [("plant region", region, [_out(region)]) for region in CHINESE_PLANTS]
    return parts


def _shut(gates: Sequence[str]) -> Event:
    return {"kind": "gate_closure", "id": "shut", "gates": list(gates), "start": SINCE}


def _halted(districts: Sequence[str]) -> Event:
    return {"kind": "mining_halt", "id": "halted", "districts": list(districts), "start": SINCE}


def _out(region: str) -> Event:
    return {"kind": "separation_outage", "id": "out", "regions": [region], "start": SINCE}


def ranking(found: Sequence[Removal]) -> str:
    """Who is missed most."""
    rows = [
        (
            f"{rank}",
            one.kind,
            one.name,
            spread(one.tb_kg),
            spread(one.dy_kg),
            spread(one.imports_t),
            spread(one.price_pct, sign=True),
        )
        for rank, one in enumerate(found, 1)
    ]
    columns = ("", "taken away", "", "Tb lost, kg", "Dy lost, kg", "imports lost, t", "Tb price, mean, %")
    return table(columns, rows, left=3)


def words(found: Sequence[Removal]) -> str:
    """The first of each kind."""
    firsts = {one.kind: one for one in reversed(found)}
    parts = [
        f"the {kind} {one.name} ({spread(one.tb_kg)} kg of terbium)"
        for kind, one in sorted(firsts.items(), key=lambda item: -float(np.median(item[1].tb_kg)))
    ]
    return f"Of each kind the most is lost without {', '.join(parts[:-1])} and {parts[-1]}."


def picture(found: Sequence[Removal]) -> bytes:
    """The ranking as bars."""
    first = found[:SHOWN]
    names = [f"{one.kind} {one.name}" for one in first]
    drawn = Picture(f"What is lost when one part is gone from {SINCE} on", 2)
    with drawn.panel(0, "Terbium oxide not separated", "t to the end of the period", "") as axis:
        bars(axis, names, [one.tb_kg / THOUSAND for one in first], ORANGE)
    with drawn.panel(1, "Mean price of terbium", "% over the same runs with it", "") as axis:
        bars(axis, [""] * len(names), [one.price_pct for one in first], BLUE)
    return drawn.png()
