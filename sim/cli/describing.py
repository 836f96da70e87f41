"""The commands that say what the model stands on, to a person and to a journal."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import MISSED, Format, Printed, scenario_names

if TYPE_CHECKING:
    from sim.evidence import Registry


class Sheet(StrEnum):
    """The form of the sheet."""

    markdown = "markdown"
    json = "json"


def evidence(
    names: Annotated[list[str] | None, typer.Argument(help="Parameters. Default: all.")] = None,
    grade: Annotated[str | None, typer.Option(help="Only this grade: A, B, C or D.")] = None,
    source: Annotated[str | None, typer.Option(help="Only what this source supports.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family, e.g. mines.")] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Only what no shipped scenario reads.")] = False,
    balance: Annotated[
        bool, typer.Option("--balance", help="Whether the numbers of the baseline belong together.")
    ] = False,
    format: Printed = Format.table,
) -> None:
    """Where a number comes from: value, range, grade, source, how it was derived, who uses it."""
    from sim import shipped
    from sim.evidence import Registry
    from sim.evidence.printing import render_list, render_one
    from sim.study import users

    filtered = unused or any((grade, source, family))
    if (names and filtered) or (balance and (names or filtered)):
        raise typer.BadParameter("names, filters of the whole list, and --balance exclude each other")
    registry = Registry.load(shipped.seeds_dir())
    if balance:
        _balance(registry, as_json=format is Format.json)
        return
    used_by = users(registry)
    if names:
        told = render_one(registry, names, used_by=used_by, format=format.value)
    else:
        told = render_list(
            registry,
            grade=grade,
            source=source,
            family=family,
            unused=unused,
            used_by=used_by,
            format=format.value,
        )
    print(told, end="")


def _balance(registry: "Registry", *, as_json: bool) -> None:
    """Print the balance sheet of the baseline. Exits with 4 where a line is out of its range."""
    from sim.balance import sheet
    from sim.cli.showing import print_json
    from sim.study import prepare

    lines = sheet(prepare("baseline", registry=registry).world, registry)
    if as_json:
        print_json([line.plain() for line in lines])
    else:
        print("at the start of the baseline: value, and what it should be")
        print(*lines, sep="\n")
    if not all(line.holds for line in lines):
        raise typer.Exit(MISSED)


def stress(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="[RESULT|SCENARIO]",
            help="The folder of a finished run, or a scenario.",
            autocompletion=scenario_names,
        ),
    ] = "baseline",
    format: Annotated[Sheet, typer.Option("--format", help="How the sheet is printed.")] = Sheet.markdown,
) -> None:
    """The STRESS-DES sheet: the model and an experiment in the order that journals ask for."""
    from sim.cli.showing import print_json
    from sim.stress import sheet_of

    sheet = sheet_of(subject)
    if format is Sheet.json:
        print_json(sheet.plain())
    else:
        print(sheet.markdown(), end="")
