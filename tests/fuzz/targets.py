"""What is fuzzed: the real files that are mutated, and the commands that read them.

A further command is one more `Target` in TARGETS.
"""

import shutil
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from sim import shipped, study
from sim.inputs.text import Located, load_yaml
from sim.scenario.model import Period
from tests.fuzz import folders
from tests.fuzz.commands import Said, Target, sim

EVERY_EVENT = Path(__file__).with_name("every_event.yaml")


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


TARGETS = (
    Target("scenario checked", 3800, "mine.yaml", scenario_files, check_scenario),
    Target("scenario run", 600, "mine.yaml", runnable, run_scenario),
    Target("evidence", 1200, "mine", evidence_files, evidence),
    Target("page", 300, "mine", folders.reported_files, folders.make_page),
    Target("studied sweep", 200, "mine", folders.studied_files, folders.study_sweep),
    Target("decision", 600, "mine.yaml", folders.decisions, folders.decide),
    Target("part of a sweep", 200, "mine", folders.part_files, folders.merge),
    Target("sweep", 400, "mine.yaml", sweep_files, check_sweep),
    Target("design", 600, "mine.csv", design_files, check_design),
    Target("calibration", 1000, "mine.yaml", calibrations, calibrate),
    Target("observations", 1200, "mine.csv", observations, backtest),
    Target("result", 1400, "mine", folders.result_files, folders.compare),
    Target(
        "interrupted calibration", 400, "trials-00000000.csv", folders.trial_files, folders.go_on_calibrating
    ),
    Target("interrupted run", 800, "mine.npz", folders.unfinished_files, folders.resume),
)
