"""`sim sweep --only`: one run of a design, made in this process, so that what it dies of can be looked at."""

import traceback
from typing import Any

import numpy as np

from sim.cli.showing import print_json, print_table
from sim.experiment.attempt import StagedError
from sim.inputs.text import InputError, Problem
from sim.ledger import Key
from sim.results.digits import figure
from sim.study import metric_columns
from sim.sweeps.job import SweepJob
from sim.sweeps.ledger import Columns, Row
from sim.sweeps.plan import Plan, Wish, prepare


def make(wish: Wish, place: str, *, as_json: bool) -> bool:
    """Make the run POINT/REPLICATION and print its metrics, or the traceback of what it died of.

    Returns whether it finished. Raises InputError.
    """
    plan = prepare(wish)
    point, replication = _run_number(place, plan)
    metrics = metric_columns(plan.base.scenario, plan.registry)
    job = SweepJob.of(plan, metrics, None)
    if not as_json:
        print(f"point {point}: {', '.join(plan.design.overrides(point))}; replication {replication}")
    values = dict(zip(plan.design.paths, plan.design.rows[point], strict=True))
    about = {"sweep": plan.name, "point": point, "replication": replication, "values": values}
    try:
        row = job.run(point * plan.replications + replication)
    except Exception as error:  # noqa: BLE001 - whatever a run dies of is what is asked for here
        stage, shown = (error.stage, error.error) if isinstance(error, StagedError) else ("run", error)
        traceback.print_exception(shown)
        if as_json:
            fault = {"stage": stage, "type": type(shown).__name__, "message": str(shown)}
            print_json(about | {"status": "failed"} | fault)
        return False
    if as_json:
        print_json(about | {"status": "ok"} | _plain(metrics, row))
    else:
        _show(metrics, row)
    return True


def _run_number(place: str, plan: Plan) -> tuple[int, int]:
    point, _, replication = place.partition("/")
    points = len(plan.design.rows)
    known = point.isdecimal() and replication.isdecimal()
    if known and int(point) < points and int(replication) < plan.replications:
        return int(point), int(replication)
    told = f"POINT/REPLICATION is expected, 0/0 to {points - 1}/{plan.replications - 1}"
    raise InputError([Problem("--only", 1, 1, place, told)])


def _plain(metrics: Columns, row: Row) -> dict[str, Any]:
    """All that is known of a run; the value of a metric is None where it is not defined."""
    told = [
        {"metric": key.variable, **dict(zip(Key._fields[1:], key[1:], strict=True)), "unit": unit,
         "value": None if np.isnan(value) else value}
        for (key, unit), value in zip(metrics, row.values.tolist(), strict=True)
    ]  # fmt: skip
    return {"seconds": row.seconds, "lots": row.lots, "events": row.events, "metrics": told}


def _show(metrics: Columns, row: Row) -> None:
    cells = [
        (key.variable, *(part or "-" for part in key[1:]), unit, figure(value))
        for (key, unit), value in zip(metrics, row.values.tolist(), strict=True)
        if not np.isnan(value)
    ]
    print_table(("metric", "place", "element", "actor", "heading", "unit", "value"), cells, ("value",))
    print(f"{row.seconds:.3f} s, {row.lots} lots, {row.events} events")
