"""Do the numbers belong together? A balance sheet of a World at its start, against what was observed.

Sites times output must give the imports that customs saw, supply of Dy and Tb must meet orders and exports,
the quoting rule must give the quoted ore price, and taxes, cost and price must leave the mines at work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log
from statistics import NormalDist

from sim.evidence import Registry
from sim.inputs.units import DAYS_PER_MONTH, DAYS_PER_YEAR
from sim.model.operators import Netback
from sim.model.ore import OreQuote
from sim.model.taxes import TaxBook
from sim.world import Element, World

KG_PER_T = THOUSAND = 1000.0
IMPORTS_TOLERANCE = 0.15
ORDERS_TOLERANCE = 0.01
QUOTE_TOLERANCE = 0.02
SURVEY_COVERAGE = (0.7, 1.0)
"""What the monthly surveys of oxide output can cover of the whole."""
SITES_AT_WORK = (0.9, 1.0)


@dataclass(frozen=True)
class Line:
    """One comparison: `value` should lie between `low` and `high`, because of `against`."""

    what: str
    value: float
    low: float
    high: float
    unit: str
    against: str

    @property
    def holds(self) -> bool:
        """Whether the value lies in its range."""
        return self.low <= self.value <= self.high

    @property
    def span(self) -> str:
        """The range in words; empty where any value will do."""
        return "" if self.high == inf else f"{_told(self.low)} to {_told(self.high)}"

    def plain(self) -> dict[str, str | float | bool | None]:
        """The line as JSON-ready data; an end that is open is None."""
        open_end = {"high": None} if self.high == inf else {}
        return {**vars(self), **open_end, "holds": self.holds}

    def __str__(self) -> str:
        """Two lines that fit 100 columns."""
        verdict = "" if self.holds else "  OUT OF RANGE"
        number = f"{_told(self.value):>8} {self.unit:<7} {self.span:<18}{verdict}"
        return f"{self.what:<62} {number}\n    {self.against}"


def _told(number: float) -> str:
    return f"{number:,.0f}" if number >= THOUSAND else f"{number:.3g}"


def sheet(world: World, registry: Registry) -> list[Line]:
    """All lines for a world that starts in the present regime."""
    return [*_imports(world, registry), *_elements(world, registry), *_mines(world, registry)]


def _around(observed: float, tolerance: float) -> tuple[float, float]:
    return observed * (1.0 - tolerance), observed * (1.0 + tolerance)


def _observed(registry: Registry, *ids: str) -> float:
    return sum(registry.observations[name].value for name in ids)


def _imports(world: World, registry: Registry) -> Iterator[Line]:
    """Imports of a normal year by heading, from sites, capacity, season and losses."""
    share, reo = world.mining.compound_site_share, world.assay.reo_per_t
    kg_per_t_reo = next(iter(world.assay.kg_per_t_reo.items()))
    t_reo = sum(gate.kg_per_d[kg_per_t_reo[0]] for gate in world.inflow.values())
    t_reo *= DAYS_PER_YEAR / kg_per_t_reo[1] / world.separation.recovery
    oxide, compound = t_reo * (1.0 - share) / reo["oxide"], t_reo * share / reo["compound"]
    year_2023 = _observed(registry, "imports_myanmar_2023_oxides")
    nine_months = "imports_myanmar_2024_01_to_2024_09_"
    pace_2024 = _observed(registry, f"{nine_months}oxides", f"{nine_months}compounds") * 12 / 9
    yield Line(
        "oxide imports from Myanmar, mean year",
        oxide,
        *_around(year_2023, IMPORTS_TOLERANCE),
        "t",
        "customs, 2023 (imports_myanmar_2023_oxides)",
    )
    yield Line(
        "oxide and compound imports from Myanmar, mean year",
        oxide + compound,
        *_around(pace_2024, IMPORTS_TOLERANCE),
        "t",
        "customs, January to September 2024 at a yearly rate",
    )


def _elements(world: World, registry: Registry) -> Iterator[Line]:
    separation = world.separation
    for element in world.market.elements:
        kg_per_t_reo = world.assay.kg_per_t_reo[element.name]
        separated = separation.start_throughput_t_reo_per_d * kg_per_t_reo * separation.recovery
        supply = separated + separation.recycled_kg_per_d[element.name]
        used = element.demand_kg_per_d + element.exports_kg_per_d
        yield Line(
            f"{element.name}: orders and exports over supply",
            used / supply,
            1.0 - ORDERS_TOLERANCE,
            1.0 + ORDERS_TOLERANCE,
            "",
            "a market in balance at the start",
        )
        survey_t = _observed(registry, f"{element.name.lower()}_output_2024_05")
        yield Line(
            f"{element.name}: survey of May 2024 over supply",
            survey_t * KG_PER_T / (supply * DAYS_PER_MONTH),
            *SURVEY_COVERAGE,
            "",
            "share of output that the monthly survey covers",
        )
        yield Line(
            f"{element.name}: cover at the start",
            _cover_months(world, element, separated, used),
            0.0,
            inf,
            "months",
            "feed, in process and oxide, over orders",
        )


def _cover_months(world: World, element: Element, separated: float, used: float) -> float:
    separation = world.separation
    stock_kg = element.start_stock_kg + separated * (separation.feed_d + separation.process_d)
    return stock_kg / used / DAYS_PER_MONTH


def _mines(world: World, registry: Registry) -> Iterator[Line]:
    """The ore quote, and the share of sites whose netback covers their cash cost."""
    quote = OreQuote(world.ore_price, world.assay.reo_per_t)
    prices = {element.name: element.start_price_cny_per_kg for element in world.market.elements}
    quote.update(world.drivers["ndpr_cny_per_t"], prices)
    quoted = _observed(registry, "ore_price_2025_06_26")
    yield Line(
        "ore quote at the start",
        quote.oxide_cny_per_t,
        *_around(quoted, QUOTE_TOLERANCE),
        "CNY/t",
        "price report, 26 June 2025 (ore_price_2025_06_26)",
    )
    holders = {gate.name: gate.controller for gate in world.gates}
    for index, district in enumerate(world.districts):
        stops = [
            (district.controller, "site", district.name),
            (district.controller, "checkpoint", district.name),
            (holders[district.gate], "export_gate", district.gate),
        ]
        netback = Netback(world, quote.worth)
        netback.refresh(TaxBook(world.taxes), lambda *_, stops=stops: stops)
        oxide_cny_per_t = netback.cny_per_t(quote.oxide_cny_per_t)[2 * index]
        yield Line(
            f"{district.name}: share of sites whose netback covers their cost",
            _share_covered(world, oxide_cny_per_t),
            *SITES_AT_WORK,
            "",
            f"netback {oxide_cny_per_t:,.0f}, mean cash cost {world.mining.cash_cost_cny_per_t:,.0f} CNY/t",
        )


def _share_covered(world: World, netback_cny_per_t: float) -> float:
    """Share of calcining sites with a cash cost under the netback, young and old alike."""
    sigma = world.mining.cost_sigma
    if netback_cny_per_t <= 0.0:
        return 0.0
    margin = log(netback_cny_per_t / world.mining.cash_cost_cny_per_t) + sigma**2 / 2
    return NormalDist().cdf(margin / sigma) if sigma else float(margin > 0.0)
