"""What `sim compare` prints of made results: rankings, times, months, regret, long lists."""

import json
import re
import shutil
from contextlib import chdir
from math import nan

import pytest
from typer.testing import CliRunner

from sim import cli
from sim.cli import compared
from tests.pages import run_folder
from tests.sealing import seal


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Results that cut more and more, from none to nearly all. Not to be changed."""
    folder = tmp_path_factory.mktemp("runs")
    for percent in (0, 30, 60, 90):
        run_folder(folder / f"cut{percent}", replications=4, cut=percent / 100, name=f"cut{percent}")
    return folder


def compare(runs, out, *words, base="cut0", others=("cut90",)):
    with chdir(out):
        folders = [str(runs / name) for name in (base, *others)]
        return CliRunner().invoke(cli.app, ["compare", *folders, "--out", "c", *map(str, words)])


def test_two_results_are_ranked_by_what_is_certain(runs, tmp_path):
    done = compare(runs, tmp_path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("cut90 against the base, cut0\n18 months from 2025-07-01 · 4 pairs of rep")
    assert "common random numbers: median correlation" in done.stdout
    assert done.stdout.endswith("results: c\npage: c/report.html\n")
    (imports,) = [line for line in done.stdout.splitlines() if line.startswith("imports_t myanmar ")]
    low, high = (float(end.replace(",", "")) for end in re.search(r"\[(\S+); (\S+)\]", imports).groups())
    assert low < high < 0


def test_the_same_result_twice_has_no_difference(runs, tmp_path):
    shutil.copytree(runs / "cut30", tmp_path / "again")
    with chdir(tmp_path):
        words = ["compare", str(runs / "cut30"), "again", "--out", "c"]
        done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.stderr
    assert re.search(r"no difference: all \d+ rows are equal in every replication", done.stdout)
    assert "common random numbers" not in done.stdout


def test_of_what_was_not_paired_no_replication_is_told(runs, tmp_path):
    shutil.copytree(runs / "cut30", tmp_path / "again")
    for table in ("kpi.csv", "summary.csv"):
        with chdir(tmp_path):
            words = ["compare", f"{runs / 'cut30'}/{table}", f"again/{table}", "--unpaired", "--out", "c"]
            done = CliRunner().invoke(cli.app, words)
        assert done.exit_code == 0, done.stderr
        assert re.search(r"no difference: all \d+ rows are equal in number, mean and spread\n", done.stdout)


@pytest.mark.parametrize("command", ["compare", "report"])
def test_no_comparison_is_written_over_one_of_its_results(runs, tmp_path, command):
    for name in ("cut0", "cut30"):
        shutil.copytree(runs / name, tmp_path / "all" / name)
    shutil.copy(runs / "cut0" / "manifest.json", tmp_path / "all")
    before = sorted(tmp_path.rglob("*"))
    for out in ("all/cut30", "all/cut0/new", "all", "all/../all/cut0"):
        with chdir(tmp_path):
            words = [command, "all/cut0", "all/cut30/kpi.csv", "--out", out]
            done = CliRunner().invoke(cli.app, words)
        assert (done.exit_code, done.stdout) == (2, ""), out
        assert done.stderr.startswith(f"{out}: is, holds or lies in all/cut")
        assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("others", [("cut90",), ("cut30", "cut90")])
def test_a_variable_of_months_alone_is_shown_by_month(runs, tmp_path, others):
    several = ["--monthly"] if len(others) > 1 else []
    done = compare(runs, tmp_path, "--metric", "ore_price_cny_per_t", *several, others=others)
    assert done.exit_code == 0, done.stderr
    assert "ore_price_cny_per_t: cut90" in done.stdout
    assert "2025-07" in done.stdout
    assert "rows equal" not in done.stdout


def test_a_time_is_told_by_its_median_and_what_was_open_at_the_end():
    row = {"diff_mean": nan, "diff_median": 12.0, "diff_ci_low": 10.0, "diff_ci_high": nan}
    told = compared._interval(row | {"base_open": 1.0, "other_open": 2.0}, 1.0)
    assert told == "median +12.0 [+10.0; ?], 3 open at the end"
    told = compared._interval(row | {"diff_median": nan, "base_open": 0.0, "other_open": 0.0}, 1.0)
    assert told == "median ? [+10.0; ?]"


def test_many_results_are_told_against_the_base_and_the_best(runs, tmp_path):
    done = compare(runs, tmp_path, others=("cut30", "cut60", "cut90"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("3 results against the base, cut0\n")
    table = done.stdout[done.stdout.index("imports_t myanmar") :].split("\n\n")[0].splitlines()
    labels = [line.split()[0] for line in table if line.startswith("cut")]
    assert labels == ["cut0", "cut30", "cut60", "cut90"], "the most ore first"
    assert "best?: every result that may be the best, at 95 % for each table as a whole" in done.stdout
    assert table[[line.split()[0] for line in table].index("cut0")].rstrip().endswith("best")


def test_what_may_be_the_best_with_another_is_maybe_it(runs, tmp_path):
    shutil.copytree(runs / "cut0", tmp_path / "twin")
    with chdir(tmp_path):
        words = [str(runs / "cut0"), "twin", str(runs / "cut90"), "--metric", "imports_t", "--out", "c"]
        done = CliRunner().invoke(cli.app, ["compare", *words])
    assert done.exit_code == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith(("cut0", "twin"))]
    assert lines
    assert "no difference" in next(line for line in lines if line.startswith("twin"))
    assert any(line.rstrip().endswith("maybe") for line in lines)


def test_of_more_metrics_than_fit_the_rest_is_counted(runs, tmp_path):
    done = compare(runs, tmp_path, "--place", "pangwa", "--place", "myanmar", others=("cut30", "cut60"))
    assert done.exit_code == 0, done.stderr
    assert re.search(r"… and \d+ more metrics in the files", done.stdout)


def test_months_are_shown_where_they_are_wished(runs, tmp_path):
    done = compare(runs, tmp_path, "--monthly")
    assert done.exit_code == 0, done.stderr
    path = done.stdout[done.stdout.index("price_cny_per_kg china Tb: cut90") :].split("\n\n")[0]
    assert [line.split()[0] for line in path.splitlines() if line.startswith("202")][:2] == [
        "2025-07",
        "2025-08",
    ]
    assert path.count("\n2025-") + path.count("\n2026-") == 18


def test_json_is_the_file_with_the_folder(runs, tmp_path):
    done = compare(runs, tmp_path, "--format", "json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer.pop("results") == "c"
    assert answer == json.loads((tmp_path / "c" / "compare.json").read_text(encoding="utf-8"))
    assert "page:" not in done.stdout


def test_months_that_are_asked_for_are_part_of_the_json(runs, tmp_path):
    of_variable = ("--metric", "price_cny_per_kg", "--element", "Tb", "--format", "json")
    told = json.loads(compare(runs, tmp_path, *of_variable).stdout)
    assert told["rows"] == []
    assert {line["variable"] for line in told["monthly"]} == {"price_cny_per_kg"}
    assert len(told["monthly"]) == 18
    of_metric = ("--metric", "imports_t", "--place", "myanmar", "--format", "json")
    assert "monthly" not in json.loads(compare(runs, tmp_path, *of_metric).stdout)
    told = json.loads(compare(runs, tmp_path, *of_metric, "--monthly").stdout)
    assert told["rows"]
    total = sum(line["diff_mean"] for line in told["monthly"] if not line["heading"])
    assert total == pytest.approx(next(row["diff_mean"] for row in told["rows"] if not row["heading"]))


def test_pairs_of_draws_are_told_as_such(runs, tmp_path):
    for name in ("cut0", "cut90"):
        folder = shutil.copytree(runs / name, tmp_path / name)
        record = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        record["replications"] |= {"asked": 4, "draws": 2}
        (folder / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
        seal(folder)
    done = compare(tmp_path, tmp_path, "--metric", "imports_t")
    assert " · 2 pairs of draws of the parameters with the same random numbers" in done.stdout


def test_an_earlier_comparison_is_moved_away_and_that_is_told_unless_quiet(runs, tmp_path):
    assert compare(runs, tmp_path).exit_code == 0
    done = compare(runs, tmp_path, others=("cut30",))
    assert "an earlier, different comparison was moved to .history/c-" in done.stderr
    assert compare(runs, tmp_path, "--quiet").stderr == ""


def test_a_table_for_pyam_has_every_month_of_both(runs, tmp_path):
    done = compare(runs, tmp_path, "--iamc")
    assert done.exit_code == 0, done.stderr
    header, *lines = (tmp_path / "c" / "iamc.csv").read_text(encoding="utf-8").splitlines()
    assert header.lower().startswith("model,scenario,region,variable,unit")
    assert len(lines) > 18


def test_iamc_without_months_is_refused(runs, tmp_path):
    done = compare(runs, tmp_path, "--iamc", base="cut0/kpi.csv", others=["cut90/kpi.csv"])
    assert done.exit_code == 2
    assert "--iamc" in done.stderr
    assert not (tmp_path / "c").exists()


def with_lever(folder, source, lasts, start):
    """A copy of a result whose resolved scenario has a closure of another length and start."""
    shutil.copytree(source, folder)
    resolved = folder / "scenario.resolved.yaml"
    text = resolved.read_text(encoding="utf-8")
    text = text.replace("90 d", lasts).replace("2025-11-01", start)
    resolved.write_text(text, encoding="utf-8")
    seal(folder)
    return folder


def test_regret_of_policies_over_states_is_shown(runs, tmp_path):
    early, late = "2025-11-01", "2025-12-01"
    cells = [("30 d", early, 30), ("30 d", late, 60), ("60 d", early, 60), ("60 d", late, 90)]
    folders = [
        with_lever(tmp_path / f"p{number}", runs / f"cut{cut}", lasts, start)
        for number, (lasts, start, cut) in enumerate(cells)
    ]
    policy = "events.made_shut.lasts"
    with chdir(tmp_path):
        words = ["compare", *map(str, folders), "--policy", policy, "--out", "c"]
        done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.stderr
    table = done.stdout[done.stdout.index("regret: imports_t myanmar") :].split("\n\n")[0].splitlines()
    assert "at worst" in table[0]
    policies = [line for line in table if "lasts" in line]
    assert "30 d" in policies[0], "the policy that risks least comes first"
    assert "60 d" in policies[1]
    rows = (tmp_path / "c" / "regret.csv").read_text(encoding="utf-8")
    assert policy in rows


def test_a_folder_without_a_name_is_called_by_the_labels(runs, tmp_path):
    with chdir(tmp_path):
        words = ["compare", *(str(runs / f"cut{cut}") for cut in (0, 30, 60))]
        done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.stderr
    assert "results: results/compare/cut0--cut30-and-1-more" in done.stdout


def test_long_names_are_cut_where_they_tell_least():
    assert compared._end("events.kachin_shut.lasts=90 d") == "…achin_shut.lasts=90 d"
    assert compared._end("short") == "short"
    assert compared._short("x" * 50) == f"{'x' * 37}…"


def test_a_table_on_its_own_with_a_name_too_long_for_a_folder_is_compared(runs, tmp_path):
    """It ended the command in a traceback."""
    table = (runs / "cut90/kpi.csv").read_text(encoding="utf-8").replace("cut90,", f"{'x' * 300},")
    (tmp_path / "kpi.csv").write_text(table, encoding="utf-8")
    with chdir(tmp_path):
        done = CliRunner().invoke(cli.app, ["compare", str(runs / "cut0"), "kpi.csv", "--quiet"])
    assert done.exit_code == 0, done.output
    assert [one.name for one in (tmp_path / "results/compare").iterdir()] == [f"cut0--{'x' * 64}"]
