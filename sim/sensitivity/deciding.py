"""A decision with a loss: read from a file, and what each option costs in each run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints, model_validator

from sim.comparison.reading import Row
from sim.inputs import formula
from sim.inputs.declared import read_declared
from sim.inputs.fields import ID_PATTERN, Model, Text, refuse
from sim.inputs.quantity import FieldError
from sim.inputs.text import InputError, Problem, suggest
from sim.results.metrics import METRICS
from sim.sensitivity.reading import Studied

Values = NDArray[np.float64]
Name = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Options(Model):
    """What can be chosen."""

    name: Name
    values: Annotated[tuple[Finite, ...], Field(min_length=2)]
    unit: Text


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


def read_decision(path: Path) -> Decision:
    """Raises InputError with every fault at its line."""
    return read_declared(path, Decision)


def losses(decision: Decision, studied: Studied) -> Values:
    """Shape (points, options): the mean over the replications of a point, nan where one has no loss.

    Raises InputError if an outcome is in no row of the result, or the loss has no value.
    """
    known = set(studied.rows)
    for name, outcome in decision.outcomes.items():
        if outcome.row not in known:
            message = f"{_told(outcome.row)} is no row of {studied.folder / 'kpi.csv'}"
            raise InputError([Problem(decision.name, 1, 1, f"outcomes.{name}", message)])
    columns = {
        name: studied.reference(one.row) if one.of == "reference" else studied.values(one.row)
        for name, one in decision.outcomes.items()
    }
    fixed = {name: amount.value for name, amount in decision.amounts.items()}
    found = np.full((*studied.finished.shape, len(decision.options.values)), np.nan)
    whole = np.logical_and.reduce([~np.isnan(column) for column in columns.values()])
    for point, replication in zip(*np.nonzero(whole), strict=True):
        run = {name: float(column[point, replication]) for name, column in columns.items()}
        found[point, replication] = _of_run(decision, fixed | run)
    means: Values = found.mean(axis=1)
    return means


def _of_run(decision: Decision, values: Mapping[str, float]) -> list[float]:
    name = decision.options.name
    try:
        return [
            formula.evaluate(decision.loss, {**values, name: option}) for option in decision.options.values
        ]
    except ValueError as error:
        raise InputError([Problem(decision.name, 1, 1, "loss", str(error))]) from None


def _told(row: Row) -> str:
    return " ".join(part for part in row if part)
