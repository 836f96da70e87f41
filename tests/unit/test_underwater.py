"""Taxes against costs: the table of sites under water, and its page."""

from pathlib import Path

import numpy as np
import pytest

from sim.underwater import NDPR_CNY_PER_T, page, table
from tests.worlds import world

PAGE = Path(__file__).parents[2] / "docs" / "taxes.md"


def shares() -> dict[str, tuple[float, ...]]:
    return {row.regime: row.shares for row in table(world())}


def test_more_tax_and_cheaper_ndpr_never_put_fewer_sites_under_water():
    found = shares()
    ladder = [found[name] for name in list(found)[:1]] + [
        found["35,000 CNY/t"],
        found["both: share and flat rate"],
        found["both, 200,000 CNY a site, 20% of ore withheld"],
    ]
    assert (np.diff(np.array(ladder), axis=0) >= 0).all()
    assert all((np.diff(row) <= 0).all() for row in found.values())
    assert list(NDPR_CNY_PER_T) == sorted(NDPR_CNY_PER_T)


def test_the_two_reported_rates_are_near_each_other_and_close_few_sites():
    found, now = shares(), NDPR_CNY_PER_T.index(444_500.0)
    assert found["20% of value"][now] < 0.05
    assert found["35,000 CNY/t"][now] < 0.05
    assert found["both, 200,000 CNY a site, 20% of ore withheld"][now] > 0.3


def test_a_dear_mine_is_under_water_sooner():
    dear = {
        row.regime: row.shares for row in table(world(settings={"mines.other_cost_cny_per_t": "60000 CNY/t"}))
    }
    assert dear["20% of value"][3] > shares()["20% of value"][3] + 0.1
    assert dear["nothing"][-1] == pytest.approx(0.0, abs=0.2)


def test_the_page_is_in_step():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
