"""Mass and money: what came in must be found; the audit at the end of a run holds every scenario to it."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import engine
from sim.ledger import Balance, ConservationError, audit
from sim.model.roads import Roads
from tests.worlds import ALL_GATES, runs, totals, world

starts = st.dates(date(2025, 7, 1), date(2025, 9, 25)).map(date.isoformat)
gates = st.lists(st.sampled_from([*ALL_GATES, "muse"]), min_size=1, unique=True)
times = st.fixed_dictionaries(
    {"start": starts},
    optional={"lasts": st.integers(0, 150).map("{} d".format), "ramp": st.integers(0, 60).map("{} d".format)},
)
kinds = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("gate_closure"),
            "gates": gates,
            "by": st.sampled_from(["china", "controller"]),
            "commodities": st.lists(st.sampled_from(["ore", "reagents", "people"]), min_size=1, unique=True),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("gate_capacity"), "gates": gates, "factor": st.floats(0, 3, allow_subnormal=False)}
    ),
    st.fixed_dictionaries({"kind": st.just("gate_opening"), "gates": gates}),
    st.fixed_dictionaries(
        {
            "kind": st.just("tax_change"),
            "actor": st.sampled_from(["kia", "uwsa", "ndaa"]),
            "point": st.sampled_from(["site", "checkpoint", "export_gate"]),
            "basis": st.just("ad_valorem"),
            "rate": st.floats(0, 1),
            "stack": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {"kind": st.just("driver"), "name": st.just("ndpr_cny_per_t"), "factor": st.floats(0.1, 5)}
    ),
)
events = st.lists(st.tuples(kinds, times).map(lambda pair: pair[0] | pair[1]), max_size=5).map(
    lambda found: [each | {"id": f"e{number}"} for number, each in enumerate(found)]
)


@settings(max_examples=25, deadline=None)
@given(events, st.integers(0, 1000))
def test_mass_and_money_are_conserved_in_any_scenario(events, replication):
    outcome = engine.run(world(replication, months=3, events=events), replication)  # raises on a breach
    assert np.isfinite(outcome.daily).all()
    signed = ("netback_cny_per_t", "operator_margin_cny", "priced_out_kg")  # cheap oxide draws orders in
    levels = [key for key in outcome.keys if key.variable not in signed]
    for key in levels:
        assert outcome.series(*key[:1], **dict(zip(key._fields[1:], key[1:], strict=True))).min() >= -1e-6, (
            key
        )


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
