"""Which of many results is best, and what a decision may cost when the world turns out otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.comparison.lines import MOST
from sim.comparison.reading import Input, Replicates, Row, Side
from sim.comparison.rows import direction, is_time, moments, same_replications
from sim.comparison.statistics import Against, Sample, Values, best_of_independent, best_of_paired
from sim.inputs.text import InputError, Problem, suggest

NAMES = Row._fields[:-1]
BEST = (*NAMES, "result", "rank", "n", "mean", "against_best_low", "against_best_high", "may_be_best")
REGRET = (
    *NAMES, "policy", "state", "result", "n", "mean", "regret", "regret_high", "may_be_best",
)  # fmt: skip


@dataclass(frozen=True)
class Ranking:
    """One metric of several results. mean, n: shape (results,). against: with larger being better."""

    row: Row
    n: Values
    mean: Values
    against: Against | None

    @property
    def goodness(self) -> Values:
        """The means with larger being better."""
        return _better(self.row) * self.mean


def rankings(sides: Sequence[Side], rows: Sequence[Row], *, is_paired: bool) -> Iterator[Ranking]:
    """For each of the rows that has a better side and a mean: every result against the best of the others.

    Paired: over the replications in which every result has a value.
    """
    positions = [{row: at for at, row in enumerate(side.table.rows)} for side in sides]
    shared = [row for row in rows if _has_best(row)]
    places = {
        row: [where[row] for where in positions] for row in shared if all(row in where for where in positions)
    }
    return _of_pairs(sides, places) if is_paired else _of_samples(sides, places)


def _of_pairs(sides: Sequence[Side], places: Mapping[Row, Sequence[int]]) -> Iterator[Ranking]:
    aligned = same_replications([side.table for side in sides if isinstance(side.table, Replicates)])
    for row, at in places.items():
        values = np.column_stack([one.values[:, where] for one, where in zip(aligned, at, strict=True)])
        values = values[~np.isnan(values).any(axis=1)]
        if len(values):
            n = np.full(len(sides), float(len(values)))
            yield Ranking(row, n, values.mean(axis=0), best_of_paired(_better(row) * values))


def _of_samples(sides: Sequence[Side], places: Mapping[Row, Sequence[int]]) -> Iterator[Ranking]:
    samples = [moments(side.table) for side in sides]
    for row, at in places.items():
        parts = [sample.at([where]) for sample, where in zip(samples, at, strict=True)]
        n, mean, variance = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("n", "mean", "variance")
        )
        if np.all(n > 0):
            yield Ranking(row, n, mean, best_of_independent(Sample(n, _better(row) * mean, variance)))


def without_best(rows: Sequence[Row]) -> list[str]:
    """The metrics of which none can be best: they have no better side, or no mean."""
    return list(dict.fromkeys(row.metric for row in rows if not _has_best(row)))


def _has_best(row: Row) -> bool:
    return bool(direction(row.metric)) and not is_time(row.metric)


def _better(row: Row) -> float:
    """1 where more is better, -1 where less is."""
    return -float(direction(row.metric))


def best_frame(sides: Sequence[Side], rows: Sequence[Row], *, is_paired: bool) -> pd.DataFrame:
    """Columns BEST, in order of rank within each row."""
    labels = np.array([side.label for side in sides], dtype=object)
    frames = []
    for ranking in rankings(sides, rows, is_paired=is_paired):
        order = np.argsort(-ranking.goodness, kind="stable")
        against = ranking.against
        frame = pd.DataFrame({
            "result": labels[order],
            "rank": np.arange(1, len(order) + 1),
            "n": ranking.n[order],
            "mean": ranking.mean[order],
            "against_best_low": np.nan if against is None else against.low[order],
            "against_best_high": np.nan if against is None else against.high[order],
            "may_be_best": "" if against is None else np.where(against.candidate[order], "yes", "no"),
        })  # fmt: skip
        frames.append(frame.assign(**dict(zip(NAMES, ranking.row, strict=False)))[list(BEST)])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(BEST))


def regret_frame(
    sides: Sequence[Side], rows: Sequence[Row], policies: Sequence[str], *, is_paired: bool
) -> pd.DataFrame:
    """Columns REGRET: how much worse each policy is, in each state, than the best one for that state.

    policies: PATHs of the inputs that are decisions, or what such PATHs begin with; what else differs between
    the results makes up the states. regret_high: what the regret is at most, simultaneous over the policies.
    Raises InputError with the faults of the policies.
    """
    if problems := [*faults_of_policies(sides, policies)]:
        raise InputError(problems)
    frames = []
    for state, cells in _grid(sides, policies).items():
        by_policy = {policy: those[0] for policy, those in cells.items()}
        members = list(by_policy.values())
        for ranking in rankings(members, rows, is_paired=is_paired):
            frames.append(_regret(ranking, state, by_policy))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(REGRET))


def _regret(ranking: Ranking, state: str, by_policy: dict[str, Side]) -> pd.DataFrame:
    goodness, against = ranking.goodness, ranking.against
    frame = pd.DataFrame({
        "policy": list(by_policy),
        "state": state,
        "result": [side.label for side in by_policy.values()],
        "n": ranking.n,
        "mean": ranking.mean,
        "regret": goodness.max() - goodness,
        "regret_high": np.nan if against is None else -against.low + 0.0,
        "may_be_best": "" if against is None else np.where(against.candidate, "yes", "no"),
    })  # fmt: skip
    return frame.assign(**dict(zip(NAMES, ranking.row, strict=False)))[list(REGRET)]


def faults_of_policies(sides: Sequence[Side], policies: Sequence[str]) -> Iterator[Problem]:
    """Why there is not one result for every policy in every state."""
    unknown = [side.label for side in sides if side.inputs is None]
    if unknown:
        yield from _told_of("policies and states need the inputs, which are not known of {}", unknown)
        return
    differing = differing_inputs(sides)
    idle = [one for one in policies if not any(_is_of(path, one) for path in differing)]
    for one in idle:
        told = "is no input that differs between the results"
        yield Problem("--policy", 1, 1, one, told, suggest(one, differing))
    if not idle:
        yield from _faults_of_grid(_grid(sides, policies))


def _faults_of_grid(grid: Mapping[str, Mapping[str, Sequence[Side]]]) -> Iterator[Problem]:
    twice = [
        f"{those[0].label} and {other.label}"
        for cells in grid.values()
        for those in cells.values()
        for other in those[1:]
    ]
    yield from _told_of("{} are the same policy in the same state", twice)
    every = {policy for cells in grid.values() for policy in cells}
    lacking = [
        f"[{policy}] in the state [{state}]"
        for state, cells in grid.items()
        for policy in every - cells.keys()
    ]
    yield from _told_of("no result for the policy {}", lacking, "{:,} more are missing")


def _told_of(told: str, names: Sequence[str], rest: str = "{:,} more of this kind") -> Iterator[Problem]:
    """One fault each, the first MOST of them."""
    more = rest.format(len(names) - MOST) if len(names) > MOST else ""
    for number, name in enumerate(sorted(names)[:MOST], start=1):
        yield Problem("--policy", 1, 1, "", told.format(name), more if number == MOST else "")


def _grid(sides: Sequence[Side], policies: Sequence[str]) -> dict[str, dict[str, list[Side]]]:
    """Results by state and policy, each a text that says what sets it apart."""
    differing = differing_inputs(sides)
    levers = [path for path in differing if any(_is_of(path, one) for one in policies)]
    conditions = [path for path in differing if path not in levers]
    grid: dict[str, dict[str, list[Side]]] = {}
    for side in sides:
        policy, state = _told(side, levers), _told(side, conditions) or "all"
        grid.setdefault(state, {}).setdefault(policy, []).append(side)
    return grid


def _is_of(path: str, policy: str) -> bool:
    """Whether the path is the policy's, or begins with it."""
    return f"{path}.".startswith(f"{policy}.")


def differing_inputs(sides: Sequence[Side]) -> list[str]:
    """Paths of the inputs, software aside, that are not the same in all results that tell theirs."""
    known = [side.inputs for side in sides if side.inputs is not None]
    first: dict[str, Input] = {}
    for inputs in known:
        first = {**inputs, **first}
    return [
        path
        for path, one in first.items()
        if one.kind != "software" and any(one.differs(inputs.get(path)) for inputs in known)
    ]


def _told(side: Side, paths: Sequence[str]) -> str:
    """`path=value, …` of the inputs that the result has."""
    inputs = side.inputs or {}
    return ", ".join(f"{path}={inputs[path].text}" for path in paths if path in inputs)
