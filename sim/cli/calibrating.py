"""`sim calibrate` from reading to printing."""

import shlex
import sys
from pathlib import Path
from time import perf_counter

from sim import shipped
from sim.cli.showing import error_console, out_console, print_json, print_table, shown_path
from sim.ensemble import FILE_NAME
from sim.history import calibration
from sim.history.declaring import Calibration
from sim.history.search import search
from sim.inputs.text import InputError, Problem
from sim.results import in_turn
from sim.results.digits import figure

TELL_EVERY_S = 5.0
MOST_NAMED = 5
"""Files named that keep a calibration from a folder."""


def carry_out(
    path: Path, workers: int, out: Path | None, *, keep: bool, as_json: bool = False, quiet: bool
) -> None:
    """Search, write the ensemble, print the best set and what it measures.

    keep: put the ensemble beside the evidence too. Raises InputError before anything is run;
    KeyboardInterrupt leaves the trials that are done in their file.
    """
    job = calibration.job_of(path)
    declared = job.calibration
    folder = _made(out or Path("results/calibration") / declared.name)
    told = f"another process calibrates in {shown_path(folder)}: waiting for it"
    with in_turn(folder, lambda: error_console().print(told)):
        trials = _search(job, folder, workers, quiet=quiet)
        members = calibration.kept(declared, trials.found.values())
        targets = [folder / FILE_NAME, *([shipped.seeds_dir() / FILE_NAME] if keep else [])]
        aside = calibration.set_aside(declared, members, targets[0])
        if aside and not quiet:
            error_console().print(f"an earlier, different ensemble is now {shown_path(aside)}")
        for target in targets:
            calibration.write_ensemble(declared, members, target)
    if as_json:
        print_json(_answer(declared, trials, members) | {"ensemble": [str(target) for target in targets]})
        return
    _show(declared, trials, members)
    out_console().print(f"\nensemble: {', '.join(map(shown_path, targets))}", soft_wrap=True)


def _made(folder: Path) -> Path:
    """The folder, without links. Raises InputError if it cannot be made, or holds what is not ours."""
    try:
        place = folder.resolve()
        place.mkdir(parents=True, exist_ok=True)
        others = calibration.foreign(place)
    except (OSError, RuntimeError, ValueError) as reason:
        message = f"cannot be made: {getattr(reason, 'strerror', None) or reason}"
        raise InputError([Problem(str(folder), 1, 1, "", message, "Name another with --out")]) from None
    if others:
        message = f"holds what no calibration has written: {', '.join(others[:MOST_NAMED])}"
        raise InputError([Problem(str(folder), 1, 1, "", message, "Name another with --out")])
    return place


def _search(job: calibration.Job, folder: Path, workers: int, *, quiet: bool) -> calibration.Trials:
    """The trials of a calibration, those of an interrupted one among them."""
    trials = calibration.Trials.of(job, folder)
    told = perf_counter()

    def on_trial(done: int, best: float) -> None:
        nonlocal told
        if not quiet and perf_counter() - told > TELL_EVERY_S:
            told = perf_counter()
            error_console().print(f"{done} trials, least loss {best:.3f}")

    try:
        search(job, trials, workers, on_trial)
    except KeyboardInterrupt:
        print(
            f"interrupted: {len(trials.found)} trials are kept in {trials.path}. To go on:\n"
            f"  {shlex.join(['sim', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        raise
    return trials


def _answer(
    declared: Calibration, trials: calibration.Trials, members: list[calibration.Trial]
) -> dict[str, object]:
    """The answer for a program."""
    best = trials.best
    return {
        "trials": len(trials.found),
        "loss": {"least": best.loss, "largest kept": max(member.loss for member in members)},
        "parameters": [
            {
                "name": free.name,
                "unit": free.unit,
                "best": best.point[index],
                "kept": [member.point[index] for member in members],
                "bounds": [free.low, free.high],
            }
            for index, free in enumerate(declared.free)
        ],
        "targets": [
            {"id": target.id, "observed": target.value, "best": measured, "spread": target.spread}
            for target, measured in zip(declared.targets, best.measured, strict=True)
        ],
    }


def _show(declared: Calibration, trials: calibration.Trials, members: list[calibration.Trial]) -> None:
    best = trials.best
    print(
        f"{len(trials.found)} trials; least loss {best.loss:.3f}; {len(members)} sets kept, "
        f"up to {max(member.loss for member in members):.3f}"
    )
    heads = ("parameter", "unit", "best", "kept from", "to", "bounds")
    rows = []
    for index, free in enumerate(declared.free):
        values = [member.point[index] for member in members]
        numbers = (best.point[index], min(values), max(values))
        rows.append((free.name, free.unit, *map(figure, numbers), f"{free.low:g} to {free.high:g}"))
    print_table(heads, rows, heads[2:5])
    print()
    columns = ("target", "observed", "best", "off, in spreads")
    print_table(
        columns,
        [
            (t.id, figure(t.value), figure(m), f"{(m - t.value) / t.spread:+.1f}")
            for t, m in zip(declared.targets, best.measured, strict=True)
        ],
        columns[1:],
    )
