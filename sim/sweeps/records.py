"""What the manifest of a sweep says: what was varied and how, by whose numbers, with which software."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.manifest import background, command_line, grades, named, parameter, software
from sim.results import SCHEMA
from sim.sweeps.declared import MORRIS, SALTELLI
from sim.sweeps.designs import MORRIS_LEVELS, number, units
from sim.sweeps.plan import Plan

KIND = "sweep"


def sweep_manifest(
    plan: Plan,
    told: Sequence[str],
    counts: Mapping[str, int],
    share: Mapping[str, int],
    work: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of manifest.json. told: the warnings. counts: of runs asked, finished, failed.

    work: wall time and workers.
    """
    scenario = plan.base.scenario
    used = [
        parameter(plan.registry.parameters[name], scenario.set.get(name)) for name in plan.parameters_used
    ]
    return {
        "schema": SCHEMA,
        "kind": KIND,
        "scenario": {
            "name": scenario.name,
            "question": scenario.question,
            "hash": scenario.hash(),
            "files": [named(Path(file)) for file in plan.base.files],
            "changed": list(plan.base.log),
        },
        "design": _design(plan),
        "period": {"start": scenario.period.start.isoformat(), "months": scenario.period.months},
        "root_seed": scenario.run.root_seed,
        "replications": plan.replications,
        "with_reference": plan.wish.with_reference,
        "runs": dict(counts),
        "shard": dict(share),
        "command": command_line(sys.argv),
        "warnings": list(told),
        "evidence": {"hash": plan.registry.hash(), "grades": grades(used)},
        "model": plan.model,
        "parameters": used,
        **background(plan.registry, used, scenario.period.start, scenario.period.end),
        "software": software(),
        "work": dict(work),
    }


def warnings(plan: Plan) -> list[str]:
    """What the design cannot do as it seems to, as far as that shows without a run."""
    wish = plan.wish
    told = f"is varied in {wish.ref}, but has no column in {wish.design} and stays as it is"
    idle = [name for name in plan.base.scenario.set if name not in plan.parameters_used]
    return [
        *(f"set {name}: no run reads this parameter" for name in idle),
        *(f"{path}: is varied, but no run reads this parameter" for path in plan.unread),
        *(f"{path}: {told}" for path in plan.left_aside),
        *plan.rounded,
    ]


def _design(plan: Plan) -> dict[str, Any]:
    """Enough for an analysis to know what the points are. Seeds: the scenario's root seed."""
    design, declared = plan.design, plan.declared
    laws = {one.path: one.quantity for one in declared.uncertainties}
    told: dict[str, Any] = {
        "kind": design.kind,
        "samples": design.samples,
        "points": len(design.rows),
        "states": design.states,
        "levers": [{"path": path, **_values(plan, at)} for at, path in enumerate(design.levers)],
        "uncertainties": [
            {"path": path, "law": laws[path].text, "quantity": laws[path].plain(), "unit": laws[path].unit}
            for path in design.uncertainties
        ],
    }
    if design.kind == MORRIS:
        told["levels"] = MORRIS_LEVELS
    if design.kind == SALTELLI:
        told["second_order"] = False
    return told


def _values(plan: Plan, at: int) -> dict[str, Any]:
    """The values of a lever; unit: None where they are no numbers, or of several units."""
    texts = list(dict.fromkeys(row[at] for row in plan.design.rows))
    found = units(plan.design.rows, at)
    is_number = len(found) == 1 and all(number(text) is not None for text in texts)
    return {"values": texts, "unit": (found.pop() or "1") if is_number else None}
