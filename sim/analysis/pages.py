"""The pages of docs/analysis: texts by hand, in which every number is from runs or evidence.

A page is NAME.template.md with `{{name}}` and `{{name argument}}` to fill in; its pictures are img/*.png.
Facts are made when a page first asks for them, so that pages that share runs share them here, too.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sim.analysis import (
    breakeven,
    closures,
    exposure,
    india,
    leverage,
    likelihood,
    removal,
    revenue,
    stocks,
    survival,
)
from sim.analysis.runs import Bench
from sim.analysis.words import Values

PLACE = re.compile(r"\{\{(\w+)(?: ([^}]+))?\}\}")
TEMPLATE = ".template.md"
SCENARIOS_OF_EXPOSURE = ("baseline", "history_2024_2025")
MONTHS_SHOWN = 3.0
"""The closure, in months, that is told day by day."""


@dataclass(frozen=True)
class Budget:
    """How many draws and replications the analyses take that are not sweeps."""

    populations: int = 60
    survivals: int = 6
    india: int = 2
    closures: tuple[float, ...] = closures.MONTHS


class Facts:
    """What the pages tell, each made when first asked for."""

    def __init__(self, bench: Bench, budget: Budget) -> None:
        self.bench, self.budget = bench, budget

    @cached_property
    def months(self) -> revenue.Months:
        """Taxes by actor and month."""
        return revenue.months(self.bench)

    @cached_property
    def laffer(self) -> revenue.Laffer:
        """The sweep tax_rate."""
        return revenue.laffer(self.bench.swept("tax_rate"))

    @cached_property
    def fall(self) -> revenue.Fall:
        """The fall of Kanpaiti."""
        return revenue.fall_of_kanpaiti(self.bench)

    @cached_property
    def break_even(self) -> breakeven.BreakEven:
        """Taxes that put sites under water."""
        return breakeven.break_even(self.bench, self.budget.populations)

    @cached_property
    def leverage(self) -> leverage.Leverage:
        """The sweep closure_length_tax."""
        return leverage.leverage(self.bench.swept("closure_length_tax"))

    @cached_property
    def courses(self) -> Mapping[str, list[closures.Course]]:
        """Closures by gates and length."""
        return {gates: closures.courses(self.bench, gates, self.budget.closures) for gates in closures.GATES}

    @cached_property
    def limits(self) -> list[survival.Limit]:
        """The longest closures survived."""
        return survival.limits(self.bench, self.budget.survivals)

    @cached_property
    def exposures(self) -> Mapping[str, exposure.Exposure]:
        """Concentration by month."""
        return {ref: exposure.exposure(self.bench, ref) for ref in SCENARIOS_OF_EXPOSURE}

    @cached_property
    def removals(self) -> list[removal.Removal]:
        """One part taken away at a time."""
        return removal.removals(self.bench)

    @cached_property
    def chances(self) -> list[tuple[likelihood.History, Values]]:
        """The dated history."""
        return likelihood.drawn(self.bench)

    @cached_property
    def robust(self) -> stocks.Robust:
        """The sweep starting_cover_exponent."""
        return stocks.robust(self.bench.swept("starting_cover_exponent"))

    @cached_property
    def ladder(self) -> list[india.Step]:
        """Constraints of the route to India, lifted one after another."""
        return india.ladder(self.bench, self.budget.india)

    @cached_property
    def grid(self) -> india.Grid:
        """The sweep india_capacity."""
        return india.grid(self.bench.swept(india.SWEEP))

    def course(self, gates: str) -> closures.Course:
        """The closure that is told day by day: the one nearest to MONTHS_SHOWN."""
        return min(self.courses[gates], key=lambda one: abs(one.months - MONTHS_SHOWN))


Part = Callable[[Facts, str], str]
PARTS: Mapping[str, Part] = {
    "replications": lambda facts, _: f"{facts.bench.replications}",
    "sweep": lambda facts, name: facts.bench.described(name),
    # revenue
    "months": lambda facts, _: revenue.months_table(facts.months),
    "yearly": lambda facts, of: revenue.yearly(facts.months, *of.split()),
    "laffer": lambda facts, _: revenue.laffer_table(facts.laffer),
    "laffer_words": lambda facts, _: revenue.laffer_words(facts.laffer),
    "fall": lambda facts, _: revenue.fall_table(facts.fall),
    "fall_words": lambda facts, _: revenue.fall_words(facts.fall),
    # breakeven
    "populations": lambda facts, _: f"{facts.budget.populations}",
    "uncertain_costs": lambda _, __: ", ".join(f"`{name}`" for name in breakeven.UNCERTAIN),
    "rates": lambda facts, _: breakeven.rate_table(facts.break_even),
    "drowned": lambda facts, _: breakeven.drowned_table(facts.break_even),
    "breakeven_words": lambda facts, _: breakeven.words(facts.break_even),
    # leverage
    "sides": lambda facts, _: leverage.sides_table(facts.leverage),
    "sides_by_tax": lambda facts, _: leverage.tax_table(facts.leverage),
    "leverage_words": lambda facts, _: leverage.words(facts.leverage),
    "trade_words": lambda facts, _: leverage.trade_words(facts.bench, facts.leverage),
    # closures
    "cost": lambda facts, of: closures.cost_table(
        facts.courses[of.rpartition(" ")[0]], of.rpartition(" ")[2]
    ),
    "when": lambda facts, gates: closures.when_table(facts.course(gates)),
    "cost_words": lambda facts, gates: closures.words(facts.course(gates), gates),
    "limits": lambda facts, _: survival.limit_table(facts.limits),
    "limit_words": lambda facts, gates: survival.words(facts.limits, gates),
    "short_anyway": lambda facts, _: survival.short_anyway(facts.bench, facts.budget.survivals),
    "survivals": lambda facts, _: f"{facts.budget.survivals}",
    # exposure
    "over_time": lambda facts, ref: exposure.over_time(facts.exposures[ref]),
    "exposure_words": lambda facts, ref: exposure.words(facts.exposures[ref]),
    "ranking": lambda facts, _: removal.ranking(facts.removals),
    "ranking_words": lambda facts, _: removal.words(facts.removals),
    # likelihood
    "record": lambda facts, _: likelihood.record_table(facts.bench),
    "chances": lambda facts, _: likelihood.chance_table(facts.chances),
    "chance_words": lambda facts, _: likelihood.words(facts.chances),
    "beside": lambda facts, _: likelihood.beside_table(facts.chances, facts.leverage),
    # stocks
    "by_stock": lambda facts, element: stocks.stocks_table(facts.robust, element),
    "share_of_stock": lambda facts, element: stocks.share_of_stock(facts.robust, element),
    "stocks_words": lambda facts, _: stocks.words(facts.robust),
    # india
    "india_words": lambda facts, _: india.ladder_words(facts.ladder),
    "ladder": lambda facts, _: india.ladder_table(facts.ladder),
    "road_range": lambda facts, _: india.road_range(facts.bench),
    "road_today": lambda facts, _: india.road_table(facts.bench, facts.budget.india),
    "needed": lambda facts, _: india.needed_table(india.needed(facts.bench), facts.bench),
    "india_grid": lambda facts, _: india.grid_table(facts.grid),
    "tariff_road": lambda _, __: india.TARIFF_ROAD,
    "tariff": lambda facts, _: india.tariff_table(facts.bench, facts.budget.india),
}
"""What may stand in a template: name, and the facts and the argument that make its text."""

PICTURES: Mapping[str, Mapping[str, Callable[[Facts], bytes]]] = {
    "revenue": {
        "taxes": lambda facts: revenue.months_picture(facts.months),
        "laffer": lambda facts: revenue.laffer_picture(facts.laffer),
    },
    "breakeven": {"breakeven": lambda facts: breakeven.picture(facts.break_even)},
    "leverage": {"leverage": lambda facts: leverage.picture(facts.leverage)},
    "closures": {
        "closure": lambda facts: closures.picture(facts.course("Kachin's gates"), "Kachin's gates"),
        "survival": lambda facts: survival.picture(facts.limits),
    },
    "exposure": {
        "concentration": lambda facts: exposure.picture(facts.exposures),
        "removal": lambda facts: removal.picture(facts.removals),
    },
    "likelihood": {"likelihood": lambda facts: likelihood.picture(facts.chances, facts.leverage)},
    "india": {"india": lambda facts: india.picture(facts.grid, facts.ladder)},
    "stocks": {"stocks": lambda facts: stocks.picture(facts.robust)},
}
"""The pictures of each page, by the name of their file."""


def filled(template: str, facts: Facts) -> str:
    """The text of a page. Raises KeyError for a name the template should not have."""
    return PLACE.sub(lambda found: PARTS[found[1]](facts, found[2] or ""), template)


def write(name: str, folder: Path, facts: Facts) -> None:
    """One page with its pictures; README is the page of pages."""
    images = folder / "img"
    images.mkdir(exist_ok=True)
    for picture, draw in PICTURES.get(name, {}).items():
        (images / f"{picture}.png").write_bytes(draw(facts))
    if name == "revenue":
        (folder / "revenue.csv").write_text(revenue.months_csv(facts.months), encoding="utf-8")
    template = (folder / f"{name}{TEMPLATE}").read_text(encoding="utf-8")
    (folder / f"{name}.md").write_text(filled(template, facts), encoding="utf-8")


def names(folder: Path) -> list[str]:
    """The pages that have a template, README last."""
    found = sorted(path.name.removesuffix(TEMPLATE) for path in folder.glob(f"*{TEMPLATE}"))
    return sorted(found, key=lambda name: name == "README")
