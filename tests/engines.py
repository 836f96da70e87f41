"""An engine that runs nothing: outcomes made of the names of the series, so that whole pages cost little."""

from zlib import crc32

import numpy as np

from sim.ledger import Outcome
from sim.results.variables import VARIABLES
from sim.world import World
from tests.conftest import hand_made

SIZES = {"CNY": 1e6, "USD": 1e5, "kg": 300.0, "m3": 5e4, "car": 2000.0, "1": 0.5, "month": 3.0, "site": 100.0}
TAKERS = ("kia", "uwsa", "ndaa", "china")
PRICES = {"price_cny_per_kg": 3000.0, "price_usd_per_kg": 900.0, "ore_price_cny_per_t": 180e3}


def run(world: World, replication: int) -> Outcome:
    """Every series varies with its name, the replication, and what the scenario changes."""
    days = world.days
    scenario = (
        crc32(repr((world.effects, world.taxes, world.market, world.separation)).encode()) % 1000 / 2000
    )
    shape = 1 + 0.1 * np.sin(np.arange(days) / 29 + replication)
    series = {}
    for variable in VARIABLES.values():
        size = PRICES.get(variable.name) or SIZES.get(variable.unit, 50.0)
        for key in variable.series():
            if key.actor and key.actor not in TAKERS:
                continue
            own = 0.5 + crc32(repr(key).encode()) % 1000 / 1000
            series[key] = size * own * shape * (1 - scenario) * (1 + 0.02 * replication)
    return hand_made(days, replication=replication, series=series)
