"""Results made by hand, as a run would write them, and what comparing them says."""

import json

import pytest

from sim.comparison import Selection, compare
from sim.inputs.text import InputError
from sim.results import SCHEMA
from tests.sealing import seal

EVERYTHING = Selection()
IMPORTS = ("imports_t", "myanmar", "", "", "", "t")
PRICE = ("price_peak", "china", "Tb", "", "", "CNY/kg")
TIME = ("time_to_recover_d", "", "", "", "", "d")
OPEN = ("time_to_recover_censored", "", "", "", "", "1")


def table(name, columns, rows):
    """Rows of (about, values by replication) as a kpi.csv; None is an empty value."""
    lines = [f"scenario,replication,{columns},place,element,actor,heading,unit,value"]
    for about, values in rows.items():
        for replication, value in enumerate(values):
            lines.append(f"{name},{replication},{','.join(about)},{'' if value is None else value}")
    return "\n".join(lines) + "\n"


def write_result(path, name, rows, scenario="", **say):
    """A result folder; `say` changes its manifest."""
    path.mkdir()
    (path / "kpi.csv").write_text(table(name, "metric", rows), encoding="utf-8")
    months = {("2025-07", *about): values for about, values in rows.items()}
    (path / "monthly.csv").write_text(table(name, "month,variable", months), encoding="utf-8")
    (path / "scenario.resolved.yaml").write_text(f"name: {name}\n{scenario}", encoding="utf-8")
    manifest = {
        "schema": SCHEMA,
        "reference": None,
        "period": {"start": "2025-07-01", "months": 24},
        "root_seed": 7,
        "replications": {"asked": len(next(iter(rows.values())))},
        "evidence": {"hash": "e" * 64},
        "parameters": [{"name": "market.cover_exponent", "value": 0.6, "unit": "1"}],
        "software": {"package": "0.1.0", "git": None},
    } | say
    (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    seal(path)
    return path


def only(found, about):
    (row,) = found.rows[found.rows["metric"] == about[0]].to_dict("records")
    return row


def refusal(*paths, **options):
    with pytest.raises(InputError) as caught:
        compare(paths, options.pop("selection", EVERYTHING), **options)
    return str(caught.value)
