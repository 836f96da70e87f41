"""The commands that hold the model against history."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import (
    FAILED,
    MISSED,
    USAGE,
    Format,
    Printed,
    Quiet,
    Ref,
    Replications,
    RootSeed,
    Set,
    Workers,
    overrides,
    own_options,
)


def backtest(
    scenario: Ref = "history_2024_2025",
    observations: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A CSV in the observations format. Default: the shipped one."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit with 4 where a declared tolerance is missed, with 2 where none is declared."
        ),
    ] = False,
    sets: Set = None,
    replications: Replications = None,
    root_seed: RootSeed = None,
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(help="The result folder itself. Default: results/backtest/NAME.")
    ] = None,
    ensemble: Annotated[
        bool, typer.Option(help="One calibrated parameter set a replication, or the single values.")
    ] = True,
    format: Printed = Format.table,
    quiet: Quiet = False,
) -> None:
    """Simulated against observed: scores, a picture, and whether the declared tolerances hold."""
    from sim.cli.backtests import Wish, carry_out
    from sim.experiment import usable_cores
    from sim.results import PlaceError

    changes, as_json = overrides(sets, replications, root_seed), format is Format.json
    wish = Wish(
        scenario, observations, changes, workers or usable_cores(), out, ensemble, as_json, quiet, check
    )
    try:
        with own_options(sets):
            whole, holds = carry_out(wish)
    except PlaceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if not whole:
        raise typer.Exit(FAILED)
    if check and not holds:
        raise typer.Exit(MISSED)


def calibrate(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Free parameters, bounds, targets.")
    ],
    workers: Workers = None,
    out: Annotated[
        Path | None, typer.Option(help="Where trials and ensemble go. Default: results/calibration/NAME.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Put the ensemble beside the evidence, for --ensemble to use.")
    ] = False,
    format: Printed = Format.table,
    quiet: Quiet = False,
) -> None:
    """Fit declared free parameters to history and keep the sets that fit about equally well. Resumes."""
    from sim.cli.calibrating import carry_out
    from sim.experiment import usable_cores

    carry_out(file, workers or usable_cores(), out, keep=keep, as_json=format is Format.json, quiet=quiet)
