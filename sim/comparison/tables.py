"""A comparison as files: CSV, JSON, a workbook, and the long format of the IAMC.

Numbers have ten significant digits; an undefined or unlimited number is an empty field.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from sim.comparison import Comparison
from sim.comparison.rows import COMPARED, MORE
from sim.results.cells import inert

MONTHLY = (
    "month", "variable", *COMPARED[1:COMPARED.index("share_worse")], "n_pairs", "correlation", "significant",
)  # fmt: skip
IAMC = ("model", "scenario", "region", "variable", "unit", "time", "value")
SHEET_ROWS = 1_048_575
"""How many lines a sheet of a workbook has below its first."""

_TEXT_IS_TEXT = {
    "in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False,
}  # fmt: skip
_MODEL = "myanmar-rare-earth-sim"


def files(
    comparison: Comparison, *, excel: bool = False, iamc: bool = False
) -> dict[str, Iterable[str | bytes]]:
    """The files of a comparison: name, and pieces of text or bytes. iamc: needs the monthly differences."""
    found = comparison
    made: dict[str, Iterable[str | bytes]] = {
        "compare.csv": _csv(found.rows[list(COMPARED)]),
        "inputs.csv": _csv(found.inputs),
        "compare.json": [json.dumps(plain(found), ensure_ascii=False, allow_nan=False), "\n"],
    }
    if found.monthly is not None:
        made["monthly_diff.csv"] = _csv(_by_month(found.monthly))
    if len(found.best):
        made["best.csv"] = _csv(found.best)
    if found.regret is not None:
        made["regret.csv"] = _csv(found.regret)
    if excel:
        made["compare.xlsx"] = [workbook(found)]
    if iamc:
        made["iamc.csv"] = _csv(iamc_frame(found))
    return made


def plain(comparison: Comparison) -> dict[str, Any]:
    """All but the months, for JSON: None in place of what is undefined or has no limit."""
    regret = comparison.regret
    return {
        "base": comparison.base.label,
        "others": [other.label for other in comparison.others],
        "paired": comparison.is_paired,
        "no_difference": comparison.is_same,
        "notes": list(comparison.notes),
        "inputs": _records(comparison.inputs),
        "rows": _records(comparison.rows[[*COMPARED, *MORE]]),
        "best": _records(comparison.best),
        "regret": [] if regret is None else _records(regret),
    }


def plain_months(comparison: Comparison) -> list[dict[str, Any]]:
    """The lines of monthly_diff.csv, for JSON."""
    assert comparison.monthly is not None  # asked for with the months
    return _records(_by_month(comparison.monthly))


def iamc_frame(comparison: Comparison) -> pd.DataFrame:
    """Columns IAMC: monthly means of every result, and the differences to the base with their intervals."""
    monthly = comparison.monthly
    assert monthly is not None  # asked for with the months
    names = monthly["metric"]
    for part in ("element", "actor", "heading"):
        names = names + monthly[part].where(monthly[part] == "", "|" + monthly[part])
    about = pd.DataFrame({
        "model": _MODEL,
        "scenario": monthly["other"],
        "region": monthly["place"].where(monthly["place"] != "", "all"),
        "variable": names,
        "unit": monthly["unit"],
        "time": monthly["month"] + "-01",
    })  # fmt: skip
    difference = f"Difference to {comparison.base.label}|" + names
    first = (monthly["other"] == comparison.others[0].label).to_numpy()
    long = pd.concat(
        [
            about.assign(scenario=comparison.base.label, value=monthly["base_mean"])[first],
            about.assign(value=monthly["other_mean"]),
            about.assign(variable=difference, value=monthly["diff_mean"]),
            about.assign(variable=difference + "|ci_low", value=monthly["diff_ci_low"]),
            about.assign(variable=difference + "|ci_high", value=monthly["diff_ci_high"]),
        ]
    )
    finite = np.isfinite(long["value"].to_numpy(dtype=np.float64))
    frame: pd.DataFrame = long.loc[finite, list(IAMC)].reset_index(drop=True)
    return frame


def workbook(comparison: Comparison) -> bytes:
    """An Excel workbook, a sheet a table; the same comparison gives the same bytes. Needs xlsxwriter."""
    import xlsxwriter

    sheets = dict(_sheets(comparison))
    written = BytesIO()
    with xlsxwriter.Workbook(written, _TEXT_IS_TEXT) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # any fixed day, for the same bytes
        head = book.add_format({"bold": True, "bottom": 1})
        number = book.add_format({"num_format": "#,##0.####"})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, list(frame.columns), head)
            sheet.freeze_panes(1, 0)
            for at, column in enumerate(frame.columns):
                values = _cells(frame[column])
                widest = max([len(column), *(len(value) for value in values if isinstance(value, str))])
                sheet.set_column(at, at, min(40, max(9, widest + 2)), number)
                sheet.write_column(1, at, values)
            sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    return written.getvalue()


def _sheets(comparison: Comparison) -> Iterator[tuple[str, pd.DataFrame]]:
    about = [("base", comparison.base.label), *(("other", other.label) for other in comparison.others)]
    about += [
        ("pairs", "replication by replication" if comparison.is_paired else "none: independent samples")
    ]
    about += [("interval", "95 %, each on its own; of a time: of the median of the differences")]
    about += [("note", note) for note in comparison.notes]
    tables: Mapping[str, pd.DataFrame | None] = {
        "differences": comparison.rows[[*COMPARED, *MORE]],
        "inputs": comparison.inputs,
        "monthly": None if comparison.monthly is None else _by_month(comparison.monthly),
        "best": comparison.best if len(comparison.best) else None,
        "regret": comparison.regret,
    }
    for name, frame in tables.items():
        if frame is not None and len(frame) <= SHEET_ROWS:
            yield name, frame
        elif frame is not None:
            about.append(("note", f"{name}: {len(frame):,} lines are too many for a sheet; see the CSV file"))
    yield "about", pd.DataFrame(about, columns=["what", "text"])


def _by_month(monthly: pd.DataFrame) -> pd.DataFrame:
    return monthly.rename(columns={"metric": "variable"})[list(MONTHLY)]


def _cells(column: "pd.Series[Any]") -> list[Any]:
    """Values as a sheet takes them: None for what is undefined or has no limit."""
    return [
        None if isinstance(value, float) and not np.isfinite(value) else value for value in column.tolist()
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [_cells(frame[column]) for column in frame.columns]
    return [dict(zip(frame.columns, line, strict=True)) for line in zip(*columns, strict=True)]


def _inert(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """No text of the column is a formula of a spreadsheet."""
    changed = {text: inert(text) for text in texts.unique() if isinstance(text, str)}
    return texts.map(lambda value: changed.get(value, value))


def _csv(frame: pd.DataFrame) -> Iterator[str]:
    """In pieces of some thousand lines."""
    numbers = frame.select_dtypes("float").columns
    clean = frame.assign(
        **{name: frame[name].where(np.isfinite(frame[name])) + 0.0 for name in numbers},
        **{name: _inert(frame[name]) for name in frame.select_dtypes(["object", "string"]).columns},
    )
    yield clean.head(0).to_csv(index=False, lineterminator="\n")
    for first in range(0, len(clean), 10_000):
        piece = clean.iloc[first : first + 10_000]
        yield piece.to_csv(index=False, header=False, float_format="%.10g", lineterminator="\n")
