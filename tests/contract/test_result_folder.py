"""What `sim run` leaves behind: files, columns, the same bytes for the same question."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from sim.results.metrics import METRICS
from sim.results.variables import VARIABLES
from tests.contract.command import data_of, files_of

TABLES = ["kpi.csv", "monthly.csv", "runs.csv", "summary.csv", "timeline.csv"]


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def result(finished):
    return finished[0] / "results" / "short"


def test_the_files_are_those_of_the_contract_and_nothing_is_left_beside_them(finished, result):
    own = [*TABLES, "manifest.json", "report.html", "scenario.resolved.yaml"]
    assert sorted(files_of(result)) == sorted([*own, *(f"reference/{name}" for name in TABLES)])
    assert [path.name for path in (finished[0] / "results").iterdir()] == ["short"]


def test_every_variable_and_every_metric_is_there(result):
    assert {row["variable"] for row in rows(result / "monthly.csv")} == set(VARIABLES)
    for name in ("kpi.csv", "summary.csv", "reference/kpi.csv", "reference/summary.csv"):
        assert {row["metric"] for row in rows(result / name)} == set(METRICS), name


def test_scenario_and_reference_have_the_same_rows(result):
    for name in ("kpi.csv", "monthly.csv"):
        own, reference = (
            [
                tuple(cell for column, cell in row.items() if column not in ("scenario", "value"))
                for row in table
            ]
            for table in (rows(result / name), rows(result / "reference" / name))
        )
        assert own == reference


def test_summary_agrees_with_the_kpis(result):
    kpis = [row for row in rows(result / "kpi.csv") if row["metric"] == "imports_t" and not row["place"]]
    total = [float(row["value"]) for row in kpis if not row["heading"]]
    summary = next(
        row
        for row in rows(result / "summary.csv")
        if row["metric"] == "imports_t" and not row["place"] + row["heading"]
    )
    assert int(summary["n"]) == len(total) == 2
    assert float(summary["mean"]) == pytest.approx(sum(total) / 2, rel=1e-9)
    half = 12.7062047 * abs(total[0] - total[1]) / 2
    assert float(summary["ci_high"]) - float(summary["mean"]) == pytest.approx(half, rel=1e-6)


def test_monthly_imports_add_up_to_the_kpi(result):
    months = [
        float(row["value"])
        for row in rows(result / "monthly.csv")
        if (row["variable"], row["replication"]) == ("imports_t", "1") and not row["place"] + row["heading"]
    ]
    kpi = next(
        row
        for row in rows(result / "kpi.csv")
        if (row["metric"], row["replication"]) == ("imports_t", "1") and not row["place"] + row["heading"]
    )
    assert len(months) == 2
    assert sum(months) == pytest.approx(float(kpi["value"]), rel=1e-9)


def test_the_timeline_tells_what_the_event_changed_and_the_reference_has_none(result):
    table = rows(result / "timeline.csv")
    assert {row["event"] for row in table} == {"shut"}
    assert {row["date"] for row in table} == {"2025-07-10", "2025-07-17"}
    assert {row["replication"] for row in table} == {""}
    assert "changed" in {row["effect"] for row in table}
    assert rows(result / "reference" / "timeline.csv") == []


def test_the_manifest_tells_where_every_number_comes_from(result, finished):
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["root_seed"] == 7
    assert manifest["replications"] == {"asked": 2, "finished": 2, "failed": 0, "reference_failed": 0}
    assert manifest["command"] == ["sim", "run", "short.yaml"]
    assert manifest["warnings"] == []
    assert len(manifest["parameters"]) > 80
    for used in manifest["parameters"]:
        assert used["file"].startswith("seeds/parameters/")
        assert used["line"] > 0
        assert used["grade"] in "ABCD"
        assert used["grade"] == "D" or used["sources"], used["name"]
    assert sum(manifest["evidence"]["grades"].values()) == len(manifest["parameters"])
    assert manifest["software"]["libraries"]["simpy"]
    assert manifest["work"]["wall_seconds"] > 0
    assert str(Path.home()) not in json.dumps(manifest)
    assert str(finished[0]) not in json.dumps(manifest)


@pytest.mark.slow
def test_an_absolute_path_on_the_command_line_is_not_kept(sim, short, tmp_path):
    assert sim("run", short, f"--out={tmp_path}/kept", "--no-reference", "--quiet").returncode == 0
    manifest = (tmp_path / "kept" / "manifest.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in manifest
    assert json.loads(manifest)["command"][2:4] == ["short.yaml", "--out=kept"]


def test_the_same_again_gives_the_same_bytes_for_any_number_of_workers(sim, finished, short, tmp_path):
    for workers in (1, 2):
        assert sim("run", short, "--workers", workers, "--out", f"w{workers}", "--quiet").returncode == 0
        assert data_of(tmp_path / f"w{workers}") == data_of(finished[0] / "results" / "short")


@pytest.mark.slow
def test_the_same_again_in_place_keeps_no_history(sim, short, tmp_path):
    for _ in range(2):
        assert sim("run", short, "--no-reference", "--quiet").returncode == 0
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["short"]


def test_the_resolved_scenario_runs_again_to_the_same_bytes(sim, finished, tmp_path):
    first = finished[0] / "results" / "short"
    shutil.copy(first / "scenario.resolved.yaml", tmp_path / "again.yaml")
    assert sim("run", "again.yaml", "--quiet").returncode == 0
    assert data_of(tmp_path / "results" / "short") == data_of(first)


@pytest.mark.slow
def test_what_was_set_on_the_command_line_is_in_the_resolved_scenario(sim, short, tmp_path):
    words = ("run", short, "--set", "market.cover_exponent=0.3", "--set", "events.shut.lasts=9 d", "--quiet")
    assert sim(*words, "--out", "one").returncode == 0
    assert sim("run", "one/scenario.resolved.yaml", "--out", "two", "--quiet").returncode == 0
    assert data_of(tmp_path / "one") == data_of(tmp_path / "two")
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text(encoding="utf-8"))
    used = next(item for item in manifest["parameters"] if item["name"] == "market.cover_exponent")
    assert (used["value"], used["evidence_value"], used["grade"]) == (0.3, 0.6, "D")
    assert used["set"] == "set by the user"
    assert any(line.startswith("market.cover_exponent: ") for line in manifest["scenario"]["changed"])


@pytest.mark.slow
def test_something_different_moves_the_old_result_to_history(sim, short, tmp_path):
    sim("run", short, "--no-reference", "--quiet")
    before = files_of(tmp_path / "results" / "short")
    done = sim("run", short, "--no-reference", "--root-seed", 8)
    assert done.returncode == 0
    (kept,) = (tmp_path / "results" / ".history").iterdir()
    assert kept.name.startswith("short-")
    assert files_of(kept) == before
    assert kept.name in done.stderr


def test_without_reference_relative_metrics_are_there_and_empty(sim, short, tmp_path):
    assert sim("run", short, "--no-reference", "--quiet").returncode == 0
    result = tmp_path / "results" / "short"
    assert not (result / "reference").exists()
    relative = [row for row in rows(result / "kpi.csv") if METRICS[row["metric"]].relative]
    assert relative
    assert {row["value"] for row in relative} == {""}


@pytest.mark.slow
def test_a_scenario_that_extends_nothing_has_no_reference(sim, tmp_path):
    done = sim("run", "baseline", "--set", "period.months=1", "--replications", 1, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "reference: none" in done.stdout
    assert not (tmp_path / "results" / "baseline" / "reference").exists()
    summary = rows(tmp_path / "results" / "baseline" / "summary.csv")
    assert {row["ci_low"] for row in summary} == {""}
