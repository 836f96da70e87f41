"""Pages: templates and parts belong together, pictures are small, and a page can be made again."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.analysis import pages
from sim.analysis.runs import Bench
from sim.ledger import Outcome

FOLDER = Path(__file__).parents[2] / "docs" / "analysis"
NAMES = pages.names(FOLDER)
MOST_BYTES = 80_000


def template(name):
    return (FOLDER / f"{name}{pages.TEMPLATE}").read_text(encoding="utf-8")


def test_every_part_is_told_and_every_place_has_its_part():
    asked = {found[1] for name in NAMES for found in pages.PLACE.finditer(template(name))}
    assert asked == set(pages.PARTS)
    assert set(pages.PICTURES) <= set(NAMES)
    assert NAMES[-1] == "README"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_there_with_its_pictures_and_no_place_left_open(name):
    page = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert "{{" not in page
    assert not re.search(r"\bnan\b", page)
    shown = set(re.findall(r"img/(\w+)\.png", page))
    assert shown == set(pages.PICTURES.get(name, {}))
    for picture in shown:
        assert (FOLDER / "img" / f"{picture}.png").stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", [name for name in NAMES if name != "README"])
def test_the_page_of_pages_leads_to_each(name):
    assert f"({name}.md)" in template("README")


def test_an_unknown_name_in_a_template_is_a_fault():
    with pytest.raises(KeyError):
        pages.filled("{{nothing}}", None)


def test_an_unknown_page_is_told_with_the_known_ones():
    done = subprocess.run(
        [sys.executable, "-m", "sim.analysis", FOLDER, "revenues"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "no such page: revenues; there are breakeven" in done.stderr


def fails(outcome: Outcome):
    raise ArithmeticError("for a test")


def test_a_run_that_fails_stops_the_page(tmp_path):
    bench = Bench(1, tmp_path, workers=1)
    with pytest.raises(RuntimeError, match="baseline, replication 0: ArithmeticError: for a test"):
        bench.all([bench.scenario("baseline", "period.months=1")], fails)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_made_anew_on_a_short_budget(name, tmp_path, facts):
    (tmp_path / f"{name}{pages.TEMPLATE}").write_text(template(name), encoding="utf-8")
    pages.write(name, tmp_path, facts)
    made = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    shipped = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert "{{" not in made
    assert outline(made) == outline(shipped)
    for picture in pages.PICTURES.get(name, {}):
        assert (tmp_path / "img" / f"{picture}.png").stat().st_size < MOST_BYTES


def outline(page):
    """Headings and the heads of tables: what does not hang on the budget."""
    return [line for line in page.splitlines() if line.startswith("#")]


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    bench = Bench(1, tmp_path_factory.mktemp("sweeps"), sweep_replications=1, sweep_samples=2)
    return pages.Facts(bench, pages.Budget(populations=3, survivals=1, india=1, closures=(1, 3)))
