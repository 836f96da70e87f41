"""Comparing results made by hand: what is paired, what is refused, what is told."""

import json
import shutil

import pandas as pd
import pytest

from sim.comparison import Selection, compare
from sim.comparison.reading import read_sides
from sim.comparison.tables import iamc_frame
from sim.results import SCHEMA
from tests.results import EVERYTHING, IMPORTS, PRICE, only, refusal, table


def test_what_cannot_be_paired_is_refused_with_the_reasons(result):
    base = result("base", {IMPORTS: [1, 2]})
    other = result("other", {IMPORTS: [1, 2, 3]}, root_seed=8, period={"start": "2024-07-01", "months": 12})
    told = refusal(base, other)
    for reason in ("24 months from 2025-07-01 and 12 months from 2024-07-01", "root seed 7 and 8", "2 and 3"):
        assert reason in told
    found = compare([base, other], EVERYTHING, unpaired=True)
    row = only(found, IMPORTS)
    assert row["n_pairs"] == 0
    assert row["diff_mean"] == 0.5
    assert any("root seed 7 and 8" in note for note in found.notes)


def test_a_table_alone_is_enough_and_what_was_not_checked_is_said(result):
    rows = {IMPORTS: [10, 20, 31]}
    whole = result("base", rows)
    alone = shutil.copy(result("other", {IMPORTS: [11, 21, 32]}) / "kpi.csv", whole.parent / "mailed.csv")
    found = compare([whole, alone], EVERYTHING)
    assert found.is_paired
    assert only(found, IMPORTS)["diff_ci_low"] == 1.0
    assert found.monthly is None
    assert found.inputs.empty
    (checks,) = (note for note in found.notes if "manifest" in note)
    assert "other" in checks
    assert "root seed" in checks
    assert "base" not in checks


def test_summaries_alone_are_compared_as_independent(tmp_path):
    head = "scenario,metric,place,element,actor,heading,unit,n,mean,sd\n"
    paths = []
    for name, mean in (("one", 10), ("two", 13)):
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(f"{head}{name},{','.join(IMPORTS)},5,{mean},2\n", encoding="utf-8-sig")
    found = compare(paths, EVERYTHING)
    row = only(found, IMPORTS)
    assert (row["diff_mean"], row["n_pairs"]) == (3.0, 0)
    half = 2.306004135 * (2**2 / 5 + 2**2 / 5) ** 0.5
    assert row["diff_ci_low"] == pytest.approx(3 - half)
    assert pd.isna(row["share_worse"])
    assert not found.is_paired
    assert compare([paths[0], paths[0]], EVERYTHING).is_same


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "its first line is empty"),
        ("a;b;c\n1;2;3\n", 1, "separated by commas"),
        ("a,b\n1,2\n", 1, "no column scenario"),
        (table("x", "metric", {}), 1, "has no rows"),
        (table("x", "metric", {IMPORTS: [1, "much"]}), 3, "'much' is not a number"),
        (table("x", "metric", {IMPORTS: [1, "inf"]}), 3, "'inf' is not a number"),
        (table("x", "metric", {IMPORTS: [1]}) * 2, 3, "'replication' is not a whole number"),
        (
            table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t,myanmar,,,,t,1,2\n",
            3,
            "has 10 fields, the first line names 9",
        ),
        (table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t,myanmar,,,,t,2\n", 3, "an earlier line"),
        (table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t\n", 3, "has 3 fields"),
        (table("x", "metric", {IMPORTS: [1]}) + "y,1,imports_t,myanmar,,,,t,2\n", 3, "several scenarios"),
    ],
)
def test_tables_with_faults_are_refused_with_the_line(tmp_path, text, line, told):
    path = tmp_path / "kpi.csv"
    path.write_text(text, encoding="utf-8")
    fault = refusal(path, tmp_path / "nowhere")
    assert f"{path}:{line}:1: " in fault
    assert told in fault
    assert "nowhere" in fault  # all faults at once


@pytest.mark.parametrize("text", ["{", '{"schema": "another"}', json.dumps({"schema": SCHEMA})])
def test_a_manifest_with_faults_is_refused(result, text):
    path = result("base", {IMPORTS: [1, 2]})
    (path / "manifest.json").write_text(text, encoding="utf-8")
    assert "manifest.json" in refusal(path, path)


def test_the_inputs_that_differ_are_listed(result):
    answer = "answer: {metric: imports_t, expect: falls}\n"  # what is expected changes no run
    base = result("base", {IMPORTS: [1, 2]}, f"period: {{months: 24}}\n{answer}set: {{a.b: {{value: 1}}}}\n")
    events = "period: {months: 24}\nevents:\n- {id: shut, kind: gate_closure, gates: [a, b]}\n"
    only_read_there = {"name": "bargaining.review_d", "value": 30.0, "unit": "d"}
    only_set_there = {"name": "roads.lot_t", "value": 25.0, "unit": "t", "set": "for a test"}
    other = result(
        "other",
        {IMPORTS: [1, 2]},
        events,
        parameters=[
            {"name": "market.cover_exponent", "value": 0.9, "unit": "1"},
            only_read_there,
            only_set_there,
        ],
        evidence={"hash": "f" * 64},
    )
    found = compare([base, other], EVERYTHING)
    told = {row["input"]: (row["base_value"], row["other_value"]) for row in found.inputs.to_dict("records")}
    assert told == {
        "events.shut.kind": ("", "gate_closure"),
        "events.shut.gates": ("", "a, b"),
        "market.cover_exponent": ("0.6", "0.9"),
        "roads.lot_t": ("", "25"),
        "evidence": ("e" * 12, "f" * 12),
    }
    assert any("different evidence" in note for note in found.notes)


def test_selection_of_rows(result):
    rows = {IMPORTS: [100, 102], ("imports_t", "", "", "", "", "t"): [200, 202], PRICE: [50, 51]}
    base = result("base", rows)
    other = result("other", {about: [value * 0.9 for value in values] for about, values in rows.items()})

    def metrics(**options):
        return compare([base, other], Selection(**options)).rows[["metric", "place"]].to_numpy().tolist()

    assert metrics(metrics=("price_peak",)) == [["price_peak", "china"]]
    assert metrics(places=("all",)) == [["imports_t", ""]]
    assert metrics(elements=("Tb",), places=("china", "myanmar")) == [["price_peak", "china"]]
    assert metrics(worse_than=5.0) == [["imports_t", "myanmar"], ["imports_t", ""]]
    assert metrics(worse_than=11.0) == []
    told = refusal(base, other, selection=Selection(metrics=("price_peek",), places=("yunnan",)))
    assert "Did you mean 'price_peak'?" in told
    assert "yunnan" in told


def test_the_base_can_be_named_and_labels_are_unique(result):
    rows = {IMPORTS: [1, 2]}
    one, two = result("same", rows, folder="first"), result("same", rows, folder="second")
    found = compare([one, two], EVERYTHING, base="second")
    assert (found.base.label, [side.label for side in found.others]) == ("second", ["first"])
    assert [side.label for side in read_sides([one, one])] == [f"{one.as_posix()} ({n})" for n in (1, 2)]
    assert "Did you mean 'second'?" in refusal(one, two, base="secnd")
    assert "2 to 1,000" in refusal(one)


def test_a_base_that_could_be_several_is_refused_and_a_label_is_but_one(result, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    one, two = (result("same", {IMPORTS: [1, 2]}, folder=f"{name}/x") for name in "ab")
    told = refusal(one, two, base="x")
    assert told.startswith(f"--base:1:1: x: could be any of {one.as_posix()}, {two.as_posix()}")
    assert compare([one, two], EVERYTHING, base=two.as_posix()).base.source == two
    labelled, folder = result("y", {IMPORTS: [1, 2]}, folder="z"), result("z", {IMPORTS: [1, 2]}, folder="w")
    assert compare([labelled, folder], EVERYTHING, base="z").base.source == folder


def test_metrics_against_different_references_are_told(result):
    sides = [
        result(name, {IMPORTS: [1, 2]}, reference={"name": "baseline", "hash": name}) for name in ("a", "b")
    ]
    assert any("relative to a reference" in note for note in compare(sides, EVERYTHING).notes)


def test_results_without_a_replication_in_common_are_refused(result, tmp_path):
    whole = result("base", {IMPORTS: [1, 2]})
    alone = tmp_path / "alone.csv"
    text = (whole / "kpi.csv").read_text(encoding="utf-8")
    alone.write_text(text.replace("base,0", "base,5").replace("base,1", "base,6"), encoding="utf-8")
    assert "no replication finished in both" in refusal(whole, alone)


def test_a_table_alone_as_the_base_does_not_pair_results_that_cannot_be(result, tmp_path):
    base, other = result("base", {IMPORTS: [1, 2]}), result("other", {IMPORTS: [1, 2]})
    seeded, shorter = (
        result("seeded", {IMPORTS: [1, 2]}, root_seed=8),
        result("shorter", {IMPORTS: [1, 2]}, period={"start": "2025-07-01", "months": 3}),
    )
    alone = shutil.copy(base / "kpi.csv", tmp_path / "alone.csv")
    lines = refusal(alone, other, seeded, shorter).splitlines()
    assert [line.partition(": ")[2].partition(". With")[0] for line in lines if "cannot" in line] == [
        "cannot be paired with other: root seed 7 and 8",
        "cannot be paired with other: period 24 months from 2025-07-01 and 3 months from 2025-07-01",
    ], lines
    assert not compare([alone, other, seeded], EVERYTHING, unpaired=True).is_paired


def test_iamc_rows_tell_each_month_of_each_result_once(result):
    sides = [result(name, {IMPORTS: [level, level + 1]}) for name, level in (("a", 1), ("b", 3), ("c", 6))]
    long = iamc_frame(compare(sides, EVERYTHING, months=True))
    assert not long.duplicated(["scenario", "region", "variable", "time"]).any()
    means = long[long["variable"] == "imports_t"]
    assert dict(zip(means["scenario"], means["value"], strict=True)) == {"a": 1.5, "b": 3.5, "c": 6.5}
    assert set(long["time"]) == {"2025-07-01"}


def test_a_metric_of_another_version_is_compared_and_a_row_of_one_side_is_told(result):
    new = ("brand_new_t", "", "", "", "", "t")
    base = result("base", {IMPORTS: [1, 2], new: [1, 2]})
    other = result("other", {IMPORTS: [1, 2], new: [2, 3], PRICE: [1, 1]}, replications={"asked": 2})
    found = compare([base, other], EVERYTHING)
    assert only(found, new)["diff_mean"] == 1.0
    assert pd.isna(only(found, new)["share_worse"])
    assert any("1 rows are only in one" in note for note in found.notes)


def test_a_replication_that_failed_in_one_is_left_out_of_the_pairs_and_told(result):
    base = result("base", {IMPORTS: [1, 2, 3]})
    other = result("other", {IMPORTS: [2, 3]}, replications={"asked": 3})
    found = compare([base, other], EVERYTHING)
    assert only(found, IMPORTS)["n_pairs"] == 2
    assert any("some are missing in other" in note for note in found.notes)
