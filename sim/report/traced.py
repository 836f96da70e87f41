"""Numbers of a page that can be asked where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from sim.ledger import Key
from sim.report.behind import Trace, trace
from sim.report.charts.small import interval_bar
from sim.report.units import Unit, interval, precise


@dataclass(frozen=True)
class Number:
    """A number as it stands in the text, and the name of its trace."""

    text: str
    trace: str
    quiet: bool = False


@dataclass
class Traces:
    """The traces that a page's numbers ask for. parameters: name → what the manifest tells of it."""

    parameters: Mapping[str, Mapping[str, Any]]
    asked: dict[str, Trace] = field(default_factory=dict)

    def number(self, text: str, key: Key, *, quiet: bool = False) -> Number:
        """A number about a metric or variable. quiet: it tells of no detectable change."""
        name = "|".join(key)
        if name not in self.asked:
            self.asked[name] = trace(key, self.parameters)
        return Number(text, name, quiet)

    def grades(self, key: Key) -> dict[str, int]:
        """How many parameters of each grade stand directly behind a number."""
        self.number("", key)
        found = [str(self.parameters[name]["grade"]) for name in self.asked["|".join(key)].direct]
        return {grade: found.count(grade) for grade in "ABCD" if grade in found}

    def plain(self) -> dict[str, dict[str, Any]]:
        """For the page's script."""
        return {
            name: {"what": one.definition, "unit": one.unit, "direct": list(one.direct), "up": one.upstream}
            for name, one in sorted(self.asked.items())
        }


@dataclass(frozen=True)
class KeyFigure:
    """A card: what, how much, its interval, from what to what, and drawings."""

    label: str
    value: Number
    interval: str
    levels: str
    bar: str
    spark: str
    grades: dict[str, int]


def change_figure(
    traces: Traces, key: Key, label: str, change: tuple[float, float, float], unit: Unit, levels: str
) -> KeyFigure:
    """The card of a change with its interval. change: mean, low and high in the table's unit."""
    mean, low, high = (unit.of(value) for value in change)
    quiet = low <= 0 <= high
    told = "no detectable change" if quiet else f"{precise(mean, (high - low) / 2, sign=True)} {unit.name}"
    span = "no interval" if isnan(low) else f"{interval(low, high, sign=True)} {unit.name}"
    number = traces.number(told, key, quiet=quiet)
    return KeyFigure(label, number, span, levels, interval_bar(mean, low, high), "", traces.grades(key))
