"""What each side loses for each week that Kachin's gates are shut: tax, trade, tonnes, kilograms.

A loss counts to the end of the period, what is made up later taken off: forgone is what never comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.grids import cube, levels
from sim.analysis.pictures import COLOURS, Picture, band
from sim.analysis.runs import Bench
from sim.analysis.words import MILLION, PERCENT, THOUSAND, Values, spread, table
from sim.results.digits import figure
from sim.sweeps.reading import Swept

LENGTH, TAX = "events.kachin_shut.lasts", "taxes.kia.export_cny_per_t"
TRADE = "bargaining.general_trade_cny_per_d"
GATES_SHUT = 3
DAYS_PER_WEEK = 7
TODAY_CNY_PER_T = 35_000.0
SIDES: tuple[tuple[str, str, dict[str, str], float, str], ...] = (
    ("KIA: tax forgone", "tax_cny", {"actor": "kia"}, MILLION, "M CNY"),
    ("operators: margin forgone", "operator_margin_cny", {}, MILLION, "M CNY"),
    ("China: value-added tax forgone", "tax_cny", {"actor": "china"}, MILLION, "M CNY"),
    ("China: ore not imported", "imports_t", {"place": "myanmar"}, 1.0, "t"),
    ("China: dysprosium not separated", "separated_kg", {"element": "Dy"}, 1.0, "kg"),
    ("China: terbium not separated", "separated_kg", {"element": "Tb"}, 1.0, "kg"),
    ("UWSA: tax forgone", "tax_cny", {"actor": "uwsa"}, MILLION, "M CNY"),
    ("NDAA: tax forgone", "tax_cny", {"actor": "ndaa"}, MILLION, "M CNY"),
)
"""Who loses what: name, metric, what of it, scale, unit."""
TAX_KIA, MARGIN, ORE, TERBIUM = 0, 1, 3, 5
"""Places in SIDES."""


@dataclass(frozen=True)
class Leverage:
    """By length in days (0 left out) and tax, shape (lengths, taxes, runs).

    lost: what each of SIDES loses a week of closure. price_pct: what the closure adds to Tb's peak.
    """

    days: Values
    taxes: Values
    lost: Sequence[Values]
    price_pct: Values

    @property
    def today(self) -> int:
        """Which of `taxes` is today's."""
        return int(np.flatnonzero(self.taxes == TODAY_CNY_PER_T)[0])


def leverage(swept: Swept) -> Leverage:
    """From the sweep closure_length_tax."""
    days = levels(swept, LENGTH)
    weeks = days[1:, None, None] / DAYS_PER_WEEK
    lost = []
    for _, metric, about, _, _ in SIDES:
        values = cube(swept, metric, **about)
        lost.append((values[:1] - values[1:]) / weeks)
    peak = cube(swept, "price_peak", place="china", element="Tb")
    return Leverage(days[1:], levels(swept, TAX), lost, PERCENT * (peak[1:] / peak[:1] - 1.0))


def sides_table(found: Leverage) -> str:
    """Each side's loss a week by length of the closure, at today's tax; a gain has a minus."""
    rows = [
        (name, unit, *(spread(lost[at, found.today], scale) for at in range(found.days.size)))
        for (name, _, _, scale, unit), lost in zip(SIDES, found.lost, strict=True)
    ]
    columns = ("a week of closure costs", "unit", *(f"{days:g} d shut" for days in found.days))
    return table(columns, rows, left=2)


def tax_table(found: Leverage) -> str:
    """What a week costs the KIA and China by what the KIA takes a tonne."""
    rows = [
        (
            f"{rate:,.0f}",
            f"{days:g}",
            spread(found.lost[TAX_KIA][at, column], MILLION),
            spread(found.lost[MARGIN][at, column], MILLION),
            spread(found.lost[ORE][at, column]),
        )
        for column, rate in enumerate(found.taxes)
        for at, days in enumerate(found.days)
    ]
    columns = (
        "the KIA takes, CNY/t",
        "days shut",
        "KIA, M CNY a week",
        "operators, M CNY a week",
        "ore not imported, t a week",
    )
    return table(columns, rows, left=0)


def trade_words(bench: Bench, found: Leverage) -> str:
    """The general trade that a week blocks, a range, against the tax that it costs."""
    one = bench.registry.parameters[TRADE]
    low, middle, high = (
        GATES_SHUT * DAYS_PER_WEEK * value / MILLION for value in (one.low, one.value, one.high)
    )
    tax = np.median(found.lost[TAX_KIA][-1, found.today]) / MILLION
    return (
        f"Over {GATES_SHUT} gates a week of closure also blocks about {figure(middle)} M CNY of food, fuel, "
        f"medicine and other goods, somewhere between {figure(low)} and {figure(high)} (`{TRADE}`, grade "
        f"{one.grade}: assumed). That is {figure(middle / tax)} times ({figure(low / tax)} to "
        f"{figure(high / tax)}) the tax that a week of the longest closure costs the KIA. The goods are "
        f"bought in China, whose sellers lose the same sum"
    )


def words(found: Leverage) -> str:
    """How the loss of a week grows with the length, for both sides."""
    first, last = (spread(found.lost[TAX_KIA][at, found.today], MILLION) for at in (0, -1))
    short, long = (spread(found.lost[TERBIUM][at, found.today]) for at in (0, -1))
    return (
        f"A week of a closure of {found.days[0]:g} days costs the KIA {first} M CNY and China {short} kg of "
        f"terbium; a week of one of {found.days[-1]:g} days {last} M CNY and {long} kg. "
    )


def picture(found: Leverage) -> bytes:
    """The KIA's, the operators' and China's loss a week over the length, by tax."""
    drawn = Picture("What a week of closed Kachin gates costs, by the length of the closure", 3)
    panels = (
        (TAX_KIA, MILLION, "Tax the KIA forgoes", "M CNY a week"),
        (MARGIN, MILLION, "Margin operators forgo", "M CNY a week"),
        (ORE, THOUSAND, "Ore China does not get", "1,000 t a week"),
    )
    for number, (side, scale, title, unit) in enumerate(panels):
        with drawn.panel(number, title, "days shut", unit) as axis:
            for at, rate in enumerate(found.taxes):
                band(axis, found.days, found.lost[side][:, at].T / scale, COLOURS[at], f"{rate:,.0f} CNY/t")
            if number == 0:
                axis.legend(fontsize=7, frameon=False, title="the KIA takes", title_fontsize=7)
    return drawn.png()
