"""Arithmetic of files: formulas such as `(a.b + c) / 2`, checked and evaluated without `eval`.

Allowed are numbers, dotted names, `+ - * / **`, brackets and the functions sqrt, log, exp, min and max.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "min": min,
    "max": max,
}


def names(formula: str) -> tuple[str, ...]:
    """The names a formula reads, each once, in order. Raises ValueError if it is not arithmetic.

    >>> names("roads.pangwa.distance_km * track_h / track_km")
    ('roads.pangwa.distance_km', 'track_h', 'track_km')
    """
    return tuple(dict.fromkeys(_names(_parse(formula))))


def evaluate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula. Raises ValueError for other syntax, unknown names and undefined results.

    >>> evaluate("sqrt(a) / b", {"a": 9.0, "b": 2.0})
    1.5
    """
    try:
        return _value(_parse(formula), values)
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"the formula has no value: {error}") from error


def _parse(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("the formula is not arithmetic") from error


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case ast.UnaryOp(operand=operand):
            yield from _names(operand)
        case ast.Call(args=arguments, keywords=[]):
            for argument in arguments:
                yield from _names(argument)
        case ast.Constant(value=int() | float()):
            return
        case _:
            yield _dotted(node)


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
    raise ValueError(f"'{ast.unparse(node)}' is not allowed in a formula")


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, values), _value(right, values))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(argument, values) for argument in arguments))
    return values[_dotted(node)]
