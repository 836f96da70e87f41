"""Sweeps of made-up metrics in their folders, for tests of what is found in them: nothing of the model."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from sim.results import SCHEMA
from tests.sealing import seal

PRICE = "price_peak,china,Tb,,,CNY/kg"
LOST = "shortfall_lost_kg,,Tb,,,kg"
INPUTS = ("market.a", "market.b", "events.shut.lasts")


def evidence(name: str, grade: str) -> dict[str, object]:
    return {"name": name, "grade": grade, "settled_by": f"A look at {name}"}


PARAMETERS = [evidence("market.a", "C"), evidence("market.b", "D")]


def sweep_folder(
    folder: Path,
    x: np.ndarray,
    of: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    kind: str = "lhs",
    failed: tuple[tuple[int, int], ...] = (),
    replications: int = 1,
    levers: tuple[str, ...] = (),
) -> Path:
    """A sweep's folder: x of shape (points, inputs), and by metric a function of x. failed: (point, run)."""
    paths = [*levers, *(path for path in INPUTS[: x.shape[1]] if path not in levers)]
    lines = [f"{point},{','.join(f'{v:.10g}' for v in row)}" for point, row in enumerate(x)]
    put(folder / "design.csv", ",".join(["point", *paths]), lines)
    runs, kpi = [], []
    values = {name: function(x) for name, function in of.items()}
    for point in range(len(x)):
        for replication in range(replications):
            is_failed = (point, replication) in failed
            runs.append(f"{point},{replication},{'failed' if is_failed else 'ok'}")
            if not is_failed:
                kpi += [f"{point},demo,{replication},{name},{y[point]:.12g}" for name, y in values.items()]
    put(folder / "runs.csv", "point,replication,status", runs)
    put(
        folder / "kpi.csv",
        "point,scenario,replication,metric,place,element,actor,heading,unit,value",
        kpi,
    )
    design = {
        "kind": kind,
        "levers": [{"path": path, "unit": "1"} for path in levers],
        "uncertainties": [{"path": path, "unit": "1"} for path in paths if path not in levers],
    }
    manifest = {
        "schema": SCHEMA, "kind": "sweep", "scenario": {"name": "demo"}, "design": design,
        "replications": replications, "parameters": PARAMETERS, "shard": {"of": 1},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    seal(folder)
    return folder


def drawn_folder(
    folder: Path, x: np.ndarray, of: Mapping[str, Callable[[np.ndarray], np.ndarray]], sets: int = 0
) -> Path:
    """A run with drawn parameters, two replications each and its reference, of which all is 7.

    sets: into so many calibrated sets the draws are dealt; 0: none.
    """
    draws = [
        f"{draw},{path},{grade},1,{row[at]:.10g},{10 * row[at]:.10g}"
        for draw, row in enumerate(x)
        for at, (path, grade) in enumerate(zip(INPUTS[: x.shape[1]], ("C", "calibrated", ""), strict=False))
    ]
    draws += [f"{draw},calibrated_set,calibrated,,{draw % sets}," for draw in range(len(x)) if sets]
    put(folder / "draws.csv", "draw,path,grade,unit,own,value", draws)
    head = "scenario,replication,metric,place,element,actor,heading,unit,value"
    lines = [
        f"demo,{number},{name},{function(x)[number // 2]:.12g}"
        for name, function in of.items()
        for number in range(2 * len(x))
    ]
    put(folder / "kpi.csv", head, lines)
    (folder / "reference").mkdir()
    put(folder / "reference" / "kpi.csv", head, [f"{line.rpartition(',')[0]},7" for line in lines])
    manifest = {
        "schema": SCHEMA, "scenario": {"name": "demo"}, "parameters": PARAMETERS,
        "replications": {"asked": 2 * len(x), "draws": len(x)},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    seal(folder)
    return folder


def put(path: Path, header: str, lines: list[str]) -> None:
    path.write_text("\n".join([header, *lines]) + "\n")


def linear(x):
    return 1000 + 30 * x[:, 0] + 10 * x[:, 1]


def uniform(points, inputs=3, seed=0):
    return np.random.default_rng(seed).random((points, inputs))


def saltelli(n, inputs=3):
    from SALib.sample import sobol

    problem = {"num_vars": inputs, "names": list(INPUTS[:inputs]), "bounds": [[0, 1]] * inputs}
    return sobol.sample(problem, n, calc_second_order=False, seed=1)


def decision_file(folder, **changes):
    content = {
        "name": "stock",
        "question": "How much?",
        "options": {"name": "held", "values": [0, 10], "unit": "kg"},
        "amounts": {"cost": {"value": 2, "unit": "CNY/kg", "assume": "for a test"}},
        "outcomes": {"lost_kg": {"metric": "shortfall_lost_kg", "element": "Tb"}},
        "unit": "CNY",
        "loss": "held * cost + max(0, lost_kg - held) * 5",
    } | changes
    path = folder / "decision.yaml"
    path.write_text(json.dumps(content))
    return path
