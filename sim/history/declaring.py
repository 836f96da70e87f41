"""What a calibration file declares: free numbers and their bounds, targets, and how long to look."""

from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints

from sim.history.measures import TargetMeasure
from sim.inputs.fields import ID_PATTERN, Model, Text
from sim.scenario.model import Name

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""Written as a number: neither a truth nor a word that could be read as one."""
LARGEST, LEAST_SPREAD = 1e12, 1e-6
"""Of a value, and of a spread: far beyond what is measured, and errors in spreads can still be squared."""
Count = Annotated[StrictInt, Field(ge=0, le=1_000_000)]
RootSeed = Annotated[StrictInt, Field(ge=0, lt=2**63)]


class Free(Model):
    """A parameter of the evidence, or the size of an event, and its bounds."""

    path: Text
    scenario: str = ""
    low: Number
    high: Number
    unit: Text

    @property
    def name(self) -> str:
        """Column of the trials."""
        return f"{self.scenario}:{self.path}" if self.scenario else self.path


class Target(Model):
    """What a history must give. spread: how far off is still a fit."""

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    scenario: Text
    measure: TargetMeasure
    value: Annotated[Number, Field(ge=-LARGEST, le=LARGEST)]
    spread: Annotated[Number, Field(ge=LEAST_SPREAD, le=LARGEST)]


class Search(Model):
    """How long to look, and the root seed of what is drawn.

    first: points all over the bounds. starts: how many of the best of them least squares goes down from, each
    by at most so many steps. draws: points drawn from what the targets leave open around the optimum.
    step: of differences, as a share of the bounds; wide, because lots and sites are whole numbers.
    """

    first: Annotated[Count, Field(ge=1)]
    starts: Annotated[Count, Field(ge=1)] = 1
    steps: Count
    draws: Count
    step: Annotated[Number, Field(gt=0, le=0.5)]
    root_seed: RootSeed


class Keep(Model):
    """Which trials are kept: `within` of the best loss, thinned to `members`."""

    within: Annotated[Number, Field(ge=0)]
    members: Annotated[Count, Field(ge=1)]


class Calibration(Model):
    """A calibration file."""

    name: Name
    question: Text
    replications: Annotated[Count, Field(ge=1)]
    root_seed: RootSeed
    search: Search
    keep: Keep
    free: Annotated[tuple[Free, ...], Field(min_length=1)]
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
