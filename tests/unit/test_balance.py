"""The balance sheet: the shipped numbers belong together, and numbers that do not are found."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from sim import cli
from sim.balance import sheet
from sim.evidence import Registry
from sim.study import disagreements
from tests.worlds import registry, world


def lines(**changes):
    return {line.what: line for line in sheet(world(months=24, **changes), registry())}


def test_the_shipped_numbers_belong_together():
    broken = [line for line in lines().values() if not line.holds]
    assert not broken


def test_supply_meets_orders_and_exports_within_a_hundredth():
    for element in ("Dy", "Tb"):
        assert lines()[f"{element}: orders and exports over supply"].value == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"mines.site_capacity_t_per_yr": "60 t/yr"}, "oxide imports from Myanmar, mean year"),
        ({"processing.recycled_dy_kg_per_yr": "3000000 kg/yr"}, "Dy: survey of May 2024 over supply"),
        ({"market.ore_price.k": 1.1}, "ore quote at the start"),
    ],
)
def test_numbers_that_do_not_belong_together_are_found(changed, what):
    broken = {line.what for line in lines(settings=changed).values() if not line.holds}
    assert what in broken


def test_a_tax_that_leaves_no_margin_shows_in_the_share_of_sites():
    heavy = lines(settings={"taxes.kia.export_cny_per_t": "150000 CNY/t"})
    (pangwa,) = (line for what, line in heavy.items() if what.startswith("pangwa"))
    assert pangwa.value < 0.05
    assert not pangwa.holds


def test_evidence_that_does_not_belong_together_is_told_when_it_is_loaded():
    shipped = registry()
    few = replace(shipped.parameter("mines.pangwa.sites"), value=20.0)
    wrong = replace(shipped, parameters={**shipped.parameters, few.name: few})
    assert not list(disagreements(shipped))
    told = list(disagreements(wrong))
    assert any("oxide imports from Myanmar" in line and "should be" in line for line in told)


def ask(*words):
    return CliRunner().invoke(cli.app, ["evidence", "--balance", *words])


def test_the_command_prints_the_sheet():
    done = ask()
    assert done.exit_code == 0
    assert done.stdout.startswith("at the start of the baseline: value, and what it should be\n")
    assert all(what in done.stdout for what in lines())
    assert "OUT OF RANGE" not in done.stdout
    told = {line["what"]: line for line in json.loads(ask("--format", "json").stdout)}
    assert told.keys() == lines().keys()
    assert all(line["holds"] for line in told.values())


def test_the_command_ends_with_4_where_numbers_do_not_belong_together(monkeypatch):
    shipped = registry()
    few = replace(shipped.parameter("mines.pangwa.sites"), value=20.0)
    wrong = replace(shipped, parameters={**shipped.parameters, few.name: few})
    monkeypatch.setattr(Registry, "load", lambda _: wrong)
    done = ask()
    assert done.exit_code == 4
    assert "OUT OF RANGE" in done.stdout


def test_the_sheet_goes_with_no_filter_and_no_name():
    for words in (["--grade", "D"], ["mines.pangwa.sites"]):
        done = ask(*words)
        assert done.exit_code == 2
        assert "exclude each other" in done.stderr
