"""`sim backtest` and `sim calibrate` as their users run them."""

import csv
import json

import pytest

from tests.contract.command import files_of

SHORT = ("history_2019", "--replications", 2, "--no-ensemble", "--quiet")
HEADER = (
    "series,element,place,period_start,period_end,value,unit,basis,derivation,confidence,publisher,published,"
    "reference\n"
)
COLUMNS = (
    *("series", "element", "place", "period_start", "period_end", "observed", "mean", "p05", "p50", "p95"),
    *("error_pct", "inside_90", "scored", "reason", "confidence", "reference"),
)
CALIBRATION = """\
name: toy
question: How large is a site?
replications: 1
root_seed: 1
search: {first: 2, steps: 1, draws: 1, step: 0.1, root_seed: 3}
keep: {within: 100, members: 2}
free:
  - {path: mines.site_capacity_t_per_yr, low: 100, high: 150, unit: t/yr}
targets:
  - id: spring
    scenario: history_2019
    measure: {kind: imports, heading: all, from: 2019-01-01, to: 2019-05-15}
    value: 9217
    spread: 1400
"""


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_backtest_writes_its_tables_and_its_picture_and_the_same_again(sim, tmp_path):
    for _ in range(2):
        done = sim("backtest", *SHORT)
        assert done.returncode == 0, done.stderr
        folder = tmp_path / "results/backtest/history_2019"
        assert not (folder.parent / ".history").exists()
    assert set(files_of(folder)) == {
        *("backtest.csv", "backtest_scores.csv", "backtest_tolerances.csv", "backtest.png"),
        *(
            "runs.csv",
            "monthly.csv",
            "timeline.csv",
            "scenario.resolved.yaml",
            "manifest.json",
            "report.html",
        ),
    }
    found = rows(folder / "backtest.csv")
    assert tuple(found[0]) == COLUMNS
    assert all((row["scored"] == "yes") != bool(row["reason"]) for row in found)
    scored = {row["series"] for row in found if row["scored"] == "yes"}
    assert scored == {"imports_from_myanmar_t", "oxide_price"}
    scores = rows(folder / "backtest_scores.csv")
    assert {"n", "mape", "bias", "crps", "coverage_90", "median_width_pct", "skill"} <= set(scores[0])
    assert (folder / "backtest.png").read_bytes().startswith(b"\x89PNG")


def test_check_exits_with_4_where_a_tolerance_is_missed(sim):
    done = sim("backtest", *SHORT, "--set", "market.expectation_weight=0", "--check", "--format", "json")
    assert done.returncode == 4, done.stderr
    told = json.loads(done.stdout)
    assert not told["holds"]
    missed = [one["id"] for one in told["tolerances"] if not one["holds"]]
    assert "dy_2019_peak" in missed


def test_any_file_of_the_format_works_for_any_scenario(sim, tmp_path, short):
    own = tmp_path / "own.csv"
    own.write_text(
        HEADER
        + "imports_from_myanmar_t,,,2025-08-01,2025-08-31,3000,t,rare-earth oxides,,high,,,me\n"
        + "imports_from_myanmar_t,,,2026-08-01,2026-08-31,3000,t,rare-earth oxides,,high,,,me\n"
    )
    done = sim("backtest", short, "--observations", own, "--no-ensemble")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "results/backtest/short/backtest.csv")
    assert [row["scored"] for row in found] == ["yes", "no"]
    assert "outside the period" in found[1]["reason"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,b\n", "own.csv:1:1"),
        (HEADER + "oxide_price,Tb,china,2025-08-33,2025-08-31,x,CNY/kg,spot,,high,,,me\n", "own.csv:2:1"),
    ],
)
def test_a_faulty_file_is_refused_and_nothing_is_written(sim, tmp_path, text, fault):
    own = tmp_path / "own.csv"
    own.write_text(text)
    done = sim("backtest", "history_2019", "--observations", own)
    assert done.returncode == 2
    assert fault in done.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_run_on_calibrated_sets_says_so_and_runs_again_to_the_same_bytes(sim, tmp_path, short):
    assert sim("run", short, "--ensemble", "--no-reference", "--quiet", "--out", "a").returncode == 0
    again = tmp_path / "a/scenario.resolved.yaml"
    assert "ensemble: true" in again.read_text()
    assert sim("run", again, "--no-reference", "--quiet", "--out", "b").returncode == 0
    one, two = ((tmp_path / name / "kpi.csv").read_bytes() for name in "ab")
    assert one == two
    assert sim("run", short, "--no-reference", "--quiet", "--out", "c").returncode == 0
    assert (tmp_path / "c/kpi.csv").read_bytes() != one


@pytest.mark.slow
def test_calibrate_fits_and_goes_on_from_what_is_done(sim, tmp_path):
    (tmp_path / "toy.yaml").write_text(CALIBRATION)
    done = sim("calibrate", "toy.yaml")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results/calibration/toy"
    (trials,) = folder.glob("trials-*.csv")
    before = trials.read_bytes()
    assert {row["path"] for row in rows(folder / "ensemble.csv")} == {"mines.site_capacity_t_per_yr"}
    assert sim("calibrate", "toy.yaml").returncode == 0
    assert trials.read_bytes() == before


def test_a_calibration_with_faults_is_refused_with_all_of_them(sim, tmp_path):
    (tmp_path / "toy.yaml").write_text(CALIBRATION.replace("low: 100", "lo: 100").replace("spread: 1400", ""))
    done = sim("calibrate", "toy.yaml")
    assert done.returncode == 2
    assert "toy.yaml:8:" in done.stderr
    assert "spread" in done.stderr
    assert not (tmp_path / "results").exists()
