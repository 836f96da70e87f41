"""The scenario and its answer in words, for scenarios of one event and tables that lack something."""

import shutil
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from sim.ledger import Key
from sim.report.charts_of_run import recoveries, taxes
from sim.report.effects import effect, monthly_change, waiting
from sim.report.happenings import happenings, named, over, subject
from sim.report.headline import key_figures, lead, title
from sim.report.reading import read_result
from sim.report.run_page import run_page
from sim.report.traced import Traces
from sim.results.statistics import describe
from tests.pages import run_folder
from tests.sealing import seal

HOMES = {
    "pangwa": {"region": "kachin", "gate": "pangwa"},
    "chipwi": {"region": "kachin", "gate": "kanpaiti"},
    "mong_bawk": {"region": "shan", "gate": "wa_menga"},
}
PEAK = Key("price_peak", place="china", element="Tb")


def of(*events, inherited=()):
    network = {"districts": HOMES}
    return SimpleNamespace(
        scenario={"events": [*inherited, *events], "reference": {"events": list(inherited)}},
        manifest={"network": network},
    )


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            {
                "kind": "gate_closure",
                "gates": ["pangwa", "kanpaiti"],
                "lasts": "90 d",
                "start": date(2025, 11, 1),
            },
            "Closing the Kachin gates for 90 days from 1 Nov 2025",
        ),
        (
            {"kind": "gate_closure", "gates": ["pangwa", "kanpaiti", "wa_menga"], "lasts": "1 month"},
            "Closing all gates that pass ore for 1 month",
        ),
        ({"kind": "gate_closure", "gates": ["wa_menga", "pangwa"]}, "Closing Pangkham and Pangwa"),
        (
            {"kind": "reagent_embargo", "lasts": "2 yr", "start": "2025-08-15"},
            "An embargo on leaching chemicals for 2 years from 15 Aug 2025",
        ),
        (
            {"kind": "mining_halt", "districts": ["pangwa", "chipwi"], "lasts": {"uniform": [1, 2]}},
            "A halt of mining in Pangwa and Chipwi",
        ),
        (
            {"kind": "control_change", "places": ["pangwa"], "to": "junta", "start": "2025-08-01"},
            "Control of Pangwa passing to the junta from 1 Aug 2025",
        ),
        ({"kind": "tax_change", "start": "2025-08-01"}, ""),
    ],
)
def test_one_event_is_told_as_a_subject(event, words):
    assert subject(of(event)) == words


def test_what_the_reference_has_too_is_not_the_scenarios_and_several_events_have_no_name():
    halt = {"kind": "mining_halt", "districts": ["pangwa"]}
    assert subject(of(halt, inherited=[{"kind": "tax_change"}])) == "A halt of mining in Pangwa"
    assert subject(of(halt, halt)) == ""
    assert subject(of()) == ""
    assert named([]) == ""


def test_without_a_network_gates_are_named():
    found = of({"kind": "gate_closure", "gates": ["pangwa", "kanpaiti"]})
    found.manifest = {}
    assert subject(found) == "Closing Pangwa and Kanpaiti"


def row(day, replication="", effect="changed", kind="gate_closure", event="shut", target="pangwa ore"):
    about = {"kind": kind, "event": event, "target": target}
    return about | {"date": day, "replication": replication, "effect": effect}


def test_a_closure_is_shaded_from_when_it_holds_not_from_when_it_is_announced():
    rows = [row("2025-07-01", target="announcement"), row("2025-08-15"), row("2025-09-25")]
    (found,) = happenings(rows)
    assert (found.start, found.end) == (date(2025, 8, 15), date(2025, 9, 25))


def test_an_event_that_differs_between_runs_stands_at_its_median():
    rows = [row("2025-08-01"), row("2025-08-11", "0"), row("2025-08-13", "1"), row("2025-08-21", "2")]
    (found,) = happenings(rows)
    assert (found.start, found.end) == (date(2025, 8, 1), date(2025, 8, 13))
    (only,) = happenings(rows[1:])
    assert (only.start, only.end) == (date(2025, 8, 13), None)


def test_the_same_words_stand_over_a_chart_once():
    rows = [row("2025-08-01", event="one"), row("2025-08-05", event="one"), row("2025-08-20", event="two")]
    found = over(
        SimpleNamespace(
            manifest={"period": {"start": "2025-07-01"}},
            timeline=rows,
            months=("2025-07", "2025-08", "2025-09"),
        )
    )
    assert [shade.label for shade in found.shades] == [found.shades[0].label, ""]
    assert found.shades[0].label
    assert (found.shades[0].start, found.shades[1].end) == (1.0, 3)


@pytest.fixture(scope="module")
def result(made):
    return read_result(made["run"])


def without(result, *keys, side="own"):
    """The result whose metrics lack these."""
    one = getattr(result, side)
    values = {key: value for key, value in one.kpi.values.items() if key.variable not in keys}
    return replace(result, **{side: replace(one, kpi=replace(one.kpi, values=values))})


def words(result):
    traces = Traces(result.parameters)
    return "".join(part if isinstance(part, str) else part.text for part in lead(result, traces))


def test_the_answer_leaves_out_what_the_tables_do_not_hold(result):
    whole = words(result)
    assert "imports from Myanmar" in whole
    assert "terbium peaks" in whole
    assert "while shut or cut" in whole
    no_imports = words(without(result, "imports_t", "imports_shut_t"))
    assert "imports" not in no_imports
    assert "terbium peaks" in no_imports
    assert "terbium" not in words(without(result, "price_peak"))
    assert whole.endswith("are assumptions (grade D).")
    assert effect(without(result, "price_peak"), PEAK) is None


def test_a_title_is_the_subject_the_question_or_the_name(result):
    assert title(result) == "Closing the Kachin gates for 90 days from 1 Nov 2025"
    several = replace(result, scenario={})
    assert title(several) == "What does the closure of the Kachin gates do?"
    nameless = replace(several, manifest=result.manifest | {"scenario": {"question": ""}})
    assert title(nameless) == "made_closure"


def test_figures_are_those_that_the_tables_hold(result):
    def labels(one):
        return [figure.label for figure in key_figures(one, Traces(one.parameters))]

    assert labels(result)[0] == "Imports from Myanmar"
    assert any(label.endswith("revenue") for label in labels(result))
    fewer = without(result, "tax_cny", "price_peak")
    assert not any("revenue" in label or "peak" in label for label in labels(fewer))
    assert taxes(fewer) is None
    assert taxes(result) is not None


def test_without_a_time_to_recover_nothing_is_said_of_recovery(result):
    whole = key_figures(result, Traces(result.parameters))
    assert whole[-1].label == "Imports recover, median"
    fewer = without(result, "time_to_recover_d")
    assert waiting(fewer, "time_to_recover_d", "time_to_recover_censored")[1:] == (0, 0)
    assert recoveries(fewer) is None
    assert "Imports recover, median" not in [
        figure.label for figure in key_figures(fewer, Traces(fewer.parameters))
    ]


def test_a_change_by_month_needs_both_sides(result):
    key = Key("price_cny_per_kg", "china", "Tb")
    values, draws = monthly_change(result, key)
    assert values.shape == (8, 18)
    assert draws is None
    assert monthly_change(result, Key("no_such", "china")) is None
    assert monthly_change(replace(result, reference=None), key) is None
    other = replace(
        result.reference, monthly=replace(result.reference.monthly, replications=tuple(range(100, 108)))
    )
    assert monthly_change(replace(result, reference=other), key) is None


def test_figures_of_one_side_alone_have_levels_and_no_change(made, tmp_path):
    shutil.copytree(made["run"], tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "reference")
    seal(tmp_path / "run")
    alone = read_result(tmp_path / "run")
    assert effect(alone, PEAK).change is None
    assert all(np.isnan(effect(alone, PEAK).pct()))
    assert "Imports from Myanmar come to " in words(alone)
    assert "terbium peaks at " in words(alone)


def test_where_parameters_are_drawn_intervals_are_those_of_the_draws(result):
    asked = {"asked": 8, "finished": 8, "draws": 2}
    drawn = replace(result, manifest=result.manifest | {"replications": asked})
    own, base = (side.kpi.values[PEAK] for side in (result.own, result.reference))
    of_draws = np.arange(8) // 4
    one = effect(drawn, PEAK)
    assert one.own == describe(own, of_draws)
    assert one.base == describe(base, of_draws)
    assert one.change == describe(own - base, of_draws)
    assert one.change != effect(result, PEAK).change
    assert list(monthly_change(drawn, Key("price_cny_per_kg", "china", "Tb"))[1]) == list(of_draws)


def test_of_one_run_the_change_is_told_without_an_interval(tmp_path):
    one = read_result(run_folder(tmp_path / "one", replications=1))
    told = words(one)
    assert "cuts imports from Myanmar by" in told
    assert "in one run: without an interval; " in told
    assert "terbium peaks 1" in told
    assert "no detectable change" not in told.split("dysprosium")[0]
    assert "nan" not in told
    first = key_figures(one, Traces(one.parameters))[0]
    assert first.value.text.startswith("−")
    assert first.interval == "no interval"
    assert "kia" in taxes(one).wide.lower()
    assert "no interval" in taxes(one).wide


def test_of_one_run_that_changes_nothing_no_interval_is_made_up(tmp_path):
    one = read_result(run_folder(tmp_path / "none", replications=1, cut=0.0))
    told = words(one)
    assert "makes no detectable change to imports from Myanmar over 18 months; " in told
    assert "nan" not in told


def test_a_period_that_begins_within_a_month_is_as_long_as_it_was_asked_for(result):
    period = {"start": "2025-07-20", "months": 17}  # the tables name 18
    inside = replace(result, manifest=result.manifest | {"period": period})
    assert " over 17 months against made_base" in words(inside)
    alone = replace(inside, reference=None)
    assert " in 17 months" in words(alone)
    told = run_page(inside).more["how_to_read"]
    assert told.endswith(
        " Of Jul 2025 and Dec 2026 the period holds a part; tonnes and money are those of its days."
    )
    assert "holds a part" not in run_page(result).more["how_to_read"]


def imports_of(result, reference_t, own_t):
    """The answer where imports are such, in every run."""
    key = Key("imports_t", place="myanmar")
    sides = {}
    for side, amount in (("reference", reference_t), ("own", own_t)):
        one = getattr(result, side)
        values = {**one.kpi.values, key: np.full(8, float(amount))}
        sides[side] = replace(one, kpi=replace(one.kpi, values=values))
    return words(replace(result, **sides))


def test_a_small_change_is_not_told_as_none_and_of_nothing_there_is_no_share(result):
    assert "by 200 t [200, 200] (0.2 %) over" in imports_of(result, 100_000, 99_800)
    assert "by 20.0 t [20.0, 20.0] (0.0200 %) over" in imports_of(result, 100_000, 99_980)
    assert "raises imports from Myanmar by 500 t [500, 500] over" in imports_of(result, 0, 500)
