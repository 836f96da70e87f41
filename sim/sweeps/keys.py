"""What a run is known by: a hash of everything it depends on, so that the same run is never made twice."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from sim import __version__, shipped
from sim.evidence import Registry
from sim.scenario import Scenario

BYTES = 16
_NOT_OF_A_RUN = ("cli", "history", "comparison", "sweeps")
"""Packages of ours that change no run."""


def model_hash(registry: Registry) -> str:
    """Of the evidence and of the code that runs are made with, in hexadecimal."""
    digest = hashlib.blake2b(__version__.encode(), digest_size=BYTES)
    digest.update(registry.hash().encode())
    digest.update(repr(registry.ensemble).encode())
    package = Path(__file__).resolve().parent.parent
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in _NOT_OF_A_RUN:
            digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint() -> str:
    """The hash of the shipped evidence and of the code, wherever this is called."""
    return model_hash(Registry.load(shipped.seeds_dir()))


def content_hash(scenario: Scenario, reference: Scenario | None) -> bytes:
    """Of what a run takes from a scenario: words, sources and the number of replications do not count.

    reference: what relative metrics are against; None without.
    """
    content = [_content(one) for one in (scenario, reference) if one is not None]
    text = json.dumps(content, sort_keys=True, default=date.isoformat, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=BYTES).digest()


def run_key(content: bytes, replication: int) -> bytes:
    """Of one replication."""
    return hashlib.blake2b(content + replication.to_bytes(8, "little"), digest_size=BYTES).digest()


def _content(scenario: Scenario) -> dict[str, Any]:
    plain = scenario.plain()
    for words in ("question", "sources", "surprise", "reference"):
        plain.pop(words, None)
    if not scenario.run.ensemble:
        plain.pop("name")  # calibrated sets may be for a scenario of that name
    del plain["run"]["replications"]
    plain.get("start_state", {}).pop("source", None)
    for event in plain.get("events", []):
        event.pop("source", None)
    for setting in plain.get("set", {}).values():
        for note in ("assume", "evidence"):
            setting.pop(note, None)
    return plain
