"""The same answer whatever the locale, the clock and the folder; the disk may be read-only; two may work at once."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.contract.command import SIM, data_of, files_of
from tests.contract.conftest import SHORT

TEXT = SHORT.replace("Does a week of closed gates show?", "မေးခွန်း – 缅甸 🙂?")
WORLDS = {
    "C": {"LC_ALL": "C"},
    "ascii": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "latin": {"PYTHONIOENCODING": "latin-1"},
    "kiritimati": {"TZ": "Pacific/Kiritimati"},
    "honolulu": {"TZ": "Pacific/Honolulu", "LANG": "tr_TR.UTF-8"},
}
CLOCK = """
import datetime, os, time
YEAR = int(os.environ["A_YEAR"])
real = datetime.date
class Date(real):
    @classmethod
    def today(cls):
        return real(YEAR, 2, 28)
class Now(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(YEAR, 2, 28, tzinfo=tz)
datetime.date, datetime.datetime = Date, Now
time.time = lambda: (YEAR - 1970) * 31556952.0
"""

SLOW_PAGE = """
import sys, time
from sim import cli, report
read = report.read
def slowly(folder):
    time.sleep(2)
    return read(folder)
report.read = slowly
cli.main()
"""


@pytest.fixture
def odd(tmp_path):
    """A folder whose name has spaces and letters of three scripts, with a scenario in it."""
    folder = tmp_path / "päth with spaces" / "ကချင် 缅甸"
    folder.mkdir(parents=True)
    (folder / "mine ü.yaml").write_text(TEXT, encoding="utf-8")
    return folder


def run(folder, *words, **changes):
    settings = {"cwd": folder, "capture_output": True, "timeout": 60, "check": False}
    env = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    return subprocess.run([SIM, *map(str, words)], env=env | changes, **settings)


@pytest.mark.slow
def test_every_locale_and_time_zone_gives_the_same_bytes(odd):
    found = {}
    for name, changes in WORLDS.items():
        done = run(odd, "run", "mine ü.yaml", "--format", "json", "--out", f"out {name}", **changes)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout.decode())["question"] or name
        found[name] = data_of(odd / f"out {name}")
        checked = run(odd, "check", "mine ü.yaml", "gone ü.yaml", **changes)
        assert checked.returncode == 2
        assert b":1:1: there is no file" in checked.stderr
        compared = run(odd, "compare", f"out {name}", f"out {name}", "--excel", **changes)
        assert compared.returncode == 0, compared.stderr
    assert all(data == found["C"] for data in found.values())


@pytest.mark.slow
@pytest.mark.parametrize("year", [1971, 2099])
def test_the_date_of_today_plays_no_part(odd, tmp_path, year):
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK, encoding="utf-8")
    faked = {"A_YEAR": str(year), "PYTHONPATH": str(tmp_path / "clock")}
    for name, changes in (("now", {}), ("then", faked)):
        done = run(odd, "run", "mine ü.yaml", "--quiet", "--out", name, **changes)
        assert done.returncode == 0, done.stderr
    assert data_of(odd / "now") == data_of(odd / "then")


OFFLINE = """
import sys
def refuse(event, _):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise SystemExit(f"asks a network: {event}")
sys.addaudithook(refuse)
"""


@pytest.mark.slow
def test_no_network_is_asked(odd, tmp_path):
    (tmp_path / "offline").mkdir()
    (tmp_path / "offline" / "sitecustomize.py").write_text(OFFLINE, encoding="utf-8")
    offline = {"PYTHONPATH": str(tmp_path / "offline")}
    short = ("--replications", 1, "--set", "period.months=1", "--quiet")
    for words in (
        ("check", "mine ü.yaml"),
        ("run", "mine ü.yaml", *short, "--out", "one"),
        ("run", "mine ü.yaml", *short, "--set", "market.cover_exponent=0.7", "--out", "two"),
        ("compare", "one", "two", "--excel", "--quiet"),
        ("report", "one"),
        ("evidence", "market.cover_exponent"),
        ("list",),
    ):
        done = run(odd, *words, **offline)
        assert done.returncode == 0, done.stderr
    refused = run(odd, "serve", "one", "--port", "0", **offline)
    assert b"asks a network" in refused.stderr  # else nothing was tested


@pytest.mark.slow
def test_a_name_that_is_no_text_is_run_and_written_down(odd):
    name = os.fsdecode(b"bad\xff.yaml")
    shutil.copy(odd / "mine ü.yaml", odd / name)
    done = run(odd, "run", name, "--quiet", "--no-reference", "--out", "out")
    assert done.returncode == 0, done.stderr
    manifest = json.loads((odd / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scenario"]["files"][0] == "bad\udcff.yaml"


@pytest.mark.slow
def test_what_a_terminal_cannot_show_is_an_escape(odd):
    done = run(odd, "check", "mine ü.yaml", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"\\u7f05\\u7538 \\U0001f642?" in done.stdout


@pytest.mark.slow
def test_a_read_only_disk_is_told_before_anything_is_run(odd, tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=100k", "tmpfs", str(place)]
    if os.geteuid() or shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a disk needs more rights than these")
    try:
        done = run(odd, "run", "mine ü.yaml", "--out", place / "out")
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert done.returncode == 2
    assert b"cannot be made in" in done.stderr
    assert b"replications, about" not in done.stderr


@pytest.mark.slow
def test_the_same_question_twice_at_once_is_one_whole_result(odd):
    words = [SIM, "run", "mine ü.yaml", "--quiet", "--workers", "1"]
    both = [
        subprocess.Popen(words, cwd=odd, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    for one in both:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    assert sorted(path.name for path in (odd / "results").iterdir()) == ["short"]
    assert run(odd, "run", "mine ü.yaml", "--quiet", "--out", "alone").returncode == 0
    assert data_of(odd / "results" / "short") == data_of(odd / "alone")
    assert run(odd, "compare", "results/short", "alone").returncode == 0


@pytest.mark.slow
def test_two_comparisons_at_once_into_one_folder_leave_one_whole(odd):
    for number in (1, 2):
        words = (
            "run",
            "mine ü.yaml",
            "--quiet",
            "--no-reference",
            "--root-seed",
            number,
            "--out",
            f"r{number}",
        )
        assert run(odd, *words).returncode == 0
    words = ("compare", "--unpaired", "--quiet", "--out", "c")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", SLOW_PAGE, *words, *pair],
            cwd=odd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for pair in (("r1", "r2"), ("r2", "r1"))
    ]
    for one in both:
        _, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
    whole = [odd / "c", *(odd / ".history").iterdir()]
    bases = {json.loads((folder / "compare.json").read_text(encoding="utf-8"))["base"] for folder in whole}
    assert len(whole) == len(bases) == 2
    first, second = map(files_of, whole)
    assert first.keys() == second.keys()
    assert "report.html" in first


CALIBRATION = """\
name: tiny
question: Does it take turns?
replications: 1
root_seed: 1
search: {first: 2, steps: 0, draws: 0, step: 0.1, root_seed: 3}
keep: {within: 10, members: 2}
free:
  - {path: borders.leak_d, low: 5, high: 10, unit: d}
targets:
  - {id: t, scenario: steady, measure: {kind: imports, heading: oxide, from: 2025-08-01, to: 2025-08-31}, value: 3000, spread: 500}
"""


@pytest.mark.slow
def test_two_calibrations_take_turns(odd):
    (odd / "tiny.yaml").write_text(CALIBRATION, encoding="utf-8")
    words = [SIM, "calibrate", "tiny.yaml", "--workers", "1"]
    both = [
        subprocess.Popen(words, cwd=odd, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    told = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert sum(b"another process calibrates in" in err for _, err in told) == 1
    assert told[0][0] == told[1][0]
    (trials,) = (odd / "results" / "calibration" / "tiny").glob("trials-*.csv")
    assert len(trials.read_text(encoding="utf-8").splitlines()) == 3
