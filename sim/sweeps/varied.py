"""Levers and uncertainties, as a sweep file or `--vary` writes them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import Any

from sim.inputs.quantity import FieldError, Quantity, parse_quantity, tidy
from sim.inputs.sampling import LAWS, Fixed
from sim.inputs.text import InputError, Located, Problem, YamlPath, one_line, parse_yaml, suggest

MOST_VALUES = 100_000
_SECTIONS = ("levers", "uncertainties")
_RANGE = ("from", "to", "step")
_NUMBER = r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?"
_RANGE_TEXT = re.compile(rf"\s*({_NUMBER})\s*:\s*({_NUMBER})\s*:\s*({_NUMBER})\s*(\S*)\s*")
_LAW_TEXT = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*(\S*)\s*")
_OPTION = "--vary"


@dataclass(frozen=True)
class Where:
    """The place in a file, or the number of an option, that a fault is told at.

    name: what is told of an option, which has no path to what it gives.
    """

    document: Located
    path: YamlPath
    name: str = ""

    @classmethod
    def of_option(cls, option: str, number: int, name: str, column: int = 1) -> "Where":
        """The place of the n-th use of an option."""
        return cls(Located(None, option, {(): (number, column)}, {}), (), name)

    @property
    def is_option(self) -> bool:
        """Whether it stands on the command line."""
        return bool(self.name)

    def problem(self, message: str, hint: str = "") -> Problem:
        """A fault of what stands there."""
        problem = self.document.problem(self.path, message, hint)
        return replace(problem, path=problem.path or self.name)


@dataclass(frozen=True)
class Lever:
    """A decision: every value, as text that may follow `PATH=`, is tried."""

    path: str
    values: tuple[str, ...]
    where: Where


@dataclass(frozen=True)
class Uncertainty:
    """A number nobody decides on: it is sampled from its law."""

    path: str
    quantity: Quantity
    where: Where

    def text(self, value: float) -> str:
        """A value in the law's unit, as text that may follow `PATH=`."""
        unit = "" if self.quantity.unit == "1" else f" {self.quantity.unit}"
        return f"{tidy(float(f'{value:.10g}'))}{unit}"


class Reader:
    """Reads what is varied and collects the faults."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._given: set[str] = set()

    def file(self, document: Located) -> tuple[dict[str, Lever], dict[str, Uncertainty]]:
        """Levers and uncertainties of a file, by path."""
        levers: dict[str, Lever] = {}
        uncertainties: dict[str, Uncertainty] = {}
        vary = document.data.get("vary", {})
        if not isinstance(vary, dict):
            self._fault(Where(document, ("vary",)), "levers and uncertainties are expected")
            return levers, uncertainties
        for section, entries in vary.items():
            where = Where(document, ("vary", section))
            if section not in _SECTIONS:
                problem = document.problem(
                    where.path, "unknown key", suggest(section, _SECTIONS), at_key=True
                )
                self.problems.append(problem)
            elif not isinstance(entries, dict):
                self._fault(where, "a mapping from PATH to values is expected")
            elif section == "levers":
                levers |= {path: self._lever(path, raw, where) for path, raw in entries.items()}
            else:
                found = {path: self._uncertainty(path, raw, where) for path, raw in entries.items()}
                uncertainties |= {path: one for path, one in found.items() if one is not None}
            self._check_names(entries, where)
        for path in levers.keys() & uncertainties.keys():
            self._fault(Where(document, ("vary", "levers", path)), "is an uncertainty, too")
        return levers, uncertainties

    def _check_names(self, entries: Any, section: Where) -> None:
        """A path with blanks around it is another than the one that is kept from being varied."""
        for path in entries if isinstance(entries, dict) else ():
            if path != path.strip():
                self._fault(Where(section.document, (*section.path, path)), "has blanks around it")

    def option(
        self, number: int, text: str, levers: dict[str, Lever], uncertainties: dict[str, Uncertainty]
    ) -> None:
        """Add what a `--vary` says, in place of what was there for its path."""
        path, equals, spec = (part.strip() for part in text.partition("="))
        where = Where.of_option(_OPTION, number, path)
        if not path or not equals or not spec:
            self.problems.append(Problem(_OPTION, number, 1, text, "PATH=VALUES is expected"))
            return
        if path in self._given:
            self._fault(where, "is varied twice")
        self._given.add(path)
        levers.pop(path, None)
        uncertainties.pop(path, None)
        try:
            if (law := _LAW_TEXT.fullmatch(spec)) and law[1] in LAWS:
                uncertainties[path] = Uncertainty(path, _law(*law.groups()), where)
            elif span := _RANGE_TEXT.fullmatch(spec):
                *numbers, unit = span.groups()
                ends = [f"{number} {unit}".strip() for number in numbers]
                levers[path] = Lever(path, tuple(_span(*ends)), where)
            else:
                levers[path] = Lever(path, tuple(_listed(spec, number)), where)
        except FieldError as fault:
            self._fault(where, fault.message, fault.hint)
        except InputError as error:
            self.problems += [replace(problem, path=path) for problem in error.problems]

    def _lever(self, path: str, raw: Any, section: Where) -> Lever:
        where = Where(section.document, (*section.path, path))
        values: list[str] = []
        if isinstance(raw, list) and raw:
            values = [one_line(item) for item in raw]
        elif isinstance(raw, dict) and raw.keys() == set(_RANGE):
            try:
                values = _span(*(raw[key] for key in _RANGE))
            except FieldError as fault:
                self._fault(where, fault.message, fault.hint)
        else:
            self._fault(where, "a list of values, or {from, to, step}, is expected", _law_hint(raw))
        if _holds_one_twice(values):
            self._fault(where, "holds a value twice")
        return Lever(path, tuple(values), where)

    def _uncertainty(self, path: str, raw: Any, section: Where) -> Uncertainty | None:
        where = Where(section.document, (*section.path, path))
        try:
            quantity = parse_quantity(raw)
        except FieldError as fault:
            self._fault(Where(where.document, (*where.path, *fault.at)), fault.message, fault.hint)
            return None
        if isinstance(quantity.law, Fixed):
            self._fault(where, "is one number: a law such as {uniform: [0.2, 0.4]} is expected")
            return None
        return Uncertainty(path, quantity, where)

    def _fault(self, where: Where, message: str, hint: str = "") -> None:
        self.problems.append(where.problem(message, hint))


def _law_hint(raw: Any) -> str:
    is_law = isinstance(raw, dict) and bool(LAWS.keys() & raw.keys())
    return "A law belongs under `uncertainties`" if is_law else ""


def _law(form: str, numbers: str, unit: str) -> Quantity:
    """The law of `uniform(0, 1) d`. Raises FieldError."""
    try:
        values = [float(number) for number in numbers.split(",")]
    except ValueError:
        raise FieldError(
            f"{form}({numbers}): bare numbers with commas between are expected",
            f"A unit stands behind: '{form}(…) d'",
        ) from None
    if form == Fixed.form:
        raise FieldError("fixed is one number: a law of several is expected")
    return parse_quantity({form: values, **({"unit": unit} if unit else {})})


def _span(low: Any, high: Any, step: Any) -> list[str]:
    """Values from `low` to `high`, both included where the steps fit. Raises FieldError."""
    first, last, width = (parse_quantity(raw) for raw in (low, high, step))
    if not (first.is_fixed and last.is_fixed and width.is_fixed):
        raise FieldError("from, to and step are one number each")
    unit = first.unit
    a, b, c = (_plain(one.to(unit)) for one in (first, last, width))
    if c <= 0 or b < a:
        raise FieldError("`to` must not be below `from`, and `step` must be above 0")
    steps = floor((b - a) / c * (1 + 1e-12) + 1e-9)
    if steps >= MOST_VALUES:
        raise FieldError(f"makes {steps + 1:,} values; at most {MOST_VALUES:,} are taken")
    suffix = "" if unit == "1" else f" {unit}"
    return [f"{tidy(float(f'{a + index * c:.12g}'))}{suffix}" for index in range(steps + 1)]


def _plain(quantity: Quantity) -> float:
    assert isinstance(quantity.law, Fixed)
    return quantity.law.value


def _holds_one_twice(texts: Sequence[str]) -> bool:
    """Whether two texts say the same: `1 week` and `7 d` do."""
    return len({_meant(text) for text in texts}) < len(texts)


def _meant(text: str) -> tuple[str, str]:
    """The dimension and the number in its base unit; what is no quantity stands for itself."""
    try:
        quantity = parse_quantity(text)
    except FieldError:
        return "", text
    return (quantity.dimension, f"{quantity.fixed_value:.12g}") if quantity.is_fixed else ("", text)


def _listed(spec: str, number: int) -> list[str]:
    """The values of `30 d, 60 d`; a unit at the end holds for the bare numbers before it."""
    items = parse_yaml(f"[{spec}]", _OPTION, number).data
    last = re.fullmatch(rf"{_NUMBER}\s*(\D\S*)", items[-1]) if isinstance(items[-1], str) else None
    unit = f" {last[1]}" if last else ""
    texts = [f"{one_line(item)}{unit}" if type(item) in (int, float) else one_line(item) for item in items]
    if _holds_one_twice(texts):
        raise FieldError("holds a value twice")
    return texts
