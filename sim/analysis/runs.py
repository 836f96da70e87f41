"""Runs for an analysis: many scenarios at once, each run reduced in its worker to what is asked of it.

Replication r of two scenarios shares every random number that their difference does not touch, and, where the
scenarios take calibrated sets, the same set: so differences are taken replication by replication.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Generic, TypeVar

from sim import engine, shipped
from sim.build import build
from sim.evidence import Registry
from sim.experiment import Local, usable_cores, work
from sim.experiment.attempt import Fault, Item
from sim.inputs.allowed import Allowed
from sim.ledger import Key, Outcome
from sim.limits import all_allowed
from sim.results.metrics import measure
from sim.scenario import Scenario, load
from sim.sweeps import reading, running
from sim.sweeps.declared import declared
from sim.sweeps.plan import Plan, Wish, prepare
from sim.world import World

T = TypeVar("T")
Case = tuple[Scenario, int]
"""A scenario and a replication of it."""

Event = Mapping[str, Any]
"""An event as a scenario file has it."""


@dataclass(frozen=True)
class Bench:
    """Where an analysis gets its runs. replications: of scenarios.

    sweeps: the folder for results of sweeps; what its ledger holds is not run again. sweep_replications,
    sweep_samples: at most so many of what a sweep's file says; 0: what it says.
    """

    replications: int
    sweeps: Path
    sweep_replications: int = 0
    sweep_samples: int = 0
    workers: int = 0

    @cached_property
    def registry(self) -> Registry:
        """The evidence."""
        return Registry.load(shipped.seeds_dir())

    @cached_property
    def allowed(self) -> dict[str, Allowed]:
        """What every parameter can be."""
        return all_allowed(self.registry.parameters)

    @cached_property
    def baseline(self) -> Scenario:
        """The shipped baseline on calibrated sets."""
        return self.scenario("baseline")

    @property
    def everything(self) -> range:
        """The numbers of all replications."""
        return range(self.replications)

    def scenario(self, ref: str, *overrides: str, ensemble: bool = True) -> Scenario:
        """A shipped scenario, on calibrated sets or best values, with "PATH=VALUE" texts over it."""
        own = (f"run.replications={self.replications}", f"run.ensemble={str(ensemble).lower()}")
        return load(ref, overrides=(*own, *overrides), parameters=self.allowed).scenario

    def of_sweep(self, name: str, *overrides: str) -> Scenario:
        """The scenario that a shipped sweep varies, with "PATH=VALUE" texts over it."""
        return declared(name, self.allowed).template.loaded(overrides).scenario

    def world(self, scenario: Scenario, replication: int = 0) -> World:
        """What a replication runs on."""
        return build(scenario, self.registry, replication)

    def each(self, cases: Sequence[Case], look: Callable[[Outcome], T]) -> list[T]:
        """What `look` (of a module, for workers) sees in every case. Raises RuntimeError if a run fails."""
        seen: dict[int, Any] = {}

        def take(item: Item, kept: object) -> bool:
            if isinstance(kept, Fault):
                scenario, replication = cases[item]
                raise RuntimeError(f"{scenario.name}, replication {replication}: {kept.type}: {kept.message}")
            seen[item] = kept
            return True

        engine_used = Local(self.workers or usable_cores())
        work(_Looks(tuple(cases), self.registry, look), range(len(cases)), engine_used, take)
        return [seen[item] for item in range(len(cases))]

    def all(self, scenarios: Sequence[Scenario], look: Callable[[Outcome], T]) -> list[list[T]]:
        """What `look` sees in every replication of every scenario."""
        seen = self.each([(one, number) for one in scenarios for number in self.everything], look)
        width = self.replications
        return [seen[at * width : (at + 1) * width] for at in range(len(scenarios))]

    def swept(self, name: str) -> reading.Swept:
        """A shipped sweep, run as far as its ledger lacks it. Raises RuntimeError if a run fails."""
        started, workers = perf_counter(), self.workers or usable_cores()
        plan = self._planned(name)
        sweeping = running.Sweeping(plan, self.sweeps / plan.name)
        columns = sweeping.run(Local(workers), lambda *_: None)
        made = sweeping.runs(columns)
        if failed := running.failures(made):
            raise RuntimeError(f"{name}: runs failed: {dict(failed)}")
        told = running.Told(started, workers, sweeping.share)
        running.write(made, sweeping.out, told)
        return reading.read(sweeping.out)

    def described(self, name: str) -> str:
        """The design of a shipped sweep in words."""
        plan = self._planned(name)
        design = plan.design
        levers = " x ".join(f"`{path}`" for path in design.levers)
        states = f" in {design.states} sampled states" if design.uncertainties else ""
        return (
            f"`sim sweep {name}`: {levers}{states}, {len(design.rows)} points x {plan.replications} "
            f"replications, {plan.base.scenario.period.months} months"
        )

    def _planned(self, name: str) -> Plan:
        """The sweep of the file, no larger than wished."""
        plan = prepare(Wish(name), self.registry)
        fewer, samples = self.sweep_replications or plan.replications, self.sweep_samples
        sets = [f"run.replications={fewer}"] if fewer < plan.replications else []
        less = samples if 0 < samples < plan.design.samples else 0
        return prepare(Wish(name, sets=sets, samples=less), self.registry) if sets or less else plan


def picked(keys: Sequence[Key], outcome: Outcome) -> tuple[float, ...]:
    """These metrics of a run."""
    values = {one.key: one.value for one in measure(outcome, None)}
    return tuple(values[key] for key in keys)


def with_events(scenario: Scenario, *events: Event) -> Scenario:
    """The scenario and these events on top of its own. Raises ValidationError."""
    plain = scenario.plain()
    plain["events"] = [*plain.get("events", []), *events]
    return Scenario.model_validate(plain)


def ranged(scenario: Scenario, registry: Registry, names: Sequence[str]) -> Scenario:
    """The scenario with these parameters drawn from the ranges of the evidence, anew in each replication."""
    plain = scenario.plain()
    laws = {}
    for one in (registry.parameters[name] for name in names):
        law = [one.low, one.value, one.high]
        laws[one.name] = {"triangular": law, "unit": one.unit, "assume": "the range of the evidence"}
    plain["set"] = plain.get("set", {}) | laws
    return Scenario.model_validate(plain)


@dataclass(frozen=True)
class _Looks(Generic[T]):
    """See sim.experiment.attempt.Job."""

    cases: tuple[Case, ...]
    registry: Registry
    look: Callable[[Outcome], T]

    def run(self, item: Item) -> T:
        scenario, replication = self.cases[item]
        return self.look(engine.run(build(scenario, self.registry, replication), replication))

    def keep(self, done: Sequence[tuple[Item, object]]) -> Sequence[tuple[Item, object]]:
        return done

    def save(self, *, final: bool) -> bool:
        return True
