"""Keeps the finished replications of an interrupted run, so that the same command goes on from them."""

import json
import os
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key, Outcome, TimelineRow

Part = tuple[str, int]  # (which run: "scenario" or "reference", replication)

_NOT_WHOLE = (
    OSError, BadZipFile, EOFError, LookupError, ValueError, TypeError, NotImplementedError, RecursionError,
    SyntaxError, TokenError, zlib.error,
)  # fmt: skip
"""What NumPy, zipfile and json raise of a file that is damaged or none of ours."""


def save(path: Path, outcomes: Mapping[Part, Outcome]) -> None:
    """Write the outcomes to `path`, whole or not at all. OSError if it cannot be written."""
    arrays: dict[str, NDArray[np.float64]] = {}
    index = []
    for number, ((role, _), outcome) in enumerate(sorted(outcomes.items())):
        arrays[f"daily-{number}"] = outcome.daily
        arrays[f"disruptions-{number}"] = np.array(outcome.disruptions, dtype=np.float64).reshape(-1, 2)
        arrays |= {f"waits-{number}-{gate}": waits for gate, waits in outcome.waits_d.items()}
        index.append(_header(role, outcome))
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{os.getpid()}")  # no longer than the name itself, which may be long
    try:
        with scratch.open("wb") as file:
            np.savez(file, allow_pickle=False, index=np.array(json.dumps(index)), **arrays)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def load(path: Path, keep: Callable[[Outcome], Outcome] = lambda outcome: outcome) -> dict[Part, Outcome]:
    """What `save` wrote, each through `keep` as it is read; empty if there is none or it is not whole."""
    if not path.is_file():  # of a pipe the end would be waited for
        return {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            index = json.loads(str(arrays["index"]))
            return {
                (header["role"], header["replication"]): keep(_outcome(number, header, arrays))
                for number, header in enumerate(index)
            }
    except _NOT_WHOLE:
        return {}


def clear(path: Path) -> None:
    """Drop what was saved, and its folder if nothing else is in it.

    What cannot be dropped stays: only the same command would find it, and be right to use it.
    """
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def _header(role: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "role": role,
        "replication": outcome.replication,
        "keys": outcome.keys,
        "timeline": outcome.timeline,
        "gates": list(outcome.waits_d),
        "lots": outcome.lots,
        "events": outcome.events,
        "seconds": outcome.seconds,
    }


def _outcome(number: int, header: dict[str, Any], arrays: Mapping[str, Any]) -> Outcome:
    return Outcome(
        replication=header["replication"],
        keys=tuple(Key(*key) for key in header["keys"]),
        daily=arrays[f"daily-{number}"],
        waits_d={gate: arrays[f"waits-{number}-{gate}"] for gate in header["gates"]},
        timeline=tuple(TimelineRow(*row) for row in header["timeline"]),
        disruptions=tuple((first, last) for first, last in arrays[f"disruptions-{number}"].tolist()),
        lots=header["lots"],
        events=header["events"],
        seconds=header["seconds"],
    )
