"""Pages of sweeps that are no plain grid: axes in words, samples, taxes that nobody takes, lost points."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from sim.ledger import Key
from sim.report.sweep_page import _cards, _lead, heat_maps, laffer_chart, response_charts
from sim.report.swept import Axis, Sweep
from sim.report.traced import Traces

IMPORTS = Key("imports_t", place="myanmar")
KIA = Key("tax_cny", actor="kia")
UWSA = Key("tax_cny", actor="uwsa")


def axis(path, numbers, unit="d", is_lever=True):
    levels = tuple(f"{number:g} {unit}" for number in numbers)
    return Axis(path, levels, tuple(map(float, numbers)), unit, is_lever)


def sweep(values, *axes):
    """Every combination of the axes; values: by metric a function of their numbers."""
    grid = [numbers.ravel() for numbers in np.meshgrid(*(one.numbers for one in axes), indexing="ij")]
    texts = {
        one.path: [one.levels[one.numbers.index(number)] for number in numbers]
        for one, numbers in zip(axes, grid, strict=True)
    }
    found = {key: np.column_stack([f(*grid)] * 3) + np.arange(3) for key, f in values.items()}
    return Sweep(axes, texts, len(grid[0]), found)


RATE, LENGTH = axis("events.share.rate", (0, 10, 20), "%"), axis("events.shut.lasts", (30, 60))


def test_two_stepped_axes_make_a_map_and_one_none():
    both = sweep({IMPORTS: lambda rate, days: 1000 - rate - days}, RATE, LENGTH)
    (chart,) = heat_maps(both)
    assert chart.id == "heat_imports_t_myanmar"
    assert "30 d" in chart.title
    assert list(heat_maps(sweep({IMPORTS: lambda rate: 1000 - rate}, RATE))) == []


def test_of_one_run_each_no_interval_is_said_to_contain_zero():
    several = sweep({IMPORTS: lambda rate, days: 1000 - rate - days}, RATE, LENGTH)
    alone = replace(several, values={key: table[:, :1] for key, table in several.values.items()})
    (chart,) = heat_maps(alone)
    assert chart.note == "t, paired; one run each, so there are no intervals."
    assert "url(#" not in chart.wide
    (chart,) = heat_maps(several)
    assert "with 95 % intervals" in chart.note


def test_a_metric_that_nothing_moves_has_no_map():
    assert list(heat_maps(sweep({IMPORTS: lambda rate, days: 0 * rate}, RATE, LENGTH))) == []


def test_a_point_of_which_no_run_finished_stays_empty():
    lost = sweep({IMPORTS: lambda rate, days: 1000 - rate - days}, RATE, LENGTH)
    lost.values[IMPORTS][3] = nan  # 10 %, 60 d
    (chart,) = heat_maps(lost)
    assert "10 %, 60 d: not run" in chart.wide
    assert chart.wide.count("not run") == 1


def test_a_curve_leaves_out_a_level_without_a_finished_run():
    one = sweep({IMPORTS: lambda rate: 1000 - rate}, RATE)
    whole = [chart.wide for chart in response_charts(one)]
    one.values[IMPORTS][1] = nan
    (cut,) = (chart.wide for chart in response_charts(one))
    assert len(whole) == 1
    assert cut != whole[0]
    assert "nan" not in cut


def test_without_a_tax_or_its_taker_there_is_no_curve_of_revenue():
    assert laffer_chart(sweep({KIA: lambda days: days}, LENGTH)) is None
    assert laffer_chart(sweep({IMPORTS: lambda rate: rate}, RATE)) is None


def test_the_taker_of_a_tax_is_named_by_its_path_or_has_the_revenue_that_moves_most():
    values = {KIA: lambda rate: 5 * rate, UWSA: lambda rate: 1000 - 90 * rate}
    assert "UWSA" in laffer_chart(sweep(values, RATE)).title
    named = axis("taxes.kia.export_cny_per_t", (0, 10, 20), "CNY/t")
    assert "KIA" in laffer_chart(sweep(values, named)).title
    assert "by" not in laffer_chart(sweep(values, named)).title.split("size of its tax")[1]
    both = laffer_chart(sweep({KIA: lambda rate, days: rate - days}, RATE, LENGTH))
    assert both.title.endswith("by the size of its tax, by shut lasts")


def test_a_sampled_axis_is_drawn_point_by_point():
    rng = np.random.default_rng(3)
    sampled = axis("market.cover_exponent", np.sort(rng.random(20)).round(3).tolist(), "1", is_lever=False)
    assert not sampled.is_stepped
    (chart,) = response_charts(sweep({IMPORTS: lambda x: 1000 * x}, sampled))
    assert chart.note == "One dot a point of the design; all else varies with it."
    assert chart.wide.count("<circle") >= 20
    (stepped,) = response_charts(sweep({IMPORTS: lambda x: 1000 * x}, RATE))
    assert stepped.note == "Mean and 95 % interval over the runs."


def test_an_axis_of_words_has_no_curve():
    words = Axis("events.policy.policy", ("open", "banned"), (), "", True)
    one = Sweep((words,), {words.path: ["open", "banned"]}, 2, {IMPORTS: np.array([[1.0], [2.0]])})
    assert list(response_charts(one)) == []
    assert words.words == "policy policy"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("taxes.kia.export_cny_per_t", "KIA export tax"),
        ("events.shut.lasts", "shut lasts"),
        ("mines.pangwa.sites", "pangwa sites"),
    ],
)
def test_axes_are_told_without_the_unit_in_their_name(path, words):
    assert axis(path, (1, 2)).words.lower().endswith(words.lower())


def sampled(*draws):
    """Two rates by two lengths, in states of two numbers that are sampled together."""
    one, two = (axis(f"market.{name}", (1, 2, 3), "1", is_lever=False) for name in ("a", "b"))
    short = replace(RATE, levels=RATE.levels[:2], numbers=RATE.numbers[:2])
    rows = [
        (rate, length, one.levels[a], two.levels[b])
        for rate in short.levels
        for length in LENGTH.levels
        for a, b in draws
    ]
    axes = (short, LENGTH, one, two)
    texts = {axis.path: list(column) for axis, column in zip(axes, zip(*rows, strict=True), strict=True)}
    values = np.arange(3 * len(rows), dtype=float).reshape(-1, 3) ** 1.5
    return Sweep(axes, texts, len(rows), {IMPORTS: 1000 - values, KIA: 1e9 + 1e6 * values})


def said(parts):
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def test_of_sampled_states_it_is_said_that_means_go_over_them_and_intervals_do_not():
    found = sampled((0, 2), (1, 0), (2, 1))
    assert found.states == 3
    card = _cards(found, Traces({}))[0]
    corner = "lowest to highest corner, mean of 3 sampled states; the interval holds chance alone"
    assert card.levels == corner
    assert said(_lead(found, Traces({}))).endswith(
        "All but the spans are means over 3 sampled states; intervals hold chance alone. "
    )
    chart = next(heat_maps(found))
    assert chart.note.endswith("contains zero. Means over all other values; the intervals hold chance alone.")
    means = "Mean over all other values; its 95 % interval holds chance alone"
    assert laffer_chart(found).note == f"{means}; large dot: the most that was found."
    rate, _, first, _ = response_charts(found)
    assert rate.note == f"{means}."
    assert first.note.startswith("Mean of the points of that value, in which all else varies, too; its 95 %")
    levers = sweep({IMPORTS: lambda rate, days: 1000 - rate - days}, RATE, LENGTH)
    assert levers.states == 1
    assert next(response_charts(levers)).note.endswith("over the runs, all other values together.")
    assert next(heat_maps(levers)).note.endswith("contains zero.")
    assert "sampled" not in said(_lead(levers, Traces({})))
    assert _cards(levers, Traces({}))[0].levels == "lowest to highest corner"


def test_of_one_replication_each_no_curve_is_said_to_have_an_interval():
    whole = sampled((0, 2), (1, 0), (2, 1))
    alone = replace(whole, values={key: table[:, :1] for key, table in whole.values.items()})
    assert (
        next(response_charts(alone)).note
        == "Mean over all other values; one replication each, so no interval."
    )
    several = sweep({IMPORTS: lambda rate: 1000 - rate}, RATE)
    one = replace(several, values={key: table[:, :1] for key, table in several.values.items()})
    assert next(response_charts(one)).note == "Mean over the runs; one replication each, so no interval."


def test_what_differs_by_more_than_what_is_held_is_no_map_and_no_curve_of_a_tax():
    """Points one by one: from one rate to the next the length and the state change, too."""
    whole = sampled((0, 2), (1, 0))
    some = [0, 3, 5, 6]
    texts = {path: [column[point] for point in some] for path, column in whole.texts.items()}
    found = Sweep(whole.axes, texts, 4, {key: table[some] for key, table in whole.values.items()})
    assert whole.alike(RATE.path, LENGTH.path)
    assert not whole.alike(RATE.path, "market.a")
    assert not found.alike(RATE.path)
    assert list(heat_maps(found)) == []
    assert laffer_chart(found) is None
    assert _cards(found, Traces({})) == []
    assert "takes most" not in said(_lead(found, Traces({})))
