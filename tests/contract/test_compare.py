"""What `sim compare` says and leaves behind."""

import csv
import json
import shutil
import subprocess
import sys
import zipfile
from statistics import correlation, stdev

import pytest

from tests.contract.command import SIM, files_of
from tests.contract.conftest import SHORT
from tests.sealing import seal

COMPARED = (
    "metric,place,element,actor,heading,unit,base,other,base_mean,other_mean,diff_mean,diff_ci_low,"
    "diff_ci_high,diff_pct,share_worse,n_pairs,correlation,significant"
)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder with results of the same period, replications and root seed. Not to be changed."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "short.yaml").write_text(SHORT, encoding="utf-8")
    for name, *more in (["short"], ["longer", "--set", "events.shut.lasts=14 d", "--no-reference"]):
        words = ["--out", name, "--replications", "3", "--quiet", *more]
        subprocess.run([SIM, "run", "short.yaml", *words], cwd=folder, check=True, capture_output=True)
    shutil.copytree(folder / "short", folder / "again")
    return folder


@pytest.fixture
def reference(results):
    return results / "short" / "reference"


def test_the_files_and_columns_are_those_of_the_contract(sim, results, tmp_path):
    done = sim("compare", results / "short", results / "longer")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "compare" / "short--longer"
    names = ["compare.csv", "compare.json", "inputs.csv", "manifest.json", "monthly_diff.csv", "report.html"]
    assert sorted(files_of(folder)) == names
    header = (folder / "compare.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == COMPARED
    (lasts,) = rows(folder / "inputs.csv")
    assert (lasts["input"], lasts["base_value"], lasts["other_value"]) == (
        "events.shut.lasts",
        "7 d",
        "14 d",
    )
    assert {row["month"] for row in rows(folder / "monthly_diff.csv")} == {"2025-07", "2025-08"}


@pytest.mark.slow
def test_differences_are_those_of_the_replications(sim, results, reference, tmp_path):
    assert sim("compare", reference, results / "short", "--out", "c").returncode == 0
    told = next(
        row
        for row in rows(tmp_path / "c" / "compare.csv")
        if (row["metric"], row["place"], row["heading"]) == ("imports_t", "myanmar", "")
    )
    values = [
        [
            float(row["value"])
            for row in rows(folder / "kpi.csv")
            if (row["metric"], row["place"], row["heading"]) == ("imports_t", "myanmar", "")
        ]
        for folder in (reference, results / "short")
    ]
    differences = [other - base for base, other in zip(*values, strict=True)]
    assert float(told["diff_mean"]) == pytest.approx(sum(differences) / 3, rel=1e-8)
    half = 4.302652730 * stdev(differences) / 3**0.5
    assert float(told["diff_ci_high"]) - float(told["diff_mean"]) == pytest.approx(half, rel=1e-6)
    assert told["n_pairs"] == "3"
    assert float(told["correlation"]) == pytest.approx(correlation(*values), rel=1e-6)


@pytest.mark.slow
def test_the_inputs_stand_above_the_outputs_and_all_fits(sim, results):
    done = sim("compare", results / "short", results / "longer", "--monthly")
    lines = done.stdout.splitlines()
    assert all(len(line) <= 100 for line in lines)
    inputs = next(number for number, line in enumerate(lines) if "events.shut.lasts" in line)
    outputs = next(number for number, line in enumerate(lines) if "difference [95 % interval]" in line)
    assert inputs < outputs
    assert "common random numbers" in done.stdout
    assert any(line.startswith("2025-08") for line in lines)


@pytest.mark.slow
def test_equal_results_have_no_difference(sim, results, tmp_path):
    done = sim("compare", results / "short", results / "again")
    assert done.returncode == 0
    assert "no difference: all" in done.stdout
    assert "inputs that differ: none" in done.stdout
    assert (tmp_path / "results" / "compare" / "short--again" / "compare.csv").is_file()


@pytest.mark.slow
def test_many_results_are_ranked_against_the_best(sim, results, reference, tmp_path):
    done = sim("compare", reference, results / "short", results / "longer", "--out", "c")
    assert done.returncode == 0, done.stderr
    assert "best?" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    best = [row for row in rows(tmp_path / "c" / "best.csv") if row["metric"] == "mined_t"]
    assert {row["rank"] for row in best} == {"1", "2", "3"}
    assert "monthly_diff.csv" not in files_of(tmp_path / "c")


@pytest.mark.slow
def test_regret_of_a_policy(sim, results, tmp_path):
    words = ["--policy", "events.shut.lasts", "--metric", "imports_t", "--place", "myanmar"]
    done = sim("compare", results / "short", results / "longer", *words, "--out", "c")
    assert done.returncode == 0, done.stderr
    assert "regret: imports_t myanmar" in done.stdout
    assert {row["policy"] for row in rows(tmp_path / "c" / "regret.csv")} == {
        "events.shut.lasts=7 d",
        "events.shut.lasts=14 d",
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kpi.csv", "summary.csv"])
def test_two_tables_alone_are_enough(sim, results, tmp_path, name):
    for side in ("short", "longer"):
        shutil.copy(results / side / name, tmp_path / f"{side}_{name}")
    done = sim("compare", f"short_{name}", f"longer_{name}")
    assert done.returncode == 0, done.stderr
    assert "note: no manifest.json" in done.stdout
    assert "inputs that differ: not known" in done.stdout


@pytest.mark.slow
def test_what_cannot_be_paired_is_refused_and_nothing_is_written(sim, results, tmp_path):
    shutil.copytree(results / "longer", tmp_path / "unlike")
    seal(tmp_path / "unlike", root_seed=8)
    before = files_of(tmp_path)
    done = sim("compare", results / "short", "unlike")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "root seed 7 and 8" in done.stderr
    assert "--unpaired" in done.stderr
    assert files_of(tmp_path) == before
    done = sim("compare", results / "short", "unlike", "--unpaired")
    assert done.returncode == 0
    assert "taken as independent" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["short", "nowhere"],
        ["short", "longer", "--metric", "import_t"],
        ["short", "longer", "--policy", "no.such"],
        ["short", "short/kpi.csv", "--iamc"],
    ],
)
def test_wrong_usage_exits_2_and_writes_nothing(sim, results, tmp_path, words):
    there = [results / word if word.split("/")[0] in ("short", "longer") else word for word in words]
    done = sim("compare", *there)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused(sim, results, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work", encoding="utf-8")
    done = sim("compare", results / "short", results / "longer", "--out", "thesis")
    assert done.returncode == 2
    assert files_of(tmp_path) == {"thesis/chapter.txt": b"years of work"}


@pytest.mark.slow
def test_the_same_again_gives_the_same_bytes_and_something_else_keeps_the_old(sim, results, tmp_path):
    words = ("compare", results / "short", results / "longer", "--excel", "--iamc", "--out", "all/c")
    assert sim(*words).returncode == 0
    first = files_of(tmp_path / "all" / "c")
    assert {"compare.xlsx", "iamc.csv"} <= first.keys()
    assert sim(*words).returncode == 0
    assert files_of(tmp_path / "all" / "c") == first
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["c"]
    done = sim(*words, "--metric", "imports_t")
    assert "moved to .history/c-" in done.stderr
    (kept,) = (tmp_path / "all" / ".history").iterdir()
    assert files_of(kept) == first


@pytest.mark.slow
def test_the_workbook_has_a_sheet_a_table_with_a_frozen_header_and_units(sim, results, tmp_path):
    assert sim("compare", results / "short", results / "longer", "--excel", "--out", "c").returncode == 0
    with zipfile.ZipFile(tmp_path / "c" / "compare.xlsx") as book:
        names = book.read("xl/workbook.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2, 3, 4)]
    for name in ("differences", "inputs", "monthly", "about"):
        assert f'name="{name}"' in names
    assert all('state="frozen"' in sheet and "autoFilter" in sheet for sheet in sheets)
    for text in ("unit", "CNY/kg", "events.shut.lasts", "diff_ci_low"):
        assert f"<t>{text}</t>" in texts


def test_without_the_extra_a_workbook_is_refused_in_words(results, tmp_path):
    code = "import sys; sys.modules['xlsxwriter'] = None; from sim.cli import main; main()"
    words = ["compare", results / "short", results / "longer", "--excel"]
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "[excel]" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_json_tells_what_the_files_tell(sim, results, tmp_path):
    done = sim("compare", results / "short", results / "longer", "--format", "json", "--out", "c")
    answer = json.loads(done.stdout)
    assert answer["paired"] is True
    assert answer["results"] == "c"
    assert [row["metric"] for row in answer["rows"]] == [
        row["metric"] for row in rows(tmp_path / "c" / "compare.csv")
    ]
    assert answer | {"results": "c"} == json.loads((tmp_path / "c" / "compare.json").read_text()) | {
        "results": "c"
    }
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["comparison"]["others"] == ["longer"]
    assert str(results) not in json.dumps(manifest)


@pytest.mark.slow
def test_selection_reaches_the_files(sim, results, tmp_path):
    words = ("--metric", "imports_t", "--place", "myanmar", "--worse-than", 0.0001, "--out", "c")
    assert sim("compare", results / "short", results / "longer", *words).returncode == 0
    told = rows(tmp_path / "c" / "compare.csv")
    assert {(row["metric"], row["place"]) for row in told} == {("imports_t", "myanmar")}
    assert all(float(row["diff_pct"]) < 0 for row in told)
