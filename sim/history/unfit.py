"""What is wrong with a calibration though its form is right: windows, names, units and bounds of no use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import get_args

import numpy as np

from sim import ensemble
from sim.build import build
from sim.evidence import Registry
from sim.history.declaring import Calibration, Free, Target
from sim.history.measures import SurveyShare
from sim.history.observed import survey_share
from sim.history.simulated import Simulated
from sim.inputs.quantity import Quantity
from sim.inputs.sampling import Fixed
from sim.inputs.text import InputError, Problem, YamlPath, one_line, suggest
from sim.inputs.units import find_unit
from sim.limits import all_allowed
from sim.places import Oxide
from sim.scenario import Scenario, Template
from sim.study import prepare

Fault = tuple[YamlPath, str, str]
"""Where it stands in the file, message and hint."""


@dataclass(frozen=True)
class History:
    """A scenario that targets are of, and what makes it with other values."""

    template: Template
    scenario: Scenario

    @classmethod
    def of(cls, path: Path, root_seed: int, registry: Registry) -> "History":
        """Of a file. Raises InputError with every fault of it."""
        scenario = prepare(str(path), [f"run.root_seed={root_seed}"], registry).scenario
        return cls(Template(path, all_allowed(registry.parameters)), scenario)


def faults(
    calibration: Calibration, histories: Mapping[str, History], registry: Registry, *, is_whole: bool
) -> Iterator[Fault]:
    """All of them. histories: those that could be read; is_whole: whether that is all of them."""
    yield from _twice("free", "path", [free.name for free in calibration.free])
    yield from _twice("targets", "id", [target.id for target in calibration.targets])
    for index, target in enumerate(calibration.targets):
        if target.scenario in histories:
            told = _unfit_target(target, histories[target.scenario].scenario, registry)
            yield from ((("targets", index, "measure"), message, "") for message in told)
    for index, free in enumerate(calibration.free):
        for path, message, hint in _unfit_number(free, list(histories.values()), registry, is_whole=is_whole):
            yield ("free", index, *path), message, hint


def _twice(section: str, key: str, names: list[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield (section, index, key), "stands twice", ""


def _unfit_target(target: Target, history: Scenario, registry: Registry) -> Iterator[str]:
    """Windows outside the history, and surveys of other times."""
    period = history.period
    ones = np.ones((1, period.days))
    run = Simulated(period.start, {("output", element): ones for element in get_args(Oxide)})
    if isinstance(target.measure, SurveyShare):
        if isnan(survey_share(registry.observations.values(), run)):
            yield f"no survey falls into the period of {target.scenario}"
    elif not target.measure.fits(run):
        first, last = target.measure.days
        yield f"{first} to {last} is outside the period of {target.scenario}"


def _unfit_number(
    free: Free, histories: list[History], registry: Registry, *, is_whole: bool
) -> Iterator[Fault]:
    """Bounds in no order, names that are no parameter, wrong units; if is_whole, what no history knows."""
    if free.low >= free.high:
        yield ("low",), "low must be under high", ""
    if not free.path.startswith("events.") and free.path not in registry.parameters:
        yield ("path",), "no such parameter", suggest(free.path, registry.parameters)
        return
    units = [_open_unit(free, one.scenario, registry) for one in histories]
    taking = [one for one, unit in zip(histories, units, strict=True) if unit]
    wrong = list(_unfit_unit(free, list(filter(None, units))))
    yield from ((("unit",), told, "") for told in wrong)
    if not wrong:
        yield from _unfit_bounds(free, taking, registry)
    names = [one.scenario.name for one in histories]
    if is_whole and free.scenario and free.scenario not in names:
        yield ("scenario",), "no target is of this scenario", suggest(free.scenario, names)
    elif is_whole and not taking:
        yield ("path",), "no history leaves it open: nothing would move", ""


def _unfit_unit(free: Free, units: list[str]) -> Iterator[str]:
    """What is wrong with the unit of a free number that stands for quantities in these."""
    try:
        for unit in units:
            Quantity(Fixed(free.low), find_unit(free.unit).name).to(unit)
    except ValueError as fault:
        yield str(fault)


def _unfit_bounds(free: Free, histories: list[History], registry: Registry) -> Iterator[Fault]:
    """Bounds that a scenario refuses: the search would end where it comes near them."""
    for key, bound in (("low", free.low), ("high", free.high)):
        value = one_line(Quantity(Fixed(bound), free.unit).plain())
        for history in histories:
            try:
                build(history.template.loaded([f"{free.path}={value}"]).scenario.undrawn(), registry)
            except InputError as error:
                yield from (((key,), _of(free.path, problem), problem.hint) for problem in error.problems)
                break


def _of(path: str, problem: Problem) -> str:
    """The message of a fault of the value at `path`, which may show elsewhere."""
    return problem.message if problem.path == path else f"{problem.path}: {problem.message}"


def _open_unit(free: Free, history: Scenario, registry: Registry) -> str:
    """The unit of what the history would take the number for; empty if for nothing."""
    if free.scenario not in ("", history.name):
        return ""
    if free.path.startswith("events."):
        size = ensemble.open_size(history, free.path)
        return "" if size is None else size.unit
    is_open = ensemble.is_open(history, free.path, own=bool(free.scenario))
    return registry.parameters[free.path].unit if is_open else ""
