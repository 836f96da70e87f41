"""Every method over every policy and row of a result, as tables; what cannot be told is left empty."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison.reading import Row
from sim.inputs.text import InputError, Problem, suggest
from sim.sensitivity import curves, information, pawn, screening, sobol, tornado
from sim.sensitivity.convergence import Agreement, agreements
from sim.sensitivity.reading import DRAWS, Part, Studied

Values = NDArray[np.float64]
Line = dict[str, Any]

MORRIS, SALTELLI, LHS, SEQUENCE = "morris", "saltelli", "lhs", "sobol"
CONVERGENCE = ("method", "of", "runs", "parts", "agreement")
SAMPLES = (LHS, SEQUENCE, SALTELLI, DRAWS)
"""Designs whose points, or some of them, are a random sample of the inputs."""
NEEDS: Mapping[str, tuple[str, ...]] = {
    "morris": (MORRIS,),
    "sobol": (SALTELLI,),
    "pawn": SAMPLES,
    "tornado": SAMPLES,
    "information": SAMPLES,
    "discovery": SAMPLES,
    "breach": SAMPLES,
}
"""The designs that each method can read."""
_SAID = {
    MORRIS: "`sim sweep … --design morris`",
    SALTELLI: "`sim sweep … --design saltelli`",
    LHS: "`sim sweep … --design lhs` or `sim run … --uncertainty`",
}


def check(methods: Sequence[str], studied: Studied) -> None:
    """Raises InputError for every method that is unknown, or that the design cannot serve."""
    there = f"There are {', '.join(NEEDS)}"
    problems = [
        Problem("--method", 1, 1, method, "no such method", suggest(method, NEEDS) or there)
        for method in methods
        if method not in NEEDS
    ]
    if "sobol" in (methods or fitting(studied)) and find_spec("SALib") is None:
        hint = "Install it with: pip install 'myanmar-rare-earth-sim[sensitivity]'"
        problems.append(Problem("sim sensitivity", 1, 1, "sobol", "needs SALib", hint))
    problems += [
        Problem(str(studied.folder), 1, 1, method, *unfit(method, studied))
        for method in methods
        if method in NEEDS and studied.kind not in NEEDS[method]
    ]
    if problems:
        raise InputError(problems)


def unfit(method: str, studied: Studied) -> tuple[str, str]:
    """Why the design cannot serve a method, and how one is made that can."""
    needed = NEEDS[method]
    return f"needs {_kinds(needed)}, and this is {_kind(studied.kind)}", f"Make one with {_SAID[needed[0]]}"


def fitting(studied: Studied) -> list[str]:
    """The methods that the design can serve."""
    return [method for method, kinds in NEEDS.items() if studied.kind in kinds]


def _kind(kind: str) -> str:
    return "a run with drawn parameters" if kind == DRAWS else f"a design {kind}"


def _kinds(kinds: Sequence[str]) -> str:
    if kinds == SAMPLES:
        return "points that are a random sample (design lhs, sobol or saltelli, or drawn parameters)"
    return f"a design {' or '.join(kinds)}"


@dataclass(frozen=True)
class Sample:
    """Points of one policy and row whose runs all finished. lost: how many are left out for want of that."""

    part: Part
    x: Values
    y: Values
    lost: int

    @property
    def note(self) -> str:
        """What is missing."""
        return f"{self.lost} points left out: a run failed or has no value" if self.lost else ""


def sampled(studied: Studied, part: Part, y: Values) -> Sample:
    """y: shape (points, …), of all points, nan where one does not count."""
    rows, x = part.rows, part.x
    if studied.kind == SALTELLI:  # samples A and B are independent points, the mixed ones are not
        ends = sobol.blocks(x)[:, [0, -1]].ravel()
        rows, x = rows[ends], x[ends]
    mine = y[rows]
    whole = ~np.isnan(mine.reshape(len(mine), -1)).any(axis=1)
    return Sample(part, x[whole], mine[whole], int((~whole).sum()))


def means(studied: Studied, row: Row) -> Values:
    """Mean over the replications of each point, nan unless all have a value; differences where it can be."""
    found: Values = studied.values(row, as_difference=True).mean(axis=1)
    return found


def morris_frame(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    """Elementary effects of every input, in order of mu_star."""
    return _frame(studied, rows, _morris_lines, "mu_star")


def sobol_frame(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    """S1 and ST of every input, in order of ST."""
    return _frame(studied, rows, _sobol_lines, "st")


def pawn_frame(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    """Distances of every input, in order of their median."""
    return _frame(studied, rows, _pawn_lines, "median")


def tornado_frame(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    """The swing of every input, in order of its size."""
    return _frame(studied, rows, _tornado_lines, "size").drop(columns="size")


def information_frame(studied: Studied, losses: Values, unit: str) -> pd.DataFrame:
    """What it is worth to know each input: what to find out next. losses: shape (points, options)."""
    frames = []
    for part in studied.parts():
        sample = sampled(studied, part, losses)
        lines = [
            {**_about_input(one), "evppi": w.evppi, "ci_low": w.low, "ci_high": w.high, "noise": w.noise,
             "stands_out": _yes(w.evppi, w.noise), "settled_by": one.settled_by, "n": len(sample.y),
             "note": _few(sample, curves.FEWEST)}
            for one, w in zip(
                studied.uncertain, (information.worth(x, sample.y) for x in sample.x.T), strict=True
            )
        ]  # fmt: skip
        frames.append(_ranked(lines, "evppi").assign(policy=part.policy, unit_of_loss=unit))
    return pd.concat(frames, ignore_index=True)


def _frame(
    studied: Studied,
    rows: Sequence[Row],
    lines: Callable[[Studied, Part, Values], Iterator[Line]],
    by: str,
) -> pd.DataFrame:
    frames = []
    for part in studied.parts():
        for row in rows:
            found = _ranked(list(lines(studied, part, means(studied, row))), by)
            frames.append(found.assign(policy=part.policy, **row._asdict()).drop(columns="month"))
    frame = pd.concat(frames, ignore_index=True)
    about = ["policy", *Row._fields[:-1]]
    return frame[[*about, *(name for name in frame.columns if name not in about)]]


def _ranked(lines: list[Line], by: str) -> pd.DataFrame:
    frame = pd.DataFrame(lines).sort_values(by, ascending=False, kind="stable", ignore_index=True)
    frame.insert(0, "rank", [None if isnan(value) else at for at, value in enumerate(frame[by], 1)])
    return frame.astype({"rank": "Int64"})


def _about_input(one: Any) -> Line:
    return {"path": one.path, "unit_of_input": one.unit, "grade": one.grade}


def shares_of_levels(x: Values) -> Values:
    """Level of each value in its own column, from 0 for the lowest to 1 for the highest."""
    columns = [np.unique(column, return_inverse=True) for column in x.T]
    return np.column_stack([which / max(levels.size - 1, 1) for levels, which in columns])


def _morris_lines(studied: Studied, part: Part, y: Values) -> Iterator[Line]:
    effects = _effects(part, y)
    for one, found in zip(studied.uncertain, screening.screened(effects), strict=True):
        lost = len(effects) - found.n
        yield {
            **_about_input(one), "n": found.n, "mu": found.mu, "mu_star": found.mu_star, "ci_low": found.low,
            "ci_high": found.high, "sigma": found.sigma, "note": _lost(lost, len(effects), "effects",
            found.mu_star),
        }  # fmt: skip


def _effects(part: Part, y: Values) -> Values:
    ends = np.zeros(part.x.shape[1]), np.ones(part.x.shape[1])
    return screening.elementary_effects(shares_of_levels(part.x), y[part.rows], *ends)


def _sobol_lines(studied: Studied, part: Part, y: Values) -> Iterator[Line]:
    values = y[part.rows][sobol.blocks(part.x)]
    for one, found in zip(studied.uncertain, sobol.indices(values), strict=True):
        lost = len(values) - found.blocks
        yield {
            **_about_input(one), "blocks": found.blocks, "s1": found.s1, "s1_low": found.s1_low,
            "s1_high": found.s1_high, "st": found.st, "st_low": found.st_low, "st_high": found.st_high,
            "note": _lost(lost, len(values), "blocks", found.st),
        }  # fmt: skip


def _pawn_lines(studied: Studied, part: Part, y: Values) -> Iterator[Line]:
    sample = sampled(studied, part, y)
    for one, found in zip(studied.uncertain, pawn.distances(sample.x, sample.y), strict=True):
        yield {
            **_about_input(one), "n": len(sample.y), "median": found.median, "largest": found.largest,
            "dummy": found.dummy, "stands_out": _yes(found.median, found.dummy),
            "note": _few(sample, pawn.SLICES * pawn.PER_SLICE),
        }  # fmt: skip


def _tornado_lines(studied: Studied, part: Part, y: Values) -> Iterator[Line]:
    sample = sampled(studied, part, y)
    for one, bar in zip(studied.uncertain, tornado.bars(sample.x, sample.y), strict=True):
        yield {
            **_about_input(one), "n": len(sample.y), "input_p10": bar.x_p10, "input_p90": bar.x_p90,
            "at_p10": bar.y_p10, "at_p90": bar.y_p90, "swing": bar.swing, "ci_low": bar.interval[0],
            "ci_high": bar.interval[1], "size": abs(bar.swing),
            "stands_out": _yes(abs(bar.swing), tornado.STANDS_OUT * bar.error),
            "note": _few(sample, curves.FEWEST),
        }  # fmt: skip


def convergence_frame(
    studied: Studied, methods: Sequence[str], rows: Sequence[Row], losses: Values | None
) -> pd.DataFrame:
    """How well rankings from separate parts of the runs agree, by method and row; of the first policy."""
    part = studied.parts()[0]
    lines = []
    for method in methods:
        if method == "information" and losses is not None:
            found = _convergence(studied, part, method, losses)
            lines += [_agreed(studied, method, "loss", *one) for one in found]
        elif method in ("morris", "sobol", "pawn", "tornado"):
            for row in rows:
                found = _convergence(studied, part, method, means(studied, row))
                about = ", ".join(word for word in row[:-2] if word)
                lines += [_agreed(studied, method, about, *one) for one in found]
    return pd.DataFrame(lines, columns=list(CONVERGENCE))


def _agreed(studied: Studied, method: str, of: str, one: Agreement, points: int) -> Line:
    runs = one.size * points * studied.finished.shape[1]
    return {"method": method, "of": of, "runs": runs, "parts": one.parts, "agreement": one.agreement}


def _convergence(studied: Studied, part: Part, method: str, y: Values) -> Iterator[tuple[Agreement, int]]:
    """(agreement of parts, points that make one unit of them)."""
    inputs = part.x.shape[1]
    if method == "morris":
        effects = np.abs(_effects(part, y))
        found = agreements(lambda rows: np.nanmean(effects[rows], axis=0), len(effects), screening.FEWEST)
        yield from ((one, inputs + 1) for one in found)
    elif method == "sobol":
        values = y[part.rows][sobol.blocks(part.x)]
        whole = values[~np.isnan(values).any(axis=1)]
        found = agreements(lambda rows: sobol.totals(whole[rows]), len(whole), sobol.FEWEST)
        yield from ((one, inputs + 2) for one in found)
    else:
        sample = sampled(studied, part, y)
        rank, fewest = _BY_POINTS[method]
        found = agreements(lambda rows: rank(sample.x[rows], sample.y[rows]), len(sample.y), fewest)
        yield from ((one, 1) for one in found)


def _lost(lost: int, of: int, what: str, told: float) -> str:
    if not lost:
        return "" if not isnan(told) else "not told: the result does not vary, or there are too few runs"
    why = f"{lost} of {of} {what} lost to failed runs"
    return f"not told: {why}" if isnan(told) else why


def _few(sample: Sample, needed: int) -> str:
    if len(sample.y) < needed:
        return f"not told: {len(sample.y)} of at least {needed} points. {sample.note}".rstrip(". ")
    return sample.note


def _yes(value: float, noise: float) -> str:
    return "" if isnan(value) or isnan(noise) else ("yes" if value > noise else "no")


_BY_POINTS: Mapping[str, tuple[Callable[[Values, Values], Values], int]] = {
    "pawn": (pawn.medians, pawn.SLICES * pawn.PER_SLICE),
    "tornado": (tornado.sizes, curves.FEWEST),
    "information": (information.worths, curves.FEWEST),
}
"""Importance of every input from a sample, and the fewest points it takes."""
