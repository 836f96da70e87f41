"""Simulated against observed: runs a history, scores it, and holds it to its tolerances.

The observations are never read by the model. They are held against the finished replications.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from io import StringIO
from math import isnan, nan
from pathlib import Path
from time import perf_counter

import numpy as np

from sim import results, shipped
from sim.evidence.reading import Faults, read_observations
from sim.evidence.records import Observation
from sim.history.measures import Measure, SurveyShare
from sim.history.measures import Score as ScoreMeasure
from sim.history.observed import ORE, PRICE, SERIES, Error, Matching, Row, Rules, Told, Tolerance
from sim.history.scoring import Pair, Score, score
from sim.history.simulated import Simulated, simulated
from sim.inputs.declared import read_located
from sim.inputs.text import InputError, Problem, YamlPath, suggest
from sim.manifest import manifest
from sim.results.cells import inert
from sim.results.tables import Replicated, monthly_csv, runs_csv, timeline_csv
from sim.scenario import Scenario
from sim.study import Plan, prepare

DEFAULT = "history_2024_2025"
RULES, OBSERVATIONS = "backtest.yaml", "observations.csv"
PRICES = "prices"
"""The scores of all domestic prices together, of oxides and of ore."""
COLUMNS = (
    "series",
    "element",
    "place",
    "period_start",
    "period_end",
    "observed",
    "mean",
    "p05",
    "p50",
    "p95",
    "error_pct",
    "inside_90",
    "scored",
    "reason",
    "confidence",
    "reference",
)


@dataclass(frozen=True)
class Scored:
    """The score of one series; element and place are empty where several are scored together."""

    series: str
    element: str
    place: str
    unit: str
    score: Score

    @property
    def name(self) -> str:
        """For people: the series, and what sets it apart."""
        abroad = self.place if self.place == "ex_china" else ""
        return " ".join(filter(None, (self.series, self.element, abroad)))


@dataclass(frozen=True)
class Verdict:
    """A tolerance and what was measured; nan where the run cannot tell."""

    tolerance: Tolerance
    measured: float

    @property
    def holds(self) -> bool:
        """Whether it is met; what cannot be told is not."""
        return self.tolerance.low <= self.measured <= self.tolerance.high


@dataclass(frozen=True)
class Backtest:
    """A finished backtest. run: the simulated paths. survey_share: nan where the period holds no survey.

    imports_heading: what a picture of imports shows: "oxide", or "all" where the trade was one heading.
    """

    scenario: Scenario
    run: Simulated
    rows: tuple[Row, ...]
    scores: tuple[Scored, ...]
    verdicts: tuple[Verdict, ...]
    survey_share: float
    errors: Mapping[str, Error]
    imports_heading: str = "oxide"

    @property
    def holds(self) -> bool | None:
        """Whether every tolerance declared for the scenario is met; None where none is declared."""
        return all(verdict.holds for verdict in self.verdicts) if self.verdicts else None


def read_rules() -> Rules:
    """The shipped rules and tolerances. Raises InputError with every fault."""
    folder = shipped.seeds_dir()
    rules, document = read_located(folder / RULES, Rules)
    known = {"observation": [item.id for item in read_file(folder / OBSERVATIONS)], "series": SERIES}
    problems = [
        document.problem(path, f"unknown {what}", suggest(str(path[-1]), known[what]), at_key=True)
        for what, path in _named(rules)
        if path[-1] not in known[what]
    ]
    if problems:
        raise InputError(problems)
    return rules


def _named(rules: Rules) -> Iterator[tuple[str, YamlPath]]:
    """What the rules have a name of, and where it stands."""
    yield from (("observation", ("not_scored", name)) for name in rules.not_scored)
    yield from (("series", ("errors", name)) for name in rules.errors)
    for scenario, elsewhere in rules.scored_elsewhere.items():
        yield from (("series", ("scored_elsewhere", scenario, name)) for name in elsewhere)


def read_file(path: Path) -> tuple[Observation, ...]:
    """Observations of a file in the observations format, with or without ids. Raises InputError."""
    faults = Faults()
    found = read_observations(path, faults)
    if faults.problems:
        raise InputError(faults.problems)
    return tuple(found.values())


def prepared(scenario: str, overrides: Sequence[str], *, with_ensemble: bool) -> Plan:
    """The plan of a history, run on the calibrated sets where wished. Raises InputError."""
    return prepare(scenario, [*overrides, *(["run.ensemble=true"] if with_ensemble else [])])


def check_tolerances(scenario: str, rules: Rules) -> None:
    """Raises InputError if none is declared for the scenario: a check of nothing would always hold."""
    known = dict.fromkeys(name for tolerance in rules.tolerances for name in tolerance.scenarios)
    if scenario not in known:
        message = f"no tolerance is declared for {scenario}: there is nothing to check"
        hint = suggest(scenario, known) or f"There are some for {', '.join(known)}"
        raise InputError([Problem("--check", 1, 1, "", message, hint)])


def evaluate(plan: Plan, runs: Replicated, observations: Sequence[Observation], rules: Rules) -> Backtest:
    """Scores and verdicts. Raises InputError if no replication finished."""
    if not runs.outcomes:
        raise InputError([Problem(runs.scenario, 1, 1, "", "no replication finished: nothing to score")])
    scenario = plan.scenario
    run = simulated(scenario.period.start, runs.outcomes, plan.world.separation.recycled_kg_per_d)
    known = (*plan.registry.observations.values(), *observations)
    told = Told.of(scenario.name, scenario.start_state.source, known)
    matching = Matching(observations, run, told, rules)
    rows = tuple(matching.rows())
    scores = tuple(scored(rows))
    verdicts = tuple(_verdicts(scenario.name, run, scores, matching.survey_share, rules))
    heading = "all" if scenario.name in rules.concentrate_scored_in else "oxide"
    return Backtest(scenario, run, rows, scores, verdicts, matching.survey_share, rules.errors, heading)


def scored(rows: Sequence[Row]) -> Iterator[Scored]:
    """Scores by series, element and place, and of all domestic prices together."""
    groups: dict[tuple[str, str, str, str], list[Pair]] = {}
    for row in rows:
        if row.pair is not None:
            item = row.observation
            groups.setdefault((item.series, item.element, item.place, item.unit), []).append(row.pair)
    for about, pairs in groups.items():
        yield Scored(*about, score(pairs))
    domestic = [
        pair
        for (series, _, place, _), pairs in groups.items()
        for pair in pairs
        if series in (PRICE, ORE) and place == "china"
    ]
    if domestic:
        yield Scored(PRICES, "", "china", "", _without_units(score(domestic)))


def _without_units(mixed: Score) -> Score:
    """A score over several units keeps what is in per cent."""
    return replace(mixed, crps=nan, naive_crps=nan, skill=nan, start_crps=nan, skill_start=nan)


def _verdicts(
    scenario: str, run: Simulated, scores: Sequence[Scored], share: float, rules: Rules
) -> Iterator[Verdict]:
    """Every tolerance declared for the scenario, measured on the mean path."""
    mean = run.mean()
    for tolerance in rules.tolerances:
        if scenario in tolerance.scenarios:
            yield Verdict(tolerance, measured(tolerance.measure, mean, scores, share))


def measured(measure: Measure, mean: Simulated, scores: Sequence[Scored], share: float) -> float:
    """What a measure gives; nan where the period does not hold it."""
    if isinstance(measure, SurveyShare):
        return share
    if isinstance(measure, ScoreMeasure):
        found = [one for one in scores if one.series == measure.group]
        return float(getattr(found[0].score, measure.column)) if found else nan
    return measure.of(mean) if measure.fits(mean) else nan


# -- files ------------------------------------------------------------------------------------------------


def write(
    done: Backtest,
    plan: Plan,
    runs: Replicated,
    out: Path,
    picture: bytes,
    started: float,
    workers: int,
    page: results.MakePage | None = None,
) -> Path | None:
    """Write the result folder; where an earlier, different one was moved to, or None. See results.write."""
    failed = len(runs.failures)
    counts = {"asked": plan.scenario.run.replications, "finished": len(runs.outcomes), "failed": failed}

    def record() -> Iterator[str]:
        work = {"wall_seconds": round(perf_counter() - started, 3), "workers": workers}
        content = manifest(plan.loaded, plan.registry, plan.world.parameters_used, (), counts, work)
        content["imports_heading"] = done.imports_heading
        yield json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    files: dict[str, Iterable[str | bytes]] = {
        "backtest.csv": [table(done.rows)],
        "backtest_scores.csv": [score_table(done.scores)],
        "backtest_tolerances.csv": [tolerance_table(done.verdicts)],
        "backtest.png": [picture],
        "monthly.csv": monthly_csv(runs),
        "timeline.csv": timeline_csv(runs),
        "runs.csv": runs_csv(runs),
        "scenario.resolved.yaml": [plan.scenario.to_yaml()],
        "manifest.json": record(),
    }
    return results.write(out, files, page)


def table(rows: Sequence[Row]) -> str:
    """backtest.csv: every observation, scored or with the reason why not."""
    return _csv(COLUMNS, (_cells(row) for row in rows))


def _cells(row: Row) -> list[object]:
    item, pair = row.observation, row.pair
    about = [item.series, item.element, item.place, item.period_start, item.period_end, item.value]
    if pair is None:
        return [*about, *[""] * 6, "no", row.reason, item.confidence, item.reference]
    quantiles = np.quantile(pair.reported, (0.05, 0.5, 0.95)).tolist()
    numbers = [float(pair.values.mean()), *quantiles, pair.error_pct]
    inside = "yes" if pair.inside else "no"
    return [*about, *numbers, inside, "yes", "", item.confidence, item.reference]


def score_table(scores: Sequence[Scored]) -> str:
    """backtest_scores.csv."""
    names = [field.name for field in fields(Score)]
    rows = ([s.series, s.element, s.place, s.unit, *asdict(s.score).values()] for s in scores)
    return _csv(("series", "element", "place", "unit", *names), rows)


def tolerance_table(verdicts: Sequence[Verdict]) -> str:
    """backtest_tolerances.csv."""
    rows = (
        [v.tolerance.id, v.tolerance.what, v.tolerance.low, v.tolerance.high, v.tolerance.unit, v.measured,
         "holds" if v.holds else "missed"]
        for v in verdicts
    )  # fmt: skip
    return _csv(("tolerance", "what", "low", "high", "unit", "measured", "verdict"), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Numbers with six significant digits: they are means over replications; empty where undefined."""
    if isinstance(value, str):
        return inert(value)
    if not isinstance(value, float):
        return value
    return "" if isnan(value) else f"{value + 0.0:.6g}"
