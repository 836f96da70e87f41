"""The record that goes with a result: what was run, from which numbers, with which software."""

import os
import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim import __version__
from sim.evidence import Estimate, Registry
from sim.inputs.sampling import Fixed
from sim.results import SCHEMA
from sim.scenario import SET_BY_USER, Loaded
from sim.scenario.model import Setting

_SHOWN = ("imports_from_myanmar_t", "oxide_price", "ore_price")
"""Observed series that are also variables of a run."""

_LIBRARIES = ("simpy", "numpy", "scipy", "pandas", "pydantic", "ruamel.yaml", "typer", "rich")


def manifest(
    loaded: Loaded,
    registry: Registry,
    parameters_used: Iterable[str],
    warnings: Sequence[str],
    replications: Mapping[str, int],
    work: Mapping[str, Any],
) -> dict[str, Any]:
    """The content of manifest.json.

    replications: how many were asked for, finished and failed. work: wall time and workers.
    """
    scenario, parent = loaded.scenario, loaded.parent
    parameters = [
        parameter(registry.parameters[name], scenario.set.get(name)) for name in sorted(parameters_used)
    ]
    return {
        "schema": SCHEMA,
        "scenario": {
            "name": scenario.name,
            "question": scenario.question,
            "hash": scenario.hash(),
            "files": [named(Path(file)) for file in loaded.files],
            "changed": list(loaded.log),
        },
        "reference": None if parent is None else {"name": parent.name, "hash": parent.hash()},
        "period": {"start": scenario.period.start.isoformat(), "months": scenario.period.months},
        "root_seed": scenario.run.root_seed,
        "replications": dict(replications),
        "command": command_line(sys.argv),
        "warnings": list(warnings),
        "evidence": {"hash": registry.hash(), "grades": grades(parameters)},
        "parameters": parameters,
        **background(registry, parameters, scenario.period.start, scenario.period.end),
        "software": software(),
        "work": dict(work),
    }


def parameter(estimate: Estimate, setting: Setting | None) -> dict[str, Any]:
    """One parameter as the run used it. A value that the scenario sets has the grade of its reason."""
    used: dict[str, Any] = {
        "name": estimate.name,
        "value": estimate.value,
        "unit": estimate.unit,
        "low": estimate.low,
        "high": estimate.high,
        "distribution": estimate.distribution,
        "grade": estimate.grade,
        "note": estimate.note,
        "sources": [{"id": citation.id, "where": citation.where} for citation in estimate.sources],
        "file": estimate.file,
        "line": estimate.line,
        "settled_by": estimate.settled_by,
    }
    if setting is None:
        return used
    quantity = setting.value.to(estimate.unit)
    used |= {"value": quantity.law.value if isinstance(quantity.law, Fixed) else quantity.text}
    reason = setting.evidence or setting.assume or ""
    return used | {
        "grade": "D" if setting.evidence is None else "C",
        "set": SET_BY_USER if reason == SET_BY_USER else f"set by the scenario: {reason}",
        "evidence_value": estimate.value,
    }


def background(
    registry: Registry, parameters: Iterable[Mapping[str, Any]], start: date, end: date
) -> dict[str, Any]:
    """What a reader needs of the evidence beside the parameters: sources by id, who holds what, and what was
    observed within a period.

    Results carry it along so that they can be read without the evidence, or after it has changed.
    """
    cited = sorted({source["id"] for used in parameters for source in used["sources"]})
    sources = {
        id: {"title": one.title, "publisher": one.publisher, "date": one.date, "url": one.url}
        for id, one in ((id, registry.sources[id]) for id in cited)
    }
    homes = {
        name: {"region": home.region, "controller": home.controller, "gate": home.gate}
        for name, home in registry.network.districts.items()
    }
    network = {
        "districts": homes,
        "gates": dict(registry.network.gates),
        "detours": dict(registry.network.detours),
    }
    observed = [
        {
            **{
                name: getattr(item, name) for name in ("series", "element", "place", "value", "unit", "basis")
            },
            "start": item.period_start.isoformat(),
            "end": item.period_end.isoformat(),
            "reference": item.reference,
        }
        for item in registry.observations.values()
        if item.series in _SHOWN and start <= item.period_start and item.period_end < end
    ]
    return {"sources": sources, "network": network, "observations": observed}


def grades(parameters: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of the parameters have which grade, A first."""
    count = Counter(str(parameter["grade"]) for parameter in parameters)
    return {grade: count[grade] for grade in sorted(count)}


def command_line(argv: Sequence[str]) -> list[str]:
    """The command as it was given, without the absolute paths of a machine."""
    return ["sim", *(_without_folders(word) for word in argv[1:])]


def software() -> dict[str, Any]:
    """Versions of the package and of what it stands on."""
    return {
        "package": __version__,
        "git": git_state(Path(__file__).resolve().parent),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "libraries": {name: _version(name) for name in _LIBRARIES},
    }


def git_state(package: Path) -> dict[str, Any] | None:
    """Commit and dirty flag of the checkout the package runs from; None outside of one."""
    if not (package.parent / ".git").exists():
        return None
    commit = _git(package, "rev-parse", "HEAD")
    status = _git(package, "status", "--porcelain")
    return None if commit is None or status is None else {"commit": commit, "dirty": bool(status)}


def _git(folder: Path, *words: str) -> str | None:
    """What git says, or None where there is no git or it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _without_folders(word: str) -> str:
    """`/a/b.yaml` and `--out=/a/b` without the folders."""
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    return f"{option}{equals}{named(Path(value))}" if os.path.isabs(value) else word


def named(path: Path) -> str:
    """How a manifest names a file: a relative path as it is, the bare name of an absolute one."""
    return path.name if path.is_absolute() else str(path)
