"""Which observations are scored, against what, and why the others are not."""

from dataclasses import replace
from datetime import date, timedelta
from math import isnan, sqrt

import numpy as np
import pytest

from sim import shipped
from sim.evidence.records import Observation
from sim.history.backtesting import read_file, read_rules
from sim.history.observed import Error, Matching, Rules, Told
from sim.history.simulated import Simulated
from sim.inputs.text import InputError

START = date(2024, 1, 1)
DAYS = 731
RULES = Rules(
    not_scored={"bad": "too good"}, scored_elsewhere={}, concentrate_scored_in=("old",), tolerances=()
)


def run():
    """Oxide 1 t a day, all headings 2; prices rise by 1 a day from 100; a second replication 10 % up."""
    ones, rising = np.ones((1, DAYS)), 100.0 + np.arange(DAYS)[None]
    paths = {("imports", "oxide"): ones, ("imports", "all"): 2 * ones, ("imports", "compound"): ones}
    paths |= {("price", e): rising for e in ("Dy", "Tb")} | {
        ("price_abroad", e): rising for e in ("Dy", "Tb")
    }
    paths |= {("output", "Dy"): ones * 10, ("output", "Tb"): ones * 2, ("ore_price", ""): rising}
    return Simulated(START, {key: np.vstack([path, 1.1 * path]) for key, path in paths.items()})


def item(series="imports_from_myanmar_t", value=30.0, first=date(2024, 6, 1), last=None, **more):
    about = {
        "id": "some", "element": "", "place": "", "unit": "t", "basis": "rare-earth oxides, gross t",
        "derivation": "", "confidence": "high", "publisher": "", "published": "", "reference": "",
    }  # fmt: skip
    return Observation(
        series=series, value=value, period_start=first, period_end=last or date(2024, 6, 30), **(about | more)
    )


def price(day, value=1.0, **more):
    about = {"element": "Tb", "place": "china", "unit": "CNY/kg", "basis": "spot"} | more
    return item("oxide_price", value, day, day, **about)


def rows(*items, scenario="new", told=None, rules=RULES):
    return Matching(items, run(), told or Told(scenario), rules).rows()


def only(*items, **more):
    return rows(*items, **more)[0]


@pytest.mark.parametrize(
    ("basis", "tonnes"),
    [
        ("rare-earth oxides, gross t", 30),
        ("HS 28469019 unlisted rare-earth oxide, gross t", 30),
        ("oxides and metals, gross t", 30),
        ("all rare-earth headings, gross t", 60),
        ("oxides and compounds, gross t", 60),
        ("three HS headings together, gross t", 60),
    ],
)
def test_imports_are_summed_on_their_own_basis(basis, tonnes):
    assert only(item(basis=basis)).pair.values == pytest.approx([tonnes, 1.1 * tonnes])


@pytest.mark.parametrize(
    ("basis", "reason"),
    [
        ("mixed rare-earth carbonate, gross t", "carbonate"),
        ("mixed concentrate, gross t", "concentrate"),
        ("rare-earth compounds, gross t", "compounds alone"),
        ("medium and heavy rare-earth ore, gross t", "neither"),
    ],
)
def test_other_bases_are_listed_with_the_reason(basis, reason):
    row = only(item(basis=basis))
    assert row.pair is None
    assert reason in row.reason


def test_concentrate_counts_where_it_was_all_there_was():
    assert only(item(basis="mixed concentrate, gross t"), scenario="old").pair.values[0] == 60


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        (item("mine_sites"), "not scored on this series"),
        (item(first=date(2023, 12, 1)), "outside the period"),
        (item(last=date(2026, 1, 1)), "outside the period"),
        (item(id="bad"), "too good"),
        (item(unit="kg"), "unit"),
        (price(START, element="NdPr", unit="CNY/t"), "driver"),
        (price(START, place="ex_china"), "ex_china in CNY/kg"),
        (price(START, element="Y"), "no price of Y"),
        (item("oxide_output_t", element="Y"), "no output of 'Y'"),
        (
            item("oxide_price_change_pct", element="Tb", place="europe", unit="%"),
            "only reports of China are scored, not of europe",
        ),
        (item(place="laos"), "only reports of China are scored, not of laos"),
        (item("imports_from_myanmar_growth_pct", place="laos", unit="%"), "not of laos"),
        (item("ore_price", place="ex_china", unit="CNY/t"), "not of ex_china"),
        (item("oxide_output_t", element="Dy", place="laos"), "not of laos"),
    ],
)
def test_what_cannot_be_scored_says_why(observation, reason):
    row = only(observation)
    assert row.pair is None
    assert reason in row.reason


def test_what_the_scenario_was_given_is_not_scored_on_it():
    quote = price(START + timedelta(3), id="tb_3")
    told = Told.of("new", "quotes of July (tb_3 in the observations)", [quote])
    again = price(START + timedelta(3), 1.02, id="line 7")
    assert [row.reason for row in rows(quote, again, told=told)] == ["given to the scenario as its start"] * 2
    assert only(price(START + timedelta(4), id="tb_4"), told=told).pair is not None


@pytest.mark.parametrize("name", ["b", "3", "July", "tb_", "tb_33", "the_observations"])
def test_words_of_a_start_state_are_not_taken_for_ids(name):
    """Ids of one's own file were looked for inside the words, so that "3" or "b" was never scored."""
    quote = price(START + timedelta(3), id=name)
    told = Told.of("new", "quotes of 3 July (tb_3 in the observations)", [quote])
    assert only(quote, told=told).pair is not None


def test_what_no_ratio_can_be_made_of_is_left_out():
    nothing = item("oxide_output_t", 0.0, element="Dy", id="none")
    tb = item("oxide_output_t", 48.0, element="Tb")
    assert Matching([nothing, tb], run(), Told("new"), RULES).survey_share == pytest.approx(48 / 63)
    assert isnan(Matching([nothing], run(), Told("new"), RULES).survey_share)
    idle = run()
    idle.paths["output", "Tb"][:] = 0.0
    idle.paths["imports", "all"][0, :90] = 0.0
    grown = item("imports_from_myanmar_growth_pct", basis="month on month", unit="%", first=date(2024, 2, 1))
    grown = replace(grown, period_end=date(2024, 2, 29))
    matching = Matching([tb, grown], idle, Told("new"), RULES)
    assert isnan(matching.survey_share)
    assert "nothing comes in over its base" in matching.rows()[1].reason


def test_a_series_scored_elsewhere_says_where():
    rules = RULES.model_copy(update={"scored_elsewhere": {"new": {"oxide_price": "that one"}}})
    assert only(price(START), rules=rules).reason == "scored in that one"


def test_two_reports_that_disagree_are_both_left_out():
    found = rows(
        item(id="a", value=30.0), item(id="b", value=40.0), item(id="c", value=40.5, basis="x oxides")
    )
    assert [bool(row.pair) for row in found] == [False, False, True]


def test_a_price_is_the_mean_over_its_period_or_its_peak():
    june = {"first": date(2024, 6, 1), "last": date(2024, 6, 30)}
    about = {"element": "Dy", "place": "china", "unit": "CNY/kg"}
    day = (date(2024, 6, 1) - START).days
    mean = only(item("oxide_price", 1.0, **june, **about, basis="spot")).pair.values[0]
    peak = only(item("oxide_price", 1.0, **june, **about, basis="spot, peak of the month")).pair.values[0]
    assert (mean, peak) == (100 + day + 14.5, 100 + day + 29)


def test_the_naive_price_is_the_last_one_before_the_start():
    before = [price(date(2023, 12, day), value=float(day)) for day in (1, 20)]
    pair = rows(*before, price(START, value=200.0))[-1].pair
    assert pair.naive == 20.0
    assert pair.start == pytest.approx(105.0)
    assert isnan(only(price(START)).pair.naive)


def test_the_naive_import_is_the_same_month_a_year_before():
    earlier = item(id="june", value=77.0, first=date(2023, 6, 1), last=date(2023, 6, 30))
    year = item(id="year", value=1200.0, first=date(2023, 1, 1), last=date(2023, 12, 31))
    assert rows(item(), earlier, year)[0].pair.naive == 77.0


def test_what_another_country_reports_moves_no_forecast_and_no_share_of_a_survey():
    laos = item(id="laos", value=7.0, first=date(2023, 6, 1), last=date(2023, 6, 30), place="laos")
    assert isnan(rows(item(), laos)[0].pair.naive)
    tb = item("oxide_output_t", 48.0, element="Tb")
    other = item("oxide_output_t", 1.0, element="Tb", place="laos")
    assert Matching([tb, other], run(), Told("new"), RULES).survey_share == pytest.approx(48 / 63)


def test_else_it_is_the_mean_of_the_longest_report_of_the_year_before():
    year = item(id="year", value=1200.0, first=date(2023, 1, 1), last=date(2023, 12, 31))
    part = item(id="part", value=999.0, first=date(2023, 1, 1), last=date(2023, 3, 31))
    own = item(basis="all rare-earth headings, gross t")
    assert rows(own, year, part)[0].pair.naive == pytest.approx(100.0)


def test_february_of_a_leap_year_is_compared_with_february():
    short = item(id="feb", value=5.0, first=date(2023, 2, 1), last=date(2023, 2, 28))
    own = item(first=date(2024, 2, 1), last=date(2024, 2, 29))
    assert rows(own, short)[0].pair.naive == 5.0


def test_output_is_held_against_one_survey_share_for_both_elements():
    dy = item("oxide_output_t", 240.0, element="Dy")  # 10 t a day, 10.5 in the mean: 315
    tb = item("oxide_output_t", 48.0, element="Tb")  # 63
    matching = Matching([dy, tb], run(), Told("new"), RULES)
    assert matching.survey_share == pytest.approx(48 / 63)
    assert matching.rows()[0].pair.values[0] == pytest.approx(300 * 48 / 63)


def test_a_change_of_price_is_in_points_and_naive_is_none():
    change = item("oxide_price_change_pct", 3.0, START, START + timedelta(50), element="Tb", unit="%")
    pair = only(change).pair
    assert pair.values == pytest.approx([50.0, 50.0])
    assert (pair.naive, pair.error_pct) == (0.0, pytest.approx(47.0))


@pytest.mark.parametrize(
    ("basis", "first", "last", "growth"),
    [
        ("year on year", date(2025, 2, 1), date(2025, 2, 28), 0.0),
        ("month on month", date(2024, 7, 1), date(2024, 7, 31), 100 * (31 / 30 - 1)),
        ("against the 2024 monthly mean", date(2024, 8, 1), date(2024, 8, 31), 100 * (31 / 30.5 - 1)),
    ],
)
def test_growth_is_against_the_base_that_its_basis_names(basis, first, last, growth):
    row = only(item("imports_from_myanmar_growth_pct", 1.0, first, last, basis=basis, unit="%"))
    february = 100 * (28 / 29 - 1) if basis == "year on year" else growth
    assert row.pair.values[0] == pytest.approx(february)


def test_growth_over_a_base_outside_the_period_is_not_scored():
    row = only(item("imports_from_myanmar_growth_pct", basis="year on year", unit="%"))
    assert "outside the period" in row.reason


@pytest.fixture
def own(tmp_path):
    """A file of one price, without ids."""

    def of(value, unit):
        path = tmp_path / "own.csv"
        columns = (
            "series,element,place,period_start,period_end,value,unit,basis,derivation,confidence,publisher,"
            "published,reference"
        )
        row = f"oxide_price,Tb,china,2025-03-24,2025-03-24,{value},{unit},spot,,high,,,x"
        path.write_text(f"{columns}\n{row}\n")
        return path

    return of


def test_a_file_of_observations_needs_no_ids(own):
    (found,) = read_file(own(6550, "CNY/kg"))
    assert (found.id, found.value, found.period_start) == ("line 2", 6550.0, date(2025, 3, 24))


@pytest.mark.parametrize(("value", "unit"), [(-1.0, "% y/y"), (0.0, "CNY/kg")])
def test_changes_may_be_below_0(own, value, unit):
    assert read_file(own(value, unit))[0].value == value


def test_nothing_else_may(own):
    path = own(-1, "CNY/kg")
    with pytest.raises(InputError) as caught:
        read_file(path)
    assert str(caught.value.problems[0]) == f"{path}:2:1: line 2: a value below 0 must be a change, in %"


def test_the_declared_tolerances_are_those_agreed():
    declared = {t.id: (t.low, t.high) for t in read_rules().tolerances}
    assert declared == {
        "imports_2024_jan_sep": (0.85 * 31000, 1.15 * 31000),
        "imports_2024_aug": (1306, 2712),
        "imports_2024_dec": (150, 700),
        "imports_2025_feb": (150, 700),
        "imports_2025_jan_may": (10400, 15500),
        "imports_2025_apr_may_share": (75, 100),
        "tb_sep_to_24_mar": (12, 32),
        "tb_sep_to_mid_dec": (-100, 15),
        "dy_sep_to_24_mar": (-12, 6),
        "tb_mid_dec_to_mid_jun": (15, 40),
        "kappa": (0.70, 1.0),
        "dy_output_step": (-8, 0),
        "tb_output_step": (-8, 0),
        "dy_2019_peak": (35, 105),
        "tb_2019_peak": (20, 70),
        "dy_2019_back": (50, 1000),
        "tb_2019_back": (50, 1000),
        "prices_coverage": (80, 100),
        "prices_width": (0, 35),
        "imports_coverage": (80, 100),
        "imports_width": (0, 100),
        "imports_skill": (0, 1),
    }


def test_the_error_of_a_total_falls_with_its_length_but_not_to_nothing():
    error = Error(share=0.06, month_share=0.12, month_t=100.0)
    assert error.sd(1000.0, 1.0) == pytest.approx(sqrt(60**2 + 120**2 + 100**2))
    assert error.sd(12_000.0, 12.0) == pytest.approx(sqrt((0.06**2 + 0.12**2 / 12) * 12_000**2 + 12 * 100**2))
    assert Error().sd(1000.0, 1.0) == 0.0


def test_rules_about_what_there_is_not_are_refused_at_their_lines(tmp_path, monkeypatch):
    """A misspelt one changed scores and said nothing."""
    wrong = {
        "imports_myanmar_2024_01_to_2024_05_oxides_and_metals:": "imports_myanmar_2024_01_to_2024_05:",
        "    ore_price: history_2024_2025": "    ore_prise: history_2024_2025",
        "  oxide_price: {share: 0.04}": "  oxide_prize: {share: 0.04}",
        "low: 26350": "low: 36350",
    }
    text = (shipped.seeds_dir() / "backtest.yaml").read_text(encoding="utf-8")
    for old, new in wrong.items():
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "backtest.yaml").write_text(text.replace("low: 36350", "low: 26350"), encoding="utf-8")
    observations = (shipped.seeds_dir() / "observations.csv").read_bytes()
    (tmp_path / "observations.csv").write_bytes(observations)
    monkeypatch.setattr(shipped, "seeds_dir", lambda: tmp_path)
    with pytest.raises(InputError) as caught:
        read_rules()
    assert [(problem.path, problem.message) for problem in caught.value.problems] == [
        ("not_scored.imports_myanmar_2024_01_to_2024_05", "unknown observation"),
        ("scored_elsewhere.history_2023_2025.ore_prise", "unknown series"),
        ("errors.oxide_prize", "unknown series"),
    ]
    assert caught.value.problems[2].hint == "Did you mean 'oxide_price'?"
    (tmp_path / "backtest.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="high: is below `low`: nothing would meet it"):
        read_rules()
