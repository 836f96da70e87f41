"""Every metric on series simple enough to do the sum by hand."""

from math import inf, isnan

import numpy as np
import pytest

from sim.ledger import Key
from sim.places import CONTROLLERS
from sim.results.metrics import METRICS, measure, merged
from tests.worlds import ALL_GATES, event, runs

OXIDE = Key("imports_t", place="myanmar", heading="oxide")
LAOS = Key("imports_t", place="laos", heading="oxide")
DY = Key("price_cny_per_kg", place="china", element="Dy")


@pytest.fixture
def values():
    """The measures of an outcome as a mapping."""

    def of(own, reference=None, shut=None):
        measures = measure(own, reference, shut)
        table = {one.key: one.value for one in measures}
        assert len(table) == len(measures), "a metric appears twice"
        return table

    return of


def days_of(days, **at):
    """Zero but for the given stretches: `days_of(10, to3=1.0)` is 1 up to day 3, not included."""
    series = np.zeros(days)
    for stretch, value in at.items():
        series[: int(stretch.removeprefix("to"))] = value
    return series


def test_all_metrics_of_the_list_are_always_there_and_no_other(outcome, values):
    assert {key.variable for key in values(outcome())} == set(METRICS)


def test_the_rows_are_the_same_with_and_without_reference_and_events(outcome):
    plain = measure(outcome(), None)
    eventful = measure(
        outcome(series={OXIDE: 5.0}, waits_d={"pangwa": [1.0]}, disruptions=[(3.0, 9.0)]), outcome()
    )
    assert [(one.key, one.unit) for one in plain] == [(one.key, one.unit) for one in eventful]


def test_every_row_has_a_unit_and_ex_china_prices_their_own(outcome):
    units = {one.key: one.unit for one in measure(outcome(), None)}
    assert all(units.values())
    assert units[Key("price_mean", place="china", element="Dy")] == "CNY/kg"
    assert units[Key("price_mean", place="ex_china", element="Dy")] == "USD/kg"


def test_relative_metrics_are_empty_without_a_reference(outcome, values):
    table = values(outcome(disruptions=[(3.0, 9.0)]))
    for key, value in table.items():
        if METRICS[key.variable].relative:
            assert isnan(value), key


def test_sums_run_over_the_period_with_totals(outcome, values):
    table = values(outcome(100, series={OXIDE: 2.0, LAOS: 1.0, Key("mined_t", place="momauk"): 0.5}))
    assert table[Key("imports_t")] == 300.0
    assert table[Key("imports_t", place="myanmar")] == 200.0
    assert table[Key("imports_t", place="myanmar", heading="oxide")] == 200.0
    assert table[Key("imports_t", heading="compound")] == 0.0
    assert table[Key("mined_t")] == table[Key("mined_t", place="momauk")] == 50.0


def test_imports_while_shut_count_each_day_of_overlapping_closures_once(outcome, values):
    closures = [(10.0, 30.0), (20.0, 40.0), (90.0, inf)]
    table = values(outcome(100, series={OXIDE: np.arange(100.0), LAOS: 1.0}, disruptions=closures))
    expected = sum(range(10, 40)) + sum(range(90, 100))
    assert table[Key("imports_while_shut_t", place="myanmar")] == expected
    assert table[Key("imports_while_shut_t")] == expected + 40


def test_imports_while_shut_are_empty_without_a_disruption_and_can_use_anothers(outcome, values):
    own = outcome(100, series={OXIDE: 1.0})
    assert isnan(values(own)[Key("imports_while_shut_t")])
    assert values(own, shut=[(10.0, 15.5)])[Key("imports_while_shut_t")] == 6.0


def test_price_mean_peak_and_changes(outcome, values):
    price = np.full(100, 200.0)
    price[40:70] = 300.0
    price[55] = 600.0  # one wild day moves the peak by a thirtieth only
    price[-1] = 150.0
    table = values(outcome(100, series={DY: price}))
    about = {"place": "china", "element": "Dy"}
    assert table[Key("price_mean", **about)] == pytest.approx(price.mean())
    assert table[Key("price_peak", **about)] == pytest.approx(310.0)
    assert table[Key("price_peak_change_pct", **about)] == pytest.approx(55.0)
    assert table[Key("price_end_change_pct", **about)] == pytest.approx(-25.0)


def test_the_peak_of_a_period_shorter_than_its_window_is_the_mean(outcome, values):
    table = values(outcome(28, series={DY: np.arange(1.0, 29.0)}))
    assert table[Key("price_peak", place="china", element="Dy")] == pytest.approx(14.5)


SEPARATED = Key("separated_kg", element="Tb")


@pytest.mark.parametrize(
    ("first_half", "second_half", "lost", "delayed"),
    [
        (10.0, 10.0, 0.0, 0.0),
        (4.0, 10.0, 300.0, 0.0),  # never made up
        (4.0, 16.0, 0.0, 300.0),  # made up to the last kilogram
        (4.0, 12.0, 200.0, 100.0),  # made up in part
        (12.0, 8.0, 0.0, 0.0),  # always ahead, level at the end
        (10.0, 13.0, 0.0, 0.0),  # ahead at the end
    ],
)
def test_shortfall_is_lost_or_delayed(outcome, values, first_half, second_half, lost, delayed):
    own = np.repeat([first_half, second_half], 50)
    table = values(outcome(100, series={SEPARATED: own}), outcome(100, series={SEPARATED: 10.0}))
    assert table[Key("shortfall_lost_kg", element="Tb")] == pytest.approx(lost)
    assert table[Key("shortfall_delayed_kg", element="Tb")] == pytest.approx(delayed)
    assert table[Key("shortfall_lost_kg", element="Dy")] == 0.0


def recovery(values, outcome, own, disruptions, reference=10.0):
    days = len(own)
    table = values(
        outcome(days, series={OXIDE: own}, disruptions=disruptions),
        outcome(days, series={OXIDE: reference}),
    )
    return table[Key("time_to_recover_d")], table[Key("time_to_recover_censored")]


def test_recovery_is_counted_from_the_end_of_the_closure(outcome, values):
    own = np.full(300, 10.0)
    own[100:150] = 0.0
    # at the close of day 150 + d the window holds d + 1 full days; 28.5 of 30 are needed
    assert recovery(values, outcome, own, [(100.0, 150.0)]) == (28.0, 0.0)


def test_recovery_needs_all_headings_of_myanmar_and_no_other_origin(outcome, values):
    own = outcome(300, series={LAOS: 100.0, OXIDE: days_of(300, to100=10.0)}, disruptions=[(100.0, 150.0)])
    table = values(own, outcome(300, series={OXIDE: 10.0}))
    assert table[Key("time_to_recover_censored")] == 1.0


def test_a_relapse_within_sixty_days_is_no_recovery(outcome, values):
    own = np.full(400, 10.0)
    own[100:150] = 0.0
    own[200:210] = 0.0
    days, censored = recovery(values, outcome, own, [(100.0, 150.0)])
    assert censored == 0.0
    assert days == 238 - 150


def test_recovery_not_certain_before_the_horizon_is_censored(outcome, values):
    own = np.full(237, 10.0)
    own[100:150] = 0.0
    # back at day 178, but of the sixty days 178..237 one lies beyond the end
    days, censored = recovery(values, outcome, own, [(100.0, 150.0)])
    assert isnan(days)
    assert censored == 1.0
    assert recovery(values, outcome, np.append(own, 10.0), [(100.0, 150.0)]) == (28.0, 0.0)


def test_a_closure_for_good_or_past_the_horizon_is_censored(outcome, values):
    own = np.full(200, 10.0)
    for last in (inf, 200.0, 500.0):
        days, censored = recovery(values, outcome, own, [(100.0, last)])
        assert isnan(days)
        assert censored == 1.0


def test_overlapping_closures_are_one_disruption(outcome, values):
    own = np.full(400, 10.0)
    own[100:200] = 0.0
    days, censored = recovery(values, outcome, own, [(120.0, 200.0), (100.0, 150.0)])
    assert (days, censored) == (28.0, 0.0)


def test_never_disrupted_has_neither_recovery_nor_flag(outcome, values):
    assert all(map(isnan, recovery(values, outcome, np.full(200, 10.0), [])))


def test_a_disruption_that_moved_nothing_is_recovered_at_once(outcome, values):
    assert recovery(values, outcome, np.full(200, 10.0), [(100.0, 110.5)]) == (0.5, 0.0)
    assert recovery(values, outcome, np.full(120, 10.0), [(100.0, 110.5)]) == (0.5, 0.0)  # near the horizon


def survival(values, outcome, unmet, disruptions):
    orders, missing = Key("demand_kg", element="Dy"), Key("unmet_kg", element="Dy")
    table = values(outcome(len(unmet), series={orders: 100.0, missing: unmet}, disruptions=disruptions))
    return table[Key("time_to_survive_d", element="Dy")], table[Key("time_to_survive_censored", element="Dy")]


def test_survival_ends_with_the_first_week_short_by_more_than_a_twentieth(outcome, values):
    unmet = np.zeros(200)
    unmet[20:90] = 100.0  # before the disruption: not its work
    unmet[150:] = 5.0  # exactly a twentieth is not more
    unmet[170:] = 6.0
    days, censored = survival(values, outcome, unmet, [(100.0, 110.0)])
    assert censored == 0.0
    assert days == 164 - 100  # the first week with one day at 6 % and six at 5 %


def test_survival_to_the_horizon_is_censored(outcome, values):
    days, censored = survival(values, outcome, np.full(200, 5.0), [(100.0, 110.0)])
    assert isnan(days)
    assert censored == 1.0
    days, censored = survival(values, outcome, np.full(104, 100.0), [(100.0, 110.0)])
    assert isnan(days)  # no whole week is left
    assert censored == 1.0
    assert all(map(isnan, survival(values, outcome, np.full(200, 100.0), [])))


def test_waits_per_gate_and_all_and_empty_where_nothing_passed(outcome, values):
    table = values(outcome(waits_d={"pangwa": [0.0, 2.0], "lweje": [4.0]}))
    assert table[Key("gate_wait_mean_d")] == 2.0
    assert table[Key("gate_wait_mean_d", place="pangwa")] == 1.0
    assert table[Key("gate_wait_p95_d", place="pangwa")] == pytest.approx(1.9)
    assert isnan(table[Key("gate_wait_mean_d", place="muse")])


def exports(**tonnes):
    return {Key("exported_t", place=gate): float(t) for gate, t in tonnes.items()}


def test_concentration_counts_leakage_apart_and_leaves_out_exports_to_india(outcome, values):
    held = {Key("controlled_t", actor="kia"): 2.0, Key("controlled_t", actor="ndaa"): 1.0}
    series = exports(pangwa=1, kanpaiti=1, mong_la=1, pangsau=50) | held | {Key("leaked_t"): 1.0}
    table = values(outcome(series=series))
    assert table[Key("hhi_gates")] == pytest.approx(4 * 0.25**2)
    assert table[Key("hhi_controllers")] == pytest.approx(0.5**2 + 2 * 0.25**2)
    assert table[Key("exports_t")] == pytest.approx(53 * 120)


def test_concentration_of_origins_and_share_of_myanmar(outcome, values):
    table = values(outcome(series={OXIDE: 3.0, LAOS: 1.0}))
    assert table[Key("hhi_origins")] == pytest.approx(0.75**2 + 0.25**2)
    assert table[Key("myanmar_share_pct")] == 75.0


def test_concentration_of_nothing_is_empty(outcome, values):
    table = values(outcome())
    for metric in ("hhi_gates", "hhi_controllers", "hhi_origins", "myanmar_share_pct"):
        assert isnan(table[Key(metric)])


def test_sites_are_time_means_and_taxes_sums_by_actor(outcome, values):
    series = {
        Key("sites_shut_in", place="chipwi"): np.repeat([0.0, 4.0], 60),
        Key("sites_shut_in", place="pangwa"): 1.0,
        Key("tax_cny", actor="kia"): 2.0,
        Key("tax_cny", actor="china"): 3.0,
    }
    table = values(outcome(series=series))
    assert table[Key("sites_shut_in", place="chipwi")] == 2.0
    assert table[Key("sites_shut_in")] == 3.0
    assert table[Key("tax_cny", actor="kia")] == 240.0
    assert table[Key("tax_cny")] == 600.0


def test_lowest_cover(outcome, values):
    cover = np.full(120, 5.0)
    cover[60] = 1.5
    table = values(outcome(series={Key("cover_months", element="Tb"): cover}))
    assert table[Key("min_cover_months", element="Tb")] == 1.5


@pytest.mark.parametrize(
    ("intervals", "union"),
    [
        ([], ()),
        ([(5.0, 9.0), (1.0, 2.0)], ((1.0, 2.0), (5.0, 9.0))),
        ([(1.0, 5.0), (5.0, 9.0)], ((1.0, 9.0),)),
        ([(1.0, 9.0), (2.0, 3.0)], ((1.0, 9.0),)),
        ([(1.0, inf), (2.0, 3.0)], ((1.0, inf),)),
    ],
)
def test_union_of_intervals(intervals, union):
    assert merged(intervals) == union


def test_concentration_over_controllers_follows_a_change_of_control():
    """Kanpaiti was Lweje's holder's too until it changed hands: a third of the trade had another master."""
    day = "2025-08-01"
    taken = event("control_change", day, id="taken", places=["kanpaiti"], to="uwsa", gap="0 d")
    plain, changed = (runs(1, events=events)[0] for events in ([], [taken]))
    before = {outcome.series("controlled_t", actor="uwsa")[:31].sum() for outcome in (plain, changed)}
    assert len(before) == 1
    for outcome in (plain, changed):
        by_gate = sum(outcome.series("exported_t", place=gate).sum() for gate in ALL_GATES)
        by_holder = sum(outcome.series("controlled_t", actor=actor).sum() for actor in CONTROLLERS)
        assert by_holder == pytest.approx(by_gate)
    kept, lost = (
        {one.key: one.value for one in measure(outcome, None)}[Key("hhi_controllers")]
        for outcome in (plain, changed)
    )
    assert lost < kept - 0.1


def test_taxes_in_dollars_are_those_in_yuan_at_the_rate_of_the_day():
    fall = event("driver", id="fall", name="cny_per_usd", factor=0.5, start="2025-08-01")
    (outcome,) = runs(1, events=[fall])
    cny, usd = (outcome.series(name, actor="china") for name in ("tax_cny", "tax_usd"))
    rates = cny[cny > 0] / usd[cny > 0]
    assert rates[0] == pytest.approx(2 * rates[-1])
    assert 5 < rates[0] < 9
