"""A calibration that cannot give an answer is refused at its line, before anything is run."""

from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from sim import cli
from sim.cli import calibrating
from sim.history import calibration
from sim.history.simulated import Simulated
from sim.inputs.text import InputError

BASE = """\
name: base
question: From the tenth on?
extends: baseline
period: {start: 2025-07-10, months: 3}
"""
TOY = """\
name: toy
question: Which exponent fits?
replications: 1
root_seed: 1
search: {first: 2, steps: 0, draws: 0, step: 0.05, root_seed: 3}
keep: {within: 0.5, members: 4}
free:
  - {path: market.cover_exponent, low: 0.2, high: 0.9, unit: "1"}
targets:
  - id: sum
    scenario: base.yaml
    measure: {kind: imports, heading: oxide, from: 2025-08-01, to: 2025-08-31}
    value: 9.0
    spread: 0.5
"""
IMPORTS = "{kind: imports, heading: oxide, from: 2025-08-01, to: 2025-08-31}"
FREE = '{path: market.cover_exponent, low: 0.2, high: 0.9, unit: "1"}'
HALT = """\
events:
  - kind: mining_halt
    id: halt
    districts: [pangwa]
    start: 2025-08-01
    lasts: 20 d
    share: {uniform: [0.2, 0.5]}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The test's own folder, the scenario in it, as the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def told(here):
    """The faults told of the toy with one thing changed, without the name of the file."""

    def of(old, new):
        assert TOY.count(old) == 1
        (here / "toy.yaml").write_text(TOY.replace(old, new), encoding="utf-8")
        done = CliRunner().invoke(cli.app, ["calibrate", "toy.yaml", "--workers", "1", "--quiet"])
        assert done.exit_code == 2, done.output
        assert not (here / "results").exists()
        return [line.removeprefix("toy.yaml:") for line in done.stderr.splitlines()]

    return of


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("step: 0.05, root_seed: 3", "step: 0.05, root_seed: -1", "5:63: search.root_seed: should be"),
        ("\nroot_seed: 1", "\nroot_seed: -1", "4:12: root_seed: should be"),
        ("\nroot_seed: 1", f"\nroot_seed: {2**63}", "4:12: root_seed: should be less than"),
        ("replications: 1", "replications: true", "3:15: replications: a whole number is expected, not true"),
        ("replications: 1", 'replications: "1"', "3:15: replications: a whole number is expected, not '1'"),
        ("replications: 1", "replications: 1.0", "3:15: replications: a whole number is expected"),
        ("replications: 1", "replications: 0", "3:15: replications: should be"),
        ("first: 2", "first: 0", "5:17: search.first: should be"),
        ("first: 2", "first: -2", "5:17: search.first: should be"),
        ("first: 2", "first: 1000000000", "5:17: search.first: should be less than"),
        ("draws: 0", "draws: -1", "5:37: search.draws: should be"),
        ("steps: 0", "steps: true", "5:27: search.steps: a whole number is expected"),
        ("step: 0.05", "step: 0", "5:46: search.step: should be"),
        ("step: 0.05", "step: .nan", "5:46: search.step: .nan is not a finite number"),
        ("step: 0.05", "step: .inf", "5:46: search.step: .inf is not a finite number"),
        ("members: 4", "members: 0", "6:30: keep.members: should be"),
        ("within: 0.5", "within: -0.5", "6:16: keep.within: should be"),
        ("within: 0.5", "within: true", "6:16: keep.within: a number is expected, not true"),
        ("low: 0.2", 'low: "0.2"', "8:40: free[0].low: a number is expected, not '0.2'"),
        ("value: 9.0", "value: .nan", "13:12: targets[0].value: .nan is not a finite number"),
        ("value: 9.0", "value: true", "13:12: targets[0].value: a number is expected, not true"),
        ("value: 9.0", f"value: 1{'0' * 400}", "13:12: targets[0].value: "),
        (
            "value: 9.0",
            "value: 1e160",
            "13:12: targets[0].value: should be less than or equal to 1000000000000,",
        ),
        (
            "value: 9.0",
            "value: -1e160",
            "13:12: targets[0].value: should be greater than or equal to -1000000000000,",
        ),
        (
            "spread: 0.5",
            "spread: 1e-320",
            "14:13: targets[0].spread: should be greater than or equal to 0.000001,",
        ),
        (
            "spread: 0.5",
            "spread: 1e-160",
            "14:13: targets[0].spread: should be greater than or equal to 0.000001,",
        ),
        (
            "spread: 0.5",
            "spread: 1e160",
            "14:13: targets[0].spread: should be less than or equal to 1000000000000,",
        ),
        ("spread: 0.5", "spread: 0", "14:13: targets[0].spread: should be"),
        ("spread: 0.5", "spread: -0.5", "14:13: targets[0].spread: should be"),
    ],
)
def test_numbers_that_a_file_cannot_have(told, old, new, fault):
    (line,) = told(old, new)
    assert line.startswith(fault)


def test_the_id_of_a_target_is_a_name_and_no_formula_of_a_spreadsheet(told):
    (line,) = told("id: sum", 'id: "=cmd|x"')
    assert line.startswith("10:9: targets[0].id: small letters, digits and _ are expected")


@pytest.mark.parametrize(
    ("measure", "fault"),
    [
        ("{kind: survey_share}", "12:14: targets[0].measure: no survey falls into the period of base.yaml"),
        (
            "{kind: imports, heading: all, from: 2025-08-30, to: 2025-08-01}",
            "12:66: targets[0].measure.to: 2025-08-01 is too soon: 2025-08-30 or later is expected",
        ),
        (
            "{kind: imports_share, heading: all, from: 2025-08-01, to: 2025-08-31, "
            "of_from: 2025-08-01, of_to: 2025-07-30}",
            "12:112: targets[0].measure.of_to: 2025-07-30 is too soon: 2025-08-31 or later is expected",
        ),
        (
            "{kind: price_change, element: Dy, from: 2025-08-01, to: 2025-08-01}",
            "12:70: targets[0].measure.to: 2025-08-01 is too soon: 2025-08-02 or later is expected",
        ),
        (
            "{kind: price_back, element: Dy, from: 2025-08-01, to: 2025-08-02, peak_from: 2025-07-30, "
            "peak_to: 2025-09-01, by: 2025-08-29}",
            "12:91: targets[0].measure.peak_from: 2025-07-30 is too soon",
        ),
        (
            "{kind: output_change, element: Dy, from: 2025-08-01, to: 2025-08-31}",
            "12:71: targets[0].measure.to: 2025-08-31 is too soon: 2025-09-01 or later is expected",
        ),
        (
            "{kind: output_change, element: Dy, from: 2025-07-10, to: 2025-08-31}",
            "12:14: targets[0].measure: 2025-07-01 to 2025-08-31 is outside the period of base.yaml",
        ),
        (
            "{kind: output_change, element: Dy, from: 2025-08-10, to: 2025-10-09}",
            "12:14: targets[0].measure: 2025-08-01 to 2025-10-31 is outside the period of base.yaml",
        ),
        (
            "{kind: imports, heading: all, from: 2025-08-30, to: 9999-12-31}",
            "12:66: targets[0].measure.to: should be less than",
        ),
        (
            "{kind: score, group: prices, column: skill}",
            "12:14: targets[0].measure: unknown kind 'score'. Kinds are imports, ",
        ),
    ],
)
def test_measures_that_no_run_of_the_scenario_gives(told, measure, fault):
    assert told(IMPORTS, measure)[0].startswith(fault)


@pytest.mark.parametrize(
    ("free", "faults"),
    [
        (
            '{path: market.cover_exponent, low: -1, high: 40, unit: "1"}',
            [
                "8:40: free[0].low: -1 is too low: at least 0 is needed",
                "8:50: free[0].high: 40 is too high: at most 18 is needed",
            ],
        ),
        (
            "{path: processing.feed_d, low: 0, high: 90, unit: d}",
            ["8:36: free[0].low: 0 d is too low: above 0 d is needed"],
        ),
        (
            "{path: market.cover_exponant, low: 1, high: 9, unit: t}",
            ["8:12: free[0].path: no such parameter"],
        ),
    ],
)
def test_bounds_that_a_scenario_would_refuse_are_told_before_the_search_comes_to_them(told, free, faults):
    assert [line.split(". ")[0] for line in told(FREE, free)] == faults


def test_the_size_of_an_event_has_bounds_too(told, here):
    (here / "base.yaml").write_text(BASE + HALT, encoding="utf-8")
    (line,) = told(FREE, '{path: events.halt.share, scenario: base, low: 0, high: 5, unit: "1"}')
    assert line == "8:61: free[0].high: 5 is too high: at most 1 is needed"


def test_faults_of_a_scenario_are_told_with_those_of_the_calibration(told, here):
    (here / "base.yaml").write_text(BASE.replace("months: 3", "months: 0"), encoding="utf-8")
    lines = told("low: 0.2", "low: 1")
    assert [line.split(": ")[0] for line in lines] == ["base.yaml:4:37", "8:40"]


def test_a_target_that_is_a_share_of_nothing_somewhere_says_where(here, monkeypatch):
    share = IMPORTS.replace("imports,", "imports_share,")
    share = share.replace("}", ", of_from: 2025-08-01, of_to: 2025-09-30}")
    (here / "toy.yaml").write_text(TOY.replace(IMPORTS, share), encoding="utf-8")
    job = calibration.job_of(here / "toy.yaml")
    nothing = Simulated(date(2025, 7, 10), {("imports", "oxide"): np.zeros((1, 92))})
    monkeypatch.setattr(calibration.Job, "_run", lambda *_: nothing)
    with pytest.raises(InputError, match=r":12:14: targets\[0\].measure: cannot be told where market"):
        job.try_point((0.5,))


def test_trials_of_other_code_are_not_taken_over(here, monkeypatch):
    """Of the code only the part for histories was looked at, not that of the model."""
    (here / "toy.yaml").write_text(TOY, encoding="utf-8")
    job, read = calibration.job_of(here / "toy.yaml"), []
    real = calibration.Path.read_bytes
    monkeypatch.setattr(calibration.Path, "read_bytes", lambda path: read.append(path.name) or real(path))
    calibration.Trials.of(job, here)
    assert {"engine.py", "market.py", "calibration.py", "observations.csv"} <= set(read)


@pytest.mark.parametrize("place", ["/proc/x", "x" * 300, "circle"])
def test_a_place_for_the_sets_that_cannot_be_made_is_told_before_the_search(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    path = tmp_path / "mine.yaml"
    path.write_text(TOY.replace("base.yaml", "baseline"), encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["calibrate", str(path), "--out", place])
    assert done.exit_code == 2
    assert "cannot be made" in done.stderr
    assert "Name another with --out" in done.stderr


@pytest.mark.parametrize("name", ["trials-12345678.csv", "ensemble-12345678.csv"])
def test_a_link_in_the_folder_of_a_calibration_is_not_written_through(tmp_path, name):
    """Trials were appended to whatever file it led to."""
    (tmp_path / "mine.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "fit").mkdir()
    (tmp_path / "fit" / name).symlink_to("../mine.csv")
    assert calibration.foreign(tmp_path / "fit") == [name]


def never(*_, **__):
    raise AssertionError("a search was begun")


@pytest.mark.parametrize("name", ["thesis.docx", "ensemble.csv", "manifest.json"])
def test_a_folder_of_others_is_refused_before_the_search_and_left_as_it_is(here, monkeypatch, name):
    monkeypatch.setattr(calibrating, "search", never)
    (here / "toy.yaml").write_text(TOY, encoding="utf-8")
    (here / "mine").mkdir()
    (here / "mine" / name).write_text("mine\n", encoding="utf-8")
    done = CliRunner().invoke(cli.app, ["calibrate", "toy.yaml", "--workers", "1", "--out", "mine"])
    assert done.exit_code == 2, done.output
    told = f"mine:1:1: holds what no calibration has written: {name}. Name another with --out\n"
    assert done.stderr == told
    assert (here / "mine" / name).read_text(encoding="utf-8") == "mine\n"
