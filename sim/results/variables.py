"""The closed list of what a run records daily: name, unit, how a month is made of days, what it is keyed by.

`panel` turns the daily series of one outcome into the complete set of series: absent flows and stocks are
zero, totals are added. Tables and metrics are made from panels only, so that every replication of every
scenario has the same rows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.ledger import Key, Outcome
from sim.places import (
    ACTORS,
    CHINESE_PLANTS,
    CONTROLLERS,
    DISTRICTS,
    ELEMENTS,
    GATES,
    HEADINGS,
    ORIGINS,
    Oxide,
)

Month = Literal["sum", "last", "mean"]
Panel = Mapping[Key, NDArray[np.float64]]

OXIDES: tuple[str, ...] = get_args(Oxide)


@dataclass(frozen=True)
class Variable:
    """One kind of series. `month`: flows are summed, of stocks the last day counts, of prices the mean.

    place, element, actor, heading: the ids its series are kept for; empty: not kept apart by it.
    level: a price or ratio, of which there are no totals and no zero in place of a missing series.
    """

    name: str
    unit: str
    month: Month
    description: str
    place: tuple[str, ...] = ()
    element: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    heading: tuple[str, ...] = ()
    level: bool = False

    def series(self) -> Iterator[Key]:
        """Every series it is kept as, without totals."""
        about = (ids or ("",) for ids in (self.place, self.element, self.actor, self.heading))
        return (Key(self.name, *combination) for combination in product(*about))


_LISTED = (
    Variable("mined_t", "t", "sum", "ore bagged at the sites of a district", place=DISTRICTS),
    Variable("shipped_t", "t", "sum", "ore that left the yards of a district", place=DISTRICTS),
    Variable("mine_stock_t", "t", "last", "ore in the yards of a district", place=DISTRICTS),
    Variable("sites_operating", "site", "last", "sites that leach", place=DISTRICTS),
    Variable(
        "sites_shut_in", "site", "last", "sites suspended: margin, yard full, no inputs", place=DISTRICTS
    ),
    Variable("sites_opened", "site", "sum", "sites whose building began", place=DISTRICTS),
    Variable(
        "netback_cny_per_t",
        "CNY/t",
        "mean",
        "ore price less VAT, taxes, fees and road, at the mine",
        place=DISTRICTS,
        level=True,
    ),
    Variable("reagent_t", "t", "sum", "ammonium sulphate and precipitant used", place=DISTRICTS),
    Variable("gate_arrived_t", "t", "sum", "ore that joined the queue of a gate", place=GATES),
    Variable("exported_t", "t", "sum", "ore that passed a gate", place=GATES),
    Variable(
        "controlled_t",
        "t",
        "sum",
        "ore that passed gates to China while the actor held them",
        actor=CONTROLLERS,
    ),
    Variable("gate_queue_t", "t", "last", "ore waiting at a gate", place=GATES),
    Variable(
        "imports_t", "t", "sum", "cleared by Chinese customs, by origin", place=ORIGINS, heading=HEADINGS
    ),
    Variable("leaked_t", "t", "sum", "ore smuggled into China past the gates"),
    Variable("diverted_t", "t", "sum", "ore that crossed at another gate than its own"),
    Variable("lost_t", "t", "sum", "ore lost on the road"),
    Variable("in_transit_t", "t", "last", "ore on the roads, mine to gate and gate to plant"),
    Variable(
        "feed_stock_t", "t_REO", "last", "ionic feed in front of the plants of a region", place=CHINESE_PLANTS
    ),
    Variable("in_process_t", "t_REO", "last", "feed inside the plants of a region", place=CHINESE_PLANTS),
    Variable("domestic_feed_t", "t_REO", "sum", "ionic ore that China mines itself"),
    Variable("separated_kg", "kg", "sum", "oxide that left the plants", element=OXIDES),
    Variable("evs_served", "car", "sum", "electric cars for which the dysprosium separated would do"),
    Variable("oxide_stock_kg", "kg", "last", "separated oxide in stock in China", element=OXIDES),
    Variable("demand_kg", "kg", "sum", "oxide ordered in China", element=OXIDES),
    Variable(
        "other_oxide_kg",
        "kg",
        "sum",
        "oxide from reserves and new sources, negative if taken",
        element=OXIDES,
    ),
    Variable("unmet_kg", "kg", "sum", "orders that found no oxide", element=OXIDES),
    Variable("priced_out_kg", "kg", "sum", "demand that the price kept from ordering", element=OXIDES),
    Variable("exports_kg", "kg", "sum", "oxide exported from China", element=OXIDES),
    Variable(
        "cover_months",
        "month",
        "last",
        "stock of all stages over smoothed demand",
        element=OXIDES,
        level=True,
    ),
    Variable(
        "price_cny_per_kg",
        "CNY/kg",
        "mean",
        "domestic oxide quote, 13 % VAT included",
        place=("china",),
        element=OXIDES,
        level=True,
    ),
    Variable(
        "price_usd_per_kg",
        "USD/kg",
        "mean",
        "oxide price outside China, without VAT",
        place=("ex_china",),
        element=OXIDES,
        level=True,
    ),
    Variable("ore_price_cny_per_t", "CNY/t", "mean", "quote of ion-adsorption ore in China", level=True),
    Variable("tax_cny", "CNY", "sum", "taxes booked to the actor that collects them", actor=ACTORS),
    Variable("tax_usd", "USD", "sum", "the same at the day's exchange rate", actor=ACTORS),
    Variable("operator_margin_cny", "CNY", "sum", "operators' sales less taxes, road and cash cost"),
    Variable(
        "blocked_trade_cny",
        "CNY",
        "sum",
        "other goods that gates shut by events keep from their holder's area",
        actor=CONTROLLERS,
    ),
    Variable("abroad_stock_kg", "kg", "last", "separated oxide in stock outside China", element=OXIDES),
    Variable("abroad_use_kg", "kg", "sum", "oxide used outside China", element=OXIDES),
    Variable("india_transit_t", "t", "last", "ore on its way to India"),
    Variable("india_delivered_t", "t", "sum", "ore delivered to the Indian plant"),
    Variable("india_separated_kg", "kg", "sum", "oxide separated in India", element=ELEMENTS),
    Variable("india_margin_cny", "CNY", "sum", "India's sales of oxide less ore, separation and tariff"),
    Variable("ore_moved_t", "t", "sum", "ground leached for what was mined", place=DISTRICTS),
    Variable("wastewater_m3", "m3", "sum", "leach liquor and wash water left", place=DISTRICTS),
    Variable("ponds", "pond", "last", "leach ponds built so far", place=DISTRICTS),
)

VARIABLES: Mapping[str, Variable] = {variable.name: variable for variable in _LISTED}


def panel(outcome: Outcome) -> Panel:
    """All series of one outcome by key, each of shape (days,), totals included, in the order of the list.

    Raises ValueError if a series is not of the closed list, or if one is missing that cannot be zero.
    """
    found = dict(zip(outcome.keys, outcome.daily, strict=True))
    series: dict[Key, NDArray[np.float64]] = {}
    unknown = set(found)
    for variable in VARIABLES.values():
        own = _complete(variable, found, outcome.daily.shape[1])
        unknown -= own.keys()
        series |= own
        if not variable.level:
            series |= _totals(own)
    if unknown:
        raise ValueError(f"series outside the closed list of variables: {sorted(unknown)}")
    return series


def _complete(
    variable: Variable, found: Mapping[Key, NDArray[np.float64]], days: int
) -> dict[Key, NDArray[np.float64]]:
    keys = tuple(variable.series())
    present = [key for key in keys if key in found]
    if not present or (variable.level and len(present) < len(keys)):
        raise ValueError(f"the run recorded no {variable.name} ({len(present)} of {len(keys)} series)")
    nothing = np.zeros(days)
    return {key: found.get(key, nothing) for key in keys}


def _totals(own: Mapping[Key, NDArray[np.float64]]) -> dict[Key, NDArray[np.float64]]:
    """Sums over places, actors and headings, singly and together; kilograms of two elements never add."""
    totals: dict[Key, NDArray[np.float64]] = defaultdict(lambda: np.zeros(1))
    for key, values in own.items():
        for total in _coarser(key):
            totals[total] = totals[total] + values
    return dict(totals)


@cache
def _coarser(key: Key) -> tuple[Key, ...]:
    """The keys of the totals that a key is part of, itself not among them."""
    wider = product({key.place, ""}, {key.actor, ""}, {key.heading, ""})
    totals = {key._replace(place=place, actor=actor, heading=heading) for place, actor, heading in wider}
    return tuple(sorted(totals - {key}))
