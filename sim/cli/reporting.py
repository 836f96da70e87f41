"""The commands that show results that are there: the page as a file, and the local viewer."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import USAGE, Format, Printed

Results = Annotated[list[Path], typer.Argument(metavar="RESULT", help="Result folders.")]
_FEW = 5
"""Results whose months are compared, too; monthly tables are large."""


def report(
    results: Results,
    figures: Annotated[
        bool,
        typer.Option("--figures", help="Also every picture as SVG and PNG, in figures/ beside the page."),
    ] = False,
    base: Annotated[str, typer.Option(help="Of several: which one is the base. Default: the first.")] = "",
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Of several: an input that is a decision, for the regret matrix."),
    ] = None,
    unpaired: Annotated[
        bool, typer.Option("--unpaired", help="Of several: take them as independent.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Of several: the folder. Default: results/compare/BASE--OTHER.")
    ] = None,
    format: Printed = Format.table,
) -> None:
    """One self-contained page: of one result (run, comparison, sweep, backtest), or of several compared."""
    from sim import report as pages
    from sim.cli.showing import from_here, print_json, shown_path
    from sim.results import PlaceError

    if len(results) == 1:
        if base or policy or unpaired or out:
            raise typer.BadParameter("--base, --policy, --unpaired and --out are for several results")
        page = pages.write(results[0], figures=figures)
    else:
        from sim.cli.comparing import Wish, compared
        from sim.comparison import Selection

        wish = Wish(
            results, Selection(), base, unpaired, policy or [], months=len(results) <= _FEW, excel=False,
            iamc=False, out=out, as_json=False, quiet=True,
        )  # fmt: skip
        draft = pages.Draft()
        try:
            _, folder, _ = compared(wish, draft)
        except PlaceError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(USAGE) from None
        page = pages.write(folder, figures=True) if figures else draft.placed(folder)
    if format is Format.json:
        print_json({"page": from_here(page)})
    else:
        print(shown_path(page))


def serve(
    results: Results,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
) -> None:
    """A read-only viewer of many results, on this machine only. Ctrl-C ends it."""
    from sim.report.serving import carry_out

    carry_out(results, port)
