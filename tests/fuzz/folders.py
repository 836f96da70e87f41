"""What is fuzzed of results: folders of runs, of parts of sweeps, what an interruption left, and decisions."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest import mock

from sim import shipped, study
from sim.history import calibration
from sim.results import unfinished
from tests.designs import decision_file
from tests.fuzz.commands import Said, sim
from tests.sealing import seal
from tests.worlds import registry

# -- results -------------------------------------------------------------------------------------------------


def _kept() -> Path:
    """A new folder, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="sim-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def results() -> Path:
    """Two results of one month, of two replications each: cut to some rows, `one` and `two`, and whole."""
    folder = _kept()
    for name, more in (("one", ()), ("two", ("--set", "events.kachin_shut.lasts=20 d"))):
        words = (
            "--set",
            "period.months=1",
            "--set",
            "events.kachin_shut.start=2025-07-05",
            "--replications",
            2,
        )
        done = sim("run", "border_closure", *words, *more, "--workers", 1, "--quiet", "--out", folder / name)
        assert done.code == 0, done.err
        shutil.copytree(folder / name, folder / f"whole-{name}")
        used = json.loads((folder / name / "manifest.json").read_text(encoding="utf-8"))["parameters"]
        for table in ("kpi.csv", "monthly.csv"):
            head, *rows = (folder / name / table).read_text(encoding="utf-8").splitlines(keepends=True)
            each = len(rows) // 2
            kept = rows[:each:9] + rows[each::9]  # the same of both replications
            (folder / name / table).write_text(head + "".join(kept), encoding="utf-8")
        seal(folder / name, parameters=used[:12])
    return folder


def _files(folder: Path, names: Sequence[str]) -> tuple[bytes, ...]:
    """Files of a folder; the first line says which file it is."""
    return tuple(f"{name}\n".encode() + (folder / name).read_bytes() for name in names)


@contextmanager
def _mutated(path: Path, real: Path, names: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """A copy of the real folder in the place of the file, in which what the file says stands in one of the names."""
    said, _, text = path.read_bytes().partition(b"\n")
    path.unlink()
    name = next((known for known in names if known.encode() == said), names[len(text) % len(names)])
    folder = path.parent / "one"
    shutil.copytree(real, folder)
    (folder / name).write_bytes(text)
    yield folder, name
    shutil.rmtree(folder)
    path.touch()


RESULT = ("kpi.csv", "monthly.csv", "manifest.json", "scenario.resolved.yaml", "summary.csv")


@cache
def result_files() -> tuple[bytes, ...]:
    """The files of a result that are compared."""
    return _files(results() / "one", RESULT)


def compare(path: Path) -> list[Said]:
    """`sim compare` of a result in which a file is mutated, and of a mutated table alone.

    What of the tables is mutated is sealed: else all would be refused unread, which has tests of its own.
    """
    with _mutated(path, results() / "one", RESULT) as (folder, name):
        if name == "summary.csv":
            words = ("compare", results() / "two" / name, folder / name)
        else:
            words = ("compare", results() / "two", folder, "--monthly", "--iamc")
        if name != "manifest.json":
            seal(folder)
        return [sim(*words, "--out", path.parent / "out")]


REPORTED = ("kpi.csv", "monthly.csv", "manifest.json", "scenario.resolved.yaml", "timeline.csv", "runs.csv")


@cache
def reported_files() -> tuple[bytes, ...]:
    """The files of a result that its page is made from."""
    return _files(results() / "whole-one", REPORTED)


def make_page(path: Path) -> list[Said]:
    """`sim report` and `sim stress` of a result in which a file is mutated: the hashes tell."""
    with _mutated(path, results() / "whole-one", REPORTED) as (folder, _):
        (folder / "report.html").unlink(missing_ok=True)
        said = sim("report", folder)
        assert (folder / "report.html").exists() == (said.code == 0)
        return [said, sim("stress", folder)]


STUDIED = ("kpi.csv", "design.csv", "runs.csv", "manifest.json")


@cache
def studied() -> Path:
    """A sweep of 40 points, of one month."""
    folder = _kept() / "sweep"
    words = ("--vary", "market.cover_exponent=uniform(0.4, 0.8)", "--samples", 30, "--design", "lhs")
    shut = ("--set", "period.months=1", "--set", "events.kachin_shut.start=2025-07-05", "--reference")
    told = ("--replications", 1, "--workers", 1, "--quiet", "--out", folder)
    done = sim("sweep", "border_closure", *words, *shut, *told)
    assert done.code == 0, done.err
    return folder


def studied_files() -> tuple[bytes, ...]:
    """The files of a sweep that are studied."""
    return _files(studied(), STUDIED)


def study_sweep(path: Path) -> list[Said]:
    """`sim sensitivity` and `sim report` of a sweep in which a file is mutated: the hashes tell."""
    with _mutated(path, studied(), STUDIED) as (folder, _):
        words = ("--method", "tornado", "--out", path.parent / "out")
        return [sim("sensitivity", folder, *words), sim("report", folder)]


@cache
def decisions() -> tuple[bytes, ...]:
    """The shipped decisions, and one made for tests."""
    real = (shipped.scenarios_dir() / "decisions").glob("*.yaml")
    return (decision_file(_kept()).read_bytes(), *(path.read_bytes() for path in sorted(real)))


def decide(path: Path) -> list[Said]:
    """`sim sensitivity --decision` over a sweep."""
    words = ("--method", "information", "--decision", path, "--out", path.parent / "out")
    return [sim("sensitivity", studied(), *words)]


PART = ("design.csv", "sweep.resolved.yaml", "runs.parquet", "manifest.json")


@cache
def parts() -> Path:
    """The two parts of a sweep of two points, of one month."""
    folder = _kept()
    words = ("--set", "period.months=1", "--vary", "roads.lot_t=20 t,30 t", "--replications", 1)
    for number in (1, 2):
        told = ("--shard", f"{number}/2", "--workers", 1, "--quiet", "--out", folder / str(number))
        done = sim("sweep", "baseline", *words, *told)
        assert done.code == 0, done.err
    return folder


def part_files() -> tuple[bytes, ...]:
    """The files of a part of a sweep."""
    return _files(parts() / "2", PART)


def merge(path: Path) -> list[Said]:
    """`sim merge` of two parts, in one of which a file is mutated: the hashes tell."""
    with _mutated(path, parts() / "2", PART) as (folder, _):
        return [sim("merge", parts() / "1", folder, "--out", path.parent / "out")]


@cache
def unfinished_files() -> tuple[bytes, ...]:
    """What an interrupted run keeps."""
    outcome = study.simulate(
        (study.prepare("baseline", ["period.months=1"], registry()).scenario, registry()), 0
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept.npz"
        unfinished.save(path, {("scenario", 0): outcome})
        return (path.read_bytes(),)


def resume(path: Path) -> list[Said]:
    """What `sim run` takes from it: nothing, or what was kept."""
    kept = unfinished.load(path)
    assert all(outcome.daily.shape[0] == len(outcome.keys) for outcome in kept.values())
    return []


@cache
def declared_fit() -> calibration.Calibration:
    """The shipped calibration, read once."""
    return calibration.read(shipped.seeds_dir() / "calibration.yaml")


@cache
def trial_files() -> tuple[bytes, ...]:
    """What a calibration under way keeps: some trials."""
    declared = declared_fit()
    names = ["loss", *(free.name for free in declared.free), *(target.id for target in declared.targets)]
    rows = [",".join(repr((row + 1) / (column + 3)) for column, _ in enumerate(names)) for row in range(20)]
    checked = [f"{row},{calibration.check_of(row)}" for row in rows]
    return ("\n".join([",".join([*names, "crc32"]), *checked, ""]).encode(),)


def go_on_calibrating(path: Path) -> list[Said]:
    """What `sim calibrate` takes from it: trials as they were written, whatever else stands there."""
    declared = declared_fit()
    with mock.patch("sim.history.calibration._job_hash", lambda _: path.name[7:15]):
        taken = calibration.Trials.of(calibration.Job(declared, {}, registry()), path.parent)
    written = trial_files()[0].decode().splitlines()
    for trial in taken.found.values():
        cells = ",".join(map(repr, (trial.loss, *trial.point, *trial.measured)))
        assert f"{cells},{calibration.check_of(cells)}" in written
    return []
