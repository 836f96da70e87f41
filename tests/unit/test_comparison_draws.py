"""Results whose parameters were drawn: how often a draw is repeated does not make it count more."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.comparison import compare
from sim.comparison.draws import by_draw
from sim.comparison.reading import Replicates, Row
from tests.results import EVERYTHING, IMPORTS, OPEN, TIME, only
from tests.sealing import seal

NEW = ("brand_new_t", "", "", "", "", "t")
ROWS = tuple(Row(*about) for about in (IMPORTS, TIME, OPEN, NEW))


def replicates(*lines, replications=None):
    return Replicates(tuple(replications or range(len(lines))), ROWS, np.array(lines, dtype=float))


def test_what_is_not_drawn_stays_as_it_is():
    table = replicates([1, 2, 0, 4], [5, 6, 0, 8])
    assert by_draw(table) is table


def test_a_draw_counts_by_its_mean_over_what_has_a_value():
    nan = np.nan
    table = replicates([1, 5, 0, 10], [3, 6, 0, nan], [7, 7, 0, nan], [9, 8, 0, nan])
    found = by_draw(replace(table, per_draw=2))
    assert found.replications == (0, 1)
    assert found.rows == ROWS
    assert by_draw(found) is found
    np.testing.assert_array_equal(found.values[:, 0], [2, 8])
    np.testing.assert_array_equal(found.values[:, 3], [10, nan])


def test_for_a_time_and_its_flag_the_first_replication_of_a_draw_stands():
    nan = np.nan
    table = replicates([1, nan, 1, 0], [1, 40, 0, 0], [1, 50, 0, 0], [1, nan, 1, 0])
    found = by_draw(replace(table, per_draw=2))
    np.testing.assert_array_equal(found.values[:, 1], [nan, 50])
    np.testing.assert_array_equal(found.values[:, 2], [1, 0])


def test_draws_are_told_by_the_number_of_the_replication():
    """Replication 0 failed, and 1 was the second of the first draw; 4 is alone in the third."""
    table = replicates([1, 10, 0, 0], [3, 30, 0, 0], [5, 50, 0, 0], [7, 70, 0, 0], replications=[1, 2, 3, 4])
    found = by_draw(replace(table, per_draw=2))
    assert found.replications == (0, 1, 2)
    np.testing.assert_array_equal(found.values[:, 0], [1, 4, 7])
    np.testing.assert_array_equal(found.values[:, 1], [10, 30, 70])


def test_pairs_are_those_of_the_draws(result):
    asked = {"asked": 6, "draws": 3}
    base = result(
        "base", {IMPORTS: [10, 12, 20, 22, 30, 32], TIME: [1] * 6, OPEN: [0] * 6}, replications=asked
    )
    other = result(
        "other", {IMPORTS: [11, 13, 22, 24, 33, 35], TIME: [2] * 6, OPEN: [0] * 6}, replications=asked
    )
    found = compare([base, other], EVERYTHING)
    row = only(found, IMPORTS)
    assert (row["n_pairs"], row["diff_mean"]) == (3, 2.0)
    half = 4.302652730 * 1.0 / 3**0.5
    assert row["diff_ci_high"] == pytest.approx(2.0 + half)
    assert only(found, TIME)["n_pairs"] == 3
    months = found.monthly[found.monthly["metric"] == "imports_t"]
    assert months["n_pairs"].tolist() == [3]
    assert pd.notna(months["diff_mean"]).all()


DRAWN = {"asked": 4, "draws": 2}


def test_a_lone_table_is_paired_with_a_drawn_result_replication_by_replication(result, tmp_path):
    """It does not tell its draws; those of the result beside it are told."""
    whole = result("base", {IMPORTS: [10, 12, 20, 22]}, replications=DRAWN)
    alone = shutil.copy(whole / "kpi.csv", tmp_path / "alone.csv")
    for sides in ([whole, alone], [alone, whole]):
        found = compare(sides, EVERYTHING)
        row = only(found, IMPORTS)
        assert (found.is_same, found.pairs) == (True, 2)
        assert (row["n_pairs"], row["diff_mean"], row["base_mean"]) == (2, 0.0, 16.0)
        assert not any("missing" in note for note in found.notes)


def test_within_a_draw_only_replications_that_both_have_are_compared(result):
    base = result("base", {IMPORTS: [10, 30, 20, 22]}, replications=DRAWN)
    other = result("other", {IMPORTS: [10, 30, 20, 22]}, replications=DRAWN)
    third = result("third", {IMPORTS: [10, 30, 20, 22]}, replications=DRAWN)
    for name in ("kpi.csv", "monthly.csv"):
        lines = (other / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (other / name).write_text("".join(line for line in lines if ",1," not in line), encoding="utf-8")
    seal(other)
    found = compare([base, other, third], EVERYTHING, months=True)
    (row, whole), (month, _) = found.rows.to_dict("records"), found.monthly.to_dict("records")
    assert (row["n_pairs"], row["diff_mean"], row["base_mean"]) == (2, 0.0, 15.5)
    assert (month["n_pairs"], month["diff_mean"]) == (2, 0.0)
    assert whole["base_mean"] == 20.5
    assert set(found.best["mean"]) == {15.5}
    assert "of 4 replications, some are missing in other; pairs leave them out" in found.notes


def test_results_of_which_one_is_drawn_are_no_pairs(result):
    base = result("base", {IMPORTS: [10, 12]}, replications={"asked": 2, "draws": 2})
    other = result("other", {IMPORTS: [10, 12]})
    found = compare([base, other], EVERYTHING, unpaired=True)
    assert any("draws of the parameters 2 and 0" in note for note in found.notes)
