"""Mass and money: what came in must be found; the audit at the end of a run holds every scenario to it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import engine
from sim.ledger import Balance, ConservationError, Key, audit
from sim.model.processing import Plants
from sim.model.roads import Roads
from sim.world import World
from tests.laws.strategies import events
from tests.worlds import runs, totals, world

SIGNED = (  # cheap oxide draws orders in; reserves buy; India may lose on its ore
    "netback_cny_per_t",
    "operator_margin_cny",
    "priced_out_kg",
    "other_oxide_kg",
    "india_margin_cny",
)


@settings(max_examples=40, deadline=None)
@given(events, st.integers(0, 1000))
def test_mass_and_money_are_conserved_in_any_scenario(events, replication):
    outcome = engine.run(world(replication, months=3, events=events), replication)  # raises on a breach
    assert np.isfinite(outcome.daily).all()
    for key, days in zip(outcome.keys, outcome.daily, strict=True):
        assert key.variable in SIGNED or days.min() >= -1e-6, key


class Book:
    """All series of a run from its first day, warm-up included, as an observer finds them."""

    def __init__(self, world: World, replication: int) -> None:
        seen: list[Mapping[Key, Sequence[float]]] = []
        engine.run(world, replication, [lambda day, book: seen.append(book)])
        self._book = seen[-1]

    def __getitem__(self, variable: str) -> np.ndarray:
        """Sum over all places, elements, actors and headings."""
        return self.sum(variable)

    def sum(self, variable: str, **about: str) -> np.ndarray:
        """Sum of the series that fit, by day."""
        wanted = {"variable": variable, **about}.items()
        return np.sum([days for key, days in self._book.items() if wanted <= key._asdict().items()], axis=0)


def later(days: np.ndarray, by_d: float) -> np.ndarray:
    """What happens so many whole days after each day."""
    shift = int(by_d)
    return np.concatenate([np.zeros(shift), days[:-shift]])


@settings(max_examples=20, deadline=None)
@given(events, st.integers(0, 1000))
def test_the_daily_books_of_any_scenario_add_up(events, replication):
    """Stock by stock from what is written down, without the model's own audit; all ore as oxide."""
    oxide_only = {"mines.compound_share_of_gross": 0, "borders.leak_recorded_as_laos": 0}
    chain = world(replication, months=3, events=events, settings=oxide_only)
    book, haulage = Book(chain, replication), chain.haulage

    for district in chain.districts:
        stock = book.sum("mine_stock_t", place=district.name)
        moved = book.sum("mined_t", place=district.name) - book.sum("shipped_t", place=district.name)
        np.testing.assert_allclose(np.diff(stock), moved[1:], atol=1e-6)

    delivered = later(book.sum("imports_t", place="myanmar"), haulage.gate_to_plant_d)
    leaked = later(book["leaked_t"], haulage.leak_d)
    arrived = np.cumsum(delivered + leaked + book["lost_t"] + book["india_delivered_t"])
    on_the_way = book["in_transit_t"] + book["gate_queue_t"] + book["india_transit_t"]
    held_by_actors = np.cumsum(book["shipped_t"]) - arrived - on_the_way
    assert held_by_actors.min() > -1e-6
    if not any(event.get("basis") == "in_kind" for event in events):
        assert held_by_actors.max() < 1e-6

    plants, first = chain.separation, chain.warmup_d
    others = sum(book.sum("imports_t", place=origin) for origin in ("laos", "malaysia", "other"))
    fed = (delivered + leaked + others)[first:] * chain.assay.reo_per_t["oxide"]
    t_reo = np.cumsum(fed + book["domestic_feed_t"][first:])
    t_reo += plants.start_throughput_t_reo_per_d * (plants.feed_d + plants.process_d)
    for element, kg_per_t_reo in chain.assay.kg_per_t_reo.items():
        finished = book.sum("separated_kg", element=element)[first:] / (kg_per_t_reo * plants.recovery)
        found = (book["feed_stock_t"] + book["in_process_t"])[first:] + np.cumsum(finished)
        np.testing.assert_allclose(found, t_reo, rtol=1e-9)

    for element in chain.market.elements:
        supply = book.sum("separated_kg", element=element.name) + plants.recycled_kg_per_d[element.name]
        supply = supply + book.sum("other_oxide_kg", element=element.name)
        used = book.sum("demand_kg", element=element.name) - book.sum("unmet_kg", element=element.name)
        stock = element.start_stock_kg + np.cumsum((supply - used)[first:])
        np.testing.assert_allclose(
            book.sum("oxide_stock_kg", element=element.name)[first:], stock, rtol=1e-9, atol=1e-3
        )

    for element in chain.abroad.elements:
        india = book.sum("india_separated_kg", element=element.name)
        arrived = book.sum("exports_kg", element=element.name) + india
        abroad = book.sum("abroad_stock_kg", element=element.name)[first:]
        moved = (arrived - book.sum("abroad_use_kg", element=element.name))[first:]
        others = np.diff(abroad) - moved[1:]
        assert others.min() > -1e-6
        if not any(event["kind"] == "other_supply" for event in events):
            assert others.max() < 1e-6


@pytest.mark.parametrize("element", ["Dy", "Tb"])
def test_an_element_that_vanishes_in_the_plants_fails_the_run(monkeypatch, element):
    """A plant that passes on a kilogram too little of one element only."""
    refine = Plants._refine

    def leaky(self, t_reo):
        kg = refine(self, t_reo)
        return {**kg, element: kg[element] * 0.999}

    monkeypatch.setattr(Plants, "_refine", leaky)
    with pytest.raises(ConservationError, match=f"mass: {element} in the plants") as broken:
        engine.run(world(months=1), 0)
    assert "REO" not in str(broken.value)


def test_the_flat_tax_is_its_rate_times_the_tonnes_that_crossed_and_the_sites_that_pay():
    (outcome,) = runs(1, months=4, settings={"taxes.kia.site_cny_per_yr": "0 CNY/yr"})
    crossed = sum(totals([outcome], "exported_t", place=gate)[0] for gate in ("pangwa", "kanpaiti", "lweje"))
    assert totals([outcome], "tax_cny", actor="kia")[0] == pytest.approx(35_000 * crossed)


def test_vat_is_13_percent_of_the_net_value():
    changed = {"borders.clearance_sigma": 0, "market.noise_sd": 0}
    (outcome,) = runs(1, months=4, settings=changed)
    value = 0.0
    for heading, reo in world().assay.reo_per_t.items():
        tonnes = outcome.series("imports_t", place="myanmar", heading=heading)
        value += (tonnes * reo / 0.92 * outcome.series("ore_price_cny_per_t")).sum()
    vat = totals([outcome], "tax_cny", actor="china")[0]
    assert vat == pytest.approx(value * 0.13 / 1.13, rel=0.01)  # the quote moves between gate and clearance


def test_a_lot_that_vanishes_fails_the_run_with_its_figures(monkeypatch):
    monkeypatch.setattr(
        Roads, "_lose", lambda self, lot: setattr(self, "in_transit_t", self.in_transit_t - 25)
    )
    with pytest.raises(ConservationError, match=r"mass: ore from mine to plant.*mined.*t apart"):
        engine.run(world(months=2, settings={"roads.loss_probability": 0.5}), 0)


@pytest.mark.parametrize(("entered", "holds"), [(10.0, True), (10.1, False), (float("nan"), False)])
def test_audit_names_what_does_not_add_up(entered, holds):
    law = Balance("mass: test", "t", {"in": entered}, {"out": 4.0, "left": 6.0})
    if holds:
        audit([law])
    else:
        with pytest.raises(ConservationError, match=r"mass: test: in .* entered, out 4\.000 .* t apart"):
            audit([law])
