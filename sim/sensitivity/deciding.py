"""A decision with a loss: read from a file, and what each option costs in each run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints, model_validator

from sim.comparison.reading import Row
from sim.inputs import formula
from sim.inputs.declared import read_located
from sim.inputs.fields import ID_PATTERN, Model, Text, refuse
from sim.inputs.quantity import FieldError
from sim.inputs.text import InputError, Located, suggest
from sim.results.metrics import METRICS
from sim.sensitivity.reading import Studied

Values = NDArray[np.float64]
Name = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
LARGEST_LOSS = 1e100
"""In the unit of the loss. Squares of larger ones, which intervals need, could overflow."""


class Options(Model):
    """What can be chosen."""

    name: Name
    values: Annotated[tuple[Finite, ...], Field(min_length=2)]
    unit: Text

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        faults = [
            FieldError(f"the option {exact(value)} is there already", at=("values", at))
            for at, value in enumerate(self.values)
            if value in self.values[:at]
        ]
        if faults:
            raise refuse(faults)
        return self


class Amount(Model):
    """A number of the loss that no run gives, with the reason for it."""

    value: Finite
    unit: Text
    evidence: Text | None = None
    assume: Text | None = None

    @model_validator(mode="after")
    def _has_reason(self) -> Self:
        if (self.evidence is None) == (self.assume is None):
            raise refuse([FieldError("needs one of `evidence` and `assume`")])
        return self


class Outcome(Model):
    """A metric of the run, or of its reference."""

    metric: Text
    place: str = ""
    element: str = ""
    actor: str = ""
    heading: str = ""
    of: Literal["scenario", "reference"] = "scenario"

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.metric not in METRICS:
            fault = FieldError("no such metric", suggest(self.metric, METRICS), ("metric",))
            raise refuse([fault])
        return self

    @property
    def row(self) -> Row:
        """The row of a result that holds it."""
        unit = METRICS[self.metric].unit
        return Row(self.metric, self.place, self.element, self.actor, self.heading, unit)


class Decision(Model):
    """Options, and what each costs. loss: arithmetic over the option, the amounts and the outcomes."""

    name: Name
    question: Text
    options: Options
    amounts: dict[Name, Amount] = Field(default_factory=dict)
    outcomes: Annotated[dict[Name, Outcome], Field(min_length=1)]
    unit: Text
    loss: Text

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        known = {self.options.name, *self.amounts, *self.outcomes}
        if len(known) < 1 + len(self.amounts) + len(self.outcomes):
            raise refuse([FieldError("option, amounts and outcomes need a name of their own each")])
        try:
            read = formula.names(self.loss)
        except ValueError as error:
            raise refuse([FieldError(str(error), at=("loss",))]) from None
        faults = [
            FieldError(
                f"reads '{name}', which is no option, amount or outcome", suggest(name, known), ("loss",)
            )
            for name in read
            if name not in known
        ]
        faults += [FieldError(f"does not read '{name}'", at=("loss",)) for name in known if name not in read]
        if faults:
            raise refuse(faults)
        return self


@dataclass(frozen=True)
class Posed:
    """A decision as its file poses it. document: where each part of it stands."""

    decision: Decision
    document: Located


def read_decision(path: Path) -> Posed:
    """Raises InputError with every fault at its line."""
    return Posed(*read_located(path, Decision))


def check(posed: Posed, studied: Studied) -> None:
    """Raises InputError for every outcome that the result does not hold."""
    known, base = set(studied.rows), studied.base
    missing = [
        posed.document.problem(
            ("outcomes", name), f"{_told(outcome.row)} is no row of {studied.folder / 'kpi.csv'}"
        )
        for name, outcome in posed.decision.outcomes.items()
        if outcome.row not in known
    ]
    missing += [
        posed.document.problem(("outcomes", name, "of"), f"{studied.folder} has no reference run")
        for name, outcome in posed.decision.outcomes.items()
        if outcome.of == "reference" and base is None
    ]
    if missing:
        raise InputError(missing)


def losses(posed: Posed, studied: Studied) -> Values:
    """Shape (points, options): the mean over the replications of a point, nan where one has no loss.

    Raises InputError as `check` does, or if the loss has no value in a run in which every outcome has one.
    """
    check(posed, studied)
    decision, columns = posed.decision, _columns(posed.decision, studied)
    loss = formula.parse(decision.loss)
    fixed = {name: amount.value for name, amount in decision.amounts.items()}
    found = np.full((*studied.finished.shape, len(decision.options.values)), np.nan)
    whole = np.logical_and.reduce([~np.isnan(column) for column in columns.values()])
    for point, replication in zip(*np.nonzero(whole), strict=True):
        values = fixed | {name: float(column[point, replication]) for name, column in columns.items()}
        for at, option in enumerate(decision.options.values):
            try:
                found[point, replication, at] = _bounded(
                    loss.value({**values, decision.options.name: option})
                )
            except ValueError as error:
                where = f"{decision.options.name} {exact(option)}, point {point}, replication {replication}"
                raise InputError([posed.document.problem(("loss",), f"{error} ({where})")]) from None
    means: Values = found.mean(axis=1)
    return means


def undefined(decision: Decision, studied: Studied) -> Iterator[str]:
    """For each outcome that is not defined in some points whose runs all finished: how many."""
    finished = studied.finished.all(axis=1)
    for name, column in _columns(decision, studied).items():
        count = int((np.isnan(column).any(axis=1) & finished).sum())
        if count:
            yield (
                f"{count} of {studied.points} points have no loss, since {name} "
                f"({_told(decision.outcomes[name].row)}) is not defined there; they are left out"
            )


def exact(value: float) -> str:
    """The shortest text that is this number and no other.

    >>> exact(10.0), exact(0.2), exact(1000001.0)
    ('10', '0.2', '1000001')
    """
    return repr(value + 0.0).removesuffix(".0")


def _columns(decision: Decision, studied: Studied) -> dict[str, Values]:
    """Of every outcome its values, shape (points, replications)."""
    return {
        name: studied.reference(one.row) if one.of == "reference" else studied.values(one.row)
        for name, one in decision.outcomes.items()
    }


def _bounded(loss: float) -> float:
    """The same. Raises ValueError if it is so large that its square may be no number any more."""
    if abs(loss) > LARGEST_LOSS:
        raise ValueError(f"a loss of {loss:.3g} is too large to work with: {LARGEST_LOSS:g} is the most")
    return loss


def _told(row: Row) -> str:
    return " ".join(part for part in row if part)
