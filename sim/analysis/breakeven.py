"""Which tax shuts a quarter, half or three quarters of the sites, by district and price of NdPr.

A share s of the ore's value leaves a site netback(0) - s x value. It is under water from the share

    s* = (netback(0) - cash cost) / value

on, exactly. Holders of district and gate take what they take today, but for the levy at the export gate,
which the share replaces. Costs are drawn: site by site, and their parts from the ranges of the evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim import sites
from sim.analysis.pictures import COLOURS, GREY, Picture, band
from sim.analysis.runs import Bench, ranged
from sim.analysis.words import BAND, PERCENT, THOUSAND, Values, percent, table
from sim.sites import HEADINGS
from sim.streams import Streams
from sim.underwater import NDPR_CNY_PER_T, costs, netback_of, quote
from sim.world import World

UNCERTAIN = (
    "mines.other_cost_cny_per_t",
    "mines.wage_usd_per_month",
    "mines.workers_per_site",
    "mines.ammonium_sulphate_cny_per_t",
    "mines.ammonium_sulphate_t_per_t_reo",
    "mines.precipitant_cny_per_t",
    "mines.risk_premium",
    "mines.cost_sigma",
    "mines.cost_growth_per_yr",
    "market.treatment_charge_cny_per_t",
)
"""What decides the cash cost and the charge that comes off the quote: drawn from their ranges."""

SHUT = (0.25, 0.5, 0.75)
REPORTED = 0.2
"""The levy that was reported, as a share of value."""

RATES = (0.1, 0.2, 0.3, 0.4, 0.5)


TODAY_CNY_PER_T = 444_500.0
"""The price of NdPr in the baseline, one of NDPR_CNY_PER_T."""


@dataclass(frozen=True)
class BreakEven:
    """By district and NdPr price, over the draws.

    rate: the tax at which each share of SHUT is under water, shape (districts, prices, draws, SHUT).
    drowned: share of sites under water at each of RATES, shape (districts, prices, draws, RATES).
    """

    districts: Sequence[str]
    rate: Values
    drowned: Values


def break_even(bench: Bench, draws: int) -> BreakEven:
    """The tables, from `draws` populations under costs of their own."""
    scenario = ranged(bench.scenario("baseline", ensemble=False), bench.registry, UNCERTAIN)
    rate, drowned = [], []
    for number in range(draws):
        world = bench.world(scenario, number)
        limits = limits_by_district(world, sites.draw(world, Streams(world.root_seed, number)))
        rate.append([[np.quantile(one, SHUT) for one in row] for row in limits])
        drowned.append([[[(one < r).mean() for r in RATES] for one in row] for row in limits])
    names = [district.name for district in world.districts]
    return BreakEven(names, np.moveaxis(np.array(rate), 0, 2), np.moveaxis(np.array(drowned), 0, 2))


def limits_by_district(world: World, population: sites.Population) -> list[list[Values]]:
    """The highest share that each site at work can bear, by district and NdPr price."""
    cost, pool = costs(world, population, population.working)
    levies = ("per_t", "ad_valorem")
    untaxed = tuple(r for r in world.taxes if r.point != "export_gate" or r.basis not in levies)
    netback = netback_of(world, untaxed)
    found: list[list[Values]] = [[] for _ in world.districts]
    for ndpr in NDPR_CNY_PER_T:
        rule = quote(world, ndpr)
        value = np.tile([rule.worth[heading] for heading in HEADINGS], len(world.districts))
        limit = (netback(ndpr)[pool] - cost) / (value * rule.oxide_cny_per_t)[pool]
        for number, row in enumerate(found):
            row.append(limit[pool // len(HEADINGS) == number])
    return found


def rate_table(found: BreakEven) -> str:
    """The tax that shuts a quarter, half and three quarters, by district and price."""
    rows = [
        (district, percent(share), *(_shares(found.rate[d, p, :, s]) for p in range(len(NDPR_CNY_PER_T))))
        for d, district in enumerate(found.districts)
        for s, share in enumerate(SHUT)
    ]
    return table(("district", "of its sites", *_prices()), rows, left=2)


def drowned_table(found: BreakEven) -> str:
    """Share of sites under water, by district, tax and price."""
    rows = [
        (district, percent(rate), *(_shares(found.drowned[d, p, :, r]) for p in range(len(NDPR_CNY_PER_T))))
        for d, district in enumerate(found.districts)
        for r, rate in enumerate(RATES)
    ]
    return table(("district", "tax", *_prices()), rows, left=2)


def words(found: BreakEven, district: str = "pangwa") -> str:
    """The answer for one district at today's price and the lowest."""
    d, today = found.districts.index(district), NDPR_CNY_PER_T.index(TODAY_CNY_PER_T)
    quarter, half, most = (_shares(found.rate[d, today, :, s]) for s in range(len(SHUT)))
    low = _shares(found.rate[d, 0, :, 1])
    return (
        f"In {district.capitalize()}, at {TODAY_CNY_PER_T:,.0f} CNY/t of NdPr, a tax of {quarter} of the "
        f"ore's value puts a quarter of the sites under water, {half} half and {most} three quarters. "
        f"At {NDPR_CNY_PER_T[0]:,.0f} CNY/t half are under water at {low}."
    )


def _prices() -> list[str]:
    return [f"NdPr {price / THOUSAND:,.0f}" for price in NDPR_CNY_PER_T]


def _shares(values: Values) -> str:
    low, middle, high = np.percentile(values, (BAND[0], 50, BAND[1]))
    return f"{percent(middle)} [{PERCENT * low:.0f}; {PERCENT * high:.0f}]"


def picture(found: BreakEven) -> bytes:
    """The tax at which half of the sites are under water, over the price of NdPr, by district."""
    drawn = Picture("The tax, as a share of the ore's value, that puts sites under water", len(SHUT))
    x = [price / THOUSAND for price in NDPR_CNY_PER_T]
    for s, share in enumerate(SHUT):
        title = f"{percent(share)} of the sites"
        with drawn.panel(s, title, "NdPr, 1,000 CNY/t", "tax, % of value" if s == 0 else "") as axis:
            axis.axhline(PERCENT * REPORTED, color=GREY, lw=1, ls="--")
            for d, district in enumerate(found.districts):
                runs = PERCENT * found.rate[d, :, :, s].T
                if d == 0:
                    band(axis, x, runs, COLOURS[d], district)
                else:
                    axis.plot(x, np.median(runs, axis=0), color=COLOURS[d], lw=1.2, label=district)
            axis.set_ylim(bottom=0)
            if s == 0:
                axis.legend(fontsize=7, frameon=False, loc="upper left")
    return drawn.png()
