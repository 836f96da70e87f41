"""Who holds a place takes its taxes: changes of control, and ore that is taken in kind."""

import numpy as np
import pytest

from tests.worlds import KACHIN, event, runs, totals, world

START, GAP_D = 31, 40
SETTLED = START + GAP_D
NDAK_SITE_CNY_PER_YR, NDAK_EXPORT_CNY_PER_T = 500_000.0, 15_000.0
NDAK = {
    "taxes.ndak.site_cny_per_yr": f"{NDAK_SITE_CNY_PER_YR} CNY/yr",
    "taxes.ndak.export_cny_per_t": f"{NDAK_EXPORT_CNY_PER_T} CNY/t",
    "borders.leak_share": 0,
    "roads.divert_share": 0,
}


def taken(**fields):
    """Pangwa, district and gate, falls to an actor that held nothing."""
    change = event("control_change", places=["pangwa"], to="ndak", gap=f"{GAP_D} d", **fields)
    (outcome,) = runs(1, months=7, events=[change], settings=NDAK)
    return outcome


# -- changes of control -----------------------------------------------------------------------------------


def test_taxes_pass_to_the_new_holder():
    outcome = taken()
    ndak = outcome.series("tax_cny", actor="ndak")
    crossed = outcome.series("exported_t", place="pangwa")
    assert ndak[:START].sum() == 0.0
    after = slice(SETTLED + 1, None)
    lump_sums = ndak[after] - crossed[after] * NDAK_EXPORT_CNY_PER_T
    sites = lump_sums / (NDAK_SITE_CNY_PER_YR / 365.25)
    assert sites == pytest.approx(np.round(sites))
    assert sites.min() > 100
    (plain,) = runs(1, months=7, settings=NDAK)
    kia = [o.series("tax_cny", actor="kia") for o in (plain, outcome)]
    np.testing.assert_array_equal(kia[0][:START], kia[1][:START])
    assert kia[1][after].sum() < 0.7 * kia[0][after].sum()


def test_in_the_gap_nothing_is_leached_and_nothing_passes():
    outcome = taken()
    assert outcome.series("sites_operating", place="pangwa")[START:SETTLED].max() == 0.0
    assert outcome.series("exported_t", place="pangwa")[START:SETTLED].sum() == 0.0
    assert outcome.series("shipped_t", place="pangwa")[START:SETTLED].sum() == 0.0
    assert outcome.series("sites_operating", place="chipwi")[START:SETTLED].min() > 100
    assert outcome.series("exported_t", place="pangwa")[SETTLED : SETTLED + 10].sum() > 0.0
    assert outcome.series("sites_operating", place="pangwa")[SETTLED + 75] > 100


def test_the_agreement_costs_every_site_a_year_of_its_lump_sum():
    outcome = taken()
    ndak = outcome.series("tax_cny", actor="ndak")
    sites = ndak[SETTLED - 1] / (NDAK_SITE_CNY_PER_YR / 365.25)
    crossed = outcome.series("exported_t", place="pangwa")[SETTLED] * NDAK_EXPORT_CNY_PER_T
    entry = ndak[SETTLED] - ndak[SETTLED - 1] - crossed
    assert sites == pytest.approx(round(sites))
    assert entry == pytest.approx(sites * NDAK_SITE_CNY_PER_YR, rel=0.02)  # a site may end or begin that day
    usual = outcome.series("operator_margin_cny")[SETTLED - 7 : SETTLED].mean()
    assert outcome.series("operator_margin_cny")[SETTLED] < usual - 0.5 * entry


def test_an_end_gives_the_place_back():
    outcome = taken(lasts="100 d")
    back = START + 100
    assert outcome.series("tax_cny", actor="ndak")[back:].sum() == 0.0
    (plain,) = runs(1, months=7, settings=NDAK)
    kia = [o.series("tax_cny", actor="kia")[back:].sum() for o in (plain, outcome)]
    assert kia[1] > 0.8 * kia[0]


def test_an_end_before_the_agreement_opens_the_place_and_costs_nothing_more():
    outcome = taken(lasts="20 d")
    sites = outcome.series("tax_cny", actor="ndak")[START] / (NDAK_SITE_CNY_PER_YR / 365.25)
    assert totals([outcome], "tax_cny", actor="ndak")[0] == pytest.approx(
        20 * sites * NDAK_SITE_CNY_PER_YR / 365.25, rel=0.02
    )
    assert outcome.series("exported_t", place="pangwa")[START + 20 : START + 40].sum() > 0.0


def test_a_new_holder_brings_its_export_policy():
    ban = event("export_policy", id="ban", actor="ndak", policy="banned", start="2025-07-02")
    change = event("control_change", id="taken", places=["pangwa"], to="ndak", gap="0 d")
    (outcome,) = runs(1, events=[ban, change], settings=NDAK)
    assert outcome.series("shipped_t", place="pangwa")[:START].sum() > 0.0
    assert outcome.series("shipped_t", place="pangwa")[START:].sum() == 0.0
    assert outcome.series("shipped_t", place="chipwi")[START:].sum() > 0.0


# -- in kind ----------------------------------------------------------------------------------------------

SHARE = 0.2
PURE = {"taxes.kia.site_cny_per_yr": "0 CNY/yr", "mines.compound_share_of_gross": 0}


def in_kind(months=6, share=SHARE, **fields):
    tax = event("tax_change", actor="kia", point="export_gate", basis="in_kind", rate=share, **fields)
    (outcome,) = runs(1, months=months, events=[tax], settings=PURE)
    return outcome


def test_ore_taken_in_kind_is_a_tax_at_the_quote_of_the_day():
    """Before the actor sells, all that crosses is what operators are left with: four fifths of a load."""
    outcome = in_kind()
    week = slice(START, START + 7)
    crossed = sum(outcome.series("exported_t", place=gate) for gate in KACHIN)
    kept = crossed[week] * SHARE / (1 - SHARE)
    quote = outcome.series("ore_price_cny_per_t")[week]
    assert outcome.series("tax_cny", actor="kia")[week] == pytest.approx(kept * quote)


def test_actors_sell_later_what_they_took():
    """What reaches the gates is then more than the mines sent, and in the end most of it crosses."""
    outcome = in_kind(months=12)
    arrived = sum(outcome.series("gate_arrived_t", place=gate) for gate in KACHIN)
    shipped = sum(outcome.series("shipped_t", place=place) for place in ("pangwa", "chipwi", "momauk"))
    crossed = sum(outcome.series("exported_t", place=gate) for gate in KACHIN)
    sold = np.cumsum(arrived - shipped)
    assert sold[START + 7] < 200.0
    taken_t = SHARE * np.cumsum(shipped[START:])[-1]
    assert 0.5 * taken_t < sold[-1] < taken_t
    assert crossed[START:].sum() > 0.9 * shipped[START:].sum()


def test_what_an_actor_took_is_sold_even_when_it_takes_no_more():
    outcome = in_kind(months=12, lasts="60 d")
    arrived = sum(outcome.series("gate_arrived_t", place=gate) for gate in KACHIN)
    shipped = sum(outcome.series("shipped_t", place=place) for place in ("pangwa", "chipwi", "momauk"))
    after = START + 60 + 10
    assert (arrived - shipped)[after:].sum() > 200.0


def test_a_ban_holds_for_what_actors_took_in_kind_too():
    tax = event("tax_change", actor="kia", point="export_gate", basis="in_kind", rate=SHARE, lasts="30 d")
    ban = event("export_policy", actor="kia", policy="banned", start="2025-08-20", lasts="30 d")
    (outcome,) = runs(1, months=4, events=[tax, ban], settings=PURE)
    crossed = sum(outcome.series("exported_t", place=gate) for gate in KACHIN)
    shut = slice(START + 19 + 5, START + 19 + 30)
    assert crossed[shut].sum() == 0.0
    shipped = sum(outcome.series("shipped_t", place=place) for place in ("pangwa", "chipwi", "momauk"))
    assert crossed[shut.stop :].sum() > shipped[shut.stop :].sum()  # and leaves when it is over


def test_a_share_in_kind_burdens_operators_like_the_same_share_of_the_value():
    value = event("tax_change", actor="kia", point="export_gate", basis="ad_valorem", rate=SHARE)
    (paid,) = runs(1, months=6, events=[value], settings=PURE)
    kept = in_kind()
    netback = [o.series("netback_cny_per_t", place="pangwa")[START] for o in (paid, kept)]
    vat_and_quote = kept.series("ore_price_cny_per_t")[START]
    assert netback[1] == pytest.approx(netback[0], abs=1e-6 * vat_and_quote)
    taxes = [totals([o], "tax_cny", actor="kia")[0] for o in (paid, kept)]
    assert taxes[1] == pytest.approx(taxes[0], rel=0.02)


def test_all_in_kind_leaves_operators_nothing_to_sell():
    outcome = in_kind(months=4, share=1)
    week = slice(START, START + 5)
    assert sum(outcome.series("exported_t", place=gate)[week].sum() for gate in KACHIN) == 0.0
    assert outcome.series("netback_cny_per_t", place="pangwa")[START] < 0.0
    assert world().in_kind_sale_d > 5
