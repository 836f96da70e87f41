"""The differences of two results made by hand, line by line."""

import pandas as pd
import pytest

from sim.comparison import compare
from sim.comparison.rows import HIGHER_IS_WORSE, LOWER_IS_WORSE, direction
from sim.comparison.tables import files
from sim.results.metrics import METRICS
from tests.results import EVERYTHING, IMPORTS, OPEN, PRICE, TIME, only

NEITHER = {
    "leaked_t", "tax_cny", "operator_margin_cny", "netback_mean", "diverted_share", "myanmar_share_pct",
    "reagent_t", "tax_usd", "blocked_trade_cny", "exported_oxide_kg", "india_margin_cny", "sites_opened",
    "ore_moved_t", "wastewater_m3", "ponds",
}  # fmt: skip


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
    base = result("exact", {share: [40, 40], about[0]: [1000, 1000]})
    other = result("nearly", {share: [30, 30], about[0]: [900.5, 900.5]})
    assert compare([base, other], EVERYTHING).rows["rank"].tolist() == [1, 2]  # 10 points, 9.95 %


def test_a_time_without_its_flag_or_pairs_has_nothing_to_say(result):
    base = result("base", {TIME: [10] * 8})
    other = result("other", {TIME: [15] * 8})
    row = only(compare([base, other], EVERYTHING), TIME)
    assert pd.isna(row["diff_median"])
    assert pd.isna(row["n_pairs"])
    assert row["significant"] == ""
    rows = {TIME: [10] * 8, OPEN: [0] * 8}
    half_told = compare([result("told", rows), other], EVERYTHING)
    assert pd.isna(only(half_told, TIME)["diff_median"])
    found = compare([result("one", rows), result("two", rows)], EVERYTHING, unpaired=True)
    assert pd.isna(only(found, TIME)["diff_median"])


def test_a_time_to_survive_is_worse_when_shorter(result):
    time = ("time_to_survive_d", "", "", "", "", "d")
    flag = ("time_to_survive_censored", "", "", "", "", "1")
    base = result("base", {time: [10, 10, 10, 10], flag: [0] * 4})
    other = result("other", {time: [9, 8, 7, None], flag: [0, 0, 0, 1]})
    row = only(compare([base, other], EVERYTHING), time)
    assert (row["share_worse"], row["n_pairs"]) == (0.75, 4)
    assert (row["base_open"], row["other_open"]) == (0, 1)


def test_a_time_has_no_base_to_be_related_to_and_ranks_last(result):
    base = result("base", {TIME: [10] * 8, OPEN: [0] * 8, IMPORTS: [100] * 8})
    other = result("other", {TIME: [50] * 8, OPEN: [0] * 8, IMPORTS: [99] * 8})
    found = compare([base, other], EVERYTHING)
    assert (only(found, TIME)["significant"], only(found, TIME)["rank"]) == ("yes", 2)
    assert only(found, IMPORTS)["rank"] == 1


@pytest.mark.parametrize(("changes", "told"), [([0, 0], "no"), ([0.5, 0.5], "yes"), ([-0.5, -0.5], "yes")])
def test_a_change_is_significant_if_its_interval_leaves_out_nought(result, changes, told):
    base = result("base", {IMPORTS: [10, 20]})
    other = result("other", {IMPORTS: [10 + changes[0], 20 + changes[1]]})
    row = only(compare([base, other], EVERYTHING), IMPORTS)
    assert row["diff_ci_low"] == row["diff_ci_high"] == changes[0]
    assert row["significant"] == told
    assert pd.isna(row["rank"]) == (told == "no")
