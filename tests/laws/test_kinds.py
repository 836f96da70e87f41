"""Every kind of event: it moves what it should, nothing before it is known, and nothing if its size is nil.

One table for all kinds; a kind without its row is a failure.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from sim import engine
from sim.ledger import Key, Outcome
from sim.scenario.events import KINDS
from tests.worlds import KACHIN, event, same, world

FEEDBACK = 1e-3
"""What prices and the ore quote carry to parts of the chain that an event does not touch, within months."""
KNOWN, START, MONTHS = "2025-08-15", "2025-09-01", 8
SHAN, HILLS = ["mong_hsat", "mong_bawk", "mong_yawng"], ["pangwa", "chipwi", "momauk"]


def total(variable: str, **about: str) -> Callable[[Outcome], float]:
    """Sum over the period of the series that fit."""

    def measure(outcome: Outcome) -> float:
        wanted = {"variable": variable, **about}.items()
        fit = [
            days.sum() for key, days in zip(outcome.keys, outcome.daily, strict=True) if wanted <= asked(key)
        ]
        assert fit
        return float(sum(fit))

    return measure


def asked(key: Key) -> Any:
    return key._asdict().items()


@dataclass(frozen=True)
class Row:
    """What an event of a kind does: `moves` the measure up (+1) or down (-1); at `nil` size, nothing.

    besides: other events, and settings, without which it would have nothing to act on. nil: the fields that
    make it nothing; None: the kind has no size, and the row says why. keeps: what it must not move.
    """

    fields: dict[str, Any]
    measure: Callable[[Outcome], float]
    moves: int
    nil: dict[str, Any] | None
    keeps: tuple[Callable[[Outcome], float], ...] = ()
    besides: tuple[dict[str, Any], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


imports, mined = total("imports_t", place="myanmar"), total("mined_t")
shan = total("mined_t", place="mong_bawk")
road = event("route_opening", start="2025-07-02", id="road", capacity="40 t/d", monsoon=1, time="2 d")
fast = {"india.rail_d": "2 d", "processing.process_d": "21 d"}
plant = event(
    "processing_investment", start="2025-07-02", id="plant", by="india", capacity="9000 t_REO/yr", build="0 d"
)
freed = {
    "market.dy.exports_kg_per_month": "26037 kg/month",
    "market.tb.exports_kg_per_month": "8590 kg/month",
}

ROWS: dict[str, Row] = {
    "gate_closure": Row({"gates": KACHIN}, imports, -1, {"lasts": "0 d"}),
    "gate_capacity": Row({"gates": KACHIN, "factor": 0.02}, imports, -1, {"factor": 1}),
    "gate_opening": Row(
        {"gates": ["muse"]},
        total("exported_t", place="muse"),
        +1,
        {"gates": ["kanpaiti"]},
        besides=(event("gate_closure", gates=KACHIN, start="2025-07-20"),),
    ),
    "random_closures": Row(
        {"gates": KACHIN, "rate": "12 1/yr", "closure": "40 d"}, imports, -1, {"rate": "0 1/yr"}
    ),
    "reagent_embargo": Row({"gates": KACHIN}, mined, -1, {"share": 0}, keeps=(shan,)),
    "road_disruption": Row(
        {"roads": HILLS, "passable": 0.3},
        imports,
        -1,
        {"passable": 1},
        keeps=(total("gate_arrived_t", place="mong_la"),),
    ),
    "convoy_escort": Row(
        {"roads": HILLS, "loss_factor": 0},
        total("lost_t"),
        -1,
        {"loss_factor": 1},
        keeps=(total("gate_arrived_t", place="mong_la"),),
        settings={"roads.loss_probability": 0.1},
    ),
    "tax_change": Row(
        {"actor": "kia", "point": "export_gate", "basis": "per_t", "rate": "50000 CNY/t"},
        total("tax_cny", actor="kia"),
        +1,
        {"rate": "35000 CNY/t"},
        keeps=(shan,),
    ),
    "control_change": Row(
        {"places": ["mong_bawk", "wa_menga"], "to": "ndaa"},
        total("tax_cny", actor="uwsa"),
        -1,
        {"to": "uwsa"},
        keeps=(total("mined_t", place="pangwa"),),
    ),
    "export_policy": Row({"actor": "kia", "policy": "banned"}, imports, -1, {"policy": "open"}),
    "bargaining_rule": Row(
        {"actor": "kia", "rule": "seek_revenue", "step": "20000 CNY/t", "review": "30 d"},
        total("tax_cny", actor="kia"),
        +1,
        {"step": "0 CNY/t"},
    ),
    "mining_halt": Row({"districts": HILLS, "share": 0.5}, mined, -1, {"share": 0}, keeps=(shan,)),
    "landslide": Row({"districts": ["pangwa"], "share": 0.9}, mined, -1, {"share": 0}, keeps=(shan,)),
    "security": Row(
        {"districts": HILLS, "rate": "8 1/yr", "halt": "20 d"}, mined, -1, {"rate": "0 1/yr"}, keeps=(shan,)
    ),
    "workforce_withdrawal": Row({"districts": HILLS}, mined, -1, {"share": 0}, keeps=(shan,)),
    "new_sites": Row(
        {"district": "mong_bawk", "number": "30 site", "build": "30 d"},
        shan,
        +1,
        {"number": "0 site"},
        keeps=(total("tax_cny", actor="ndaa"),),
    ),
    "site_closure": Row({"districts": HILLS, "share": 0.3}, mined, -1, {"share": 0}, keeps=(shan,)),
    "domestic_quota": Row(
        {"factor": 1.5}, total("feed_stock_t"), +1, {"factor": 1}, keeps=(total("exports_kg"),)
    ),
    "imported_ore_quota": Row({"factor": 0.3}, total("separated_kg", element="Tb"), -1, {"factor": 2}),
    "separation_outage": Row({"regions": ["ganzhou"]}, total("separated_kg", element="Dy"), -1, {"share": 0}),
    "export_licensing": Row(
        {"share": 0},
        total("price_usd_per_kg", element="Dy"),
        +1,
        {"share": 1},
        keeps=(mined,),
        settings=freed,
    ),
    "other_supply": Row(
        {"origin": "laos", "ore": "20000 t/yr"}, total("imports_t", place="laos"), +1, {"ore": "0 t/yr"}
    ),
    "demand_shock": Row({"factor": 1.5}, total("price_cny_per_kg", element="Tb"), +1, {"factor": 1}),
    "stockpile_trade": Row(
        {"element": "Tb", "trade": "sale", "amount": "90000 kg"},
        total("price_cny_per_kg", element="Tb"),
        -1,
        {"amount": "0 kg"},
        keeps=(total("price_cny_per_kg", element="Dy"),),
    ),
    "driver": Row({"name": "ndpr_cny_per_t", "factor": 1.3}, total("ore_price_cny_per_t"), +1, {"factor": 1}),
    "market_news": Row(
        {"element": "Tb", "jump": 0.3},
        total("price_cny_per_kg", element="Tb"),
        +1,
        {"jump": 0},
        keeps=(total("price_cny_per_kg", element="Dy"),),
    ),
    "route_opening": Row(
        {"capacity": "20 t/d"}, total("india_delivered_t"), +1, {"capacity": "0 t/d"}, settings=fast
    ),
    "processing_investment": Row(
        {"by": "quad", "capacity": "9000 t_REO/yr", "build": "20 d"},
        total("india_separated_kg"),
        +1,
        {"capacity": "0 t_REO/yr"},
        besides=(road,),
        settings=fast,
    ),
    "price_premium": Row(
        {"premium": 0.4},
        total("india_delivered_t"),
        +1,
        {"premium": "0.02"},
        besides=(road,),
        settings=fast | {"india.premium": 0.02},
    ),
    "import_tariff": Row(
        {"rate": 0.1}, total("tax_cny", actor="us"), -1, {"rate": 0.4}, besides=(road, plant), settings=fast
    ),
}
"""The kinds of event, by name. Each is tested on one replication of eight months."""


def of_kind(kind: str, **changed: Any) -> dict[str, Any]:
    return event(kind, start=START, **{"id": "tested", **ROWS[kind].fields, **changed})


@cache
def run(kind: str, how: str) -> Outcome:
    """The row's world without the event, with it, with it at nil size."""
    row = ROWS[kind]
    tested = {
        "without": [],
        "with": [of_kind(kind, announced=KNOWN)],
        "nil": [of_kind(kind, **(row.nil or {}))],
    }[how]
    events = [*row.besides, *tested]
    if how == "without" and not row.besides and not row.settings:
        return plain()
    return engine.run(world(months=MONTHS, events=events, settings=row.settings), 0)


@cache
def plain() -> Outcome:
    return engine.run(world(months=MONTHS), 0)


def test_every_kind_has_its_row():
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_it_moves_what_it_should_and_leaves_the_rest(kind):
    row, without, with_it = ROWS[kind], run(kind, "without"), run(kind, "with")
    before, after = row.measure(without), row.measure(with_it)
    assert (after - before) * row.moves > 1e-6 * abs(before)
    for kept in row.keeps:
        assert kept(with_it) == pytest.approx(kept(without), rel=FEEDBACK)
    rows = [each for each in with_it.timeline if each.event == "tested"]
    assert any(each.effect == "changed" for each in rows)
    assert all(each.kind == kind and each.before and each.after for each in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_moves_before_it_is_announced(kind):
    known = (date.fromisoformat(KNOWN) - date(2025, 7, 1)).days
    assert same(run(kind, "without"), run(kind, "with"), before_day=known)


@pytest.mark.parametrize("kind", KINDS)
def test_at_nil_size_it_moves_nothing(kind):
    without, nil = run(kind, "without"), run(kind, "nil")
    rows = [each for each in nil.timeline if each.event == "tested"]
    assert rows
    assert {each.effect for each in rows} == {"no effect"}
    if without.keys == nil.keys:
        differs = np.flatnonzero((without.daily != nil.daily).any(axis=1))
        assert not differs.size, [nil.keys[index] for index in differs]
    else:
        raise AssertionError(set(nil.keys) ^ set(without.keys))
