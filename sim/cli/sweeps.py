"""The commands for designs of many runs."""

import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.options import (
    FAILED,
    USAGE,
    Format,
    Printed,
    Quiet,
    Replications,
    RootSeed,
    Set,
    Timeout,
    Workers,
    overrides,
    own_options,
    scenario_names,
)
from sim.inputs.text import InputError, Problem

if TYPE_CHECKING:
    from sim.sweeps.running import Share


class Tables(StrEnum):
    """The form of large tables."""

    csv = "csv"
    parquet = "parquet"


def sweep_names(incomplete: str) -> list[str]:
    """What a shell may complete a sweep to."""
    from sim.sweeps.declared import shipped_sweeps

    names = [name for name in shipped_sweeps() if name.startswith(incomplete)]
    return [*names, *scenario_names(incomplete)]


TablesOption = Annotated[
    Tables | None,
    typer.Option(help="Form of kpi and summary. Default: csv; parquet above 2,000,000 lines."),
]


def sweep(
    sweep: Annotated[
        str,
        typer.Argument(
            help="A sweep file, the name of a shipped sweep, or a scenario with --vary.",
            autocompletion=sweep_names,
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH=VALUES",
            help="A lever, PATH=1,2,3 or PATH=0:0.4:0.05, or an uncertainty, PATH='uniform(0, 1)'; "
            "PATH=evidence takes the law of the evidence, also of patterns such as 'market.*'.",
        ),
    ] = None,
    design: Annotated[
        str,
        typer.Option(
            help="grid, lhs, sobol, morris or saltelli; or a design.csv with a column a PATH, whose points "
            "stand in place of those of the sweep file: what has no column there stays as it is."
        ),
    ] = "",
    samples: Annotated[int | None, typer.Option(min=1, help="Samples of the uncertainties.")] = None,
    sets: Set = None,
    replications: Replications = None,
    root_seed: RootSeed = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Run the reference of every point, for relative metrics.")
    ] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="One calibrated parameter set a replication.")
    ] = False,
    workers: Workers = None,
    dask: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://10.0.0.1:8786.")
    ] = "",
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Only part I of N, for array jobs; see `sim merge`.")
    ] = "",
    timeout: Timeout = None,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first run that fails.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the design and estimate the time; write nothing.")
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="Tell which runs would be made or skipped, and why; run nothing.")
    ] = False,
    only: Annotated[
        str, typer.Option(metavar="POINT/REPLICATION", help="Make one run here and print it; write nothing.")
    ] = "",
    tables: TablesOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The result folder itself. Default: results/sweep/NAME.")
    ] = None,
    format: Printed = Format.table,
    quiet: Quiet = False,
) -> None:
    """Run a design of many points. What is finished is never run again: the same command goes on."""
    others = {
        "--dry-run": dry_run, "--why": why, "--shard": shard, "--dask": dask, "--workers": (workers or 1) > 1,
        "--timeout": timeout, "--fail-fast": fail_fast, "--tables": tables, "--out": out,
    }  # fmt: skip
    _check_alone(only, others)
    from sim.cli import single, sweeping
    from sim.experiment import TIMEOUT_S, usable_cores
    from sim.results import PlaceError
    from sim.sweeps.plan import Wish as Design
    from sim.sweeps.running import BusyError

    changes = overrides(sets, replications, root_seed) + (["run.ensemble=true"] if ensemble else [])
    wish = sweeping.Wish(
        Design(sweep, tuple(vary or ()), tuple(changes), design, samples or 0, reference),
        workers or usable_cores(),
        timeout or TIMEOUT_S,
        out,
        _share(shard),
        dask,
        None if tables is None else tables is Tables.parquet,
        fail_fast,
        format is Format.json,
        quiet,
    )
    try:
        with own_options(sets):
            if only:
                whole = single.make(wish.design, only, as_json=wish.as_json)
            elif dry_run or why:
                whole = True
                sweeping.dry_run(wish, why=why) if dry_run else sweeping.why(wish)
            else:
                whole = sweeping.carry_out(wish)
    except (PlaceError, BusyError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if not whole:
        raise typer.Exit(FAILED)


def merge(
    shards: Annotated[list[Path], typer.Argument(metavar="SHARD", help="Folders written by `--shard I/N`.")],
    out: Annotated[
        Path | None, typer.Option(help="The result folder itself. Default: results/sweep/NAME.")
    ] = None,
    tables: TablesOption = None,
    format: Printed = Format.table,
    quiet: Quiet = False,
) -> None:
    """Join the parts of a sweep into the folder that the whole sweep would have written."""
    from sim.cli import sweeping
    from sim.results import PlaceError

    as_parquet = None if tables is None else tables is Tables.parquet
    try:
        whole = sweeping.merge(shards, out, as_parquet, as_json=format is Format.json, quiet=quiet)
    except PlaceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if not whole:
        raise typer.Exit(FAILED)


def _check_alone(only: str, others: Mapping[str, object]) -> None:
    """Raises InputError if one run is asked for together with another way of running."""
    given = [option for option, value in others.items() if value]
    if only and given:
        message = f"makes one run here, which does not go with {', '.join(given)}"
        raise InputError([Problem("--only", 1, 1, only, message)])


def _share(text: str) -> "Share":
    """The part of `3/8`. Raises InputError."""
    from sim.sweeps.running import Share

    if not text:
        return Share()
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError([Problem("--shard", 1, 1, text, "I/N is expected, with I from 1 to N")])
    return Share(int(match[1]), int(match[2]))
