"""Tables that may have come from anywhere: read whole, or refused with all of their faulty lines."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison.statistics import Values
from sim.inputs.text import InputError, Problem, words

MOST = 20
"""Faulty lines of one kind that are told."""
LARGEST = 1e50
"""Of a number. Its fourth power, which intervals need, is still one."""
LONGEST = 10_000
"""Of a text, in characters. What is written of it is read again by readers that have limits of their own."""
_OPEN = re.compile(r"EOF inside string starting at row (\d+)")
_RULE = "The first line names the columns; fields are separated by commas, decimals by points"


Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Number:
    """What a column of numbers may hold."""

    told: str = f"a number that can be told, of at most {LARGEST:g}"
    low: float = -inf
    high: float = LARGEST
    may_be_empty: bool = True
    is_whole: bool = False

    def wrong(self, texts: "pd.Series[str]", numbers: Values) -> Truths:
        """Which fields are not of this kind; nan stands for what is no number."""
        with np.errstate(invalid="ignore"):
            right = (numbers >= self.low) & (np.abs(numbers) <= self.high)
            right &= (numbers == np.floor(numbers)) | (not self.is_whole)
        return ~right & ~((texts == "").to_numpy() & self.may_be_empty)


POSITIVE = Number(f"a number from 0 to {LARGEST:g}", low=0)
COUNT = Number("a whole number from 0 up", low=0, high=2**53, may_be_empty=False, is_whole=True)
"""A replication, or how many there are."""


@dataclass(frozen=True)
class Form:
    """A kind of table: its name with an article, the column it is known by, and what its columns hold.

    columns: None for words.
    """

    name: str
    sign: str
    columns: Mapping[str, Number | None]

    @property
    def numbers(self) -> Mapping[str, Number]:
        """The columns of numbers."""
        return {name: number for name, number in self.columns.items() if number is not None}


def read(path: Path, forms: Sequence[Form]) -> tuple[Form, pd.DataFrame]:
    """The table and which of the forms it has: the first whose sign is a column of it, else the last.

    Its index is the line of the file. Raises InputError with every fault of the kind that is found first: the
    names of the columns, the number of fields, what the fields hold.
    """
    header = _header(path)
    form = next((form for form in forms[:-1] if form.sign in header), forms[-1])
    _check_header(path, header, form)
    frame = _body(path, header)
    numbers = {
        name: pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64) for name in form.numbers
    }
    if problems := [*_faults(path, frame, form, numbers)]:
        raise InputError(problems)
    return form, frame.assign(**numbers)


def at_lines(
    path: Path, frame: pd.DataFrame, wrong: Truths, told: str | Callable[[int], str], hint: str = ""
) -> Iterator[Problem]:
    """A fault for each line that is wrong, the first MOST of them. told: what, or a function of the row."""
    rows = np.flatnonzero(wrong)
    more = f"{len(rows) - MOST:,} more lines have the same fault"
    for number, row in enumerate(rows[:MOST], start=1):
        message = told if isinstance(told, str) else told(int(row))
        is_last = number == MOST < len(rows)
        yield Problem(str(path), int(frame.index[row]), 1, "", message, more if is_last else hint)


def fault(path: Path, message: str, line: int = 1, hint: str = "") -> InputError:
    """A refusal of a file, in the usual form."""
    return InputError([Problem(str(path), line, 1, "", message, hint)])


def _header(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error) as reason:
        raise _unreadable(path, reason) from None
    if not header:
        raise fault(path, "is not a table: its first line is empty", hint=_RULE)
    return header


def _check_header(path: Path, header: Sequence[str], form: Form) -> None:
    if missing := [column for column in form.columns if column not in header]:
        hint = _RULE if len(missing) == len(form.columns) else ""
        raise fault(path, f"is not {form.name}: it has no column {', '.join(missing)}", hint=hint)
    if twice := [column for column in form.columns if header.count(column) > 1]:
        raise fault(path, f"has more than one column {', '.join(twice)}: which of them counts?")


def _body(path: Path, header: Sequence[str]) -> pd.DataFrame:
    """Every field as text, by line; blank lines are left out."""
    try:
        frame = pd.read_csv(
            path, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig"
        )
    except (ValueError, OSError) as reason:  # pandas' own errors are ValueErrors too
        if opened := _OPEN.search(str(reason)):
            told = "has a quote that nothing closes, and is one field from there to the end"
            raise fault(path, told, int(opened[1]) + 1) from None
        _check_fields(path, len(header))
        raise _unreadable(path, reason) from None
    frame = (
        frame.set_axis(list(header), axis="columns").set_axis(range(1, len(frame) + 1)).iloc[1:].fillna("")
    )
    frame = frame[(frame != "").any(axis=1)]
    if frame.empty:
        raise fault(path, "has no rows")
    if (frame.iloc[:, -1] == "").any():  # empty fields, or none: pandas does not tell
        _check_fields(path, len(header))
    return frame.loc[:, ~frame.columns.duplicated()]  # of columns that nobody needs


def _check_fields(path: Path, fields: int) -> None:
    """Raises InputError with the lines that have more or fewer fields than the first one names."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            counts = [(lines.line_num, len(line)) for line in lines if line and len(line) != fields]
    except (OSError, ValueError, csv.Error) as reason:
        raise _unreadable(path, reason) from None
    problems = [
        Problem(str(path), line, 1, "", f"has {count} fields, the first line names {fields}", _RULE)
        for line, count in counts
    ]
    if problems:
        raise InputError(problems[:MOST])


def _faults(path: Path, frame: pd.DataFrame, form: Form, numbers: Mapping[str, Values]) -> Iterator[Problem]:
    yield from at_lines(path, frame, (frame["unit"] == "").to_numpy(), "has no unit; is it cut off?")
    for column in form.columns.keys() - form.numbers:
        yield from at_lines(path, frame, *_wrong_words(column, frame[column]))
    for column, number in form.numbers.items():
        yield from at_lines(path, frame, *_wrong_numbers(column, frame[column], number, numbers[column]))


def _wrong_words(column: str, texts: "pd.Series[str]") -> tuple[Truths, Callable[[int], str]]:
    reasons = {text: reason for text in texts.unique() if (reason := _objection(text))}
    return texts.isin(list(reasons)).to_numpy(), lambda row: f"{column}: {reasons[texts.iloc[row]]}"


def _wrong_numbers(
    column: str, texts: "pd.Series[str]", number: Number, numbers: Values
) -> tuple[Truths, Callable[[int], str]]:
    wrong = number.wrong(texts, numbers)
    return wrong, lambda row: f"{column}: {texts.iloc[row][:40]!r} is not {number.told}"


def _objection(text: str) -> str:
    """Why a field is no name of anything; empty if it can be one."""
    try:
        words(text)
    except ValueError as reason:
        return str(reason)
    if len(text) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    return "a name has one line" if "\n" in text else ""


def _unreadable(path: Path, reason: Exception) -> InputError:
    told = getattr(reason, "strerror", "") or str(reason)  # without the path, which is told before
    return fault(path, f"cannot be read as a table: {' '.join(told.split())}")
