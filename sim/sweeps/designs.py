"""From what is varied to the points of a design: every combination of levers, at every sampled state.

The states are the same for every combination of levers, so that decisions are compared in the same worlds.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.inputs.files import UnreadableError, content
from sim.inputs.quantity import tidy
from sim.inputs.text import InputError, Problem, suggest
from sim.sweeps.declared import FILE, GRID, KINDS, LHS, MORRIS, SALTELLI, SOBOL, Declared

MORRIS_LEVELS = 4
OPEN_TAIL = 0.01
"""What a design on levels, which has a lowest and a highest one, leaves off at each open end of a law."""
MOST_MEGABYTES = 1000
"""The largest table of one's own: some ten million points."""
_OTHER_MARKS = {";": "';'", "\t": "tabs"}
"""What spreadsheets put between columns in place of commas."""

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """The points to run. rows: for each point the text of every path's value.

    kind: grid, lhs, sobol, morris, saltelli, or file. levers, uncertainties: the paths, in this order.
    states: number of sampled states in which each combination of levers is run (1 without uncertainties).
    shares: for each state and uncertainty the share of its law below the value, (states, uncertainties).
    file, lines: where each point stands, of a design of one's own.
    """

    kind: str
    samples: int
    levers: tuple[str, ...]
    uncertainties: tuple[str, ...]
    states: int
    rows: tuple[tuple[str, ...], ...]
    shares: Shares | None
    file: str = ""
    lines: tuple[int, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """What is varied."""
        return (*self.levers, *self.uncertainties)

    def overrides(self, point: int) -> list[str]:
        """The point's values as `PATH=VALUE`."""
        return [f"{path}={text}" for path, text in zip(self.paths, self.rows[point], strict=True)]


def laid_out(declared: Declared, root_seed: int) -> Design:
    """The points of a declared sweep; the same again for the same root seed.

    Raises InputError if the kind does not go with what is varied, or needs a package that is not there.
    """
    if not declared.paths:
        raise _refusal(declared, "nothing is varied", "Give `vary:` in the file, or --vary PATH=VALUES")
    uncertain = declared.uncertainties
    kind = declared.kind
    combinations = declared.combinations()
    levers = tuple(lever.path for lever in declared.levers)
    if not uncertain:
        if kind != GRID:
            raise _refusal(
                declared,
                f"the design {kind} samples uncertainties, and there are none",
                "Give a law, such as --vary PATH='uniform(0, 1)', under `uncertainties` in a file",
            )
        return Design(kind, 0, levers, (), 1, tuple(combinations), None)
    shares = _shares(declared, kind, root_seed)
    columns = [
        [one.text(value) for value in one.quantity.law.quantile(shares[:, at]).tolist()]
        for at, one in enumerate(uncertain)
    ]
    states = list(zip(*columns, strict=True))
    rows = tuple((*combination, *state) for combination in combinations for state in states)
    names = tuple(one.path for one in uncertain)
    return Design(kind, declared.samples, levers, names, len(states), rows, shares)


def from_file(path: Path, declared: Declared) -> Design:
    """The design of a CSV with a column for each path, and maybe one of points numbered from 0.

    What the sweep declares as uncertain stays so; all else is a lever. Raises InputError.
    """
    header, lines, first = _read(path)
    names = [name for name in header if name != "point"]
    known = {one.path for one in declared.uncertainties}
    uncertain = tuple(name for name in names if name in known)
    levers = tuple(name for name in names if name not in known)
    problems = [Problem(str(path), first, 1, name, why) for name in names if (why := declared.fixed(name))]
    problems += [
        one.where.problem(f"has no column in {path}")
        for one in declared.uncertainties
        if one.where.is_option and one.path not in uncertain
    ]
    for number, (line, cells) in enumerate(lines.items()):
        problems += [Problem(str(path), line, 1, *told) for told in _misfits(header, cells, number)]
    if problems:
        raise InputError(problems)
    order = [header.index(name) for name in (*levers, *uncertain)]
    rows = tuple(tuple(cells[at] for at in order) for cells in lines.values())
    return Design(FILE, 0, levers, uncertain, 1, rows, None, str(path), tuple(lines))


def _misfits(header: Sequence[str], cells: Sequence[str], number: int) -> Iterator[tuple[str, str]]:
    """What is wrong with the line of a point: the column, if it is one, and the fault."""
    if len(cells) != len(header):
        yield "", f"{len(header)} cells are expected"
    elif "point" in header and cells[header.index("point")] != str(number):
        told = cells[header.index("point")]
        yield "point", f"is {told!r}, not {number}: points are numbered from 0"


def _read(path: Path) -> tuple[list[str], dict[int, list[str]], int]:
    """The first line, the others by where each begins, and where the first one does. Raises InputError.

    Lines and columns of empty cells, which spreadsheets leave behind, are none.
    """
    lines: dict[int, list[str]] = {}
    reader, end = csv.reader(StringIO(_text(path), newline=""), strict=True), 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines[end + 1] = [cell.strip() for cell in row]
            end = reader.line_num
    except csv.Error as error:
        raise _unreadable(path, f"cannot be read as a CSV: {error}", line=end + 1) from None
    filled = {at for row in lines.values() for at, cell in enumerate(row) if cell}
    lines = {line: [cell for at, cell in enumerate(row) if at in filled] for line, row in lines.items()}
    first = min(lines, default=1)
    header = lines.pop(first, [])
    for mark, name in _OTHER_MARKS.items():
        if len(header) == 1 and mark in header[0]:
            message = f"commas are expected between columns, not {name}"
            raise _unreadable(path, message, line=first)
    is_told = all(name and name.isprintable() for name in header)
    if len(set(header)) < len(header) or not set(header) - {"point"} or not is_told or not lines:
        message = "a line of different PATHs and at least one line of values are expected"
        raise _unreadable(path, message)
    return header, lines, first


def _text(path: Path) -> str:
    """The text of a file, a byte order mark left out. Raises InputError."""
    found = b""
    try:
        found = content(path, MOST_MEGABYTES)
        return found.decode("utf-8-sig")
    except UnreadableError as error:
        raise _unreadable(path, str(error), suggest(str(path), KINDS)) from None
    except UnicodeDecodeError as error:
        line, column = (
            found.count(b"\n", 0, error.start) + 1,
            error.start - found.rfind(b"\n", 0, error.start),
        )
        raise _unreadable(path, "is not UTF-8 text", line=line, column=column) from None


def _unreadable(path: Path, message: str, hint: str = "", *, line: int = 1, column: int = 1) -> InputError:
    return InputError([Problem(str(path), line, column, "", message, hint)])


def _shares(declared: Declared, kind: str, root_seed: int) -> Shares:
    """Points in the unit cube, of shape (states, uncertainties)."""
    count, dimensions = declared.samples, len(declared.uncertainties)
    if count < 1:
        raise _refusal(declared, f"the design {kind} needs the number of samples", "Give --samples N")
    if kind in (SOBOL, SALTELLI) and count & (count - 1):
        near = 1 << count.bit_length()
        raise _refusal(
            declared,
            f"the design {kind} is balanced only for a power of two, not {count} samples",
            f"Give {near // 2} or {near}",
        )
    if kind == GRID:
        middles = (np.arange(count) + 0.5) / count
        mesh = np.meshgrid(*[middles] * dimensions, indexing="ij")
        return np.stack([axis.ravel() for axis in mesh], axis=1)
    if kind in (LHS, SOBOL):
        return _random(kind, count, dimensions, root_seed)
    shares = _for_sensitivity(declared, kind, root_seed)
    return _away_from_open_ends(shares, declared) if kind == MORRIS else shares


def _random(kind: str, count: int, dimensions: int, root_seed: int) -> Shares:
    from scipy.stats import qmc

    sampler: Any = qmc.LatinHypercube if kind == LHS else qmc.Sobol
    return np.asarray(sampler(dimensions, rng=np.random.default_rng(root_seed)).random(count))


def _for_sensitivity(declared: Declared, kind: str, root_seed: int) -> Shares:
    try:
        from SALib.sample import morris, sobol
    except ImportError:
        raise _refusal(
            declared,
            f"the design {kind} needs SALib",
            "Install it with: pip install 'myanmar-rare-earth-sim[sensitivity]'",
        ) from None
    names = [one.path for one in declared.uncertainties]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    seed = root_seed % 2**32
    if kind == MORRIS:
        return np.asarray(morris.sample(problem, declared.samples, num_levels=MORRIS_LEVELS, seed=seed))
    return np.asarray(sobol.sample(problem, declared.samples, calc_second_order=False, seed=seed))


def _away_from_open_ends(shares: Shares, declared: Declared) -> Shares:
    """Levels 0 and 1 moved inwards where the law has no lowest or highest number."""
    moved = shares.copy()
    for at, one in enumerate(declared.uncertainties):
        low, high = one.quantity.law.support
        first = OPEN_TAIL if np.isinf(low) else 0.0
        last = 1.0 - OPEN_TAIL if np.isinf(high) else 1.0
        moved[:, at] = first + (last - first) * shares[:, at]
    return moved


def number(text: str) -> float | None:
    """The number of a value's text, without its unit; None where it is none."""
    head = text.split(" ")[0]
    try:
        return float(tidy(float(head)))
    except (ValueError, OverflowError):
        return None


def units(rows: Sequence[Sequence[str]], at: int) -> set[str]:
    """The units in which the values of a path are written; empty text for bare numbers."""
    return {row[at].partition(" ")[2] for row in rows}


def _refusal(declared: Declared, message: str, hint: str = "") -> InputError:
    return InputError([Problem(declared.ref, 1, 1, "design", message, hint)])
