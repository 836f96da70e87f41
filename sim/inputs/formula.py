"""Arithmetic of files: formulas such as `(a.b + c) / 2`, checked when read and evaluated without `eval`.

Allowed are numbers, dotted names, `+ - * / **`, brackets and the functions sqrt, log, exp, min and max.
"""

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_OF_ONE: Mapping[str, Callable[..., float]] = {"sqrt": math.sqrt, "log": math.log, "exp": math.exp}
_OF_MORE: Mapping[str, Callable[..., float]] = {"min": min, "max": max}
_LONGEST_QUOTE = 40


@dataclass(frozen=True)
class _Applied:
    """A function of the `count` numbers that the steps before it gave last."""

    function: Callable[..., float]
    count: int


@dataclass(frozen=True)
class Formula:
    """steps: numbers, names to look up and what is applied to them, in the order in which it is worked out.

    In a row, not nested: however long it is, no recursion is too deep.
    """

    steps: tuple[float | str | _Applied, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names it reads, each once, in order."""
        return tuple(dict.fromkeys(step for step in self.steps if isinstance(step, str)))

    def value(self, values: Mapping[str, float]) -> float:
        """Its value with these values of its names. Raises ValueError if it has none, or one is unknown."""
        found: list[float] = []
        try:
            for step in self.steps:
                found.append(_next(step, found, values))
        except OverflowError:
            raise ValueError("the formula has no value: a number in it becomes too large") from None
        except (ArithmeticError, KeyError, ValueError) as error:
            raise ValueError(f"the formula has no value: {error}") from error
        return found.pop()


def parse(text: str) -> Formula:
    """The formula that a text stands for. Raises ValueError if it is not arithmetic.

    >>> parse("sqrt(a) / b").value({"a": 9.0, "b": 2.0})
    1.5
    """
    try:
        with warnings.catch_warnings(action="error", category=SyntaxWarning):
            waiting = [ast.parse(" ".join(text.split()), mode="eval").body]  # lines are for the eye
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("the formula is not arithmetic, or too long") from error
    steps: list[float | str | _Applied] = []
    while waiting:  # from the last step to the first
        step, parts = _step(waiting.pop(), text)
        steps.append(step)
        waiting += parts
    return Formula(tuple(reversed(steps)))


def names(formula: str) -> tuple[str, ...]:
    """The names a formula reads, each once, in order. Raises ValueError if it is not arithmetic.

    >>> names("roads.pangwa.distance_km * track_h / track_km")
    ('roads.pangwa.distance_km', 'track_h', 'track_km')
    """
    return parse(formula).names


def evaluate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula. Raises ValueError for other syntax, unknown names and undefined results.

    >>> evaluate("sqrt(a) / b", {"a": 9.0, "b": 2.0})
    1.5
    """
    return parse(formula).value(values)


def _next(step: float | str | _Applied, found: list[float], values: Mapping[str, float]) -> float:
    """What a step gives; takes what it is applied to from `found`."""
    if isinstance(step, str):
        return values[step]
    if isinstance(step, float):
        return step
    parts = found[-step.count :]
    del found[-step.count :]
    number = step.function(*parts)
    if not math.isfinite(number):
        raise OverflowError
    return number


def _step(node: ast.expr, text: str) -> tuple[float | str | _Applied, list[ast.expr]]:
    """What is done at a node, and the parts it is done to."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _number(number, _quoted(node, text)), []
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _Applied(_BINARY[type(op)], 2), [left, right]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _Applied(operator.neg, 1), [operand]
        case ast.Call(args=parts):
            return _Applied(_function(node, text), len(parts)), parts
    return _dotted(node, text), []


def _number(number: float, quoted: str) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if math.isinf(value):
        raise ValueError(f"the number {quoted} of the formula is too large")
    return value


def _function(call: ast.Call, text: str) -> Callable[..., float]:
    known = _OF_ONE if len(call.args) == 1 else (_OF_MORE if call.args else {})
    match call:
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in known:
            return known[name]
    allowed = f"{', '.join(_OF_ONE)} of one number, {', '.join(_OF_MORE)} of more"
    raise ValueError(f"the formula calls '{_quoted(call, text)}': it may call {allowed}")


def _dotted(node: ast.expr, text: str) -> str:
    words, inner = [], node
    while isinstance(inner, ast.Attribute):
        words.append(inner.attr)
        inner = inner.value
    if isinstance(inner, ast.Name):
        return ".".join((inner.id, *reversed(words)))
    raise ValueError(f"'{_quoted(node, text)}' is not allowed in a formula")


def _quoted(node: ast.expr, text: str) -> str:
    """The part of the text that a node stands for, at most so long that a message can hold it."""
    found = " ".join((ast.get_source_segment(text, node) or "").split())
    return found if len(found) <= _LONGEST_QUOTE else f"{found[: _LONGEST_QUOTE - 1]}…"
