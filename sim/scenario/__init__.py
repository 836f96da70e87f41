"""Scenario files: found, read, put together with what they extend, and checked as a whole."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from sim import shipped
from sim.inputs.allowed import Allowed
from sim.inputs.fields import no_folder_name
from sim.inputs.files import is_file
from sim.inputs.sampling import LAWS
from sim.inputs.text import InputError, Located, Problem, load_yaml, one_line, parse_yaml, path_text, suggest
from sim.inputs.wording import NAME_RULE
from sim.scenario.check import find_problems
from sim.scenario.model import Content, Scenario
from sim.scenario.tree import ROOTS, Origin, Tree, conflicts, layer, set_key

__all__ = ["Loaded", "Scenario", "Template", "diff", "find", "load", "new_text", "shipped_names"]

SET_BY_USER = "set by the user"
"""The reason noted for every value of the command line."""

_COMMAND_LINE = "--set"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_INHERITED = ("period", "run")
_MOST_FILES = 20
"""How many files may extend one another."""
_TEMPLATE = """\
# yaml-language-server: $schema=./scenario.schema.json
# A scenario is one question put to the model. `sim check` says what is wrong with this file,
# `sim diff {parent} <this file>` what it changes, `sim run` answers the question.
name: {name}
question: What happens to tonnage and prices if ...?
extends: {parent}

# What you do not write is taken from {parent}: {months} months from {start}.
# period: {{start: {start}, months: {months}}}
# run: {{replications: {replications}, root_seed: {root_seed}}}

# Values in place of those of the evidence (`sim evidence` lists them). Each needs its reason,
# `evidence:` (a source) or `assume:` (what you assume and why).
# set:
#   market.cover_exponent: {{value: 0.5, assume: "..."}}

# What happens. A quantity is a number with its unit, or a law such as
# {{triangular: [30, 60, 150], unit: d}}, drawn anew in each replication.
# events:
#   - kind: gate_closure
#     id: pangwa_shut
#     gates: [pangwa]
#     start: {start}
#     lasts: 60 d
"""


@dataclass(frozen=True)
class Loaded:
    """A scenario ready to run. `parent`: its reference, None if it extends nothing.

    `log`: every value that replaced another, as "path: old → new (why)". `files`: what was read, the
    scenario's own file first. `settings`: where the value of each parameter that it sets was written.
    """

    scenario: Scenario
    parent: Scenario | None
    log: tuple[str, ...]
    files: tuple[str, ...]


class Template:
    """A scenario read once, of which any number is made with values of their own. Picklable.

    `parameters` says what every parameter of the evidence can be; values under `set` end up in its unit.
    None: names and values of parameters are not checked.
    """

    def __init__(self, source: Path | Located, parameters: Mapping[str, Allowed] | None = None) -> None:
        self._parameters = parameters
        reader = _Reader(parameters)
        self._tree = reader.tree(source)
        self._problems, self._orphaned = reader.problems, reader.orphaned
        self.files = tuple(reader.files)

    @classmethod
    def of_text(cls, text: str, parameters: Mapping[str, Allowed] | None = None) -> "Template":
        """The template of a scenario's text, such as Scenario.to_yaml gives."""
        return cls(parse_yaml(text, "scenario"), parameters)

    def loaded(self, overrides: Sequence[str] = ()) -> Loaded:
        """The scenario with `overrides` ("PATH=VALUE") over it. Raises InputError with all faults at once."""
        return self.with_values(overrides).made()

    def with_values(self, overrides: Sequence[str]) -> "Template":
        """A template that has the overrides in it, its faults noted."""
        changed = copy(self)
        changed._tree = self._tree.whole_copy()
        changed._problems = self._problems + _apply_overrides(changed._tree, overrides)
        return changed

    def made(self) -> Loaded:
        """The scenario as it is. Raises InputError with all faults at once."""
        reader = _Reader(self._parameters)
        reader.problems, reader.orphaned = list(self._problems), self._orphaned
        reader.check(self._tree)
        reader.check(self._tree.reference)
        if reader.problems:
            raise InputError(reader.problems)
        scenario = _built(self._tree, self._parameters)
        return Loaded(scenario, scenario.parent(), tuple(self._tree.log), self.files)


def load(
    ref: str, *, overrides: Sequence[str] = (), parameters: Mapping[str, Allowed] | None = None
) -> Loaded:
    """The scenario of a file, or of a shipped name, with `overrides` ("PATH=VALUE") over it.

    parameters: see Template. Raises InputError with all faults at once.
    """
    return Template(find(ref), parameters).loaded(overrides)


def find(ref: str, folder: Path | None = None) -> Path:
    """The file that a path, or the name of one shipped in `folder` (default: the scenarios), stands for.

    Raises InputError with the nearest name.
    """
    try:
        return _target(ref, Path(), folder)
    except _NotFoundError as error:
        raise InputError([Problem(ref, 1, 1, "", str(error), error.hint)]) from None


def shipped_names(folder: Path | None = None) -> tuple[str, ...]:
    """Names of the files shipped in `folder` (default: the scenarios)."""
    return tuple(sorted(path.stem for path in (folder or shipped.scenarios_dir()).glob("*.yaml")))


def diff(a: Scenario, b: Scenario) -> list[tuple[str, Any, Any]]:
    """What differs: (PATH, value in `a`, value in `b`), None where there is none. Events pair by id."""
    flat_a, flat_b = _flat(a), _flat(b)
    paths = dict.fromkeys([*flat_a, *flat_b])
    return [
        (path, flat_a.get(path), flat_b.get(path)) for path in paths if flat_a.get(path) != flat_b.get(path)
    ]


def new_text(name: str, from_: str) -> str:
    """A commented scenario file that extends `from_` and changes nothing yet.

    Raises InputError if `from_` cannot be loaded or written, or `name` is no name.
    """
    if not _NAME.fullmatch(name):
        raise InputError([Problem(name, 1, 1, "name", NAME_RULE)])
    if fault := no_folder_name(name):
        raise InputError([Problem(name, 1, 1, "name", fault)])
    parent = load(from_).scenario
    about = parent.period.model_dump() | parent.run.model_dump()
    text = _TEMPLATE.format(name=name, parent=one_line(from_), **about)
    if not _says(text, from_):
        raise InputError(
            [Problem(from_, 1, 1, "extends", "this name cannot be written into a scenario file")]
        )
    return text


def _says(text: str, parent: str) -> bool:
    """Whether reading the text gives that parent."""
    try:
        return bool(parse_yaml(text, "").data["extends"] == parent)
    except InputError:
        return False


class _Reader:
    """Reads a scenario file and what it extends, and collects the faults on the way."""

    def __init__(self, parameters: Mapping[str, Allowed] | None) -> None:
        self.parameters = parameters
        self.files: list[str] = []
        self.problems: list[Problem] = []
        self.orphaned = False

    def tree(self, source: Path | Located, below: tuple[Path, ...] = ()) -> Tree:
        """The tree of a file or its content. `below`: the files that led here by `extends`."""
        document = source if isinstance(source, Located) else self._document(source)
        path = Path(document.file)
        self.files.append(document.file)
        parent = None
        if "extends" in document.data:
            parent = self._parent(document, path, (*below, path.resolve()))
            self.orphaned |= parent is None
        return layer(parent, document)

    def _document(self, path: Path) -> Located:
        """The file's content; faults of single values are noted, and the rest is looked at all the same."""
        try:
            return load_yaml(path)
        except InputError as error:
            if error.document is None:
                raise
            self.problems += error.problems
            return error.document

    def _parent(self, document: Located, path: Path, below: tuple[Path, ...]) -> Tree | None:
        """The tree of what the file extends, its own faults noted; None if there is no reading it."""
        ref = document.data["extends"]
        try:
            target = _target(ref, path.parent) if isinstance(ref, str) else None
        except _NotFoundError as error:
            self.problems.append(document.problem(("extends",), str(error), error.hint))
            return None
        if target is None:
            self.problems.append(document.problem(("extends",), "one name or path is expected"))
            return None
        if target.resolve() in below:
            circle = " → ".join(file.name for file in (*below, target))
            self.problems.append(document.problem(("extends",), f"goes in a circle: {circle}"))
            return None
        if len(below) >= _MOST_FILES:
            message = f"more than {_MOST_FILES} files extend one another"
            self.problems.append(document.problem(("extends",), message))
            return None
        try:
            parent = self.tree(target, below)
        except InputError as error:
            self.problems += error.problems
            return None
        known = len(self.problems)
        self.check(parent)
        self.orphaned |= len(self.problems) > known
        return parent

    def check(self, tree: Tree | None) -> None:
        """Notes the faults of a tree; without a sound parent, what it may have inherited is not missed."""
        told = {what for problem in self.problems for what in (problem.place, (problem.file, problem.path))}
        for problem in find_problems(tree, self.parameters) if tree else ():
            section = problem.path.split(".")[0]
            inherited = self.orphaned and section in _INHERITED and problem.message == "is missing"
            if not inherited and not told & {problem.place, (problem.file, problem.path)}:
                self.problems.append(problem)


class _NotFoundError(LookupError):
    """There is no such scenario; `hint` says what there is."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _target(ref: str, folder: Path, names_in: Path | None = None) -> Path:
    """The file that a shipped name (of a file in `names_in`), or a path from `folder`, stands for."""
    kind = "scenario" if names_in is None else "sweep"
    if Path(ref).suffix or Path(ref).name != ref:
        path = folder / ref
        if is_file(path):
            return path
        near = [file.name for file in path.parent.glob("*.y*ml")] if _is_folder(path.parent) else []
        raise _NotFoundError(f"there is no file '{ref}'", suggest(path.name, near))
    names = shipped_names(names_in)
    if ref in names:
        path, here = (names_in or shipped.scenarios_dir()) / f"{ref}.yaml", Path.cwd()
        return path.relative_to(here) if path.is_relative_to(here) else path
    if is_file(folder / f"{ref}.yaml"):
        raise _NotFoundError(f"no shipped {kind} is named '{ref}'", f"For the file write '{ref}.yaml'")
    raise _NotFoundError(
        f"no shipped {kind} is named '{ref}'", suggest(ref, names) or f"There are {', '.join(names)}"
    )


def _is_folder(path: Path) -> bool:
    """Whether there is a folder; False too for a name that none can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _apply_overrides(tree: Tree, overrides: Sequence[str]) -> list[Problem]:
    """Puts PATH=VALUE texts over the tree and its reference; returns what is wrong with them."""
    problems: list[Problem] = []
    given: dict[str, Origin] = {}
    for number, text in enumerate(overrides, 1):
        path, _, value = text.partition("=")
        try:
            document = parse_yaml(value, _COMMAND_LINE, number, len(path) + 2)
        except InputError as error:
            problems += [replace(problem, path=path) for problem in error.problems]
            continue
        origin = Origin(document, (path.strip(),))
        if not path.strip() or document.data is None:
            problems.append(Problem(_COMMAND_LINE, number, 1, path, "PATH=VALUE is expected"))
        elif path.strip() in given:
            problems.append(origin.problem((), "is set twice"))
        else:
            given[path.strip()] = origin
    for path, above in conflicts(given):
        problems.append(given[path].problem((), f"sets a part of '{above}', which is set too"))
    for path, origin in given.items():
        problems += _override(tree, path, origin)
        if tree.reference:
            _override(tree.reference, path, origin)  # what is wrong is told once
    return problems


def _override(tree: Tree, path: str, origin: Origin) -> list[Problem]:
    value = origin.document.data
    if path.split(".")[0] in ROOTS:
        return set_key(tree, path, value, origin, SET_BY_USER)
    tree.override(("set", path), {"value": value, "assume": SET_BY_USER}, origin, "evidence", SET_BY_USER)
    tree.origins["set", path, "value"] = origin
    return []


def _built(tree: Tree, parameters: Mapping[str, Allowed] | None) -> Scenario:
    """The scenario of a tree without faults, its settings in the units of the parameters."""
    data = dict(tree.data)
    if tree.reference:
        data["reference"] = {
            key: tree.reference.data[key] for key in Content.model_fields if key in tree.reference.data
        }
    scenario = _in_own_units(Scenario.model_validate(data), parameters or {})
    if scenario.reference:
        reference = _in_own_units(scenario.reference, parameters or {})
        scenario = scenario.model_copy(update={"reference": reference})
    return scenario


_C = TypeVar("_C", bound=Content)


def _in_own_units(content: _C, parameters: Mapping[str, Allowed]) -> _C:
    settings = {
        name: setting.model_copy(update={"value": setting.value.to(parameters[name].unit)})
        if name in parameters
        else setting
        for name, setting in content.set.items()
    }
    return content.model_copy(update={"set": settings})


def _flat(scenario: Scenario) -> dict[str, Any]:
    """Values of a scenario by PATH; events by id, settings by the name of the parameter."""
    plain = scenario.plain()
    plain.pop("reference", None)
    plain["events"] = {event["id"]: event for event in plain.get("events", [])}
    settings = plain.pop("set", {})
    flat = {path_text(path): value for path, value in _leaves(plain, ()) if value not in ("", None)}
    for name, setting in settings.items():
        flat[name] = setting.pop("value")
        flat |= {f"{name}.{note}": text for note, text in setting.items()}
    return flat


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Values and their paths; a law of numbers is one value."""
    if isinstance(value, dict) and not LAWS.keys() & value.keys():
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value
