"""The rains: floods stop output at once, and what weather comes does not change what the trade is used to."""

import numpy as np
import pytest

from sim import engine
from tests.worlds import totals, world

FLOODS = {"mines.severe_monsoon_probability": 1, "mines.landslide_per_season": 0}


def test_floods_take_output_down_in_their_first_week():
    flooded = engine.run(world(settings=FLOODS, months=2, period={"start": "2025-06-15"}), 0)
    mined = flooded.series("mined_t", place="pangwa")
    june, july = mined[:16].mean(), mined[16:23].mean()
    assert july / june == pytest.approx(0.52 / 0.9, abs=0.03)


def test_a_scenario_of_floods_leaves_orders_throughput_and_sites_as_they_were():
    usual, flooded = world(), world(settings=FLOODS)
    assert flooded.market == usual.market
    assert flooded.separation == usual.separation
    assert flooded.inflow == usual.inflow


def test_floods_only_take_ore_away():
    dry = FLOODS | {"mines.severe_monsoon_probability": 0}
    usual, flooded = (
        [engine.run(world(replication, settings=settings), replication) for replication in range(2)]
        for settings in (dry, FLOODS)
    )
    mined = {"variable": "mined_t", "place": "pangwa"}
    terbium = {"variable": "price_cny_per_kg", "element": "Tb", "place": "china"}
    assert np.all(totals(flooded, **mined) < 0.9 * totals(usual, **mined))
    assert np.all(totals(flooded, **terbium) > totals(usual, **terbium))
