"""Halts, crews, reagents, seasons and slides: what stops sites, how many, and for how long."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from sim import engine, weather
from sim.streams import Streams
from tests.worlds import KACHIN, closure, event, runs, same, totals, world

START = 31  # 1 August


def at_work(outcome, district="pangwa"):
    return outcome.series("sites_operating", place=district)


# -- halts and crews --------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.25, 0.6])
def test_a_halt_stops_about_its_share_of_the_sites(share):
    """Ranks are uniform numbers: within 3.3 standard deviations of a binomial over six times 300 sites."""
    halt = event("mining_halt", districts=["pangwa", "chipwi"], share=share)
    no_slides = {"mines.landslide_per_season": 0}  # they too stop the sites of lowest rank
    plain, halted = (runs(6, months=2, events=events, settings=no_slides) for events in ([], [halt]))
    sites, left = (
        sum(at_work(o, district)[START] for o in many for district in ("pangwa", "chipwi"))
        for many in (plain, halted)
    )
    assert abs(sites * (1 - share) - left) <= 3.3 * (sites * share * (1 - share)) ** 0.5
    for before, after in zip(plain, halted, strict=True):
        np.testing.assert_array_equal(at_work(before, "mong_bawk"), at_work(after, "mong_bawk"))


def test_a_whole_halt_stops_all_sites_and_liquor_drains_for_weeks():
    (outcome,) = runs(1, months=6, events=[event("mining_halt", districts=["pangwa"])])
    mined = outcome.series("mined_t", place="pangwa")
    assert at_work(outcome)[START:].max() == 0.0
    drain_d = world().mining.drain_d
    assert mined[START + 30] == pytest.approx(mined[START] * np.exp(-30 / drain_d), rel=0.05)
    assert 0.0 < mined[START + 120] < 0.03 * mined[START]


def test_halts_of_nested_shares_do_not_add_up():
    """Who stops at a smaller share stops at a larger one, so halts that overlap are the largest of them."""
    small, large = (
        event("mining_halt", id=name, districts=["pangwa"], share=share)
        for name, share in (("small", 0.3), ("large", 0.5))
    )
    both, one = runs(1, months=2, events=[small, large]), runs(1, months=2, events=[large])
    assert same(both[0], one[0])


def test_a_share_after_sites_were_given_up_is_one_of_those_that_are_left():
    """Of about 130 sites at work half are given up, then half of the rest, then half of these halted."""
    first, second = (
        event("site_closure", id=name, districts=["pangwa"], share=0.5, start=start)
        for name, start in (("first", "2025-08-01"), ("second", "2025-08-02"))
    )
    halt = event("mining_halt", districts=["pangwa"], share=0.5, start="2025-08-03")
    (outcome,) = runs(1, months=2, events=[first, second, halt], settings={"mines.landslide_per_season": 0})
    sites = at_work(outcome)[START - 1 : START + 3]
    assert sites[1:] / sites[:-1] == pytest.approx(0.5, abs=0.2)


def test_all_sites_can_be_given_up():
    gone = event("site_closure", districts=["pangwa"], share=1)
    (outcome,) = runs(1, months=2, events=[gone])
    assert at_work(outcome)[START:].max() == 0.0


def test_what_is_ready_before_its_crew_is_back_waits_for_it():
    """Between two blocks, in building, or restarting after another halt: no site works without a crew."""
    before = event("mining_halt", districts=["pangwa"], start="2025-07-02", lasts="30 d")
    crews = event("workforce_withdrawal", districts=["pangwa"], lasts="2 d", back="90 d")
    for events in ([crews], [before, crews]):
        sites = at_work(runs(1, months=5, events=events)[0])
        assert sites[START : START + 92].max() == 0.0
        assert sites[START + 92] > 100
    shut = closure(["pangwa"], commodities=["people"], lasts="110 d")
    sites = at_work(runs(1, months=5, events=[crews, shut])[0])
    assert sites[START : START + 93].max() < 5
    assert sites[START + 110] > 100


def test_crews_that_must_come_back_delay_the_restart():
    def stopped(kind, **fields):
        ended = event(kind, districts=["pangwa"], lasts="30 d", **fields)
        return at_work(runs(1, months=8, events=[ended])[0])

    halt, crews = stopped("mining_halt"), stopped("workforce_withdrawal", back="90 d")
    lifted = START + 30
    np.testing.assert_array_equal(halt[:lifted], crews[:lifted])
    assert halt[lifted + 60] > 0.8 * halt[START - 1]
    assert crews[lifted : lifted + 89].max() < 0.1 * crews[START - 1]
    assert crews[lifted + 100] > 0.7 * crews[START - 1]
    usual = stopped("workforce_withdrawal")
    np.testing.assert_array_equal(usual[: lifted + 60], crews[: lifted + 60])  # 90 days are the evidence's


def test_restart_waits_while_people_cannot_cross():
    halt = event("mining_halt", districts=["pangwa"], lasts="10 d")
    shut = closure(["pangwa"], commodities=["people"], lasts="120 d")
    (alone,), (kept,) = runs(1, months=6, events=[halt]), runs(1, months=6, events=[halt, shut])
    assert at_work(alone)[START + 100] > 0.8 * at_work(alone)[START - 1]
    assert at_work(kept)[START + 119] < 0.1 * at_work(kept)[START - 1]
    assert at_work(kept)[START + 122] > 0.8 * at_work(kept)[START - 1]


# -- reagents ---------------------------------------------------------------------------------------------


def test_an_embargo_works_through_reagents_only():
    """Ore still crosses, if anything sooner, while stocks of reagents last; then output falls."""
    embargo = event("reagent_embargo", gates=KACHIN)
    (plain,), (held,) = runs(1, months=8), runs(1, months=8, events=[embargo])
    assert held.series("reagent_t", place="pangwa")[START:].sum() == 0.0
    np.testing.assert_array_equal(
        held.series("reagent_t", place="mong_bawk")[: START + 1],
        plain.series("reagent_t", place="mong_bawk")[: START + 1],
    )
    crossed = [o.series("exported_t", place="pangwa") for o in (plain, held)]
    assert crossed[1][START : START + 21].sum() == pytest.approx(
        crossed[0][START : START + 21].sum(), rel=0.05
    )
    mined = [o.series("mined_t", place="pangwa") for o in (plain, held)]
    assert mined[1][START + 7] > 0.95 * mined[0][START + 7]
    assert mined[1][START + 100] < 0.3 * mined[0][START + 100]
    assert (
        held.series("tax_cny", actor="kia")[START:].sum() < plain.series("tax_cny", actor="kia")[START:].sum()
    )


def test_a_larger_share_held_back_takes_more_output():
    def mined(share):
        embargo = event("reagent_embargo", gates=["pangwa"], share=share)
        return totals(runs(1, months=8, events=[embargo]), "mined_t", place="pangwa")[0]

    amounts = [mined(share) for share in (0.0, 0.5, 0.8, 1.0)]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[3] < 0.6 * amounts[0]


def test_reagents_slow_ore_where_the_lane_is_short():
    """Pangwa's reagents fill most of a lane of 24 trucks a day; without them lots wait less."""
    lane = {"borders.gate_trucks_per_d": "24 truck/d"}
    (busy,) = runs(1, months=2, settings=lane)
    (free,) = runs(1, months=2, settings=lane, events=[event("reagent_embargo", "2025-07-01", gates=KACHIN)])
    (wide,) = runs(1, months=2, settings={"borders.gate_trucks_per_d": "60 truck/d"})
    waits = [o.waits_d["pangwa"].mean() for o in (wide, free, busy)]
    assert waits[0] < waits[1] < waits[2]
    assert busy.waits_d["pangwa"].max() < 8 * 2 / 24  # ore has half of the lane: a queue of a day's trucks


# -- seasons ----------------------------------------------------------------------------------------------


def calendar(years=2):
    first = date(2026, 1, 1)
    return [first + timedelta(day) for day in range(365 * years)]


def season(probability, shared=0.7, replication=0):
    seasons = replace(world().seasons, severe_probability=probability, severe_shared=shared)
    return weather.season(replace(world(), seasons=seasons), Streams(1, replication), calendar())


def test_a_severe_monsoon_lowers_july_to_september_and_nothing_else():
    normal, severe = season(0.0), season(1.0)
    july_to_september = np.array([day.month in (7, 8, 9) for day in calendar()])
    np.testing.assert_array_equal(normal[~july_to_september], severe[~july_to_september])
    ratio = severe[july_to_september] / normal[july_to_september]
    assert (ratio > 0.4).all()
    assert (ratio < 0.75).all()
    assert normal[:365].mean() == pytest.approx(1.0, abs=0.003)  # months differ in length


@pytest.mark.slow
def test_severe_years_are_as_frequent_and_as_shared_as_stated():
    """800 years: within 3.3 standard deviations of a binomial, one seed in a thousand."""
    first_of_july = [calendar().index(date(year, 7, 1)) for year in (2026, 2027)]
    draws = [season(0.33, 0.7, replication)[first_of_july] < 0.6 for replication in range(400)]
    severe = np.concatenate(draws)
    names = [district.region for district in world().districts]
    kachin, shan = severe[:, names.index("kachin")], severe[:, names.index("shan")]
    assert (severe[:, 0] == severe[:, 1]).all()
    for share, expected, n in [
        (kachin.mean(), 0.33, 800),
        (shan.mean(), 0.33, 800),
        (shan[kachin].mean(), 0.7 + 0.3 * 0.33, kachin.sum()),
    ]:
        assert abs(share - expected) < 3.3 * (expected * (1 - expected) / n) ** 0.5


# -- slides -----------------------------------------------------------------------------------------------


def test_slides_come_in_wet_months_as_often_as_stated_and_where_sites_are():
    """Poisson of mean 3 a year over 400 years, Pangwa's 150 of 367 sites: within 3.3 standard deviations."""
    wet = replace(world(), landslides=replace(world().landslides, per_season=3.0))
    days = calendar(1)
    found = [slide for r in range(400) for slide in weather.slides(wet, Streams(1, r), days)]
    assert {days[slide.day].month for slide in found} == set(wet.landslides.months)
    assert abs(len(found) - 1200) < 3.3 * 1200**0.5
    share = 150 / sum(district.sites for district in wet.districts)
    here = sum(slide.district == "pangwa" for slide in found)
    assert abs(here - share * len(found)) < 3.3 * (len(found) * share * (1 - share)) ** 0.5


def test_no_slides_where_none_are_stated():
    none = {"mines.landslide_per_season": 0}
    for replication in range(3):
        assert weather.slides(world(replication, settings=none), Streams(1, replication), calendar()) == []
    harmless = replace(world(), landslides=replace(world().landslides, per_season=9.0, share=0.0))
    assert same(engine.run(harmless, 0), engine.run(world(settings=none), 0))


def test_a_slide_stops_its_share_of_one_district_and_is_cleared_away():
    slid = replace(world(), landslides=replace(world().landslides, per_season=1.0, share=0.5, lasts_d=20.0))
    slides = [(r, slide) for r in range(30) for slide in _alone_and_early(slid, r)]
    assert len(slides) >= 3
    for replication, slide in slides[:3]:
        quiet = replace(slid, landslides=replace(slid.landslides, per_season=0.0))
        with_slide, without = engine.run(slid, replication), engine.run(quiet, replication)
        day = slide.day - slid.warmup_d
        stopped = at_work(with_slide, slide.district) / at_work(without, slide.district)
        assert same(with_slide, without, before_day=day)
        assert 0.35 < stopped[day] < 0.65
        assert stopped[day + 19] < 0.65
        assert stopped[min(day + 70, stopped.size - 1)] > stopped[day]


def _alone_and_early(world_, replication):
    """The slide of a run that has a single one, if it lies early in the period and in a large district."""
    days = [world_.start + timedelta(day - world_.warmup_d) for day in range(world_.warmup_d + world_.days)]
    found = weather.slides(world_, Streams(world_.root_seed, replication), days)
    last = world_.warmup_d + world_.days - 75
    alone = len(found) == 1 and found[0].district in ("pangwa", "chipwi")
    return found if alone and world_.warmup_d <= found[0].day < last else []
