"""Known results at two levels: what the shipped scenarios gave when they were last looked at.

A change of the model moves them. Look at what moved, say so in CHANGELOG.md, and renew them: `make golden`.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worlds import closure, runs

HERE = Path(__file__).parent
MONTHS, DAYS = 4, 30
CASES = {
    "baseline": {},
    "border_closure": {"events": [closure(start="2025-08-01", lasts="60 d")]},
}
RTOL = 1e-6
"""Other processors round the last digits of exp and log differently."""


def rows(name: str) -> Iterator[tuple[str, ...]]:
    """Every series of one replication: its sum over the first four spans of 30 days."""
    (outcome,) = runs(1, months=MONTHS, **CASES[name])
    for key, daily in zip(outcome.keys, outcome.daily, strict=True):
        spans = (daily[start : start + DAYS].sum() for start in range(0, MONTHS * DAYS, DAYS))
        yield (*key, *(f"{value:.9g}" for value in spans))


def path(name: str) -> Path:
    return HERE / f"{name}.csv"


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_last_looked_at(name):
    with path(name).open(encoding="utf-8", newline="") as file:
        known = {tuple(row[:5]): [float(value) for value in row[5:]] for row in csv.reader(file)}
    found = {tuple(row[:5]): [float(value) for value in row[5:]] for row in rows(name)}
    assert found.keys() == known.keys()
    moved = {key for key in known if found[key] != pytest.approx(known[key], rel=RTOL, abs=1e-6)}
    assert not moved, f"moved: {sorted(moved)[:5]} … look, then `make golden`"


if __name__ == "__main__":
    for each in sys.argv[1:] or CASES:
        with path(each).open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(rows(each))
