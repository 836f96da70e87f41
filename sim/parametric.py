"""What a study with drawn parameters adds: how much of an answer is parameters, whose, at which cover."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from sim.evidence.records import GRADES
from sim.ledger import Key, Outcome
from sim.results import BY_GRADE, PARAMETRIC
from sim.results.csv_text import csv_line, csv_number
from sim.results.headlines import Headline, Sample, samples
from sim.results.statistics import Summary, describe
from sim.results.tables import ABOUT, Measured, common, paired
from sim.results.variance import Split, split
from sim.sensitivity.grades import Inputs, Share, by_group
from sim.uncertainty import CALIBRATED, MEMBER, Drawn

GROUPS = (*GRADES, CALIBRATED)
TOGETHER, CHANCE = "together", "chance"
BANDS = ("low", "mid", "high")
"""Thirds of the draws by starting cover."""
FEWEST = 40
"""Draws below which grades are not told apart: each part of the jackknife then leaves out two draws."""
COVER = "cover_months"
DEFAULT_ELEMENT = "Tb"
"""Whose cover a line without an element is ordered by: the scarcer of the two."""


@dataclass(frozen=True)
class Band:
    """A third of the draws. low, high: the cover on the first day, in months."""

    name: str
    element: str
    low: float
    high: float
    summary: Summary


@dataclass(frozen=True)
class Line:
    """One headline. shares: group -> share of the variance, with `together` and `chance`; may be empty."""

    headline: Headline
    of: str
    summary: Summary
    split: Split
    shares: Mapping[str, Share]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Parametric:
    """draws: of each draw, every parameter it moved. lines: what the analyst looks for first."""

    draws: Sequence[Sequence[Drawn]]
    own: Measured
    base: Measured | None
    lines: tuple[Line, ...]

    def files(self) -> dict[str, Iterator[str]]:
        """The tables by file name."""
        tables = self._draws(), self._uncertainty(), self._by_cover()
        return dict(zip(PARAMETRIC, tables, strict=True)) | {BY_GRADE: self._by_grade()}

    def _draws(self) -> Iterator[str]:
        yield csv_line(("draw", "path", "unit", "grade", "own", "value"))
        for number, row in enumerate(self.draws):
            yield "".join(
                csv_line((number, one.path, one.unit, one.group, csv_number(one.own), csv_number(one.value)))
                for one in row
            )

    def _uncertainty(self) -> Iterator[str]:
        parts = ("draws", "runs", "mean", "sd", "sd_parametric", "sd_random", "parametric_share")
        yield csv_line(("of", "metric", *ABOUT, "unit", *parts, "share_ci_low", "share_ci_high"))
        for key, unit in zip(self.own.keys, self.own.units, strict=True):
            for of, values, replications in _columns(self.own, self.base, key):
                which = _draws_of(self.own, replications)
                s, v = describe(values, which), split(values, which)
                spreads = (_root(v.parametric), _root(v.random))
                numbers = (s.mean, s.sd, *spreads, v.share, v.low, v.high)
                yield csv_line((of, *key, unit, v.draws, v.runs, *map(csv_number, numbers)))

    def _by_grade(self) -> Iterator[str]:
        yield csv_line(("metric", "place", "element", "actor", "grade", "share", "ci_low", "ci_high", "of"))
        for line in self.lines:
            about = line.headline
            for group, share in line.shares.items():
                numbers = map(csv_number, (share.share, share.low, share.high))
                yield csv_line(
                    (about.metric, about.place, about.element, about.actor, group, *numbers, line.of)
                )

    def _by_cover(self) -> Iterator[str]:
        about = ("metric", "place", "element", "actor", "unit", "of")
        numbers = ("cover_from", "cover_to", "n", "mean", "ci_low", "ci_high", "p05", "p50", "p95")
        yield csv_line((*about, "cover_of", "cover", *numbers))
        for line in self.lines:
            h = line.headline
            for band in line.bands:
                s = band.summary
                told = (band.low, band.high, s.n, s.mean, s.low, s.high, s.p05, s.p50, s.p95)
                names = (h.metric, h.place, h.element, h.actor, h.unit, line.of, band.element, band.name)
                yield csv_line((*names, *map(csv_number, told)))


def parametric(
    own: Measured, base: Measured | None, outcomes: Iterable[Outcome], draws: Sequence[Sequence[Drawn]]
) -> Parametric:
    """What the draws say. outcomes: of the scenario, for the cover it starts with."""
    covers = _covers(own, outcomes)
    lines = tuple(_told(own, sample, draws, covers) for sample in samples(own, base))
    return Parametric(draws, own, base, lines)


def _told(
    own: Measured, sample: Sample, draws: Sequence[Sequence[Drawn]], covers: Mapping[str, Mapping[int, float]]
) -> Line:
    which = _draws_of(own, sample.replications)
    parts = split(sample.values, which)
    element = sample.line.element or DEFAULT_ELEMENT
    return Line(
        sample.line,
        sample.of,
        describe(sample.values, which),
        parts,
        _shares(sample.values, which, parts, draws),
        tuple(_bands(sample.values, which, element, covers[element])),
    )


def _shares(
    values: NDArray[np.float64], which: NDArray[np.int64], parts: Split, draws: Sequence[Sequence[Drawn]]
) -> dict[str, Share]:
    """Empty where there is no variance, or too few draws to tell grades apart."""
    if isnan(parts.share) or parts.draws < FEWEST:
        return {}
    seen = ~np.isnan(values)
    numbers, position, sizes = np.unique(which[seen], return_inverse=True, return_counts=True)
    means = np.bincount(position, values[seen]) / sizes
    found = by_group(means, _inputs([draws[number] for number in numbers]), parts.parametric + parts.random)
    nothing = Share(0.0, 0.0, 0.0)
    shares = {group: found.get(group, nothing) for group in GROUPS}
    alone = sum(share.share for share in shares.values())
    together = max(0.0, parts.share - alone)
    shares[TOGETHER] = Share(together, np.nan, np.nan)
    shares[CHANCE] = Share(1 - parts.share, 1 - parts.high, 1 - parts.low)
    return shares


def _inputs(draws: Sequence[Sequence[Drawn]]) -> Inputs:
    first = [one for one in draws[0] if one.path != MEMBER]
    own = np.array([[one.own for one in row if one.path != MEMBER] for row in draws])
    labels = np.array([next((int(one.own) for one in row if one.path == MEMBER), 0) for row in draws])
    return Inputs(own, [one.group for one in first], np.array([one.in_set for one in first]), labels)


def _bands(
    values: NDArray[np.float64], which: NDArray[np.int64], element: str, covers: Mapping[int, float]
) -> Iterator[Band]:
    """The values by thirds of the draws that have any, lowest cover first."""
    numbers = np.unique(which[~np.isnan(values)])
    ordered = numbers[np.argsort([covers[int(number)] for number in numbers], kind="stable")]
    for name, members in zip(BANDS, np.array_split(ordered, len(BANDS)), strict=True):
        if members.size:
            among = np.isin(which, members)
            ends = covers[int(members[0])], covers[int(members[-1])]
            yield Band(name, element, *ends, describe(values[among], which[among]))


def _covers(own: Measured, outcomes: Iterable[Outcome]) -> dict[str, dict[int, float]]:
    """Element -> draw -> months of cover on the first day."""
    found: dict[str, dict[int, float]] = {}
    for outcome in outcomes:
        (draw,) = _draws_of(own, [outcome.replication]).tolist()
        for key, daily in zip(outcome.keys, outcome.daily, strict=True):
            if key.variable == COVER:
                found.setdefault(key.element, {}).setdefault(draw, float(daily[0]))
    return found


def _columns(
    own: Measured, base: Measured | None, key: Key
) -> Iterator[tuple[str, NDArray[np.float64], Sequence[int]]]:
    yield "scenario", own.column(key), own.replications
    if base is not None and base.replications:
        ours, theirs = paired(own, base, key)
        yield "difference", ours - theirs, common(own, base)


def _draws_of(own: Measured, replications: Sequence[int]) -> NDArray[np.int64]:
    draws = own.draws(replications)
    assert draws is not None  # this module is for runs with draws
    return draws


def _root(variance: float) -> float:
    return float(np.sqrt(variance))
