"""What pydantic objects to, in the words in which every fault of a file is told."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sim.inputs.fields import ID_PATTERN, TEXT_PATTERN
from sim.inputs.quantity import shown
from sim.inputs.text import YamlPath, suggest

UNKNOWN_KEY = "unknown key"
NAME_RULE = "small letters, digits and _ are expected, a letter first"
_QUOTED = re.compile(r"'([^']*)'")
_PATTERNS = {ID_PATTERN: NAME_RULE, TEXT_PATTERN: "must not be blank"}
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": UNKNOWN_KEY,
    "model_type": "a mapping is expected",
    "dict_type": "a mapping is expected",
    "model_attributes_type": "a mapping is expected",
    "tuple_type": "a list is expected",
    "string_type": "text is expected",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "bool_type": "true or false is expected",
    "union_tag_not_found": "has no `kind`",
}
_SELF_TOLD = ("missing", "extra_forbidden", "union_tag_not_found")
"""What needs no word of what was given."""


def objection(fault: ErrorDetails) -> tuple[str, str]:
    """Message and hint of an error of a kind that pydantic itself defines."""
    kind, given, about = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "literal_error":
        expected = _QUOTED.findall(about["expected"])
        return f"{shown(given)} is not one of {', '.join(expected)}", suggest(str(given), expected)
    if kind == "union_tag_invalid":
        kinds = _QUOTED.findall(about["expected_tags"])
        return f"unknown kind '{about['tag']}'", suggest(
            about["tag"], kinds
        ) or f"Kinds are {', '.join(kinds)}"
    if kind == "string_pattern_mismatch":
        return f"{_PATTERNS[about['pattern']]}, not {shown(given)}", ""
    if kind == "too_short":
        return f"at least {about['min_length']} of them must be given", ""
    message = _MESSAGES.get(kind) or fault["msg"].removeprefix("Input ")
    return (message if kind in _SELF_TOLD else f"{message}, not {shown(given)}"), ""


def known_keys(model: type[BaseModel], path: YamlPath) -> list[str]:
    """The keys that the mapping at `path` of a file may have; of all kinds, where it may be of several."""
    models = [model]
    for key in path:
        fields = [one.model_fields[key].annotation for one in models if key in one.model_fields]
        models = [found for field in fields for found in _models(field)] or models
    return [name for one in models for name in one.model_fields]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that values of a type may hold: `tuple[Free, ...]`, `A | B`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
