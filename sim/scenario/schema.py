"""The JSON schema of scenario files, made from the models that read them."""

import json
from pathlib import Path
from typing import Any

from sim.inputs.fields import QUANTITY
from sim.inputs.sampling import LAWS, Choice, Distribution, Fixed
from sim.inputs.units import DIMENSIONLESS, units_of
from sim.scenario.model import NOTES, Scenario
from sim.scenario.tree import ROOTS

FILE_NAME = "scenario.schema.json"
_NUMBER = r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?"


def json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a scenario file, for editors to complete and check against.

    It sees one file: what depends on others (keys that `extends` gives, names of parameters, dates outside
    the period) is left to `sim check`.
    """
    schema = _cleaned(Scenario.model_json_schema())
    parts, keys = schema["$defs"], schema["properties"]
    for part in ("Period", "Run"):
        del parts[part]["required"]
    for part in parts.values():
        if "kind" in part["properties"]:
            part["required"].remove("id")
    parts["Setting"] = _setting(parts["Setting"])
    parts["law"] = {"anyOf": [_law(law) for law in LAWS.values()]}
    for dimensions in sorted(_quantities(schema)):
        parts[_definition(dimensions)] = _quantity(dimensions)
    replaced = {"type": "object", "properties": {"replace": keys["events"]}, "required": ["replace"]}
    keys["events"] = {"anyOf": [keys["events"], {**replaced, "additionalProperties": False}]}
    keys["set"]["patternProperties"] = {rf"^({'|'.join(ROOTS)})\.": {}}
    extends = {"type": "string", "description": "A shipped scenario, or a path from this file."}
    schema["properties"] = {"extends": extends, **keys}
    schema["required"] = ["name", "question"]
    schema["anyOf"] = [{"required": ["extends"]}, {"required": ["period", "run"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_linked(schema)}


def text() -> str:
    """The schema as its file holds it."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def write(path: Path) -> None:
    """Writes the schema to a file."""
    path.write_text(text(), encoding="utf-8")


def _cleaned(value: Any) -> Any:
    """Without titles, which repeat the names, and without null, which no key of a file may be."""
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if not isinstance(value, dict):
        return value
    cleaned = {
        key: _cleaned(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str)) and not (key == "default" and item is None)
    }
    options = [option for option in cleaned.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        del cleaned["anyOf"]
        cleaned = {**options[0], **cleaned}
    return cleaned


def _quantities(value: Any) -> set[tuple[str, ...]]:
    """The dimensions of every quantity in the schema."""
    if isinstance(value, list):
        return set().union(*(_quantities(item) for item in value))
    if not isinstance(value, dict):
        return set()
    own = {tuple(value[QUANTITY])} if QUANTITY in value else set()
    return own.union(*(_quantities(item) for item in value.values()))


def _linked(value: Any) -> Any:
    """With a link to its definition in place of every mark of a quantity."""
    if isinstance(value, list):
        return [_linked(item) for item in value]
    if not isinstance(value, dict):
        return value
    linked = {key: _linked(item) for key, item in value.items() if key != QUANTITY}
    if QUANTITY in value:
        linked["$ref"] = f"#/$defs/{_definition(tuple(value[QUANTITY]))}"
    return linked


def _definition(dimensions: tuple[str, ...]) -> str:
    return f"quantity_{'_or_'.join(dimensions) or 'any'}"


def _quantity(dimensions: tuple[str, ...]) -> dict[str, Any]:
    """The forms of a quantity of these dimensions (none: any)."""
    units = units_of(dimensions or None)
    names = "|".join(unit for unit in units if unit != "1")
    bare = not dimensions or DIMENSIONLESS in dimensions
    plain: list[dict[str, Any]] = [
        {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*({names}){'?' if bare else ''}\s*$"}
    ]
    if bare:
        plain.append({"type": "number"})
    law = {"$ref": "#/$defs/law", "properties": {"unit": {"enum": list(units)}}}
    described = f"A number and its unit ({', '.join(units)}), or a law of numbers."
    return {"description": described, "anyOf": [*plain, law if bare else law | {"required": ["unit"]}]}


def _law(law: type[Distribution]) -> dict[str, Any]:
    """The form in which one law of numbers is written."""
    number = {"type": "number"}
    count = len(law.argument_names())
    numbers: dict[str, Any] = {"type": "array", "items": number, "minItems": count}
    keys: dict[str, Any] = {law.form: numbers | {"maxItems": count}}
    if law is Fixed:
        keys = {law.form: number}
    if law is Choice:
        keys = {law.form: numbers, "weights": numbers}
    return _form(keys | {"unit": {"enum": list(units_of())}, "min": number, "max": number}, law.form)


def _form(keys: dict[str, Any], required: str) -> dict[str, Any]:
    return {"type": "object", "properties": keys, "required": [required], "additionalProperties": False}


def _setting(setting: dict[str, Any]) -> dict[str, Any]:
    """A value under `set`, in each of the forms in which it can be written, with exactly one note."""
    notes = {note: setting["properties"][note] for note in NOTES}
    value = _form({"value": {QUANTITY: []}, "unit": {"enum": list(units_of())}}, "value")
    forms = [
        {**form, "properties": form["properties"] | notes} for form in (value, *map(_law, LAWS.values()))
    ]
    one_note = [{"required": [note]} for note in NOTES]
    return {"description": setting["description"], "anyOf": forms, "oneOf": one_note}
