"""One study: a scenario and its reference, run, measured and written as a result folder."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from sim import engine, results, shipped, uncertainty
from sim.balance import sheet
from sim.build import build
from sim.event_effects import rounded
from sim.evidence import Registry
from sim.evidence.holidays import unknown
from sim.experiment import TIMEOUT_S, Failure, Result, run_each
from sim.ledger import Key, Outcome
from sim.limits import all_allowed
from sim.manifest import manifest
from sim.parametric import Parametric, parametric
from sim.results import unfinished
from sim.results.attic import Attic
from sim.results.headlines import Asked, unexpected
from sim.results.metrics import measure
from sim.results.tables import (
    Measured,
    Replicated,
    is_same,
    kpi_csv,
    measured,
    monthly_csv,
    runs_csv,
    summary_csv,
    timeline_csv,
    without_effect,
)
from sim.scenario import Loaded, Scenario, load, shipped_names
from sim.unheld import unheld
from sim.world import World

OnDone = Callable[[int, int], None]
"""Called with (replications done, replications to do) after each."""


@dataclass(frozen=True)
class Plan:
    """A study that can start: everything is read and checked. `world` is that of the first replication."""

    loaded: Loaded
    registry: Registry
    world: World

    @property
    def scenario(self) -> Scenario:
        """The scenario in question."""
        return self.loaded.scenario

    @property
    def reference(self) -> Scenario | None:
        """What it is compared with."""
        return self.loaded.parent

    @property
    def asked(self) -> Asked | None:
        """The metric that answers the question, if the scenario names one."""
        answer = self.scenario.answer
        if answer is None:
            return None
        key = Key(answer.metric, answer.place, answer.element, answer.actor, answer.heading)
        return Asked(key, answer.expect)

    def unread(self) -> tuple[str, ...]:
        """Parameters that the scenario sets and no run reads."""
        return tuple(name for name in self.scenario.set if name not in self.world.parameters_used)


@dataclass(frozen=True)
class Study:
    """A finished study. `reference`, `reference_kpis`: None where there is none.

    parametric: what drawn parameters add; None where none were drawn.
    precision: what the manifest says of a number of replications that was found by precision.
    """

    plan: Plan
    runs: Replicated
    kpis: Measured
    reference: Replicated | None
    reference_kpis: Measured | None
    warnings: tuple[str, ...]
    parametric: Parametric | None = None
    precision: Mapping[str, Any] | None = None

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failed replications of scenario and reference."""
        return self.runs.failures + (() if self.reference is None else self.reference.failures)


def prepare(ref: str, overrides: Sequence[str] = (), registry: Registry | None = None) -> Plan:
    """Read scenario and evidence. Raises InputError with every fault."""
    registry = registry or Registry.load(shipped.seeds_dir())
    loaded = load(ref, overrides=overrides, parameters=all_allowed(registry.parameters))
    return Plan(loaded, registry, build(loaded.scenario.undrawn(), registry))


def simulate(job: tuple[Scenario, Registry], replication: int) -> Outcome:
    """One replication of a scenario."""
    scenario, registry = job
    return engine.run(build(scenario, registry, replication), replication)


def metric_columns(scenario: Scenario, registry: Registry) -> tuple[tuple[Key, str], ...]:
    """Key and unit of every metric: the same for all runs, so that a short one without events tells."""
    month = scenario.period.model_copy(update={"months": 1})
    world = build(scenario.model_copy(update={"period": month, "events": ()}), registry)
    found = measure(engine.run(world, 0), None)
    return tuple((one.key, one.unit) for one in found)


def users(registry: Registry) -> dict[str, list[str]]:
    """Parameter → the shipped scenarios that set it, or `every run` where runs read it as it is."""
    used: dict[str, list[str]] = {}
    for ref in shipped_names():
        plan = prepare(ref, registry=registry)
        for name in plan.world.parameters_used:
            used.setdefault(name, ["every run"])
        for name in plan.scenario.set:
            used.setdefault(name, []).append(f"set by {ref}")
    return used


@dataclass
class Bench:
    """Runs what a plan asks for and keeps what is finished, so that an interrupted study can go on.

    `kept`: the file for the finished replications of an interruption.
    """

    plan: Plan
    workers: int
    with_reference: bool
    kept: Path
    on_done: OnDone
    attic: Attic
    timeout_s: float | None = TIMEOUT_S
    finished: dict[unfinished.Part, Outcome] = field(default_factory=dict)
    failures: dict[unfinished.Part, Failure] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        plan: Plan,
        out: Path,
        workers: int,
        with_reference: bool,
        on_done: OnDone,
        timeout_s: float | None = TIMEOUT_S,
    ) -> "Bench":
        """A bench for the result folder `out`, with what an interrupted study of the same left there."""
        name = f"{out.name}-{_study_hash(plan)[:8]}.npz"
        kept = out.parent / ".unfinished" / name
        attic = Attic(next(folder for folder in out.absolute().parents if folder.is_dir()))
        bench = cls(plan, workers, with_reference, kept, on_done, attic, timeout_s)
        left = unfinished.load(bench.kept, attic.keep)
        bench.finished = {part: outcome for part, outcome in left.items() if part[0] in bench.roles}
        return bench

    @property
    def roles(self) -> dict[str, Scenario]:
        """The scenarios to run."""
        parent = self.plan.reference if self.with_reference else None
        return {"scenario": self.plan.scenario} | ({} if parent is None else {"reference": parent})

    @property
    def to_do(self) -> int:
        """Number of replications of all scenarios."""
        return len(self.roles) * self.plan.scenario.run.total

    def run(self) -> dict[str, Replicated]:
        """The replications of each scenario. KeyboardInterrupt leaves what is done in `finished`."""
        return {role: self._replicated(role, scenario) for role, scenario in self.roles.items()}

    def save(self) -> None:
        """Keep the finished replications. OSError if they cannot be written."""
        if self.finished:
            unfinished.save(self.kept, self.finished)

    def clear(self) -> None:
        """The study is done: drop what was kept for going on."""
        unfinished.clear(self.kept)

    def _replicated(self, role: str, scenario: Scenario) -> Replicated:
        replications = range(scenario.run.total)
        over = self.finished.keys() | self.failures.keys()
        missing = [number for number in replications if (role, number) not in over]
        job = (scenario, self.plan.registry)
        run_each(job, missing, self.workers, simulate, partial(self._keep, role), timeout_s=self.timeout_s)
        outcomes = (self.finished.get((role, number)) for number in replications)
        return Replicated(
            scenario.name,
            scenario.period.start,
            tuple(outcome for outcome in outcomes if outcome is not None),
            tuple(failure for part, failure in sorted(self.failures.items()) if part[0] == role),
            scenario.run.replications if scenario.run.draws else 0,
        )

    def _keep(self, role: str, result: Result) -> None:
        if isinstance(result, Outcome):
            self.finished[role, result.replication] = self.attic.keep(result)
        else:
            self.failures[role, result.replication] = result
        self.on_done(len(self.finished) + len(self.failures), self.to_do)


def measured_of(plan: Plan, runs: Mapping[str, Replicated]) -> Measured:
    """Measure the scenario against its reference."""
    return measured(runs["scenario"], runs.get("reference"))


def evaluate(plan: Plan, runs: Mapping[str, Replicated]) -> Study:
    """Measure the scenario, and the reference over the scenario's disruptions."""
    own, reference = runs["scenario"], runs.get("reference")
    shut = {outcome.replication: outcome.disruptions for outcome in own.outcomes}
    kpis = measured_of(plan, runs)
    base = None if reference is None else measured(reference, None, shut)
    warnings = tuple(_warnings(plan, own, kpis, base))
    return Study(plan, own, kpis, reference, base, warnings, _parametric(plan, own, kpis, base))


def _parametric(plan: Plan, runs: Replicated, own: Measured, base: Measured | None) -> Parametric | None:
    """None where nothing is drawn, or nothing finished."""
    draws, registry = plan.scenario.run.draws, plan.registry
    if draws is None or not runs.outcomes:
        return None
    roles = [plan.scenario, *([] if base is None or plan.reference is None else [plan.reference])]
    used = plan.world.parameters_used
    rows = [tuple(uncertainty.table(roles, registry, used, number)) for number in range(draws)]
    return parametric(own, base, runs.outcomes, rows)


def write(
    study: Study, out: Path, started: float, workers: int, page: results.MakePage | None = None
) -> Path | None:
    """Write the result folder; where an earlier, different result was moved to, or None. See results.write.

    started: time.perf_counter() at the start of the command.
    """
    plan = study.plan
    files = {
        "summary.csv": summary_csv(study.kpis),
        "kpi.csv": kpi_csv(study.kpis),
        "monthly.csv": monthly_csv(study.runs),
        "runs.csv": runs_csv(study.runs),
        "timeline.csv": timeline_csv(study.runs),
        "scenario.resolved.yaml": iter([plan.scenario.to_yaml()]),
    }
    if study.reference is not None and study.reference_kpis is not None:
        files |= {
            "reference/summary.csv": summary_csv(study.reference_kpis),
            "reference/kpi.csv": kpi_csv(study.reference_kpis),
            "reference/monthly.csv": monthly_csv(study.reference),
            "reference/runs.csv": runs_csv(study.reference),
            "reference/timeline.csv": timeline_csv(study.reference),
        }
    if study.parametric is not None:
        files |= study.parametric.files()
    return results.write(out, files | {"manifest.json": _manifest_pieces(study, started, workers)}, page)


def _manifest_pieces(study: Study, started: float, workers: int) -> Iterator[str]:
    """Made last, when the time the rest took is known."""
    plan, runs = study.plan, study.runs
    counts = {
        "asked": plan.scenario.run.total,
        "finished": len(runs.outcomes),
        "failed": len(runs.failures),
        "reference_failed": len(study.failures) - len(runs.failures),
    } | ({"draws": plan.scenario.run.draws} if plan.scenario.run.draws else {})
    work: dict[str, Any] = {"wall_seconds": round(perf_counter() - started, 3), "workers": workers}
    content = manifest(plan.loaded, plan.registry, plan.world.parameters_used, study.warnings, counts, work)
    if study.precision is not None:
        content["precision"] = dict(study.precision)
    yield json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def disagreements(registry: Registry) -> Iterator[str]:
    """What in the evidence does not belong together, by the balance sheet of the baseline."""
    for line in sheet(build(load("baseline").scenario, registry), registry):
        if not line.holds:
            yield f"evidence: {line.what} is {line.value:.4g} {line.unit}, should be {line.span}".rstrip()


def before_running(plan: Plan, measured_keys: Collection[Key] = ()) -> Iterator[str]:
    """Warnings that need no run. measured_keys: what a run of it measures, where there was one."""
    yield from disagreements(plan.registry)
    for name in plan.unread():
        yield f"set {name}: no run reads this parameter"
    yield from (told for event in plan.scenario.events for told in rounded(event))
    yield from unheld(plan.scenario, plan.world)
    yield from uncertainty.ill_shared(plan.scenario)
    period = plan.scenario.period
    yield from unknown(plan.registry.calendar, period.start, period.end)
    if plan.asked is not None:
        known = measured_keys or dict(metric_columns(plan.scenario, plan.registry))
        if plan.asked.key not in known:
            yield f"answer: nothing is measured as {plan.asked}"


def _warnings(plan: Plan, runs: Replicated, own: Measured, base: Measured | None) -> Iterator[str]:
    yield from before_running(plan, own.keys)
    if runs.outcomes:
        for event in without_effect(runs, (event.id for event in plan.scenario.events)):
            yield f"event {event}: changed nothing in any replication"
    if base is not None and is_same(own, base):
        yield "no event and no setting made a difference: everything measured is as in the reference"
    if plan.asked is not None and (told := unexpected(own, base, plan.asked)):
        yield told


def _study_hash(plan: Plan) -> str:
    """Changes with whatever an outcome depends on: scenario, reference, evidence and the code itself."""
    digest = hashlib.sha256()
    for scenario in filter(None, (plan.scenario, plan.reference)):
        one = scenario.run.model_copy(update={"replications": 1})  # their number changes no replication
        digest.update(scenario.model_copy(update={"run": one}).hash().encode())
    code = Path(__file__).resolve().parent
    for path in sorted([*code.rglob("*.py"), *shipped.seeds_dir().rglob("*.*")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
