"""`sim sweep` and `sim merge` in this process: parts and their joining, single runs, what is told."""

import json
import os
import shutil
import signal
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from sim import cli, engine
from sim.cli import sweeping
from sim.results.metrics import METRICS
from sim.sweeps import job, merging, reading
from sim.sweeps.running import Share
from tests.sealing import seal

SWEEP = """\
name: tiny
question: Does it join?
extends: baseline
period: {start: 2025-07-01, months: 1}
run: {replications: 2, root_seed: 7}
events:
  - {kind: gate_closure, id: shut, gates: [pangwa], start: 2025-07-10, lasts: 7 d}
vary:
  levers:
    events.shut.lasts: [5 d, 9 d]
"""


def call(*words, within):
    with chdir(within):
        return CliRunner().invoke(cli.app, [*map(str, words)])


def sweep(*words, within):
    return call("sweep", "tiny.yaml", "--workers", 1, "--quiet", *words, within=within)


@pytest.fixture
def here(tmp_path):
    (tmp_path / "tiny.yaml").write_text(SWEEP, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A folder with the two parts of the sweep, one and two, and the whole. Not to be changed."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "tiny.yaml").write_text(SWEEP, encoding="utf-8")
    for number, name in ((1, "one"), (2, "two")):
        done = sweep("--shard", f"{number}/2", "--out", name, within=folder)
        assert done.exit_code == 0, done.stderr
        assert done.stdout == f"part {number} of 2: {name}\n"
    assert sweep("--out", "whole", within=folder).exit_code == 0
    return folder


def tables(folder):
    timed = ("manifest.json", "runs.csv")
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name not in timed
    }


@pytest.mark.slow
def test_parts_joined_are_the_whole_page_included(parts, tmp_path):
    done = call("merge", parts / "one", parts / "two", "--out", "joined", within=tmp_path)
    assert done.exit_code == 0, done.stderr
    joined, whole = tables(tmp_path / "joined"), tables(parts / "whole")
    assert "page: joined/report.html" in done.stdout
    assert joined.pop("report.html")
    whole.pop("report.html")
    assert joined == whole


def test_another_part_in_the_same_place_moves_the_first_away(parts, here):
    shutil.copytree(parts / "one", here / "same")
    done = call("sweep", "tiny.yaml", "--workers", 1, "--shard", "2/2", "--out", "same", within=here)
    assert done.exit_code == 0, done.stderr
    assert "an earlier, different result was moved to .history/same-" in done.stderr
    (kept,) = (here / ".history").iterdir()
    assert tables(kept) == tables(parts / "one")
    shutil.rmtree(here / ".ledger")
    done = call("sweep", "tiny.yaml", "--workers", 1, "--shard", "2/2", "--out", "same", within=here)
    assert "was moved" not in done.stderr
    assert [*(here / ".history").iterdir()] == [kept]


def test_everything_that_is_no_part_of_the_sweep_is_told_at_once(parts, tmp_path):
    words = ("merge", parts / "nosuch", parts / "one", parts / "whole", "--out", "joined")
    done = call(*words, within=tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert "nosuch:1:1: is not a result folder" in first
    assert "whole:1:1: is not the folder of a part of a sweep" in second
    assert not (tmp_path / "joined").exists()


def test_of_one_run_each_no_span_is_told(here):
    done = sweep("--replications", 1, "--out", "single", within=here)
    assert done.exit_code == 0, done.stderr
    assert "\none run each\n" in done.stdout
    assert "[" not in done.stdout


def test_json_tells_what_was_joined_and_what_it_replaced(parts, tmp_path):
    words = ("merge", parts / "one", parts / "two", "--out", "joined")
    shutil.copytree(parts / "whole", tmp_path / "joined")
    table = tmp_path / "joined" / "kpi.csv"
    table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    done = call(*words, "--format", "json", within=tmp_path)
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["sweep"], answer["points"], answer["runs"], answer["failures"]) == ("tiny", 2, 4, {})
    assert [row["levers"] for row in answer["rows"]] == [
        {"events.shut.lasts": "5 d"},
        {"events.shut.lasts": "9 d"},
    ]
    assert "an earlier, different result was moved to .history/joined-" in done.stderr


def with_file(folder, name, content):
    """Another file in a part, as if it had been written so."""
    (folder / name).write_bytes(content)
    seal(folder)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda two: seal(two, kind="run"), "is not the folder of a part of a sweep"),
        (lambda two: seal(two, shard={"number": 1, "of": 1}), "is not the folder of a part of a sweep"),
        (lambda two: seal(two, model="other"), "was made with another model than"),
        (lambda two: seal(two, shard={"number": 2, "of": 3}), "is of another number of parts"),
        (lambda two: seal(two, shard={"number": 1, "of": 2}), "part 1 is given twice"),
        (lambda two: seal(two, shard={"number": 1, "of": 2}), "of 2 parts there is no 2"),
        (lambda two: with_file(two, "design.csv", b"x"), "its design.csv is not that of"),
        (lambda two: with_file(two, "runs.parquet", b"x"), "cannot be read"),
    ],
)
def test_what_are_not_the_parts_of_one_sweep_is_refused(parts, tmp_path, spoil, told):
    for name in ("one", "two"):
        shutil.copytree(parts / name, tmp_path / name)
    spoil(tmp_path / "two")
    done = call("merge", tmp_path / "one", tmp_path / "two", "--out", "joined", within=tmp_path)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not (tmp_path / "joined").exists()


def test_a_first_part_that_cannot_be_read_or_of_other_code_is_refused(parts, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(parts / name, tmp_path / name)
    with_file(tmp_path / "one", "runs.parquet", b"no parquet")
    done = call("merge", tmp_path / "one", tmp_path / "two", within=tmp_path)
    assert done.exit_code == 2
    assert "one/runs.parquet:1:1" in done.stderr
    for name in ("one", "two"):
        seal(tmp_path / name, model="of another time")
    done = call("merge", tmp_path / "one", tmp_path / "two", within=tmp_path)
    assert done.exit_code == 2
    assert "was made with other evidence or code: merge with that" in done.stderr


def test_runs_that_no_part_has_are_missed(parts, tmp_path):
    for name in ("one", "two"):
        shutil.copytree(parts / "one", tmp_path / name)
    seal(tmp_path / "two", shard={"number": 2, "of": 2})
    with pytest.raises(cli.InputError, match="2 runs are in none of the parts"):
        merging.joined([tmp_path / "one", tmp_path / "two"])


def test_a_part_is_no_sweep_to_be_read_and_a_run_is_none_either(parts, tmp_path):
    with pytest.raises(cli.InputError, match=r"is one part of a sweep\. Join the parts with `sim merge`"):
        reading.read(parts / "one")
    shutil.copytree(parts / "whole", tmp_path / "run")
    seal(tmp_path / "run", kind="run")
    with pytest.raises(cli.InputError, match="is not the manifest of a sweep"):
        reading.read(tmp_path / "run")


def test_the_whole_is_read_back(parts):
    swept = reading.read(parts / "whole")
    assert swept.design["events.shut.lasts"].tolist() == [5.0, 9.0]
    assert swept.runs["status"].tolist() == ["ok"] * 4
    imports = swept.metric("imports_t", place="myanmar")
    assert imports.shape == (2, 2)
    kpi = swept.kpi
    told = kpi[(kpi["metric"] == "imports_t") & (kpi["place"] == "myanmar") & (kpi["heading"] == "")]
    assert imports.to_numpy().ravel().tolist() == told["value"].tolist()
    with pytest.raises(KeyError, match="no metric colour"):
        swept.metric("colour")


def test_the_same_again_runs_nothing_and_tells_json(parts, tmp_path, monkeypatch):
    shutil.copytree(parts, tmp_path / "copy")
    monkeypatch.setattr(engine, "run", failing({0, 1}))
    done = sweep("--out", "whole", "--format", "json", within=tmp_path / "copy")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["runs"] == 4
    done = sweep("--out", "whole", "--dry-run", "--format", "json", within=tmp_path / "copy")
    told = json.loads(done.stdout)
    assert (told["runs"], told["to_run"], told["estimate_s"]) == (4, 0, 0.0)
    assert not any("one run takes" in line for line in done.stdout.splitlines())


def test_what_would_be_run_is_told_with_the_time_it_takes(here):
    done = sweep("--dry-run", within=here)
    assert done.exit_code == 0, done.stderr
    assert "lever events.shut.lasts: 2 values, 5 d, 9 d" in done.stdout
    assert "one run takes " in done.stdout
    assert done.stdout.endswith("nothing was run or written\n")
    assert [path.name for path in here.iterdir()] == ["tiny.yaml"]


def test_one_run_is_made_again_with_the_metrics_of_the_table(parts):
    done = sweep("--only", "1/1", within=parts)
    assert done.exit_code == 0, done.stderr
    assert "point 1: events.shut.lasts=9 d; replication 1" in done.stdout
    kpi = pd.read_csv(parts / "whole" / "kpi.csv", dtype={"place": str}, keep_default_na=False)
    (mined,) = kpi[
        (kpi["metric"] == "mined_t")
        & (kpi["place"] == "pangwa")
        & (kpi["point"] == 1)
        & (kpi["replication"] == 1)
    ]["value"].astype(float)
    (line,) = [line.split() for line in done.stdout.splitlines() if line.split()[:2] == ["mined_t", "pangwa"]]
    assert float(line[-1].replace(",", "")) == pytest.approx(mined, rel=0.01)


@pytest.mark.parametrize("place", ["2/0", "0/2", "0", "x/y"])
def test_a_run_that_is_not_of_the_sweep_is_refused(here, place):
    done = sweep("--only", place, within=here)
    assert done.exit_code == 2
    assert "POINT/REPLICATION is expected, 0/0 to 1/1" in done.stderr


def failing(replications, after=1):
    """An engine that fails in these replications, but in its first run, which gives metrics their names."""
    real, calls = engine.run, []

    def run(world, replication):
        calls.append(replication)
        if replication in replications and len(calls) > after:
            raise ZeroDivisionError("no ore")
        return real(world, replication)

    return run


def test_one_run_that_fails_shows_its_traceback(here, monkeypatch):
    monkeypatch.setattr(engine, "run", failing({1}))
    done = sweep("--only", "0/1", within=here)
    assert done.exit_code == 3
    assert "ZeroDivisionError: no ore" in done.stderr
    assert "Traceback" in done.stderr


def test_one_run_as_json_has_every_metric_and_no_other_word(parts):
    done = sweep("--only", "1/1", "--format", "json", within=parts)
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["point"], answer["replication"], answer["status"]) == (1, 1, "ok")
    assert answer["values"] == {"events.shut.lasts": "9 d"}
    kpi = pd.read_csv(parts / "whole" / "kpi.csv", keep_default_na=False, na_values={"value": [""]})
    kpi = kpi[(kpi["point"] == 1) & (kpi["replication"] == 1)]
    told = [(*list(one.values())[:-1], one["value"] or 0.0) for one in answer["metrics"]]
    columns = ["metric", "place", "element", "actor", "heading", "unit"]
    assert [one[:-1] for one in told] == list(kpi[columns].itertuples(index=False, name=None))
    assert [one[-1] for one in told] == pytest.approx(kpi["value"].fillna(0.0).tolist())


def test_one_run_that_fails_is_told_as_json(here, monkeypatch):
    monkeypatch.setattr(engine, "run", failing({1}))
    done = sweep("--only", "0/1", "--format", "json", within=here)
    assert done.exit_code == 3
    answer = json.loads(done.stdout)
    told = {key: answer[key] for key in ("status", "stage", "type", "message")}
    assert told == {"status": "failed", "stage": "run", "type": "ZeroDivisionError", "message": "no ore"}
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--dry-run"], "--dry-run"),
        (["--why"], "--why"),
        (["--shard", "1/2"], "--shard"),
        (["--dask", "tcp://127.0.0.1:1"], "--dask"),
        (["--workers", 2], "--workers"),
        (["--timeout", 5, "--fail-fast"], "--timeout, --fail-fast"),
        (["--tables", "csv", "--out", "x"], "--tables, --out"),
    ],
)
def test_one_run_is_no_other_way_of_running(here, words, option):
    done = sweep("--only", "0/0", *words, within=here)
    assert done.exit_code == 2
    assert done.stderr == f"--only:1:1: 0/0: makes one run here, which does not go with {option}\n"


IDLE = SWEEP.replace(
    "vary:",
    "  - {kind: gate_closure, id: idle, gates: [muse], start: 2025-07-10, lasts: 7 d}\nvary:",
)
TOLD = "warning: event idle: changed nothing in any of {} runs\n"


def warned(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)["warnings"]


def test_an_event_that_changes_nothing_is_told_as_often_as_the_sweep_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "tiny.yaml").write_text(IDLE, encoding="utf-8")
    first = sweep("--format", "json", within=tmp_path)
    assert first.stderr == TOLD.format(4)
    assert warned(first) == [TOLD.format(4)[9:-1]]
    manifest = tmp_path / "results" / "sweep" / "tiny" / "manifest.json"
    assert json.loads(manifest.read_text())["warnings"] == warned(first)
    monkeypatch.setattr(engine, "run", failing({0, 1}))
    again = sweep("--format", "json", within=tmp_path)
    assert (again.stderr, warned(again)) == (first.stderr, warned(first))


def test_parts_and_what_they_join_to_tell_of_an_event_that_changes_nothing(tmp_path):
    (tmp_path / "tiny.yaml").write_text(IDLE, encoding="utf-8")
    for number, name in ((1, "one"), (2, "two")):
        done = sweep("--shard", f"{number}/2", "--out", f"{name}/part", within=tmp_path)
        assert done.stderr == TOLD.format(2)
    done = call("merge", "one/part", "two/part", "--out", "joined", "--quiet", within=tmp_path)
    assert done.stderr == TOLD.format(4)


def test_of_runs_that_do_not_tell_what_events_changed_nothing_is_said(tmp_path):
    (tmp_path / "tiny.yaml").write_text(IDLE, encoding="utf-8")
    assert sweep(within=tmp_path).stderr == TOLD.format(4)
    (shard,) = (tmp_path / "results" / "sweep" / ".ledger").rglob("*.parquet")
    table = parquet.read_table(shard).drop_columns(["changed"])
    shard.unlink()
    parquet.write_table(table, shard.with_name("older.parquet"))
    assert sweep(within=tmp_path).stderr == ""


def test_a_value_set_that_no_run_reads_is_told(here):
    done = sweep("--set", "india.premium=20 %", "--format", "json", within=here)
    assert warned(done) == ["set india.premium: no run reads this parameter"]
    assert done.stderr == f"warning: {warned(done)[0]}\n"
    for before in ("--dry-run", "--why"):
        tried = sweep("--set", "india.premium=20 %", before, "--format", "json", within=here)
        assert (warned(tried), tried.stderr) == (warned(done), done.stderr)


def test_the_first_failure_ends_all_where_that_is_wished(here, monkeypatch):
    monkeypatch.setattr(engine, "run", failing({0}))
    done = sweep("--fail-fast", within=here)
    assert done.exit_code == 3
    assert "stopped at the first failure; to go on, run the command again" in done.stderr
    assert "1 runs failed (1 run)" in done.stderr
    assert not (here / "results" / "sweep" / "tiny").exists()


def test_points_of_which_no_run_finished_have_no_values(here, monkeypatch):
    monkeypatch.setattr(engine, "run", failing({1}))
    done = sweep("--format", "json", within=here)
    assert done.exit_code == 3
    answer = json.loads(done.stdout)
    assert answer["failures"] == {"run": 2}
    assert answer["rows"][0]["metrics"], "one replication of two is left"
    monkeypatch.undo()
    monkeypatch.setattr(engine, "run", failing({0, 1}))
    done = sweep("--format", "json", "--out", "none", within=here)
    assert done.exit_code == 3
    metrics = [found for row in json.loads(done.stdout)["rows"] for found in row["metrics"].values()]
    assert metrics
    assert all(found["mean"] is None for found in metrics)
    assert Path(here / "none" / "runs.csv").is_file()


def test_parquet_holds_what_csv_holds(parts, tmp_path):
    done = call("merge", parts / "one", parts / "two", "--out", "p", "--tables", "parquet", within=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert not (tmp_path / "p" / "kpi.csv").exists()
    one, other = reading.read(tmp_path / "p"), reading.read(parts / "whole")
    assert one.values.shape == other.values.shape
    assert one.values == pytest.approx(other.values, rel=1e-6, nan_ok=True)
    columns = ["mean", "p05", "p95"]
    wide, narrow = (each.summary[columns].to_numpy(dtype=float) for each in (one, other))
    assert wide == pytest.approx(narrow, nan_ok=True)


def test_why_tells_points_and_runs_nothing(parts, here):
    done = sweep("--why", within=here)
    assert done.exit_code == 0, done.stderr
    assert "4 runs made: " in done.stdout
    assert "  points 0-1\n" in done.stdout
    answer = json.loads(sweep("--why", "--format", "json", within=here).stdout)
    assert (answer["sweep"], answer["points"], answer["runs"], answer["to_run"]) == ("tiny", 2, 4, 4)
    ((reason, count),) = answer["why"].items()
    assert (count, answer["points_by_reason"]) == (4, {reason: [[0, 1]]})
    assert "seconds_a_run" not in answer, "no run is timed"
    timed = json.loads(sweep("--why", "--dry-run", "--format", "json", within=here).stdout)
    assert timed["points_by_reason"] == answer["points_by_reason"]
    assert timed["seconds_a_run"] > 0
    done = sweep("--why", "--out", "whole", within=parts)
    assert "4 runs skipped: " in done.stdout


def test_an_interrupted_sweep_says_how_much_is_kept(here, monkeypatch):
    real, calls = engine.run, []

    def run(world, replication):
        calls.append(replication)
        if len(calls) == 3:  # the first is for the names of the metrics
            os.kill(os.getpid(), signal.SIGINT)
        return real(world, replication)

    monkeypatch.setattr(engine, "run", run)
    done = sweep(within=here)
    assert done.exit_code == 130
    told = [line for line in done.stderr.splitlines() if line.startswith("interrupted: ")]
    assert told == ["interrupted: 2 of 4 runs are kept. To go on:"]
    monkeypatch.setattr(engine, "run", real)
    again = call("sweep", "tiny.yaml", "--workers", 1, within=here)
    assert again.exit_code == 0
    assert "2 runs are in the ledger already and are skipped" in again.stderr


def test_a_different_sweep_in_the_same_place_is_moved_away(here):
    assert sweep(within=here).exit_code == 0
    done = call("sweep", "tiny.yaml", "--workers", 1, "--root-seed", 9, within=here)
    assert done.exit_code == 0, done.stderr
    assert "an earlier, different result was moved to results/sweep/.history/tiny-" in done.stderr


def test_with_its_reference_a_point_has_relative_metrics(here):
    done = sweep("--reference", within=here)
    assert done.exit_code == 0, done.stderr
    swept = reading.read(here / "results" / "sweep" / "tiny")
    shortfall = [key for key in swept.keys if METRICS[key.variable].relative]
    assert shortfall
    column = swept.values[:, swept.keys.index(shortfall[0])]
    assert np.isfinite(column).all()


@pytest.mark.parametrize(("stage", "name"), [("build", "build"), ("measure", "measure"), ("reference", "")])
def test_the_stage_at_which_a_run_fails_is_told(here, monkeypatch, stage, name):
    done, calls = getattr(job, name or "build"), []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            raise ZeroDivisionError("here")
        return done(*arguments)

    if name:
        monkeypatch.setattr(job, name, broken)
    else:
        real = engine.run

        def only_own(world, replication):
            if replication and not world.effects:
                raise ZeroDivisionError("here")
            return real(world, replication)

        monkeypatch.setattr(engine, "run", only_own)
    found = sweep("--reference", within=here)
    assert found.exit_code == 3, found.stderr
    runs = pd.read_csv(here / "results" / "sweep" / "tiny" / "runs.csv")
    assert set(runs.loc[runs["status"] == "failed", "stage"]) == {stage}


def test_numbers_and_times_are_told_short():
    assert sweeping._spans(np.array([0, 1, 2, 7, 9, 10])) == "0-2, 7, 9-10"
    assert sweeping._spans(np.arange(0, 40, 2)).endswith("18, 20, … (20 stretches)")
    assert [sweeping._duration(seconds) for seconds in (99, 600, 7200)] == ["99 s", "10 min", "2.0 h"]


def test_a_cluster_is_asked_where_one_is_named():
    wish = sweeping.Wish(
        None, 1, None, None, Share(), "tcp://127.0.0.1:1", None, fail_fast=False, as_json=False, quiet=False
    )
    engine_used = wish.engine()
    assert (type(engine_used).__name__, engine_used.address) == ("Dask", "tcp://127.0.0.1:1")


def test_a_sweep_is_checked_like_a_scenario(here):
    done = call("check", "tiny.yaml", "baseline", within=here)
    assert done.exit_code == 0, done.stderr
    assert "grid: 2 points x 2 replications = 4 runs of 1 months from 2025-07-01" in done.stdout
    done = sweep("--vary", "period.months=1,2", "--dry-run", within=here)
    assert "= 8 runs of periods that vary, root seed" in done.stdout
    told = json.loads(call("check", "tiny.yaml", "--format", "json", within=here).stdout)
    assert (told["tiny"]["design"], told["tiny"]["levers"]) == ("grid", ["events.shut.lasts"])
    assert (told["tiny"]["points"], told["tiny"]["replications"]) == (2, 2)


def test_a_name_to_check_that_is_none_may_be_that_of_a_sweep_or_of_a_scenario(here):
    done = call("check", "closure_lenght", "border_clsoure", "zzz", "tiny", within=here)
    assert done.exit_code == 2
    scenario, sweep, file, neither = done.stderr.splitlines()
    assert sweep.endswith(
        "no shipped sweep or scenario is named 'closure_lenght'. Did you mean 'closure_length'?"
    )
    assert scenario.endswith("Did you mean 'border_closure'?")
    assert "Sweeps are" in neither
    assert "scenarios are all_gates_closure, " in neither
    assert file.endswith("For the file write 'tiny.yaml'")


@pytest.mark.parametrize(
    ("design", "told"),
    [
        ("0.3\n0.8", "mean [5 % to 95 % of 2 states x 1 replications]"),
        ("0.3", "one run each"),
    ],
)
def test_points_of_a_table_that_differ_by_what_is_sampled_are_told_as_states(here, design, told):
    (here / "d.csv").write_text(f"market.cover_exponent\n{design}\n", encoding="utf-8")
    law = ("--vary", "market.cover_exponent=uniform(0.3, 0.8)", "--set", "run.replications=1")
    done = sweep("--design", "d.csv", *law, within=here)
    assert done.exit_code == 0, done.stderr
    assert f"\n{told}\n" in done.stdout


def test_states_of_points_are_told_as_a_span_where_they_are_not_as_many():
    assert sweeping.states_told((3, 3)) == "3 states x "
    assert sweeping.states_told((1, 4, 2)) == "1 to 4 states x "
    assert sweeping.states_told((1, 1)) == ""


def test_a_value_of_an_option_of_its_own_is_told_of_that_one(here):
    done = sweep("--ensemble", "--set", "run.draws=4", within=here)
    assert done.exit_code == 2
    assert "--ensemble:1:1: run.ensemble: `ensemble` and `draws` exclude each other" in done.stderr
    assert "--set:1:11: run.draws: " in done.stderr


def test_a_faulty_law_is_not_told_as_if_nothing_were_to_be_sampled(here):
    done = sweep("--vary", "market.cover_exponent=uniform(0.8, 0.3)", "--samples", 4, within=here)
    assert done.exit_code == 2
    assert done.stderr == "--vary:1:1: market.cover_exponent: uniform: low 0.8 must be below high 0.3\n"
    done = sweep("--samples", 4, within=here)
    assert "--samples:1:1: 4: nothing is sampled: only levers vary" in done.stderr
