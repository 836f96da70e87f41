"""Ctrl-C, kill, a full disk, a fault: earlier results intact, no half file, the exit code of the contract."""

import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.contract.command import SIM, data_of, files_of, uncounted

LONG = ("--replications", "15", "--set", "events.shut.lasts=9 d")


def start(folder, *words):
    return subprocess.Popen(
        [SIM, *map(str, words)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_progress(process):
    """Until a tenth of the replications is done; what the command said so far."""
    said = []
    for line in process.stderr:
        said.append(line)
        if "replications, about" in line:
            return said
    raise AssertionError(f"no progress: {said}")


def leftovers(results):
    return (
        [path.name for path in results.iterdir() if path.name.startswith(".tmp-")] if results.exists() else []
    )


@pytest.fixture
def earlier(sim, short, tmp_path):
    """A finished result, and the bytes of its files."""
    assert sim("run", short, "--no-reference", "--quiet").returncode == 0
    return files_of(tmp_path / "results" / "short")


@pytest.mark.parametrize(
    ("number", "workers"),
    [
        (signal.SIGINT, 2),
        pytest.param(signal.SIGTERM, 2, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 2, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 1, marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_goes_on_to_the_same_bytes(sim, short, tmp_path, earlier, number, workers):
    words = ("run", short, *LONG, "--workers", workers)
    with start(tmp_path, *words) as process:
        wait_for_progress(process)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert "of 30 replications are kept" in err
    pasted = err.splitlines()[-1].strip()
    assert pasted == shlex.join(["sim", *map(str, words)])
    results = tmp_path / "results"
    assert files_of(results / "short") == earlier
    assert leftovers(results) == []
    assert len(list((results / ".unfinished").iterdir())) == 1

    resumed = sim(*words)
    assert resumed.returncode == 0
    assert "replications taken from the interrupted run" in resumed.stderr
    assert not (results / ".unfinished").exists()
    assert sim(*words, "--out", "whole", "--quiet").returncode == 0
    assert data_of(results / "short") == data_of(tmp_path / "whole")


def test_a_run_under_nohup_does_not_hear_that_the_terminal_is_closed(short, tmp_path):
    words = [SIM, "run", str(short), "--no-reference", "--workers", "1"]
    keep_out = partial(signal.signal, signal.SIGHUP, signal.SIG_IGN)
    with subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, preexec_fn=keep_out
    ) as process:
        wait_for_progress(process)
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err


@pytest.mark.slow
def test_another_question_does_not_take_what_an_interrupted_one_left(sim, short, tmp_path):
    with start(tmp_path, "run", short, *LONG) as process:
        wait_for_progress(process)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    done = sim("run", short, "--root-seed", 8)
    assert done.returncode == 0
    assert "taken from" not in done.stderr
    assert len(list((tmp_path / "results" / ".unfinished").iterdir())) == 1


def test_ctrl_c_of_a_terminal_reaches_the_whole_group_and_is_told_once(short, tmp_path):
    process = subprocess.Popen(
        [SIM, "run", str(short), *LONG, "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        wait_for_progress(process)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert err.count("interrupted") == 1
    assert "Traceback" not in err


def test_a_killed_run_leaves_the_earlier_result_and_no_half_file(sim, short, tmp_path, earlier):
    with start(tmp_path, "run", short, *LONG, "--workers", 2) as process:
        wait_for_progress(process)
        process.kill()
        process.communicate(timeout=20)
    results = tmp_path / "results"
    assert files_of(results / "short") == earlier
    assert sorted(path.name for path in results.iterdir()) == ["short"]
    assert sim("run", short, "--no-reference", "--quiet").returncode == 0


KILLED_WHILE_WRITING = """
import os, sys
from sim import study
from sim import results
from sim.cli import main

whole = study.monthly_csv
def half(runs):
    pieces = whole(runs)
    yield next(pieces)
    os.kill(os.getpid(), 9)

study.monthly_csv = half
main()
"""


def test_a_run_killed_while_it_writes_leaves_only_what_the_next_run_sweeps(sim, short, tmp_path, earlier):
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, "run", str(short), "--root-seed", "9", "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    results = tmp_path / "results"
    assert files_of(results / "short") == earlier
    assert len(leftovers(results)) == 1
    assert sim("run", short, "--no-reference", "--quiet").returncode == 0
    assert leftovers(results) == []


def small_files():
    """No file of this process may grow beyond 8 kB: what a full disk looks like to it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))


def no_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_that_fills_up_leaves_the_earlier_result(sim, short, tmp_path, earlier):
    done = sim("run", short, "--root-seed", 9, preexec_fn=small_files, env=uncounted())
    assert done.returncode == 1
    assert done.stdout == ""
    fault = done.stderr.splitlines()[-1]
    assert fault.startswith("sim: unexpected fault: OSError:")
    assert "make room, and give the same command again" in fault
    traceback = Path(fault.split("traceback: ")[1].rstrip(")"))
    assert "Traceback" in traceback.read_text(encoding="utf-8")
    traceback.unlink()
    results = tmp_path / "results"
    assert files_of(results / "short") == earlier
    assert sorted(path.name for path in results.iterdir()) == ["short"]


def test_if_nothing_can_be_written_even_that_is_told(sim, short, tmp_path):
    done = sim("run", short, preexec_fn=no_files, env=uncounted())
    assert done.returncode == 1
    assert "the traceback could not be written" in done.stderr
    assert "Traceback (most" not in done.stderr


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 500 kB, where this machine lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", str(place)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs more rights than these")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_a_real_full_disk(sim, short, small_disk):
    out = small_disk / "short"
    words = ("run", short, "--no-reference", "--quiet", "--out", out)
    assert sim(*words, "--set", "period.months=1", "--replications", 1).returncode == 0
    before = files_of(out)
    done = sim(*words, "--replications", 40)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert files_of(out) == before
    assert [path.name for path in small_disk.iterdir()] == ["short"]


def test_a_folder_of_something_else_is_refused_before_anything_is_run(sim, short, tmp_path):
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("years of work", encoding="utf-8")
    done = sim("run", short, "--out", foreign)
    assert done.returncode == 2
    assert "not a result folder" in done.stderr
    assert "replications" not in done.stderr
    assert files_of(foreign) == {"chapter.txt": b"years of work"}


def test_out_is_the_folder_itself_and_its_parents_are_made(sim, short, tmp_path):
    assert sim("run", short, "--no-reference", "--quiet", "--out", "a/b/c").returncode == 0
    assert "kpi.csv" in files_of(tmp_path / "a" / "b" / "c")


FAILING = """
import sys
from sim import engine
from sim.cli import main
from sim.ledger import Balance, ConservationError

real = engine.run
def failing(world, replication):
    if replication == 1:
        raise ConservationError([Balance("mass: ore", "t", {"mined": 2.0}, {"yards": 1.0})])
    return real(world, replication)

engine.run = failing
main()
"""


def test_a_failed_replication_exits_3_with_its_figures_and_the_rest_saved(short, tmp_path):
    command = [sys.executable, "-c", FAILING, "run", str(short), "--replications", "3", "--workers", "2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "1.000000 t apart" in done.stderr
    assert "imports from Myanmar" in done.stdout
    result = tmp_path / "results" / "short"
    runs = (result / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[2] for line in runs] == ["status", "ok", "failed", "ok"]
    assert "audit" in runs[2]
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["replications"]["failed"] == 1
    kpi = (result / "kpi.csv").read_text(encoding="utf-8").splitlines()
    assert {line.split(",")[1] for line in kpi[1:]} == {"0", "2"}


@pytest.mark.slow
def test_if_every_replication_fails_the_failures_are_saved(short, tmp_path):
    script = FAILING.replace("replication == 1", "replication >= 0")
    command = [sys.executable, "-c", script, "run", str(short), "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    runs = (tmp_path / "results" / "short" / "runs.csv").read_text(encoding="utf-8")
    assert runs.count("failed") == 2


@pytest.mark.slow
def test_two_runs_of_one_name_at_once_leave_one_whole_result(short, tmp_path):
    processes = [
        start(tmp_path, "run", short, "--root-seed", seed, "--no-reference", "--quiet") for seed in (1, 2, 3)
    ]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    results = tmp_path / "results"
    folders = [results / "short", *(results / ".history").iterdir()]
    assert len(folders) == 3
    seeds = set()
    for folder in folders:
        seed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["root_seed"]
        assert f"root_seed: {seed}" in (folder / "scenario.resolved.yaml").read_text(encoding="utf-8")
        seeds.add(seed)
    assert seeds == {1, 2, 3}
    assert leftovers(results) == []
