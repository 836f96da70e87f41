"""Who takes how much: taxes by actor and month, the KIA's Laffer curve, the junta's loss of Kanpaiti."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import StringIO

import numpy as np

from sim.analysis.grids import cube, levels
from sim.analysis.grids import months as months_in
from sim.analysis.pictures import BLUE, COLOURS, ORANGE, SAND, Picture, band
from sim.analysis.runs import Bench, picked
from sim.analysis.words import (
    BAND,
    BILLION,
    MILLION,
    MONTHS_PER_YEAR,
    PERCENT,
    THOUSAND,
    Values,
    percent,
    spread,
    table,
)
from sim.inputs.units import DAYS_PER_MONTH
from sim.ledger import Key, Outcome
from sim.places import ACTORS
from sim.results.tables import by_month, months_of
from sim.results.variables import panel
from sim.sweeps.reading import Swept

CURRENCIES = ("CNY", "USD")
RATE = "events.kia_share.rate"
FLAT_SHARE = 0.05
"""The curve counts as flat where it is within this share of its top."""

TAKES_CNY_PER_T = (0, 5_000, 10_000, 15_000)
"""What the junta may have taken per tonne: the range of taxes.junta.export_cny_per_t; nobody reports it."""

MOVED = (
    Key("tax_cny", actor="junta"),
    Key("tax_usd", actor="junta"),
    Key("tax_cny", actor="kia"),
    Key("exports_t"),
)
"""What the fall of Kanpaiti moves."""


# -- by actor and month ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Months:
    """Taxes by (actor, currency): shape (replications, months)."""

    labels: Sequence[str]
    taken: Mapping[tuple[str, str], Values]

    def takers(self) -> list[str]:
        """Actors that take anything, most first."""
        total = {actor: self.taken[actor, "CNY"].sum() for actor in ACTORS}
        return sorted((actor for actor in ACTORS if total[actor]), key=lambda actor: -total[actor])


def months(bench: Bench) -> Months:
    """The baseline's taxes."""
    start, days = bench.baseline.period.start, bench.baseline.period.days
    labels, _ = months_of(start, days)
    (seen,) = bench.all([bench.baseline], partial(by_actor, start))
    return Months(labels, {key: np.array([one[key] for one in seen]) for key in seen[0]})


def by_actor(start: date, outcome: Outcome) -> dict[tuple[str, str], Values]:
    """Taxes of a run by (actor, currency), shape (months,)."""
    _, firsts = months_of(start, outcome.daily.shape[1])
    series = panel(outcome)
    return {
        (actor, currency): by_month(series[Key(f"tax_{currency.lower()}", actor=actor)], firsts, "sum")
        for actor in ACTORS
        for currency in CURRENCIES
    }


def months_csv(found: Months) -> str:
    """Every actor and month, in CNY and USD."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("month", "actor", "unit", "mean", "p05", "p50", "p95"))
    for at, month in enumerate(found.labels):
        for (actor, currency), values in found.taken.items():
            column = values[:, at]
            numbers = (column.mean(), *np.percentile(column, (BAND[0], 50, BAND[1])))
            writer.writerow((month, actor, currency, *(f"{number:.6g}" for number in numbers)))
    return text.getvalue()


def months_table(found: Months) -> str:
    """The actors that take anything, in millions: CNY with its band, USD beside it."""
    takers = found.takers()
    columns = ["month", *(f"{actor}, M CNY" for actor in takers), *(f"{actor}, M USD" for actor in takers)]
    rows = [
        [
            month,
            *(spread(found.taken[actor, "CNY"][:, at], MILLION) for actor in takers),
            *(spread(found.taken[actor, "USD"][:, at], MILLION).split(" ")[0] for actor in takers),
        ]
        for at, month in enumerate(found.labels)
    ]
    return table(columns, rows)


def yearly(found: Months, actor: str, currency: str) -> str:
    """What an actor takes in a year, millions."""
    values = found.taken[actor, currency]
    return spread(values.sum(axis=1) * 12 / values.shape[1], MILLION)


# -- the Laffer curve ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Laffer:
    """What the share of value that the KIA asks does, shape (rates, states); flows are those of a year."""

    rates: Values
    revenue_cny: Values
    exports_t: Values
    tb_price: Values

    @property
    def best(self) -> Values:
        """The rate that brings most, by state."""
        best: Values = self.rates[self.revenue_cny.argmax(axis=0)]
        return best

    @property
    def middle(self) -> Values:
        """Revenue of the median state, by rate."""
        middle: Values = np.median(self.revenue_cny, axis=1)
        return middle

    @property
    def flat(self) -> Values:
        """Rates at which the median revenue is within FLAT_SHARE of its highest."""
        flat: Values = self.rates[self.middle >= (1.0 - FLAT_SHARE) * self.middle.max()]
        return flat

    def at_edge(self) -> float:
        """Share of states in which the highest rate tried still brings most."""
        return float((self.best == self.rates[-1]).mean())


def laffer(swept: Swept) -> Laffer:
    """The curve from the sweep tax_rate."""
    years = months_in(swept) / MONTHS_PER_YEAR
    return Laffer(
        levels(swept, RATE) / PERCENT,
        cube(swept, "tax_cny", actor="kia") / years,
        cube(swept, "exports_t") / years,
        cube(swept, "price_mean", place="china", element="Tb"),
    )


def laffer_table(found: Laffer) -> str:
    """Revenue, exports and price by rate, with bands over the sampled states."""
    rows = [
        (percent(rate), spread(cny, MILLION), spread(exported), spread(price))
        for rate, cny, exported, price in zip(
            found.rates, found.revenue_cny, found.exports_t, found.tb_price, strict=True
        )
    ]
    return table(("asked", "KIA, M CNY a year", "exports, t a year", "Tb, CNY/kg"), rows)


def laffer_words(found: Laffer) -> str:
    """Where the top is, where it is flat, whether the top was reached at all."""
    low, middle, high = np.percentile(found.best, (BAND[0], 50, BAND[1]))
    flat = found.flat
    text = (
        f"In the median state revenue is highest at {percent(float(found.rates[found.middle.argmax()]))}. By "
        f"state the best rate is {percent(middle)} [{percent(low)}; {percent(high)}]. The curve is flat, "
        f"within {percent(FLAT_SHARE)} of its top, from {percent(float(flat.min()))} to "
        f"{percent(float(flat.max()))}"
    )
    if found.at_edge():
        text += f". In {percent(found.at_edge())} of the states the highest rate tried still brings most"
    return text + "."


def laffer_picture(found: Laffer) -> bytes:
    """Revenue and exports over the rate."""
    picture = Picture("What the KIA gets by the share of the ore's value it asks, a year", 2)
    x = PERCENT * found.rates
    with picture.panel(0, "Revenue of the KIA", "asked, % of value", "billion CNY a year") as axis:
        band(axis, x, found.revenue_cny.T / BILLION, BLUE)
        flat = PERCENT * found.flat
        axis.axvspan(flat.min(), flat.max(), color=SAND, lw=0, zorder=0)
        axis.set_ylim(bottom=0)
    with picture.panel(1, "Exports to China", "asked, % of value", "1,000 t a year") as axis:
        band(axis, x, found.exports_t.T / THOUSAND, ORANGE)
        axis.set_ylim(bottom=0)
    return picture.png()


# -- Kanpaiti --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fall:
    """What the fall of Kanpaiti moves, shape (takes, replications), money a month from the fall on; loss > 0.

    missed_t: exports missed over the rest of the period.
    """

    takes: Sequence[int]
    junta_loss_cny: Values
    junta_loss_usd: Values
    kia_gain_cny: Values
    missed_t: Values


def fall_of_kanpaiti(bench: Bench) -> Fall:
    """The scenario kanpaiti_falls against its reference, for each take that the junta may have had."""
    pairs = []
    for take in TAKES_CNY_PER_T:
        own = bench.scenario("kanpaiti_falls", f"taxes.junta.export_cny_per_t={take} CNY/t")
        parent = own.parent()
        assert parent is not None  # it extends the baseline
        pairs += [own, parent]
    runs = bench.all(pairs, partial(picked, MOVED))
    seen: Values = np.array(runs).transpose(0, 2, 1).reshape(len(TAKES_CNY_PER_T), 2, len(MOVED), -1)
    months = (own.period.end - own.events[-1].start).days / DAYS_PER_MONTH
    missed = seen[:, 1] - seen[:, 0]
    return Fall(
        TAKES_CNY_PER_T, missed[:, 0] / months, missed[:, 1] / months, -missed[:, 2] / months, missed[:, 3]
    )


def fall_table(found: Fall) -> str:
    """By what the junta took a tonne."""
    rows = [
        (f"{take:,}", spread(cny, MILLION), spread(usd, MILLION), spread(gain, MILLION))
        for take, cny, usd, gain in zip(
            found.takes, found.junta_loss_cny, found.junta_loss_usd, found.kia_gain_cny, strict=True
        )
    ]
    columns = (
        "the junta took, CNY/t",
        "it loses, M CNY a month",
        "it loses, M USD a month",
        "the KIA gains, M CNY a month",
    )
    return table(columns, rows, left=0)


def fall_words(found: Fall) -> str:
    """The loss over the whole range, and what else moves."""
    low, high = (spread(found.junta_loss_cny[at], MILLION) for at in (1, -1))
    usd = spread(found.junta_loss_usd[-1], MILLION)
    gain = spread(found.kia_gain_cny[0], MILLION)
    return (
        f"If it took {found.takes[1]:,} CNY/t the junta loses {low} M CNY a month, at {found.takes[-1]:,} "
        f"CNY/t {high} ({usd} M USD). The KIA gains {gain} M CNY a month, and "
        f"{spread(found.missed_t[0])} t of exports never come, because nothing moves until the new holder "
        f"and the operators have terms."
    )


def months_picture(found: Months) -> bytes:
    """What each actor takes by month."""
    takers = found.takers()
    picture = Picture("Taxes by actor and month, baseline", len(takers), height=2.9)
    x = np.arange(len(found.labels))
    for at, actor in enumerate(takers):
        with picture.panel(at, actor, "", "M CNY a month" if at == 0 else "") as axis:
            band(axis, x, found.taken[actor, "CNY"] / MILLION, COLOURS[at])
            axis.set_ylim(bottom=0)
            axis.set_xticks(x[::12], [found.labels[number] for number in x[::12]])
    return picture.png()
