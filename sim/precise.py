"""A study that runs until the metrics it is about are known well enough."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from sim.experiment.precision import FLOORS, Rule, Verdict, judged
from sim.inputs.text import InputError, Problem, suggest
from sim.ledger import Key
from sim.results.metrics import METRICS
from sim.results.tables import Measured, Replicated
from sim.study import Bench, Plan, measured_of, metric_columns

WATCHED = ("imports_t:myanmar", "price_mean:china", "price_peak:china", "tax_cny:kia", "shortfall_lost_kg")
"""The metrics of the printed table that are about the whole period. Written METRIC or METRIC:LABEL:…"""


@dataclass(frozen=True)
class Reached:
    """How precise a study is. metric: what is known least well, for its size.

    ratio: half-width of its 95 % interval over its size, or over the floor below which it counts as zero;
    None: cannot be told. asked: what that should be at most. is_spent: the budget of replications ended
    first, or none of them finished.
    """

    asked: float
    ratio: float | None
    metric: str
    replications: int
    is_spent: bool

    @classmethod
    def of(cls, verdict: Verdict, rule: Rule, metric: str, replications: int) -> "Reached":
        """What a verdict says. metric: what governs it; empty if nothing does."""
        ratio = verdict.ratio if isfinite(verdict.ratio) else None
        return cls(rule.precision, ratio, metric, replications, not verdict.is_enough)

    def __str__(self) -> str:
        if not self.metric:
            return f"no replication of {self.replications} has a value of what is watched"
        if self.ratio is None:
            return f"{self.metric} cannot be told: one replication of {self.replications} has a value of it"
        told = f"{self.metric} is known to {100 * self.ratio:.3g} % after {self.replications} replications"
        if self.is_spent:
            return f"the budget was spent before all reached {100 * self.asked:g} % and kept it: {told}"
        return f"{told}, all else that is watched better"


def check(plan: Plan, watched: Sequence[str]) -> None:
    """Raises InputError for drawn parameters, for what is no metric of the plan, and for labels of no row."""
    keys = [key for key, _ in metric_columns(plan.scenario, plan.registry)]
    problems: list[Problem] = []
    if draws := plan.scenario.run.draws:
        told = f"is about chance: it does not go with drawn parameters, and run.draws is {draws}"
        problems.append(Problem("--precision", 1, 1, "", told))
    for one in watched:
        try:
            _matching(one, keys)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def run(bench: Bench, rule: Rule, watched: Sequence[str]) -> tuple[dict[str, Replicated], Reached]:
    """Replications in batches until the rule is met or its budget spent; `bench.plan` then has their number.

    The number depends on the results only: not on workers, nor on where a run was interrupted.
    KeyboardInterrupt as Bench.run. watched: see `check`. Raises InputError for a budget that is never enough.
    """
    if rule.maximum < rule.least:
        told = f"needs {rule.least} replications at least, and run.replications is {rule.maximum}"
        raise InputError([Problem("--precision", 1, 1, "", told, "Ask for more of them, or leave one out")])
    values = _Values(watched)
    count = 0
    while True:
        count = rule.next_count(count)
        bench.plan = with_replications(bench.plan, count)
        runs = bench.run()
        verdict = values.judged(bench.plan, runs, rule)
        if verdict.is_enough or count >= rule.maximum or not runs["scenario"].outcomes:
            return runs, Reached.of(verdict, rule, values.name(verdict.governing), count)


def with_replications(plan: Plan, count: int) -> Plan:
    """The same plan with so many replications."""
    scenarios = [
        one and one.model_copy(update={"run": one.run.model_copy(update={"replications": count})})
        for one in (plan.scenario, plan.reference)
    ]
    assert scenarios[0] is not None
    return replace(plan, loaded=replace(plan.loaded, scenario=scenarios[0], parent=scenarios[1]))


class _Values:
    """The watched metrics of the replications so far, each measured once."""

    def __init__(self, watched: Sequence[str]) -> None:
        self._watched = watched
        self._keys: tuple[Key, ...] = ()
        self._floors: list[float] = []
        self._by_replication: dict[int, list[float]] = {}

    def judged(self, plan: Plan, runs: dict[str, Replicated], rule: Rule) -> Verdict:
        """The verdict on all replications that finished."""
        own = runs["scenario"]
        new = [one for one in own.outcomes if one.replication not in self._by_replication]
        if new:
            self._take(measured_of(plan, {**runs, "scenario": replace(own, outcomes=tuple(new))}))
        rows = [self._by_replication[number] for number in sorted(self._by_replication)]
        return judged(np.array(rows).reshape(len(rows), len(self._keys)), self._floors, rule)

    def name(self, at: int) -> str:
        """A metric with its labels; empty for none."""
        return " ".join(filter(None, self._keys[at])) if at >= 0 else ""

    def _take(self, table: Measured) -> None:
        if not self._keys:
            self._keys = tuple(key for one in self._watched for key in _matching(one, table.keys))
            units = dict(zip(table.keys, table.units, strict=True))
            self._floors = [FLOORS[units[key]] for key in self._keys]
        columns = [table.column(key).tolist() for key in self._keys]
        for number, *row in zip(table.replications, *columns, strict=True):
            self._by_replication[number] = row


def _matching(watched: str, keys: Sequence[Key]) -> list[Key]:
    """The rows of `METRIC:LABEL…`; without labels the total, or all rows where there is none."""
    name, *labels = watched.split(":")
    if name not in METRICS:
        raise InputError([Problem("--metric", 1, 1, watched, "no such metric", suggest(name, METRICS))])
    rows = [key for key in keys if key.variable == name]
    if not labels:
        return [key for key in rows if key == Key(name)] or rows
    found = [key for key in rows if set(labels) <= set(key[1:])]
    totals = [key for key in found if set(filter(None, key[1:])) == set(labels)]
    if not found:
        known = sorted({label for key in rows for label in key[1:] if label})
        raise InputError([Problem("--metric", 1, 1, watched, f"labels of {name} are {', '.join(known)}")])
    return totals or found
