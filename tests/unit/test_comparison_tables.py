"""A comparison of results made by hand as files: CSV, JSON, a workbook, and the long format of the IAMC."""

import json
import re
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO

import pandas as pd
import pytest

from sim.comparison import compare, tables
from sim.comparison.tables import files, iamc_frame, plain, plain_months, workbook
from tests.results import EVERYTHING, IMPORTS, OPEN, PRICE, TIME

SMALL = {"compare.csv", "inputs.csv", "compare.json"}


@pytest.fixture
def three(result):
    """Three results of which two inputs differ, one a decision."""
    sides = [
        result(
            name, {IMPORTS: [level, level + 2], PRICE: [50, 51]}, f"events:\n- {{id: tax, rate: {name}}}\n"
        )
        for name, level in (("a", 90), ("b", 100), ("c", 80))
    ]
    return compare(sides, EVERYTHING, policies=["events"], months=True)


@pytest.fixture
def two(result):
    """A time that is open in the other, and a total without a place."""
    about = ("imports_t", "", "", "", "oxide", "t")
    base = result("base", {TIME: [10] * 8, OPEN: [0] * 8, about: [0.1] * 8})
    other = result("other", {TIME: [15] * 7 + [None], OPEN: [0] * 7 + [1], about: [0.3] * 8})
    return compare([base, other], EVERYTHING)


def read(pieces):
    return pd.read_csv(StringIO("".join(pieces)), keep_default_na=False, dtype=str)


def unpacked(written):
    """Name -> XML of each sheet, and of what the sheets share."""
    with zipfile.ZipFile(BytesIO(written)) as book:
        parts = {name: book.read(name).decode() for name in book.namelist()}
    names = re.findall(r'<sheet name="([^"]+)"', parts["xl/workbook.xml"])
    found = {name: parts[f"xl/worksheets/sheet{number}.xml"] for number, name in enumerate(names, start=1)}
    return found, parts["xl/sharedStrings.xml"], parts["docProps/core.xml"] + parts["xl/styles.xml"]


def test_there_is_a_file_for_what_there_is_to_tell(two, three):
    assert files(two).keys() == SMALL | {"monthly_diff.csv"}
    assert files(replace(two, monthly=None)).keys() == SMALL
    every = files(three, excel=True, iamc=True)
    assert every.keys() == SMALL | {"monthly_diff.csv", "best.csv", "regret.csv", "compare.xlsx", "iamc.csv"}
    assert read(every["best.csv"])["result"].tolist()[:3] == ["b", "a", "c"]
    assert read(every["regret.csv"])["regret"].tolist()[:3] == ["10", "0", "20"]
    assert read(every["iamc.csv"])["scenario"].unique().tolist() == ["a", "b", "c"]


def test_months_have_the_columns_of_rows_but_what_whole_runs_alone_tell(two):
    assert list(read(files(two)["monthly_diff.csv"]).columns) == [
        "month", "variable", "place", "element", "actor", "heading", "unit", "base", "other", "base_mean",
        "other_mean", "diff_mean", "diff_ci_low", "diff_ci_high", "diff_pct", "n_pairs", "correlation",
        "significant",
    ]  # fmt: skip


def test_months_for_json_are_the_lines_of_their_file(two):
    told, lines = plain_months(two), read(files(two)["monthly_diff.csv"])
    assert [list(line) for line in told] == [list(lines.columns)] * len(lines)
    assert [line["variable"] for line in told] == lines["variable"].tolist()


def test_numbers_in_files_have_ten_digits_and_no_sign_of_nought_and_no_limit_is_empty(two):
    rows = two.rows.assign(correlation=[-0.0, 1 / 3, float("-inf")])
    told = read(files(replace(two, rows=rows))["compare.csv"])
    assert told["correlation"].tolist() == ["0", "0.3333333333", ""]
    assert told["diff_ci_high"].tolist()[0] == ""
    assert told["diff_mean"].tolist()[2] == "0.2"


@pytest.mark.parametrize("lines", [1, 10_000, 10_001, 25_000])
def test_a_long_table_is_written_in_pieces_that_make_one(two, lines):
    inputs = pd.DataFrame({"input": [f"a{number}" for number in range(lines)]})
    pieces = list(files(replace(two, inputs=inputs))["inputs.csv"])
    assert "".join(pieces).splitlines() == ["input", *inputs["input"]]
    assert max(piece.count("\n") for piece in pieces) <= 10_000


def test_no_text_in_a_table_is_a_formula(two):
    rows = two.rows.assign(other=["=1+1", "-5 t", "other"])
    assert read(files(replace(two, rows=rows))["compare.csv"])["other"].tolist() == ["'=1+1", "-5 t", "other"]


def test_json_has_nothing_where_a_number_has_no_limit(two, three):
    text = "".join(files(two)["compare.json"])
    told = json.loads(text)
    assert told == plain(two)
    assert text.endswith("}\n")
    assert (told["base"], told["others"], told["paired"], told["no_difference"]) == (
        "base",
        ["other"],
        True,
        False,
    )
    time = told["rows"][0]
    assert (time["metric"], time["diff_ci_low"], time["diff_ci_high"]) == ("time_to_recover_d", 5.0, None)
    assert (time["other_open"], time["rank"]) == (1.0, 2.0)
    assert told["regret"] == told["best"] == []
    assert len(plain(three)["regret"]) == len(plain(three)["best"]) == 6
    assert "\\u" not in "".join(files(replace(two, notes=("Übersee",)))["compare.json"])


def test_the_long_format_tells_what_a_row_is_about_in_its_variable(result):
    rows = {PRICE: [1, 3], ("tax_cny", "", "Dy", "kia", "oxide", "CNY"): [4, 4]}
    base, other = result("base", rows), result("other", rows | {PRICE: [2, 4]})
    long = iamc_frame(compare([base, other], EVERYTHING))
    assert long.columns.tolist() == ["model", "scenario", "region", "variable", "unit", "time", "value"]
    assert long.index.tolist() == list(range(len(long)))
    assert long["model"].unique().tolist() == ["myanmar-rare-earth-sim"]
    told = {(row.scenario, row.region, row.variable): row.value for row in long.itertuples()}
    price, tax = "price_peak|Tb", "tax_cny|Dy|kia|oxide"
    parts = {"": 1.0, "|ci_low": 1.0, "|ci_high": 1.0}
    assert told == {
        ("base", "china", price): 2.0,
        ("other", "china", price): 3.0,
        ("base", "all", tax): 4.0,
        ("other", "all", tax): 4.0,
        **{("other", "china", f"Difference to base|{price}{part}"): value for part, value in parts.items()},
        **{("other", "all", f"Difference to base|{tax}{part}"): 0.0 for part in parts},
    }


def test_the_long_format_leaves_out_what_has_no_limit(result):
    one, two = (result(name, {IMPORTS: [level]}) for name, level in (("one", 1), ("two", 3)))
    long = iamc_frame(compare([one, two], EVERYTHING))
    assert long["value"].tolist() == [1.0, 3.0, 2.0]  # one replication has no interval


def test_a_workbook_has_a_sheet_a_table_and_says_what_it_is_about(two, three):
    found, texts, _ = unpacked(workbook(three))
    assert list(found) == ["differences", "inputs", "monthly", "best", "regret", "about"]
    for text in ("pairs", "replication by replication", "base", "other", "interval"):
        assert f"<t>{text}</t>" in texts
    found, texts, _ = unpacked(workbook(replace(two, monthly=None, is_paired=False, notes=("take care",))))
    assert list(found) == ["differences", "inputs", "about"]
    assert "<t>none: independent samples</t>" in texts
    assert "<t>take care</t>" in texts


def test_a_table_too_long_for_a_sheet_is_told_instead(three, monkeypatch):
    assert tables.SHEET_ROWS + 1 == 2**20  # all that a sheet has, the head included
    monkeypatch.setattr(tables, "SHEET_ROWS", 6)
    assert "regret" in unpacked(workbook(three))[0]  # six lines fit
    monkeypatch.setattr(tables, "SHEET_ROWS", 5)
    found, texts, _ = unpacked(workbook(three))
    assert list(found) == ["differences", "inputs", "monthly", "about"]
    assert "<t>best: 6 lines are too many for a sheet; see the CSV file</t>" in texts
    assert "<t>regret: 6 lines are too many for a sheet; see the CSV file</t>" in texts


def test_the_sheets_of_a_workbook_can_be_worked_with(two):
    rows = two.rows.assign(other=["o" * 50, "o", "o"])
    found, texts, shared = unpacked(workbook(replace(two, rows=rows)))
    sheet = found["differences"]
    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert '<autoFilter ref="A1:X4"/>' in sheet
    assert '<autoFilter ref="A1:G1"/>' in found["inputs"]  # no line, and still a head
    widths = {
        at: float(width)
        for first, last, width in re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
        for at in range(int(first), int(last) + 1)
    }
    margin = 0.7109375  # what the format adds
    assert widths[1] - margin == len("time_to_recover_censored") + 2
    assert widths[6] - margin == 9  # unit: not less
    assert widths[8] - margin == 40  # other: not more
    assert len(re.findall(r'<c r="[A-X]1" s="2" t="s">', sheet)) == 24  # the head has a format of its own
    assert '<c r="L2" s="1"><v>5</v></c>' in sheet
    assert 'r="M2"' not in sheet  # without a limit there is no cell
    assert "<b/>" in shared
    assert 'formatCode="#,##0.####"' in shared
    assert "2000-01-01T00:00:00Z" in shared
    assert "<t>diff_ci_low</t>" in texts
    assert workbook(two) == workbook(two)


def test_texts_in_a_workbook_stay_texts(two):
    rows = two.rows.assign(base=["17", "=1+1", "https://example.org"])
    found, texts, _ = unpacked(workbook(replace(two, rows=rows)))
    for text in ("17", "=1+1", "https://example.org"):
        assert f"<t>{text}</t>" in texts
    assert "<f>" not in found["differences"]
    assert "hyperlink" not in found["differences"]
