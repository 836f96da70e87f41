"""`sim run` and `sim backtest` in this process, with an engine by hand: draws, precision, failures."""

import csv
import json
from contextlib import chdir
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from typer.testing import CliRunner

from sim import cli, engine, parametric, precise, study
from sim.cli import uncertain
from sim.ledger import Key
from sim.parametric import BANDS, Band, Line, Parametric
from sim.results import attic
from sim.results.headlines import Headline
from sim.results.statistics import Summary
from sim.results.tables import Measured
from sim.results.variance import Split
from tests import engines

SHORT = """\
name: short
question: Does a week of closed gates show?
extends: baseline
period: {start: 2025-07-01, months: 2}
run: {replications: 2, root_seed: 7}
events:
  - {kind: gate_closure, id: shut, gates: [pangwa, kanpaiti, lweje], start: 2025-07-10, lasts: 7 d}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "run", engines.run)
    (tmp_path / "short.yaml").write_text(SHORT, encoding="utf-8")
    return tmp_path


def call(*words, within):
    with chdir(within):
        return CliRunner().invoke(cli.app, [*map(str, words)])


def run(*words, within):
    return call("run", "short.yaml", "--workers", 1, "--out", "out", *words, within=within)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_answer_the_page_and_what_it_replaced_are_told(here):
    done = run("--quiet", within=here)
    assert done.exit_code == 0, done.stderr
    assert "imports from Myanmar" in done.stdout
    assert done.stdout.endswith("results: out\npage: out/report.html\n")
    assert done.stderr == "warning: event shut: changed nothing in any replication\n"
    again = run("--root-seed", 8, within=here)
    assert again.exit_code == 0, again.stderr
    assert "an earlier, different result was moved to .history/out-" in again.stderr


def test_a_place_that_orders_a_terminal_about_is_told_with_escapes(here):
    name = "out\x1b[31m\nx\u202ey"
    done = run("--quiet", "--no-reference", "--out", name, within=here)
    assert done.exit_code == 0, done.stderr
    told = "out\\x1b[31m\\nx\\u202ey"
    assert done.stdout.endswith(f"results: {told}\npage: {told}/report.html\n")
    again = run("--quiet", "--no-reference", "--out", name, "--format", "json", within=here)
    assert json.loads(again.stdout)["results"] == name, "for a program it is the path itself"
    for command in (("report", name), ("compare", name, name, "--out", f"c{name}")):
        done = call(*command, within=here)
        assert done.exit_code == 0, done.stderr
        assert "out\\x1b[31m\\nx" in done.stdout
        assert not {"\x1b", "\u202e"} & {*done.stdout, *done.stderr}


def test_series_that_wait_in_files_change_no_byte(here, monkeypatch):
    assert run("--replications", 4, "--quiet", within=here).exit_code == 0
    before = {path: path.read_bytes() for path in (here / "out").rglob("*.csv") if path.name != "runs.csv"}
    kept = []
    keep = attic.Attic.keep
    monkeypatch.setattr(attic, "IN_MEMORY", 1)
    monkeypatch.setattr(
        attic.Attic, "keep", lambda own, one: kept.append((one, keep(own, one))) or kept[-1][1]
    )
    assert run("--replications", 4, "--quiet", within=here).exit_code == 0
    assert sum(given is not held for given, held in kept) == 7
    assert {path: path.read_bytes() for path in before} == before


def test_json_tells_the_same_as_the_tables(here):
    done = run("--format", "json", "--quiet", within=here)
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["scenario"], answer["reference"], answer["replications"]) == ("short", "baseline", 2)
    assert (answer["failures"], answer["precision"], answer["uncertainty"]) == (0, None, None)
    (imports,) = [row for row in answer["rows"] if row["label"] == "imports from Myanmar"]
    (told,) = [
        row
        for row in rows(here / "out" / "summary.csv")
        if (row["metric"], row["place"], row["heading"]) == ("imports_t", "myanmar", "")
    ]
    assert imports["scenario"] == pytest.approx(float(told["mean"]))


def test_without_a_reference_there_are_levels_alone(here):
    done = run("--no-reference", "--quiet", within=here)
    assert done.exit_code == 0, done.stderr
    assert "difference" not in done.stdout
    assert not (here / "out" / "reference").exists()


def test_draws_tell_the_answer_with_what_it_hangs_on(here, monkeypatch):
    for module in (parametric, uncertain):
        monkeypatch.setattr(module, "FEWEST", 12)  # so few tell little, but cost little
    done = run("--draws", 13, "--replications", 2, within=here)
    assert done.exit_code == 0, done.stderr
    assert "what the difference hangs on, % of its variance:" in done.stdout
    assert "difference by cover of Tb on the first day, months" in done.stdout
    assert "grades are told apart" not in done.stderr
    draws = rows(here / "out" / "draws.csv")
    assert {row["draw"] for row in draws} == set(map(str, range(13)))
    assert len(rows(here / "out" / "runs.csv")) == 26
    split = {
        (row["of"], row["metric"], row["place"], row["heading"]): row
        for row in rows(here / "out" / "uncertainty.csv")
    }
    one = split["scenario", "imports_t", "myanmar", ""]
    assert float(one["sd"]) > 0
    assert (one["draws"], one["runs"]) == ("13", "26")
    shares = rows(here / "out" / "by_grade.csv")
    assert {row["grade"] for row in shares} >= {"C", "D", "together", "chance"}
    bands = [row for row in rows(here / "out" / "by_cover.csv") if row["metric"] == "imports_t"]
    assert [row["cover"] for row in bands[:3]] == ["low", "mid", "high"]


def test_few_draws_say_so_and_json_has_their_numbers(here):
    done = run("--draws", 4, "--replications", 2, within=here)
    assert "grades are told apart from 40 finished draws on; see --draws" in done.stderr
    assert rows(here / "out" / "by_grade.csv") == []
    done = run("--draws", 4, "--replications", 2, "--no-reference", "--format", "json", within=here)
    assert done.exit_code == 0, done.stderr
    lines = json.loads(done.stdout)["uncertainty"]
    assert {line["of"] for line in lines} >= {"scenario"}
    assert {(line["draws"], line["runs"]) for line in lines if line["parametric_share"] is not None} == {
        (4, 8)
    }
    assert all(line["by_grade"] == {} for line in lines)


@pytest.mark.slow
def test_draws_run_again_from_the_resolved_scenario_give_the_same_tables(here):
    assert run("--draws", 4, "--replications", 2, within=here).exit_code == 0
    again = call(
        "run", "out/scenario.resolved.yaml", "--workers", 1, "--out", "again", "--quiet", within=here
    )
    assert again.exit_code == 0, again.stderr
    for name in ("draws.csv", "uncertainty.csv", "kpi.csv"):
        assert (here / "out" / name).read_bytes() == (here / "again" / name).read_bytes()


def test_it_goes_on_until_the_precision_is_reached_or_the_budget_spent(here):
    done = run("--precision", 0.5, "--metric", "imports_t:myanmar", within=here)
    assert done.exit_code == 0, done.stderr
    assert "precision: imports_t myanmar is known to " in done.stderr
    told = json.loads((here / "out" / "manifest.json").read_text(encoding="utf-8"))["precision"]
    assert (told["is_spent"], told["watched"]) == (False, ["imports_t:myanmar"])
    assert told["replications"] == len(rows(here / "out" / "runs.csv"))
    spent = run("--precision", 0.0001, "--replications", 20, "--metric", "imports_t:myanmar", within=here)
    assert spent.exit_code == 0, spent.stderr
    assert "warning: precision: the budget was spent before all reached 0.01 %" in spent.stderr
    assert len(rows(here / "out" / "runs.csv")) == 20


@pytest.mark.parametrize("words", [("--replications", 16), ("--set", "run.replications = 16")])
def test_a_number_of_replications_is_the_most_for_a_precision_however_it_is_given(here, words):
    done = run("--precision", 0.0001, "--no-reference", *words, within=here)
    assert done.exit_code == 0, done.stderr
    assert len(rows(here / "out" / "runs.csv")) == 16


@pytest.mark.parametrize(
    ("metric", "defined", "told"),
    [
        ("time_to_recover_d", 0, "no replication of 15 has a value of what is watched"),
        ("time_to_recover_d", 1, "time_to_recover_d cannot be told: one replication of 15 has a value of it"),
    ],
)
def test_a_precision_that_cannot_be_told_is_none_and_says_why(here, monkeypatch, metric, defined, told):
    real = precise.measured_of

    def measured_of(plan, runs):
        table = real(plan, runs)
        at = table.keys.index(Key(metric))
        values = table.values.copy()
        values[:, at] = np.where(np.arange(len(values)) < defined, 7.0, np.nan)
        return replace(table, values=values)

    monkeypatch.setattr(precise, "measured_of", measured_of)
    words = ("--precision", 0.5, "--replications", 15, "--metric", metric, "--no-reference", "--quiet")
    done = run(*words, within=here)
    assert done.exit_code == 0, done.stderr
    assert f"warning: precision: {told}" in " ".join(done.stderr.split())
    found = json.loads((here / "out" / "manifest.json").read_text(encoding="utf-8"))["precision"]
    assert found["ratio"] is None


def test_where_no_replication_finishes_a_precision_asks_for_no_more(here, monkeypatch):
    broken = fails(range(500))
    monkeypatch.setattr(engine, "run", lambda world, n: (broken if world.effects else engines.run)(world, n))
    done = run("--precision", 0.5, "--no-reference", "--quiet", within=here)
    assert done.exit_code == 3, done.stderr
    assert "15 replications failed (see runs.csv)" in done.stderr
    assert [row["status"] for row in rows(here / "out" / "runs.csv")] == ["failed"] * 15


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--precision", 0.1, "--metric", "imprts_t"], "Did you mean 'imports_t'"),
        (["--precision", 0.1, "--metric", "imports_t:mars"], "labels of imports_t are "),
        (["--metric", "imports_t"], "--metric says what --precision is of"),
        (["--precision", 0.1, "--draws", 4], "does not go with drawn parameters"),
        (["--precision", 0.1, "--set", "run.draws=4", "--metric", "imprts_t"], "with drawn parameters"),
        (["--precision", 0.1, "--replications", 4, "--set", "run.replications=4"], "is set twice"),
        (
            ["--precision", 0.5, "--replications", 14],
            "--precision:1:1: needs 15 replications at least, and run.replications is 14",
        ),
        (["--precision", 0.5, "--set", "run.replications=1"], "and run.replications is 1. Ask for more"),
        (["--root-seed", 2**70], "Invalid value for '--root-seed': "),
        (["--replications", 10**9], "Invalid value for '--replications': "),
        (
            ["--draws", 4, "--ensemble"],
            "--ensemble:1:1: run.ensemble: `ensemble` and `draws` exclude each other",
        ),
        (["--draws", 4, "--ensemble"], "--draws:1:1: run.draws: `ensemble` and `draws` exclude each other"),
        (["--set", "run.draws=4", "--ensemble"], "--set:1:11: run.draws: `ensemble` and `draws` exclude"),
        (["--root-seed", 3, "--set", "run.root_seed=4"], "--root-seed:1:1: run.root_seed: is set twice"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_anything_runs(here, words, told):
    done = run(*words, within=here)
    assert done.exit_code == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())
    assert not (here / "out").exists()


def fails(numbers):
    def made(world, replication):
        if replication in numbers:
            raise ZeroDivisionError("no ore")
        return engines.run(world, replication)

    return made


def test_failed_replications_are_told_and_the_rest_is_saved(here, monkeypatch):
    monkeypatch.setattr(engine, "run", fails({1}))
    done = run("--replications", 3, within=here)
    assert done.exit_code == 3
    assert "2 replications failed (see runs.csv), the rest are saved. The first: replication 1, run" in (
        " ".join(done.stderr.split())
    )
    assert [row["status"] for row in rows(here / "out" / "runs.csv")] == ["ok", "failed", "ok"]


def test_draws_of_which_none_finished_have_no_split(here, monkeypatch):
    monkeypatch.setattr(engine, "run", fails(range(8)))
    done = run("--draws", 4, "--replications", 2, "--quiet", within=here)
    assert done.exit_code == 3
    assert not (here / "out" / "uncertainty.csv").exists()
    assert (here / "out" / "report.html").is_file()


def interrupts_at(number):
    def made(world, replication):
        if replication == number:
            raise KeyboardInterrupt
        return engines.run(world, replication)

    return made


def test_an_interrupted_run_keeps_what_is_done_and_goes_on(here, monkeypatch):
    monkeypatch.setattr(engine, "run", interrupts_at(1))
    done = run(within=here)
    assert done.exit_code == 130
    assert "interrupted: 1 of 4 replications are kept. To go on:" in done.stderr
    assert not (here / "out").exists()
    monkeypatch.setattr(engine, "run", engines.run)
    again = run(within=here)
    assert again.exit_code == 0
    assert "1 replications taken from the interrupted run" in again.stderr


def test_a_run_interrupted_at_once_or_on_a_full_disk_says_what_is_kept(here, monkeypatch):
    monkeypatch.setattr(engine, "run", interrupts_at(0))
    assert "interrupted: no replication was finished" in run(within=here).stderr

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(engine, "run", interrupts_at(1))
    monkeypatch.setattr(study.Bench, "save", full)
    done = run(within=here)
    assert done.exit_code == 130
    assert "interrupted: what was finished could not be kept:" in done.stderr


def test_a_change_of_tax_is_told_with_the_sites_under_water(here):
    text = SHORT.split("events:")[0] + (
        "events:\n  - {kind: tax_change, id: more, actor: kia, point: export_gate, basis: per_t,\n"
        "     rate: 70000 CNY/t, start: 2025-07-10}\n"
    )
    (here / "short.yaml").write_text(text, encoding="utf-8")
    done = run("--quiet", within=here)
    assert done.exit_code == 0, done.stderr
    assert "share of KIA sites under water" in done.stdout
    answer = json.loads(run("--quiet", "--format", "json", within=here).stdout)
    shares = [list(row["by_ndpr_cny_per_t"].values()) for row in answer["sites_under_water"]]
    assert len(shares) >= 2
    assert all(np.diff(row).max() <= 0 for row in shares), "a dearer NdPr leaves fewer under water"


def test_parameters_that_no_run_reads_are_warned_of(here):
    done = run("--set", "india.premium=0.5", within=here)
    assert done.exit_code == 0, done.stderr
    assert "warning: set india.premium: no run reads this parameter" in done.stderr


def test_backtests_are_scored_told_and_written(here):
    words = ("backtest", "history_2019", "--workers", 1, "--out", "b", "--set", "run.replications=2")
    done = call(*words, within=here)
    assert done.exit_code in (0, 4), done.stderr
    assert "skill: 1 - CRPS / CRPS of the naive forecast" in done.stdout
    assert "of series in % themselves in points; every month weighs one" in done.stdout
    assert "page: " in done.stdout
    assert {"backtest.csv", "backtest_scores.csv", "backtest.png", "report.html"} <= {
        path.name for path in (here / "b").iterdir()
    }
    told = json.loads(call(*words, "--format", "json", "--quiet", within=here).stdout)
    assert told["scenario"] == "history_2019"
    assert {row["series"] for row in told["scores"]} == {
        row["series"] for row in rows(here / "b" / "backtest_scores.csv")
    }
    assert told["holds"] == all(row["holds"] for row in told["tolerances"])


def test_an_interrupted_backtest_keeps_what_is_done(here, monkeypatch):
    monkeypatch.setattr(engine, "run", interrupts_at(1))
    done = call("backtest", "history_2019", "--workers", 1, "--set", "run.replications=3", within=here)
    assert done.exit_code == 130
    assert "interrupted: 1 of 3 replications are kept. To go on:" in done.stderr


def test_where_no_share_can_be_told_no_empty_table_is_printed(capsys):
    shown_of(nan, "difference")
    assert capsys.readouterr().out == (
        "\nwhat the difference hangs on cannot be told: it takes two draws with two replications each, and "
        "numbers that differ\n"
    )


def test_a_level_has_no_sign_and_a_difference_one(capsys):
    shown_of(0.5, "scenario")
    assert " 7.00 [5.00; 9.00]" in capsys.readouterr().out
    shown_of(0.5, "difference")
    assert "+7.00 [5.00; 9.00]" in capsys.readouterr().out


def shown_of(share, of):
    """What is printed of one line whose runs go from 5 to 9."""
    s = Summary(4, 7.0, p05=5.0, p50=7.0, p95=9.0)
    headline = Headline("Tb price, mean", "price_mean", "china", "Tb", "", "CNY/kg", 7.0)
    bands = tuple(Band(name, "Tb", 1.0, 2.0, s) for name in BANDS)
    line = Line(headline, of, s, Split(2, 4, 1.0, 1.0, share, 0.1, 0.9), {}, bands)
    own = Measured("made", (), (), (), np.empty((0, 0)))
    uncertain.show(Parametric((), own, own if of == "difference" else None, (line,)))
