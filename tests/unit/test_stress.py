"""The STRESS-DES sheet is complete and says what was run."""

import json
import re

import pytest
from typer.testing import CliRunner

from sim import cli, stress
from sim.inputs.text import InputError
from sim.results import SCHEMA
from sim.results.metrics import METRICS
from tests.sealing import seal


@pytest.fixture(scope="module")
def sheet():
    return stress.sheet_of("border_closure")


def test_every_item_is_answered(sheet):
    assert list(sheet.items) == list(stress.ITEMS)
    assert all(len(text) > 40 for text in sheet.items.values())


def test_the_page_has_every_heading_once_and_in_order(sheet):
    headings = re.findall(r"(?m)^### (\d\.\d) (.*)$", sheet.markdown())
    assert headings == list(stress.ITEMS.items())


def test_it_says_what_this_scenario_asks_changes_and_stands_on(sheet):
    assert "90 days of closed Kachin gates" in sheet.items["1.3"]
    assert "| 2025-11-01 | kachin_shut | gate_closure |" in sheet.items["2.3"]
    assert "Warm-up 180 days" in sheet.items["4.1"]
    assert sheet.items["4.2"].startswith("24 months from 2025-07-01 (730 days)")
    assert "Root seed 20250701" in sheet.items["5.2"]
    assert all(metric in sheet.items["1.2"] for metric in METRICS)
    parameters = re.findall(r"(?m)^\| `([a-z_]+\.[\w.]+)` \|.*\| ([ABCD]) \|$", sheet.items["3.3"])
    assumed = re.findall(r"(?m)^- `([\w.]+)`: \S", sheet.items["3.4"])
    assert sorted(name for name, grade in parameters if grade == "D") == sorted(assumed)
    assert len(parameters) > 100


def test_without_a_run_it_names_no_versions_with_one_it_does(sheet, finished_run):
    of_run = stress.sheet_of(str(finished_run))
    assert "This run:" not in sheet.markdown()
    assert "This run: package" in of_run.items["5.1"]
    assert "numpy 1.26.0" in of_run.items["5.1"]
    assert "`sim run border_closure --replications 2`" in of_run.items["5.3"]
    assert of_run.items["5.4"] == "Linux x86_64; 7 s of wall time, 2 worker processes."


def test_what_the_user_wrote_is_one_line_of_plain_text(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        """name: mine
question: "<script>alert(1)</script> [why](javascript:x) | **?**"
extends: border_closure
set:
  market.cover_exponent:
    value: 0.5
    assume: |
      as told:

      ### 6.1 Computer model sharing statement
      <img src=x onerror=alert(1)>
""",
        encoding="utf-8",
    )
    sheet = stress.sheet_of(str(tmp_path / "mine.yaml"))
    headings = re.findall(r"(?m)^### (\d\.\d) (.*)$", sheet.markdown())
    assert headings == list(stress.ITEMS.items())
    assert not re.search("<script|<img", sheet.markdown())
    asked = r"This question: &lt;script&gt;alert(1)&lt;/script&gt; \[why\](javascript:x) \| \*\*?\*\*"
    assert sheet.items["1.3"].endswith(asked)
    assert (
        r"`market.cover_exponent`: as told: \#\#\# 6.1 Computer model sharing statement &lt;img"
        in sheet.items["2.3"]
    )


def test_draws_are_told_as_draws():
    drawn = stress.prepare("border_closure", ["run.draws=12", "run.replications=2"]).scenario.run
    assert stress._runs(drawn).startswith("12 draws of the parameters with 2 replications each. ")


def test_the_command_of_a_run_can_be_given_again_and_gives_no_orders(finished_run):
    words = ["sim", "run", "two words", "--out", "c\x1b[31m`\n"]
    seal(finished_run, command=words)
    told = stress.sheet_of(str(finished_run)).items["5.3"]
    assert told.endswith("This run: `` sim run 'two words' --out 'c\\x1b[31m`\\n' ``.")


@pytest.fixture
def finished_run(tmp_path):
    """What a run leaves that the sheet reads."""
    plan = stress.prepare("border_closure", ["run.replications=2"])
    (tmp_path / "scenario.resolved.yaml").write_text(plan.scenario.to_yaml(), encoding="utf-8")
    manifest = {
        "schema": SCHEMA,
        "parameters": [
            stress.parameter(plan.registry.parameters["market.cover_exponent"], None),
        ],
        "software": {
            "package": "9.9.9",
            "python": "3.99",
            "platform": "Linux x86_64",
            "libraries": {"numpy": "1.26.0"},
        },
        "command": ["sim", "run", "border_closure", "--replications", "2"],
        "work": {"wall_seconds": 7.1, "workers": 2},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    seal(tmp_path)
    return tmp_path


OURS = json.dumps({"schema": SCHEMA, "kind": "sweep"})


@pytest.mark.parametrize("content", [None, "[]", "{}", "no json", OURS])
def test_a_folder_that_is_no_run_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    if content == OURS:
        seal(tmp_path)
    with pytest.raises(
        InputError,
        match=r"not the folder of a finished run|not a result folder|not the manifest|cannot be read",
    ):
        stress.sheet_of(str(tmp_path))


def test_the_command_prints_markdown_or_json(sheet):
    printed = CliRunner().invoke(cli.app, ["stress", "border_closure"]).stdout
    assert printed == sheet.markdown()
    told = json.loads(CliRunner().invoke(cli.app, ["stress", "border_closure", "--format", "json"]).stdout)
    assert {item["item"]: item["text"] for item in told["items"]} == sheet.items
    assert CliRunner().invoke(cli.app, ["stress", "no_such"]).exit_code == 2
