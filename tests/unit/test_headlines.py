"""The lines of the printed table: paired differences, what counts as detectable, how figures are written."""

from datetime import date
from math import inf, isnan, nan

import pytest

from sim.cli.showing import show_headlines
from sim.ledger import Key
from sim.results.digits import figure, percent
from sim.results.headlines import Asked, Headline, headlines, unexpected
from sim.results.tables import Replicated, measured

OXIDE = Key("imports_t", place="myanmar", heading="oxide")
START = date(2025, 7, 1)


def runs(name, outcomes):
    return Replicated(name, START, tuple(outcomes), ())


@pytest.fixture
def lines(outcome):
    """Headlines of runs whose replications import so many tonnes a day."""

    def of(own, base=None, *, disruptions=()):
        ours = [
            outcome(100, replication=r, series={OXIDE: t}, disruptions=disruptions) for r, t in own.items()
        ]
        scenario = runs("demo", ours)
        if base is None:
            return {line.label: line for line in headlines(measured(scenario, None), None)}
        reference = runs("base", [outcome(100, replication=r, series={OXIDE: t}) for r, t in base.items()])
        shut = dict.fromkeys(own, disruptions)
        tables = measured(scenario, reference), measured(reference, None, shut)
        return {line.label: line for line in headlines(*tables)}

    return of


def test_differences_are_paired_by_replication(lines):
    line = lines({0: 9.0, 1: 19.0, 2: 29.0}, {0: 10.0, 1: 20.0, 2: 30.0})["imports from Myanmar"]
    assert (line.scenario, line.reference, line.difference) == (1900.0, 2000.0, -100.0)
    assert (line.ci_low, line.ci_high) == (-100.0, -100.0)  # the spread between replications cancels
    assert line.pct == pytest.approx(-5.0)
    assert line.detectable


def test_only_replications_that_finished_in_both_are_paired(lines):
    line = lines({0: 9.0, 2: 28.0, 3: 50.0}, {0: 10.0, 1: 99.0, 2: 30.0})["imports from Myanmar"]
    assert line.pairs == 2
    assert line.reference == 2000.0
    assert line.difference == -150.0


def test_an_interval_with_zero_in_it_is_not_detectable(lines):
    line = lines({0: 11.0, 1: 19.0}, {0: 10.0, 1: 20.0})["imports from Myanmar"]
    assert line.ci_low < 0 < line.ci_high
    assert not line.detectable


def test_imports_while_shut_compare_the_same_days(lines):
    line = lines({0: 1.0, 1: 2.0}, {0: 5.0, 1: 5.0}, disruptions=[(10.0, 20.0)])
    shut = line["Myanmar imports while shut or cut"]
    assert (shut.scenario, shut.reference, shut.difference) == (15.0, 50.0, -35.0)


def test_without_a_reference_only_the_scenario_is_told(lines):
    line = lines({0: 1.0, 1: 2.0})["imports from Myanmar"]
    assert line.scenario == 150.0
    assert isnan(line.reference)
    assert line.plain()["difference"] is None


def test_recovery_is_a_median_with_the_share_not_recovered(lines):
    line = lines({0: 10.0, 1: 0.0}, {0: 10.0, 1: 10.0}, disruptions=[(10.0, 20.0)])["time to recover, median"]
    assert line.scenario == 0.0
    assert line.note == "1 of 2 not within the period"
    assert isnan(line.difference)
    for_good = lines({0: 0.0, 1: 0.0}, {0: 10.0, 1: 10.0}, disruptions=[(10.0, inf)])
    assert isnan(for_good["time to recover, median"].scenario)


def test_a_shortfall_is_a_difference_already(lines):
    line = lines({0: 1.0, 1: 1.0}, {0: 1.0, 1: 1.0})["Tb output lost"]
    assert (line.scenario, line.difference) == (0.0, 0.0)
    assert isnan(line.reference)


def test_taxes_are_told_in_millions(outcome):
    tax = Key("tax_cny", actor="kia")
    table = measured(runs("demo", [outcome(100, series={tax: 2e6})]), None)
    line = next(line for line in headlines(table, None) if line.metric == "tax_cny")
    assert (line.label, line.unit, line.scenario) == ("tax, kia", "M CNY", 200.0)


def test_actors_that_collect_nothing_are_left_out(lines):
    assert not any(label.startswith("tax") for label in lines({0: 1.0}, {0: 1.0}))


def test_no_finished_replication_gives_no_lines():
    assert headlines(measured(runs("demo", []), None), None) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (nan, ""),
        (0.0, "0"),
        (-9276.4, "-9,280"),
        (1234567.0, "1,230,000"),
        (0.012345, "0.0123"),
        (7.5, "7.50"),
        (99.96, "100"),
        (1625.0, "1,620"),
        (12.0, "12.0"),
    ],
)
def test_three_significant_digits(value, text):
    assert figure(value) == text


def test_sign_on_demand():
    assert figure(5.0, sign=True) == "+5.00"
    assert figure(-5.0, sign=True) == "-5.00"


def shown(capsys, **numbers):
    show_headlines("base", [Headline("line", "imports_t", "", "", "", "t", 10.0, 11.0, **numbers)])
    return capsys.readouterr().out.splitlines()[-1]


def test_the_table_says_when_the_runs_cannot_tell(capsys):
    told = shown(capsys, difference=-1.0, ci_low=-3.0, ci_high=1.0, pct=-9.0)
    assert "no detectable change [-3.00; +1.00]" in told
    assert "9.0" not in told
    assert "-1.00 [-1.50; -0.500]" in shown(capsys, difference=-1.0, ci_low=-1.5, ci_high=-0.5, pct=-9.0)
    assert "no change" in shown(capsys, difference=0.0, ci_low=0.0, ci_high=0.0)
    assert "one replication" in shown(capsys, difference=-1.0)
    assert "no such thing" in shown(capsys, note="no such thing")


def test_the_widest_figures_fit_a_hundred_columns(capsys):
    wide = Headline(
        "Myanmar imports while shut or cut",
        "m",
        "",
        "",
        "",
        "CNY/kg",
        -1.23e8,
        -1.23e8,
        -1.23e8,
        -1.23e8,
        -1e8,
        -99.9,
    )
    show_headlines("base", [wide])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def tables(outcome, ours, theirs):
    """Both measured; 100 days of so many tonnes a day, by replication."""
    own, base = (
        runs(name, [outcome(100, replication=r, series={OXIDE: t}) for r, t in enumerate(tonnes)])
        for name, tonnes in (("demo", ours), ("base", theirs))
    )
    return measured(own, base), measured(base, None)


HEADING = Key("imports_t", place="myanmar", heading="oxide")


def test_what_was_asked_for_has_a_line_of_its_own_unless_it_has_one(outcome):
    own, base = tables(outcome, [9.0, 19.0], [10.0, 20.0])
    lines = headlines(own, base, Asked(HEADING, "falls"))
    assert [line.label for line in lines[len(headlines(own, base)) :]] == ["imports_t (myanmar, oxide)"]
    assert lines[-1].difference == -100.0
    for key in (Key("imports_t", place="myanmar"), Key("imports_t", place="laos", heading="air")):
        assert len(headlines(own, base, Asked(key, "falls"))) == len(headlines(own, base))


@pytest.mark.parametrize(
    ("ours", "expect", "told"),
    [
        ([9.0, 19.5], "falls", "does not detectably move: -75 [-392.7; +242.7] t"),
        ([9.0, 19.0], "falls", ""),
        ([9.0, 19.0], "moves", ""),
        ([9.0, 19.0], "rises", "rise and falls: -100 [-100; -100] t"),
        ([11.0, 21.0], "falls", "fall and rises: +100 [+100; +100] t"),
    ],
)
def test_an_answer_that_goes_another_way_than_expected_is_told(outcome, ours, expect, told):
    found = unexpected(*tables(outcome, ours, [10.0, 20.0]), Asked(HEADING, expect))
    assert found.endswith(told)
    assert bool(found) == bool(told)


def test_of_an_answer_that_cannot_be_told_nothing_is_said(outcome):
    own, base = tables(outcome, [9.0], [10.0])
    assert not unexpected(own, base, Asked(HEADING, "rises"))  # one replication: no interval
    assert not unexpected(own, None, Asked(HEADING, "rises"))
    assert not unexpected(own, base, Asked(Key("imports_t", place="mars"), "rises"))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-0.0147, "-0.0147"), (0.049, "+0.0490"), (0.05, "+0.1"), (-5.94, "-5.9"), (99.94, "+99.9"),
        (463.2, "+463"), (-100, "-100"), (0.0, "+0.0"), (nan, ""),
    ],
)  # fmt: skip
def test_a_change_in_per_cent_is_not_told_as_none(value, told):
    assert percent(value) == told


def test_what_is_less_than_the_rounding_of_both_is_no_change(lines):
    line = lines({0: 9.0 + 1e-13, 1: 19.0}, {0: 9.0, 1: 19.0})["imports from Myanmar"]
    assert (line.difference, line.ci_low, line.ci_high) == (0.0, 0.0, 0.0)
    line = lines({0: 9.0 + 1e-6, 1: 19.0 + 1e-6}, {0: 9.0, 1: 19.0})["imports from Myanmar"]
    assert line.difference == pytest.approx(1e-4)
