"""The shipped scenarios: each asks its own question, and its answer moves as its author expects."""

import re
from pathlib import Path

import numpy as np
import pytest

from sim import shipped
from sim.inputs.text import InputError
from sim.ledger import Key
from sim.limits import all_allowed
from sim.results.tables import Measured, Replicated, paired
from sim.scenario import load, shipped_names
from sim.scenario.model import Scenario
from sim.study import Plan, evaluate, prepare, simulate
from tests.worlds import registry

ASKED = [
    "border_closure",
    "all_gates_closure",
    "kanpaiti_closure",
    "muse_reopening",
    "kia_tax_20pct",
    "kia_flat_35000",
    "tax_holiday",
    "inventory_release",
    "kia_china_deal",
    "chinese_workers_leave",
    "reagent_embargo",
    "control_back_to_junta",
    "kachin_ceasefire",
    "shan_expansion",
    "uwsa_disruption",
    "laos_expansion",
    "monsoon_extreme",
    "export_controls_2025",
    "domestic_quota_up",
    "imported_ore_quota",
    "state_stockpile_release",
    "india_route",
    "india_route_full",
    "quad_processing",
    "us_brokered_peace",
    "western_supply_ramp",
    "protected_convoys",
    "demand_slump",
    "ev_boom",
    "protracted_conflict",
    "bargaining",
]
"""The questions that the articles raise."""
DOCS = Path(__file__).parents[2] / "docs"
REPLICATIONS = 2
PICTURE_BYTES = 60_000
WORDS = ("name", "question", "sources", "surprise", "answer", "reference")


def scenario(name: str) -> Scenario:
    return load(name, parameters=all_allowed(registry().parameters)).scenario


def test_every_question_of_the_articles_is_shipped():
    assert set(ASKED) <= set(shipped_names())


@pytest.mark.parametrize("name", ASKED)
def test_it_says_what_it_asks_and_what_would_surprise(name):
    shown = scenario(name)
    assert shown.question.endswith("?")
    assert shown.surprise
    assert shown.sources
    assert shown.answer
    assert shown.reference
    own = {event.id for event in shown.events} - {event.id for event in shown.reference.events}
    assert own, "no event of its own"
    assert all(event.source for event in shown.events if event.id in own)


@pytest.mark.parametrize("name", ASKED)
def test_the_sources_it_names_are_in_the_evidence(name):
    """Ids such as kia_shuts_gates_2024 or reuters_restart, wherever the file has them."""
    evidence = registry()
    known = {
        *evidence.sources, *evidence.facts, *evidence.events, *evidence.observations, *evidence.parameters,
        *shipped_names(),
    }  # fmt: skip
    named = set(re.findall(r"\b[a-z0-9]+_[a-z0-9_]*\d{4}(?:_\d\d)*\b", _prose(name)))
    assert named <= known


def _prose(name: str) -> str:
    own = scenario(name)
    return " ".join([*own.sources, *(event.source or "" for event in own.events)])


def test_no_two_scenarios_are_the_same_model():
    models = {}
    for name in shipped_names():
        plain = {key: value for key, value in scenario(name).plain().items() if key not in WORDS}
        models.setdefault(repr(plain), []).append(name)
    assert [names for names in models.values() if len(names) > 1] == []


@pytest.mark.library
@pytest.mark.parametrize("name", ASKED)
def test_it_runs_changes_something_and_moves_its_answer(name):
    plan = prepare(name, registry=registry())
    study = evaluate(plan, {"scenario": _run(plan, plan.scenario), "reference": _run(plan, plan.reference)})
    before = {event.id for event in plan.reference.events}
    rows = [row for outcome in study.runs.outcomes for row in outcome.timeline if row.event not in before]
    assert any(row.effect == "changed" for row in rows)
    answer, difference = plan.scenario.answer, _difference(plan, study.kpis, study.reference_kpis)
    assert np.isfinite(difference)
    assert difference != 0.0
    assert answer.expect == "moves" or (difference > 0.0) == (answer.expect == "rises")


def _run(plan: Plan, one: Scenario) -> Replicated:
    outcomes = tuple(simulate((one, plan.registry), r) for r in range(REPLICATIONS))
    return Replicated(one.name, one.period.start, outcomes, ())


def _difference(plan: Plan, own: Measured, base: Measured) -> float:
    answer = plan.scenario.answer
    key = Key(answer.metric, answer.place, answer.element, answer.actor, answer.heading)
    ours, theirs = paired(own, base, key)
    return float(np.mean(ours - theirs))


def test_an_answer_that_is_no_metric_is_refused(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\nquestion: Why?\nextends: baseline\nanswer: {metric: import_t}\n")
    with pytest.raises(InputError, match=r"'import_t' is no metric\. Did you mean 'imports_t'"):
        load(str(mine))


# -- the pages made from them -----------------------------------------------------------------------------


def test_the_page_of_scenarios_has_each_with_its_picture_and_its_result():
    page = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    for name in ASKED:
        assert f"## {name}\n" in page
        assert f"(img/scenarios/{name}.png)" in page
        assert scenario(name).question in page
        picture = DOCS / "img" / "scenarios" / f"{name}.png"
        assert 2_000 < picture.stat().st_size < PICTURE_BYTES


def test_the_library_is_found_where_it_is_shipped():
    assert (shipped.scenarios_dir() / "protracted_conflict.yaml").is_file()
