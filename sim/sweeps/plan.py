"""A sweep that can start: every point of its design is a scenario without faults."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim import shipped
from sim.build import build
from sim.event_effects import WHOLE, rounded
from sim.evidence import Registry
from sim.evidence.holidays import unknown
from sim.inputs.allowed import Allowed
from sim.inputs.text import InputError, Problem, parse_yaml, write_yaml
from sim.limits import all_allowed
from sim.scenario import Loaded, Template
from sim.sweeps.declared import FILE, KINDS, Declared, declared
from sim.sweeps.designs import Design, from_file, laid_out
from sim.sweeps.keys import content_hash, model_hash
from sim.sweeps.ranges import expanded
from sim.uncertainty import ill_shared
from sim.unheld import unheld

MOST_FAULTS = 20
_CUT = "Cut the law with `min:` and `max:`, under `uncertainties` of a sweep file"


@dataclass(frozen=True)
class Wish:
    """What is asked for. design: one of the kinds, a CSV, or empty; samples: 0 for what the file says."""

    ref: str
    vary: Sequence[str] = ()
    sets: Sequence[str] = ()
    design: str = ""
    samples: int = 0
    with_reference: bool = False

    def words(self) -> list[str]:
        """The part of a command that makes the same design again."""
        words = ["sim", "sweep", self.ref]
        for option, texts in (("--vary", self.vary), ("--set", self.sets)):
            words += [word for text in texts for word in (option, text)]
        words += ["--design", self.design] if self.design else []
        words += ["--samples", str(self.samples)] if self.samples else []
        return words + (["--reference"] if self.with_reference else [])


@dataclass(frozen=True)
class Plan:
    """A design, what its points are run with, and for each point the hash of what its runs depend on.

    base: the scenario that is varied. rounded: what the model counts less finely than was said. Runs are
    numbered: run = point x replications + replication.
    """

    wish: Wish
    declared: Declared
    design: Design
    base: Loaded
    registry: Registry
    model: str
    contents: tuple[bytes, ...]
    parameters_used: tuple[str, ...]
    unread: tuple[str, ...]
    rounded: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the sweep, and of its folder."""
        return self.base.scenario.name

    @property
    def replications(self) -> int:
        """Of every point."""
        return self.base.scenario.run.replications

    @property
    def runs(self) -> int:
        """Number of runs of the whole design."""
        return len(self.design.rows) * self.replications

    def to_yaml(self) -> str:
        """The text of a sweep file that gives the same design; one from a CSV needs `--design` still."""
        design, laws = self.design, {one.path: one for one in self.declared.uncertainties}
        if design.kind == FILE:
            return self.base.scenario.to_yaml()
        levers = {one.path: [_scalar(text) for text in one.values] for one in self.declared.levers}
        uncertainties = {path: laws[path].quantity.plain() for path in design.uncertainties}
        sections = {"levers": levers, "uncertainties": uncertainties}
        varied = {"vary": {name: entries for name, entries in sections.items() if entries}}
        how = {"design": design.kind, **({"samples": design.samples} if design.samples else {})}
        return self.base.scenario.to_yaml() + write_yaml(varied | how)

    @property
    def left_aside(self) -> tuple[str, ...]:
        """What the sweep's file varies, and a table that gives the points in its place does not."""
        return tuple(path for path in self.declared.paths if path not in self.design.paths)

    @property
    def allowed(self) -> dict[str, Allowed]:
        """What every parameter of the evidence can be."""
        return all_allowed(self.registry.parameters)


def prepare(wish: Wish, registry: Registry | None = None) -> Plan:
    """Read, lay out and check the whole design. Raises InputError with the faults of all of it."""
    registry = registry or Registry.load(shipped.seeds_dir())
    allowed = all_allowed(registry.parameters)
    kind = wish.design if wish.design in KINDS or not wish.design else FILE
    options = expanded(wish.vary, registry)
    vary, numbers = [text for _, text in options], [number for number, _ in options]
    asked = declared(wish.ref, allowed, vary, wish.sets, kind, wish.samples, numbers=numbers)
    base = asked.template.made()
    if kind == FILE:
        design = from_file(Path(wish.design), asked)
    else:
        design = laid_out(asked, base.scenario.run.root_seed)
    template = Template.of_text(base.scenario.to_yaml(), allowed)
    checked = _Checked(wish, template, registry, asked, design)
    return Plan(wish, asked, design, base, registry, model_hash(registry), *checked.all())


class _Checked:
    """Makes the scenario and the first world of every point."""

    def __init__(
        self, wish: Wish, template: Template, registry: Registry, asked: Declared, design: Design
    ) -> None:
        self._wish, self._template, self._registry, self._design = wish, template, registry, design
        self._laws = {one.path: one for one in asked.uncertainties if design.kind != FILE}
        self._sampled = set(design.uncertainties)
        self._used: set[str] = set()
        self._rounded: dict[str, None] = {}
        self._too_far: set[str] = set()

    def all(self) -> tuple[tuple[bytes, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Contents of the points, parameters that some run reads, varied ones that none reads, roundings."""
        problems: list[Problem] = []
        faults, contents = 0, []
        for point in range(len(self._design.rows)):
            try:
                contents.append(self._content(point))
            except InputError as error:
                faults += 1
                problems += self._told(point, error.problems)
            if faults > MOST_FAULTS:
                break
        if problems:
            raise InputError(problems)
        varied = [path for path in self._design.paths if path in self._registry.parameters]
        unread = tuple(path for path in varied if path not in self._used)
        return tuple(contents), tuple(sorted(self._used)), unread, tuple(self._rounded)

    def _content(self, point: int) -> bytes:
        loaded = self._template.loaded(self._design.overrides(point))
        try:
            world = build(loaded.scenario, self._registry)
        except (ValueError, ArithmeticError) as error:
            raise InputError([Problem("", 1, 1, "", f"makes no world: {error}")]) from None
        self._used.update(world.parameters_used)
        for event in loaded.scenario.events:
            self._rounded |= dict.fromkeys(rounded(self._said(event)))
        self._rounded |= dict.fromkeys(unheld(loaded.scenario, world))
        self._rounded |= dict.fromkeys(ill_shared(loaded.scenario, self._sampled))
        period = loaded.scenario.period
        self._rounded |= dict.fromkeys(unknown(self._registry.calendar, period.start, period.end))
        return content_hash(loaded.scenario, loaded.parent if self._wish.with_reference else None)

    def _said(self, event: Any) -> Any:
        """The event without what is sampled: nobody said that as a number."""
        drawn = {field: None for field in WHOLE if f"events.{event.id}.{field}" in self._sampled}
        return event.model_copy(update=drawn)

    def _told(self, point: int, problems: Sequence[Problem]) -> Iterator[Problem]:
        """Faults of a point, at its line in the file; of a design laid out here, in the design.csv to be.

        A law that gives what the scenario cannot take is told where it is written, by the first such value.
        """
        design = self._design
        line = design.lines[point] if design.lines else point + 2
        for problem in problems:
            law = self._laws.get(problem.path)
            if law is None:
                file = design.file or f"{self._wish.ref}: design"
                yield replace(problem, file=file, line=line, column=1)
            elif law.path not in self._too_far:
                self._too_far.add(law.path)
                yield law.where.problem(f"{law.quantity.text} goes too far: {problem.message}", _CUT)


def _scalar(text: str) -> Any:
    """The value that a text after `PATH=` stands for."""
    return parse_yaml(text, "value").data
