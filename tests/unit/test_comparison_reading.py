"""Reading results made by hand: what is taken, by which name, and what is refused in which words."""

import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from sim.comparison import compare, lines
from sim.comparison.reading import Input, Moments, Record, Row, read_months, read_sides
from sim.inputs.text import InputError
from tests.results import EVERYTHING, IMPORTS, PRICE, table, write_result
from tests.sealing import seal

ABOUT = "imports_t,myanmar,,,,t"
KPI = "scenario,replication,metric,place,element,actor,heading,unit,value\n"
SUMMARY = "scenario,metric,place,element,actor,heading,unit,n,mean,sd\n"


def side(path):
    return read_sides([path])[0]


def fault(read, *args):
    with pytest.raises(InputError) as caught:
        read(*args)
    return str(caught.value)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


# -- tables ------------------------------------------------------------------------------------------------


def test_a_table_has_a_line_a_replication_and_a_column_a_row_in_the_order_of_the_file(tmp_path):
    head = "scenario,replication,metric,place,element,actor,heading,unit,value\n"
    lines = [
        "x,7,price_peak,china,Tb,,,CNY/kg,3",
        "x,2,imports_t,myanmar,,,,t,1.5",
        "x,2,price_peak,china,Tb,,,CNY/kg,",
        "x,7,imports_t,myanmar,,,,t,",
    ]
    found = side(written(tmp_path / "kpi.csv", head + "\n".join(lines)))
    assert found.scenario == "x"
    assert found.table.replications == (2, 7)
    assert found.table.rows == (Row(*PRICE), Row(*IMPORTS))
    assert found.table.rows[0].month == ""
    np.testing.assert_array_equal(found.table.values, [[np.nan, 1.5], [3, np.nan]])
    assert (found.record, found.inputs, found.monthly, found.table.per_draw) == (None, None, None, 0)


def test_a_summary_has_counts_means_and_variances(tmp_path):
    text = f"{SUMMARY}x,{','.join(PRICE)},4,10,3\nx,{','.join(IMPORTS)},0,,\n"
    found = side(written(tmp_path / "summary.csv", text)).table
    assert isinstance(found, Moments)
    assert found.rows == (Row(*PRICE), Row(*IMPORTS))
    np.testing.assert_array_equal(found.sample.n, [4, 0])
    np.testing.assert_array_equal(found.sample.mean, [10, np.nan])
    np.testing.assert_array_equal(found.sample.variance, [9, np.nan])


def test_months_are_rows_of_their_own(tmp_path):
    rows = {("2025-07", *IMPORTS): [1, 2], ("2025-08", *IMPORTS): [3, 4]}
    found = read_months(written(tmp_path / "monthly.csv", table("x", "month,variable", rows)))
    assert [(row.metric, row.place, row.unit, row.month) for row in found.rows] == [
        ("imports_t", "myanmar", "t", "2025-07"),
        ("imports_t", "myanmar", "t", "2025-08"),
    ]
    assert found.values.tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{SUMMARY}x,{ABOUT},2,1,1\nx,{ABOUT},2,1,1\n", "3:1: tells a metric that an earlier line tells"),
        (f"{SUMMARY}x,{ABOUT},2.5,1,1\n", "2:1: n: '2.5' is not a whole number"),
        (f"{SUMMARY}x,{ABOUT},,1,1\n", "2:1: n: '' is not a whole number"),
        (f"{SUMMARY}x,{ABOUT},2,1,inf\n", "2:1: sd: 'inf' is not a number from 0 to 1e+50"),
        ("scenario,metric,mean\nx,y,1\n", "1:1: is not a summary.csv: it has no column place, element"),
        (f"{KPI}x,0.5,{ABOUT},1\n", "2:1: replication: '0.5' is not a whole number"),
        (f"{KPI}x,0,{ABOUT},1\nx,,{ABOUT},1\n", "3:1: replication: '' is not a whole number"),
        (f"{KPI}x,0,{ABOUT},1\nx,0,{ABOUT},2\n", "3:1: tells a value that an earlier line tells already"),
        (f"{KPI}x,0,imports_t,myanmar,,,,,1\n", "2:1: has no unit; is it cut off?"),
        ("a;b\n1;2\n", "has no column scenario, replication, metric, place"),
        ("scenario,metric\nx,y\n", "heading, unit, value"),
        (f"point,{KPI}0,x,0,{ABOUT},1\n", "1:1: holds the points of a sweep; compare the result"),
        (KPI + "".join(f"{x},0,{ABOUT},1\n" for x in "abcd"), "3:1: holds several scenarios (a, b, c …"),
        (f'{KPI}x,0,{ABOUT},1\nx,1,{ABOUT},"1\nx,2,{ABOUT},1\n', ":3:1: has a quote that nothing closes"),
        (f'{KPI}"x,0,{ABOUT},1\nx,1,{ABOUT},1\n', ":2:1: has a quote that nothing closes"),
        (f"{KPI}x,0,{ABOUT},1\n{'y' * 10_001},0,{ABOUT},1\n", "3:1: scenario: longer than 10,000 "),
        (f"{KPI}x,0,{ABOUT},1\n\x1b[2J,0,{ABOUT},1\n", "3:1: scenario: the character '\\x1b' is not allowed"),
        (f"{KPI}x,0,imports_t,myanmar,,\x07,,t,1\n", "2:1: actor: the character '\\x07' is not allowed"),
    ],
)  # fmt: skip
def test_a_table_with_a_fault_is_refused_in_words(tmp_path, text, told):
    path = written(tmp_path / "table.csv", text)
    assert told in fault(side, path)
    assert fault(side, path).startswith(f"{path}:")
    assert fault(side, path).endswith("fields are separated by commas, decimals by points") == (";" in text)


def test_columns_that_nobody_needs_may_have_any_names(tmp_path):
    """A spreadsheet writes the cells beside a table that were once touched."""
    text = f"x,0,{ABOUT},1\nx,1,{ABOUT},2\n"
    plain = side(written(tmp_path / "plain.csv", KPI + text)).table
    touched = side(written(tmp_path / "kpi.csv", (KPI + text).replace("\n", ",,\n"))).table
    assert (touched.rows, touched.values.tolist()) == (plain.rows, plain.values.tolist())
    noted = (KPI + text).replace("\n", ",note,note\n")
    assert side(written(tmp_path / "noted.csv", noted)).table.rows == plain.rows


def test_a_name_as_long_as_it_may_be_is_read(tmp_path):
    name = "y" * 10_000
    assert side(written(tmp_path / "kpi.csv", f"{KPI}{name},0,{ABOUT},1\n")).scenario == name


def test_a_line_with_more_fields_than_names_is_refused_whatever_is_done_with_warnings(tmp_path):
    path = written(tmp_path / "table.csv", f"{KPI}x,0,{ABOUT},1,2\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ":2:1: has 10 fields, the first line names 9. The first line names the" in fault(side, path)


def test_all_faulty_lines_are_told_where_they_stand_whatever_blank_lines_are_between(tmp_path):
    path = written(
        tmp_path / "kpi.csv", f"{KPI}x,0,{ABOUT},1\n\n\nx,1,{ABOUT},many\nx,1.5,imports_t,,,\x07,,t,1e60\n\n"
    )
    assert fault(side, path).splitlines() == [
        f"{path}:5:1: value: 'many' is not a number that can be told, of at most 1e+50",
        f"{path}:6:1: actor: the character '\\x07' is not allowed",
        f"{path}:6:1: replication: '1.5' is not a whole number from 0 up",
        f"{path}:6:1: value: '1e60' is not a number that can be told, of at most 1e+50",
    ]
    assert side(written(path, f"{KPI}x,0,{ABOUT},1\n\nx,1,{ABOUT},2\n\n")).table.values.tolist() == [[1], [2]]


def test_of_very_many_faulty_lines_the_first_are_told_and_the_rest_counted(tmp_path):
    lines = "".join(f"x,{number},{ABOUT},?\n" for number in range(30))
    told = fault(side, written(tmp_path / "kpi.csv", KPI + lines)).splitlines()
    assert len(told) == 20
    assert told[-1].endswith("10 more lines have the same fault")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (f"value,{KPI}7,x,0,{ABOUT},1\n", 1, "has more than one column value: which of them counts?"),
        (f"{SUMMARY}x,{ABOUT},2,1,-1\n", 2, "sd: '-1' is not a number from 0"),
        (f"{SUMMARY}x,{ABOUT},-2,1,1\n", 2, "n: '-2' is not a whole number from 0 up"),
        (f"{SUMMARY}x,{ABOUT},2,1,1e200\n", 2, "sd: '1e200' is not a number"),
        (f"{KPI}x,0,{ABOUT},{'y' * 50}\n", 2, f"value: '{'y' * 40}' is not a number"),
        (f"{KPI}x,0,{ABOUT},1e308\n", 2, "value: '1e308' is not a number that can be told"),
        (f"{KPI}x,0,{ABOUT}\n", 2, "has 8 fields, the first line names 9"),
        (f"sep=,\n{KPI}x,0,{ABOUT},1\n", 1, "heading, unit, value. The first line names the columns; fields"),
        (f"{KPI.replace(',', ';')}x;0;{ABOUT.replace(',', ';')};1,5\n", 1, "decimals by points"),
        (f'{KPI}"x\ny",0,{ABOUT},1\n', 2, "scenario: a name has one line"),
        (KPI, 1, "has no rows"),
    ],
)
def test_what_a_spreadsheet_or_an_editor_did_to_a_table_is_told_in_words(tmp_path, text, line, told):
    path = written(tmp_path / "table.csv", text)
    assert fault(side, path).startswith(f"{path}:{line}:1: ")
    assert told in fault(side, path)


def test_a_name_that_others_take_for_nothing_is_a_name(tmp_path):
    """Readers of tables know NA, null and nan as empty fields."""
    found = side(written(tmp_path / "kpi.csv", f"{KPI}NA,0,nan,null,N/A,,,t,1\n"))
    assert found.scenario == "NA"
    assert [(row.metric, row.place, row.element) for row in found.table.rows] == [("nan", "null", "N/A")]


def test_what_is_no_text_or_no_file_is_told_in_words_and_its_path_once(tmp_path):
    path = tmp_path / "kpi.csv"
    path.mkdir()
    assert fault(lines.read, path, [lines.Form("a table", "", {})]) == (
        f"{path}:1:1: cannot be read as a table: Is a directory"
    )
    (tmp_path / "latin.csv").write_bytes(KPI.encode() + b"x,0,M\xfcnchen,1\n")
    assert "cannot be read as a table: 'utf-8' codec can't decode byte 0xfc" in fault(
        side, tmp_path / "latin.csv"
    )


def test_replications_are_counted_as_far_as_whole_numbers_are_told_apart(tmp_path):
    last = 2**53
    path = written(tmp_path / "kpi.csv", f"{KPI}x,200,{ABOUT},1\nx,{last},{ABOUT},2\n")
    assert side(path).table.replications == (200, last)
    path = written(tmp_path / "kpi.csv", f"{KPI}x,{last + 2},{ABOUT},1\n")
    assert f"replication: '{last + 2}' is not a whole number from 0 up" in fault(side, path)


def test_a_table_whose_replications_have_different_rows_is_not_complete(tmp_path):
    text = table("x", "metric", {IMPORTS: [1, 2, 3], PRICE: [1, 2, 3]})
    cut = "".join(text.splitlines(keepends=True)[:-2])
    path = written(tmp_path / "kpi.csv", cut)
    assert fault(side, path).splitlines() == [
        f"{path}:1:1: is not complete: replication {number} lacks 1 rows that others have"
        for number in (1, 2)
    ]


def test_numbers_as_large_as_can_be_told_are_compared_in_silence(tmp_path):
    for name, sds in (("a", ("1e50", "1e-300")), ("b", ("0", "1e50"))):
        rows = "".join(
            f"{name},{about},2,1e50,{sd}\n" for about, sd in zip((ABOUT, f"price_{ABOUT}"), sds, strict=True)
        )
        written(tmp_path / f"{name}.csv", SUMMARY + rows)
        values = {IMPORTS: ["1e50", "-1e50", 1e-300], PRICE: [1e-300, 0, 2e-300]}
        written(
            tmp_path / f"{name}k.csv",
            table(name, "metric", values | ({PRICE: [1e50, 0, 7]} if name == "b" else {})),
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for ending in (".csv", "k.csv"):
            assert len(compare([tmp_path / f"a{ending}", tmp_path / f"b{ending}"], EVERYTHING).rows) == 2


def test_what_a_name_could_do_to_a_terminal_is_an_escape_in_the_label(tmp_path):
    folders = [tmp_path / name for name in ("plain", "n\nl\x1b[31m\u202e\x9b")]
    for folder in folders:
        write_result(folder, "x", {IMPORTS: [1, 2]})
    assert [side.label for side in read_sides(folders)] == ["plain", "n\\nl\\x1b[31m\\u202e\\x9b"]


@pytest.mark.parametrize("text", ["", table("x", "metric", {IMPORTS: [1]})])
def test_what_is_no_monthly_table_is_refused(tmp_path, text):
    path = written(tmp_path / "monthly.csv", text)
    assert fault(read_months, path).startswith(f"{path}:1:1: ")
    if text:
        assert "is not a monthly.csv: it has no column month, variable" in fault(read_months, path)


def test_what_is_not_there_is_told(tmp_path):
    path = tmp_path / "nowhere"
    assert fault(side, path) == f"{path}:1:1: there is no such file or folder"


# -- folders -----------------------------------------------------------------------------------------------


def test_a_sweep_is_no_result(result):
    path = result("base", {IMPORTS: [1, 2]})
    written(path / "design.csv", "point\n0\n")
    assert side(path).scenario == "base", "a file that was not written with the rest is no part of it"
    seal(path)
    told = fault(side, path)
    assert told.startswith(f"{path}:1:1: is a sweep: its points are not results of their own. Run two")


def test_a_folder_whose_table_is_another_is_refused(result):
    path = result("base", {IMPORTS: [1, 2]})
    written(path / "kpi.csv", "scenario,metric\nx,y\n")
    seal(path)
    assert "is not a kpi.csv: it has no column replication" in fault(side, path)


def test_the_inputs_are_those_of_the_scenario_and_the_parameters(result):
    path = result("base", {IMPORTS: [1, 2]}, "period: {months: 24}\n")
    assert {"period.months", "market.cover_exponent"} <= side(path).inputs.keys()


def test_the_manifest_tells_how_a_result_came_about(result):
    reference = {"name": "baseline", "hash": "abc"}
    drawn = result("x", {IMPORTS: [1] * 6}, replications={"asked": 6, "draws": 3}, reference=reference)
    found = side(drawn)
    assert found.record == Record("2025-07-01", 24, 7, 6, "baseline abc", 3)
    assert found.table.per_draw == found.record.per_draw == 2
    assert found.monthly == drawn / "monthly.csv"
    plain = side(result("y", {IMPORTS: [1] * 6}))
    assert plain.record == Record("2025-07-01", 24, 7, 6, "")
    assert plain.table.per_draw == Record("2025-07-01", 24, 7, 6, "").per_draw == 0
    assert drawn.name == "x"


def test_replications_are_unlike_for_each_reason():
    one = Record("2025-07-01", 24, 7, 6, "a")
    assert one.unlike(Record("2025-07-01", 24, 7, 6, "b")) == []
    assert one.unlike(Record("2025-07-01", 24, 7, 8, "a", 4)) == [
        "replications 6 and 8",
        "draws of the parameters 0 and 4",
    ]


def test_everything_that_went_in_is_an_input_by_its_path(result):
    scenario = """
question: What is told?
title: a test
events:
- {id: shut, gates: [a, b], lasts: 7.25, source: somebody}
- {kind: nameless, ramp: true}
points: []
mixed: [{a: 1}, b]
nested: {deep: {deeper: 1}}
set: {roads.lot_t: {value: 30}}
"""
    used = {"name": "roads.lot_t", "value": 1 / 3, "unit": "t", "set": "for a test"}
    read = {"name": "market.lag_d", "value": 30, "unit": "d"}
    git = {"commit": "c" * 40}
    path = result(
        "x", {IMPORTS: [1]}, scenario, parameters=[used, read], software={"package": "1", "git": git}
    )
    assert side(path).inputs == {
        "title": Input("scenario", "", "a test"),
        "events.shut.gates": Input("scenario", "", "a, b"),
        "events.shut.lasts": Input("scenario", "", "7.25"),
        "events.1.kind": Input("scenario", "", "nameless"),
        "events.1.ramp": Input("scenario", "", "True"),
        "points": Input("scenario", "", ""),
        "mixed": Input("scenario", "", "{'a': 1}, b"),
        "nested.deep.deeper": Input("scenario", "", "1"),
        "roads.lot_t": Input("parameter", "t", "0.3333333333"),
        "market.lag_d": Input("parameter", "d", "30", is_evidence=True),
        "evidence": Input("software", "", "e" * 12),
        "package": Input("software", "", "1"),
        "commit": Input("software", "", "c" * 12),
    }


def test_an_input_that_another_has_not_differs_unless_it_is_evidence():
    assert Input("parameter", "t", "1").differs(None)
    assert not Input("parameter", "t", "1", is_evidence=True).differs(None)
    assert Input("parameter", "t", "1", is_evidence=True).differs(Input("parameter", "t", "2"))
    assert not Input("parameter", "t", "1").differs(Input("parameter", "t", "1"))


def reference_of(path):
    """A folder of the reference in a result folder."""
    (path / "reference").mkdir()
    for name in ("kpi.csv", "monthly.csv"):
        shutil.copy(path / name, path / "reference")
    seal(path)
    return path / "reference"


def test_a_reference_has_the_record_of_its_result_without_a_reference_of_its_own(result):
    path = result("x", {IMPORTS: [1, 2]}, reference={"name": "baseline", "hash": "abc"})
    found = side(reference_of(path))
    assert found.record == Record("2025-07-01", 24, 7, 2, "")
    assert (found.inputs, found.monthly) == (None, path / "reference" / "monthly.csv")


@pytest.mark.parametrize("name", ["other", "reference"])
def test_a_folder_is_a_reference_by_its_name_and_the_manifest_above(result, name):
    path = result("x", {IMPORTS: [1, 2]})
    folder = reference_of(path).rename(path / name)
    if name == "reference":
        for file in ("manifest.json", "scenario.resolved.yaml"):
            shutil.copy(path / file, folder)
        seal(folder, root_seed=9)
        assert side(folder).record.root_seed == 9  # a manifest of its own comes first
        (folder / "manifest.json").unlink()
        (path / "manifest.json").unlink()
    assert f"{folder / 'manifest.json'}:1:1: is missing" in fault(side, folder)


# -- names -------------------------------------------------------------------------------------------------


def labels(*paths):
    return [each.label for each in read_sides(paths)]


def test_results_go_by_their_scenario_their_folder_their_path_or_their_number(result, tmp_path, monkeypatch):
    rows = {IMPORTS: [1, 2]}
    names = (("same", "a"), ("same", "b"), ("other", "c"))
    a, b, c = (result(scenario, rows, folder=folder) for scenario, folder in names)
    assert labels(a, c) == ["same", "other"]
    assert labels(a, b, c) == ["a", "b", "c"]
    deep = tmp_path / "deep"
    deep.mkdir()
    again = Path(str(a)).rename(deep / "b")
    assert labels(again, b) == [again.as_posix(), b.as_posix()]
    assert labels(b, b) == [f"{b.as_posix()} (1)", f"{b.as_posix()} (2)"]
    monkeypatch.chdir(again)
    assert labels(Path(), result("same", rows, folder="z")) == ["b", "z"]


def test_a_folder_is_told_by_its_whole_name(result, tmp_path):
    rows = {IMPORTS: [1, 2]}
    one, two = result("same", rows, folder="mix.a"), result("same", rows, folder="mix.b")
    assert labels(one, two) == ["mix.a", "mix.b"]
    alone = shutil.copy(one / "kpi.csv", tmp_path / "mailed.csv")
    assert labels(two, Path(alone)) == ["mix.b", "mailed"]
    deep = tmp_path / "deep"
    deep.mkdir()
    again = one.rename(deep / "mix.b")
    first, _ = read_sides([again, two])
    assert first.folder_part == "mix.b"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("plain-1.0", "plain-1.0"), ("..", "_"), ("a/../../b", "the_table"), ("a b =c", "a_b_c"),
        ("x" * 300, "x" * 64), ("é" * 99, "é" * 32), ("-rf", "-rf"),
    ],
)  # fmt: skip
def test_a_side_gives_a_part_of_a_folders_name_whatever_its_scenario_is_called(tmp_path, name, part):
    text = f'{KPI}"{name}",0,{ABOUT},1\n'
    assert side(written(tmp_path / "the table.csv", text)).folder_part == part


def test_a_name_that_is_no_text_is_told_by_its_bytes(result, tmp_path):
    text = (result("x", {IMPORTS: [1, 2]}) / "kpi.csv").read_text(encoding="utf-8")
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv"))
    assert labels(written(odd, text), written(tmp_path / "even.csv", text)) == ["\\udcff", "even"]
