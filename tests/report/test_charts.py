"""Whether pictures show what the tables hold."""

from math import nan
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from sim.report.charts.curves import Curve, curves
from sim.report.charts.fans import Mark, Over, Seen, Shade, difference, draw, fan
from sim.report.charts.grids import Cell, grid
from sim.report.charts.recovery import _median, _steps, recovery
from sim.report.charts.small import interval_bar, spark

MONTHS = [f"2025-{month:02}" for month in range(1, 7)]


def parts(drawn, name, class_):
    found = ElementTree.fromstring(drawn).iter(f"{{http://www.w3.org/2000/svg}}{name}")
    return [one for one in found if class_ in (one.get("class") or "").split()]


def test_a_fan_holds_nine_tenths_of_the_runs():
    values = np.arange(101.0)[:, None] * np.ones(6)
    one = fan("scenario", "own", values)
    assert (one.low[0], one.mid[0], one.high[0]) == (5.0, 50.0, 95.0)
    assert one.inner[0][0] == 25.0


def test_the_interval_of_a_paired_difference_is_students():
    values = np.random.default_rng(1).normal(2.0, 1.0, (12, 6))
    one = difference("", values)
    low, high = stats.t.interval(0.95, 11, values.mean(axis=0), stats.sem(values, axis=0))
    np.testing.assert_allclose(one.inner, (low, high))
    draws = np.arange(12) // 3
    drawn, means = difference("", values, draws), values.reshape(4, 3, 6).mean(axis=1)
    low, high = stats.t.interval(0.95, 3, means.mean(axis=0), stats.sem(means, axis=0))
    np.testing.assert_allclose(drawn.inner, (low, high))
    np.testing.assert_allclose((drawn.low, drawn.mid, drawn.high), (one.low, one.mid, one.high))


def test_closures_are_shaded_where_they_were_and_observations_drawn():
    over = Over(MONTHS, [Shade(1.0, 3.0, "gates shut")], [Mark(4.0, "tax changes")])
    one = fan("scenario", "own", np.ones((4, 6)))
    drawn = draw(600, [one], over, unit="kt", label="x", seen=[Seen(0, 1, 2.0)])
    (shade,) = parts(drawn, "rect", "shut")
    step = float(ElementTree.fromstring(drawn).get("data-step"))
    assert float(shade.get("width")) == pytest.approx(2 * step, abs=0.2)
    assert len(parts(drawn, "circle", "seen")) == 1
    assert [one.text for one in parts(drawn, "text", "event")] == ["gates shut", "tax changes"]


def test_words_over_the_axis_that_would_overlap_are_left_out():
    over = Over(MONTHS, [Shade(1.0, 3.0, "gates shut"), Shade(1.1, 2.0, "no reagents")])
    drawn = draw(600, [fan("", "own", np.ones((4, 6)))], over, unit="kt", label="x")
    assert [one.text for one in parts(drawn, "text", "event")] == ["gates shut"]


def test_recovery_is_the_share_of_all_that_waited():
    assert _steps([3.0, 5.0], 4, 10.0)[-1] == (10.0, 0.5)
    assert _median([3.0, 5.0, 9.0], 4) == 5.0
    assert _median([3.0], 4) is None
    drawn = recovery(600, np.array([3.0, 5.0, nan, nan, nan]), np.array([0, 0, 1, 1, nan]), 700, "x")
    assert "half by" in drawn
    assert "half by" not in recovery(600, np.array([3.0, nan, nan]), np.array([0, 1, 1.0]), 700, "x")


def test_cells_are_hatched_only_where_the_interval_contains_zero():
    cells = [[Cell("0", "", 0.0, True), Cell("+2", "[1, 3]", 1.0)], [None, Cell("−1", "", -0.5)]]
    drawn = grid(600, ["a", "b"], ["x", "y"], cells, ("up", "across"), "x")
    hatched = [
        one
        for one in ElementTree.fromstring(drawn).iter()
        if (one.get("fill") or "").startswith("url(#hatch")
    ]
    assert len(hatched) == 1
    assert len(parts(drawn, "rect", "p3")) == 1
    assert len(parts(drawn, "rect", "m2")) == 1


def test_the_highest_point_of_a_curve_is_marked():
    curve = Curve("30 d", [0, 10, 20], [0, 5, 3], [0, 4, 2], [0, 6, 4])
    drawn = curves(600, [curve], "tax, %", "bn CNY", "x", from_zero=True)
    (large,) = [one for one in parts(drawn, "circle", "own") if one.get("r") == "4.5"]
    smaller = sorted(float(one.get("cy")) for one in parts(drawn, "circle", "own"))
    assert float(large.get("cy")) == smaller[0]


def test_small_drawings_of_nothing_are_empty():
    assert interval_bar(nan, nan, nan) == ""
    assert spark([1.0], []) == ""
    assert spark([nan, nan], []) == ""
    assert interval_bar(0.0, 0.0, 0.0).startswith("<svg")
