"""Observations held against a run: which are scored, against what, and why the others are not."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, nan, sqrt
from typing import Annotated

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from sim.evidence.records import Observation
from sim.history.measures import Measure
from sim.history.scoring import Pair, Values, months_between
from sim.history.simulated import Simulated
from sim.inputs.fields import Model, Text, refuse
from sim.inputs.quantity import FieldError

IMPORTS, PRICE, ORE, OUTPUT = "imports_from_myanmar_t", "oxide_price", "ore_price", "oxide_output_t"
PRICE_CHANGE, GROWTH = "oxide_price_change_pct", "imports_from_myanmar_growth_pct"
SERIES = (IMPORTS, PRICE, ORE, OUTPUT, PRICE_CHANGE, GROWTH)
"""What a run can be scored on."""
NonNegative = Annotated[float, Field(ge=0)]
_PRICES = {("china", "CNY/kg"): "price", ("ex_china", "USD/kg"): "price_abroad"}
_CHINA = ("", "china")
"""Places of what is scored, prices apart; a report without a place is China's."""
_ALL_HEADINGS = ("all rare-earth headings", "oxides and compounds", "three HS headings together")
_WHOLE_PCT = 100.0
_ID = re.compile(r"\w*_\w*")
_DISAGREE = 0.1
"""Two reports of one thing that differ by more than this share are both left out."""


class Tolerance(Model):
    """What a history must meet."""

    id: Text
    what: Text
    scenarios: tuple[str, ...]
    measure: Measure
    low: float
    high: float
    unit: Text

    @field_validator("high")
    @classmethod
    def _not_below_low(cls, high: float, info: ValidationInfo) -> float:
        if high < info.data.get("low", high):
            raise refuse([FieldError("is below `low`: nothing would meet it")])
        return high


class Error(Model):
    """The error of report and model in a series, as standard deviations of parts that add up.

    share: of the level, whatever the length of the window. month_share: of a single month, independent from
    month to month. month_t: the same in tonnes.
    """

    share: NonNegative = 0.0
    month_share: NonNegative = 0.0
    month_t: NonNegative = 0.0

    def sd(self, level: float, months: float) -> float:
        """In the unit of the level, the total or mean of that many months."""
        shares = self.share**2 + self.month_share**2 / months
        return sqrt(shares * level**2 + self.month_t**2 * months)


class Rules(Model):
    """seeds/backtest.yaml: how observations are read, and what is to be met."""

    not_scored: dict[str, Text]
    """Observation -> why it is not scored."""
    scored_elsewhere: dict[str, dict[str, Text]]
    """Scenario -> series -> where it is scored instead."""
    concentrate_scored_in: tuple[str, ...]
    errors: dict[str, Error] = Field(default_factory=dict)
    """Series -> how far off a report may be, though the run is true."""
    tolerances: tuple[Tolerance, ...]


@dataclass(frozen=True)
class Told:
    """What a run is told and is therefore not scored on.

    given: the observations that its start state names as its source; they are known again in a file without
    those ids, too.
    """

    scenario: str
    given: tuple[Observation, ...] = ()

    @classmethod
    def of(cls, scenario: str, start_source: str, known: Iterable[Observation]) -> "Told":
        """What the words of the start state name of the observations that are known.

        An id has an underscore, so that no ordinary word or number is taken for one.
        """
        named = set(_ID.findall(start_source))
        return cls(scenario, tuple(item for item in known if item.id in named))

    def gives(self, item: Observation) -> bool:
        """Whether the observation is one of those, or another report of it."""
        return any(item.id == one.id or _about(item) == _about(one) for one in self.given)


@dataclass(frozen=True)
class Row:
    """An observation and its pair, or the reason why it has none."""

    observation: Observation
    pair: Pair | None
    reason: str = ""


class _UnscoredError(Exception):
    """Why an observation is not scored."""


class Matching:
    """Holds the observations of one file against one run."""

    def __init__(self, observations: Iterable[Observation], run: Simulated, told: Told, rules: Rules) -> None:
        self._all, self._run, self._told, self._rules = tuple(observations), run, told, rules
        self._handlers: Mapping[str, Callable[[Observation], Pair]] = {
            IMPORTS: self._imports,
            PRICE: self._price,
            ORE: self._ore_price,
            OUTPUT: self._output,
            PRICE_CHANGE: self._price_change,
            GROWTH: self._growth,
        }
        self.survey_share = survey_share(self._all, run)

    def rows(self) -> list[Row]:
        """Every observation, in the order of the file."""
        return [self._row(item) for item in self._all]

    def _row(self, item: Observation) -> Row:
        try:
            self._refuse(item)
            return Row(item, self._handlers[item.series](item))
        except _UnscoredError as reason:
            return Row(item, None, str(reason))

    def _refuse(self, item: Observation) -> None:
        """Raises _UnscoredError for what no run of this scenario is scored on."""
        if item.series not in self._handlers:
            raise _UnscoredError("the model is not scored on this series")
        _check_about(item)
        if not self._run.covers(item.period_start, item.period_end):
            raise _UnscoredError("outside the period of the scenario")
        elsewhere = self._rules.scored_elsewhere.get(self._told.scenario, {})
        if item.series in elsewhere:
            raise _UnscoredError(f"scored in {elsewhere[item.series]}")
        if item.id in self._rules.not_scored:
            raise _UnscoredError(self._rules.not_scored[item.id])
        if self._told.gives(item):
            raise _UnscoredError("given to the scenario as its start")
        if any(_disagree(item, other) for other in self._all):
            raise _UnscoredError("another report of the same disagrees")

    # -- series -------------------------------------------------------------------------------------------

    def _imports(self, item: Observation) -> Pair:
        heading = self._heading(item)
        _check_unit(item, "t")
        values = self._window("imports", heading, item).sum(axis=1)
        naive = _naive_imports(item, self._comparable_imports())
        return self._pair(item, values, naive, per_month=True)

    def _price(self, item: Observation) -> Pair:
        what = _PRICES.get((item.place, item.unit))
        if what is None or (what, item.element) not in self._run.paths:
            raise _UnscoredError(f"no price of {item.element} at {item.place} in {item.unit} is simulated")
        days = self._window(what, item.element, item)
        values = days.max(axis=1) if "peak" in item.basis else days.mean(axis=1)
        return self._pair(item, values, self._last_before(item), self._first(what, item.element))

    def _ore_price(self, item: Observation) -> Pair:
        _check_unit(item, "CNY/t")
        values = self._window("ore_price", "", item).mean(axis=1)
        return self._pair(item, values, self._last_before(item), self._first("ore_price", ""))

    def _output(self, item: Observation) -> Pair:
        _check_unit(item, "t")
        values = self._window("output", item.element, item).sum(axis=1) * self.survey_share
        return self._pair(item, values, per_month=True)

    def _price_change(self, item: Observation) -> Pair:
        path = self._window("price", item.element, item)
        values = 100 * (path[:, -1] / path[:, 0] - 1)
        return self._pair(item, values, 0.0, 0.0, points=True)

    def _growth(self, item: Observation) -> Pair:
        first, last = _base_of_growth(item)
        if not self._run.covers(first, last):
            raise _UnscoredError(f"its base, {first} to {last}, is outside the period of the scenario")
        base = self._run.window("imports", "all", first, last).sum(axis=1) / months_between(first, last)
        if not base.all():
            raise _UnscoredError(f"nothing comes in over its base, {first} to {last}, in some replication")
        own = self._window("imports", "all", item).sum(axis=1)
        own = own / months_between(item.period_start, item.period_end)
        return self._pair(item, 100 * (own / base - 1), points=True)

    # -- parts --------------------------------------------------------------------------------------------

    def _window(self, what: str, of: str, item: Observation) -> Values:
        if (what, of) not in self._run.paths:
            raise _UnscoredError(f"no {what} of '{of}' is simulated")
        return self._run.window(what, of, item.period_start, item.period_end)

    def _pair(
        self,
        item: Observation,
        values: Values,
        naive: float = nan,
        start: float = nan,
        *,
        per_month: bool = False,
        points: bool = False,
    ) -> Pair:
        first, last = item.period_start, item.period_end
        months = months_between(first, last) if per_month else 1.0
        error = self._rules.errors.get(item.series, Error())
        level = _WHOLE_PCT if points else float(values.mean())
        sd = error.sd(level, months)
        return Pair(
            first, last, item.value, values, naive, start, per_month=per_month, points=points, error_sd=sd
        )

    def _heading(self, item: Observation) -> str:
        """The heading that the basis of an import counts. Raises _UnscoredError if none of ours does."""
        basis = item.basis
        if "concentrate" in basis and self._told.scenario in self._rules.concentrate_scored_in:
            return "all"
        for word in ("carbonate", "concentrate"):
            if word in basis:
                raise _UnscoredError(f"{word} alone is not a heading of the model")
        if any(words in basis for words in _ALL_HEADINGS):
            return "all"
        if "compound" in basis:
            raise _UnscoredError("compounds alone are not scored")
        if "oxide" in basis:
            return "oxide"
        raise _UnscoredError(f"the basis '{basis}' is neither oxides nor all headings")

    def _comparable_imports(self) -> dict[str, list[Observation]]:
        """Heading -> the imports on that basis that may serve a naive forecast, of any period."""
        found: dict[str, list[Observation]] = {"oxide": [], "all": []}
        for item in self._all:
            fits = item.series == IMPORTS and item.place in _CHINA
            if fits and item.id not in self._rules.not_scored:
                try:
                    found[self._heading(item)].append(item)
                except _UnscoredError:
                    continue
        return found

    def _last_before(self, item: Observation) -> float:
        """The last observation of the same on or before the first day; nan if there is none."""
        about = (item.series, item.element, item.place, item.unit)
        earlier = [
            other
            for other in self._all
            if (other.series, other.element, other.place, other.unit) == about
            and other.period_end <= self._run.start
            and other is not item
        ]
        return max(earlier, key=lambda other: other.period_end).value if earlier else nan

    def _first(self, what: str, of: str) -> float:
        """The level of the first day, which the scenario is given."""
        return float(self._run.paths[what, of][:, 0].mean())


def survey_share(observations: Iterable[Observation], run: Simulated) -> float:
    """The one share of output that surveys of all elements cover: geometric mean of observed over simulated.

    Each element weighs the same. nan where no survey falls into the period; where nothing was made, in the
    survey or in the run, there is no share to tell.
    """
    logs: dict[str, list[float]] = {}
    for item in observations:
        known = item.series == OUTPUT and item.place in _CHINA
        if known and ("output", item.element) in run.paths and run.covers(item.period_start, item.period_end):
            made = run.window("output", item.element, item.period_start, item.period_end)
            total = float(made.sum(axis=1).mean())
            if total > 0.0 < item.value:
                logs.setdefault(item.element, []).append(log(item.value / total))
    return exp(float(np.mean([np.mean(ratios) for ratios in logs.values()]))) if logs else nan


def _check_about(item: Observation) -> None:
    """Raises _UnscoredError for what no run of any scenario is scored on."""
    if item.series != PRICE and item.place not in _CHINA:
        raise _UnscoredError(f"only reports of China are scored, not of {item.place}")
    if item.element == "NdPr":
        raise _UnscoredError("a driver: given to the model")


def _check_unit(item: Observation, unit: str) -> None:
    if item.unit != unit:
        raise _UnscoredError(f"the unit must be {unit}, not '{item.unit}'")


def _about(item: Observation) -> tuple[object, ...]:
    return item.series, item.element, item.place, item.basis, item.period_start, item.period_end


def _disagree(item: Observation, other: Observation) -> bool:
    apart = abs(item.value - other.value) > _DISAGREE * max(abs(item.value), abs(other.value))
    return apart and _about(item) == _about(other)


def _base_of_growth(item: Observation) -> tuple[date, date]:
    """The window that a growth rate is against."""
    first, last = item.period_start, item.period_end
    if "year on year" in item.basis:
        return _a_year_before(first), _a_year_before(last)
    if "month on month" in item.basis:
        end = first.replace(day=1) - timedelta(days=1)
        return end.replace(day=1), end
    if "monthly mean" in item.basis:
        return date(first.year, 1, 1), date(first.year, 12, 31)
    raise _UnscoredError(f"the basis '{item.basis}' names no base")


def _a_year_before(day: date) -> date:
    """The same day of the year before; the last of February stays the last."""
    if (day + timedelta(days=1)).day == 1:
        after = day + timedelta(days=1)
        return after.replace(year=after.year - 1) - timedelta(days=1)
    return day.replace(year=day.year - 1)


def _naive_imports(item: Observation, known: Mapping[str, Sequence[Observation]]) -> float:
    """Same months a year before, else the mean of the year before; on the same basis if there is one."""
    own = next((h for h, items in known.items() if item in items), "")
    for heading in sorted(known, key=lambda name: name != own):
        value = _naive_from(item, known[heading])
        if value is not None:
            return value
    return nan


def _naive_from(item: Observation, known: Sequence[Observation]) -> float | None:
    window = (_a_year_before(item.period_start), _a_year_before(item.period_end))
    same = [other.value for other in known if (other.period_start, other.period_end) == window]
    if same:
        return float(np.mean(same))
    year = item.period_start.year - 1
    within = [other for other in known if other.period_start.year == other.period_end.year == year]
    if not within:
        return None
    lengths = [months_between(other.period_start, other.period_end) for other in within]
    rates = [
        other.value / length for other, length in zip(within, lengths, strict=True) if length == max(lengths)
    ]
    return float(np.mean(rates)) * months_between(item.period_start, item.period_end)
