"""How the evidence is printed."""

import json
from collections.abc import Callable

import pytest

from sim import shipped
from sim.evidence import Registry
from sim.evidence.printing import number, render_list, render_one
from sim.evidence.records import GRADES
from sim.inputs.text import InputError


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(shipped.seeds_dir())


def test_one_parameter_in_full(registry: Registry) -> None:
    text = render_one(
        registry, ["market.tb.ex_china_premium"], used_by={"market.tb.ex_china_premium": ["baseline"]}
    )
    for part in (
        "market.tb.ex_china_premium = 3.27  (1.1 to 3.5, triangular)",
        "grade C",
        "xe_today_2025_06",
        "European quotes of 5 June",
        "tb_price_europe_2025_06_05 = 2850 USD/kg",
        "taxes.china.import_vat = 0.13 (parameter of grade C)",
        "used by: baseline",
        "seeds/parameters/market.yaml:",
    ):
        assert part in text
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 110


def test_several_parameters_and_json(registry: Registry) -> None:
    names = ["taxes.kia.export_cny_per_t", "market.cny_per_usd"]
    assert [text in render_one(registry, names) for text in names] == [True, True]
    records = json.loads(render_one(registry, names, format="json"))
    assert [record["name"] for record in records] == names
    assert records[0]["sources"][0]["id"] == "ree_2025_03"
    assert records[1]["inputs"] == {"ree_tax_cny_per_t": 35000.0, "ree_tax_usd_per_t": 4800.0}


def test_unknown_names_are_all_told(registry: Registry) -> None:
    with pytest.raises(InputError) as caught:
        render_one(registry, ["market.cny_per_us", "taxes.kia.export_cny_per_t", "nothing.like.it"])
    assert len(caught.value.problems) == 2
    assert "Did you mean 'market.cny_per_usd'?" in str(caught.value)


def _names(registry: Registry, **filters: str) -> set[str]:
    listed: Callable[..., str] = render_list
    return {record["name"] for record in json.loads(listed(registry, format="json", **filters))}


def test_filters(registry: Registry) -> None:
    everything = _names(registry)
    assert everything == set(registry.parameters)
    by_grade = [_names(registry, grade=grade) for grade in GRADES]
    assert sum(map(len, by_grade)) == len(everything)
    assert _names(registry, family="taxes") == {name for name in everything if name.startswith("taxes.")}
    assert "taxes.kia.export_cny_per_t" in _names(registry, source="ree_2025_03", grade="A")
    assert _names(registry, source="ree_2025_03", family="roads") == set()


def test_unused_ones(registry: Registry) -> None:
    used = {name: ["baseline"] for name in registry.parameters if name != "market.cny_per_usd"}
    text = render_list(registry, unused=True, used_by=used)
    assert "market.cny_per_usd" in text
    assert text.endswith("1 parameters, 1 of grade B\n")


@pytest.mark.parametrize(
    ("filters", "hint"),
    [
        ({"grade": "E"}, "--grade:1:1: E: no such grade. One of A, B, C, D"),
        ({"family": "mine"}, "--family:1:1: mine: no such family. Did you mean 'mines'?"),
        ({"source": "ree_2025_3"}, "--source:1:1: ree_2025_3: no such source. Did you mean 'ree_2025_03'?"),
    ],
)
def test_unknown_filters(registry: Registry, filters: dict[str, str], hint: str) -> None:
    with pytest.raises(InputError) as caught:
        _names(registry, **filters)
    assert str(caught.value) == hint


def test_the_table_shows_every_parameter_on_a_line(registry: Registry) -> None:
    lines = render_list(registry, width=140).splitlines()
    for estimate in registry.parameters.values():
        assert any(line.split()[:2] == [estimate.name, number(estimate.value)] for line in lines), (
            estimate.name
        )


def test_numbers_are_written_for_readers() -> None:
    assert [number(value) for value in (0.1, 35000.0, 1e10, -0.4, 1200000.0)] == [
        "0.1",
        "35000",
        "10000000000",
        "-0.4",
        "1200000",
    ]
