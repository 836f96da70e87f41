"""The commands that show results that are there: the page as a file, and the local viewer."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import USAGE, Format, Printed

if TYPE_CHECKING:
    from sim.cli.comparing import Wish

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
    from sim.cli.showing import from_here, print_json, shown_path
    from sim.results import PlaceError

    several = {"--base": base, "--policy": policy, "--unpaired": unpaired, "--out": out}
    if len(results) == 1 and any(several.values()):
        raise typer.BadParameter(f"{', '.join(several)} are for several results")
    try:
        if len(results) == 1:
            page = _of_one(results[0], figures=figures)
        else:
            from sim.cli.comparing import Wish
            from sim.comparison import Selection

            wish = Wish(
                results, Selection(), base, unpaired, policy or [], months=len(results) <= _FEW, excel=False,
                iamc=False, out=out, as_json=False, quiet=True,
            )  # fmt: skip
            page = _of_several(wish, figures=figures)
    except PlaceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if format is Format.json:
        print_json({"page": from_here(page)})
    else:
        print(shown_path(page))


def _of_one(result: Path, *, figures: bool) -> Path:
    """The page of a result, made anew. Raises InputError, and PlaceError where it cannot be written."""
    from sim import report as pages
    from sim.results import PlaceError

    try:
        return pages.write(result, figures=figures)
    except OSError as reason:
        pictures = result / "figures"
        is_picture = Path(reason.filename or "").is_relative_to(pictures)
        place = pictures if is_picture else result / pages.FILE
        raise PlaceError(f"{place}: cannot be written: {reason.strerror or reason}") from None


def _of_several(wish: "Wish", *, figures: bool) -> Path:
    """The page of a comparison made for it. Raises as `_of_one`."""
    from sim import report as pages
    from sim.cli.comparing import compared

    draft = pages.Draft()
    _, folder, _ = compared(wish, draft)
    return _of_one(folder, figures=True) if figures else draft.placed(folder)


def serve(
    results: Results,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8000,
) -> None:
    """A read-only viewer of many results, on this machine only. Ctrl-C ends it."""
    from sim.report.serving import carry_out

    carry_out(results, port)
