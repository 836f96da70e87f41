"""Scales, labels and escaping of the small pictures."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.report.drawing import Frame, path, spread, svg, tag, text, tick_text, ticks

NUMBERS = st.integers(-(10**9), 10**9).map(lambda number: number / 1000)


@given(NUMBERS, NUMBERS)
def test_ticks_are_round_rise_evenly_and_hold_both_ends(one, other):
    low, high = min(one, other), max(one, other)
    marks = ticks(low, high)
    rounding = 1e-6 * (marks[1] - marks[0])
    assert marks[0] <= low + rounding
    assert marks[-1] >= high - rounding
    assert 2 <= len(marks) <= 9
    steps = [after - before for before, after in pairwise(marks)]
    assert steps == pytest.approx([steps[0]] * len(steps))


@given(st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_labels_are_kept_apart_and_in_order(wanted):
    placed = spread(wanted, 15, 0, 300)
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    gaps = [placed[after] - placed[before] for before, after in pairwise(order)]
    assert all(gap >= 15 - 1e-9 for gap in gaps)
    assert max(placed) <= 300


def test_labels_that_have_room_stay_where_they_want_to_be():
    assert spread([10, 100, 50], 15, 0, 300) == [10, 100, 50]


@pytest.mark.parametrize(
    ("value", "step", "told"),
    [(0.25, 0.05, "0.25"), (7500, 500, "7,500"), (2.5, 2.5, "2.5"), (-4, 2, "−4"), (0.3, 0.1, "0.3")],
)
def test_a_tick_has_the_decimals_of_its_step(value, step, told):
    assert tick_text(value, step) == told


def test_words_are_escaped():
    drawn = svg(10, 10, text((0, 0), '<script>"&'), label='"><script>')
    root = ElementTree.fromstring(drawn)
    assert root.get("aria-label") == '"><script>'
    assert [one.text for one in root.iter() if one.tag.endswith("text")] == ['<script>"&']


def test_a_gap_in_the_data_is_a_gap_in_the_line():
    assert path([(0, 0), (1, float("nan")), (2, 2), (3, 3)]) == "M0 0M2 2L3 3"


def test_attributes_that_are_none_are_left_out():
    assert tag("g", class_=None, data_x=1) == '<g data-x="1"/>'


def test_every_month_of_a_frame_lies_within_it():
    frame = Frame(600, 250, [f"2025-{month:02}" for month in range(1, 13)], 0, 93)
    assert frame.x(0) == frame.left
    assert frame.x(12) == frame.x_end
    assert frame.y(frame.high) == frame.top
    assert frame.high >= 93
