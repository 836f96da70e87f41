"""The lines an analyst looks for first: scenario, reference, and their paired difference."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key
from sim.results.metrics import METRICS
from sim.results.statistics import describe
from sim.results.tables import Measured, common, paired

MILLION = 1e6
_ROUNDING = 1e-12
"""Of a sum of numbers, as a share of it."""


@dataclass(frozen=True)
class Headline:
    """One line. Numbers are in `unit`, nan where undefined.

    difference, ci_low, ci_high: mean of scenario less reference, replication by replication, and its 95 %
    interval; pct: in % of the reference; pairs: how many replications that is.
    """

    label: str
    metric: str
    place: str
    element: str
    actor: str
    unit: str
    scenario: float
    reference: float = nan
    difference: float = nan
    ci_low: float = nan
    ci_high: float = nan
    pct: float = nan
    pairs: int = 0
    note: str = ""

    @property
    def detectable(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.ci_low > 0 or self.ci_high < 0

    def plain(self) -> dict[str, Any]:
        """For JSON, with None in place of nan."""
        return {
            name: None if isinstance(value, float) and isnan(value) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Asked:
    """What the author of a scenario asks for, and how it is expected to go: rises, falls or moves."""

    key: Key
    expect: str

    def __str__(self) -> str:
        about = ", ".join(filter(None, self.key[1:]))
        return f"{self.key.variable} ({about})" if about else self.key.variable


def headlines(own: Measured, base: Measured | None, asked: Asked | None = None) -> list[Headline]:
    """The lines of a run, and what was asked for if it is none of them; empty if no replication finished."""
    if not own.replications:
        return []
    if base is not None and not base.replications:
        base = None
    lines = list(_lines(own, base))
    if asked and asked.key in own.keys and asked.key not in [key for _, key, _, _ in lines]:
        lines.append(_asked(own, asked))
    return [_headline(own, base, *line) for line in lines]


def unexpected(own: Measured, base: Measured | None, asked: Asked) -> str:
    """What is to be told where the answer goes another way than its author expects; empty: nothing."""
    if asked.key not in own.keys or base is None or not common(own, base):
        return ""
    line = _headline(own, base, *_asked(own, asked))
    if isnan(line.ci_low) or asked.expect == "moves":
        return ""
    way = ("rises" if line.difference > 0 else "falls") if line.detectable else "does not detectably move"
    if way == asked.expect:
        return ""
    told = f"{line.difference:+,.4g} [{line.ci_low:+,.4g}; {line.ci_high:+,.4g}]"
    unit = "" if line.unit == "1" else f" {line.unit}"
    return f"answer: {asked} was expected to {asked.expect.rstrip('s')} and {way}: {told}{unit}"


def _asked(own: Measured, asked: Asked) -> tuple[str, Key, float, str]:
    unit = own.units[own.keys.index(asked.key)]
    size, told = (MILLION, "M CNY") if unit == "CNY" else (1, unit)
    return str(asked), asked.key, size, told


@dataclass(frozen=True)
class Sample:
    """What a line is the mean of. values, replications: shape (replications,); nan where undefined.

    of: `difference` from the reference, or `scenario` where there is none to take.
    """

    line: Headline
    of: str
    values: NDArray[np.float64]
    replications: Sequence[int]


def samples(own: Measured, base: Measured | None) -> list[Sample]:
    """The numbers behind the lines that have a mean, each in the line's unit."""
    found = []
    for label, key, one, unit in _lines(own, base) if own.replications else ():
        metric, line = METRICS[key.variable], _headline(own, base, label, key, one, unit)
        if metric.censor:
            continue
        if base is None or metric.relative:
            of = "difference" if metric.relative else "scenario"
            found.append(Sample(line, of, own.column(key) / one, own.replications))
        else:
            ours, theirs = paired(own, base, key)
            found.append(Sample(line, "difference", (ours - theirs) / one, common(own, base)))
    return found


def _lines(own: Measured, base: Measured | None) -> Iterator[tuple[str, Key, float, str]]:
    """(label, metric, how many of the metric's unit make one of the line's, unit of the line)."""
    yield "Myanmar imports while shut or cut", Key("imports_while_shut_t", place="myanmar"), 1, "t"
    yield "imports from Myanmar", Key("imports_t", place="myanmar"), 1, "t"
    yield "imports, all origins", Key("imports_t"), 1, "t"
    for element in ("Tb", "Dy"):
        for metric, label in (("price_mean", "mean"), ("price_peak", "peak")):
            yield f"{element} price, {label}", Key(metric, place="china", element=element), 1, "CNY/kg"
    for actor in _collecting_actors(own, base):
        yield f"tax, {actor}", Key("tax_cny", actor=actor), MILLION, "M CNY"
    for element in ("Tb", "Dy"):
        for metric, label in (("shortfall_lost_kg", "lost"), ("shortfall_delayed_kg", "delayed")):
            yield f"{element} output {label}", Key(metric, element=element), 1, "kg"
    yield "time to recover, median", Key("time_to_recover_d"), 1, "d"


def _collecting_actors(*tables: Measured | None) -> list[str]:
    """Actors that collect anything in any of the runs."""
    found = {
        key.actor: None
        for table in tables
        if table is not None
        for key in table.keys
        if key.variable == "tax_cny" and key.actor and np.any(table.column(key))
    }
    return list(found)


def _headline(own: Measured, base: Measured | None, label: str, key: Key, one: float, unit: str) -> Headline:
    about = (label, key.variable, key.place, key.element, key.actor, unit)
    metric, s = METRICS[key.variable], own.summary(key)
    if metric.censor:
        return Headline(*about, s.p50 / one, note=_censored(own, key._replace(variable=metric.censor)))
    if metric.relative:  # it is a difference from the reference already
        mean, low, high = (number / one for number in (s.mean, s.low, s.high))
        return Headline(*about, mean, difference=mean, ci_low=low, ci_high=high, pairs=s.n)
    if base is None:
        return Headline(*about, s.mean / one)
    ours, theirs = paired(own, base, key)
    change = describe(_less(ours, theirs) / one, own.draws(common(own, base)))
    normal = describe(theirs / one, own.draws(common(own, base))).mean
    pct = 100 * change.mean / normal if normal else nan
    return Headline(*about, s.mean / one, normal, change.mean, change.low, change.high, pct, change.n)


def _less(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The differences; none where they are but the rounding of sums that went another way."""
    found = ours - theirs
    found[np.abs(found) <= _ROUNDING * np.maximum(np.abs(ours), np.abs(theirs))] = 0.0
    return found


def _censored(own: Measured, flag: Key) -> str:
    """How many of those disrupted had not recovered when the period ended."""
    flags = own.column(flag)
    waited = int(np.count_nonzero(~np.isnan(flags)))
    return f"{int(np.nansum(flags))} of {waited} not within the period" if waited else ""
