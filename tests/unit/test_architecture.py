"""What keeps the code readable: size, complexity, docstrings that say what can be checked, evidence in use.

The import contracts are checked in test_imports.py, numbers without a source in test_literals.py.
"""

import ast
import doctest
import gc
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.evidence.records import GRADES
from sim.scenario.events import KINDS
from sim.study import users
from tests.worlds import registry

ROOT = Path(__file__).parents[2]
PACKAGE = Path(sim.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LAWS = sorted((PACKAGE / "model").glob("*.py"))
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LONGEST = 400

UNIT = re.compile(
    r"(?i)\b(days?|tonnes?|t|kg|CNY|USD|REO|shares?|factors?|months?|years?|trucks?|log|in units)\b|%"
)
UNIT_IN_NAME = re.compile(r"_(d|t|kg|cny|usd|share|pct|months|factor|cny_per_t|t_per_d|per_kg|reo)$")
SHAPE = re.compile(
    r"(?i)shape|\(\w+,|\beach\b|\bone a\b|\bper \w+\b|\bby (site|district|pool|day|replication)"
)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_can_be_read_in_one_go(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_the_linter_keeps_functions_simple_and_documented():
    lint = CONFIG["tool"]["ruff"]["lint"]
    assert {"C90", "D1", "BLE"} <= set(lint["select"])
    assert lint["mccabe"]["max-complexity"] <= 8
    assert CONFIG["tool"]["mypy"]["strict"] is True
    ignored = {
        rule for path, rules in lint["per-file-ignores"].items() if path.startswith("sim") for rule in rules
    }
    assert ignored <= {"D102"}  # methods that a protocol describes


def test_a_check_that_is_switched_off_on_a_line_is_named_with_its_reason():
    without = [
        f"{name_of(path)}: {line.strip()}"
        for path in MODULES
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"#\s*(noqa|ruff: *noqa|mypy: *ignore-errors|pragma: no cover)\b", line)
        and not re.search(r"# noqa: [A-Z]+\d+ - \w+", line)
    ]
    assert not without


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Public functions and methods; not those inside private classes or functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node)


def raised(function: ast.FunctionDef) -> set[str]:
    """Exceptions that leave a function by its own `raise`; not those it catches itself."""
    caught = {
        id(inner)
        for node in ast.walk(function)
        if isinstance(node, ast.Try)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    found = (n.exc for n in ast.walk(function) if isinstance(n, ast.Raise) and n.exc and id(n) not in caught)
    calls = (exc.func if isinstance(exc, ast.Call) else exc for exc in found)
    names = (node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in calls)
    return {name for name in names if name[:1].isupper()}


def faults_of(function: ast.FunctionDef, *, law: bool) -> list[str]:
    """What the docstring of a function should say and does not."""
    told = ast.get_docstring(function) or ""
    gives = "" if function.returns is None else ast.unparse(function.returns)
    faults = [f"raises {name} and does not say so" for name in sorted(raised(function)) if name not in told]
    if re.search(r"NDArray\[np\.(float|int)", gives) and not SHAPE.search(told):
        faults.append("gives an array and does not say of which shape")
    if law and gives == "float" and not UNIT.search(told) and not UNIT_IN_NAME.search(function.name):
        faults.append("gives a number and does not say in which unit")
    return faults


@pytest.mark.parametrize("path", [p for p in MODULES if "cli" not in p.parts], ids=name_of)
def test_docstrings_name_errors_shapes_and_units(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    law = path in LAWS
    faults = [f"{f.name}: {fault}" for f in functions(tree) for fault in faults_of(f, law=law)]
    assert not faults


def test_a_poor_docstring_is_found():
    poor = ast.parse(
        "def f(x) -> float:\n    'A number.'\n    raise ValueError(x)\n"
        "def g() -> NDArray[np.float64]:\n    'Values.'\n"
    )
    assert [len(faults_of(f, law=True)) for f in functions(poor)] == [2, 1]


def test_a_good_docstring_passes():
    good = ast.parse(
        "def f(x) -> float:\n    'Days until. Raises ValueError.'\n    raise ValueError(x)\n"
        "def g() -> NDArray[np.float64]:\n    'Values, shape (sites,).'\n"
        "def wait_d() -> float:\n    'Until then.'\n"
        "    try:\n        raise KeyError\n    except KeyError:\n        pass\n"
    )
    assert [faults_of(f, law=True) for f in functions(good)] == [[], [], []]


@pytest.mark.parametrize("path", LAWS, ids=name_of)
def test_a_law_says_what_it_is(path):
    told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert told
    assert len(told) > 30


def with_examples() -> Iterator[object]:
    """Modules whose docstrings hold examples; those that run the model are slow."""
    for path in MODULES:
        if ">>> " in path.read_text(encoding="utf-8"):
            name = ".".join(("sim", *path.relative_to(PACKAGE).with_suffix("").parts))
            marks = [pytest.mark.slow] if name == "sim.api" else []
            yield pytest.param(name.removesuffix(".__init__"), marks=marks)


# A result that nobody keeps removes its folder when it is collected, which Python calls implicit.
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
@pytest.mark.parametrize("name", [*with_examples()])
def test_the_examples_in_docstrings_run(name):
    ran = doctest.testmod(importlib.import_module(name))
    gc.collect()
    assert ran.attempted > 0
    assert ran.failed == 0


def test_every_parameter_is_read_by_a_run_or_set_by_a_scenario_or_part_of_another():
    evidence = registry()
    made_of = {name for estimate in evidence.parameters.values() for name in estimate.inputs}
    assert not set(evidence.parameters) - users(evidence).keys() - made_of


def test_every_parameter_says_where_it_is_from_or_what_would_settle_it():
    for estimate in registry().parameters.values():
        assert estimate.grade in GRADES
        assert estimate.note, estimate.name
        assert estimate.settled_by or estimate.grade == "A", estimate.name
        assert estimate.sources or estimate.kind in ("assumption", "derived"), estimate.name


def test_every_kind_of_event_is_documented_and_tried():
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    tried = "".join(
        path.read_text(encoding="utf-8")
        for pattern in ("tests/**/*.py", "tests/fixtures/**/*.yaml", "scenarios/*.yaml")
        for path in ROOT.glob(pattern)
    )
    for kind, model in KINDS.items():
        assert f"## {kind}\n" in page
        assert any(word in tried for word in (f"kind: {kind}", f'"{kind}"', model.__name__)), kind
