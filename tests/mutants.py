"""Mutation testing: does a test fail if a line of the code is wrong?

    python -m tests.mutants [MODULE…] [--every N]

Each mutant is the module with one operator, comparison, number or statement changed. A mutant that no test
fails on has survived. docs/survivors.csv holds those that may, each with the reason; any other fails this command.
Only the tests that run the changed line are asked, the quickest first, in forked processes with the libraries
already loaded: a mutant takes about a second.
"""

import argparse
import ast
import copy
import csv
import importlib.abc
import importlib.util
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "docs/survivors.csv"
LAWS = ("tests/theory", "tests/golden", "tests/unit/test_balance.py", "tests/unit/test_underwater.py")
LEVERS = (
    "tests/unit/test_gate_levers.py",
    "tests/laws/test_kinds.py",
    "tests/laws/test_overlaps.py",
    "tests/laws/test_events_work.py",
)
COMPARING = (
    "tests/unit/test_comparison.py", "tests/unit/test_comparison_rows.py", "tests/unit/test_comparison_choice.py",
    "tests/unit/test_comparison_draws.py", "tests/unit/test_comparison_notes.py", "tests/unit/test_comparison_tables.py",
    "tests/unit/test_comparison_reading.py", "tests/unit/test_comparison_statistics.py", "tests/unit/test_damage.py",
)  # fmt: skip
TESTS: dict[str, Sequence[str]] = {
    "sim/model/taxes.py": LAWS,
    "sim/model/borders.py": LAWS,
    "sim/model/market.py": LAWS,
    "sim/levers/borders.py": LEVERS,
    "sim/comparison/statistics.py": COMPARING,
    "sim/comparison/rows.py": COMPARING,
    "sim/comparison/choice.py": COMPARING,
    "sim/comparison/reading.py": COMPARING,
    "sim/comparison/__init__.py": COMPARING,
    "sim/comparison/tables.py": COMPARING,
    "sim/comparison/draws.py": COMPARING,
    "sim/comparison/lines.py": COMPARING,
    "sim/comparison/selection.py": COMPARING,
}
"""Module -> the tests that must notice."""
GIVE_UP, LOADING_S = 10, 20.0
"""A mutant that makes the tests take this many times longer has been noticed; seconds for what comes before them."""

_COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_BINARY = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: str
    line: int
    was: str
    now: str
    tree: ast.Module
    lines: range
    """Of the statement, or of the head of one that has a body."""
    statement: str

    @property
    def about(self) -> tuple[str, str, str]:
        """What tells it from others, wherever its line has moved: module, statement, what became of what."""
        return self.module, self.statement, f"{self.was} -> {self.now}"


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    silent, heads = _not_run(tree), _statements(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in silent:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            place = next(one for at, one in enumerate(ast.walk(changed)) if at == number)
            was = _told(place)
            change(place)
            whole = ast.fix_missing_locations(changed)
            head = heads[id(node)]
            yield Mutant(module, place.lineno, was, _told(place), whole, _lines(head), _told(head))


def unchanged(module: str) -> Mutant:
    """The module as it is, to be treated like its mutants."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    return Mutant(module, 1, "", "", tree, range(1), "")


def _statements(tree: ast.Module) -> dict[int, ast.stmt]:
    """The innermost statement that each node belongs to."""
    found: dict[int, ast.stmt] = {}
    for top in ast.walk(tree):  # the outer ones come first
        if isinstance(top, ast.stmt):
            found |= {id(part): top for part in ast.walk(top)}
    return found


def _lines(statement: ast.stmt) -> range:
    """Its lines, without those of the statements within."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(statement.lineno, last) + 1)


def _not_run(tree: ast.Module) -> set[int]:
    """Annotations and docstrings, which no test can notice."""
    hidden: list[ast.AST] = []
    for node in ast.walk(tree):
        hidden += [
            part for name in ("annotation", "returns") if (part := getattr(node, name, None)) is not None
        ]
        body = getattr(node, "body", None)
        if isinstance(body, list):
            hidden += [
                one for one in body if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            ]
    return {id(part) for top in hidden for part in ast.walk(top)}


def _changes(node: ast.AST) -> Iterator[Callable[[Any], None]]:
    """What can be changed of a node, each as a function that does it to a copy."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARE:
            yield lambda place: setattr(place, "ops", [_COMPARE[type(op)]()])
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _BINARY:
            yield lambda place: setattr(place, "op", _BINARY[type(op)]())
        case ast.BoolOp(op=op):
            yield lambda place: setattr(place, "op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda place: (
                setattr(place, "op", ast.Not()),
                setattr(place, "operand", ast.UnaryOp(ast.Not(), place.operand)),
            )
        case ast.UnaryOp(op=ast.USub()):
            yield lambda place: setattr(place, "op", ast.UAdd())
        case ast.Constant(value=bool() as value):
            yield lambda place: setattr(place, "value", not value)
        case ast.Constant(value=int() | float() as value):
            yield lambda place: setattr(place, "value", value + 1)
        case ast.Name(id=name, ctx=ast.Load()) if name in _NAMES:
            yield lambda place: setattr(place, "id", _NAMES[name])
        case ast.Expr(value=ast.Call()):
            yield lambda place: setattr(place, "value", ast.Constant(None))
        case ast.If() | ast.IfExp():
            yield lambda place: setattr(place, "test", ast.Constant(True))
            yield lambda place: setattr(place, "test", ast.Constant(False))


def _told(node: ast.AST) -> str:
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 90 else f"{text[:89]}…"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant in place of the module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.name = mutant.module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def find_spec(self, name: str, path: object, target: object = None) -> Any:
        if name != self.name:
            return None
        origin = ROOT / self.mutant.module
        inside = [str(origin.parent)] if origin.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, origin, loader=self, submodule_search_locations=inside
        )

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.mutant.tree, str(ROOT / self.mutant.module), "exec"), module.__dict__)


@dataclass(frozen=True)
class Witnesses:
    """Which tests run which lines of a module, and how long each takes. Lines run on import are everybody's."""

    took_s: Mapping[str, float]
    by_line: Mapping[int, Sequence[str]]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that may notice, the quickest first."""
        there = {test for line in mutant.lines for test in self.by_line.get(line, ())}
        return sorted(self.took_s if "" in there else there, key=self.took_s.__getitem__)

    def limit_s(self, tests: Sequence[str]) -> float:
        """Who needs longer for these has noticed."""
        return LOADING_S + GIVE_UP * sum(self.took_s[test] for test in tests)


def watch(module: str, tests: Sequence[str]) -> Witnesses:
    """Run the tests without a mutant; they must pass."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "witnesses.json"
        child = os.fork()
        if child == 0:
            _watched(module, tests, told)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            sys.exit(f"{module}: its tests fail without any mutant")
        found = json.loads(told.read_text(encoding="utf-8"))
    return Witnesses(found["took_s"], {int(line): names for line, names in found["by_line"].items()})


class _Watch:
    """A pytest plugin that notes what each test runs."""

    def __init__(self, module: str) -> None:
        self.path = str(ROOT / module)
        self.coverage = coverage.Coverage(data_file=None, include=[self.path], config_file=False)
        self.took_s: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        started = perf_counter()
        done = yield
        self.took_s[item.nodeid] = perf_counter() - started
        self.coverage.switch_context("")
        return done


def _watched(module: str, tests: Sequence[str], told: Path) -> None:
    watch = _Watch(module)
    watch.coverage.start()
    failed = _pytest(tests, [watch])
    watch.coverage.stop()
    found = {"took_s": watch.took_s, "by_line": watch.coverage.get_data().contexts_by_lineno(watch.path)}
    told.write_text(json.dumps(found), encoding="utf-8")
    os._exit(failed)


def survives(mutant: Mutant, tests: Sequence[str], limit_s: float) -> bool:
    """Whether all tests pass within that time, in a process of its own."""
    if not tests:
        return True
    child = os.fork()
    if child == 0:
        sys.meta_path.insert(0, _Finder(mutant))
        os._exit(_pytest(tests))
    started = perf_counter()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        if perf_counter() - started > limit_s:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        signal.sigtimedwait([], 0.02)


def _pytest(tests: Sequence[str], plugins: Sequence[object] = ()) -> int:
    """Silently, up to the first that fails."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    words = ["-x", "-q", "-m", "not slow and not library", "-p", "no:cacheprovider", "--assert=plain"]
    return int(pytest.main([*words, *tests], plugins=list(plugins)))


def surviving(module: str, every: Sequence[Mutant]) -> Iterator[Mutant]:
    """Those of the mutants of a module that no test fails on."""
    witnesses = watch(module, TESTS[module])
    if not survives(unchanged(module), list(witnesses.took_s), inf):
        sys.exit(f"{module}: its tests fail on it as it is, once it is put in its own place")
    for mutant in every:
        tests = witnesses.of(mutant)
        if survives(mutant, tests, witnesses.limit_s(tests)):
            yield mutant


def main() -> None:
    """Run and print the survivors as lines of that file; 1 if one of them has no reason there."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("modules", nargs="*", default=list(TESTS))
    words.add_argument("--every", type=int, default=1, help="only every Nth mutant")
    asked = words.parse_args()
    os.chdir(ROOT)
    for name in (
        "numpy",
        "pandas",
        "scipy.special",
        "scipy.stats",
        "hypothesis",
        "pydantic",
        "ruamel.yaml",
        "typer",
        "rich",
        "simpy",
    ):
        importlib.import_module(name)
    known, unexplained, told = explained(), 0, csv.writer(sys.stdout, lineterminator="\n")
    for module in asked.modules:
        every, survivors = list(mutants(module))[:: asked.every], 0
        for mutant in surviving(module, every):
            reason = known.get(mutant.about, "")
            survivors += 1
            unexplained += not reason
            told.writerow([module, mutant.line, *mutant.about[1:], reason])
            sys.stdout.flush()
        noticed = len(every) - survivors
        print(f"{module}: {len(every)} mutants, {noticed} noticed, {survivors} survived", flush=True)
    sys.exit(f"{unexplained} survivors without a reason in {EXPLAINED.name}" if unexplained else 0)


def explained() -> dict[tuple[str, str, str], str]:
    """Module, statement and mutation -> why no test need notice; the lines are for readers only."""
    with EXPLAINED.open(encoding="utf-8", newline="") as file:
        return {
            (row["module"], row["statement"], row["mutation"]): row["reason"] for row in csv.DictReader(file)
        }


if __name__ == "__main__":
    main()
