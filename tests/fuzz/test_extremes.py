"""Every number at the ends of what it may be: a run that ends, or a fault that is told; never anything else."""

import re

import numpy as np
import pytest

from sim import limits, study
from tests.fuzz.commands import sim, time_limit
from tests.fuzz.targets import EVERY_EVENT
from tests.fuzz.test_fuzz import judge
from tests.worlds import registry

USED = study.prepare("baseline", registry=registry()).world.parameters_used
SIZES = ("0", "1e-300", "1e-9", "1e7", "1e9", "1e15", "-0.999999", "-1")
LAWS = (
    "{normal: [0, 1e14], unit: '%s'}", "{lognormal: [1, 500], unit: '%s'}", "{gamma: [1, 1e5], unit: '%s'}",
    "{uniform: [-1e15, 1e15], unit: '%s'}",
)  # fmt: skip
QUANTITY = re.compile(r"(?<=: )(\d[\d.]*)(?: ([A-Za-z%/]+))?(?=[,}])")
NO_QUANTITIES = ("months", "replications", "root_seed", "value")
WORDS = ("--quiet", "--no-reference", "--workers", 1)


def places():
    """Where a quantity stands in the file: first and last character, and its unit."""
    text = EVERY_EVENT.read_text(encoding="utf-8")
    found = [match for match in QUANTITY.finditer(text) if text.count("\n", 0, match.start()) > 4]
    return [(match.start(), match.end(), match[2] or "1") for match in found if f"{match[0]}" != "1"]


def ends(name):
    estimate = registry().parameters[name]
    can = limits.allowed(estimate)
    just_above = 1e-6 * can.high if can.above else can.low
    return [f"{value!r} {estimate.unit}" for value in (just_above, can.high)]


@pytest.mark.slow
@pytest.mark.parametrize("name", USED)
def test_a_parameter_at_the_ends_of_what_it_may_be(name):
    for value in ends(name):
        plan = study.prepare("baseline", ["period.months=1", f"{name}={value}"], registry())
        with time_limit():
            outcome = study.simulate((plan.scenario, registry()), 0)
        assert np.isfinite(outcome.daily).all(), value


@pytest.mark.parametrize("name", USED)
def test_a_parameter_beyond_what_it_may_be_is_told_with_its_bound(name):
    estimate = registry().parameters[name]
    can = limits.allowed(estimate)
    span = max(abs(can.low), can.high)
    assert can.low <= estimate.low
    assert estimate.high <= can.high
    assert not can.objection(estimate.value)
    assert "too low: " in can.objection(can.low - span)
    assert "too high: at most" in can.objection(can.high * 1.001)


@pytest.mark.slow
@pytest.mark.parametrize("place", places(), ids=lambda place: str(place[0]))
def test_a_quantity_of_an_event_at_its_extremes(tmp_path, place):
    text = EVERY_EVENT.read_text(encoding="utf-8")
    first, last, unit = place
    path = tmp_path / "mine.yaml"
    for number, size in enumerate([*(f"{size} {unit}" for size in SIZES), *(law % unit for law in LAWS)]):
        path.write_text(text[:first] + size.removesuffix(" 1") + text[last:], encoding="utf-8")
        with time_limit():
            judge(sim("check", path))
            judge(sim("run", path, *WORDS, "--out", tmp_path / str(number)))


def test_there_are_quantities_of_every_kind_of_event():
    assert len(places()) > 15
