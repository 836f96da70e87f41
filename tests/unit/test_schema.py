"""The JSON schema agrees with the models and with the files."""

import difflib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sim import shipped
from sim.inputs.text import load_yaml
from sim.scenario import schema

FIXTURES = Path(__file__).parent.parent / "fixtures" / "scenarios"
SHIPPED = sorted(shipped.scenarios_dir().glob("*.yaml"))
GOOD = sorted(FIXTURES.glob("ok_*.yaml"))
SEEN_BY_SCHEMA = ("error_keys", "error_quantities", "error_places", "error_kinds", "error_bare")


def as_json(value: Any) -> Any:
    """YAML data as an editor shows it to the schema: dates are text."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    found = schema.json_schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def test_the_shipped_schema_is_that_of_the_models() -> None:
    path = shipped.scenarios_dir() / schema.FILE_NAME
    changes = list(
        difflib.unified_diff(
            path.read_text(encoding="utf-8").splitlines(),
            schema.text().splitlines(),
            "scenarios/" + schema.FILE_NAME,
            "made from the models",
            lineterm="",
        )
    )
    assert not changes, "run `sim schema --write`:\n" + "\n".join(changes)


def test_write_puts_the_text_into_the_file(tmp_path: Path) -> None:
    schema.write(tmp_path / "s.json")
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == schema.text()


@pytest.mark.parametrize("path", [*SHIPPED, *GOOD], ids=lambda path: path.stem)
def test_good_files_satisfy_it(validator: jsonschema.Draft202012Validator, path: Path) -> None:
    assert [fault.message for fault in validator.iter_errors(as_json(load_yaml(path).data))] == []


@pytest.mark.parametrize("name", SEEN_BY_SCHEMA)
def test_faults_of_one_file_do_not(validator: jsonschema.Draft202012Validator, name: str) -> None:
    assert not validator.is_valid(as_json(load_yaml(FIXTURES / f"{name}.yaml").data))


@pytest.mark.parametrize(
    "change",
    [
        {"extends": 3},
        {"set": {"market.x": 0.6}},
        {"set": {"market.x": {"value": 0.6}}},
        {"set": {"market.x": {"value": 0.6, "assume": "a", "evidence": "b"}}},
        {"set": {"market.x": {"uniform": [1], "assume": "a"}}},
        {"events": {"replace": [], "other": 1}},
        {"period": {"months": 0}},
        {"events": [{"kind": "gate_closure", "start": "2025-08-01", "gates": []}]},
        {"events": [{"kind": "control_change", "start": "2025-08-01", "places": ["pangwa"], "to": "china"}]},
        {"events": [{"kind": "mining_halt", "start": "2025-08-01", "districts": ["muse"]}]},
        {"start_state": {"source": "a", "policies": {"kia": "licensed"}}},
        {"surprise": None},
        {"question": None},
    ],
    ids=str,
)
def test_single_faults_do_not(validator: jsonschema.Draft202012Validator, change: dict[str, Any]) -> None:
    good = {"name": "a", "question": "b?", "extends": "baseline"}
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, **change})
    del good["extends"]
    assert not validator.is_valid(good)


def test_what_set_changes_of_the_scenario_itself_needs_no_reason(
    validator: jsonschema.Draft202012Validator,
) -> None:
    settings = {"run.replications": 4, "events.a.lasts": "3 d"}
    assert validator.is_valid({"name": "a", "question": "b?", "extends": "baseline", "set": settings})


def test_every_key_is_described_or_plain(validator: jsonschema.Draft202012Validator) -> None:
    assert validator.schema["properties"]["surprise"]["description"].startswith("What result would surprise")
    assert "null" not in schema.text()


def test_a_default_is_written_as_in_a_file(validator: jsonschema.Draft202012Validator) -> None:
    assert validator.schema["$defs"]["MiningHalt"]["properties"]["share"]["default"] == 1
