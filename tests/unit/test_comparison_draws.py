"""Results whose parameters were drawn: how often a draw is repeated does not make it count more."""

import numpy as np
import pandas as pd
import pytest

from sim.comparison import compare
from sim.comparison.draws import by_draw
from sim.comparison.reading import Replicates, Row
from tests.results import EVERYTHING, IMPORTS, OPEN, TIME, only

NEW = ("brand_new_t", "", "", "", "", "t")
ROWS = tuple(Row(*about) for about in (IMPORTS, TIME, OPEN, NEW))


def replicates(*lines, replications=None):
    return Replicates(tuple(replications or range(len(lines))), ROWS, np.array(lines, dtype=float))


def test_what_is_not_drawn_stays_as_it_is():
    table = replicates([1, 2, 0, 4], [5, 6, 0, 8])
    assert by_draw(table, 0) is table


def test_a_draw_counts_by_its_mean_over_what_has_a_value():
    nan = np.nan
    table = replicates([1, 5, 0, 10], [3, 6, 0, nan], [7, 7, 0, nan], [9, 8, 0, nan])
    found = by_draw(table, 2)
    assert found.replications == (0, 1)
    assert found.rows == ROWS
    np.testing.assert_array_equal(found.values[:, 0], [2, 8])
    np.testing.assert_array_equal(found.values[:, 3], [10, nan])


def test_for_a_time_and_its_flag_the_first_replication_of_a_draw_stands():
    nan = np.nan
    table = replicates([1, nan, 1, 0], [1, 40, 0, 0], [1, 50, 0, 0], [1, nan, 1, 0])
    found = by_draw(table, 2)
    np.testing.assert_array_equal(found.values[:, 1], [nan, 50])
    np.testing.assert_array_equal(found.values[:, 2], [1, 0])


def test_draws_are_told_by_the_number_of_the_replication():
    """Replication 0 failed, and 1 was the second of the first draw; 4 is alone in the third."""
    table = replicates([1, 10, 0, 0], [3, 30, 0, 0], [5, 50, 0, 0], [7, 70, 0, 0], replications=[1, 2, 3, 4])
    found = by_draw(table, 2)
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


def test_results_of_which_one_is_drawn_are_no_pairs(result):
    base = result("base", {IMPORTS: [10, 12]}, replications={"asked": 2, "draws": 2})
    other = result("other", {IMPORTS: [10, 12]})
    found = compare([base, other], EVERYTHING, unpaired=True)
    assert any("draws of the parameters 2 and 0" in note for note in found.notes)
