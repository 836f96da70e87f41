"""The search and the choice of sets, on a model simple enough to know the answer of."""

import json
import re
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from sim import cli, shipped
from sim.cli import calibrating
from sim.evidence.reading import Faults, read_ensemble
from sim.history import calibration
from sim.history.calibration import Job, Trial, Trials, kept, loss_of, read, write_ensemble
from sim.history.declaring import Calibration
from sim.history.search import open_spread, search
from sim.inputs.text import InputError

JUNE = {"kind": "imports", "heading": "oxide", "from": date(2025, 7, 1), "to": date(2025, 7, 31)}


def declared(**changes):
    fields = {
        "name": "toy",
        "question": "Which sums fit?",
        "replications": 1,
        "root_seed": 1,
        "search": {"first": 6, "steps": 6, "draws": 10, "step": 0.05, "root_seed": 3},
        "keep": {"within": 0.5, "members": 4},
        "free": [
            {"path": "mines.restart_d", "low": 0.0, "high": 10.0, "unit": "d"},
            {"path": "borders.leak_d", "low": 0.0, "high": 10.0, "unit": "d"},
        ],
        "targets": [
            {"id": "sum", "scenario": "baseline", "measure": JUNE, "value": 9.0, "spread": 0.5},
            {"id": "again", "scenario": "baseline", "measure": JUNE, "value": 9.0, "spread": 0.5},
        ],
    }
    return Calibration.model_validate(fields | changes)


class Sums(Job):
    """What the targets measure is the sum of the two parameters: only that can be known."""

    def try_point(self, point):
        measured = (sum(point), sum(point))
        return Trial(point, measured, loss_of(self.calibration.targets, measured))


def searched(folder, told=lambda done, best: None, **changes):
    job = Sums(declared(**changes), {}, None)
    trials = Trials.of(job, folder)
    search(job, trials, 1, told)
    return trials


def test_the_loss_is_the_mean_square_in_spreads():
    assert loss_of(declared().targets, (10.0, 9.0)) == pytest.approx(2.0)


def test_the_search_finds_what_the_targets_fix_and_leaves_the_rest_open(tmp_path):
    trials = searched(tmp_path)
    assert trials.best.loss < 0.01
    good = [trial.point for trial in kept(trials.calibration, trials.found.values())]
    assert len(good) == 4
    assert all(sum(point) == pytest.approx(9, abs=0.5) for point in good)
    assert max(point[0] for point in good) - min(point[0] for point in good) > 3


def test_every_point_is_within_its_bounds(tmp_path):
    assert all(0 <= value <= 10 for point in searched(tmp_path).found for value in point)


def test_what_the_targets_leave_open_is_that_of_the_normal_law():
    jacobian = np.random.default_rng(1).normal(size=(4, 3))
    inverse = np.linalg.inv(jacobian.T @ jacobian + 12 * np.eye(3))
    assert open_spread(jacobian) == pytest.approx(np.linalg.cholesky(inverse), rel=1e-9)


def test_spreads_of_next_to_nothing_leave_the_rest_as_open_as_it_is(tmp_path):
    """The normal law of such errors was no law to the computer: LinAlgError after all the steps."""
    target = {"scenario": "baseline", "measure": JUNE, "value": 9.0, "spread": 1e-6}
    trials = searched(tmp_path, targets=[target | {"id": "sum"}, target | {"id": "again"}])
    apart = open_spread(np.full((2, 2), 1e9)) @ [1.0, -1.0]
    assert np.isfinite(trials.best.loss)
    assert np.abs(apart).max() > 0.1


def test_a_second_search_finds_all_its_trials_done(tmp_path):
    told = []
    first = searched(tmp_path)
    before = first.path.read_bytes()
    again = searched(tmp_path, lambda done, best: told.append(done))
    assert told == []
    assert again.found == first.found
    assert again.path.read_bytes() == before


def test_an_interrupted_search_goes_on_and_ends_the_same(tmp_path):
    def interrupt(done, best):
        if done == 8:
            raise KeyboardInterrupt

    whole = searched(tmp_path / "whole").found
    with pytest.raises(KeyboardInterrupt):
        searched(tmp_path / "cut", interrupt)
    (path,) = (tmp_path / "cut").iterdir()
    path.write_text(path.read_text() + "0.5,1.0")  # a line cut short by a kill
    assert searched(tmp_path / "cut").found == whole


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[:-3], lambda text: text[:-12], lambda text: text.replace(",", ",1")],
    ids=["a kill within the check", "a kill within the last number", "edited"],
)
def test_a_trial_that_is_not_as_it_was_written_is_made_again(tmp_path, damage):
    """A number of which a kill or a full disk had left the half was taken for what a target measured."""
    plan = {"first": 5, "steps": 0, "draws": 0, "step": 0.05, "root_seed": 3}
    whole = searched(tmp_path, search=plan)
    whole.path.write_text(damage(whole.path.read_text()))
    assert searched(tmp_path, search=plan).found == whole.found


def test_of_equal_trials_the_order_in_which_they_were_made_plays_no_part():
    """After a trial that had been lost was made again, the ensemble was another."""
    trials = [Trial((float(x), float(y)), (0.0, 0.0), 0.1) for x, y in ((7, 1), (2, 9), (5, 5), (1, 1))]
    assert kept(declared(), trials) == kept(declared(), trials[::-1])


def test_another_question_does_not_take_over_the_trials(tmp_path):
    searched(tmp_path)
    searched(tmp_path, replications=2)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_best_is_kept_first_and_what_fits_worse_not_at_all():
    trials = [Trial((float(x), 0.0), (x, x), loss) for x, loss in ((1, 0.2), (2, 0.1), (9, 0.55), (5, 0.9))]
    assert [trial.point[0] for trial in kept(declared(), trials)] == [2.0, 9.0, 1.0]


def test_a_written_ensemble_is_read_back(tmp_path):
    path = tmp_path / "ensemble.csv"
    write_ensemble(declared(), [Trial((1.5, 2.25), (), 0.1), Trial((3.0, 4.0), (), 0.2)], path)
    faults = Faults()
    read_back = read_ensemble(path, faults)
    assert faults.problems == []
    assert [(d.member, d.path, d.value) for d in read_back[:2]] == [
        (0, "mines.restart_d", 1.5),
        (0, "borders.leak_d", 2.25),
    ]
    assert read_back[3].member == 1


def test_the_shipped_declaration_can_start():
    job = calibration.prepared(read(shipped.seeds_dir() / "calibration.yaml"))
    assert set(job.histories) == {"history_2019", "history_2023_2025", "history_2024_2025"}


@pytest.mark.parametrize(
    ("free", "fault"),
    [
        ({"path": "mines.nothing", "low": 0, "high": 1, "unit": "1"}, "no such parameter"),
        ({"path": "mines.restrat_d", "low": 0, "high": 1, "unit": "1"}, "Did you mean 'mines.restart_d'"),
        ({"path": "events.shut.share", "low": 0, "high": 1, "unit": "1"}, "no history leaves it open"),
        ({"path": "events.shut", "low": 0, "high": 1, "unit": "1"}, "no history leaves it open"),
        ({"path": "mines.restart_d", "low": 5, "high": 5, "unit": "d"}, "low must be under high"),
        ({"path": "mines.restart_d", "low": 0, "high": 5, "unit": "t"}, "'t' is the wrong unit"),
        ({"path": "mines.restart_d", "low": 0, "high": 5, "unit": "dd"}, "unknown unit 'dd'"),
        (
            {"path": "mines.restart_d", "scenario": "basline", "low": 0, "high": 5, "unit": "d"},
            "no target is of this scenario. Did you mean 'baseline'?",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(free, fault):
    with pytest.raises(InputError) as caught:
        calibration.prepared(declared(free=[free]))
    assert fault in str(caught.value)


def test_what_every_history_sets_itself_would_move_nothing():
    """Such a number was searched for in vain: each trial came out as the one before."""
    free = {"path": "mines.monsoon_output_factor", "low": 0, "high": 1, "unit": "1"}
    target = {"id": "a", "scenario": "steady", "measure": JUNE, "value": 1.0, "spread": 1.0}
    with pytest.raises(InputError, match="no history leaves it open: nothing would move"):
        calibration.prepared(declared(free=[free], targets=[target]))


def test_what_stands_twice_is_refused_and_scenarios_that_are_none():
    once = {"path": "mines.restart_d", "low": 0, "high": 5, "unit": "d"}
    fields = declared().model_dump(by_alias=True)
    fields["targets"] = [*fields["targets"], fields["targets"][0]]
    with pytest.raises(InputError) as caught:
        calibration.prepared(Calibration.model_validate(fields | {"free": [once, once]}))
    assert [str(problem) for problem in caught.value.problems] == [
        "toy:1:1: free[1].path: stands twice",
        "toy:1:1: targets[2].id: stands twice",
    ]
    fields["targets"][2] |= {"id": "b", "scenario": "basline"}
    with pytest.raises(InputError, match=r"targets\[2\].scenario: .* Did you mean 'baseline'"):
        calibration.prepared(Calibration.model_validate(fields))


def test_faults_of_a_file_stand_at_their_lines(tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(TINY.replace("borders.leak_d", "borders.leek_d"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        calibration.job_of(path)
    assert [str(problem) for problem in caught.value.problems] == [
        f"{path}:9:12: free[1].path: no such parameter. Did you mean 'borders.leak_d'?"
    ]


def test_a_target_of_an_unknown_scenario_hides_no_fault_of_a_free_number(tmp_path):
    path = tmp_path / "toy.yaml"
    text = TINY.replace("borders.leak_d", "borders.leek_d").replace("low: 0, high: 10", "low: 9, high: 9", 1)
    path.write_text(text.replace("scenario: baseline", "scenario: basline"), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        calibration.job_of(path)
    told = [str(problem).removeprefix(f"{path}:").split(". ")[0] for problem in caught.value.problems]
    assert [line.split(" ")[0] for line in told] == ["8:34:", "9:12:", "12:15:"]


def test_all_faults_of_the_form_are_told_at_once(tmp_path):
    path = tmp_path / "toy.yaml"
    text = (
        TINY.replace("name: toy", "name: ../toy").replace("keep:", "kepe:").replace("low: 0,", "low: x,", 1)
    )
    text = text.replace("kind: imports", "kind: import").replace("07-31", "07-32")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        calibration.read(path)
    assert sorted(str(problem).removeprefix(str(path)) for problem in caught.value.problems) == [
        ":13:14: targets[0].measure: unknown kind 'import'. Did you mean 'imports'?",
        ":13:67: targets[0].measure.to: 2025-07-32 is not a date of the calendar",
        ":1:1: keep: is missing",
        ":1:7: name: small letters, digits and _ are expected, a letter first, not '../toy'",
        ":6:1: kepe: unknown key. Did you mean 'keep'?",
        ":8:34: free[0].low: a number is expected, not 'x'",
    ]


def test_a_target_outside_the_period_is_refused():
    early = JUNE | {"from": date(2020, 1, 1)}
    target = {"id": "early", "scenario": "baseline", "measure": early, "value": 1.0, "spread": 1.0}
    with pytest.raises(InputError, match="outside the period"):
        calibration.prepared(declared(targets=[target]))


def test_a_real_trial_runs_the_histories():
    free = [{"path": "mines.site_capacity_t_per_yr", "low": 100, "high": 150, "unit": "t/yr"}]
    target = {"id": "july", "scenario": "baseline", "measure": JUNE, "value": 3000.0, "spread": 300.0}
    job = calibration.prepared(declared(free=free, targets=[target]))
    small, large = job.try_point((100.0,)), job.try_point((150.0,))
    assert large.measured[0] > small.measured[0] > 0


def test_without_steps_and_draws_only_the_first_points_are_tried(tmp_path):
    trials = searched(tmp_path, search={"first": 6, "steps": 0, "draws": 0, "step": 0.05, "root_seed": 3})
    assert len(trials.found) == 6


TINY = """\
name: toy
question: Which sums fit?
replications: 1
root_seed: 1
search: {first: 6, steps: 6, draws: 10, step: 0.05, root_seed: 3}
keep: {within: 0.5, members: 4}
free:
  - {path: mines.restart_d, low: 0, high: 10, unit: d}
  - {path: borders.leak_d, low: 0, high: 10, unit: d}
targets:
  - id: sum
    scenario: baseline
    measure: {kind: imports, heading: oxide, from: 2025-07-01, to: 2025-07-31}
    value: 9.0
    spread: 0.5
"""


class OneSum(Sums):
    def try_point(self, point):
        return Trial(point, (sum(point),), loss_of(self.calibration.targets, (sum(point),)))


@pytest.fixture
def calibrate(tmp_path, monkeypatch):
    """Runs the command on the toy in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(calibration, "prepared", lambda declared, _: OneSum(declared, {}, None))
    (tmp_path / "toy.yaml").write_text(TINY, encoding="utf-8")
    return lambda *words: CliRunner().invoke(cli.app, ["calibrate", "toy.yaml", "--workers", "1", *words])


def test_the_command_tells_what_fits_and_how_well(calibrate, tmp_path):
    done = calibrate()
    assert done.exit_code == 0, done.stderr
    assert re.search(
        r"^\d+ trials; least loss 0\.0\d\d; 4 sets kept, up to 0\.\d+$", done.stdout, re.MULTILINE
    )
    assert re.search(r"^mines\.restart_d +d .* 0 to 10$", done.stdout, re.MULTILINE)
    assert re.search(r"^sum +9\.00 +\d\.\d+ +[+-]0\.\d$", done.stdout, re.MULTILINE)
    (written,) = (tmp_path / "results" / "calibration" / "toy").glob("ensemble.*")
    assert str(written.relative_to(tmp_path)) in done.stdout


def test_json_tells_every_set_that_is_kept(calibrate, tmp_path):
    answer = json.loads(calibrate("--format", "json", "--quiet").stdout)
    restart, leak = answer["parameters"]
    assert (restart["name"], restart["bounds"], len(restart["kept"])) == ("mines.restart_d", [0, 10], 4)
    assert restart["best"] + leak["best"] == pytest.approx(answer["targets"][0]["best"])
    assert answer["targets"][0]["best"] == pytest.approx(9, abs=0.1)
    assert answer["loss"]["least"] <= answer["loss"]["largest kept"]
    assert answer["ensemble"] == [str(path) for path in (tmp_path / "results").rglob("ensemble.*")]


def test_a_long_search_says_how_far_it_is_unless_quiet(calibrate, monkeypatch):
    monkeypatch.setattr(calibrating, "TELL_EVERY_S", 0.0)
    told = calibrate().stderr.splitlines()
    assert re.fullmatch(r"1 trials, least loss \d+\.\d+", told[0])
    assert len(told) > 6
    assert calibrate("--out", "again", "--quiet").stderr == ""


def test_an_interrupted_calibration_says_how_to_go_on(calibrate, monkeypatch):
    real, calls = Trials.add, []

    def add(self, trial):
        calls.append(trial)
        if len(calls) > 3:
            raise KeyboardInterrupt
        real(self, trial)

    monkeypatch.setattr(Trials, "add", add)
    done = calibrate("--quiet")
    assert done.exit_code == 130
    assert "interrupted: 3 trials are kept in " in done.stderr
    monkeypatch.setattr(Trials, "add", real)
    assert calibrate("--quiet").exit_code == 0


def test_an_ensemble_of_another_declaration_is_kept_beside_and_that_is_said(calibrate, tmp_path):
    assert calibrate("--out", "mine").exit_code == 0
    first = (tmp_path / "mine" / "ensemble.csv").read_bytes()
    again = calibrate("--out", "mine", "--quiet")
    assert (again.exit_code, again.stderr) == (0, ""), "the same is no other"
    (tmp_path / "toy.yaml").write_text(TINY.replace("value: 9.0", "value: 4.0"), encoding="utf-8")
    for _ in range(2):
        done = calibrate("--out", "mine")
        assert done.exit_code == 0, done.stderr
        (aside,) = (tmp_path / "mine").glob("ensemble-*.csv")
        assert aside.read_bytes() == first != (tmp_path / "mine" / "ensemble.csv").read_bytes()
    (tmp_path / "toy.yaml").write_text(TINY, encoding="utf-8")
    done = calibrate("--out", "mine")
    assert "an earlier, different ensemble is now mine/ensemble-" in " ".join(done.stderr.split())
