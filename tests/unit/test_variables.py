import numpy as np
import pytest

from sim import engine
from sim.ledger import Key
from sim.places import DISTRICTS, ORIGINS
from sim.results.variables import VARIABLES, panel
from tests import worlds

IMPORTS = {
    Key("imports_t", place="myanmar", heading="oxide"): 3.0,
    Key("imports_t", place="myanmar", heading="compound"): 1.0,
    Key("imports_t", place="laos", heading="oxide"): 2.0,
}


def test_every_unit_is_told_by_the_name_of_the_variable():
    endings = {"t": "_t", "kg": "_kg", "CNY": "_cny", "CNY/t": "_cny_per_t", "CNY/kg": "_cny_per_kg"}
    for name, variable in VARIABLES.items():
        assert name.endswith(endings.get(variable.unit, "")), name


def test_totals_add_over_origins_headings_and_both(outcome):
    series = panel(outcome(series=IMPORTS))
    assert series[Key("imports_t")][0] == 6.0
    assert series[Key("imports_t", place="myanmar")][0] == 4.0
    assert series[Key("imports_t", heading="oxide")][0] == 5.0
    assert series[Key("imports_t", place="malaysia")][0] == 0.0
    assert sum(key.variable == "imports_t" for key in series) == (len(ORIGINS) + 1) * 3


def test_kilograms_of_two_elements_and_prices_have_no_totals(outcome):
    series = panel(outcome())
    assert Key("separated_kg") not in series
    assert Key("netback_cny_per_t") not in series
    assert Key("cover_months") not in series


def test_total_of_districts_is_their_sum_day_by_day(outcome):
    days = np.arange(10.0)
    series = panel(outcome(10, series={Key("mined_t", place=name): days for name in DISTRICTS}))
    np.testing.assert_array_equal(series[Key("mined_t")], len(DISTRICTS) * days)


@pytest.mark.parametrize(
    "key",
    [
        Key("mined_tons", place="pangwa"),
        Key("mined_t", place="atlantis"),
        Key("mined_t", place="pangwa", actor="kia"),
        Key("imports_t"),
    ],
)
def test_a_series_outside_the_closed_list_is_refused(outcome, key):
    with pytest.raises(ValueError, match="outside the closed list"):
        panel(outcome(series={key: 1.0}))


def without(outcome, *dropped):
    whole = outcome()
    kept = [index for index, key in enumerate(whole.keys) if key not in dropped]
    keys = tuple(whole.keys[index] for index in kept)
    return type(whole)(0, keys, whole.daily[kept], {}, (), (), 0, 0)


def test_a_missing_flow_of_one_place_is_zero_but_a_whole_variable_must_be_there(outcome):
    part = without(outcome, Key("tax_cny", actor="kia"))
    assert panel(part)[Key("tax_cny", actor="kia")].sum() == 0.0
    with pytest.raises(ValueError, match="no lost_t"):
        panel(without(outcome, Key("lost_t")))


def test_a_missing_price_is_never_taken_for_zero(outcome):
    with pytest.raises(ValueError, match="price_cny_per_kg"):
        panel(without(outcome, Key("price_cny_per_kg", place="china", element="Tb")))


def test_the_engine_writes_every_variable_and_no_other():
    world = worlds.world(months=1)
    written = set(engine.run(world, 0).keys)
    listed = {key for variable in VARIABLES.values() for key in variable.series()}
    assert written <= listed
    assert {key.place for key in listed - written} == {"malaysia", "other"}  # no compounds there
    assert {key.heading for key in listed - written} == {"compound"}
