"""Damaged results: refused by name, and what is still whole is named too."""

import json
import os
import shutil
from pathlib import Path

import pytest

from sim import report, results
from sim.comparison import Selection, compare
from sim.inputs.text import InputError
from sim.results import MANIFEST, SCHEMA, integrity
from tests.sealing import seal

ROWS = "".join(f"one,{r},imports_t,myanmar,,,,t,{10 * r}\n" for r in range(3))
KPI = "scenario,replication,metric,place,element,actor,heading,unit,value\n" + ROWS
MONTHLY = "scenario,replication,month,variable,place,element,actor,heading,unit,value\n" + "".join(
    f"one,{r},2025-07,imports_t,myanmar,,,,t,{10 * r}\n" for r in range(3)
)
RECORD = {
    "schema": SCHEMA,
    "reference": None,
    "period": {"start": "2025-07-01", "months": 1},
    "root_seed": 7,
    "replications": {"asked": 3},
    "evidence": {"hash": "e" * 64},
    "parameters": [],
    "software": {"package": "0.1.0", "git": None},
}


@pytest.fixture
def result(tmp_path):
    """A result as a run writes it."""
    folder = tmp_path / "results" / "one"
    files = {
        "kpi.csv": [KPI],
        "reference/kpi.csv": [KPI],
        "reference/monthly.csv": [MONTHLY],
        "monthly.csv": [MONTHLY],
    }
    files |= {"summary.csv": ["any\n"], "runs.csv": ["any\n"], "scenario.resolved.yaml": ["name: one\n"]}
    results.write(folder, {MANIFEST: [json.dumps(RECORD)]} | files)
    return folder


def refusal(*paths):
    with pytest.raises(InputError) as caught:
        compare(paths, Selection())
    return str(caught.value)


def test_the_manifest_knows_every_file_but_those_that_hold_times(result):
    manifest = json.loads((result / MANIFEST).read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {
        "kpi.csv", "monthly.csv", "summary.csv", "scenario.resolved.yaml", "reference/kpi.csv", "reference/monthly.csv",
    }  # fmt: skip
    assert manifest["files"]["kpi.csv"] == integrity.sha256(result / "kpi.csv")
    assert {key: manifest[key] for key in RECORD} == RECORD


def test_a_whole_result_is_taken_with_its_reference(result):
    assert compare([result, result / "reference"], Selection()).is_same


@pytest.mark.parametrize("name", ["kpi.csv", "monthly.csv", "scenario.resolved.yaml"])
def test_an_edited_number_is_refused_and_what_is_whole_is_named(result, name):
    text = (result / name).read_text(encoding="utf-8")
    (result / name).write_text(text.replace("0\n", "1\n", 1) + "# \n", encoding="utf-8")
    told = refusal(result, result)
    assert f"{result / name}:1:1: is not as the run wrote it: edited, cut off, or of another run" in told
    usable = told.split("Still as it was written: ")[1]
    assert name not in usable.replace(f"reference/{name}", "")
    assert "summary.csv" in usable


def test_a_table_cut_at_the_end_of_a_line_is_noticed(result):
    lines = (result / "kpi.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (result / "kpi.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    assert "is not as the run wrote it" in refusal(result, result)


def test_a_reference_is_checked_against_the_manifest_above_it(result):
    (result / "reference" / "kpi.csv").write_text(KPI.replace(",20\n", ",21\n"), encoding="utf-8")
    told = refusal(result / "reference", result)
    assert f"{result / 'reference' / 'kpi.csv'}:1:1: is not as the run wrote it" in told
    assert compare([result, result], Selection()).is_same


def test_a_file_that_is_gone_is_told(result):
    (result / "monthly.csv").unlink()
    assert "monthly.csv:1:1: cannot be read: No such file" in refusal(result, result)


def test_without_its_main_table_there_is_no_result_to_compare(result):
    (result / "kpi.csv").unlink()
    assert f"{result}:1:1: is not the folder of a result to compare: it has no kpi.csv" in refusal(
        result, result
    )


def test_if_nothing_is_whole_that_is_told(result):
    for path in [path for path in result.rglob("*") if path.is_file() and path.name != MANIFEST]:
        path.write_text("edited", encoding="utf-8")
    assert "No file of it is as it was written" in refusal(result, result)


def test_a_folder_without_manifest_is_refused_and_its_tables_can_be_compared(result):
    (result / MANIFEST).unlink()
    told = refusal(result, result)
    assert "manifest.json:1:1: is missing: nothing tells whether the tables are whole" in told
    table = told.splitlines()[0].split("file by file: ")[1]
    assert compare([result / "kpi.csv", result / "kpi.csv"], Selection()).is_same
    assert table == str(result / "kpi.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("\xff", "cannot be read"),
        ("[]", "is not the manifest of a result of this version"),
        (
            json.dumps(RECORD | {"schema": "rare-earth-chain-result/9"}),
            "Its schema is 'rare-earth-chain-result/9'",
        ),
        (json.dumps({"schema": SCHEMA}), "is not as the run wrote it: edited"),
    ],
    ids=["half", "deep", "latin", "list", "version", "empty"],
)
def test_a_manifest_of_another_kind_is_refused(result, text, told):
    (result / MANIFEST).write_bytes(text.encode("latin-1"))
    assert told in refusal(result, result)


@pytest.mark.parametrize(
    ("lay", "told"),
    [
        (os.mkfifo, "cannot be read: it is not a file"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read: it is not a file"),
        (lambda path: path.touch() or os.truncate(path, 100_000_001), "is larger than 100 MB"),
        (Path.mkdir, "cannot be read: Is a directory"),
    ],
    ids=["pipe", "device", "large", "folder"],
)
def test_what_is_no_file_or_has_no_end_is_no_manifest(result, lay, told):
    """A pipe was waited for without end, a device filled the memory."""
    (result / MANIFEST).unlink()
    lay(result / MANIFEST)
    with pytest.raises(InputError) as caught:
        integrity.read_manifest(result)
    assert str(caught.value).startswith(f"{result / MANIFEST}:1:1: {told}")
    with pytest.raises(results.PlaceError, match="is not a result folder"):
        results.check_place(result)


@pytest.mark.parametrize(
    "change",
    [{"root_seed": 8}, {"files": []}, {"files": {}}, {"software": None}, {"more": 1}, {"seal": "0" * 64}],
)
def test_an_edited_manifest_is_refused(result, change):
    """Grades and hashes could be edited unseen, and a page of what was no manifest any more ended in a traceback."""
    manifest = integrity.read_manifest(result)
    (result / MANIFEST).write_text(json.dumps(manifest | change), encoding="utf-8")
    told = f"{result / MANIFEST}:1:1: is not as the run wrote it: edited"
    assert refusal(result, result).startswith(told)
    with pytest.raises(InputError) as caught:
        report.write(result)
    assert str(caught.value).startswith(told)


def test_a_manifest_in_another_layout_is_the_same(result):
    manifest = integrity.read_manifest(result)
    text = json.dumps(dict(reversed(manifest.items())), indent=7)
    (result / MANIFEST).write_text(text, encoding="utf-8")
    assert integrity.read_manifest(result) == manifest


def test_tables_of_two_runs_in_one_folder_are_noticed(result, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(result, other)
    text = KPI.replace(",10\n", ",99\n")
    results.write(tmp_path / "results" / "two", {MANIFEST: [json.dumps(RECORD)], "kpi.csv": [text]})
    shutil.copy(tmp_path / "results" / "two" / "kpi.csv", other / "kpi.csv")
    assert "of another run" in refusal(result, other)


def test_a_result_without_hashes_or_seal_is_refused(result):
    """It was taken as it was, and without some keys more `sim sensitivity` ended in a traceback."""
    manifest = json.loads((result / MANIFEST).read_text(encoding="utf-8"))
    del manifest["files"], manifest["seal"]
    (result / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert refusal(result, result).startswith(f"{result / MANIFEST}:1:1: is not as the run wrote it: edited")


@pytest.mark.parametrize("name", ["kpi.csv", "monthly.csv"])
def test_a_table_laid_into_a_result_afterwards_is_refused(result, name):
    text = (result / name).read_text(encoding="utf-8")
    (result / name).unlink()
    seal(result)
    (result / name).write_text(text, encoding="utf-8")
    assert f"{result / name}:1:1: is not of the run that wrote the manifest" in refusal(result, result)


@pytest.mark.parametrize("name", ["regret.csv", "kpi.parquet", "by_grade.csv", "timeline.csv"])
def test_a_table_of_another_result_laid_into_one_is_refused_by_all_that_read_it(result, name):
    """Of a run without a reference the page told differences to that of another run, as if they were its own."""
    (result / name).write_text("any", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        integrity.check_tables(result, integrity.read_manifest(result))
    assert f"{result / name}:1:1: is not of the run that wrote the manifest" in str(caught.value)


def test_what_others_put_into_a_result_is_no_fault(result):
    """Notes of a user, and of a sweep the shares by grade, which another command makes."""
    (result / "notes.csv").write_text("any", encoding="utf-8")
    integrity.check_tables(result, integrity.read_manifest(result))
    (result / "by_grade.csv").write_text("any", encoding="utf-8")
    integrity.check_tables(result, integrity.read_manifest(result) | {"kind": "sweep"})


def test_a_line_with_more_fields_than_names_is_told(result):
    table = result / "alone.csv"
    table.write_text(KPI.replace(",10\n", ",10,5\n"), encoding="utf-8")
    assert f"{table}:3:1: has 10 fields, the first line names 9" in refusal(table, table)
    table.write_text(
        "".join(line.replace("\n", ",1\n") if at else line for at, line in enumerate(KPI.splitlines(True)))
    )
    assert f"{table}:3:1: has 10 fields, the first line names 9" in refusal(table, table)
