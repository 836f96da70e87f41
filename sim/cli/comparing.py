"""`sim compare` from reading to printing."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from os.path import realpath
from pathlib import Path
from typing import Any

from sim import report
from sim.cli.compared import only_months, show
from sim.cli.showing import error_console, from_here, out_console, print_json, shown_path
from sim.comparison import Comparison, Selection, compare
from sim.comparison.tables import files, plain, plain_months
from sim.inputs.text import InputError, Problem, printable
from sim.manifest import command_line, software
from sim.results import MANIFEST, SCHEMA, PlaceError, check_place, write
from sim.results.integrity import read_manifest


@dataclass(frozen=True)
class Wish:
    """What the user asked for. out: the folder to write; None: by the labels."""

    paths: Sequence[Path]
    selection: Selection
    base: str
    unpaired: bool
    policies: Sequence[str]
    months: bool
    excel: bool
    iamc: bool
    out: Path | None
    as_json: bool
    quiet: bool


def carry_out(wish: Wish) -> None:
    """Compare, write and print. Raises InputError and PlaceError before anything is written."""
    draft = report.Draft()
    found, folder, moved = compared(wish, draft)
    if wish.as_json:
        print_json(plain(found) | _months(found, wish) | {"results": from_here(folder)})
    else:
        show(found, wish.selection, months=wish.months)
        out_console().print(f"results: {shown_path(folder)}", soft_wrap=True)
    draft.placed(folder)
    if not wish.as_json:
        out_console().print(f"page: {shown_path(folder / report.FILE)}", soft_wrap=True)
    if moved is not None and not wish.quiet:
        told = printable(f"{moved.parent.name}/{moved.name}")
        error_console().print(f"an earlier, different comparison was moved to {told}")


def _months(found: Comparison, wish: Wish) -> dict[str, Any]:
    """The differences by month, where they are asked for or nothing else is."""
    asked = found.monthly is not None and (wish.months or only_months(found, wish.selection))
    return {"monthly": plain_months(found)} if asked else {}


def compared(wish: Wish, draft: report.Draft) -> tuple[Comparison, Path, Path | None]:
    """Compare and write tables and page: what was found, where it is, where an earlier one was moved to."""
    if wish.excel and find_spec("xlsxwriter") is None:
        raise InputError([
            Problem("--excel", 1, 1, "", "needs xlsxwriter: pip install 'myanmar-rare-earth-sim[excel]'")
        ])  # fmt: skip
    if wish.out is not None:
        _place(wish.out, wish)
    found = compare(
        wish.paths,
        wish.selection,
        base=wish.base,
        unpaired=wish.unpaired,
        policies=wish.policies,
        months=wish.months or wish.iamc,
    )
    if wish.iamc and found.monthly is None:
        raise InputError([Problem("--iamc", 1, 1, "", "needs the monthly.csv of every result")])
    folder = _place(wish.out or Path("results") / "compare" / _name(found), wish)
    tables = files(found, excel=wish.excel, iamc=wish.iamc)
    moved = write(folder, tables | {MANIFEST: _manifest(wish, found)}, draft)
    return found, folder, moved


def _place(folder: Path, wish: Wish) -> Path:
    """As `check_place`; a result that is compared is not moved out of the way of its comparison."""
    place = check_place(folder)
    for path in wish.paths:
        result = realpath(path)
        if place.is_relative_to(result) or Path(result).is_relative_to(place):
            told = f"is, holds or lies in {path}, which is to be compared"
            raise PlaceError(f"{folder}: {told}. Name another with --out")
    return place


def _name(found: Comparison) -> str:
    """`base--other`, and how many others there are."""
    first, *more = found.others
    name = f"{found.base.folder_part}--{first.folder_part}"
    return f"{name}-and-{len(more)}-more" if more else name


def _manifest(wish: Wish, found: Comparison) -> Iterator[str]:
    """The record that goes with the tables; it makes the folder one of ours."""
    content = {
        "schema": SCHEMA,
        "comparison": {
            "base": found.base.label,
            "others": [other.label for other in found.others],
            "paired": found.is_paired,
            "selection": {name: value for name, value in vars(wish.selection).items() if value},
            "notes": list(found.notes),
        },
        "command": command_line(sys.argv),
        **_evidence(found.base.source),
        "software": software(),
    }
    yield json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _evidence(base: Path) -> dict[str, Any]:
    """The parameters behind the base and their sources, where its manifest or that of its run tells them."""
    for folder in (base, base.resolve().parent):
        with suppress(InputError):
            manifest = read_manifest(folder)
            return {
                name: manifest[name] for name in ("evidence", "parameters", "sources") if name in manifest
            }
    return {}
