"""`sim sweep` as its users run it: the folder, resume, parts, and what ends a sweep early."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.contract.command import SIM, data_of, files_of, uncounted
from tests.contract.conftest import SHORT

SWEEP = (
    SHORT.replace("name: short", "name: lengths")
    + """\
vary:
  levers:
    events.shut.lasts: {from: 5 d, to: 15 d, step: 5 d}
  uncertainties:
    market.cover_exponent: {uniform: [0.3, 0.7]}
design: lhs
samples: 2
"""
)
POINTS, REPLICATIONS = 6, 2


@pytest.fixture
def lengths(tmp_path):
    """A sweep of three levers in two states, two replications of two months each."""
    path = tmp_path / "lengths.yaml"
    path.write_text(SWEEP, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of that sweep, finished without interruption by two workers; and what was said."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "lengths.yaml").write_text(SWEEP, encoding="utf-8")
    done = subprocess.run(
        [SIM, "sweep", "lengths.yaml", "--workers", "2"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "results" / "sweep" / "lengths", done


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shards_of(out):
    return sorted((out.parent / ".ledger").rglob("*.parquet"))


def test_the_folder_is_that_of_the_contract(whole):
    folder, done = whole
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("design.csv", "runs.csv", "kpi.csv", "summary.csv"),
        *("sweep.resolved.yaml", "manifest.json", "report.html"),
    }
    heads = {name: (folder / f"{name}.csv").read_text().splitlines()[0] for name in ("design", "runs", "kpi")}
    assert heads["design"] == "point,events.shut.lasts,market.cover_exponent"
    assert heads["runs"] == "point,replication,status,seconds,lots,events,stage,type,message,command"
    assert heads["kpi"] == "point,scenario,replication,metric,place,element,actor,heading,unit,value"
    design = rows_of(folder / "design.csv")
    assert [row["events.shut.lasts"] for row in design] == ["5 d", "5 d", "10 d", "10 d", "15 d", "15 d"]
    states = [row["market.cover_exponent"] for row in design]
    assert states == states[:2] * 3, "every lever meets the same states"
    assert all(0.3 <= float(state) <= 0.7 for state in states)
    runs = rows_of(folder / "runs.csv")
    expected = [(str(p), str(r), "ok") for p in range(POINTS) for r in range(REPLICATIONS)]
    assert [(row["point"], row["replication"], row["status"]) for row in runs] == expected
    assert "5 d" in done.stdout
    assert "mean [5 % to 95 % of 2 states x 2 replications]" in done.stdout


@pytest.mark.slow
def test_a_point_gives_what_sim_run_gives_of_its_values(sim, lengths, whole, short):
    folder, _ = whole
    point = rows_of(folder / "design.csv")[3]
    sets = [word for path, text in point.items() if path != "point" for word in ("--set", f"{path}={text}")]
    assert sim("run", short, *sets, "--no-reference", "--quiet").returncode == 0
    alone = rows_of(short.parent / "results" / "short" / "kpi.csv")
    swept = [row for row in rows_of(folder / "kpi.csv") if row["point"] == "3"]
    about = ("replication", "metric", "place", "element", "actor", "heading", "unit", "value")
    assert [[row[key] for key in about] for row in swept] == [[row[key] for key in about] for row in alone]


@pytest.mark.parametrize(
    "words", [("--workers", 1), pytest.param(("--design", "design.csv"), marks=pytest.mark.slow)]
)
def test_who_makes_the_runs_changes_no_byte_of_the_tables(sim, lengths, whole, words):
    folder, _ = whole
    shutil.copy(folder / "design.csv", lengths.parent)
    assert sim("sweep", lengths, *words, "--quiet").returncode == 0
    own = data_of(lengths.parent / "results" / "sweep" / "lengths")
    for name in ("design.csv", "kpi.csv", "summary.csv"):
        assert own[name] == data_of(folder)[name], name


@pytest.mark.slow
def test_the_resolved_sweep_runs_to_the_same_bytes(sim, tmp_path, whole):
    folder, _ = whole
    shutil.copy(folder / "sweep.resolved.yaml", tmp_path / "again.yaml")
    assert sim("sweep", "again.yaml", "--quiet").returncode == 0
    assert data_of(tmp_path / "results" / "sweep" / "lengths") == data_of(folder)


@pytest.mark.slow
def test_the_same_command_again_makes_no_run_and_leaves_the_bytes(sim, lengths):
    assert sim("sweep", lengths, "--quiet").returncode == 0
    out = lengths.parent / "results" / "sweep" / "lengths"
    before, shards = data_of(out), shards_of(out)
    again = sim("sweep", lengths)
    assert again.returncode == 0
    assert "12 runs are in the ledger already and are skipped" in again.stderr
    assert "is a sweep: its points are not results of their own" in sim("compare", out, out).stderr
    assert data_of(out) == before
    assert shards_of(out) == shards


@pytest.mark.slow
def test_why_tells_the_reason_of_every_run_and_runs_nothing(sim, lengths):
    sim("sweep", lengths, "--quiet")
    more = ("--replications", 3, "--vary", "events.shut.lasts=10,15,20 d")
    told = sim("sweep", lengths, *more, "--why").stdout
    assert "8 runs skipped: in the ledger\n  points 0-3" in told
    assert "4 runs made: more replications of a known point\n  points 0-3" in told
    assert "6 runs made: never made\n  points 4-5" in told
    again = sim("sweep", lengths, *more)
    assert "10 runs to make" in again.stderr


@pytest.mark.slow
def test_a_dry_run_estimates_and_writes_nothing(sim, lengths):
    before = files_of(lengths.parent)
    done = sim("sweep", lengths, "--dry-run")
    assert done.returncode == 0
    assert "= 12 runs" in done.stdout
    assert "one run takes" in done.stdout
    assert files_of(lengths.parent) == before
    answer = json.loads(sim("sweep", lengths, "--dry-run", "--format", "json").stdout)
    assert answer["to_run"] == 12
    assert answer["estimate_s"] > 0


@pytest.mark.slow
def test_parts_merge_to_the_bytes_of_the_whole(sim, lengths, tmp_path, whole):
    for number in (1, 2, 3):
        out = tmp_path / f"job{number}" / "part"  # each with a ledger of its own, as on another machine
        assert sim("sweep", lengths, "--shard", f"{number}/3", "--out", out, "--quiet").returncode == 0
        runs = rows_of(out / "runs.csv")
        assert len(runs) == 4
    parts = [tmp_path / f"job{number}" / "part" for number in (2, 3, 1)]
    (tmp_path / "lengths.yaml").unlink()
    joined = sim("merge", *parts, "--out", "joined")
    assert joined.returncode == 0, joined.stderr
    assert data_of(tmp_path / "joined") == data_of(whole[0])
    assert rows_of(tmp_path / "joined" / "runs.csv")[5]["status"] == "ok"
    lacking = sim("merge", *parts[:2], "--out", "other")
    assert lacking.returncode == 2
    assert "of 3 parts there is no 1" in lacking.stderr
    assert "given twice" in sim("merge", *parts, parts[0]).stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_parquet_holds_what_csv_holds(sim, lengths, whole):
    import pandas as pd

    assert sim("sweep", lengths, "--tables", "parquet", "--quiet").returncode == 0
    out = lengths.parent / "results" / "sweep" / "lengths"
    for name in ("kpi", "summary"):
        binary, text = pd.read_parquet(out / f"{name}.parquet"), pd.read_csv(whole[0] / f"{name}.csv")
        assert list(binary.columns) == list(text.columns)
        numbers = text.select_dtypes("number").columns
        pd.testing.assert_frame_equal(
            binary[numbers].astype(float), text[numbers].astype(float), rtol=1e-9, check_dtype=False
        )
        words = [column for column in text.columns if column not in numbers]
        assert (binary[words].astype(str) == text[words].fillna("").astype(str)).all().all()


def start(folder, *words, code=None):
    command = [SIM] if code is None else [sys.executable, "-c", code]
    return subprocess.Popen(
        [*command, *map(str, words)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


FAST_SAVES = """
import sys
from sim.sweeps import ledger
ledger.SAVE_EVERY_S = 0.0
from sim.cli import main
sys.argv[0] = "sim"
main()
"""


def wait_for(process, text):
    said = []
    for line in process.stderr:
        said.append(line)
        if text in line:
            return said
    raise AssertionError(said)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_killed_half_way_goes_on_to_the_bytes_of_the_whole(sim, lengths, whole, workers):
    words = ("sweep", lengths, "--workers", workers)
    with start(lengths.parent, *words, code=FAST_SAVES) as process:
        wait_for(process, "5 of 12 runs")
        process.kill()
        process.communicate(timeout=20)
    out = lengths.parent / "results" / "sweep" / "lengths"
    assert not out.exists()
    kept = len(shards_of(out))
    assert kept >= 2
    done = sim(*words)
    assert done.returncode == 0, done.stderr
    assert "are in the ledger already" in done.stderr
    assert data_of(out) == data_of(whole[0])


@pytest.mark.slow
def test_a_sweep_killed_again_and_again_at_any_moment_ends_with_the_bytes_of_the_whole(sim, lengths, whole):
    moments = np.random.default_rng(20250701).uniform(0.3, 2.5, 6)
    for moment in moments:
        with start(lengths.parent, "sweep", lengths, "--workers", 2, code=FAST_SAVES) as process:
            try:
                process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate(timeout=20)
    assert sim("sweep", lengths, "--quiet").returncode == 0
    assert data_of(lengths.parent / "results" / "sweep" / "lengths") == data_of(whole[0])
    assert not list((lengths.parent / "results" / "sweep").glob(".tmp-*"))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the workers with ps")
def test_a_worker_killed_from_outside_costs_no_run(lengths, whole):
    with start(lengths.parent, "sweep", lengths, "--workers", 2) as process:
        wait_for(process, "3 of 12 runs")
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True
        )
        workers = [int(word) for word in listed.stdout.split()]
        os.kill(workers[0], signal.SIGKILL)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert data_of(lengths.parent / "results" / "sweep" / "lengths") == data_of(whole[0])


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_keeps_what_is_done_and_says_how_to_go_on(sim, lengths, whole, number):
    words = ("sweep", str(lengths), "--replications", "20", "--workers", "2")
    with start(lengths.parent, *words) as process:
        wait_for(process, "of 120 runs, about")
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert f"sim sweep {lengths} --replications 20 --workers 2" in err
    kept = int(err.split("interrupted: ")[1].split(" of ")[0])
    assert 12 <= kept < 120
    assert f"{kept} runs skipped: in the ledger" in sim(*words, "--why").stdout


FAULTY = """
import os, sys
from sim import engine
real = engine.run

def run(world, replication):
    if replication == 1 and world.market.exponent > 0.5:
        if os.environ["FAULT"] == "raise":
            raise ValueError("no such\\nore")
        if os.environ["FAULT"] == "die":
            os._exit(7)
        while True:
            pass
    return real(world, replication)

engine.run = run
from sim.cli import main
sys.argv[0] = "sim"
main()
"""


def faulty(how, lengths, *words):
    """The sweep with runs that raise, hang or take their process with them: those of high exponents."""
    command = [sys.executable, "-c", FAULTY, "sweep", str(lengths), *map(str, words)]
    return subprocess.run(
        command, cwd=lengths.parent, env={**os.environ, "FAULT": how},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "workers", "stage"),
    [
        ("raise", 2, "run"),
        ("hang", 2, "timeout"),
        ("raise", 1, "run"),
        ("hang", 1, "timeout"),
        ("die", 2, "worker"),
    ],
)
@pytest.mark.slow
def test_runs_that_go_wrong_are_rows_and_the_rest_goes_on(sim, lengths, whole, how, workers, stage):
    done = faulty(how, lengths, "--workers", workers, "--timeout", 2)
    assert done.returncode == 3, done.stderr
    assert f"3 runs failed (3 {stage})" in done.stderr
    out = lengths.parent / "results" / "sweep" / "lengths"
    runs = rows_of(out / "runs.csv")
    bad = [row for row in runs if row["status"] == "failed"]
    assert len(runs) == 12
    assert {(row["replication"], row["stage"]) for row in bad} == {("1", stage)}
    assert all(row["type"] and row["message"] and "\n" not in row["message"] for row in bad)
    for row in bad:
        assert row["command"] == f"sim sweep {lengths} --only {row['point']}/1"
    kpi = rows_of(out / "kpi.csv")
    assert len({(row["point"], row["replication"]) for row in kpi}) == 9
    if how == "raise":
        assert "no such ore" in bad[0]["message"]
        again = faulty("raise", lengths, *bad[0]["command"].split()[3:])
        assert again.returncode == 3
        assert "Traceback" in again.stderr
        assert "ValueError" in again.stderr
    # the fault is mended: only what failed is made again, and the bytes are those of the whole
    told = sim("sweep", lengths, "--why").stdout
    assert "3 runs made: failed before, is tried again" in told
    assert sim("sweep", lengths, "--quiet").returncode == 0
    assert data_of(out) == data_of(whole[0])


@pytest.mark.slow
def test_fail_fast_stops_at_the_first_failure(lengths):
    done = faulty("raise", lengths, "--fail-fast", "--workers", 1)
    assert done.returncode == 3
    assert "stopped at the first failure" in done.stderr
    out = lengths.parent / "results" / "sweep" / "lengths"
    assert not out.exists()
    assert len(shards_of(out)) == 1


def small_files():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))


@pytest.mark.slow
def test_a_disk_that_fills_up_loses_nothing_that_was_saved(sim, lengths, whole):
    done = sim("sweep", lengths, "--workers", 2, preexec_fn=small_files, env=uncounted())
    assert done.returncode == 1
    assert "To go on:" in done.stderr
    fault = done.stderr.splitlines()[-1]
    assert fault.startswith("sim: unexpected fault: OSError:")
    Path(fault.split("traceback: ")[1].rstrip(")")).unlink(missing_ok=True)
    out = lengths.parent / "results" / "sweep" / "lengths"
    assert not out.exists()
    for left in (out.parent / ".ledger").rglob(".tmp-*"):  # of a worker ended while it wrote
        os.utime(left, (0, 0))
    assert sim("sweep", lengths, "--quiet").returncode == 0
    assert data_of(out) == data_of(whole[0])
    assert [path.name for path in (out.parent / ".ledger").rglob(".tmp-*")] == []


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 150 kB, where this machine lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", str(place)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs more rights than these")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_real_full_disk(sim, lengths, whole, small_disk):
    out = small_disk / "lengths"
    with start(lengths.parent, "sweep", lengths, "--out", out, "--replications", 40, code=FAST_SAVES) as one:
        _, err = one.communicate(timeout=60)
    assert one.returncode == 1, err
    assert "No space left on device" in err
    assert not out.exists()
    kept = shards_of(out)
    assert kept
    # on a disk with room again, what was saved is not made again
    room = lengths.parent / "room"
    room.mkdir()
    shutil.copytree(small_disk / ".ledger", room / ".ledger")
    done = sim("sweep", lengths, "--out", room / "lengths")
    assert "are in the ledger already" in done.stderr
    assert data_of(room / "lengths") == data_of(whole[0])


@pytest.mark.slow
def test_a_damaged_shard_is_left_aside_and_its_runs_are_made_again(sim, lengths, whole):
    sim("sweep", lengths, "--quiet")
    out = lengths.parent / "results" / "sweep" / "lengths"
    shard = shards_of(out)[0]
    shard.write_bytes(shard.read_bytes()[:200])
    done = sim("sweep", lengths)
    assert done.returncode == 0
    assert "left aside, its runs are made again" in done.stderr
    assert data_of(out) == data_of(whole[0])


@pytest.mark.slow
def test_two_processes_on_one_sweep_one_says_so(sim, lengths):
    with start(lengths.parent, "sweep", lengths, "--replications", 40) as first:
        wait_for(first, "runs, about")
        second = sim("sweep", lengths, "--replications", 40)
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)
    assert second.returncode == 2
    assert "another process is making this sweep" in second.stderr


def test_wrong_usage_exits_with_2_and_writes_nothing(sim, lengths):
    before = files_of(lengths.parent)
    assert "Did you mean 'closure_length'?" in sim("sweep", "closure_lenght").stderr
    done = sim("sweep", lengths, "--shard", "4/3")
    assert done.returncode == 2
    assert done.stderr == "--shard:1:1: 4/3: I/N is expected, with I from 1 to N\n"
    assert files_of(lengths.parent) == before


@pytest.mark.slow
def test_with_its_reference_a_point_has_the_relative_metrics_of_sim_run(sim, lengths, whole, short):
    assert sim("sweep", lengths, "--reference", "--quiet").returncode == 0
    out = lengths.parent / "results" / "sweep" / "lengths"
    point = rows_of(out / "design.csv")[5]
    sets = [word for path, text in point.items() if path != "point" for word in ("--set", f"{path}={text}")]
    assert sim("run", short, *sets, "--quiet").returncode == 0
    alone = rows_of(short.parent / "results" / "short" / "kpi.csv")
    swept = [row for row in rows_of(out / "kpi.csv") if row["point"] == "5"]
    relative = [row for row in swept if row["metric"] == "shortfall_lost_kg"]
    assert len(relative) == 4
    assert all(float(row["value"]) > 0 for row in relative)
    assert [row["value"] for row in swept] == [row["value"] for row in alone]
    plain = [row["value"] for row in rows_of(whole[0] / "kpi.csv") if row["metric"] == "shortfall_lost_kg"]
    assert set(plain) == {""}
