"""The CSV files: columns of the contract, how months are made, when a cell is empty."""

import csv
from datetime import date
from io import StringIO
from math import inf
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.experiment import Failure
from sim.ledger import Key, TimelineRow
from sim.results.csv_text import csv_number as number
from sim.results.tables import (
    Replicated,
    filled,
    kpi_csv,
    measured,
    monthly_csv,
    runs_csv,
    summary_csv,
    timeline_csv,
    without_effect,
)

START = date(2025, 7, 1)
ABOUT = "place,element,actor,heading"


def rows(pieces):
    return list(csv.DictReader(StringIO("".join(pieces))))


def runs(*outcomes, failures=(), start=START):
    return Replicated("demo", start, tuple(outcomes), tuple(failures))


def monthly(one, start=START):
    table = rows(monthly_csv(runs(one, start=start)))
    return {
        (row["variable"], row["place"], row["element"], row["month"]): float(row["value"]) for row in table
    }


@pytest.mark.parametrize(
    ("table", "header"),
    [
        (monthly_csv, f"scenario,replication,month,variable,{ABOUT},unit,value"),
        (runs_csv, "scenario,replication,status,seconds,lots,events,stage,error"),
        (timeline_csv, "replication,date,event,kind,target,before,after,effect"),
    ],
)
def test_columns_of_runs(table, header):
    assert "".join(table(runs())) == header + "\n"


def test_columns_of_metrics():
    table = measured(runs(), None)
    assert "".join(kpi_csv(table)) == f"scenario,replication,metric,{ABOUT},unit,value\n"
    stats = "n,mean,sd,ci_low,ci_high,p05,p50,p95"
    assert "".join(summary_csv(table)) == f"scenario,metric,{ABOUT},unit,{stats}\n"


def test_months_sum_flows_take_last_stocks_and_average_prices(outcome):
    days = np.arange(92.0)
    series = {
        Key("mined_t", place="pangwa"): days,
        Key("mine_stock_t", place="pangwa"): days,
        Key("ore_price_cny_per_t"): days,
    }
    table = monthly(outcome(92, series=series))
    assert table["mined_t", "pangwa", "", "2025-08"] == sum(range(31, 62))
    assert table["mine_stock_t", "pangwa", "", "2025-08"] == 61
    assert table["ore_price_cny_per_t", "", "", "2025-08"] == pytest.approx(46.0)
    assert sorted({month for *_, month in table}) == ["2025-07", "2025-08", "2025-09"]


def test_a_period_that_begins_within_a_month_has_a_part_of_it(outcome):
    table = monthly(outcome(40, series={Key("mined_t", place="pangwa"): 1.0}), start=date(2023, 12, 20))
    mined = {
        month: value for (name, place, _, month), value in table.items() if (name, place) == ("mined_t", "")
    }
    assert mined == {"2023-12": 12.0, "2024-01": 28.0}


def test_monthly_sums_add_up_to_the_period_metric(outcome):
    series = {Key("imports_t", place="myanmar", heading="oxide"): np.sqrt(np.arange(1.0, 121.0))}
    own = outcome(120, series=series)
    table = rows(monthly_csv(runs(own)))
    total = [row for row in table if row["variable"] == "imports_t" and not row["place"] + row["heading"]]
    assert len(total) == 4
    expected = measured(runs(own), None).column(Key("imports_t"))[0]
    assert sum(float(row["value"]) for row in total) == pytest.approx(expected)


def test_numbers_have_ten_digits_and_undefined_ones_are_empty(outcome):
    series = {Key("mined_t", place="pangwa"): 1 / 3, Key("operator_margin_cny"): -0.0}
    table = rows(kpi_csv(measured(runs(outcome(1, series=series)), None)))
    values = {(row["metric"], row["place"], row["element"]): row["value"] for row in table}
    assert values["mined_t", "pangwa", ""] == "0.3333333333"
    assert values["operator_margin_cny", "", ""] == "0"
    assert values["shortfall_lost_kg", "", "Tb"] == ""


def test_summary_counts_only_values_and_leaves_one_without_interval(outcome):
    closed, never = outcome(disruptions=[(3.0, 9.0)]), outcome(replication=1)
    table = rows(summary_csv(measured(runs(closed, never), None)))
    shut = next(row for row in table if row["metric"] == "imports_while_shut_t")
    assert (shut["n"], shut["mean"], shut["ci_low"], shut["sd"]) == ("1", "0", "", "")
    mined = next(row for row in table if row["metric"] == "mined_t")
    assert (mined["n"], mined["ci_low"], mined["ci_high"]) == ("2", "0", "0")
    lost = next(row for row in table if row["metric"] == "shortfall_lost_kg")
    assert (lost["n"], lost["mean"]) == ("0", "")


def test_summary_of_recovery_has_no_mean(outcome):
    imports = Key("imports_t", place="myanmar", heading="oxide")
    series = np.repeat([10.0, 0.0, 10.0], [100, 50, 150])
    closed = outcome(300, series={imports: series}, disruptions=[(100.0, 150.0)])
    for_good = outcome(300, replication=1, series={imports: series}, disruptions=[(100.0, inf)])
    reference = runs(*(outcome(300, replication=r, series={imports: 10.0}) for r in range(2)))
    table = rows(summary_csv(measured(runs(closed, for_good), reference)))
    recovery = next(row for row in table if row["metric"] == "time_to_recover_d")
    assert (recovery["n"], recovery["mean"], recovery["p50"], recovery["p95"]) == ("1", "", "28", "")
    censored = next(row for row in table if row["metric"] == "time_to_recover_censored")
    assert censored["mean"] == "0.5"


def test_a_replication_is_paired_with_the_same_of_the_reference_or_with_none(outcome):
    separated = Key("separated_kg", element="Dy")
    own = runs(*(outcome(10, replication=r, series={separated: 1.0}) for r in (0, 1, 2)))
    reference = runs(*(outcome(10, replication=r, series={separated: 1.0 + r}) for r in (2, 0)))
    lost = measured(own, reference).column(Key("shortfall_lost_kg", element="Dy"))
    np.testing.assert_array_equal(lost, [0.0, np.nan, 20.0])


def test_windows_of_another_run_count_imports(outcome):
    imports = Key("imports_t", place="myanmar", heading="oxide")
    reference = runs(*(outcome(10, replication=r, series={imports: 1.0}) for r in (0, 1, 2)))
    table = measured(reference, None, {0: ((2.0, 5.0),), 2: ()})
    np.testing.assert_array_equal(
        table.column(Key("imports_while_shut_t", place="myanmar")), [3.0, np.nan, np.nan]
    )


def test_runs_tell_failures_on_one_line_in_order(outcome):
    failure = Failure(0, "audit", "ConservationError", 'mass, "gross":\n 3 t apart')
    table = rows(runs_csv(runs(outcome(replication=1), failures=[failure])))
    assert [row["replication"] for row in table] == ["0", "1"]
    assert table[0]["status"] == "failed"
    assert table[0]["stage"] == "audit"
    assert table[0]["error"] == 'ConservationError: mass, "gross": 3 t apart'
    assert (table[1]["status"], table[1]["seconds"], table[1]["lots"]) == ("ok", "0.250", "10")


SHUT = TimelineRow(123.0, "shut", "gate_closure", "pangwa (ore)", "open", "shut by china, controller")
IDLE = TimelineRow(200.5, "idle", "tax_change", "kia", "35,000 CNY/t", "35,000 CNY/t")


def test_a_change_that_all_replications_share_is_written_once(outcome):
    table = rows(timeline_csv(runs(*(outcome(replication=r, timeline=[SHUT]) for r in range(3)))))
    assert len(table) == 1
    assert table[0] == {
        "replication": "",
        "date": "2025-11-01",
        "event": "shut",
        "kind": "gate_closure",
        "target": "pangwa (ore)",
        "before": "open",
        "after": "shut by china, controller",
        "effect": "changed",
    }


def test_a_change_of_some_replications_is_written_for_each(outcome):
    later = SHUT._replace(day=130.0)
    one, two = outcome(timeline=[SHUT, IDLE]), outcome(replication=1, timeline=[later, IDLE])
    table = rows(timeline_csv(runs(one, two)))
    assert [(row["replication"], row["date"]) for row in table] == [
        ("0", "2025-11-01"),
        ("1", "2025-11-08"),
        ("", "2026-01-17"),
    ]
    assert table[-1]["effect"] == "no effect"


def test_the_same_change_twice_in_one_replication_stays_twice(outcome):
    assert len(rows(timeline_csv(runs(outcome(timeline=[SHUT, SHUT]))))) == 2


def test_events_without_effect_in_any_replication(outcome):
    table = runs(outcome(timeline=[SHUT, IDLE]), outcome(replication=1, timeline=[IDLE]))
    assert without_effect(table, ["shut", "idle", "unseen"]) == ("idle", "unseen")


def test_writing_a_usual_result_takes_no_time_worth_telling(outcome):
    """Thirty replications of 24 months; a pandas detour or a quadratic loop would take seconds."""
    table = runs(*(outcome(730, replication=r) for r in range(30)))
    started = perf_counter()
    text = "".join(monthly_csv(table))
    assert text.count("\n") > 60_000
    assert perf_counter() - started < 3.0


@given(st.lists(st.floats(), min_size=1, max_size=20), st.integers(0, 10**6))
def test_all_numbers_at_once_are_written_as_each_alone(values, replication):
    form = "".join(f"demo,\0,{at} 100%% of it,%.10g\n" for at in range(len(values)))
    lines = filled(form, replication, np.array(values)).splitlines()
    assert lines == [f"demo,{replication},{at} 100% of it,{number(value)}" for at, value in enumerate(values)]
