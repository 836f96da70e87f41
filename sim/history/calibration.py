"""Fits declared free parameters to declared targets, and keeps the sets that fit about equally well.

Every trial runs the same replications of the same root seed (common random numbers), so that two trials
differ by their parameters only. Trials are written as they come; the search is repeated from its root seed
and takes those that are there, so an interrupted calibration goes on where it stopped.
"""

import csv
import hashlib
import io
import os
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, isnan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim import ensemble, shipped
from sim.evidence import Registry
from sim.evidence.records import Draw
from sim.history import unfit
from sim.history.declaring import Calibration, Target
from sim.history.measures import SurveyShare
from sim.history.observed import survey_share
from sim.history.simulated import Simulated, simulated
from sim.inputs.declared import read_declared, read_located
from sim.inputs.text import InputError, Located, Problem, YamlPath
from sim.scenario import Scenario, find
from sim.study import simulate

Point = tuple[float, ...]
"""Values of the free parameters, in the order of the file and in their units."""
Values = NDArray[np.float64]
DIGITS = 6
"""Significant digits of a value, so that what is written is what was run."""

_OURS = re.compile(r"trials-[0-9a-f]{8}\.csv|ensemble(-[0-9a-f]{8})?\.csv|\.ensemble\.csv\.[0-9]+")
"""Names in the folder of a calibration; the last is what a kill leaves."""


@dataclass(frozen=True)
class Trial:
    """A point, what each target measured there, and the loss: the mean squared error in spreads."""

    point: Point
    measured: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class Job:
    """All that a trial needs. histories: as the targets name them. document: where it was declared."""

    calibration: Calibration
    histories: Mapping[str, Scenario]
    registry: Registry
    document: Located | None = None

    def try_point(self, point: Point) -> Trial:
        """Run the histories with these parameters. Raises InputError if a target cannot be told of them."""
        draws = draws_of(self.calibration, 0, 0.0, point)
        runs = {name: self._run(ensemble.applied(s, draws)) for name, s in self.histories.items()}
        measured = tuple(self._measure(target, runs[target.scenario]) for target in self.calibration.targets)
        self._check_told(point, measured)
        return Trial(point, measured, loss_of(self.calibration.targets, measured))

    def _run(self, scenario: Scenario) -> Simulated:
        outcomes = [simulate((scenario, self.registry), r) for r in range(self.calibration.replications)]
        recycled = {
            element: self.registry.parameter(f"processing.recycled_{element.lower()}_kg_per_yr").base
            for element in ("Dy", "Tb")
        }
        return simulated(scenario.period.start, outcomes, recycled)

    def _measure(self, target: Target, run: Simulated) -> float:
        if isinstance(target.measure, SurveyShare):
            return survey_share(self.registry.observations.values(), run)
        return target.measure.of(run.mean())

    def _check_told(self, point: Point, measured: Sequence[float]) -> None:
        document = self.document or _unwritten(self.calibration)
        free = self.calibration.free
        where = ", ".join(f"{one.name} = {value:g}" for one, value in zip(free, point, strict=True))
        message = f"cannot be told where {where}: it is a share of nothing"
        hint = "Narrow the bounds, or take another measure"
        if problems := [
            document.problem(("targets", index, "measure"), message, hint)
            for index, value in enumerate(measured)
            if isnan(value)
        ]:
            raise InputError(problems)


def _unwritten(calibration: Calibration) -> Located:
    """In place of the file of a calibration that is in none."""
    return Located(None, calibration.name, {}, {})


def loss_of(targets: Sequence[Target], measured: Sequence[float]) -> float:
    """Mean over the targets of ((measured - value) / spread) squared."""
    errors = [(m - target.value) / target.spread for target, m in zip(targets, measured, strict=True)]
    return float(np.mean(np.square(errors)))


def draws_of(calibration: Calibration, member: int, loss: float, point: Point) -> list[Draw]:
    """A point as a parameter set."""
    return [
        Draw(member, loss, free.scenario, free.path, value, free.unit)
        for free, value in zip(calibration.free, point, strict=True)
    ]


def read(path: Path) -> Calibration:
    """The calibration of a file. Raises InputError with every fault."""
    return read_declared(path, Calibration)


def job_of(path: Path) -> Job:
    """The job of a file, with everything read and checked. Raises InputError with every fault at its line."""
    return prepared(*read_located(path, Calibration))


def prepared(calibration: Calibration, document: Located | None = None) -> Job:
    """The job. document: where the calibration was written. Raises InputError with every fault."""
    document = document or _unwritten(calibration)
    problems, registry = list[Problem](), Registry.load(shipped.seeds_dir())
    histories: dict[str, unfit.History] = {}
    for index, target in enumerate(calibration.targets):
        if target.scenario in histories:
            continue
        try:
            path = find(target.scenario)
        except InputError as error:
            at: YamlPath = ("targets", index, "scenario")
            problems += [document.problem(at, one.message, one.hint) for one in error.problems]
            continue
        try:
            histories[target.scenario] = unfit.History.of(path, calibration.root_seed, registry)
        except InputError as error:
            problems += error.problems
    problems += [
        document.problem(path, message, hint)
        for path, message, hint in unfit.faults(calibration, histories, registry, is_whole=not problems)
    ]
    if problems:
        raise InputError(problems)
    scenarios = {name: history.scenario for name, history in histories.items()}
    return Job(calibration, scenarios, registry, document)


@dataclass
class Trials:
    """The trials of a calibration, in a file that grows by a line each."""

    calibration: Calibration
    path: Path
    found: dict[Point, Trial] = field(default_factory=dict)

    @classmethod
    def of(cls, job: Job, folder: Path) -> "Trials":
        """Those of the same job in this folder, if it was begun there."""
        trials = cls(job.calibration, folder / f"trials-{_job_hash(job)[:8]}.csv")
        if trials.path.exists():
            with trials.path.open(encoding="utf-8", errors="replace", newline="") as file:
                for line in list(file)[1:]:
                    trials._take(line.rstrip("\r\n"))
        return trials

    def _take(self, line: str) -> None:
        """A line of the file; one that is damaged or was cut short by a kill is left out and done again."""
        names, targets = len(self.calibration.free), len(self.calibration.targets)
        cells, _, check = line.rpartition(",")
        try:
            loss, *numbers = map(float, cells.split(","))
        except ValueError:
            return
        if check != check_of(cells):
            return
        if len(numbers) == names + targets and all(map(isfinite, (loss, *numbers))):
            point = tuple(numbers[:names])
            self.found[point] = Trial(point, tuple(numbers[names:]), loss)

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            if new:
                names = (free.name for free in self.calibration.free)
                ids = (target.id for target in self.calibration.targets)
                csv.writer(file, lineterminator="\n").writerow(["loss", *names, *ids, "crc32"])
            cells = ",".join(map(repr, (trial.loss, *trial.point, *trial.measured)))
            file.write(f"{cells},{check_of(cells)}\n")
        self.found[trial.point] = trial

    @property
    def best(self) -> Trial:
        """The one of least loss."""
        return min(self.found.values(), key=_rank)


def check_of(cells: str) -> str:
    """What the line of a trial ends with: a number that was cut short is a number, too."""
    return f"{zlib.crc32(cells.encode(errors='replace')):08x}"


def _rank(trial: Trial) -> tuple[float, Point]:
    """The least loss first. Of equal ones the order in which they were found may not count: a line lost from
    the file is found anew, later."""
    return trial.loss, trial.point


# -- the ensemble -----------------------------------------------------------------------------------------


def kept(calibration: Calibration, trials: Iterable[Trial]) -> list[Trial]:
    """The best trial, then the farthest from those kept already, of all within reach of the best loss.

    Distance is in ranges of the bounds: what the data cannot tell apart stays spread out.
    """
    every = sorted(trials, key=_rank)
    good = [trial for trial in every if trial.loss <= every[0].loss + calibration.keep.within]
    low = np.array([free.low for free in calibration.free])
    high = np.array([free.high for free in calibration.free])
    points = (np.array([trial.point for trial in good]) - low) / (high - low)
    chosen, apart = [0], np.full(len(good), np.inf)
    while len(chosen) < min(calibration.keep.members, len(good)):
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(np.argmax(apart)))
    return [good[index] for index in chosen]


def ensemble_text(calibration: Calibration, members: Sequence[Trial]) -> str:
    """The members as seeds/ensemble.csv has them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Draw.__dataclass_fields__)
    for number, trial in enumerate(members):
        for draw in draws_of(calibration, number, round(trial.loss, 4), trial.point):
            writer.writerow([draw.member, draw.loss, draw.scenario, draw.path, repr(draw.value), draw.unit])
    return text.getvalue()


def write_ensemble(calibration: Calibration, members: Sequence[Trial], path: Path) -> None:
    """The members as a file, whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_bytes(ensemble_text(calibration, members).encode())
    os.replace(scratch, path)


def set_aside(calibration: Calibration, members: Sequence[Trial], path: Path) -> Path | None:
    """Name an ensemble with other members by its content, so that none is lost; the new place, or None."""
    if not path.exists() or (found := path.read_bytes()) == ensemble_text(calibration, members).encode():
        return None
    aside = path.with_stem(f"{path.stem}-{hashlib.sha256(found).hexdigest()[:8]}")
    return path.replace(aside)


def foreign(folder: Path) -> list[str]:
    """Names of what lies in a folder and no calibration has put there."""
    return sorted(path.name for path in folder.iterdir() if not _is_ours(path))


def _is_ours(path: Path) -> bool:
    """By its name, and where others may use the name, too, by its first line."""
    if not _OURS.fullmatch(path.name) or path.is_symlink() or not path.is_file():
        return False
    heads = ",".join(Draw.__dataclass_fields__).encode()
    with path.open("rb") as file:
        return path.name != ensemble.FILE_NAME or file.read(len(heads) + 1).rstrip() == heads


def _job_hash(job: Job) -> str:
    """Changes with whatever a trial depends on: what is declared, the histories, the evidence, the code."""
    digest = hashlib.sha256(job.calibration.model_dump_json(exclude={"keep", "search"}).encode())
    code = Path(__file__).resolve().parents[1]
    evidence = [*shipped.seeds_dir().glob("parameters/*.yaml"), shipped.seeds_dir() / "network.yaml"]
    for path in sorted([*code.rglob("*.py"), *evidence, shipped.seeds_dir() / "observations.csv"]):
        digest.update(path.read_bytes())
    for name in sorted(job.histories):
        digest.update(job.histories[name].hash().encode())
    return digest.hexdigest()
