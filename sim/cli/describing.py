"""The command that describes the model to a journal."""

from enum import StrEnum
from typing import Annotated

import typer

from sim.cli.options import scenario_names


class Sheet(StrEnum):
    """The form of the sheet."""

    markdown = "markdown"
    json = "json"


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
