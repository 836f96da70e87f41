import numpy as np
import pytest

from sim.analysis.grids import cube, levels, months
from sim.analysis.pictures import Picture, band, bars
from sim.analysis.words import listed, mean, percent, spread, table


def test_a_spread_is_the_median_and_what_nine_in_ten_span():
    assert spread(np.arange(101.0)) == "50.0 [5.00; 95.0]"
    assert spread(np.arange(101.0), 1000, sign=True) == "+0.0500 [+0.00500; +0.0950]"
    assert spread(np.full(5, 7.0)) == "7.00"
    assert spread(np.array([1.0, np.nan, 1.0])) == "1.00"


def test_a_mean_has_its_t_interval_and_one_number_none():
    told = mean(np.array([1.0, 2.0, 3.0]))  # 2 ± 4.303 x 1 / sqrt(3)
    assert told == "2.00 [-0.484; 4.48]"
    assert mean(np.array([2.0])) == "2.00"
    assert mean(np.array([2.0, 2.0])) == "2.00"


def test_words():
    assert percent(0.256) == "26 %"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == "none"
    assert table(("x", "y"), [("1", "2")]) == "| x | y |\n| --- | ---: |\n| 1 | 2 |"


def test_a_cube_has_an_axis_a_lever_and_its_runs_last(sweep):
    values = np.arange(24.0).reshape(12, 2)  # 2 x 3 combinations, 2 states each, 2 replications
    made = sweep({"a": ["0 d", "5 d"], "b": ["1", "2", "3"]}, {("m", ()): values}, states=2)
    found = cube(made, "m")
    assert found.shape == (2, 3, 4)
    np.testing.assert_array_equal(found[1, 0], [12, 13, 14, 15])
    np.testing.assert_array_equal(levels(made, "a"), [0, 5])
    assert months(made) == 24


def test_a_lever_that_is_not_there_is_a_fault(sweep):
    with pytest.raises(ValueError, match="not enough values"):
        levels(sweep({"a": ["1"]}, {}), "b")


def test_the_same_picture_is_the_same_small_file():
    def drawn():
        picture = Picture("title", 2)
        with picture.panel(0, "one", "x", "y") as axis:
            band(axis, [0.0, 1.0], np.array([[1.0, 2.0], [2.0, 3.0]]), "#0072B2", "label")
        with picture.panel(1, "two", "x", "y") as axis:
            bars(axis, ["a", "b"], [np.arange(3.0), np.arange(4.0)], "#D55E00")
        return picture.png()

    assert drawn() == drawn()
    assert drawn()[:4] == b"\x89PNG"
    assert len(drawn()) < 80_000
