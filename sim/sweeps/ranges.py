"""`--vary market.*=evidence`: parameters with the laws that the evidence gives them."""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from sim.evidence import Registry
from sim.evidence.records import Estimate
from sim.inputs.quantity import Quantity
from sim.inputs.text import InputError, Problem, suggest
from sim.uncertainty import WHOLES, law

WORD = "evidence"
"""In place of values: the law of the parameter."""


def expanded(vary: Sequence[str], registry: Registry) -> tuple[tuple[int, str], ...]:
    """The texts of `--vary`, each `PATTERN=evidence` as one text a parameter that has a range.

    With each text comes the number of the option that it is of, for faults to be told at.

    A text for a path stands in place of that of a pattern; those of a path given twice are all there. The
    shares of one whole cannot be varied one by one and are left out of patterns. Raises InputError for
    patterns that match nothing that varies.
    """
    named: dict[str, list[tuple[int, str]]] = {}
    matched: dict[str, tuple[int, str]] = {}
    order: dict[str, None] = {}
    problems: list[Problem] = []
    for number, text in enumerate(vary, 1):
        path, _, spec = (part.strip() for part in text.partition("="))
        found = _laws(path, registry.parameters) if spec == WORD else {path: text}
        if not found:
            hint = suggest(path, registry.parameters)
            problems.append(Problem("--vary", number, 1, path, "no parameter with a range is named so", hint))
        elif path in found:
            named.setdefault(path, []).append((number, found[path]))
        else:
            matched |= {name: (number, told) for name, told in found.items()}
        order |= dict.fromkeys(found)
    if problems:
        raise InputError(problems)
    return tuple(one for path in order for one in named.get(path) or [matched[path]])


def _laws(pattern: str, parameters: Mapping[str, Estimate]) -> dict[str, str]:
    return dict(_matching(pattern, parameters))


def _matching(pattern: str, parameters: Mapping[str, Estimate]) -> Iterator[tuple[str, str]]:
    shares = {name for whole in WHOLES for name in whole} - {pattern}
    for name, estimate in parameters.items():
        if fnmatchcase(name, pattern) and estimate.low < estimate.high and name not in shares:
            yield name, f"{name}={Quantity(law(estimate), estimate.unit).text}"
