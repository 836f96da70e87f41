"""Comparing results made by hand: what is paired, what is refused, what is told, what is chosen."""

import json
import shutil

import pandas as pd
import pytest

from sim.comparison import Selection, compare
from sim.comparison.reading import read_sides
from sim.comparison.rows import HIGHER_IS_WORSE, LOWER_IS_WORSE, direction
from sim.comparison.tables import files, iamc_frame
from sim.inputs.text import InputError
from sim.results import SCHEMA
from sim.results.metrics import METRICS

EVERYTHING = Selection()
NEITHER = {
    "leaked_t", "tax_cny", "operator_margin_cny", "netback_mean", "diverted_share", "myanmar_share_pct",
    "reagent_t", "tax_usd", "blocked_trade_cny", "exported_oxide_kg", "india_margin_cny", "sites_opened",
    "ore_moved_t", "wastewater_m3", "ponds",
}  # fmt: skip

IMPORTS = ("imports_t", "myanmar", "", "", "", "t")
PRICE = ("price_peak", "china", "Tb", "", "", "CNY/kg")
TIME = ("time_to_recover_d", "", "", "", "", "d")
OPEN = ("time_to_recover_censored", "", "", "", "", "1")


def table(name, columns, rows):
    """Rows of (about, values by replication) as a kpi.csv; None is an empty value."""
    lines = [f"scenario,replication,{columns},place,element,actor,heading,unit,value"]
    for about, values in rows.items():
        for replication, value in enumerate(values):
            lines.append(f"{name},{replication},{','.join(about)},{'' if value is None else value}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def result(tmp_path):
    """Makes a result folder; `say` changes its manifest."""

    def make(name, rows, scenario="", folder="", **say):
        path = tmp_path / (folder or name)
        path.mkdir()
        (path / "kpi.csv").write_text(table(name, "metric", rows), encoding="utf-8")
        months = {("2025-07", *about): values for about, values in rows.items()}
        (path / "monthly.csv").write_text(table(name, "month,variable", months), encoding="utf-8")
        (path / "scenario.resolved.yaml").write_text(f"name: {name}\n{scenario}", encoding="utf-8")
        manifest = {
            "schema": SCHEMA,
            "reference": None,
            "period": {"start": "2025-07-01", "months": 24},
            "root_seed": 7,
            "replications": {"asked": len(next(iter(rows.values())))},
            "evidence": {"hash": "e" * 64},
            "parameters": [{"name": "market.cover_exponent", "value": 0.6, "unit": "1"}],
            "software": {"package": "0.1.0", "git": None},
        } | say
        (path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return path

    return make


def only(found, about):
    (row,) = found.rows[found.rows["metric"] == about[0]].to_dict("records")
    return row


def refusal(*paths, **options):
    with pytest.raises(InputError) as caught:
        compare(paths, options.pop("selection", EVERYTHING), **options)
    return str(caught.value)


def test_every_metric_has_a_worse_side_or_is_said_to_have_none():
    assert not LOWER_IS_WORSE & HIGHER_IS_WORSE
    assert METRICS.keys() >= LOWER_IS_WORSE | HIGHER_IS_WORSE
    assert {metric for metric in METRICS if not direction(metric)} == NEITHER


def test_replications_are_paired_and_empty_values_left_out(result):
    base = result("base", {IMPORTS: [10, 20, 30, 40, None]})
    other = result("other", {IMPORTS: [9, 18, None, 41, 50]})
    row = only(compare([base, other], EVERYTHING), IMPORTS)
    assert row["n_pairs"] == 3
    assert row["base_mean"] == pytest.approx(70 / 3)
    assert row["diff_mean"] == pytest.approx(-2 / 3)
    half = 4.302652730 * (7 / 3) ** 0.5 / 3**0.5
    assert row["diff_ci_high"] - row["diff_mean"] == pytest.approx(half)
    assert row["diff_pct"] == pytest.approx(100 * -2 / 70)
    assert row["share_worse"] == pytest.approx(2 / 3)
    assert row["significant"] == "no"
    assert row["correlation"] == pytest.approx(0.998, abs=2e-3)


def test_worse_is_less_ore_and_a_higher_price(result):
    base = result("base", {IMPORTS: [1, 2, 3], PRICE: [1, 2, 3]})
    other = result("other", {IMPORTS: [2, 3, 2], PRICE: [2, 3, 2]})
    found = compare([base, other], EVERYTHING)
    assert only(found, IMPORTS)["share_worse"] == pytest.approx(1 / 3)
    assert only(found, PRICE)["share_worse"] == pytest.approx(2 / 3)


def test_a_time_has_a_median_and_no_mean(result):
    base = result("base", {TIME: [10] * 8, OPEN: [0] * 8})
    other = result("other", {TIME: [15, 16, 17, 18, 19, 20, 21, None], OPEN: [0] * 7 + [1]})
    row = only(compare([base, other], EVERYTHING), TIME)
    assert pd.isna(row["base_mean"])
    assert pd.isna(row["diff_mean"])
    assert (row["diff_median"], row["diff_ci_low"]) == (8.5, 5.0)
    assert row["diff_ci_high"] == float("inf")
    assert (row["share_worse"], row["other_open"], row["significant"]) == (1.0, 1.0, "yes")
    text = "".join(files(compare([base, other], EVERYTHING))["compare.csv"])
    assert "inf" not in text


def test_equal_results_have_no_difference_and_nearly_equal_ones_have(result):
    rows = {IMPORTS: [10, 20, None], TIME: [None, 5, 6], OPEN: [1, 0, 0]}
    base = result("base", rows)
    assert compare([base, base], EVERYTHING).is_same
    almost = result("almost", rows | {IMPORTS: [10, 20.0001, None]})
    assert not compare([base, almost], EVERYTHING).is_same
    emptier = result("emptier", rows | {IMPORTS: [10, None, None]})
    assert not compare([base, emptier], EVERYTHING).is_same


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
        ("", 1, "No columns"),
        ("a;b;c\n1;2;3\n", 1, "separated by commas"),
        ("a,b\n1,2\n", 1, "no column scenario"),
        (table("x", "metric", {}), 1, "has no rows"),
        (table("x", "metric", {IMPORTS: [1, "much"]}), 3, "'much' is not a number"),
        (table("x", "metric", {IMPORTS: [1, "inf"]}), 3, "'inf' is not a number"),
        (table("x", "metric", {IMPORTS: [1]}) * 2, 1, "several scenarios"),
        (table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t,myanmar,,,,t,1,2\n", 1, "line 3, saw 10"),
        (table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t,myanmar,,,,t,2\n", 3, "an earlier line"),
        (table("x", "metric", {IMPORTS: [1]}) + "x,0,imports_t\n", 3, "cut off"),
        (table("x", "metric", {IMPORTS: [1]}) + "y,1,imports_t,myanmar,,,,t,2\n", 1, "several scenarios"),
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


def test_the_largest_certain_change_comes_first(result):
    about = [("mined_t", place, "", "", "", "t") for place in ("a", "b", "c", "d")]
    base = result("base", {key: [100, 100, 100] for key in about} | {about[3]: [0, 0, 0]})
    other = result(
        "other",
        dict(zip(about, ([100, 140, 180], [88, 89, 90], [120, 121, 122], [5, 6, 7]), strict=True)),
    )
    rows = compare([base, other], EVERYTHING).rows
    assert rows["significant"].tolist() == ["no", "yes", "yes", "yes"]
    assert rows["rank"].tolist()[1:] == [3, 2, 1]  # what the base has nothing of comes first


def test_best_of_many(result):
    noise = [0.0, 1.0, -1.0, 0.5, -0.5, 2.0]
    sides = [
        result(name, {IMPORTS: [level + own * bit for bit, own in zip(noise, signs, strict=True)]})
        for name, level, signs in (
            ("low", 90, [1, 1, 1, 1, 1, 1]),
            ("high", 100, [1, 1, 1, 1, 1, 1]),
            ("higher", 100.1, [-1, 1, 1, -1, 1, -1]),
        )
    ]
    best = compare(sides, EVERYTHING).best
    assert best["result"].tolist()[-1] == "low"
    assert dict(zip(best["result"], best["may_be_best"], strict=True)) == {
        "low": "no",
        "high": "yes",
        "higher": "yes",
    }
    assert (best["against_best_low"] <= 0).all()
    assert (best["against_best_high"] >= 0).all()


def test_the_best_of_independent_results(result):
    levels = {"low": [90, 91, 92], "high": [100, 101, 102], "higher": [100, 101, 103]}
    sides = [result(name, {IMPORTS: values}, root_seed=values[2]) for name, values in levels.items()]
    found = compare(sides, EVERYTHING, unpaired=True)
    assert dict(zip(found.best["result"], found.best["may_be_best"], strict=True)) == {
        "higher": "yes",
        "high": "yes",
        "low": "no",
    }


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


def test_the_best_has_the_lowest_price_and_the_most_ore(result):
    levels = {"a": (90, 5), "b": (100, 7), "c": (80, 6)}
    sides = [
        result(name, {IMPORTS: [ore, ore + 2], PRICE: [price, price + 1]})
        for name, (ore, price) in levels.items()
    ]
    best = compare(sides, EVERYTHING).best
    ranks = {metric: rows["result"].tolist() for metric, rows in best.groupby("metric")}
    assert ranks == {"imports_t": ["b", "a", "c"], "price_peak": ["a", "c", "b"]}
    ore = best[best["metric"] == "imports_t"]
    assert ore["rank"].tolist() == [1, 2, 3]
    assert ore["mean"].tolist() == [101, 91, 81]
    assert ore["n"].tolist() == [2, 2, 2]
    assert ore["against_best_low"].tolist() == [0, -10, -20]  # every replication says the same
    assert ore["against_best_high"].tolist() == [10, 0, 0]
    assert ore["may_be_best"].tolist() == ["yes", "no", "no"]
    unpaired = compare(sides, EVERYTHING, unpaired=True).best
    ranks = {metric: rows["result"].tolist() for metric, rows in unpaired.groupby("metric")}
    assert ranks == {"imports_t": ["b", "a", "c"], "price_peak": ["a", "c", "b"]}
    assert (unpaired["against_best_high"] >= 0).all()
    assert unpaired[unpaired["metric"] == "price_peak"]["against_best_high"].iloc[0] > 0


def test_the_best_is_sought_over_the_replications_that_all_have_a_value(result):
    sides = [
        result("a", {IMPORTS: [90, 95, None, 70]}),
        result("b", {IMPORTS: [91, 94, 99, None]}),
        result("c", {IMPORTS: [92, 94, 99, 99]}),
    ]
    best = compare(sides, EVERYTHING).best
    assert best["n"].tolist() == [2, 2, 2]
    assert dict(zip(best["result"], best["mean"], strict=True)) == {"a": 92.5, "b": 92.5, "c": 93.0}
    unpaired = compare(sides, EVERYTHING, unpaired=True).best
    assert dict(zip(unpaired["result"], unpaired["n"], strict=True)) == {"a": 3, "b": 3, "c": 4}


def test_what_has_no_better_side_no_mean_or_no_value_in_common_has_no_best(result):
    tax = ("tax_cny", "", "", "kia", "", "CNY")
    sides = [
        result("a", {tax: [1, 2], TIME: [5, 6], OPEN: [0, 0], IMPORTS: [1, None]}),
        result("b", {tax: [1, 2], TIME: [5, 6], OPEN: [0, 0], IMPORTS: [None, 1]}),
        result("c", {tax: [1, 2], TIME: [5, 6], OPEN: [0, 0], IMPORTS: [1, 1]}),
    ]
    assert compare(sides, EVERYTHING).best["metric"].unique().tolist() == ["time_to_recover_censored"]


def test_one_replication_ranks_and_vouches_for_nothing(result):
    sides = [result(name, {IMPORTS: [level]}) for name, level in (("a", 1), ("b", 3), ("c", 2))]
    for unpaired in (False, True):
        best = compare(sides, EVERYTHING, unpaired=unpaired).best
        assert best["result"].tolist() == ["b", "c", "a"]
        assert best["against_best_low"].isna().all()
        assert best["may_be_best"].tolist() == [""] * 3


def test_regret_of_a_price_is_what_it_is_too_high(result):
    sides = [
        result(
            f"{tax}{exponent}",
            {PRICE: [level, level + 1, level + 2 + extra]},
            f"events:\n- {{id: tax, rate: {tax}}}\n",
            parameters=[{"name": "market.cover_exponent", "value": exponent, "unit": "1"}],
        )
        for (tax, exponent), (level, extra) in {
            ("low", 1): (100, 0), ("low", 2): (50, 0), ("high", 1): (90, 3), ("high", 2): (80, 0),
        }.items()
    ]  # fmt: skip
    regret = compare(sides, EVERYTHING, policies=["events.tax.rate"]).regret
    told = regret.set_index(["policy", "state"])
    low = told.loc[("events.tax.rate=low", "market.cover_exponent=1")]
    assert low["regret"] == 9.0
    assert low["result"] == "low1"
    assert (low["n"], low["mean"]) == (3, 101)
    assert low["regret_high"] == pytest.approx(9 + 2.919985580 * 3**0.5 / 3**0.5)
    assert low["may_be_best"] == "no"
    sure = told.loc[("events.tax.rate=high", "market.cover_exponent=2")]
    assert (sure["regret"], sure["regret_high"]) == (30.0, 30.0)


def test_policies_alone_make_one_state(result):
    sides = [
        result(tax, {IMPORTS: [1, 2]}, f"events:\n- {{id: tax, rate: {tax}}}\n") for tax in ("x", "y", "z")
    ]
    regret = compare(sides, EVERYTHING, policies=["events"]).regret
    assert regret["state"].unique().tolist() == ["all"]
    assert regret["policy"].tolist() == [f"events.tax.rate={tax}" for tax in ("x", "y", "z")]


def test_a_part_of_a_name_is_no_policy(result):
    sides = grid(result, {("low", 1): 100, ("high", 1): 90})
    assert "no input that differs" in refusal(*sides, policies=["events.ta"])


def test_a_change_in_percent_is_of_what_the_base_has_and_points_stay_points(result):
    share = ("myanmar_share_pct", "china", "", "", "", "%")
    loss = ("operator_margin_cny", "", "", "", "", "CNY")
    nothing = ("lost_t", "", "", "", "", "t")
    base = result("base", {share: [40, 42], loss: [-10, -10], nothing: [0, 0]})
    other = result("other", {share: [30, 32], loss: [-5, -5], nothing: [1, 3]})
    found = compare([base, other], EVERYTHING)
    assert pd.isna(only(found, share)["diff_pct"])
    assert only(found, share)["diff_mean"] == -10
    assert only(found, loss)["diff_pct"] == 50.0  # half of the loss is gone
    assert pd.isna(only(found, nothing)["diff_pct"])


def test_points_rank_among_percentages_of_other_things(result):
    share = ("myanmar_share_pct", "china", "", "", "", "%")
    about = [("mined_t", place, "", "", "", "t") for place in ("a", "b")]
    base = result("base", {share: [40, 40], about[0]: [50, 50], about[1]: [50, 50]})
    other = result("other", {share: [30, 30], about[0]: [44, 44], about[1]: [46, 46]})
    rows = compare([base, other], EVERYTHING).rows
    assert dict(zip(zip(rows["metric"], rows["place"], strict=True), rows["rank"], strict=True)) == {
        ("mined_t", "a"): 1,  # 12 %
        ("myanmar_share_pct", "china"): 2,  # 10 points
        ("mined_t", "b"): 3,  # 8 %
    }


def test_a_time_without_its_flag_or_pairs_has_nothing_to_say(result):
    base = result("base", {TIME: [10] * 8})
    other = result("other", {TIME: [15] * 8})
    row = only(compare([base, other], EVERYTHING), TIME)
    assert pd.isna(row["diff_median"])
    assert pd.isna(row["n_pairs"])
    assert row["significant"] == ""
    rows = {TIME: [10] * 8, OPEN: [0] * 8}
    found = compare([result("one", rows), result("two", rows)], EVERYTHING, unpaired=True)
    assert pd.isna(only(found, TIME)["diff_median"])


def test_a_time_to_survive_is_worse_when_shorter(result):
    time = ("time_to_survive_d", "", "", "", "", "d")
    flag = ("time_to_survive_censored", "", "", "", "", "1")
    base = result("base", {time: [10, 10, 10, 10], flag: [0] * 4})
    other = result("other", {time: [9, 8, 12, None], flag: [0, 0, 0, 1]})
    row = only(compare([base, other], EVERYTHING), time)
    assert (row["share_worse"], row["n_pairs"]) == (0.5, 4)
    assert (row["base_open"], row["other_open"]) == (0, 1)


def grid(result, cells):
    return [
        result(
            f"{tax}{exponent}",
            {IMPORTS: [level, level + 1, level + 2]},
            f"events:\n- {{id: tax, rate: {tax}}}\n",
            parameters=[{"name": "market.cover_exponent", "value": exponent, "unit": "1"}],
        )
        for (tax, exponent), level in cells.items()
    ]


def test_regret_of_policies_over_states(result):
    sides = grid(result, {("low", 1): 100, ("low", 2): 50, ("high", 1): 90, ("high", 2): 80})
    regret = compare(sides, EVERYTHING, policies=["events.tax"]).regret
    by_cell = {(row["policy"], row["state"]): row["regret"] for row in regret.to_dict("records")}
    assert by_cell == {
        ("events.tax.rate=low", "market.cover_exponent=1"): 0,
        ("events.tax.rate=high", "market.cover_exponent=1"): 10,
        ("events.tax.rate=low", "market.cover_exponent=2"): 30,
        ("events.tax.rate=high", "market.cover_exponent=2"): 0,
    }
    assert (regret["regret_high"] >= regret["regret"]).all()


def test_regret_needs_every_policy_in_every_state(result):
    sides = grid(result, {("low", 1): 100, ("low", 2): 50, ("high", 1): 90})
    assert "no result for the policy [events.tax.rate=high]" in refusal(*sides, policies=["events.tax"])
    assert "no input that differs" in refusal(*sides, policies=["events.taxx"])
    again = result(
        "again", {IMPORTS: [1, 2, 3]}, "events:\n- {id: tax, rate: low}\n",
        parameters=[{"name": "market.cover_exponent", "value": 1, "unit": "1"}],
    )  # fmt: skip
    assert "same policy in the same state" in refusal(sides[0], again, sides[2], policies=["events.tax"])
    alone = shutil.copy(sides[0] / "kpi.csv", again.parent / "alone.csv")
    assert "not known" in refusal(sides[1], alone, policies=["events.tax"])


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


def test_a_sweep_or_a_metric_told_twice_is_refused(result, tmp_path):
    one = result("one", {("imports_t", "myanmar", "", "", "", "t"): [1.0, 2.0]})
    (tmp_path / "swept").mkdir()
    (tmp_path / "swept" / "design.csv").write_text("point\n", encoding="utf-8")
    with pytest.raises(InputError, match="is a sweep: its points are not results of their own"):
        compare([one, tmp_path / "swept"], Selection())
    row = f"one,{','.join(IMPORTS)},5,10,2\n"
    head = "scenario,metric,place,element,actor,heading,unit,n,mean,sd\n"
    (tmp_path / "summary.csv").write_text(head + row + row, encoding="utf-8")
    with pytest.raises(InputError, match=r"summary.csv:3:1: tells a metric that an earlier line tells"):
        compare([one, tmp_path / "summary.csv"], Selection())
    lines = (one / "kpi.csv").read_text(encoding="utf-8").splitlines()
    points = [f"point,{lines[0]}", *(f"0,{line}" for line in lines[1:])]
    (tmp_path / "kpi.csv").write_text("\n".join(points) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="holds the points of a sweep"):
        compare([one, tmp_path / "kpi.csv"], Selection())
