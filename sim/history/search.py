"""The search of a calibration: least squares, then draws from what the targets leave open."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from sim.experiment.stopping import serve_parent
from sim.history.calibration import DIGITS, Job, Point, Trial, Trials, Values
from sim.history.declaring import Calibration

OnTrial = Callable[[int, float], None]
"""Called with (trials done, least loss) after each."""
_UNIFORM_VARIANCE = 1 / 12
"""Of a number about which nothing but its bounds is known, in shares of them."""


def search(job: Job, trials: Trials, workers: int, on_trial: OnTrial) -> None:
    """Fill `trials`. KeyboardInterrupt leaves what is done in its file."""
    with ProcessPoolExecutor(workers, get_context("fork"), _start_worker, (job,)) as pool:
        try:
            _Search(job.calibration, trials, pool, on_trial).go()
        finally:
            pool.shutdown(cancel_futures=True)


class _Search:
    """Least squares from the best points of many all over the bounds, then draws from what stays open.

    Works in shares of the bounds, u from 0 to 1; residuals are errors in spreads.
    """

    def __init__(
        self, calibration: Calibration, trials: Trials, pool: ProcessPoolExecutor, on_trial: OnTrial
    ) -> None:
        self._calibration, self._trials, self._pool, self._on_trial = calibration, trials, pool, on_trial
        self._low = np.array([free.low for free in calibration.free])
        self._range = np.array([free.high for free in calibration.free]) - self._low
        self._plan = calibration.search

    def go(self) -> None:
        """All three stages."""
        from scipy.optimize import least_squares
        from scipy.stats import qmc

        rng = np.random.default_rng(self._plan.root_seed)
        first = qmc.LatinHypercube(self._low.size, rng=rng).random(self._plan.first)
        losses = np.square(self._residuals(first)).mean(axis=1)
        edge = self._plan.step / 10  # least squares starts inside its bounds
        ends = []
        for start in np.clip(first[np.argsort(losses)[: self._plan.starts]], edge, 1 - edge):
            if self._plan.steps:
                found = least_squares(
                    self._errors_at,
                    start,
                    jac=self._jacobian,
                    bounds=(0.0, 1.0),
                    max_nfev=self._plan.steps,
                )
                ends.append((float(found.cost), np.asarray(found.x)))
            else:
                ends.append((0.0, start))
        best = min(ends, key=lambda end: end[0])[1]
        if self._plan.draws:
            self._residuals(self._draws(best, rng))

    def _errors_at(self, share: Values) -> Values:
        """Errors in spreads at one point, shape (targets,)."""
        errors: Values = self._residuals(share[None])[0]
        return errors

    def _residuals(self, shares: Values) -> Values:
        """Errors in spreads, shape (points, targets); shares has shape (points, parameters)."""
        points = [self._point(share) for share in shares]
        missing = list(dict.fromkeys(point for point in points if point not in self._trials.found))
        for trial in self._pool.map(_try_point, missing):
            self._trials.add(trial)
            self._on_trial(len(self._trials.found), self._trials.best.loss)
        targets = self._calibration.targets
        measured = np.array([self._trials.found[point].measured for point in points])
        values = np.array([target.value for target in targets])
        errors: Values = (measured - values) / np.array([target.spread for target in targets])
        return errors

    def _point(self, share: Values) -> Point:
        """In the units of the file, rounded so that what is written is what was run."""
        return tuple(float(f"{value:.{DIGITS}g}") for value in self._low + share * self._range)

    def _jacobian(self, share: Values) -> Values:
        """Differences over a step, inwards where the bound is near; shape (targets, parameters)."""
        steps = np.where(share + self._plan.step <= 1.0, self._plan.step, -self._plan.step)
        errors = self._residuals(np.vstack([share, share + np.diag(steps)]))
        jacobian: Values = (errors[1:] - errors[0]).T / steps
        return jacobian

    def _draws(self, best: Values, rng: np.random.Generator) -> Values:
        """Points from the normal law that the residuals, linear around the optimum, and the bounds leave."""
        normal = rng.standard_normal((self._plan.draws, best.size))
        points: Values = np.clip(best + normal @ open_spread(self._jacobian(best)).T, 0.0, 1.0)
        return points


def open_spread(jacobian: Values) -> Values:
    """The Cholesky factor of the inverse of J'J + 1/variance, shape (parameters, parameters).

    From J itself, for where some directions are known far better than others its square loses the others.
    """
    size = jacobian.shape[1]
    known = np.vstack([jacobian, np.eye(size) / np.sqrt(_UNIFORM_VARIANCE)])
    upper = np.linalg.qr(known[:, ::-1], mode="r")
    lower = np.linalg.inv(upper)[::-1, ::-1]
    factor: Values = lower * np.sign(np.diagonal(lower))
    return factor


_job: Job


def _start_worker(job: Job) -> None:
    """Keep the job."""
    global _job  # noqa: PLW0603 - what a pool's initialiser can leave for its tasks
    _job = job
    serve_parent()


def _try_point(point: Point) -> Trial:
    return _job.try_point(point)
