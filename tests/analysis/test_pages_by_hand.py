"""Every page of analysis from outcomes made by hand: all that is told and drawn, without the runs."""

import re

import pytest

from sim import engine
from sim.analysis import pages
from sim.analysis.__main__ import main
from sim.analysis.runs import Bench
from tests import engines
from tests.analysis.test_pages import FOLDER, MOST_BYTES, NAMES, outline, template


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    bench = Bench(2, tmp_path_factory.mktemp("sweeps"), sweep_replications=1, sweep_samples=2, workers=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "run", engines.run)
        yield pages.Facts(bench, pages.Budget(populations=2, survivals=1, closures=(1, 3)))


DEAR = ("india", "revenue", "stocks")
"""Pages that take as long as all the others together."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in DEAR)) for name in NAMES]
)
def test_a_page_is_filled_and_drawn(name, tmp_path, facts):
    (tmp_path / f"{name}{pages.TEMPLATE}").write_text(template(name), encoding="utf-8")
    pages.write(name, tmp_path, facts)
    made = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert "{{" not in made
    assert not re.search(r"\bnan\b", made)
    assert outline(made) == outline((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    for picture in pages.PICTURES.get(name, {}):
        assert 1000 < (tmp_path / "img" / f"{picture}.png").stat().st_size < MOST_BYTES


@pytest.mark.parametrize(("asked", "made"), [(["india", "stocks"], ["india", "stocks"]), ([], NAMES)])
def test_the_command_makes_the_pages_that_are_asked_for(asked, made, monkeypatch, tmp_path, capsys):
    written = []
    monkeypatch.setattr(pages, "write", lambda name, folder, facts: written.append((name, folder, facts)))
    words = [str(FOLDER), *asked, "--replications", "3", "--sweeps", str(tmp_path)]
    monkeypatch.setattr("sys.argv", ["sim.analysis", *words])
    main()
    assert [name for name, _, _ in written] == made
    assert {folder for _, folder, _ in written} == {FOLDER}
    (facts,) = {id(facts): facts for _, _, facts in written}.values()
    assert (facts.bench.replications, facts.bench.sweeps) == (3, tmp_path)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        str(FOLDER / f"{name}.md") for name in made
    ]
