"""`sim sensitivity`: its arguments."""

from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import Format, Printed


def sensitivity(
    result: Annotated[Path, typer.Argument(help="Folder of a sweep, or of a run with --uncertainty.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            help="morris, sobol, pawn, tornado, information, discovery, breach (repeatable). "
            "Default: all that the design can serve."
        ),
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric (repeatable).")] = None,
    place: Annotated[list[str] | None, typer.Option(help="Only this place; all: the totals.")] = None,
    element: Annotated[list[str] | None, typer.Option(help="Only this element; all: the totals.")] = None,
    breach: Annotated[
        list[str] | None,
        typer.Option(metavar="'METRIC[PLACE, ELEMENT] > X'", help="A threshold: how often, and when."),
    ] = None,
    decision: Annotated[
        str | None, typer.Option(help="A decision with a loss: file, or name of a shipped one.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="A new or empty folder, or one of an earlier answer. Default: the folder sensitivity in the "
            "result."
        ),
    ] = None,
    format: Printed = Format.table,
) -> None:
    """Which inputs drive which outputs, what to find out next, and when a threshold is breached."""
    from sim.cli.sensing import Question, carry_out
    from sim.comparison import Selection

    selection = Selection(tuple(metric or ()), tuple(place or ()), tuple(element or ()))
    as_json = format is Format.json
    carry_out(Question(result, method or [], selection, breach or [], decision, out, as_json))
