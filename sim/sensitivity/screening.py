"""Morris screening: the effect of one input at a time, from many points (Morris, Technometrics 33, 1991).

An elementary effect is the change of the result per full range of one input, between two neighbouring
points of a trajectory. mu_star, the mean of their sizes, says how much an input matters; sigma, their
spread, how much that depends on the others or on where it stands (Campolongo et al., Environ. Model.
Softw. 22, 2007).
"""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray

from sim.inputs.text import InputError, Problem

Values = NDArray[np.float64]
FEWEST = 4
"""Elementary effects below which an input is not judged."""
RESAMPLES = 1000
Z95 = 1.959963984540054
"""Half the width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Effects:
    """Of one input: over n elementary effects; nan where there are too few."""

    n: int
    mu: float = nan
    mu_star: float = nan
    low: float = nan
    high: float = nan
    sigma: float = nan


def trajectories(x: Values) -> list[NDArray[np.intp]]:
    """Rows of each trajectory: points in a row that differ in one input each, every input once.

    x: shape (points, inputs), in the order of the design. Raises InputError if it is no such design.
    """
    points, inputs = x.shape
    length = inputs + 1
    moved = np.diff(x, axis=0) != 0
    for first in range(0, points - points % length, length):
        steps = moved[first : first + inputs]
        if not (np.all(steps.sum(axis=1) == 1) and np.all(steps.sum(axis=0) == 1)):
            raise _no_design(f"points {first} to {first + inputs} do not move one input each")
    if points % length or not points:
        raise _no_design(f"{points} points are no whole number of trajectories of {length}")
    return [np.arange(first, first + length) for first in range(0, points, length)]


def elementary_effects(x: Values, y: Values, low: Values, high: Values) -> Values:
    """Change of y per full range of each input; shape (trajectories, inputs), nan where a run is missing.

    x: shape (points, inputs); y: shape (points,), nan where a run failed; low, high: shape (inputs,).
    """
    rows = trajectories(x)
    unit = (x - low) / (high - low)
    found = np.full((len(rows), x.shape[1]), nan)
    for number, row in enumerate(rows):
        steps, change = np.diff(unit[row], axis=0), np.diff(y[row])
        which = np.argmax(steps != 0, axis=1)
        found[number, which] = change / steps[np.arange(which.size), which]
    return found


def screened(effects: Values) -> list[Effects]:
    """Each input by its elementary effects, shape (trajectories, inputs), with intervals by resampling."""
    rng = np.random.default_rng(0)  # technical: which effects are resampled
    return [_of_input(column[~np.isnan(column)], rng) for column in effects.T]


def _of_input(seen: Values, rng: np.random.Generator) -> Effects:
    if seen.size < FEWEST:
        return Effects(seen.size)
    sizes = np.abs(seen)
    error = float(rng.choice(sizes, (RESAMPLES, sizes.size)).mean(axis=1).std()) * Z95
    mean = float(sizes.mean())
    return Effects(
        seen.size, float(seen.mean()), mean, max(0.0, mean - error), mean + error, float(seen.std(ddof=1))
    )


def _no_design(why: str) -> InputError:
    return InputError([Problem("design.csv", 1, 1, "", f"is no design of Morris: {why}")])
