"""What tests of several folders share: outcomes made by hand, and what is slow as a whole."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.ledger import Key, Outcome, TimelineRow
from sim.results.variables import VARIABLES

Series = Mapping[Key, float | Sequence[float] | NDArray[np.float64]]

DISTRICT_GATES = {
    "pangwa": "kia",
    "kanpaiti": "kia",
    "lweje": "kia",
    "wa_menga": "uwsa",
    "mong_la": "ndaa",
    "muse": "junta",
    "pangsau": "kia",
}


SLOW = ("documentation", "fuzz", "test_habits.py", "test_uncertainty.py", "test_report.py")
"""Folders and files whose tests all start many processes or runs."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick suite goes without what is slow as a whole."""
    for item in items:
        if not set(SLOW).isdisjoint(item.path.parts):
            item.add_marker(pytest.mark.slow)


def hand_made(
    days: int = 120,
    *,
    replication: int = 0,
    series: Series | None = None,
    waits_d: Mapping[str, Sequence[float]] | None = None,
    timeline: Sequence[TimelineRow] = (),
    disruptions: Sequence[tuple[float, float]] = (),
) -> Outcome:
    """An outcome in which every level is 1, every flow and stock 0, but for the given series."""
    daily = {
        key: np.full(days, float(variable.level))
        for variable in VARIABLES.values()
        for key in variable.series()
    }
    for key, values in (series or {}).items():
        daily[key] = np.broadcast_to(np.asarray(values, dtype=np.float64), (days,))
    keys = tuple(sorted(daily))
    return Outcome(
        replication=replication,
        keys=keys,
        daily=np.array([daily[key] for key in keys]),
        waits_d={gate: np.array(waits, dtype=np.float64) for gate, waits in (waits_d or {}).items()},
        timeline=tuple(timeline),
        disruptions=tuple(disruptions),
        lots=10,
        events=100,
        seconds=0.25,
    )


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """The maker of outcomes; see `hand_made`."""
    return hand_made
