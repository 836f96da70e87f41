"""Which way things move: laws of sign that any analyst would hold the model to.

Statistical ones compare paired replications under common random numbers and ask for a mean difference of the
right sign, or one within 3 standard errors of it: an error rate under 0.2 % per test if the law is true.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import engine
from tests.worlds import ALL_GATES, KACHIN, closure, event, runs, totals, world


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(ALL_GATES), st.integers(1, 70), st.integers(0, 5))
def test_an_unannounced_closure_never_raises_what_has_passed_the_gate_up_to_its_end(gate, lasts, replication):
    plain = engine.run(world(replication, months=4), replication)
    shut = engine.run(world(replication, months=4, events=[closure([gate], lasts=f"{lasts} d")]), replication)
    end = 31 + lasts
    passed, passed_when_shut = (np.cumsum(o.series("exported_t", place=gate))[:end] for o in (plain, shut))
    assert (passed_when_shut <= passed).all()
    assert passed_when_shut[-1] == passed_when_shut[30]


def not_above(differences: np.ndarray) -> bool:
    """Whether the mean difference is at most zero, up to 3 standard errors."""
    return bool(differences.mean() <= 3 * differences.std(ddof=1) / len(differences) ** 0.5)


@pytest.mark.parametrize(("low", "high"), [("0 CNY/t", "90000 CNY/t"), ("60000 CNY/t", "120000 CNY/t")])
def test_a_higher_tax_never_raises_the_taxed_districts_production(low, high):
    mined = [
        totals(runs(6, months=6, settings={"taxes.kia.export_cny_per_t": rate}), "mined_t", place="pangwa")
        for rate in (low, high)
    ]
    assert not_above(mined[1] - mined[0])
    assert mined[1].mean() < mined[0].mean()


def test_more_separation_capacity_never_lowers_oxide_output():
    cap = "processing.run_cap"
    narrow, wide = (totals(runs(6, settings={cap: c}), "separated_kg", element="Dy") for c in (0.8, 1.2))
    assert not_above(narrow - wide)
    assert wide.mean() > narrow.mean()


def test_a_long_closure_of_all_gates_raises_both_prices():
    shut = runs(6, months=12, events=[closure(ALL_GATES, lasts="240 d")])
    plain = runs(6, months=12)
    for element in ("Dy", "Tb"):
        last = np.array(
            [[o.series("price_cny_per_kg", element=element, place="china")[-60:].mean() for o in many]
             for many in (plain, shut)]
        )  # fmt: skip
        rise = last[1] / last[0] - 1
        assert not_above(-rise)
        assert rise.mean() > 0.1


def test_a_shut_gate_stops_reagents_and_sites_go_idle_after_their_stock():
    (outcome,) = runs(1, months=5, events=[closure(lasts="120 d")])
    at_work = outcome.series("sites_operating", place="pangwa")
    assert outcome.series("reagent_t", place="pangwa")[31:150].sum() == 0.0
    assert at_work[31 + 20] > 0.7 * at_work[30]
    assert at_work[31 + 100] < 0.5 * at_work[30]


def test_a_closure_for_reagents_alone_lets_ore_pass_until_output_falls():
    (embargo,) = runs(1, months=6, events=[closure(lasts="160 d", commodities=["reagents"])])
    (plain,) = runs(1, months=6)
    passed = [sum(o.series("exported_t", place=g) for g in KACHIN) for o in (embargo, plain)]
    assert passed[0][31:61].sum() == pytest.approx(passed[1][31:61].sum(), rel=0.1)
    assert passed[0][150:184].sum() < 0.6 * passed[1][150:184].sum()


def test_an_announced_closure_moves_prices_before_it_starts():
    late = [closure(start="2025-10-01", lasts="90 d")]
    early = [closure(start="2025-10-01", announced="2025-08-01", lasts="90 d")]
    price = [
        o.series("price_cny_per_kg", element="Tb", place="china")
        for e in (late, early)
        for o in runs(1, events=e)
    ]
    assert price[1][31 + 60] > price[0][31 + 60]


def test_a_ramp_reaches_its_full_effect_by_steps():
    ramped = event("driver", name="ndpr_cny_per_t", factor=0.5, ramp="20 d")
    settings_ = {"market.noise_sd": 0}
    (slow,) = runs(1, months=2, events=[ramped], settings=settings_)
    quote = slow.series("ore_price_cny_per_t")
    falls = np.diff(quote[30:52])
    assert (falls[:20] < 0).all()
    assert quote[30] * 0.5 < quote[51] < quote[30] * 0.8


@pytest.mark.slow
def test_steady_is_flat():
    """First against last half year, 24 replications: the 99 % interval of each difference holds zero."""
    outcomes = runs(24, months=24, base="steady")
    half = 182
    for variable, about in [
        ("mined_t", {"place": "pangwa"}),
        ("imports_t", {"place": "myanmar", "heading": "oxide"}),
        ("price_cny_per_kg", {"element": "Tb", "place": "china"}),
        ("price_cny_per_kg", {"element": "Dy", "place": "china"}),
        ("sites_operating", {"place": "chipwi"}),
    ]:
        paths = np.array([o.series(variable, **about) for o in outcomes])
        drift = paths[:, -half:].mean(axis=1) / paths[:, :half].mean(axis=1) - 1
        half_width = 2.807 * drift.std(ddof=1) / len(drift) ** 0.5
        assert abs(drift.mean()) < half_width + 0.005, (variable, about, drift.mean(), half_width)
