"""The page of docs/validation.md on a backtest made by hand."""

import re
from datetime import date, timedelta
from math import exp
from pathlib import Path

import numpy as np
import pytest

import sim
from sim import engine
from sim.evidence.records import Draw, Observation
from sim.history import validation
from sim.history.backtesting import Backtest, Scored, Verdict, read_rules
from sim.history.ensemble_picture import ensemble_picture
from sim.history.picture import closures, picture
from sim.history.scoring import Pair, score
from sim.history.simulated import Simulated
from sim.history.validation import filled, proxy
from tests import engines
from tests.worlds import registry, scenario

TEMPLATE = Path(sim.__file__).parents[1] / "docs" / "validation.template.md"
SHUT = {"kind": "gate_closure", "id": "shut", "gates": ["pangwa"], "start": "2025-07-10"}


def backtest():
    described = scenario(months=2, events=[SHUT | {"end": "2025-08-01"}])
    paths = {(what, of): np.ones((3, 62)) for what, of in (("imports", "oxide"), ("ore_price", ""))}
    verdicts = [Verdict(tolerance, tolerance.low - 1) for tolerance in read_rules().tolerances[:1]]
    pairs = [Pair(date(2025, 7, 1), date(2025, 7, 31), 31.0, np.array([30.0, 32.0]), per_month=True)]
    scores = (Scored("imports_from_myanmar_t", "", "", "t", score(pairs)),)
    run = Simulated(date(2025, 7, 1), paths)
    return Backtest(described, run, (), scores, tuple(verdicts), 0.85, {})


def quote(element, day, log_price, name=None):
    about = ["china", day, day, exp(log_price), "", "", "", "", "", "", ""]
    return Observation(name or f"{element}_{day}", "oxide_price", element, *about)


def test_the_shipped_template_names_only_what_can_be_filled_in():
    tests = dict.fromkeys(("history_2024_2025", "history_2023_2025", "history_2019"), backtest())
    page = filled(TEMPLATE.read_text(encoding="utf-8"), tests, registry())
    assert "{{" not in page
    assert "**missed**" in page
    assert re.search(r"\| imports_from_myanmar_t \| 1 \|", page)


def test_an_unknown_name_in_the_template_is_a_fault():
    with pytest.raises(KeyError):
        filled("{{nothing}}", {}, registry())


def test_the_proxy_explains_what_moves_with_it():
    slide = [(date(2023, 9, 6), 1.0), (date(2024, 7, 18), 0.0)]
    later = [
        (date(2024, 8, 1) + timedelta(days=30 * step), level) for step, level in enumerate((0.0, 0.2, 0.1))
    ]
    found = [quote("Tb", day, level) for day, level in slide]
    found += [quote("Tb", day, 0.5 * level) for day, level in later]
    found += [quote("NdPr", day, level) for day, level in later]
    names = ("ndpr_price_2023_08", "ndpr_price_2023_10", "ndpr_price_2024_07_31")
    found += [
        quote("NdPr", date(2023, 8, 1), level, name)
        for name, level in zip(names, (0.5, 0.7, 0.0), strict=True)
    ]
    told = proxy({item.id: item for item in found}, "Tb")
    assert (told.slope, told.r2) == (pytest.approx(0.5), pytest.approx(1.0))
    assert told.slide == pytest.approx(-1.0)
    assert (told.explained_at_slope, told.explained_at_one) == (pytest.approx(0.3), pytest.approx(0.6))


def test_a_closure_is_shaded_to_its_end_or_to_the_end_of_the_period():
    assert closures(backtest().scenario) == [(date(2025, 7, 10), date(2025, 8, 1))]
    drawn = scenario(months=2, events=[SHUT | {"lasts": {"uniform": [10, 40], "unit": "d"}}])
    assert closures(drawn) == [(date(2025, 7, 10), date(2025, 9, 1))]


def test_the_same_pictures_are_the_same_bytes():
    assert picture(backtest()) == picture(backtest())
    assert ensemble_picture(registry().ensemble) == ensemble_picture(registry().ensemble)


def test_the_shipped_sets_lie_within_the_declared_bounds():
    from sim import shipped
    from sim.history.calibration import read

    bounds = {(f.scenario, f.path): f for f in read(shipped.seeds_dir() / "calibration.yaml").free}
    draws: tuple[Draw, ...] = registry().ensemble
    assert {(draw.scenario, draw.path) for draw in draws} == set(bounds)
    assert all(
        bounds[draw.scenario, draw.path].low <= draw.value <= bounds[draw.scenario, draw.path].high
        and bounds[draw.scenario, draw.path].unit == draw.unit
        for draw in draws
    )


@pytest.fixture
def one_core(monkeypatch):
    monkeypatch.setattr(validation, "usable_cores", lambda: 1)
    monkeypatch.setattr(engine, "run", engines.run)


def test_the_page_is_written_with_its_pictures(one_core, tmp_path):
    page = tmp_path / "validation.md"
    page.with_suffix(".template.md").write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    validation.main(page, 2)
    text = page.read_text(encoding="utf-8")
    assert "{{" not in text
    shipped = (TEMPLATE.parent / "validation.md").read_text(encoding="utf-8")
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads == [line for line in shipped.splitlines() if line.startswith("#")]
    names = {path.name for path in (tmp_path / "img").iterdir()}
    assert names == {"backtest_ensemble.png", *(f"backtest_{name}.png" for name in validation.HISTORIES)}


def test_a_history_of_which_a_run_fails_is_no_validation(one_core, monkeypatch):
    monkeypatch.setattr(engine, "run", lambda *_: 1 / 0)
    with pytest.raises(RuntimeError, match=r"history_2019: .*division by zero"):
        validation.backtested("history_2019", 2)
