"""Declarations in YAML that belong to no scenario: tolerances, free parameters, targets. Read strictly."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from sim.inputs.fields import FAULTS, Model
from sim.inputs.text import InputError, Located, Problem, YamlPath, load_yaml

T = TypeVar("T", bound=Model)


def read_declared(path: Path, model: type[T]) -> T:
    """The content of a file as `model`. Raises InputError with every fault at its line."""
    document = load_yaml(path)
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise InputError(_problems(document, error)) from None


def _problems(document: Located, error: ValidationError) -> list[Problem]:
    found = []
    for fault in error.errors(include_url=False):
        path = _in_file(document, fault["loc"])
        parts = fault["ctx"][FAULTS] if fault["type"] == FAULTS else ()
        found += [document.problem((*path, *part.at), part.message, part.hint) for part in parts]
        if not parts:
            found.append(document.problem(path, fault["msg"], at_key=fault["type"] == "extra_forbidden"))
    return found


def _in_file(document: Located, path: YamlPath) -> YamlPath:
    """The path without the names of union members, which pydantic adds and no file has."""
    kept: YamlPath = ()
    for key in path:
        if (*kept, key) in document.marks or key == path[-1]:
            kept = (*kept, key)
    return kept
