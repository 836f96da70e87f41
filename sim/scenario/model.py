"""A scenario after `extends`, `set` and `--set`: what a run is made from, frozen and complete."""

import hashlib
import json
from calendar import monthrange
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

from sim.inputs.fields import (
    ID_PATTERN,
    LONGEST_NAME,
    RESERVED_NAMES,
    Dim,
    IsoDate,
    Model,
    Text,
    folder_name,
    refuse,
)
from sim.inputs.quantity import FieldError, Quantity, parse_quantity, shown
from sim.inputs.sampling import LAWS
from sim.inputs.text import suggest, write_yaml
from sim.places import Controller, District, Gate, Oxide
from sim.scenario.events import Driver, Event, driver_levels, unique

NOTES = ("evidence", "assume")
"""What a value under `set` must carry one of: a source, or what is assumed."""

Name = Annotated[
    str,
    StringConstraints(pattern=ID_PATTERN),
    AfterValidator(folder_name),
    Field(json_schema_extra={"maxLength": LONGEST_NAME, "not": {"enum": list(RESERVED_NAMES)}}),
]


class Period(Model):
    """The time a run covers, warm-up not counted."""

    start: Annotated[IsoDate, Field(ge=date(1990, 1, 1), le=date(2100, 1, 1))]
    """First day."""
    months: Annotated[StrictInt, Field(ge=1, le=600)]
    """Calendar months."""

    @property
    def end(self) -> date:
        """The day after the last one."""
        year, month = divmod(self.start.year * 12 + self.start.month - 1 + self.months, 12)
        return date(year, month + 1, min(self.start.day, monthrange(year, month + 1)[1]))

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days


class Run(Model):
    """How often the period is simulated, and from which random numbers."""

    replications: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    """How often, each time with other random numbers."""
    root_seed: Annotated[StrictInt, Field(ge=0, lt=2**63)]
    """The integer that starts the random streams."""
    ensemble: StrictBool = False
    """Whether each replication takes one of the calibrated parameter sets (seeds/ensemble.csv)."""
    draws: Annotated[StrictInt, Field(ge=2, le=100_000)] | None = None
    """How often the uncertain parameters are drawn from their ranges, each time for as many replications."""

    @model_validator(mode="after")
    def _one_outer_loop(self) -> Self:
        if self.draws and self.ensemble:
            told = "`ensemble` and `draws` exclude each other: draws take calibrated sets"
            hint = "Leave one out: a backtest takes the ensemble unless told not to, with --no-ensemble"
            raise refuse([FieldError(told, hint, (key,)) for key in ("draws", "ensemble")])
        return self

    @property
    def total(self) -> int:
        """Number of runs: replications of every draw."""
        return self.replications * (self.draws or 1)


class Setting(Model):
    """A value in place of one of the evidence, with the reason for it."""

    value: Annotated[Quantity, Dim()]
    evidence: Text | None = None
    """A source for the value."""
    assume: Text | None = None
    """What is assumed, and why."""

    @model_validator(mode="before")
    @classmethod
    def _read(cls, raw: Any) -> Any:
        """From `{value: …, assume: …}` or `{uniform: […], unit: …, assume: …}`."""
        if not isinstance(raw, dict):
            message = f"needs its reason: {{value: {shown(raw)}, evidence: …}} or {{value: …, assume: …}}"
            raise refuse([FieldError(message)])
        faults = []
        if sum(note in raw for note in NOTES) != 1:
            faults.append(FieldError("needs one of `evidence` and `assume`", _misspelt(raw)))
        notes = {note: raw[note] for note in NOTES if note in raw}
        try:
            quantity = read_value({key: value for key, value in raw.items() if key not in NOTES})
        except FieldError as fault:
            raise refuse([*faults, fault]) from None
        if faults:
            raise refuse(faults)
        return {"value": quantity, **notes}

    @model_serializer
    def _write(self) -> dict[str, Any]:
        notes = {note: text for note in NOTES if (text := getattr(self, note)) is not None}
        return {"value": self.value.plain(), **notes}


Price = Annotated[Quantity, Dim(("cny_per_kg",), low=0.0, above=True, drawn=False)]
Sites = Annotated[Quantity, Dim(("sites",), low=0.0, high=3000.0, drawn=False)]


class StartState(Model):
    """Levels on the first day, each one number; what is not here comes from the evidence."""

    source: Text
    """Where the levels come from."""
    prices: dict[Oxide, Price] = Field(default_factory=dict)
    """Domestic oxide prices, VAT included."""
    drivers: Annotated[
        dict[Driver, Annotated[Quantity, Dim(drawn=False)]],
        AfterValidator(driver_levels),
    ] = Field(default_factory=dict)
    """Levels of the outside series."""
    sites: dict[District, Sites] = Field(default_factory=dict)
    """Number of sites by district."""
    gates_shut: Annotated[tuple[Gate, ...], AfterValidator(unique)] = ()
    """Gates that stay shut until a gate_opening."""
    district_control: dict[District, Controller] = Field(default_factory=dict)
    """Who holds a district."""
    gate_control: dict[Gate, Controller] = Field(default_factory=dict)
    """Who holds a gate."""
    policies: dict[Controller, Literal["open", "stock_only", "banned"]] = Field(default_factory=dict)
    """What an actor lets out, until an export_policy; long in force, so that of stock_only nothing is left.
    Default: all."""


def _sorted_by_name(settings: dict[str, Setting]) -> dict[str, Setting]:
    return dict(sorted(settings.items()))


class Answer(Model):
    """The metric that answers the question, against the reference."""

    metric: Text
    """Its name in kpi.csv."""
    place: str = ""
    element: str = ""
    actor: str = ""
    heading: str = ""
    expect: Literal["rises", "falls", "moves"] = "moves"
    """Which way the author expects it to go."""

    @field_validator("metric")
    @classmethod
    def _known(cls, metric: str) -> str:
        from sim.results.metrics import METRICS  # here, since only scenarios with an answer need it

        if metric not in METRICS:
            raise refuse([FieldError(f"'{metric}' is no metric", suggest(metric, METRICS))])
        return metric


class Content(Model):
    """What can differ between a scenario and its reference."""

    name: Name
    """Name of the scenario and of its result folder: small letters, digits and _, a letter first."""
    question: Text
    """The question the scenario answers, as a person would ask it."""
    start_state: StartState = StartState(source="evidence")
    """What is otherwise on the first day."""
    set: Annotated[dict[str, Setting], AfterValidator(_sorted_by_name)] = Field(default_factory=dict)
    """Values in place of those of the evidence, by the name of the parameter."""
    events: tuple[Event, ...] = ()
    """What happens, one by one; events that overlap act together."""


class Reference(Content):
    """What a scenario is compared with: the same without its own events and settings."""


class Scenario(Content):
    """One question put to the model."""

    sources: tuple[Text, ...] = ()
    """Where the scenario comes from."""
    surprise: Text | None = None
    """What result would surprise its author."""
    answer: Answer | None = None
    """The metric that answers the question."""
    period: Period
    """The time it covers."""
    run: Run
    """How often, and from which random numbers."""
    reference: Reference | None = None
    """Only in files that `sim run` wrote."""

    def parent(self) -> "Scenario | None":
        """The reference as a scenario of its own, over the same period and runs."""
        if self.reference is None:
            return None
        content = {key: getattr(self.reference, key) for key in Content.model_fields}
        return Scenario(**content, period=self.period, run=self.run)

    def undrawn(self) -> "Scenario":
        """The same with the best value of every parameter."""
        return self.model_copy(update={"run": self.run.model_copy(update={"draws": None})})

    def plain(self) -> dict[str, Any]:
        """What a scenario file holds: dict, list, str, int, float, bool and date; no key without a value."""
        dumped = self.model_dump(exclude_none=True)
        order = (
            "name",
            "question",
            "sources",
            "surprise",
            "answer",
            "period",
            "run",
            "start_state",
            "set",
            "events",
        )
        tidied = {key: _tidied(dumped.get(key)) for key in (*order, "reference")}
        return {key: value for key, value in tidied.items() if value not in (None, [], {})}

    def to_yaml(self) -> str:
        """The text of a scenario file that gives an equal scenario and extends nothing."""
        return write_yaml(self.plain())

    def hash(self) -> str:
        """SHA-256 of the content, whatever the layout and order of the file's keys."""
        text = json.dumps(self.plain(), sort_keys=True, default=date.isoformat, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read_value(raw: dict[str, Any]) -> Quantity:
    """The quantity of `{value: x}`, `{value: x, unit: u}` or a law such as `{uniform: […], unit: u}`.

    Raises FieldError.
    """
    if "value" not in raw:
        if not LAWS.keys() & raw.keys():
            hints = [hint for key in raw if (hint := suggest(key, ("value", *LAWS)))]
            raise FieldError("`value` is missing", hints[0] if hints else "")
        return parse_quantity(raw)
    for key in raw:
        if key not in ("value", "unit"):
            raise FieldError("unknown key", suggest(key, ("value", "unit", *NOTES)), (key,))
    try:
        if "unit" in raw:
            return parse_quantity({"fixed": raw["value"], "unit": raw["unit"]})
        return parse_quantity(raw["value"])
    except FieldError as fault:
        at = fault.at if fault.at[:1] == ("unit",) else ("value", *fault.at)
        raise FieldError(fault.message, fault.hint, at) from None


def _misspelt(raw: dict[str, Any]) -> str:
    hints = [hint for key in raw if key not in (*NOTES, "value") and (hint := suggest(key, NOTES))]
    return hints[0] if hints else ""


def _tidied(value: Any) -> Any:
    """Lists for tuples, text for keys, nothing empty."""
    if isinstance(value, (list, tuple)):
        return [_tidied(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {str(key): _tidied(item) for key, item in value.items()}
    return {key: item for key, item in items.items() if item not in ([], {})}
