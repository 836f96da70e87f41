"""What the commands share: exit codes, options and arguments."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from math import isnan
from pathlib import Path
from typing import Annotated

import typer

from sim.arguments import LARGEST_SEED, LONGEST_RUN_S, MOST_REPLICATIONS
from sim.inputs.text import InputError, Problem

FAULT, USAGE, FAILED, MISSED, INTERRUPTED = 1, 2, 3, 4, 130
DRAWS, PER_DRAW = 100, 3
"""Draws of the parameters, and replications of each, unless the user says otherwise: 100 draws tell grades
apart to a tenth or two, and two or three replications a draw tell chance from parameters."""


class Format(StrEnum):
    """How the answer is printed."""

    table = "table"
    json = "json"


def _number(given: float | None) -> float | None:
    """Refuses what is no number, which is neither below nor above any limit."""
    if given is not None and isnan(given):
        raise typer.BadParameter("a number of seconds is expected")
    return given


def scenario_names(incomplete: str) -> list[str]:
    """What a shell may complete a scenario to."""
    from sim.scenario import shipped_names

    files = [str(path) for path in Path().glob(f"{incomplete}*") if path.suffix == ".yaml" or path.is_dir()]
    return [name for name in (*shipped_names(), *files) if name.startswith(incomplete)]


Ref = Annotated[
    str,
    typer.Argument(
        help="Path of a scenario file, or the name of a shipped scenario.", autocompletion=scenario_names
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="PATH=VALUE", help="Change one value, e.g. events.kachin_shut.lasts='120 d'."
    ),
]
Printed = Annotated[Format, typer.Option("--format", help="How the answer is printed.")]
Replications = Annotated[
    int | None, typer.Option(min=1, max=MOST_REPLICATIONS, help="In place of the scenario's number.")
]
RootSeed = Annotated[
    int | None, typer.Option(min=0, max=LARGEST_SEED, help="In place of the scenario's root seed.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a usable core.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        max=LONGEST_RUN_S,
        callback=_number,
        metavar="SECONDS",
        help="Limit of one run, then it is ended. Default: 600.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no notes.")]


def overrides(
    sets: list[str] | None, replications: int | None, root_seed: int | None, draws: int | None = None
) -> list[str]:
    """PATH=VALUE texts of `--set` and of the options that stand for one."""
    levels = {"run.replications": replications, "run.root_seed": root_seed, "run.draws": draws}
    return [*(sets or []), *(f"{path}={level}" for path, level in levels.items() if level is not None)]


_OWN = {
    "run.replications": "--replications",
    "run.root_seed": "--root-seed",
    "run.draws": "--draws",
    "run.ensemble": "--ensemble",
}


@contextmanager
def own_options(sets: list[str] | None) -> Iterator[None]:
    """Faults of values that have options of their own are told of those: nobody wrote a `--set` for them."""
    try:
        yield
    except InputError as error:
        written = len(sets or [])
        raise InputError([_of_option(problem, written) for problem in error.problems]) from None


def _of_option(problem: Problem, written: int) -> Problem:
    is_own = problem.file == "--set" and problem.line > written
    return replace(problem, file=_OWN[problem.path], line=1, column=1) if is_own else problem
