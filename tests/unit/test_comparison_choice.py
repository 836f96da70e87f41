"""Which of many results made by hand is best, and what decisions cost where the world turns out otherwise."""

import shutil

import numpy as np
import pytest

from sim.comparison import Selection, compare
from sim.comparison.choice import regret_frame
from sim.comparison.reading import read_sides
from sim.inputs.text import InputError
from tests.results import EVERYTHING, IMPORTS, OPEN, PRICE, TIME, refusal


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


def grid(result, cells, *more):
    """Results by rate of a tax and exponent of the market; `more`: what else moves as imports do."""
    return [
        result(
            f"{tax}{exponent}",
            {about: [level, level + 1, level + 2] for about in (IMPORTS, *more)},
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
    (alone,) = refusal(*sides, policies=["events.tax", "events.taxx"]).splitlines()
    assert "events.taxx: is no input that differs" in alone
    again = result(
        "again", {IMPORTS: [1, 2, 3]}, "events:\n- {id: tax, rate: low}\n",
        parameters=[{"name": "market.cover_exponent", "value": 1, "unit": "1"}],
    )  # fmt: skip
    told = refusal(sides[0], again, sides[2], policies=["events.tax"])
    assert f"{sides[0].name} and again are the same policy in the same state" in told
    alone = shutil.copy(sides[0] / "kpi.csv", again.parent / "alone.csv")
    assert "not known" in refusal(sides[1], alone, policies=["events.tax"])


def test_the_columns_are_those_documented(result):
    about = ["metric", "place", "element", "actor", "heading", "unit"]
    found = compare(grid(result, {(tax, 1): 1 for tax in "xyz"}), EVERYTHING, policies=["events"])
    assert found.best.columns.tolist() == [
        *about, "result", "rank", "n", "mean", "against_best_low", "against_best_high", "may_be_best",
    ]  # fmt: skip
    assert found.regret.columns.tolist() == [
        *about, "policy", "state", "result", "n", "mean", "regret", "regret_high", "may_be_best",
    ]  # fmt: skip
    assert (found.best["unit"] == "t").all()


def test_lines_are_numbered_through_over_metrics_and_states(result):
    sides = grid(result, {(tax, exponent): 1 for tax in "xy" for exponent in (1, 2)}, PRICE)
    found = compare(sides, EVERYTHING, policies=["events"])
    assert found.best.index.tolist() == list(range(8))
    assert found.regret.index.tolist() == list(range(8))


def test_the_metrics_stand_in_the_order_of_the_base(result):
    base = result("base", {PRICE: [1, 2], IMPORTS: [1, 2]})
    others = [result(name, {IMPORTS: [1, 2], PRICE: [1, 2]}) for name in ("x", "y")]
    best = compare([base, *others], EVERYTHING).best
    assert best["metric"].unique().tolist() == ["price_peak", "imports_t"]


def test_nothing_with_a_better_side_leaves_no_best_and_no_regret(result):
    tax = ("tax_cny", "", "", "kia", "", "CNY")
    sides = [
        result(rate, {tax: [1, 2]}, f"events:\n- {{id: tax, rate: {rate}}}\n") for rate in ("x", "y", "z")
    ]
    found = compare(sides, EVERYTHING, policies=["events"])
    assert found.best.empty
    assert found.regret.empty
    assert "may_be_best" in found.best.columns
    assert "regret_high" in found.regret.columns


@pytest.mark.parametrize("unpaired", [False, True])
def test_what_one_result_does_not_tell_or_has_no_value_of_has_no_best(result, unpaired):
    more = ("lost_t", "", "", "", "", "t")
    sides = [
        result("a", {IMPORTS: [1, 2], PRICE: [1, 2], more: [1, 2]}),
        result("b", {IMPORTS: [1, 2], PRICE: [None, None], more: [1, 2]}),
        result("c", {IMPORTS: [1, 2], PRICE: [1, 2]}),
    ]
    best = compare(sides, EVERYTHING, unpaired=unpaired).best
    assert best["metric"].unique().tolist() == ["imports_t"]


def test_the_regret_of_one_replication_has_no_limit(result):
    sides = [
        result(tax, {IMPORTS: [level]}, f"events:\n- {{id: tax, rate: {tax}}}\n")
        for tax, level in (("x", 5), ("y", 3))
    ]
    regret = compare(sides, EVERYTHING, policies=["events"]).regret
    assert regret["regret"].tolist() == [0, 2]
    assert regret["regret_high"].isna().all()
    assert regret["may_be_best"].tolist() == ["", ""]


def test_the_best_policy_regrets_nothing_and_not_less(result):
    """A zero without a sign, as it is written."""
    regret = compare(grid(result, {("x", 1): 9, ("y", 1): 5}), EVERYTHING, policies=["events"]).regret
    assert regret["regret_high"].tolist() == [0, 4]
    assert not np.signbit(regret["regret_high"]).any()


def test_several_inputs_together_may_be_the_policy(result):
    sides = [
        result(
            f"{tax}{lasts}",
            {IMPORTS: [level, level]},
            f"events:\n- {{id: tax, rate: {tax}}}\n- {{id: shut, lasts: {lasts}}}\n",
        )
        for tax, lasts, level in (("x", 1, 5), ("x", 2, 4), ("y", 1, 3), ("y", 2, 1))
    ]
    regret = compare(sides, EVERYTHING, policies=["events.tax", "events.shut"]).regret
    assert regret["state"].unique().tolist() == ["all"]
    assert regret["policy"].tolist()[1] == "events.tax.rate=x, events.shut.lasts=2"
    assert regret["regret"].tolist() == [0, 1, 2, 4]


def test_every_fault_of_policies_is_told_with_those_of_other_options_before_a_month_is_read(
    result, monkeypatch
):
    monkeypatch.setattr("sim.comparison.read_months", lambda path: 1 / 0)
    sides = grid(result, {("x", 1): 9, ("y", 1): 5})
    told = refusal(*sides, policies=["roads", "events", "gates"], base="nowhere").splitlines()
    assert [line.partition(". Did")[0] for line in told] == [
        "--base:1:1: nowhere: is none of the results",
        "--policy:1:1: gates: is no input that differs between the results",
        "--policy:1:1: roads: is no input that differs between the results",
    ]


def test_every_policy_that_a_state_lacks_is_told(result):
    sides = grid(result, {(tax, state): 1 for state, tax in enumerate("uvwxyz")})
    told = refusal(*sides, policies=["events"]).splitlines()
    assert len(told) == 20
    assert told[0].startswith("--policy:1:1: no result for the policy [events.tax.rate=u] in the state")
    assert told[-1].endswith("10 more are missing")
    assert not any("more" in line for line in told[:-1])
    told = refusal(*sides[:5], policies=["events"]).splitlines()
    assert (len(told), "more" in told[-1]) == (20, False)


def test_no_regret_is_measured_over_policies_with_faults(result):
    sides = read_sides(grid(result, {("x", 1): 9, ("y", 1): 5}))
    with pytest.raises(InputError, match="roads: is no input that differs"):
        regret_frame(sides, sides[0].table.rows, ["roads"], is_paired=True)


def test_what_has_no_regret_is_said_where_it_was_asked_for(result):
    tax = ("tax_cny", "", "", "kia", "", "CNY")
    sides = grid(result, {("x", 1): 9, ("y", 1): 5}, tax)
    found = compare(sides, Selection(metrics=("tax_cny",)), policies=["events"])
    assert found.regret.empty
    assert "a regret needs a worse side and a mean; none is told of tax_cny" in found.notes
    assert compare(sides, EVERYTHING, policies=["events"]).notes == ()


def test_a_fault_of_policies_names_the_option(result):
    told = refusal(*grid(result, {("x", 1): 9, ("y", 1): 5}), policies=["roads"])
    assert told.startswith("--policy:1:1: roads: is no input that differs between the results")
