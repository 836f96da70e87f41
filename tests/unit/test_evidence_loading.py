"""The loader of the evidence: every fault is told, with its place."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sim import shipped
from sim.evidence import Registry
from sim.evidence.belonging import circles
from sim.evidence.records import Draw, Event, Fact, Observation, Place
from sim.inputs.text import InputError
from tests.worlds import registry

GOOD = """\
pangwa:
  width_km:
    value: 5
    low: 2
    high: 9
    unit: km
    distribution: triangular
    kind: assumption
    grade: D
    sources: []
    checked: 2026-11-22
    note: Width of a thing.
    settled_by: A measurement
length_km:
  value: 10
  low: 9
  high: 11
  unit: km
  distribution: triangular
  kind: derived
  grade: C
  sources: [{id: report, where: page 3}]
  formula: 2 * half_length
  inputs: [half_length]
  checked: 2026-11-22
  note: Length of a thing.
  settled_by: A measurement
"""
SOURCE = """\
report:
  title: A report
  publisher: A publisher
  date: 2025-01
  kind: report
  language: English
  url: https://example.org
  read_on: 2026-11-22
  note:
article:
  title: An article
  publisher: A paper
  date: 2025
  kind: article
  language: English
  url:
  read_on: 2026-11-22
  note: Kept as a file.
"""
FACT = "half_length,report,page 3,half length,5,km,2025,pangwa,,Half of it,roads.length_km,\n"
OBSERVED = "seen,ore_price,,china,2025-01-01,2025-01-01,5,CNY/t,quote,,high,SMM,2025-01-01,report\n"
EVENT = "2025-01-01,start,Something starts,pangwa,kia,an effect,report,high\n"
PLACE = "pangwa,Pangwa,gate,Myanmar,25.9,98.6,0.1,\n"
TABLES: Mapping[str, tuple[type, str]] = {
    "facts.csv": (Fact, FACT),
    "observations.csv": (Observation, OBSERVED),
    "events.csv": (Event, EVENT),
    "places.csv": (Place, PLACE),
}
Change = tuple[str, str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small evidence folder without a fault."""
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "roads.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text(SOURCE, encoding="utf-8")
    for name, (record, row) in TABLES.items():
        header = ",".join(record.__dataclass_fields__)
        (tmp_path / name).write_text(f"{header}\n{row}", encoding="utf-8")
    (tmp_path / "calendar.csv").write_text("holiday,date\nspring_festival,2025-01-29\n", encoding="utf-8")
    network = (shipped.seeds_dir() / "network.yaml").read_text(encoding="utf-8")
    cited = re.sub(r"sources: \[.*?\]", "sources: [report]", network)
    (tmp_path / "network.yaml").write_text(cited, encoding="utf-8")
    return tmp_path


def _change(folder: Path, *changes: Change) -> None:
    for name, old, new in changes:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _faults(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        Registry.load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_the_small_folder_is_good(folder: Path) -> None:
    registry = Registry.load(folder)
    assert list(registry.parameters) == ["roads.pangwa.width_km", "roads.length_km"]
    length = registry.parameter("roads.length_km")
    assert (length.file, length.line) == (f"{folder.name}/parameters/roads.yaml", 14)
    assert registry.inputs_of(length) == {"half_length": 5.0}
    assert registry.sources["report"].date == "2025-01"
    assert registry.places["pangwa"].lat == 25.9


ROADS = "parameters/roads.yaml"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            (ROADS, "value: 5", "value: 1"),
            f"{ROADS}:3:12: pangwa.width_km.value: low <= value <= high does not hold",
        ),
        (
            (ROADS, "value: 5", "value: .inf"),
            f"{ROADS}:3:12: pangwa.width_km.value: .inf is not a finite number",
        ),
        (
            (ROADS, "value: 5", "value: 1e-300"),
            f"{ROADS}:3:12: pangwa.width_km.value: 1e-300 is out of reach",
        ),
        (
            (ROADS, "sources: []", "sources: report"),
            f"{ROADS}:10:14: pangwa.width_km.sources: a list of {{id, where}}",
        ),
        (
            (ROADS, "[half_length]", "half_length"),
            f"{ROADS}:24:11: length_km.inputs: a list of names is expected",
        ),
        (
            ("sources.yaml", "report:\n", "other: a book\nreport:\n"),
            "sources.yaml:1:8: other: a mapping of keys to values",
        ),
        (
            ("network.yaml", "monsoon_months:", "monsoon_month:"),
            "network.yaml:21:18: seasons.monsoon_month: unknown key. Did you mean 'monsoon_months'?",
        ),
        (
            ("network.yaml", "monsoon_months:", "monsoon_month:"),
            "network.yaml:21:3: seasons: 'monsoon_months' is missing",
        ),
        ((ROADS, "value: 5", "value: five"), f"{ROADS}:3:12: pangwa.width_km.value: a number is expected"),
        ((ROADS, "value: 5", "value: true"), f"{ROADS}:3:12: pangwa.width_km.value: a number is expected"),
        (
            (ROADS, "value: 5", "valeu: 5"),
            f"{ROADS}:3:5: pangwa.width_km.valeu: unknown key. Did you mean 'value'?",
        ),
        ((ROADS, "    low: 2\n", ""), f"{ROADS}:2:3: pangwa.width_km: missing: low"),
        (
            (ROADS, "unit: km", "unit: t"),
            f"{ROADS}:6:11: pangwa.width_km.unit: the name carries the unit km, not t",
        ),
        ((ROADS, "unit: km", "unit: mile"), f"{ROADS}:6:11: pangwa.width_km.unit: unknown unit 'mile'"),
        (
            (ROADS, "triangular", "fixed"),
            f"{ROADS}:7:19: pangwa.width_km.distribution: fixed is for low = high",
        ),
        ((ROADS, "triangular", "beta"), f"{ROADS}:7:19: pangwa.width_km.distribution: one of fixed, uniform"),
        (
            (ROADS, "grade: D", "grade: C"),
            f"{ROADS}:9:12: pangwa.width_km.grade: an assumption is of grade D",
        ),
        (
            (ROADS, "assumption", "reported"),
            f"{ROADS}:9:12: pangwa.width_km.grade: grade D is for assumptions",
        ),
        (
            (ROADS, "assumption", "reported"),
            f"{ROADS}:10:14: pangwa.width_km.sources: only an assumption may do",
        ),
        ((ROADS, "assumption", "derived"), f"{ROADS}:8:11: pangwa.width_km.kind: a formula is needed"),
        (
            (ROADS, "checked: 2026-11-22", "checked: yes"),
            f"{ROADS}:11:14: pangwa.width_km.checked: a date is expected",
        ),
        (
            (ROADS, "note: Width of a thing.", "note:"),
            f"{ROADS}:12:5: pangwa.width_km.note: text is expected",
        ),
        ((ROADS, "grade: C", "grade: A"), f"{ROADS}:21:10: length_km.grade: grade A is for reported values"),
        ((ROADS, "grade: C", "grade: B"), f"{ROADS}:21:10: length_km.grade: grade B needs an article"),
        ((ROADS, "grade: C", "grade: D"), f"{ROADS}:21:10: length_km.grade: derived from nothing of grade D"),
        (
            (ROADS, "id: report", "id: repotr"),
            f"{ROADS}:22:12: length_km.sources: unknown source 'repotr'. Did you",
        ),
        (
            (ROADS, "where: page 3", "page: 3"),
            f"{ROADS}:22:12: length_km.sources: each source is {{id, where}}",
        ),
        ((ROADS, "2 * half", "3 * half"), f"{ROADS}:23:12: length_km.formula: gives 15, not 10"),
        (
            (ROADS, "2 * half_length", "twice it"),
            f"{ROADS}:23:12: length_km.formula: the formula is not arithmetic",
        ),
        (
            (ROADS, "2 * half_length", "2 * width"),
            f"{ROADS}:24:11: length_km.inputs: missing, the formula reads",
        ),
        (
            (ROADS, "[half_length]", "[half_lenght]"),
            f"{ROADS}:24:11: length_km.inputs: unknown input 'half_lenght'",
        ),
        (
            (ROADS, "[half_length]", "[half_length, roads.pangwa.width_km]"),
            f"{ROADS}:21:10: length_km.grade: no better",
        ),
        (
            ("facts.csv", ",5,km", ",some,km"),
            f"{ROADS}:23:12: length_km.formula: the fact 'half_length' is not a number",
        ),
        (("facts.csv", "roads.length_km,", ","), "facts.csv:2:1: half_length: exactly one of used_by"),
        (
            ("facts.csv", "roads.length_km,", "roads.length_km,and why"),
            "facts.csv:2:1: half_length: exactly one of",
        ),
        (("facts.csv", "where,", "place,"), "facts.csv:1:1: the columns must be id, source, where"),
        (("facts.csv", FACT, FACT + FACT), "facts.csv:3:1: id: 'half_length' stands twice"),
        (
            ("facts.csv", "half_length", "half\x1b[31m_length"),
            "facts.csv:2:1: id: the character '\\x1b' is not allowed",
        ),
        (
            ("facts.csv", ",report,", ",rapport,"),
            "facts.csv:2:1: half_length: unknown source 'rapport'. Did you mean",
        ),
        (
            ("observations.csv", "2025-01-01,5", "2024-01-01,5"),
            "observations.csv:2:1: seen: the period ends before",
        ),
        (("observations.csv", ",5,", ",five,"), "observations.csv:2:1: value: a number is expected"),
        (("observations.csv", ",5,", ",5,6,"), "observations.csv:2:1: 15 cells, 14 expected"),
        (("observations.csv", ",report", ",nowhere"), "observations.csv:2:1: seen: unknown source 'nowhere'"),
        (("events.csv", "2025-01-01,start", "1 May,start"), "events.csv:2:1: date: a date is expected"),
        (("events.csv", "start,", ","), "events.csv:2:1: id: is empty"),
        (("places.csv", "25.9", "north"), "places.csv:2:1: lat: a number is expected"),
        (("calendar.csv", "2025-01-29", "January"), "calendar.csv:2:1: date: a date is expected"),
        (
            ("sources.yaml", "publisher", "publsher"),
            "sources.yaml:3:3: report.publsher: unknown key. Did you mean",
        ),
        (("sources.yaml", "  language: English\n", ""), "sources.yaml:1:1: report: missing: language"),
        (("network.yaml", "controller: kia", "controller: kio"), "network.yaml:5:"),
        (
            ("network.yaml", "sources: [report]", "sources: report"),
            "network.yaml:5:68: districts.pangwa.sources: a list of source ids is expected",
        ),
        (
            ("network.yaml", "lweje: [kanpaiti, muse]", "lweje: muse"),
            "network.yaml:19:58: detours.lweje: a list of gates",
        ),
        (
            ("network.yaml", "severe_months: [7, 8, 9]", "severe_months: [7, 13]"),
            "network.yaml:22:18: seasons.severe_months: a list of months (1 to 12) is expected",
        ),
        (
            ("network.yaml", "monsoon_months: [6, 7", "monsoon_months: [6, 6, 7"),
            "network.yaml:21:19: seasons.monsoon_months: holds a month twice",
        ),
        (
            ("network.yaml", "monsoon_months: [6, 7", "monsoon_months: [true, 7"),
            "network.yaml:21:19: seasons.monsoon_months: a list of months (1 to 12) is expected",
        ),
        (
            ("network.yaml", "monsoon_months: [6", "monsoon_months: [1, 2, 3, 4, 5, 10, 11, 12, 6"),
            "network.yaml:21:19: seasons.monsoon_months: leaves no month of the year",
        ),
        (
            ("network.yaml", "lweje: [kanpaiti, muse]", "lweje: [lweje, muse]"),
            "network.yaml:19:58: detours.lweje: holds a gate twice, or itself",
        ),
        (
            ("network.yaml", "region: kachin", "region: 3"),
            "network.yaml:5:20: districts.pangwa.region: text is",
        ),
        (
            ("network.yaml", "controller: kia", "controller: separators"),
            "network.yaml:5:40: districts.pangwa.controller: one of ndak, kia, uwsa, ndaa, junta is expected",
        ),
        (
            ("calendar.csv", "spring_festival", "spring_festvial"),
            "calendar.csv:2:1: holiday: unknown holiday 'spring_festvial'. Did you mean 'spring_festival'?",
        ),
        (
            ("calendar.csv", "spring_festival,2025-01-29\n", ""),
            "calendar.csv:1:1: no date of 'spring_festival'",
        ),
        (
            ("calendar.csv", "2025-01-29\n", "2025-01-29\nspring_festival,2025-01-29\n"),
            "calendar.csv:3:1: date: 2025-01-29 stands twice",
        ),
        (
            (ROADS, "inputs: [half_length]", "inputs: [half_length, roads.length_km]"),
            f"{ROADS}:24:11: length_km.inputs: go in a circle: roads.length_km → roads.length_km",
        ),
        (
            (ROADS, "length_km:\n  value: 10", "pangwa.width_km:\n  value: 10"),
            f"{ROADS}:14:1: pangwa.width_km: 'roads.pangwa.width_km' stands twice",
        ),
        (
            ("observations.csv", "seen,", "half_length,"),
            "facts.csv:2:1: half_length: is the name of an observation or parameter, too",
        ),
        (
            ("network.yaml", "sources: [report]", "sources: [reprt]"),
            "network.yaml:5:1: sources: unknown source 'reprt'. Did you mean 'report'?",
        ),
    ],
)
def test_one_fault_is_told_with_its_place(folder: Path, change: Change, fault: str) -> None:
    _change(folder, change)
    faults = _faults(folder)
    assert any(line.startswith(fault) for line in faults), faults


def test_all_faults_at_once(folder: Path) -> None:
    _change(
        folder,
        (ROADS, "value: 5", "value: 99"),
        (ROADS, "formula: 2", "formula: 7"),
        ("sources.yaml", "kind: report", "sort: report"),
        ("facts.csv", "roads.length_km,", ","),
        ("network.yaml", "gate: lweje", "gate: lwej"),
    )
    (folder / "events.csv").unlink()
    (folder / "parameters" / "more.yml").touch()
    faults = "\n".join(_faults(folder))
    for part in (
        ":3:12:",
        "gives 35",
        "report.sort",
        "facts.csv:2",
        "network.yaml",
        "events.csv:1",
        "more.yml:1",
    ):
        assert part in faults


def test_a_table_that_is_no_text_or_has_an_endless_field_is_told(folder: Path) -> None:
    with (folder / "facts.csv").open("ab") as file:
        file.write(b"two,\xff\n")
    assert any(fault == "facts.csv:3:1: is not UTF-8 text" for fault in _faults(folder))
    header = ",".join(Fact.__dataclass_fields__)
    (folder / "facts.csv").write_text(f"{header}\n{'x' * 200_000},\n", encoding="utf-8")
    assert any(fault.startswith("facts.csv:2:1: cannot be read: field larger") for fault in _faults(folder))


def test_an_article_makes_grade_a(folder: Path) -> None:
    _change(folder, (ROADS, "kind: assumption", "kind: reported"), (ROADS, "grade: D", "grade: A"))
    _change(folder, (ROADS, "sources: []", "sources: [{id: article, where: para 2}]"))
    assert Registry.load(folder).parameter("roads.pangwa.width_km").grade == "A"


def test_no_parameters_is_a_fault(folder: Path) -> None:
    (folder / ROADS).unlink()
    assert any("no parameters found" in fault for fault in _faults(folder))


def test_hash_sees_content_only(folder: Path) -> None:
    before = Registry.load(folder).hash()
    _change(folder, (ROADS, "pangwa:", "# a comment\npangwa:"))
    assert Registry.load(folder).hash() == before
    _change(folder, (ROADS, "high: 9", "high: 8"))
    changed = Registry.load(folder).hash()
    assert changed != before
    _change(folder, ("network.yaml", "severe_months: [7, 8, 9]", "severe_months: [7, 8]"))
    assert Registry.load(folder).hash() != changed


def test_reading_it_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from sim import shipped\n"
        "from sim.evidence import Registry\n"
        "Registry.load(shipped.seeds_dir())\n"
        "print([m for m in ('pandas', 'numpy', 'scipy', 'matplotlib', 'simpy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_parameters_made_of_one_another_are_told_and_what_is_made_of_them_is_not() -> None:
    """Drawing such a parameter had no end."""
    made = registry().parameters["borders.clearance_d"]
    read = {"a": ("b", "x"), "b": ("c",), "c": ("a",), "d": ("a", "e"), "e": ("d",), "f": ("a",), "g": ("x",)}
    assert list(circles({name: replace(made, inputs=one) for name, one in read.items()})) == [
        ["a", "b", "c"],
        ["d", "e"],
    ]


def test_a_calibrated_number_stands_once_in_a_set_and_in_a_unit_of_its_parameter(folder: Path) -> None:
    """A unit of another dimension was taken for the base unit."""
    rows = [
        "0,1,,roads.length_km,9,km",
        "0,1,,roads.length_km,8,km",
        "1,1,,roads.length_km,9,t",
        "1,1,,other,9,t",
    ]
    text = "\n".join([",".join(Draw.__dataclass_fields__), *rows, ""])
    (folder / "ensemble.csv").write_text(text, encoding="utf-8")
    found = [fault for fault in _faults(folder) if fault.startswith("ensemble.csv")]
    assert found == [
        "ensemble.csv:1:1: other: no such parameter",
        "ensemble.csv:3:1: roads.length_km: stands twice in set 0",
        "ensemble.csv:4:1: 1::roads.length_km: 't' is the wrong unit: km is needed",
    ]
