"""Scenario and evidence become a World: the only place that resolves evidence into numbers.

`build` is cheap and is called once per replication, because a quantity of the scenario may be a law of
numbers: each is drawn from the stream of its own path. Everything here is in base units (sim.inputs.units).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from math import exp
from typing import Any, get_args

from sim import build_parts, ensemble, limits, shares, uncertainty
from sim.changes import INDIA, SHUT_GATES, Effect, TaxRule
from sim.event_effects import Reading, Translation, tax_rules
from sim.evidence import Registry
from sim.evidence.holidays import SPRING_FESTIVAL
from sim.evidence.network import Network
from sim.inputs.quantity import Quantity
from sim.inputs.units import DAYS_PER_MONTH
from sim.places import CHINESE_PLANTS, HEADINGS, ORIGINS, Oxide
from sim.scenario.events import Driver
from sim.scenario.model import Scenario
from sim.streams import Streams
from sim.world import (
    Assay,
    Border,
    District,
    Element,
    Gate,
    India,
    Inflow,
    Landslides,
    Market,
    Mining,
    Road,
    Seasons,
    Separation,
    World,
)

WARMUP_D = 180
"""Technical: three times the longest transient of yards, roads and queues (the dwell in a yard, a month)."""
MAX_BLOCKS = 4
"""Technical: the width of the block table; the evidence gives the mean number of blocks."""
KG_PER_T = 1000.0
MONTHS = range(1, 13)


def build(scenario: Scenario, registry: Registry, replication: int = 0) -> World:
    """The World of one replication of a scenario; replications come draw by draw (Scenario.run.draws)."""
    if scenario.run.draws:
        draw = replication // scenario.run.replications
        scenario, registry = uncertainty.drawn(scenario, registry, draw)
    if scenario.run.ensemble:
        scenario = ensemble.member(scenario, registry.ensemble, replication)
    return _Builder(scenario, registry, replication).world()


class _Builder:
    """Reads parameters by name, remembers which, and derives what the model needs."""

    def __init__(self, scenario: Scenario, registry: Registry, replication: int) -> None:
        self._scenario, self._registry = scenario, registry
        self._network: Network = registry.network
        self._streams = Streams(scenario.run.root_seed, replication)
        self._start = scenario.start_state
        self._used: dict[str, None] = {}
        self._elements: tuple[str, ...] = get_args(Oxide)

    # -- numbers ------------------------------------------------------------------------------------------

    def _p(self, name: str) -> float:
        """A parameter in base units: what the scenario sets, else the evidence."""
        self._used[name] = None
        changed, estimate = self._scenario.set.get(name), self._registry.parameter(name)
        if changed is None:
            return estimate.base
        return limits.checked(estimate, self._draw(changed.value, f"set.{name}"))

    def _level(self, given: Mapping[Any, Quantity], key: str, default: str) -> float:
        """A level at the start: what the scenario's start state says, else a parameter."""
        if key in given:
            return self._draw(given[key], f"start_state.{default}")
        return self._p(default)

    def _months(self, name: str) -> float:
        return self._p(name) / DAYS_PER_MONTH

    def _draw(self, quantity: Quantity, stream: str) -> float:
        """One number of a quantity in base units; the same for the same stream name."""
        if quantity.is_fixed:
            return quantity.fixed_value
        return float(quantity.dist.sample(self._streams.generator(stream), 1)[0])

    # -- parts --------------------------------------------------------------------------------------------

    def world(self) -> World:
        """All parts together."""
        period = self._scenario.period
        days = period.days
        seasons, mining, assay = self._seasons(), self._mining(), self._assay()
        districts = tuple(self._district(name) for name in self._network.districts)
        inflow = self._inflow(districts, mining, seasons, assay)
        separation = self._separation(assay, sum(inflow.values()))
        kg, effects = assay.kg_per_t_reo, self._effects()
        market = self._market(assay, separation)
        return World(
            start=period.start,
            days=days,
            warmup_d=WARMUP_D,
            root_seed=self._scenario.run.root_seed,
            districts=districts,
            gates=self._gates(),
            mining=mining,
            seasons=seasons,
            landslides=self._landslides(),
            haulage=build_parts.haulage(self._p),
            border=self._border(days),
            taxes=self._taxes(),
            assay=assay,
            separation=separation,
            market=market,
            inflow={
                gate: Inflow(
                    reo / assay.reo_per_t["oxide"],
                    {element: reo * kg[element] * separation.recovery for element in kg},
                )
                for gate, reo in inflow.items()
            },
            ore_price=build_parts.ore_price(self._p, self._elements),
            drivers=self._drivers(),
            policies={str(actor): str(policy) for actor, policy in self._start.policies.items()},
            in_kind_sale_d=self._p("taxes.in_kind_sale_d"),
            abroad=build_parts.abroad(self._p, market.elements),
            footprint=build_parts.footprint(self._p, assay, mining.compound_site_share),
            india=self._india(effects, assay, separation),
            general_trade_cny_per_d=self._general_trade(effects),
            effects=effects,
            parameters_used=tuple(sorted(self._used)),
        )

    def _district(self, name: str) -> District:
        home = self._network.districts[name]
        km = self._p(f"roads.{name}.distance_km")
        freight = km * self._p("roads.freight_cny_per_t_km")
        freight += self._p("roads.gate_to_plant_km") * self._p("roads.china_freight_cny_per_t_km")
        count = self._level(self._start.sites, name, f"mines.{name}.sites")
        road = Road(self._p(f"roads.{name}.time_h"), freight)
        return District(name, home.region, self._holders("district")[name], home.gate, round(count), road)

    def _gates(self) -> tuple[Gate, ...]:
        trucks = self._p("borders.gate_trucks_per_d")
        shut = self._start.gates_shut
        holders, detours = self._holders("gate"), self._network.detours
        return tuple(
            Gate(name, holder, trucks, name in shut, detours.get(name, ()))
            for name, holder in holders.items()
        )

    def _holders(self, kind: str) -> dict[str, str]:
        """Who holds each district or gate at the start: the network, unless the scenario says otherwise."""
        if kind == "gate":
            return {**self._network.gates} | {str(g): str(h) for g, h in self._start.gate_control.items()}
        homes = self._network.districts
        given = {str(district): str(holder) for district, holder in self._start.district_control.items()}
        return {name: home.controller for name, home in homes.items()} | given

    def _mining(self) -> Mining:
        p = self._p
        capacity = p("mines.site_capacity_t_per_yr")
        reagent = p("mines.ammonium_sulphate_t_per_t_reo") + p("mines.precipitant_t_per_t_reo")
        return Mining(
            capacity_t_per_d=capacity,
            capacity_sigma=p("mines.site_capacity_sigma"),
            compound_site_share=self._compound_site_share(),
            block_tonnage_t=p("mines.block_tonnage_t"),
            block_sigma=p("mines.block_sigma"),
            blocks_per_site=p("mines.blocks_per_site"),
            max_blocks=MAX_BLOCKS,
            block_gap_d=p("mines.block_gap_d"),
            block_gap_spread=p("mines.block_gap_spread"),
            build_d=p("mines.site_build_d"),
            opening_margin_elasticity=p("mines.opening_margin_elasticity"),
            opening_rate_cap=p("mines.opening_rate_cap"),
            drain_d=p("mines.liquor_drain_d"),
            restart_d=p("mines.restart_d"),
            restart_cv=p("mines.restart_cv"),
            crew_return_d=p("mines.crew_return_d"),
            yard_capacity_d=p("mines.yard_capacity_months"),
            yard_dwell_d=p("mines.yard_dwell_d"),
            rush_dwell_d=p("mines.rush_dwell_d"),
            reagent_stock_d=p("mines.reagent_stock_d"),
            reagent_restock_d=p("mines.reagent_restock_d"),
            reagent_t_per_t_reo=reagent,
            decision_band=p("mines.decision_band"),
            cash_cost_cny_per_t=self._cash_cost_cny_per_t(capacity),
            cost_sigma=p("mines.cost_sigma"),
            cost_growth_per_d=p("mines.cost_growth_per_yr"),
        )

    def _compound_site_share(self) -> float:
        """Share of sites that ship uncalcined, so that compounds are the observed share of gross weight."""
        gross = self._p("mines.compound_share_of_gross")
        bulk = self._p("processing.reo_per_t_oxide") / self._p("processing.reo_per_t_compound")
        return gross / (bulk * (1.0 - gross) + gross)

    def _cash_cost_cny_per_t(self, capacity_t_per_d: float) -> float:
        """Mean cash cost of a tonne of calcined oxide at the mine: labour, reagents, the rest, and risk."""
        p = self._p
        wage_cny_per_d = p("mines.wage_usd_per_month") * self._drivers()["cny_per_usd"]
        labour = p("mines.workers_per_site") * wage_cny_per_d / capacity_t_per_d
        sulphate = p("mines.ammonium_sulphate_t_per_t_reo") * p("mines.ammonium_sulphate_cny_per_t")
        precipitant = p("mines.precipitant_t_per_t_reo") * p("mines.precipitant_cny_per_t")
        reagents = (sulphate + precipitant) * p("processing.reo_per_t_oxide")
        before_risk = labour + reagents + p("mines.other_cost_cny_per_t")
        return before_risk * (1.0 + p("mines.risk_premium"))

    def _seasons(self) -> Seasons:
        """A normal year has mean 1; a severe monsoon takes its months down and is not made up for.

        A scenario says which weather comes; what is usual is the evidence's to say, so that floods find
        orders and plants unprepared.
        """
        wet, worst = self._network.monsoon_months, self._network.severe_months
        factor, severe = self._p("mines.monsoon_output_factor"), self._p("mines.severe_monsoon_output_factor")
        dry = (len(MONTHS) - len(wet) * factor) / (len(MONTHS) - len(wet))
        normal = tuple(factor if month in wet else dry for month in MONTHS)
        flooded = tuple(severe if month in worst else normal[month - 1] for month in MONTHS)
        chance = self._registry.parameter("mines.severe_monsoon_probability").base
        slow = self._p("roads.monsoon_time_factor")
        return Seasons(
            normal_output=normal,
            severe_output=flooded,
            usual_output=tuple(n + (f - n) * chance for n, f in zip(normal, flooded, strict=True)),
            severe_probability=self._p("mines.severe_monsoon_probability"),
            severe_shared=self._p("mines.severe_monsoon_shared"),
            rush=tuple(month in self._network.rush_months for month in MONTHS),
            road_time=tuple(slow if month in wet else 1.0 for month in MONTHS),
        )

    def _landslides(self) -> Landslides:
        p, months = self._p, self._network.monsoon_months
        per_season, share = p("mines.landslide_per_season"), p("mines.landslide_share")
        return Landslides(per_season, months, share, p("mines.landslide_d"))

    def _border(self, days: int) -> Border:
        """Clearance and the holidays of the whole run; a holiday begins on the eve of its day."""
        length = self._p("borders.spring_festival_closed_d")
        first = [self._day(day) - 1 for day in self._registry.calendar[SPRING_FESTIVAL]]
        last = WARMUP_D + days
        holidays = [(float(d), d + length) for d in first if d >= 0 and d + length < last and length > 0]
        return Border(self._p("borders.clearance_d"), self._p("borders.clearance_sigma"), tuple(holidays))

    def _day(self, on: date) -> int:
        """Run time of a date's midnight."""
        return WARMUP_D + (on - self._scenario.period.start).days

    def _assay(self) -> Assay:
        p = self._p
        return Assay(
            {heading: p(f"processing.reo_per_t_{heading}") for heading in HEADINGS},
            {e: KG_PER_T * p(f"processing.{e.lower()}_share_of_reo") for e in self._elements},
        )

    def _inflow(
        self, districts: Sequence[District], mining: Mining, seasons: Seasons, assay: Assay
    ) -> Mapping[str, float]:
        """Normal flow through each gate in t_REO a day: sites at work x capacity x season, less losses."""
        season = sum(seasons.usual_output) / len(seasons.usual_output)
        block_t = mining.block_tonnage_t * exp(mining.block_sigma**2 / 2)
        worked_d = mining.blocks_per_site * block_t / mining.capacity_t_per_d / season
        idle_d = mining.blocks_per_site * mining.drain_d + (mining.blocks_per_site - 1) * mining.block_gap_d
        at_work = worked_d / (worked_d + idle_d)
        per_site = mining.capacity_t_per_d * season * at_work * assay.reo_per_t["oxide"]
        per_site *= 1.0 - self._p("roads.loss_probability")
        flow: dict[str, float] = {}
        for district in districts:
            flow[district.gate] = flow.get(district.gate, 0.0) + district.sites * per_site
        return flow

    def _separation(self, assay: Assay, myanmar_t_reo_per_d: float) -> Separation:
        p = self._p
        origins = {o: p(f"processing.{o}_oxide_t_per_month") for o in ORIGINS if o != "myanmar"}
        domestic = p("processing.domestic_ionic_t_reo_per_yr")
        imported = sum(origins.values()) * assay.reo_per_t["oxide"]
        return Separation(
            domestic_t_reo_per_d=domestic,
            origins_t_per_d=origins,
            origins_elasticity=p("processing.other_supply_elasticity"),
            origins_lag_d=p("processing.other_supply_lag_d"),
            regions=self._regions(),
            recycled_kg_per_d={e: p(f"processing.recycled_{e.lower()}_kg_per_yr") for e in self._elements},
            start_throughput_t_reo_per_d=myanmar_t_reo_per_d + imported + domestic,
            feed_d=p("processing.feed_d"),
            process_d=round(p("processing.process_d")),
            recovery=p("processing.recovery"),
            run_response=p("processing.run_response"),
            short_feed_d=p("processing.short_feed_d"),
            run_cap=p("processing.run_cap"),
        )

    def _regions(self) -> dict[str, float]:
        """How the plants share the feed; the others make up for a share that a scenario sets."""
        names = {region: f"processing.share_{region}" for region in CHINESE_PLANTS}
        said = [region for region, name in names.items() if name in self._scenario.set]
        return shares.of_whole({region: self._p(name) for region, name in names.items()}, said)

    def _market(self, assay: Assay, separation: Separation) -> Market:
        p = self._p
        return Market(
            exponent=p("market.cover_exponent"),
            target_months=self._months("market.cover_target_months"),
            glut_weight=p("market.glut_weight"),
            floor_months=self._months("market.cover_floor_months"),
            lag_d=p("market.cover_lag_months"),
            expectation_weight=p("market.expectation_weight"),
            expected_closure_d=p("market.expected_closure_d"),
            smoothing_d=p("market.demand_smoothing_d"),
            elasticity_short=p("market.elasticity_short"),
            elasticity_long=p("market.elasticity_long"),
            elasticity_lag_d=p("market.elasticity_lag_months"),
            substitution_cap_per_d=p("market.substitution_cap_per_yr"),
            noise_sd=p("market.noise_sd"),
            noise_half_life_d=p("market.noise_half_life_d"),
            news_half_life_d=p("market.news_half_life_months"),
            vat=p("taxes.china.import_vat"),
            elements=tuple(self._element(name, assay, separation) for name in self._elements),
        )

    def _element(self, name: str, assay: Assay, separation: Separation) -> Element:
        """At the start orders equal supply: what is separated and recycled is used at home or exported."""
        family = f"market.{name.lower()}"
        separated = separation.start_throughput_t_reo_per_d * assay.kg_per_t_reo[name] * separation.recovery
        supply = separated + separation.recycled_kg_per_d[name]
        exports = self._p(f"{family}.exports_kg_per_month")
        price = self._level(self._start.prices, name, f"{family}.start_price_cny_per_kg")
        return Element(
            name=name,
            start_price_cny_per_kg=price,
            start_stock_kg=self._p(f"{family}.oxide_stock_months") * supply,
            demand_kg_per_d=supply - exports,
            exports_kg_per_d=exports,
            growth_per_d=self._p(f"{family}.demand_growth_per_yr"),
        )

    def _drivers(self) -> Mapping[str, float]:
        return {name: self._level(self._start.drivers, name, f"market.{name}") for name in get_args(Driver)}

    # -- taxes and events ---------------------------------------------------------------------------------

    def _taxes(self) -> tuple[TaxRule, ...]:
        """What each actor takes, at every place of the kind: a rule bites where its actor rules."""
        p, districts, gates = self._p, tuple(self._network.districts), tuple(self._network.gates)
        gate_rules = (
            ("ndak", "per_t", "taxes.ndak.export_cny_per_t"),
            ("kia", "per_t", "taxes.kia.export_cny_per_t"),
            ("uwsa", "ad_valorem", "taxes.uwsa.export_share"),
            ("ndaa", "ad_valorem", "taxes.ndaa.export_share"),
            ("ndaa", "per_t", "taxes.ndaa.gate_cny_per_t"),
            ("junta", "per_t", "taxes.junta.export_cny_per_t"),
        )
        rules = [
            rule
            for actor, basis, name in gate_rules
            for rule in tax_rules(actor, "export_gate", basis, p(name), gates)
        ]
        for actor in ("ndak", "kia", "uwsa", "ndaa"):
            rules += tax_rules(actor, "site", "lump_sum", p(f"taxes.{actor}.site_cny_per_yr"), districts)
        rules += tax_rules("china", "import", "ad_valorem", p("taxes.china.import_vat"), ("",))
        return tuple(rules)

    def _effects(self) -> tuple[Effect, ...]:
        holders = {"district": self._holders("district"), "gate": self._holders("gate")}
        end_d = float(WARMUP_D + self._scenario.period.days)
        reading = Reading(self._day, end_d, self._draw, self._streams.generator, self._p, holders)
        translate = Translation(reading)
        return tuple(translate(event) for event in self._scenario.events)

    def _india(self, effects: Sequence[Effect], assay: Assay, separation: Separation) -> India | None:
        """India, where a scenario has to do with it: other runs do not read its numbers."""
        if not any(isinstance(effect, INDIA) for effect in effects):
            return None
        return build_parts.india(self._p, self._network, assay, separation)

    def _general_trade(self, effects: Sequence[Effect]) -> float:
        if not any(isinstance(effect, SHUT_GATES) for effect in effects):
            return 0.0
        return self._p("bargaining.general_trade_cny_per_d")
