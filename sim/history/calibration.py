"""Fits declared free parameters to declared targets, and keeps the sets that fit about equally well.

Every trial runs the same replications of the same root seed (common random numbers), so that two trials
differ by their parameters only. Trials are written as they come; the search is repeated from its root seed
and takes those that are there, so an interrupted calibration goes on where it stopped.
"""

import csv
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim import ensemble, shipped
from sim.evidence import Registry
from sim.evidence.records import Draw
from sim.history.measures import Measure, SurveyShare
from sim.history.observed import survey_share
from sim.history.simulated import Simulated, simulated
from sim.inputs.declared import read_declared, read_located
from sim.inputs.fields import Model, Text
from sim.inputs.quantity import Quantity
from sim.inputs.sampling import Fixed
from sim.inputs.text import InputError, Located, Problem, YamlPath, suggest
from sim.inputs.units import find_unit
from sim.scenario import Scenario, find
from sim.scenario.model import Name
from sim.study import prepare, simulate

Point = tuple[float, ...]
"""Values of the free parameters, in the order of the file and in their units."""
Values = NDArray[np.float64]
DIGITS = 6
"""Significant digits of a value, so that what is written is what was run."""


class Free(Model):
    """A parameter of the evidence, or the size of an event, and its bounds."""

    path: Text
    scenario: str = ""
    low: float
    high: float
    unit: Text

    @property
    def name(self) -> str:
        """Column of the trials."""
        return f"{self.scenario}:{self.path}" if self.scenario else self.path


class Target(Model):
    """What a history must give. spread: how far off is still a fit."""

    id: Text
    scenario: Text
    measure: Measure
    value: float
    spread: Annotated[float, Field(gt=0)]


class Search(Model):
    """How long to look, and the root seed of what is drawn.

    first: points all over the bounds. starts: how many of the best of them least squares goes down from, each
    by at most so many steps. draws: points drawn
    from what the targets leave open around the optimum. step: of differences, as a share of the bounds; wide,
    because lots and sites are whole numbers.
    """

    first: Annotated[int, Field(ge=1)]
    starts: Annotated[int, Field(ge=1)] = 1
    steps: Annotated[int, Field(ge=0)]
    draws: Annotated[int, Field(ge=0)]
    step: Annotated[float, Field(gt=0, le=0.5)]
    root_seed: int


class Keep(Model):
    """Which trials are kept: `within` of the best loss, thinned to `members`."""

    within: Annotated[float, Field(ge=0)]
    members: Annotated[int, Field(ge=1)]


class Calibration(Model):
    """A calibration file."""

    name: Name
    question: Text
    replications: Annotated[int, Field(ge=1)]
    root_seed: int
    search: Search
    keep: Keep
    free: Annotated[tuple[Free, ...], Field(min_length=1)]
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]


@dataclass(frozen=True)
class Trial:
    """A point, what each target measured there, and the loss: the mean squared error in spreads."""

    point: Point
    measured: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class Job:
    """All that a trial needs. histories: by name."""

    calibration: Calibration
    histories: Mapping[str, Scenario]
    registry: Registry

    def try_point(self, point: Point) -> Trial:
        """Run the histories with these parameters."""
        draws = draws_of(self.calibration, 0, 0.0, point)
        runs = {name: self._run(ensemble.applied(s, draws)) for name, s in self.histories.items()}
        measured = tuple(
            self._measure(target.measure, runs[target.scenario]) for target in self.calibration.targets
        )
        return Trial(point, measured, loss_of(self.calibration.targets, measured))

    def _run(self, scenario: Scenario) -> Simulated:
        outcomes = [simulate((scenario, self.registry), r) for r in range(self.calibration.replications)]
        recycled = {
            element: self.registry.parameter(f"processing.recycled_{element.lower()}_kg_per_yr").base
            for element in ("Dy", "Tb")
        }
        return simulated(scenario.period.start, outcomes, recycled)

    def _measure(self, measure: Any, run: Simulated) -> float:
        if isinstance(measure, SurveyShare):
            return survey_share(self.registry.observations.values(), run)
        return float(measure.of(run.mean()))


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
    document = document or Located(None, calibration.name, {}, {})
    problems, registry = list[Problem](), Registry.load(shipped.seeds_dir())
    histories: dict[str, Scenario] = {}
    overrides = [f"run.root_seed={calibration.root_seed}"]
    for index, target in enumerate(calibration.targets):
        if target.scenario not in histories:
            try:
                find(target.scenario)
            except InputError as error:
                (unknown,) = error.problems
                problems.append(
                    document.problem(("targets", index, "scenario"), unknown.message, unknown.hint)
                )
                continue
            histories[target.scenario] = prepare(target.scenario, overrides, registry).scenario
    problems += [
        document.problem(path, message, hint)
        for path, message, hint in (
            *_twice("free", "path", [free.name for free in calibration.free]),
            *_twice("targets", "id", [target.id for target in calibration.targets]),
            *_unfit_targets(calibration, histories),
            *_unfit_parameters(calibration, histories, registry, is_whole=not problems),
        )
    ]
    if problems:
        raise InputError(problems)
    return Job(calibration, histories, registry)


_Fault = tuple[YamlPath, str, str]
"""Where it stands, message and hint."""


def _twice(section: str, key: str, names: Sequence[str]) -> Iterator[_Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (section, index, key), "stands twice", ""


def _unfit_targets(calibration: Calibration, histories: Mapping[str, Scenario]) -> Iterator[_Fault]:
    """Windows outside a history."""
    for index, target in enumerate(calibration.targets):
        if isinstance(target.measure, SurveyShare) or target.scenario not in histories:
            continue
        period = histories[target.scenario].period
        run = Simulated(period.start, {("", ""): np.zeros((1, period.days))})
        if not _fits(target.measure, run):
            yield ("targets", index, "measure"), f"is outside the period of {target.scenario}", ""


def _unfit_parameters(
    calibration: Calibration, histories: Mapping[str, Scenario], registry: Registry, *, is_whole: bool
) -> Iterator[_Fault]:
    """Bounds in no order, names that are no parameter, wrong units; if is_whole, what no history knows."""
    for index, free in enumerate(calibration.free):
        at: YamlPath = ("free", index)
        if free.low >= free.high:
            yield (*at, "low"), "low must be under high", ""
        if not free.path.startswith("events.") and free.path not in registry.parameters:
            yield (*at, "path"), "no such parameter", suggest(free.path, registry.parameters)
            continue
        units = [unit for unit in (_open_unit(free, one, registry) for one in histories.values()) if unit]
        yield from (((*at, "unit"), told, "") for told in _unfit_unit(free, units))
        if is_whole and free.scenario and free.scenario not in histories:
            yield (*at, "scenario"), "no target is of this scenario", suggest(free.scenario, histories)
        elif is_whole and not units:
            yield (*at, "path"), "no history leaves it open: nothing would move", ""


def _unfit_unit(free: Free, units: Sequence[str]) -> Iterator[str]:
    """What is wrong with the unit of a free number that stands for quantities in these."""
    try:
        for unit in units:
            Quantity(Fixed(free.low), find_unit(free.unit).name).to(unit)
    except ValueError as fault:
        yield str(fault)


def _open_unit(free: Free, history: Scenario, registry: Registry) -> str:
    """The unit of what the history would take the number for; empty if for nothing."""
    if free.scenario not in ("", history.name):
        return ""
    if free.path.startswith("events."):
        size = ensemble.open_size(history, free.path)
        return "" if size is None else size.unit
    is_open = ensemble.is_open(history, free.path, own=bool(free.scenario))
    return registry.parameters[free.path].unit if is_open else ""


def _fits(measure: Any, run: Simulated) -> bool:
    """Whether a measure can be taken on a path of that period; scores cannot be targets."""
    return hasattr(measure, "fits") and measure.fits(run)


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
                    trials._take(line.rstrip("\r\n").split(","))
        return trials

    def _take(self, cells: Sequence[str]) -> None:
        """A line of the file; one that is damaged or was cut short by a kill is left out and done again."""
        names, targets = len(self.calibration.free), len(self.calibration.targets)
        try:
            loss, *numbers = map(float, cells)
        except ValueError:
            return
        if len(numbers) == names + targets and all(map(isfinite, (loss, *numbers))):
            point = tuple(numbers[:names])
            self.found[point] = Trial(point, tuple(numbers[names:]), loss)

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if new:
                names = [free.name for free in self.calibration.free]
                writer.writerow(["loss", *names, *(target.id for target in self.calibration.targets)])
            writer.writerow([repr(value) for value in (trial.loss, *trial.point, *trial.measured)])
        self.found[trial.point] = trial

    @property
    def best(self) -> Trial:
        """The one of least loss."""
        return min(self.found.values(), key=lambda trial: trial.loss)


# -- the ensemble -----------------------------------------------------------------------------------------


def kept(calibration: Calibration, trials: Iterable[Trial]) -> list[Trial]:
    """The best trial, then the farthest from those kept already, of all within reach of the best loss.

    Distance is in ranges of the bounds: what the data cannot tell apart stays spread out.
    """
    every = sorted(trials, key=lambda trial: trial.loss)
    good = [trial for trial in every if trial.loss <= every[0].loss + calibration.keep.within]
    low = np.array([free.low for free in calibration.free])
    high = np.array([free.high for free in calibration.free])
    points = (np.array([trial.point for trial in good]) - low) / (high - low)
    chosen, apart = [0], np.full(len(good), np.inf)
    while len(chosen) < min(calibration.keep.members, len(good)):
        apart = np.minimum(apart, np.linalg.norm(points - points[chosen[-1]], axis=1))
        chosen.append(int(np.argmax(apart)))
    return [good[index] for index in chosen]


def write_ensemble(calibration: Calibration, members: Sequence[Trial], path: Path) -> None:
    """The members as seeds/ensemble.csv has them, whole or not at all."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with scratch.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Draw.__dataclass_fields__)
        for number, trial in enumerate(members):
            for draw in draws_of(calibration, number, round(trial.loss, 4), trial.point):
                writer.writerow(
                    [draw.member, draw.loss, draw.scenario, draw.path, repr(draw.value), draw.unit]
                )
    os.replace(scratch, path)


def _job_hash(job: Job) -> str:
    """Changes with whatever a trial depends on: what is declared, the histories, the evidence, the code."""
    digest = hashlib.sha256(job.calibration.model_dump_json(exclude={"keep", "search"}).encode())
    code = Path(__file__).resolve().parent
    evidence = [*shipped.seeds_dir().glob("parameters/*.yaml"), shipped.seeds_dir() / "network.yaml"]
    for path in sorted([*code.rglob("*.py"), *evidence, shipped.seeds_dir() / "observations.csv"]):
        digest.update(path.read_bytes())
    for name in sorted(job.histories):
        digest.update(job.histories[name].hash().encode())
    return digest.hexdigest()
