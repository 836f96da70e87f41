"""Mutation testing: does a test fail if a line of the code is wrong?

    python -m tests.mutants [MODULE…] [--every N]

Each mutant is the module with one operator, comparison, number or statement changed. A mutant that no test
fails on has survived. docs/survivors.csv holds those that may, each with the reason; any other fails this command.
Processes are forked with the libraries already loaded, so that a mutant takes a second or two.
"""

import argparse
import ast
import copy
import csv
import importlib.abc
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "docs/survivors.csv"
LAWS = ("tests/theory", "tests/golden", "tests/unit/test_balance.py", "tests/unit/test_underwater.py")
COMPARING = (
    "tests/unit/test_comparison.py", "tests/unit/test_comparison_statistics.py", "tests/unit/test_damage.py",
)  # fmt: skip
TESTS: dict[str, Sequence[str]] = {
    "sim/model/taxes.py": ("tests/theory/test_taxes.py", *LAWS),
    "sim/model/borders.py": ("tests/theory/test_gate.py", *LAWS),
    "sim/model/market.py": ("tests/theory/test_price.py", *LAWS),
    "sim/comparison/statistics.py": COMPARING,
    "sim/comparison/rows.py": COMPARING,
    "sim/comparison/choice.py": COMPARING,
    "sim/comparison/reading.py": COMPARING,
    "sim/comparison/__init__.py": COMPARING,
    "sim/comparison/tables.py": COMPARING,
}
"""Module -> the tests that must notice, the quickest first."""
GIVE_UP = 10
"""A mutant that makes the tests take this many times longer has been noticed."""

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

    @property
    def about(self) -> str:
        """In one line."""
        return f"{self.module}:{self.line}: {self.mutation}"

    @property
    def mutation(self) -> str:
        """What was changed into what."""
        return f"{self.was} -> {self.now}"


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of a module, in the order of its lines."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    silent = _not_run(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in silent:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            place = next(one for at, one in enumerate(ast.walk(changed)) if at == number)
            was = _told(place)
            change(place)
            yield Mutant(module, place.lineno, was, _told(place), ast.fix_missing_locations(changed))


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
        origin = str(ROOT / self.mutant.module)
        spec = importlib.util.spec_from_file_location(name, origin, loader=self)
        return spec

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(compile(self.mutant.tree, str(ROOT / self.mutant.module), "exec"), module.__dict__)


def survives(mutant: Mutant | None, tests: Sequence[str], limit_s: float = inf) -> bool:
    """Whether all tests pass within that time, in a process of its own."""
    child = os.fork()
    if child == 0:
        _test(mutant, tests)
    started = perf_counter()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        if perf_counter() - started > limit_s:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return False
        signal.sigtimedwait([], 0.05)


def _test(mutant: Mutant | None, tests: Sequence[str]) -> None:
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if mutant is not None:
        sys.meta_path.insert(0, _Finder(mutant))
    import pytest

    words = ["-x", "-q", "-m", "not slow and not library", "-p", "no:cacheprovider", "--assert=plain"]
    os._exit(int(pytest.main([*words, *tests])))


def main() -> None:
    """Run and print the survivors; 1 if one of them is not explained."""
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
        "pytest",
        "pydantic",
        "ruamel.yaml",
        "typer",
        "rich",
        "simpy",
    ):
        importlib.import_module(name)
    known, unexplained = explained(), 0
    for module in asked.modules:
        started = perf_counter()
        if not survives(None, TESTS[module]):
            sys.exit(f"{module}: its tests fail without any mutant")
        every = list(mutants(module))[:: asked.every]
        limit_s = GIVE_UP * (perf_counter() - started)
        survivors = 0
        for mutant in every:
            if survives(mutant, TESTS[module], limit_s):
                reason = known.get((module, mutant.mutation))
                survivors += 1
                unexplained += reason is None
                print(f"  {mutant.about}{f'  ({reason})' if reason else ''}", flush=True)
        noticed = len(every) - survivors
        print(f"{module}: {len(every)} mutants, {noticed} noticed, {survivors} survived", flush=True)
    sys.exit(f"{unexplained} survivors without a reason in {EXPLAINED.name}" if unexplained else 0)


def explained() -> dict[tuple[str, str], str]:
    """Module and mutation -> why no test need notice; the lines move with the code and are for readers only."""
    with EXPLAINED.open(encoding="utf-8", newline="") as file:
        return {(row["module"], row["mutation"]): row["reason"] for row in csv.DictReader(file)}


if __name__ == "__main__":
    main()
