"""What tests of several folders share: outcomes made by hand, and what is slow as a whole."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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


SLOW = (
    "documentation/",
    "fuzz/",
    "contract/test_backtest.py",
    "contract/test_habits.py",
    "contract/test_interruptions.py",
    "contract/test_report.py",
    "contract/test_sweep.py",
    "contract/test_uncertainty.py",
)
"""Folders and files whose tests all start many processes or runs."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick suite goes without what is slow as a whole."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(SLOW):
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
