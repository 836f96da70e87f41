"""The runs of a sweep, as a worker makes them: each is measured at once, and only its metrics are kept."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np

from sim import engine
from sim.build import build
from sim.evidence import Registry
from sim.experiment.attempt import Fault, Item, StagedError
from sim.inputs.allowed import Allowed
from sim.ledger import Outcome
from sim.results.metrics import measure
from sim.scenario import Loaded, Scenario, Template
from sim.sweeps.designs import Design
from sim.sweeps.keys import content_hash
from sim.sweeps.ledger import Columns, Entry, Row, Writer
from sim.sweeps.plan import Plan
from sim.world import World

REFERENCES_KEPT = 64
"""Outcomes of references that a worker remembers: where only levers of events differ, points share them."""


@dataclass
class SweepJob:
    """Run n is replication n % replications of point n // replications. Picklable.

    book: the folder to write shards to; None: what is kept goes back to the command (which may be far away).
    """

    text: str
    allowed: dict[str, Allowed]
    registry: Registry
    design: Design
    contents: Sequence[bytes]
    replications: int
    with_reference: bool
    columns: Columns
    book: Path | None
    _writer: Writer | None = None
    _template: Template | None = None
    _latest: tuple[int, Loaded] | None = None
    _references: "OrderedDict[tuple[bytes, int], Outcome]" = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, plan: Plan, columns: Columns, book: Path | None) -> "SweepJob":
        """The job of a plan."""
        return cls(
            plan.base.scenario.to_yaml(), plan.allowed, plan.registry, plan.design, plan.contents,
            plan.replications, plan.wish.with_reference, columns, book,
        )  # fmt: skip

    def run(self, item: Item) -> Row:
        """See Job. Raises StagedError where the fault is not in the run itself."""
        point, replication = divmod(item, self.replications)
        started = perf_counter()
        loaded = self._loaded(point)
        world = self._world(loaded.scenario, replication)
        outcome = engine.run(world, replication)
        seconds = perf_counter() - started
        reference = self._reference(loaded.parent, replication)
        try:
            measured = measure(outcome, reference)
        except Exception as error:  # the run is sound: what fails is to be looked for elsewhere
            raise StagedError("measure", error) from error
        values = np.array([one.value for one in measured])
        changed = sorted({row.event for row in outcome.timeline if row.effect == "changed"})
        return Row(seconds, outcome.lots, outcome.events, values, " ".join(changed))

    def keep(self, done: Sequence[tuple[Item, object]]) -> Sequence[tuple[Item, object]]:
        """Rows go to the ledger; to the command only faults, and None for a run that is kept."""
        if self.book is None:
            return done
        if self._writer is None:
            self._writer = Writer(self.book)
        self._writer.add([self._entry(item, made) for item, made in done])
        return [(item, made if isinstance(made, Fault) else None) for item, made in done]

    def save(self, *, final: bool) -> bool:
        """See Job."""
        return self._writer is None or self._writer.save(self.columns, final=final)

    def _entry(self, item: Item, made: object) -> Entry:
        assert isinstance(made, (Row, Fault))
        point, replication = divmod(item, self.replications)
        return Entry(self.contents[point], replication, made)

    def _loaded(self, point: int) -> Loaded:
        """The scenario of a point; runs come point by point, so the latest is remembered."""
        if self._latest is not None and self._latest[0] == point:
            return self._latest[1]
        if self._template is None:
            self._template = Template.of_text(self.text, self.allowed)
        loaded = self._template.loaded(self.design.overrides(point))
        self._latest = (point, loaded)
        return loaded

    def _world(self, scenario: Scenario, replication: int) -> World:
        try:
            return build(scenario, self.registry, replication)
        except Exception as error:
            raise StagedError("build", error) from error

    def _reference(self, parent: Scenario | None, replication: int) -> Outcome | None:
        if not self.with_reference or parent is None:
            return None
        known = (content_hash(parent, None), replication)
        if known not in self._references:
            try:
                outcome = engine.run(self._world(parent, replication), replication)
            except Exception as error:
                raise StagedError("reference", error) from error
            self._references[known] = outcome
            if len(self._references) > REFERENCES_KEPT:
                self._references.popitem(last=False)
        return self._references[known]
