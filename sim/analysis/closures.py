"""What a closure costs in kilograms of oxide, by when, and what cover it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.pictures import BLUE, GREY, ORANGE, Picture, band
from sim.analysis.runs import Bench
from sim.analysis.words import THOUSAND, Values, spread, table
from sim.inputs.units import DAYS_PER_MONTH
from sim.ledger import Key, Outcome
from sim.results.metrics import shortfall
from sim.results.variables import OXIDES, panel
from sim.scenario import Scenario

MONTHS = (1, 2, 3, 4, 6)
GATES = {"Kachin's gates": ("border_closure", "kachin_shut"), "all gates": ("all_gates_closure", "all_shut")}
"""What is shut: a shipped scenario and the closure in it."""

AFTER_D = (30, 60, 90, 180, 365)
HALF, MOST = 0.5, 0.9


@dataclass(frozen=True)
class Course:
    """One closure against the same runs without it; by element.

    start_d: its first day. missing: kg not separated since, shape (replications, days after the start + 1).
    lost, delayed: kg. cover: months by day, same shape. normal: the cover of the same day without closure.
    """

    months: float
    start_d: int
    missing: Mapping[str, Values]
    lost: Mapping[str, Values]
    delayed: Mapping[str, Values]
    cover: Mapping[str, Values]
    normal: Mapping[str, Values]

    def day_of(self, element: str, share: float) -> Values:
        """Days after the start by which that share of what is missing at the end is missing, by run."""
        path = self.missing[element]
        reached: Values = (path >= share * path[:, -1:]).argmax(axis=1)
        return reached

    def lowest(self, element: str) -> Values:
        """The lowest cover, by run."""
        cover: Values = self.cover[element].min(axis=1)
        return cover


def courses(bench: Bench, gates: str, months: Sequence[float] = MONTHS) -> list[Course]:
    """Closures of these gates (a key of GATES) for each of these lengths."""
    ref, event = GATES[gates]
    closed = [
        bench.scenario(ref, f"events.{event}.lasts={length * DAYS_PER_MONTH:.0f} d") for length in months
    ]
    parent = closed[0].parent()
    assert parent is not None  # it extends the baseline
    base, *own = bench.all([parent, *closed], _oxides)
    first = start_d(closed[0])
    return [course(length, first, runs, base) for length, runs in zip(months, own, strict=True)]


def start_d(scenario: Scenario) -> int:
    """The first day of the scenario's last event, in days of its period."""
    return (scenario.events[-1].start - scenario.period.start).days


def _oxides(outcome: Outcome) -> dict[str, tuple[Values, Values]]:
    """Separated kg and cover by day, by element."""
    series = panel(outcome)
    return {
        element: (series[Key("separated_kg", element=element)], series[Key("cover_months", element=element)])
        for element in OXIDES
    }


def course(
    months: float,
    first: int,
    own: Sequence[Mapping[str, tuple[Values, Values]]],
    base: Sequence[Mapping[str, tuple[Values, Values]]],
) -> Course:
    """One closure from its runs and the same runs without it, by element: kg made and cover by day."""
    missing, lost, delayed, cover, normal = {}, {}, {}, {}, {}
    for element in OXIDES:
        made = np.array([run[element][0] for run in own])
        usual = np.array([run[element][0] for run in base])
        missing[element] = (usual - made)[:, first:].cumsum(axis=1)
        both = [shortfall(a, b) for a, b in zip(made, usual, strict=True)]
        lost[element], delayed[element] = np.array(both).T
        cover[element] = np.array([run[element][1] for run in own])[:, first:]
        normal[element] = np.array([run[element][1] for run in base])[:, first:]
    return Course(months, first, missing, lost, delayed, cover, normal)


def cost_table(found: Sequence[Course], element: str) -> str:
    """Kilograms a month of closure, lost and delayed, half and most of it by when, cover left."""
    rows = [
        (
            f"{one.months:g}",
            spread(one.lost[element] / one.months),
            spread(one.delayed[element] / one.months),
            spread(one.day_of(element, HALF)),
            spread(one.day_of(element, MOST)),
            spread(one.lowest(element)),
            spread(_usual(one, element)),
        )
        for one in found
    ]
    columns = (
        "months shut",
        "lost, kg a month of closure",
        "delayed, kg a month",
        "half missing after, d",
        "nine tenths after, d",
        "lowest cover, months",
        "the same day without closure",
    )
    return table(columns, rows, left=0)


def _usual(one: Course, element: str) -> Values:
    """The cover without closure on the day on which it is lowest with it."""
    days = one.cover[element].argmin(axis=1)
    usual: Values = one.normal[element][np.arange(days.size), days]
    return usual


def when_table(one: Course) -> str:
    """Kilograms missing and cover left, so many days after the start of one closure."""
    horizon = one.missing[OXIDES[0]].shape[1]
    rows = [
        (
            f"{day}",
            *(spread(one.missing[e][:, day]) for e in OXIDES),
            *(spread(one.cover[e][:, day]) for e in OXIDES),
        )
        for day in AFTER_D
        if day < horizon
    ]
    columns = (
        "days after the start",
        *(f"{element} missing, kg" for element in OXIDES),
        *(f"{element} cover, months" for element in OXIDES),
    )
    return table(columns, rows, left=0)


def words(one: Course, gates: str) -> str:
    """The answer for one closure."""
    tb, dy = (spread(one.lost[element] / one.months) for element in ("Tb", "Dy"))
    return (
        f"A month without {gates} (of {one.months:g}) costs {tb} kg of terbium oxide and {dy} kg of "
        f"dysprosium oxide. Half of the terbium is missing {spread(one.day_of('Tb', HALF))} days after the "
        f"closure began. Cover is at its lowest at {spread(one.lowest('Tb'))} months, against "
        f"{spread(_usual(one, 'Tb'))} on the same day without closure."
    )


def picture(one: Course, gates: str) -> bytes:
    """Kilograms missing and cover, by days after the start."""
    drawn = Picture(f"{one.months:g} months without {gates}", 2)
    colours = dict(zip(OXIDES, (ORANGE, BLUE), strict=True))
    length_d = one.months * DAYS_PER_MONTH
    with drawn.panel(0, "Oxide not separated", "days after the start", "t") as axis:
        axis.axvspan(0, length_d, color="#EEEEEE", lw=0)
        for element in OXIDES:
            x = np.arange(one.missing[element].shape[1])
            band(axis, x, one.missing[element] / THOUSAND, colours[element], element)
        axis.legend(fontsize=7, frameon=False)
    with drawn.panel(1, "Cover (grey: without the closure)", "days after the start", "months of use") as axis:
        axis.axvspan(0, length_d, color="#EEEEEE", lw=0)
        for element in OXIDES:
            x = np.arange(one.cover[element].shape[1])
            axis.plot(x, np.median(one.normal[element], axis=0), color=GREY, lw=1)
            band(axis, x, one.cover[element], colours[element], element)
        axis.set_ylim(bottom=0)
    return drawn.png()
