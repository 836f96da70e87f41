"""`sim run --precision` and the limit of one run, from the shell."""

import json
import subprocess
import sys

import pytest

from tests.contract.command import data_of

pytestmark = pytest.mark.slow
LOOSE = ("--precision", 0.5, "--metric", "imports_t:myanmar", "--metric", "price_mean:Tb")


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_it_stops_where_all_is_known_says_which_governed_and_runs_again_to_the_same_bytes(
    sim, short, tmp_path
):
    done = sim("run", short, *LOOSE)
    assert done.returncode == 0, done.stderr
    assert "· 15 replications ·" in done.stdout
    told = " ".join(done.stderr.split())
    assert "after 15 replications, all else that is watched better" in told
    folder = tmp_path / "results" / "short"
    found = manifest(folder)
    reached = found["precision"]
    assert found["replications"]["asked"] == reached["replications"] == 15
    assert not reached["is_spent"]
    assert reached["ratio"] <= 0.5
    assert reached["metric"].split()[0] in ("imports_t", "price_mean")
    assert sim("run", folder / "scenario.resolved.yaml", "--out", "again", "--quiet").returncode == 0
    assert data_of(tmp_path / "again") == data_of(folder)
    for workers in (1, 2):
        assert (
            sim("run", short, *LOOSE, "--workers", workers, "--out", f"w{workers}", "--quiet").returncode == 0
        )
        assert data_of(tmp_path / f"w{workers}") == data_of(folder)


def test_a_spent_budget_is_flagged(sim, short, tmp_path):
    done = sim("run", short, "--precision", 0.0001, "--replications", 15, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "warning: precision: the budget was spent before all reached 0.01 %" in done.stderr
    assert json.loads(done.stdout)["precision"]["is_spent"]
    assert json.loads(done.stdout)["replications"] == 15
    assert any("budget" in warning for warning in manifest(tmp_path / "results" / "short")["warnings"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--precision", 0.1, "--metric", "price_pek"), "Did you mean 'price_peak'?"),
        (
            ("--precision", 0.1, "--metric", "price_peak:tb"),
            "labels of price_peak are Dy, Tb, china, ex_china",
        ),
        (("--metric", "price_peak"), "--metric says what --precision is of"),
        (("--precision", 0), "--precision"),
    ],
)
def test_wrong_usage_runs_nothing(sim, short, tmp_path, words, told):
    done = sim("run", short, *words)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert "replications, about" not in done.stderr
    assert not (tmp_path / "results").exists()


HANGING = """
from sim import engine
real = engine.run

def run(world, replication):
    while replication == 1:
        pass
    return real(world, replication)

engine.run = run
from sim.cli import main
main()
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_replication_that_hangs_is_a_row_of_a_run(short, tmp_path, workers):
    words = (
        "run",
        str(short),
        "--replications",
        "3",
        "--workers",
        workers,
        "--timeout",
        "2",
        "--no-reference",
    )
    done = subprocess.run(
        [sys.executable, "-c", HANGING, *words],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    runs = (tmp_path / "results" / "short" / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[2] for line in runs[1:]] == ["ok", "failed", "ok"]
    assert runs[2].split(",")[6] == "timeout"
