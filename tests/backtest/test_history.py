"""The histories on a short budget: all that is declared in seeds/backtest.yaml holds."""

import pytest

from sim.history.validation import HISTORIES, backtested

REPLICATIONS = 30


@pytest.mark.slow
@pytest.mark.parametrize("scenario", HISTORIES)
def test_the_declared_tolerances_hold(scenario):
    done = backtested(scenario, REPLICATIONS)
    assert done.verdicts
    assert [v.tolerance.id for v in done.verdicts if not v.holds] == []
