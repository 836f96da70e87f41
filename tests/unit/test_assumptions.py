from difflib import unified_diff
from pathlib import Path

from sim.evidence.assumptions import text
from tests.worlds import registry

PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"


def test_the_page_is_in_step_with_the_evidence():
    expected, found = text(registry()), PAGE.read_text(encoding="utf-8")
    lines = unified_diff(found.splitlines(), expected.splitlines(), "page", "seeds", lineterm="")
    difference = "\n".join(lines)
    assert not difference, f"run `make docs`:\n{difference}"


def test_grade_d_comes_first_and_every_parameter_has_its_row():
    page = text(registry())
    assert page.index("## Grade D") < page.index("## Grade C") < page.index("## Grade A")
    assert page.count("\n| `") == len(registry().parameters)
