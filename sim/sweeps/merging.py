"""The parts of a sweep that array jobs made, joined into one."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.inputs.text import InputError, Problem
from sim.results import integrity
from sim.sweeps.declared import FILE
from sim.sweeps.ledger import columns_of
from sim.sweeps.plan import Plan, Wish, prepare
from sim.sweeps.records import KIND
from sim.sweeps.running import SHARD_BOOK, found
from sim.sweeps.tables import Runs

_SAME = ("sweep.resolved.yaml", "design.csv")


def joined(folders: Sequence[Path]) -> Runs:
    """The runs of all parts. Raises InputError unless they are all the parts of one sweep of this version."""
    parts: dict[int, dict[str, Any]] = {}
    problems: list[Problem] = []
    for at, folder in enumerate(folders):
        try:
            parts[at] = _manifest(folder)
        except InputError as error:
            problems += error.problems
    manifests = list(parts.values())
    problems += _unlike([folders[at] for at in parts], manifests)
    if len(parts) == len(folders):
        problems += _missing(folders, manifests)
    if problems:
        raise InputError(problems)
    plan = _plan(folders[0], manifests[0])
    shards = [folder / SHARD_BOOK for folder in folders]
    try:
        metrics = columns_of(shards[0])
    except (OSError, ValueError, KeyError) as error:
        raise _fault(shards[0], f"cannot be read: {error}") from None
    runs = found(plan, metrics, shards, np.arange(plan.runs))
    if runs.book.unreadable:
        raise InputError(Problem(told, 1, 1, "", "cannot be read") for told in runs.book.unreadable)
    absent = int((runs.entries < 0).sum())
    if absent:
        raise _fault(folders[0], f"{absent} runs are in none of the parts")
    return runs


def _manifest(folder: Path) -> dict[str, Any]:
    manifest = integrity.read_manifest(folder)
    if manifest.get("kind") != KIND or manifest["shard"]["of"] < 2:
        raise _fault(folder, "is not the folder of a part of a sweep, as `sim sweep --shard` writes it")
    integrity.check_tables(folder, manifest)
    return manifest


def _unlike(folders: Sequence[Path], manifests: Sequence[dict[str, Any]]) -> list[Problem]:
    """Parts that are not of the same sweep, made by the same model, as the first."""
    problems = []
    for folder, manifest in zip(folders[1:], manifests[1:], strict=True):
        for name in _SAME:
            if (folder / name).read_bytes() != (folders[0] / name).read_bytes():
                problems.append(_problem(folder, f"its {name} is not that of {folders[0]}"))
        for what in ("model", "with_reference"):
            if manifest[what] != manifests[0][what]:
                problems.append(_problem(folder, f"was made with another {what} than {folders[0]}"))
        if manifest["shard"]["of"] != manifests[0]["shard"]["of"]:
            problems.append(_problem(folder, "is of another number of parts"))
    return problems


def _missing(folders: Sequence[Path], manifests: Sequence[dict[str, Any]]) -> list[Problem]:
    of = manifests[0]["shard"]["of"]
    there = Counter(manifest["shard"]["number"] for manifest in manifests)
    absent = [str(number) for number in range(1, of + 1) if number not in there]
    twice = [str(number) for number, count in there.items() if count > 1]
    problems = []
    if absent:
        problems.append(_problem(folders[0], f"of {of} parts there is no {', '.join(absent[:10])}"))
    if twice:
        problems.append(_problem(folders[0], f"part {', '.join(twice)} is given twice"))
    return problems


def _plan(folder: Path, manifest: dict[str, Any]) -> Plan:
    """The plan of the whole sweep, from what a part says of it."""
    design = str(folder / "design.csv") if manifest["design"]["kind"] == FILE else ""
    plan = prepare(Wish(str(folder / _SAME[0]), design=design, with_reference=manifest["with_reference"]))
    if plan.model != manifest["model"]:
        raise _fault(folder, "was made with other evidence or code: merge with that")
    return plan


def _problem(folder: Path, message: str) -> Problem:
    return Problem(str(folder), 1, 1, "", message)


def _fault(folder: Path, message: str) -> InputError:
    return InputError([_problem(folder, message)])
