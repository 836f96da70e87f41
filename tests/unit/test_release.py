"""What is released: one version, who wrote it, under which licence, and bounds that are tested."""

import importlib.util
import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import sim
from tests import branches

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGES = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")


def lowest():
    spec = importlib.util.spec_from_file_location("lowest", ROOT / ".ci/lowest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.lowest


def test_the_version_is_semantic_and_stands_in_one_place():
    assert SEMANTIC.fullmatch(sim.__version__)
    assert "version" in PROJECT["dynamic"]
    assert "version" not in PROJECT
    assert metadata("myanmar-rare-earth-sim")["Version"] == sim.__version__


def test_the_citation_names_this_version_and_licence():
    citation = YAML(typ="safe").load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version"} <= citation.keys()
    assert citation["version"] == sim.__version__
    assert citation["license"] == PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_newest_entry_is_of_this_version():
    assert re.findall(r"(?m)^## (\S+)", CHANGES)[0] == sim.__version__


@pytest.mark.parametrize("entry", re.split(r"(?m)^- ", CHANGES)[1:])
def test_every_entry_says_which_outputs_moved(entry):
    assert re.search(r"Moves: \S", entry.split("\n## ")[0]), entry


def test_every_dependency_has_a_lower_bound():
    pins = lowest()(["all"])
    names = {re.split(r"[^\w.-]", pin)[0] for pin in pins}
    wanted = {re.split(r"[^\w.-]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert wanted <= names
    assert {"xlsxwriter", "SALib", "distributed"} <= names
    assert all(re.fullmatch(r"[\w.-]+==\d[\d.]*", pin) for pin in pins)


def test_a_requirement_without_a_bound_is_found(monkeypatch, tmp_path):
    find = lowest()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\ndependencies = ["numpy"]\n')
    monkeypatch.setitem(find.__globals__, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="numpy: has no lower bound"):
        find([])


def test_branches_are_counted_on_their_own():
    totals = {"covered_lines": 99, "num_statements": 100, "covered_branches": 9, "num_branches": 10}
    assert branches.shares(totals) == (99.0, 90.0)
