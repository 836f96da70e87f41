"""All that a result says of what matters: the tables of `sim sensitivity`, and what limits them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison import Selection
from sim.comparison.reading import Row
from sim.inputs.text import InputError, Problem
from sim.sensitivity import deciding, methods, policies, risk
from sim.sensitivity.asking import BREACH, DECISION, NEEDS_OPTION, check
from sim.sensitivity.breaches import Breach, label, unseen
from sim.sensitivity.deciding import Decision, Posed, exact
from sim.sensitivity.discovery import Limit, can_be_sought, discover
from sim.sensitivity.information import choice
from sim.sensitivity.reading import ASKED, Part, Studied

Values = NDArray[np.float64]
HEADLINES = (
    ("imports_t", "myanmar", "", ""),
    ("price_mean", "china", "Tb", ""),
    ("price_peak", "china", "Tb", ""),
    ("price_mean", "china", "Dy", ""),
    ("price_peak", "china", "Dy", ""),
    ("shortfall_lost_kg", "", "Tb", ""),
    ("tax_cny", "", "", "kia"),
)
"""(metric, place, element, actor) of the rows that are looked at unless others are asked for."""
LEVELS = 41
"""Points of an exceedance curve."""
GRADE_ORDER = ("A", "B", "C", "D", "calibrated", ASKED)


@dataclass(frozen=True)
class Wish:
    """What to look at. methods: empty for all that the design can serve."""

    methods: Sequence[str]
    selection: Selection
    breaches: Sequence[Breach]
    decision: Posed | None

    @property
    def given(self) -> Mapping[str, Sequence[str]]:
        """What the options of USED_BY were given."""
        decisions = [] if self.decision is None else [self.decision.document.file]
        return {DECISION: decisions, BREACH: [breach.text for breach in self.breaches]}


@dataclass
class Answers:
    """Tables by file name, and what limits them."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)


def analyse(studied: Studied, wish: Wish) -> Answers:
    """Raises InputError where a method that was asked for does not go with the design or lacks its file."""
    check(studied, wish.methods, wish.selection, wish.given)
    rows = _rows(studied, wish.selection)
    found = Answers(notes=list(_failures(studied)))
    asked = dict.fromkeys(wish.methods) or methods.fitting(studied)
    found.used = [one for one in asked if _has_what_it_needs(one, wish)]
    decision, cost = None, None
    cut = {row: told for row in rows if (told := unseen(row, studied))} if "breach" in found.used else {}
    found.notes += [f"{label(row)}: {told}, so exceedance.csv leaves it out" for row, told in cut.items()]
    if wish.decision is not None:
        decision, cost = wish.decision.decision, deciding.losses(wish.decision, studied)
        found.notes += deciding.undefined(decision, studied)
    makers = {
        "morris": lambda: {"morris.csv": methods.morris_frame(studied, rows)},
        "sobol": lambda: _sobol(studied, rows),
        "pawn": lambda: {"pawn.csv": methods.pawn_frame(studied, rows)},
        "tornado": lambda: {"tornado.csv": methods.tornado_frame(studied, rows)},
        "information": lambda: _information(studied, decision, cost),
        "discovery": lambda: {"discovery.csv": _discovery(studied, wish.breaches)},
        "breach": lambda: _breach(studied, wish.breaches, [row for row in rows if row not in cut]),
    }
    for method in found.used:
        found.tables |= makers[method]()
    found.tables |= _regret(studied, rows)
    found.tables["convergence.csv"] = methods.convergence_frame(studied, found.used, rows, cost)
    if not found.used and "policies.csv" not in found.tables:
        raise _refusal("", f"a design {studied.kind} without levers serves no method")
    return found


def _has_what_it_needs(method: str, wish: Wish) -> bool:
    return method not in NEEDS_OPTION or bool(wish.given[NEEDS_OPTION[method][0]])


def _rows(studied: Studied, selection: Selection) -> list[Row]:
    """Rows that are asked for, or the headlines; without those that have no value at all."""
    if selection:
        found = [row for row in studied.rows if selection.takes(row)]
    else:
        by_name = {
            (row.metric, row.place, row.element, row.actor): row for row in studied.rows if not row.heading
        }
        found = [by_name[name] for name in HEADLINES if name in by_name]
    told = [row for row in found if not np.isnan(methods.means(studied, row)).all()]
    if not told:
        raise _refusal("", "no row that was asked for has a value in a point that finished")
    return told


def _failures(studied: Studied) -> Iterator[str]:
    failed = int((~studied.finished).sum())
    if failed:
        points = int((~studied.finished.all(axis=1)).sum())
        yield (
            f"{failed} of {studied.finished.size} runs failed; their {points} points count nowhere and are "
            "not filled in: the notes in the tables say what that costs"
        )


def _sobol(studied: Studied, rows: Sequence[Row]) -> dict[str, pd.DataFrame]:
    frame = methods.sobol_frame(studied, rows)
    made = {"sobol.csv": frame}
    if len(studied.parts()) == 1:
        made["by_grade.csv"] = grade_frame(frame)
    return made


def grade_frame(sobol: pd.DataFrame) -> pd.DataFrame:
    """First-order shares summed by grade, and what inputs do only together, of what the sweep varied."""
    lines = []
    about = ["metric", "place", "element", "actor"]
    for names, group in sobol.groupby([*about, "heading"], sort=False):
        s1, half = group["s1"].to_numpy(), ((group["s1_high"] - group["s1_low"]) / 2).to_numpy()
        if np.isnan(s1).any():
            continue
        grades = group["grade"].to_numpy()
        for grade in [one for one in GRADE_ORDER if one in grades]:
            share = float(s1[grades == grade].sum())
            width = float(np.sqrt((half[grades == grade] ** 2).sum()))
            ends = np.clip([share, share - width, share + width], 0, 1).tolist()
            lines.append((*names[:4], grade, *ends))
        together = min(max(0.0, 1 - float(s1.clip(min=0).sum())), 1.0)
        lines.append((*names[:4], "together", together, np.nan, np.nan))
    columns = [*about, "grade", "share", "ci_low", "ci_high"]
    return pd.DataFrame(lines, columns=columns).assign(of="scenario")


def _information(studied: Studied, decision: Decision | None, cost: Values | None) -> dict[str, pd.DataFrame]:
    assert decision is not None
    assert cost is not None
    names = [exact(value) for value in decision.options.values]
    frames = []
    for part in studied.parts():
        sample = methods.sampled(studied, part, cost)
        if not len(sample.y):
            raise _refusal(
                "information", "no point has a loss: an outcome of the decision is nowhere defined"
            )
        frame = policies.options_frame(sample.y, names)
        made = choice(sample.y)
        frame["is_best"] = np.where(np.arange(len(names)) == made.best, "yes", "no")
        frames.append(frame.assign(all_known=made.all_known, unit_of_loss=decision.unit, policy=part.policy))
    return {
        "decision.csv": pd.concat(frames, ignore_index=True),
        "information.csv": methods.information_frame(studied, cost, decision.unit),
    }


def _breach(studied: Studied, breaches: Sequence[Breach], rows: Sequence[Row]) -> dict[str, pd.DataFrame]:
    made = {"exceedance.csv": _exceedance(studied, rows)} if rows else {}
    if breaches:
        lines = []
        for part in studied.parts():
            for breach in breaches:
                values, draws = _runs(studied, part, breach.row, as_difference=False)
                if values.size:
                    lines.append(
                        {"policy": part.policy, "breach": breach.text, **_told(breach.of(values), draws)}
                    )
        made["breach.csv"] = pd.DataFrame(lines)
    return made


def _exceedance(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    lines = []
    for part in studied.parts():
        for row in rows:
            values, draws = _runs(studied, part, row, as_difference=False)
            for level, found in risk.exceedance(values, draws, LEVELS) if values.size else ():
                about = {**row._asdict(), "policy": part.policy, "threshold": level}
                lines.append(
                    {**about, "probability": found.share, "ci_low": found.low, "ci_high": found.high}
                )
    return pd.DataFrame(lines).drop(columns="month", errors="ignore")


def _told(breached: NDArray[np.bool_], draws: NDArray[np.int64]) -> dict[str, float]:
    found = risk.probability(breached, draws)
    return {
        "breaches": found.breaches,
        "runs": found.runs,
        "effective_runs": found.effective,
        "probability": found.share,
        "ci_low": found.low,
        "ci_high": found.high,
    }


def _runs(studied: Studied, part: Part, row: Row, *, as_difference: bool) -> tuple[Values, NDArray[np.int64]]:
    """Values of single runs of the sampled points, and the point of each."""
    values = studied.values(row, as_difference=as_difference)
    sample = methods.sampled(studied, part, values)
    draws = np.repeat(np.arange(len(sample.y)), values.shape[1])
    return sample.y.ravel(), draws


def _discovery(studied: Studied, breaches: Sequence[Breach]) -> pd.DataFrame:
    lines = []
    for part in studied.parts():
        for breach in breaches:
            sample = methods.sampled(studied, part, studied.values(breach.row).mean(axis=1))
            lines += _box(studied, breach, part.policy, sample)
    return pd.DataFrame(lines)


def _box(studied: Studied, breach: Breach, policy: str, sample: methods.Sample) -> list[methods.Line]:
    """A line for each input that the box limits; one without an input where there is no box."""
    breached = breach.of(sample.y)
    about: methods.Line = {
        "policy": policy, "breach": breach.text, "points": breached.size, "breached": int(breached.sum()),
    }  # fmt: skip
    if not can_be_sought(breached):
        return [about | {"note": "not sought: too few points on one side of the threshold"}]
    box, _ = discover(sample.x, breached)
    about |= {"coverage": box.coverage, "density": box.density, "mass": box.mass, "note": sample.note}
    limited = [
        about | {"path": one.path, "unit": one.unit, "grade": one.grade, **_ends(limit)}
        for one, limit in zip(studied.uncertain, box.limits, strict=True)
        if not limit.is_open
    ]
    return limited or [about | {"note": "no limit that chance would not draw"}]


def _ends(limit: Limit) -> dict[str, float]:
    """low, high (nan where it is not limited), and how often chance would do as well."""
    low, high = (nan if isinf(end) else end for end in (limit.low, limit.high))
    return {"low": low, "high": high, "p": limit.p}


def _regret(studied: Studied, rows: Sequence[Row]) -> dict[str, pd.DataFrame]:
    """Empty without two policies."""
    regrets = policies.by_state(studied, rows)
    if not len(regrets):
        return {}
    return {"regret.csv": regrets, "policies.csv": policies.over_states(regrets)}


def _refusal(path: str, message: str, hint: str = "") -> InputError:
    return InputError([Problem("sim sensitivity", 1, 1, path, message, hint)])
