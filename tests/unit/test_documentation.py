"""What is generated is in step; the site builds, links hold, and nothing is loaded from outside."""

import importlib.util
import re
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

import pytest

from sim.evidence import attribution
from sim.scenario import reference as event_kinds
from tests.worlds import registry

ROOT = Path(__file__).parents[2]


def reference():
    """docs/reference.py, which is no module of the package."""
    spec = importlib.util.spec_from_file_location("reference_pages", ROOT / "docs/reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES = reference().PAGES


def assert_in_step(path: Path, expected: str):
    found = path.read_text(encoding="utf-8")
    lines = unified_diff(found.splitlines(), expected.splitlines(), "page", "code", lineterm="")
    difference = "\n".join(lines)
    assert not difference, f"run `make docs`:\n{difference}"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_in_step(name):
    assert_in_step(ROOT / "docs" / name, PAGES[name]())


def test_the_page_of_kinds_of_event_is_in_step():
    assert_in_step(ROOT / "docs/events.md", event_kinds.text())


def test_the_attributions_are_in_step_and_name_every_publisher():
    text = attribution.text(registry())
    assert_in_step(ROOT / "seeds/ATTRIBUTION.md", text)
    assert all(f"**{source.publisher}**" in text for source in registry().sources.values())
    assert all(f"`{source.id}`" in text for source in registry().sources.values())


def test_every_scenario_key_is_on_its_page():
    pages = ("docs/reference/scenario.md", "docs/events.md")
    page = "".join((ROOT / name).read_text(encoding="utf-8") for name in pages)
    schema = reference().json_schema()
    for part in schema["$defs"].values():
        for key in part.get("properties", {}).keys() - {"kind", "value", "evidence", "assume"}:
            assert f"| `{key}` |" in page or f"{key}:" in page, key


def test_no_page_of_ours_names_a_machine_s_folder():
    for path in [*ROOT.glob("docs/**/*.md"), ROOT / "CONTRIBUTING.md"]:
        assert not re.search(r"/(home|tmp|work|root)/", path.read_text(encoding="utf-8")), path


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="the extra [docs] is not installed")
def test_the_site_builds_without_a_warning_and_loads_nothing_from_outside(tmp_path):
    command = [
        Path(sys.executable).with_name("mkdocs"),
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        tmp_path,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    pages = [*tmp_path.rglob("*.html")]
    assert len(pages) > 15
    loaded = re.compile(r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?(?:https?:)?//[^>]*>")
    linked = re.compile(r"<link[^>]*rel=\"?(?:stylesheet|preconnect|icon)[^>]*href=\"?(?:https?:)?//[^>]*>")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not loaded.search(text), page
        assert not linked.search(text), page
    for sheet in tmp_path.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text(encoding="utf-8")), sheet
