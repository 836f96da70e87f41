"""`sim run --uncertainty` and `sim sensitivity` as their users see them."""

import csv
import json
import subprocess
from pathlib import Path

import pytest

from tests.contract.command import SIM, data_of
from tests.contract.conftest import SHORT

DRAWN = ("draws.csv", "uncertainty.csv", "by_grade.csv", "by_cover.csv")
GRADES = {"A", "B", "C", "D", "calibrated", "together", "chance"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SIM, *words], cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The short scenario with 6 draws of 2 replications, in the folder `drawn`. Not to be changed."""
    folder = tmp_path_factory.mktemp("drawn")
    (folder / "short.yaml").write_text(SHORT, encoding="utf-8")
    words = ("run", "short.yaml", "--uncertainty", "--draws", "6", "--replications", "2", "--out", "drawn")
    done = run(folder, *words)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_result_holds_draws_the_split_grades_and_cover(drawn):
    folder, done = drawn
    assert "6 draws of the parameters with 2 replications each" in done.stdout
    assert "what the difference hangs on" in done.stdout
    assert "difference by cover of Tb on the first day" in done.stdout
    result = folder / "drawn"
    assert set(DRAWN) <= {path.name for path in result.iterdir()}
    assert {row["draw"] for row in rows(result / "draws.csv")} == set("012345")
    assert len(rows(result / "runs.csv")) == 12
    counts = json.loads((result / "manifest.json").read_text())["replications"]
    assert (counts["asked"], counts["draws"], counts["finished"]) == (12, 6, 12)


def test_variance_is_parametric_and_random_together(drawn):
    folder, _ = drawn
    kpi = [
        float(row["value"])
        for row in rows(folder / "drawn" / "kpi.csv")
        if row["metric"] == "reagent_t" and not row["place"]
    ]
    (row,) = [
        row
        for row in rows(folder / "drawn" / "uncertainty.csv")
        if (row["of"], row["metric"], row["place"]) == ("scenario", "reagent_t", "")
    ]
    pairs = list(zip(kpi[::2], kpi[1::2], strict=True))
    within = sum((one - other) ** 2 / 2 for one, other in pairs) / 6
    assert float(row["sd_random"]) ** 2 == pytest.approx(within, rel=1e-6)
    means = [(one + other) / 2 for one, other in pairs]
    middle = sum(means) / 6
    between = sum((mean - middle) ** 2 for mean in means) / 5 - within / 2
    assert float(row["sd_parametric"]) ** 2 == pytest.approx(max(0, between), rel=1e-6)


def test_bands_of_cover_are_thirds_of_the_draws_in_order(drawn):
    folder, _ = drawn
    bands = [
        row
        for row in rows(folder / "drawn" / "by_cover.csv")
        if row["metric"] == "tax_cny" and row["actor"] == "kia"
    ]
    assert [band["cover"] for band in bands] == ["low", "mid", "high"]
    ends = [float(band[end]) for band in bands for end in ("cover_from", "cover_to")]
    assert ends == sorted(ends)
    assert [band["n"] for band in bands] == ["4", "4", "4"]


def test_too_few_draws_for_grades_say_so(drawn):
    folder, done = drawn
    assert rows(folder / "drawn" / "by_grade.csv") == []
    assert "grades are told apart from 40 finished draws on" in done.stderr


def test_the_resolved_scenario_gives_the_same_bytes(drawn, tmp_path):
    folder, _ = drawn
    done = run(folder, "run", "drawn/scenario.resolved.yaml", "--out", str(tmp_path / "again"), "--quiet")
    assert done.returncode == 0, done.stderr
    assert data_of(tmp_path / "again") == data_of(folder / "drawn")


def test_compare_counts_draws_not_runs(drawn, tmp_path):
    folder, _ = drawn
    done = run(folder, "compare", "drawn/reference", "drawn", "--out", str(tmp_path / "compared"))
    assert done.returncode == 0, done.stderr
    pairs = {
        row["n_pairs"] for row in rows(tmp_path / "compared" / "compare.csv") if row["metric"] == "tax_cny"
    }
    assert pairs == {"6"}


def test_ensemble_and_draws_exclude_each_other(sim, short):
    done = sim("run", short, "--uncertainty", "--ensemble")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--method", "sobol"), "needs a design saltelli, and this is a run with drawn parameters"),
        (("--method", "morris"), "needs a design morris"),
        (("--method", "pwan"), "Did you mean 'pawn'"),
        (("--breach", "price_peak"), "METRIC[place, element] > NUMBER"),
        (("--decision", "tb_stok"), "Did you mean 'tb_stock'"),
        (("--metric", "prize_peak"), "Did you mean 'price_peak'"),
    ],
)
def test_sensitivity_refuses_and_writes_nothing(drawn, words, told):
    folder, _ = drawn
    done = run(folder, "sensitivity", "drawn", *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert not (folder / "drawn" / "sensitivity").exists()


def test_sensitivity_refuses_a_result_of_one_point(finished):
    folder, _ = finished
    done = run(folder, "sensitivity", "results/short")
    assert done.returncode == 2
    assert "nothing was varied" in done.stderr


def test_sensitivity_of_a_drawn_run_tells_what_is_too_few(drawn, tmp_path):
    folder, _ = drawn
    out = tmp_path / "said"
    words = ("--decision", "tb_stock", "--breach", "price_peak[china, Tb] > 7000", "--out", str(out))
    done = run(folder, "sensitivity", "drawn", *words)
    assert done.returncode == 0, done.stderr
    assert {row["note"] for row in rows(out / "tornado.csv")} == {"not told: 6 of at least 30 points"}
    assert all(row["swing"] == row["rank"] == "" for row in rows(out / "tornado.csv"))
    assert rows(out / "decision.csv")
    assert "not sought" in rows(out / "discovery.csv")[0]["note"]


def test_json_has_null_for_what_is_not_told(drawn, tmp_path):
    folder, _ = drawn
    words = ("--metric", "imports_t", "--place", "all", "--format", "json", "--out", str(tmp_path / "said"))
    done = run(folder, "sensitivity", "drawn", *words)
    assert done.returncode == 0, done.stderr
    assert {(line["rank"], line["swing"]) for line in json.loads(done.stdout)["tornado"]} == {(None, None)}


@pytest.mark.slow
def test_a_screening_of_a_sweep_from_the_shell(sim, short, tmp_path):
    vary = [("--vary", f"{path}=evidence") for path in ("market.cover_*", "processing.feed_d")]
    words = [word for pair in vary for word in pair]
    done = sim(
        "sweep",
        short,
        *words,
        "--design",
        "morris",
        "--samples",
        4,
        "--replications",
        1,
        "--out",
        "s",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    done = sim("sensitivity", "s", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["methods"] == ["morris"]
    paths = {line["path"] for line in answer["morris"]}
    assert paths == {
        "market.cover_exponent", "market.cover_target_months", "market.cover_floor_months",
        "market.cover_lag_months", "processing.feed_d",
    }  # fmt: skip


@pytest.mark.slow
def test_forty_draws_tell_grades_apart(tmp_path):
    (tmp_path / "short.yaml").write_text(SHORT, encoding="utf-8")
    done = run(tmp_path, "run", "short.yaml", "--draws", "40", "--replications", "2", "--out", "drawn")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "drawn" / "by_grade.csv")
    assert {row["grade"] for row in found} == GRADES
    assert list(found[0])[:8] == [
        "metric",
        "place",
        "element",
        "actor",
        "grade",
        "share",
        "ci_low",
        "ci_high",
    ]
    assert all(0 <= float(row["share"]) <= 1 for row in found)
