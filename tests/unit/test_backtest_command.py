"""`sim backtest` on a month: what it refuses before anything is run, and what it says of nothing."""

import json

import pytest
from typer.testing import CliRunner

from sim import api, cli
from sim.inputs.text import InputError

MONTH = ("--set", "period.months=1", "--replications", "1", "--workers", "1", "--no-ensemble", "--quiet")


@pytest.fixture
def backtest(tmp_path, monkeypatch):
    """Runs the command in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli.app, ["backtest", *words])


def test_a_check_without_any_tolerance_is_refused_before_the_run(backtest, tmp_path):
    """It ended with 0, as if something had been held."""
    done = backtest("baseline", "--check", *MONTH)
    assert done.exit_code == 2
    assert done.stderr == (
        "--check:1:1: no tolerance is declared for baseline: there is nothing to check. "
        "There are some for history_2023_2025, history_2024_2025, history_2019\n"
    )
    assert not any(tmp_path.iterdir())


def test_without_tolerances_the_answer_says_neither_yes_nor_no(backtest):
    done = backtest("baseline", "--format", "json", *MONTH)
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["holds"] is None


def test_drawn_parameters_are_told_where_they_were_asked_for(backtest):
    """The fault was told of the scenario's file, where there is none."""
    done = backtest("baseline", "--set", "run.draws=3", "--quiet")
    assert done.exit_code == 2
    of_option, of_set = done.stderr.splitlines()
    assert of_set.startswith("--set:1:11: run.draws: `ensemble` and `draws` exclude each other")
    assert of_option.startswith("--ensemble:1:1: run.ensemble: ")
    assert "--no-ensemble" in of_set
    with pytest.raises(InputError, match=r"^--set:1:11: run\.draws: "):
        api.backtest(set={"run.draws": 3})


def test_draws_of_the_scenarios_own_file_are_told_there(backtest, tmp_path):
    own = "name: own\nquestion: Drawn?\nextends: baseline\nrun: {draws: 3}\n"
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    assert "own.yaml:4:14: run.draws: " in backtest("own.yaml", "--quiet").stderr
