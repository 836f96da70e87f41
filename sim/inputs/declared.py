"""Declarations in YAML that belong to no scenario: tolerances, free parameters, targets. Read strictly."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sim.inputs.fields import FAULTS, Model
from sim.inputs.text import InputError, Located, Problem, YamlPath, load_yaml, suggest
from sim.inputs.wording import UNKNOWN_KEY, known_keys, objection

T = TypeVar("T", bound=Model)


def read_declared(path: Path, model: type[T]) -> T:
    """The content of a file as `model`. Raises InputError with every fault at its line."""
    return read_located(path, model)[0]


def read_located(path: Path, model: type[T]) -> tuple[T, Located]:
    """The content of a file as `model`, and where it stands. Raises InputError as `read_declared` does."""
    problems: list[Problem] = []
    try:
        document = load_yaml(path)
    except InputError as error:
        if error.document is None:
            raise
        document, problems = error.document, list(error.problems)
    try:
        read = model.model_validate(document.data)
    except ValidationError as error:
        told = {problem.path for problem in problems}
        found = [one for one in _problems(document, model, error) if one.path not in told]
        raise InputError([*problems, *found]) from None
    if problems:
        raise InputError(problems)
    return read, document


def _problems(document: Located, model: type[Model], error: ValidationError) -> Iterator[Problem]:
    faults = error.errors(include_url=False)
    for fault in faults:
        within = [other for other in faults if other["loc"][: len(fault["loc"])] == fault["loc"]]
        if fault["type"] != "too_short" or len(within) == 1:  # faulty items are not too few
            yield from _told(document, model, fault)


def _told(document: Located, model: type[Model], fault: ErrorDetails) -> Iterator[Problem]:
    """The problems that one pydantic error stands for."""
    if fault["type"] == FAULTS:
        for part in fault["ctx"][FAULTS]:
            yield document.problem(_in_file(document, (*fault["loc"], *part.at)), part.message, part.hint)
        return
    path = _in_file(document, fault["loc"])
    message, hint = objection(fault)
    if message == UNKNOWN_KEY:
        hint = suggest(str(path[-1]), known_keys(model, path[:-1]))
    yield document.problem(path, message, hint, at_key=message == UNKNOWN_KEY)


def _in_file(document: Located, path: YamlPath) -> YamlPath:
    """The path without the names of union members, which pydantic adds and no file has."""
    kept: YamlPath = ()
    for key in path:
        if (*kept, key) in document.marks or key == path[-1]:
            kept = (*kept, key)
    return kept
