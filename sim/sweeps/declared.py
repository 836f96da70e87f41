"""What is varied and how: read from a sweep file, from `--vary`, or both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path

from sim import shipped
from sim.inputs.allowed import Allowed
from sim.inputs.files import is_file
from sim.inputs.quantity import shown
from sim.inputs.text import InputError, Located, Problem, load_yaml, suggest
from sim.scenario import Scenario, Template, find, shipped_names
from sim.sweeps.varied import Lever, Reader, Uncertainty, Where

GRID, LHS, SOBOL, MORRIS, SALTELLI, FILE = "grid", "lhs", "sobol", "morris", "saltelli", "file"
KINDS = (GRID, LHS, SOBOL, MORRIS, SALTELLI)
KEYS = ("vary", "design", "samples")
"""What a sweep file has beside the keys of a scenario."""
MOST_POINTS = 100_000_000
MOST_TRIED = 200
"""Technical: so many combinations of levers are tried, in some seconds, for one that takes an odd value."""
UNVARIED = {
    "run.replications": "all points have the same number of them",
    "run.draws": "every point would have the parameters of the first draw",
}
"""What cannot differ between points, and why."""
_DRAWS = "run.draws"
_LAWS_INSTEAD = "Sample their laws: --vary '*=evidence' --samples N"


@dataclass(frozen=True)
class Declared:
    """A sweep as asked for. design: one of KINDS, FILE, or empty. samples: 0 where not given.

    template: the scenario that is varied, of its file or text. sets: the "PATH=VALUE" texts it has in it.
    """

    ref: str
    template: Template
    levers: tuple[Lever, ...]
    uncertainties: tuple[Uncertainty, ...]
    design: str
    samples: int
    sets: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The design asked for, or the one that goes with what is varied."""
        return self.design or (LHS if self.uncertainties else GRID)

    @property
    def points(self) -> int:
        """Number of points, before any is made; 0 where a table gives them."""
        count, laws = self.samples, len(self.uncertainties)
        states: dict[str, int] = {
            GRID: count**laws,
            MORRIS: count * (laws + 1),
            SALTELLI: count * (laws + 2),
            FILE: 0,
        }
        return states.get(self.kind, count) * prod(len(lever.values) for lever in self.levers)

    def fixed(self, path: str) -> str:
        """Why a path cannot be varied; empty where it can."""
        is_set = path in {text.partition("=")[0].strip() for text in self.sets}
        why = UNVARIED.get(path) or ("--set gives it one value" if is_set else "")
        return why and f"cannot be varied: {why}"

    @property
    def varied(self) -> tuple[Lever | Uncertainty, ...]:
        """What is varied, levers first."""
        return (*self.levers, *self.uncertainties)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of what is varied, levers first."""
        return tuple(one.path for one in self.varied)

    def combinations(self) -> list[tuple[str, ...]]:
        """Every combination of the levers' values."""
        return list(product(*(lever.values for lever in self.levers)))


def sweeps_dir() -> Path:
    """Folder of the shipped sweeps."""
    return shipped.scenarios_dir() / "sweeps"


def shipped_sweeps() -> tuple[str, ...]:
    """Names of the shipped sweeps."""
    return shipped_names(sweeps_dir())


def is_sweep(ref: str) -> bool:
    """Whether the name or file is that of a sweep. False where it cannot be read."""
    if ref in shipped_sweeps():
        return True
    try:
        return "vary" in load_yaml(find(ref)).data
    except InputError:
        return False


def declared(
    ref: str,
    parameters: Mapping[str, Allowed],
    vary: Sequence[str] = (),
    sets: Sequence[str] = (),
    design: str = "",
    samples: int = 0,
    *,
    numbers: Sequence[int] = (),
) -> Declared:
    """The sweep of a file, of a shipped name, or of a scenario with `--vary` texts.

    vary: "PATH=…" texts, over those of the file. sets: "PATH=VALUE" texts of `--set`. design, samples: in
    place of the file's; FILE: a table gives the points. numbers: of the options that the texts of `vary` are
    of, where they are not counted as they stand. Raises InputError with all faults at once.
    """
    document = load_yaml(found_file(ref))
    reader = Reader()
    levers, uncertainties = reader.file(document)
    for number, text in zip(numbers or range(1, len(vary) + 1), vary, strict=True):
        reader.option(number, text, levers, uncertainties)
    kind, count, problems = _how(document, design, samples)
    template = Template(_scenario_part(document), parameters).with_values(sets)
    laws = tuple(uncertainties.values())
    found = Declared(ref, template, tuple(levers.values()), laws, kind, count, tuple(sets))
    unused = [] if reader.problems else _unused(found, document, samples)  # what is varied is not known
    problems += [*reader.problems, *unused, *_unvaried(found)]
    if found.points > MOST_POINTS:  # whose values take too long to be tried
        message = f"makes more than {MOST_POINTS:,} points, the most that are taken"
        raise InputError([*problems, Problem(ref, 1, 1, "design", message)])
    problems += _untaken(found, document)
    if problems:
        raise InputError(problems)
    return found


def found_file(ref: str) -> Path:
    """The file of a sweep or of a scenario. Raises InputError with the nearest name of either."""
    sweeps, scenarios = shipped_sweeps(), shipped_names()
    if ref in sweeps:
        return find(ref, sweeps_dir())
    is_name = not Path(ref).suffix and Path(ref).name == ref
    if is_name and ref not in scenarios and not is_file(Path(f"{ref}.yaml")):
        names = f"Sweeps are {', '.join(sweeps)}; scenarios are {', '.join(scenarios)}"
        hint = suggest(ref, (*sweeps, *scenarios)) or names
        raise InputError([Problem(ref, 1, 1, "", f"no shipped sweep or scenario is named '{ref}'", hint)])
    return find(ref)


def _how(document: Located, design: str, samples: int) -> tuple[str, int, list[Problem]]:
    """Kind of the design, number of samples, and faults; what is given with the command goes first."""
    kind, count, problems = document.data.get("design", ""), document.data.get("samples", 0), []
    if kind and kind not in KINDS:
        message = f"{shown(kind)} is not one of {', '.join(KINDS)}"
        problems.append(document.problem(("design",), message, suggest(str(kind), KINDS)))
        kind = ""
    if isinstance(count, bool) or not isinstance(count, int) or ("samples" in document.data and count < 1):
        told = f"a whole number above 0 is expected, not {shown(count)}"
        problems.append(document.problem(("samples",), told))
        count = 0
    return design or kind, samples or count, problems


def _scenario_part(document: Located) -> Located:
    """The document without the keys that only a sweep has."""
    data = {key: value for key, value in document.data.items() if key not in KEYS}
    return replace(document, data=data)


def _tried(template: Template) -> tuple[Scenario | None, tuple[Problem, ...]]:
    """The scenario of a template, or its faults."""
    try:
        return template.made().scenario, ()
    except InputError as error:
        return None, error.problems


def _unvaried(found: Declared) -> Iterator[Problem]:
    """What is varied and cannot be. Of a file whose points a table gives, only its columns are varied."""
    for one in found.varied:
        if (one.where.is_option or found.design != FILE) and (why := found.fixed(one.path)):
            yield one.where.problem(why)


def _unused(found: Declared, document: Located, samples: int) -> Iterator[Problem]:
    """What is asked for and has no part in such a design."""
    is_table = found.design == FILE
    for lever in found.levers if is_table else ():
        if lever.where.is_option:
            yield lever.where.problem("the values are those of the table that --design gives")
    if is_table or (found.kind == GRID and found.levers and not found.uncertainties):
        why = "the points are those of the table that --design gives" if is_table else "only levers vary"
        if samples:
            yield Problem("--samples", 1, 1, str(samples), f"nothing is sampled: {why}")
        elif not is_table and _samples_nothing(document):
            yield document.problem(("samples",), f"nothing is sampled: {why}")


def _samples_nothing(document: Located) -> bool:
    """Whether a file asks for samples, and has nothing to sample itself."""
    vary = document.data.get("vary", {})
    return "samples" in document.data and isinstance(vary, dict) and not vary.get("uncertainties")


def _untaken(found: Declared, document: Located) -> Iterator[Problem]:
    """What is wrong with the scenario, alone or with a value that it is to take."""
    base, own = _tried(found.template)
    yield from own
    yield from _unfit(found, own)
    if base is not None and base.run.draws is not None:
        message = f"{UNVARIED[_DRAWS]}; only `sim run` goes through them"
        yield _place_of(_DRAWS, document, found.sets).problem(message, _LAWS_INSTEAD)


def _place_of(path: str, document: Located, sets: Sequence[str]) -> Where:
    """Where a key of the scenario was set: with `--set`, in the file, or in what the file extends."""
    for number, text in enumerate(sets, 1):
        name = text.partition("=")[0]
        if name.strip() == path:
            return Where.of_option("--set", number, path, len(name) + 2)
    at = ("set", path)
    return Where(document, at if at in document.marks else tuple(path.split(".")))


def _unfit(found: Declared, own: Sequence[Problem]) -> Iterator[Problem]:
    """Values that the scenario can never take, told where they were written."""
    alone = list(_unfit_alone(found, own))
    taken = _taken_together(found) if alone and len(found.levers) > 1 else set()
    for one, index, text, problem in alone:
        if (one.path, text) in taken:
            continue
        where = one.where
        if isinstance(one, Lever) and (*where.path, index) in where.document.marks:
            where = Where(where.document, (*where.path, index))
        told = where.problem(problem.message, problem.hint)
        yield told if where.is_option else replace(told, path=f"{told.path}: {text}")


def _unfit_alone(
    found: Declared, own: Sequence[Problem]
) -> Iterator[tuple[Lever | Uncertainty, int, str, Problem]]:
    """Values that the scenario does not take when nothing else is changed, with the first fault of each."""
    known = {problem.place for problem in own}
    for one in found.varied:
        for index, text in enumerate(_examples(one)):
            faults = _tried(found.template.with_values([f"{one.path}={text}"]))[1]
            for problem in [fault for fault in faults if fault.place not in known][:1]:
                yield one, index, text, problem


def _taken_together(found: Declared) -> set[tuple[str, str]]:
    """Paths and values that some combination of levers has which the scenario takes.

    Of more combinations than can be tried here all count as taken: the check of the points tells.
    """
    if prod(len(lever.values) for lever in found.levers) > MOST_TRIED:
        return {(lever.path, text) for lever in found.levers for text in lever.values}
    taken: set[tuple[str, str]] = set()
    paths = [lever.path for lever in found.levers]
    for texts in found.combinations():
        values = list(zip(paths, texts, strict=True))
        if not _tried(found.template.with_values([f"{path}={text}" for path, text in values]))[1]:
            taken |= set(values)
    return taken


def _examples(one: Lever | Uncertainty) -> Sequence[str]:
    """Values to try alone: all of a lever; of a law its middle."""
    if isinstance(one, Lever):
        return one.values
    import numpy as np

    return [one.text(float(one.quantity.law.quantile(np.array([0.5]))[0]))]
