"""Where the ore goes, from totals by district and by gate."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from sim import shipped
from sim.places import CHINESE_PLANTS, DISTRICTS, GATES
from sim.report.charts import geography
from sim.report.charts.network import is_shut
from sim.report.charts_of_flows import _links, lowest_month
from sim.report.flows import _ways, flows, plant_shares
from sim.report.reading import read_result
from tests.pages import HOMES, run_folder

NETWORK = {name: {"gate": gate} for name, (_, _, gate, _) in HOMES.items()}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return read_result(run_folder(tmp_path_factory.mktemp("flows") / "run", replications=3))


def test_what_districts_ship_is_what_gates_get():
    shipped_t = {"pangwa": np.array([100.0, 60.0]), "chipwi": np.array([80.0, 80.0])}
    arrived = {"pangwa": np.array([100.0, 90.0]), "kanpaiti": np.array([80.0, 50.0])}
    homes = {name: NETWORK[name] for name in shipped_t}
    found = _ways(shipped_t, arrived, homes, {"pangwa": ["kanpaiti"], "kanpaiti": ["pangwa"]})
    for at, totals in ((0, shipped_t), (1, arrived)):
        for name, total in totals.items():
            summed = sum(amount for way, amount in found.items() if way[at] == name)
            np.testing.assert_allclose(summed, total, rtol=1e-3)


def test_ore_of_a_shut_gate_is_found_on_its_detour():
    homes = {name: NETWORK[name] for name in ("pangwa", "chipwi")}
    shipped_t = {"pangwa": np.array([100.0]), "chipwi": np.array([40.0])}
    arrived = {"pangwa": np.array([140.0]), "kanpaiti": np.array([0.0])}
    found = _ways(shipped_t, arrived, homes, {"pangwa": ["kanpaiti"], "kanpaiti": ["pangwa"]})
    assert found["chipwi", "pangwa"] == pytest.approx(40.0)
    assert found["chipwi", "kanpaiti"] == 0


def test_the_map_begins_in_the_month_in_which_least_passes(result):
    own = flows(result, result.own)
    assert result.months[lowest_month(own)] in ("2025-11", "2025-12", "2026-01")
    assert list(is_shut(own.passed["muse"])) == [False] * len(result.months)
    assert is_shut(np.array([100.0, 1.0, 100.0])) == [False, True, False]


def test_use_is_a_share_of_capacity(result):
    base = flows(result, result.reference)
    assert base.use["district pangwa"][2] == pytest.approx(base.mined["pangwa"][2] / (150 * 150 / 12))
    assert base.use["gate pangwa"][2] == pytest.approx(base.passed["pangwa"][2] / (40 * 25 * 365.25 / 12))


def test_as_much_flows_out_of_the_middle_of_the_sankey_as_into_it(result):
    _, links = _links(result, result.reference)
    middle = {link.start for link in links} & {link.end for link in links}
    assert {"actor kia", "gate pangwa", *CHINESE_PLANTS} <= middle
    for name in middle:
        into = sum(link.amount for link in links if link.end == name)
        out = sum(link.amount for link in links if link.start == name)
        assert into == pytest.approx(out, rel=1e-3), name


def test_the_map_knows_every_place_and_puts_it_near_where_it_is():
    with (shipped.seeds_dir() / "places.csv").open(encoding="utf-8") as file:
        places = {row["id"]: (float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)}
    assert set(geography.DISTRICTS) == set(DISTRICTS)
    assert set(geography.GATES) == set(GATES)
    assert set(geography.PLANT_HEIGHTS) == set(CHINESE_PLANTS)
    for drawn in (geography.DISTRICTS, geography.GATES):
        for name, at in drawn.items():
            assert np.hypot(*np.subtract(at, places[name])) < 0.85, name


def test_what_the_map_draws_lies_within_it():
    for lon, lat in (*geography.DISTRICTS.values(), *geography.GATES.values(), geography.HUB):
        assert geography.WEST < lon < geography.EAST
        assert geography.SOUTH < lat < geography.NORTH


def test_plants_share_the_feed_as_the_run_had_it_shared(result):
    """A share that the scenario sets is that share; the others make up for it."""
    parameters = [dict(one) for one in result.manifest["parameters"]]
    for one in parameters:
        if one["name"] == "processing.share_ganzhou":
            one |= {"value": 0.78, "set": "set by the user"}
    changed = replace(result, manifest={**result.manifest, "parameters": parameters})
    assert list(plant_shares(changed).values()) == pytest.approx([0.78, 0.1, 0.08, 0.04])
    assert set(plant_shares(replace(result, manifest={"parameters": []})).values()) == {0.0}


def test_of_a_month_that_the_period_holds_in_part_the_map_shows_the_rate_and_the_sankey_the_tonnes(result):
    inside = replace(result, manifest=result.manifest | {"period": {"start": "2025-07-31", "months": 17}})
    np.testing.assert_allclose(inside.covered, [1 / 31, *[1.0] * 16, 30 / 31])
    whole, part = flows(result, result.own), flows(inside, inside.own)
    np.testing.assert_allclose(part.mined["pangwa"], whole.mined["pangwa"] / inside.covered)
    np.testing.assert_allclose(part.use["gate pangwa"], whole.use["gate pangwa"] / inside.covered)
    np.testing.assert_allclose(part.use["plant jiangsu"], whole.use["plant jiangsu"])
    (_, links), (_, longer) = (_links(one, one.own) for one in (inside, result))
    amounts, before = ({(x.start, x.end): x.amount for x in found} for found in (links, longer))
    own = [way for way in amounts if way[0].startswith("mine")]
    assert [amounts[way] for way in own] == pytest.approx([before[way] for way in own])
    (clay,) = {start for start, end in amounts if start.startswith("clay")}
    assert amounts[clay, "jiangsu"] == pytest.approx(before[clay, "jiangsu"] * 17 / 18)
