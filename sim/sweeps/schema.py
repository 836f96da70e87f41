"""The JSON schema of sweep files: that of scenario files, and what is varied."""

import json
from pathlib import Path
from typing import Any

from sim.scenario.schema import json_schema as scenario_schema
from sim.sweeps.declared import KINDS

FILE_NAME = "sweep.schema.json"


def json_schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of a sweep file; what it leaves to `sim check` see scenario.schema."""
    schema = scenario_schema()
    number = {"type": ["number", "string"], "description": "A number, with its unit where it has one."}
    span = {
        "type": "object",
        "properties": {"from": number, "to": number, "step": number},
        "required": ["from", "to", "step"],
        "additionalProperties": False,
    }
    values = {"type": "array", "minItems": 1, "uniqueItems": True}
    levers = {
        "description": "Decisions, by PATH: every value is tried, in every combination.",
        "type": "object",
        "additionalProperties": {"anyOf": [values, span]},
    }
    uncertainties = {
        "description": "What nobody decides on, by PATH: sampled from its law.",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/law"},
    }
    schema["properties"] |= {
        "vary": {
            "description": "What is varied.",
            "type": "object",
            "properties": {"levers": levers, "uncertainties": uncertainties},
            "minProperties": 1,
            "additionalProperties": False,
        },
        "design": {"description": "How the uncertainties are sampled.", "enum": list(KINDS)},
        "samples": {"description": "How many samples of them.", "type": "integer", "minimum": 1},
    }
    return schema


def text() -> str:
    """The schema as its file holds it."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def write(path: Path) -> None:
    """Writes the schema to a file."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text(), encoding="utf-8")
