"""Whether the shipped evidence says what it claims to say."""

import csv
import math
from datetime import date

import numpy as np
import pytest

from sim import shipped
from sim.build import build
from sim.evidence import Registry
from sim.evidence.records import Event, Fact, Observation, Place
from sim.evidence.rules import unit_of_name
from sim.scenario import load

ARTICLES = {"uwsa_2025_06", "reuters_2025_03_28", "observer_2025_09_30", "ree_2025_03", "pawar_2025_09"}
MONTH_D = 30.4375
TABLES = {"facts.csv": Fact, "observations.csv": Observation, "events.csv": Event, "places.csv": Place}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(shipped.seeds_dir())


def test_at_most_two_fifths_are_assumptions(registry: Registry) -> None:
    used = build(load("baseline").scenario, registry).parameters_used
    grades = [registry.parameters[name].grade for name in used]
    assert grades.count("D") / len(grades) <= 0.4


def test_the_baseline_reads_neither_india_nor_bargaining(registry: Registry) -> None:
    used = build(load("baseline").scenario, registry).parameters_used
    families = {name.split(".")[0] for name in used}
    assert {"exchina", "footprint"} <= families
    assert not families & {"india", "bargaining"}


def test_every_source_is_used(registry: Registry) -> None:
    cited = {citation.id for estimate in registry.parameters.values() for citation in estimate.sources}
    cited |= {fact.source for fact in registry.facts.values()}
    cited |= {event.source for event in registry.events.values()}
    cited |= {item.reference for item in registry.observations.values()}
    asked = " ".join(path.read_text(encoding="utf-8") for path in shipped.scenarios_dir().glob("*.yaml"))
    cited |= {name for name in registry.sources if name in asked}
    assert set(registry.sources) - cited == set()


def test_every_article_is_restated_as_facts(registry: Registry) -> None:
    assert {name for name, source in registry.sources.items() if source.kind == "article"} == ARTICLES
    counts = {article: 0 for article in ARTICLES}
    for fact in registry.facts.values():
        if fact.source in counts:
            counts[fact.source] += 1
    assert min(counts.values()) >= 15, counts


def test_what_uses_a_fact_exists(registry: Registry) -> None:
    scenarios = {path.stem for path in shipped.scenarios_dir().glob("*.yaml")}
    known = registry.parameters.keys() | registry.events.keys() | registry.observations.keys() | scenarios
    unknown = {
        (fact.id, name) for fact in registry.facts.values() for name in fact.used_by if name not in known
    }
    assert unknown == set()


def test_a_fact_names_every_parameter_made_of_it(registry: Registry) -> None:
    missing = {
        (name, estimate.name)
        for estimate in registry.parameters.values()
        for name in estimate.inputs
        if name in registry.facts and estimate.name not in registry.facts[name].used_by
    }
    assert missing == set()


def test_a_parameter_that_uses_an_article_s_fact_cites_the_article(registry: Registry) -> None:
    """Only where the fact is an input of a formula: there the value stands on it."""
    missing = {
        (estimate.name, registry.facts[name].source)
        for estimate in registry.parameters.values()
        for name in estimate.inputs
        if name in registry.facts
        and registry.facts[name].source in ARTICLES
        and registry.facts[name].source not in {citation.id for citation in estimate.sources}
    }
    assert missing == set()


def test_no_path_of_a_machine_or_folder_of_articles(registry: Registry) -> None:
    for path in registry.folder.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert ".txt" not in text, path
        assert "/home/" not in text, path
        assert str(shipped.seeds_dir().parent) not in text, path


def test_names_carry_their_units(registry: Registry) -> None:
    assert registry.parameters["roads.freight_cny_per_t_km"].unit == "CNY/t/km"
    assert unit_of_name("mines.ammonium_sulphate_t_per_t_reo") == "1"
    assert unit_of_name("processing.domestic_ionic_t_reo_per_yr") == "t_REO/yr"
    assert unit_of_name("market.cny_per_usd") == "CNY/USD"


def test_base_units(registry: Registry) -> None:
    assert registry.parameter("mines.site_capacity_t_per_yr").base == pytest.approx(124 / 365.25)
    assert registry.parameter("roads.mong_hsat.time_h").base == pytest.approx(9 / 24)
    assert registry.parameter("market.substitution_cap_per_yr").dimension == "share_per_time"


def test_spring_festivals_reach_beyond_any_shipped_run(registry: Registry) -> None:
    festivals = registry.calendar["spring_festival"]
    assert [day.year for day in festivals] == list(range(2019, 2033))
    assert all(date(day.year, 1, 20) < day < date(day.year, 2, 22) for day in festivals)


def test_sites_add_up_to_the_count(registry: Registry) -> None:
    sites = sum(item.value for name, item in registry.parameters.items() if name.endswith(".sites"))
    in_building = (
        registry.parameter("mines.mong_yawng.sites").high - registry.parameter("mines.mong_yawng.sites").value
    )
    assert sites + in_building == float(registry.facts["questmetals_sites_2024"].value)


def test_regions_of_separation_add_up(registry: Registry) -> None:
    shares = [item.value for name, item in registry.parameters.items() if ".share_" in name]
    assert len(shares) == 4
    assert sum(shares) == pytest.approx(1.0)


def test_other_origins_add_up_to_what_was_not_myanmar_s(registry: Registry) -> None:
    monthly = sum(
        registry.parameter(f"processing.{name}_oxide_t_per_month").value
        for name in ("laos", "malaysia", "other")
    )
    seen = registry.observations
    total = seen["imports_all_origins_2024_01_to_2024_10"].value - seen["imports_all_origins_2024_10"].value
    assert monthly == pytest.approx(
        (total - seen["imports_myanmar_2024_01_to_2024_09_oxides"].value) / 9, rel=0.01
    )


# ------------------------------------------------------------------------- facts of our own, worked out again
@pytest.mark.parametrize(
    ("fact", "first", "last"),
    [
        ("closure_2018_d", "tengchong_stop_2018", "tengchong_restored_2018"),
        ("closure_2019_d", "trade_ban_2019", "tengchong_reopened_2019"),
        ("closure_2024_flow_d", "china_shuts_kachin_2024", "stock_release_2025"),
        ("closure_2024_to_run_cuts_d", "china_shuts_kachin_2024", "tax_cost_70000_2025"),
        ("closure_2024_to_sites_shut_d", "china_shuts_kachin_2024", "sites_shut_2025"),
        ("pangwa_to_levy_2024_d", "pangwa_taken_2024", "border_reopens_2024"),
        ("pangwa_to_stock_2025_d", "pangwa_taken_2024", "stock_release_2025"),
    ],
)
def test_days_between_events(registry: Registry, fact: str, first: str, last: str) -> None:
    days = (registry.events[last].date - registry.events[first].date).days
    assert float(registry.facts[fact].value) == days


@pytest.mark.parametrize(
    ("fact", "a", "b"),
    [
        ("chipwi_kanpaiti_crow_km", "chipwi", "kanpaiti"),
        ("mong_bawk_pangkham_crow_km", "mong_bawk", "wa_menga"),
        ("kanpaiti_tengchong_crow_km", "kanpaiti", "tengchong"),
    ],
)
def test_distances_as_the_crow_flies(registry: Registry, fact: str, a: str, b: str) -> None:
    (lat_a, lon_a), (lat_b, lon_b) = (
        (math.radians(registry.places[name].lat), math.radians(registry.places[name].lon)) for name in (a, b)
    )
    cosine = math.sin(lat_a) * math.sin(lat_b)
    cosine += math.cos(lat_a) * math.cos(lat_b) * math.cos(lon_b - lon_a)
    assert float(registry.facts[fact].value) == pytest.approx(6371 * math.acos(cosine), abs=0.5)


def test_arrivals_in_the_closure(registry: Registry) -> None:
    seen = registry.observations
    months = ["2024_11", "2024_12", "2025_01", "2025_02", "2025_03"]
    mean = sum(seen[f"imports_all_origins_{month}"].value for month in months) / len(months)
    before = (
        seen["imports_all_origins_2024_01_to_2024_10"].value - seen["imports_all_origins_2024_10"].value
    ) / 9
    assert float(registry.facts["closure_2024_arrivals_ratio"].value) == pytest.approx(
        mean / before, abs=0.005
    )


@pytest.mark.parametrize("element", ["dy", "tb"])
def test_half_lives_of_2019(registry: Registry, element: str) -> None:
    seen = registry.observations
    start = seen[f"{element}_price_2019_01_02_to_2019_01_31"].value
    peak, later = seen[f"{element}_price_2019_06"].value, seen[f"{element}_price_2019_11_15"].value
    months = (date(2019, 11, 15) - date(2019, 6, 15)).days / MONTH_D
    half_life = months * math.log(2) / math.log((peak - start) / (later - start))
    assert float(registry.facts[f"news_half_life_{element}_2019_months"].value) == pytest.approx(
        half_life, abs=0.1
    )


def test_lag_of_terbium_in_the_closure(registry: Registry) -> None:
    """First-order answer to a steady fall: its way after t days is t - lag * (1 - exp(-t / lag))."""
    price = {
        day: registry.observations[f"tb_price_{day}"].value
        for day in ("2024_09_27", "2024_12_19", "2025_03_24")
    }
    start = registry.events["china_shuts_kachin_2024"].date
    lag = float(registry.facts["terbium_lag_2024_months"].value) * MONTH_D
    way = [
        days - lag * (1 - math.exp(-days / lag))
        for days in ((date(2024, 12, 19) - start).days, (date(2025, 3, 24) - start).days)
    ]
    rise = [math.log(price[day] / price["2024_09_27"]) for day in ("2024_12_19", "2025_03_24")]
    assert way[0] / way[1] == pytest.approx(rise[0] / rise[1], abs=0.01)


def test_noise_of_the_quotes(registry: Registry) -> None:
    spreads = [_residuals(registry, element).std() for element in ("Dy", "Tb")]
    noise = registry.parameter("market.noise_sd")
    assert noise.value == pytest.approx(sum(spreads) / 2, abs=0.001)
    assert noise.low <= min(spreads) <= max(spreads) <= noise.high


def _residuals(registry: Registry, element: str) -> np.ndarray:
    """Log quotes less a local line with a Gaussian weight of 30 days, December 2024 to June 2025."""
    quotes = {
        item.period_start.toordinal(): math.log(item.value)
        for item in registry.observations.values()
        if (item.series, item.element, item.place) == ("oxide_price", element, "china")
        and date(2024, 12, 15) < item.period_start == item.period_end
    }
    days, logs = np.array(sorted(quotes), dtype=float), np.array([quotes[day] for day in sorted(quotes)])
    left = []
    for day, log in zip(days, logs, strict=True):
        root_weight = np.exp(-0.25 * ((days - day) / 30) ** 2)
        line = np.column_stack([np.ones_like(days), days - day]) * root_weight[:, None]
        left.append(log - np.linalg.lstsq(line, logs * root_weight, rcond=None)[0][0])
    return np.array(left)


def test_ore_rule_gives_the_quotes(registry: Registry) -> None:
    """The mean error of the quoting rule over all days with the four quotes is what the note says."""
    rule = {
        name: registry.parameter(f"market.ore_price.{name}").value
        for name in ("k", "oxide_content", "ndpr_weight", "dy_weight", "tb_weight")
    }
    by_day: dict[date, dict[str, float]] = {}
    for item in registry.observations.values():
        if item.place == "china" and item.period_start == item.period_end and item.period_start.year == 2025:
            kind = (
                "ore" if item.series == "ore_price" else item.element if item.series == "oxide_price" else ""
            )
            by_day.setdefault(item.period_start, {})[kind] = item.value
    errors = []
    for quotes in by_day.values():
        if {"ore", "NdPr", "Dy", "Tb"} <= quotes.keys():
            basket = rule["ndpr_weight"] * quotes["NdPr"]
            basket += 1000 * (rule["dy_weight"] * quotes["Dy"] + rule["tb_weight"] * quotes["Tb"])
            errors.append(abs(rule["k"] * rule["oxide_content"] * basket / quotes["ore"] - 1))
    assert len(errors) >= 12
    assert sum(errors) / len(errors) < 0.006


def test_tables_are_plain_csv(registry: Registry) -> None:
    for name, record in TABLES.items():
        with (registry.folder / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert rows[0] == list(record.__dataclass_fields__)
        assert {len(row) for row in rows} == {len(rows[0])}
