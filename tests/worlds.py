"""Worlds for tests: the shipped baseline, changed in the way a scenario file would."""

from functools import cache
from typing import Any

import numpy as np

from sim import engine, shipped
from sim.build import build
from sim.evidence import Registry
from sim.ledger import Outcome
from sim.scenario import load
from sim.scenario.model import Scenario
from sim.world import World

KACHIN = ["pangwa", "kanpaiti", "lweje"]
ALL_GATES = [*KACHIN, "wa_menga", "mong_la"]
STEADY_MONTHS = 24


@cache
def registry() -> Registry:
    """The shipped evidence."""
    return Registry.load(shipped.seeds_dir())


def scenario(
    events: list[dict[str, Any]] | None = None,
    settings: dict[str, Any] | None = None,
    months: int = 4,
    base: str = "baseline",
    **more: Any,
) -> Scenario:
    """A shipped scenario with events, settings (parameter -> value) and a shorter period."""
    plain = load(base).scenario.plain() | {"events": events or []} | more
    plain["period"] = plain["period"] | {"months": months}
    changed = {name: {"value": value, "assume": "for a test"} for name, value in (settings or {}).items()}
    plain["set"] = plain.get("set", {}) | changed
    plain.pop("reference", None)
    return Scenario.model_validate(plain)


def world(replication: int = 0, **changes: Any) -> World:
    """The world of `scenario(**changes)`."""
    return build(scenario(**changes), registry(), replication)


def runs(replications: int, **changes: Any) -> list[Outcome]:
    """Outcomes of the first replications of `scenario(**changes)`."""
    described = scenario(**changes)
    return [engine.run(build(described, registry(), r), r) for r in range(replications)]


def totals(outcomes: list[Outcome], variable: str, **about: str) -> np.ndarray:
    """Period sum of one series, by replication."""
    return np.array([outcome.series(variable, **about).sum() for outcome in outcomes])


def same(a: Outcome, b: Outcome, before_day: int | None = None) -> bool:
    """Whether two outcomes agree bit for bit (until `before_day`) in every series."""
    return a.keys == b.keys and np.array_equal(a.daily[:, :before_day], b.daily[:, :before_day])


def event(kind: str, start: str = "2025-08-01", **fields: Any) -> dict[str, Any]:
    """An event as a scenario file has it."""
    return {"kind": kind, "id": fields.pop("id", kind), "start": start, **fields}


def closure(gates: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """A closure of the Kachin gates, or of others."""
    return event("gate_closure", gates=gates or KACHIN, **fields)
