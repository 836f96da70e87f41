"""No number with a meaning hides in the model's code: it stands in seeds/ with source and grade.

Inline, the laws may use 0, 1 and 2 (counting, squares, halves). Anything else is a module constant in
capitals: conversions, calendar, rounding.
"""

import ast
from pathlib import Path

import pytest

import sim

PACKAGE = Path(sim.__file__).parent
WIRING = ("build", "effects", "engine", "sites")
MODULES = sorted([*(PACKAGE / "model").glob("*.py"), *(PACKAGE / f"{name}.py" for name in WIRING)])
PLAIN = {0, 1, 2, -1}


def constants(tree: ast.Module) -> set[ast.AST]:
    """Nodes inside assignments of module constants."""
    found: set[ast.AST] = set()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            found |= set(ast.walk(node)) if all(name.isupper() for name in names) else set()
    return found


def hidden_numbers(source: str) -> list[tuple[int, float]]:
    tree = ast.parse(source)
    allowed = constants(tree)
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
        and node.value not in PLAIN
        and node not in allowed
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda p: p.stem)
def test_the_models_code_holds_no_number_of_its_own(module):
    assert hidden_numbers(module.read_text()) == []


def test_a_hidden_number_is_found():
    assert hidden_numbers("TON = 1000.0\n\ndef f(x):\n    return 0.98 * x + 1\n") == [(4, 0.98)]
