"""What is fuzzed: the commands that read a file, run in this process, and the real files that are mutated.

A further command is one more `Target` in TARGETS.
"""

import atexit
import io
import json
import math
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import typer

from sim import shipped, study
from sim.cli import app
from sim.evidence import Registry
from sim.history import calibration
from sim.inputs.text import Located, load_yaml
from sim.results import unfinished
from sim.scenario.model import Period
from tests.worlds import registry

EVERY_EVENT = Path(__file__).with_name("every_event.yaml")
HANGS_S = 20.0
"""A case that takes longer hangs: the slowest honest one takes a second."""


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Target:
    """Files of one kind, and the commands that read them.

    cases: how many of the whole. files: the real files, the first of which is mutated where `one` gives none.
    read: reads the file at this path, in an empty folder of its own, and returns what each command said.
    """

    name: str
    cases: int
    file: str
    files: Callable[[], Sequence[bytes]]
    read: Callable[[Path], list[Said]]


class HangError(BaseException):
    """No case may take this long; not an Exception, so that nothing takes it for a fault of the input."""


@contextmanager
def time_limit(seconds: float = HANGS_S) -> Iterator[None]:
    """Raises HangError in the block after that time."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HangError(f"still at work after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@cache
def _command() -> Callable[..., None]:
    return typer.main.get_command(app)


def sim(*words: object, fresh: bool = False) -> Said:
    """The command in this process, with everything between its words and its exit code.

    fresh: read the evidence anew, and not once for all cases.
    """
    out, err = io.StringIO(), io.StringIO()
    argv = ["sim", *map(str, words)]
    known = None if fresh else registry()
    load = Registry.load if known is None else lambda _folder: known
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        mock.patch.object(sys, "argv", argv),
        mock.patch.object(Registry, "load", load),
    ):
        try:
            _command()(argv[1:], prog_name="sim")
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
    return Said(code, out.getvalue(), err.getvalue())


# -- scenarios ------------------------------------------------------------------------------------------------


@cache
def scenario_files() -> tuple[bytes, ...]:
    """The shipped scenarios."""
    return tuple(path.read_bytes() for path in sorted(shipped.scenarios_dir().glob("*.yaml")))


def check_scenario(path: Path) -> list[Said]:
    """`sim check`."""
    return [sim("check", path)]


def run_scenario(path: Path) -> list[Said]:
    """`sim run` of one replication; what takes more than a month is run for its first two."""
    words = ("--replications", 1, "--workers", 1, "--quiet", "--no-reference")
    with mock.patch("sim.scenario.model.Period.days", min_days):
        return [sim("run", path, *words, "--out", path.parent / "out")]


_days = Period.days.fget
min_days = property(lambda period: min(61, _days(period)))


@cache
def runnable() -> tuple[bytes, ...]:
    """A month with events of every kind, and as many shipped scenarios."""
    return (EVERY_EVENT.read_bytes(), *scenario_files()[:3])


# -- declarations and observations ------------------------------------------------------------------------------


def _seed(name: str) -> bytes:
    return (shipped.seeds_dir() / name).read_bytes()


def calibrations() -> tuple[bytes, ...]:
    """The shipped calibration."""
    return (_seed("calibration.yaml"),)


def calibrate(path: Path) -> list[Said]:
    """`sim calibrate` up to the search itself, which is not of this kind of fault."""
    with mock.patch("sim.cli.calibrating.search", side_effect=SystemExit(0)):
        return [sim("calibrate", path, "--out", path.parent / "out")]


@cache
def observations() -> tuple[bytes, ...]:
    """Some of the shipped observations: from all years, and one of each kind that is scored."""
    head, *rows = _seed("observations.csv").splitlines(keepends=True)
    scored = {tuple(row.split(b",")[1:4]): row for row in rows if b",2024-" in row or b",2025-0" in row}
    return head + b"".join(rows[::25]), head + b"".join(scored.values())


def backtest(path: Path) -> list[Said]:
    """`sim backtest` of one replication, which is run once; without its picture. One history has the surveys."""
    words = (
        "--replications",
        1,
        "--workers",
        1,
        "--quiet",
        "--observations",
        path,
        "--out",
        path.parent / "out",
    )
    with (
        mock.patch("sim.experiment.usable_cores", lambda: 1),
        mock.patch("sim.cli.backtests.picture", lambda _: b""),
        mock.patch("sim.study.Bench.run", _history),
    ):
        histories = ("history_2024_2025", "history_2023_2025")
        return [sim("backtest", name, *words, "--out", path.parent / name) for name in histories]


_runs: dict[str, Any] = {}
_really_run = study.Bench.run


def _history(bench: study.Bench) -> Any:
    name = bench.plan.scenario.name
    if name not in _runs:
        _runs[name] = _really_run(bench)
    return _runs[name]


# -- evidence ------------------------------------------------------------------------------------------------

SMALL_FAMILIES = ("parameters/borders.yaml", "parameters/taxes.yaml", "network.yaml")
TABLES = ("facts.csv", "observations.csv", "events.csv", "places.csv", "calendar.csv", "ensemble.csv")


@cache
def evidence_files() -> tuple[bytes, ...]:
    """What can be mutated of the evidence; the first line says which file it is."""
    return tuple(f"{name}\n".encode() + _seed(name) for name in (*SMALL_FAMILIES, *TABLES))


_read_yaml = cache(load_yaml)


def _known_yaml(path: Path) -> Located:
    """What is not mutated is read once."""
    return _read_yaml(path.resolve()) if path.is_symlink() else load_yaml(path)


def evidence(path: Path) -> list[Said]:
    """`sim evidence` and `sim check` on a folder of evidence in which one file is mutated."""
    name, _, text = path.read_bytes().partition(b"\n")
    path.unlink()
    folder = path.parent / "seeds"
    (folder / "parameters").mkdir(parents=True)
    for real in (*shipped.seeds_dir().glob("*.*"), *shipped.seeds_dir().glob("parameters/*")):
        (folder / real.relative_to(shipped.seeds_dir())).symlink_to(real)
    known = [one.partition(b"\n")[0] for one in evidence_files()]
    changed = folder / (name if name in known else known[len(text) % len(known)]).decode()
    changed.unlink()
    changed.write_bytes(text)
    with (
        mock.patch("sim.evidence.reading.load_yaml", _known_yaml),
        mock.patch.object(shipped, "seeds_dir", lambda: folder),
    ):
        said = [sim("check", "border_closure", fresh=True)]
    shutil.rmtree(folder)
    path.touch()
    return said


# -- sweeps --------------------------------------------------------------------------------------------------

TINY_SWEEP = b"""\
name: tiny
question: What if?
extends: baseline
period: {start: 2025-07-01, months: 1}
run: {replications: 1, root_seed: 3}
vary:
  levers:
    taxes.kia.export_cny_per_t: [10000 CNY/t, 35000 CNY/t]
  uncertainties:
    market.cover_exponent: {uniform: [0.4, 0.8]}
    roads.loss_probability: {triangular: [0, 0.001, 0.005], max: 0.004}
samples: 2
design: lhs
"""
TINY_DESIGN = b"market.cover_exponent,roads.lot_t\n0.5,20 t\n0.6,30 t\n0.7,25 t\n"


@cache
def sweep_files() -> tuple[bytes, ...]:
    """The shipped sweeps, and one of every kind of range."""
    folder = shipped.scenarios_dir() / "sweeps"
    return (TINY_SWEEP, *(path.read_bytes() for path in sorted(folder.glob("*.yaml"))))


def check_sweep(path: Path) -> list[Said]:
    """`sim check`, and the plan of `sim sweep`."""
    return [sim("check", path), sim("sweep", path, "--dry-run", "--quiet")]


def design_files() -> tuple[bytes, ...]:
    """A design of one's own."""
    return (TINY_DESIGN,)


def check_design(path: Path) -> list[Said]:
    """The plan of `sim sweep` over the points of a table."""
    words = ("--set", "period.months=1", "--replications", 1, "--dry-run", "--quiet")
    return [sim("sweep", "baseline", "--design", path, *words)]


# -- results -------------------------------------------------------------------------------------------------


@cache
def results() -> Path:
    """Two results of one month, of two replications each: cut to some rows, `one` and `two`, and whole."""
    folder = Path(tempfile.mkdtemp(prefix="sim-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
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
        manifest = json.loads((folder / name / "manifest.json").read_text(encoding="utf-8"))
        del manifest["files"], manifest["seal"]
        (folder / name / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        shutil.copytree(folder / name, folder / f"whole-{name}")
        del manifest["parameters"][12:]
        (folder / name / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for table in ("kpi.csv", "monthly.csv"):
            head, *rows = (folder / name / table).read_text(encoding="utf-8").splitlines(keepends=True)
            (folder / name / table).write_text(head + "".join(rows[::9]), encoding="utf-8")
    return folder


RESULT = ("kpi.csv", "monthly.csv", "manifest.json", "scenario.resolved.yaml", "summary.csv")


@cache
def result_files() -> tuple[bytes, ...]:
    """The files of a result; the first line says which file it is."""
    return tuple(f"{name}\n".encode() + (results() / "one" / name).read_bytes() for name in RESULT)


def compare(path: Path) -> list[Said]:
    """`sim compare` of a result in which a file is mutated, and of a mutated table alone.

    Without the hashes of a manifest: with them every one would be refused unread, which has tests of its own.
    """
    name, _, text = path.read_bytes().partition(b"\n")
    path.unlink()
    target = next((known for known in RESULT if known.encode() == name), RESULT[len(text) % len(RESULT)])
    folder = path.parent / "one"
    shutil.copytree(results() / "one", folder)
    (folder / target).write_bytes(text)
    if target == "summary.csv":
        words = ("compare", results() / "two" / target, folder / target)
    else:
        words = ("compare", results() / "two", folder, "--monthly", "--iamc")
    said = [sim(*words, "--out", path.parent / "out")]
    shutil.rmtree(folder)
    path.touch()
    return said


REPORTED = ("kpi.csv", "monthly.csv", "manifest.json", "scenario.resolved.yaml", "timeline.csv")


@cache
def reported_files() -> tuple[bytes, ...]:
    """The files of a result that its page is made from; the first line says which file it is."""
    return tuple(f"{name}\n".encode() + (results() / "whole-one" / name).read_bytes() for name in REPORTED)


def make_page(path: Path) -> list[Said]:
    """`sim report` of a result in which a file is mutated; no hash tells so."""
    name, _, text = path.read_bytes().partition(b"\n")
    path.unlink()
    target = next(
        (known for known in REPORTED if known.encode() == name), REPORTED[len(text) % len(REPORTED)]
    )
    folder = path.parent / "one"
    shutil.copytree(results() / "whole-one", folder)
    (folder / "report.html").unlink(missing_ok=True)
    (folder / target).write_bytes(text)
    said = sim("report", folder)
    assert (folder / "report.html").exists() == (said.code == 0)
    shutil.rmtree(folder)
    path.touch()
    return [said]


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
    return ("\n".join([",".join(names), *rows, ""]).encode(),)


def go_on_calibrating(path: Path) -> list[Said]:
    """What `sim calibrate` takes from it: whole trials, whatever else stands there."""
    declared = declared_fit()
    with mock.patch("sim.history.calibration._job_hash", lambda _: path.name[7:15]):
        taken = calibration.Trials.of(calibration.Job(declared, {}, registry()), path.parent)
    for trial in taken.found.values():
        assert (len(trial.point), len(trial.measured)) == (len(declared.free), len(declared.targets))
        assert math.isfinite(trial.loss)
    return []


TARGETS = (
    Target("scenario checked", 3800, "mine.yaml", scenario_files, check_scenario),
    Target("scenario run", 600, "mine.yaml", runnable, run_scenario),
    Target("evidence", 1200, "mine", evidence_files, evidence),
    Target("page", 300, "mine", reported_files, make_page),
    Target("sweep", 400, "mine.yaml", sweep_files, check_sweep),
    Target("design", 600, "mine.csv", design_files, check_design),
    Target("calibration", 1000, "mine.yaml", calibrations, calibrate),
    Target("observations", 1200, "mine.csv", observations, backtest),
    Target("result", 1400, "mine", result_files, compare),
    Target("interrupted calibration", 400, "trials-00000000.csv", trial_files, go_on_calibrating),
    Target("interrupted run", 800, "mine.npz", unfinished_files, resume),
)
