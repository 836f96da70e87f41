"""Measures of a history, as the files of tolerances and of targets name them. Taken on the mean path.

A window is both days included. `score` is read from the scores instead (see sim.history.backtesting).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from math import nan
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.history.simulated import Paths, Simulated
from sim.inputs.fields import IsoDate, Model, refuse
from sim.inputs.quantity import FieldError
from sim.places import Oxide

Day = Annotated[IsoDate, Field(ge=date(1900, 1, 1), le=date(2300, 1, 1))]
Order = tuple[str, date, date]
"""Key of a date, the first day it may be, and the day it is."""


class _Window(Model):
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if faults := [
            FieldError(f"{day} is too soon: {least} or later is expected", at=(key,))
            for key, least, day in self._order()
            if day < least
        ]:
            raise refuse(faults)
        return self

    def _order(self) -> Iterator[Order]:
        """What must not be before what."""
        yield "to", self.first, self.last

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day that it looks at."""
        days = [value for name in type(self).model_fields if isinstance(value := getattr(self, name), date)]
        return min(days), max(days)

    def fits(self, mean: Simulated) -> bool:
        """Whether every day that it looks at was simulated."""
        return mean.covers(*self.days)


class Imports(_Window):
    """Tonnes from Myanmar in the window."""

    kind: Literal["imports"]
    heading: Literal["oxide", "all"]

    def of(self, mean: Simulated) -> float:
        """In gross t."""
        return _total(mean.window("imports", self.heading, self.first, self.last))


class ImportsShare(_Window):
    """Tonnes of the window in those of a longer one."""

    kind: Literal["imports_share"]
    heading: Literal["oxide", "all"]
    of_from: Day
    of_to: Day

    def _order(self) -> Iterator[Order]:
        yield from super()._order()
        yield "of_to", max(self.of_from, self.last), self.of_to
        yield "from", self.of_from, self.first

    def of(self, mean: Simulated) -> float:
        """In %; nan if nothing came in."""
        part = _total(mean.window("imports", self.heading, self.first, self.last))
        return 100 * _ratio(part, _total(mean.window("imports", self.heading, self.of_from, self.of_to)))


class PriceChange(_Window):
    """Price on the last day against that on the first."""

    kind: Literal["price_change"]
    element: Oxide

    def _order(self) -> Iterator[Order]:
        yield "to", self.first + timedelta(1), self.last

    def of(self, mean: Simulated) -> float:
        """In %."""
        path = mean.window("price", self.element, self.first, self.last)[0]
        return 100 * (float(path[-1]) / float(path[0]) - 1)


class _Rise(_Window):
    """From the mean of the first window to the highest day of a later one."""

    element: Oxide
    peak_from: Day
    peak_to: Day

    def _order(self) -> Iterator[Order]:
        yield from super()._order()
        yield "peak_from", self.first, self.peak_from
        yield "peak_to", self.peak_from, self.peak_to

    def levels(self, mean: Simulated) -> tuple[float, float]:
        """The mean of the first window and the peak of the later one, CNY/kg."""
        first = float(mean.window("price", self.element, self.first, self.last).mean())
        return first, float(mean.window("price", self.element, self.peak_from, self.peak_to).max())


class PricePeak(_Rise):
    """The rise against where it began."""

    kind: Literal["price_peak"]

    def of(self, mean: Simulated) -> float:
        """In %."""
        first, peak = self.levels(mean)
        return 100 * (peak / first - 1)


class PriceBack(_Rise):
    """How much of the rise is given back by a day; 0 where there was no rise."""

    kind: Literal["price_back"]
    by: Day

    def _order(self) -> Iterator[Order]:
        yield from super()._order()
        yield "by", self.peak_from, self.by

    def of(self, mean: Simulated) -> float:
        """In % of the rise."""
        first, peak = self.levels(mean)
        then = float(mean.window("price", self.element, self.by, self.by)[0, 0])
        return 100 * (peak - then) / (peak - first) if peak > first else 0.0


class OutputChange(_Window):
    """Oxide output of the month of the last day against that of the month of the first."""

    kind: Literal["output_change"]
    element: Oxide

    def _order(self) -> Iterator[Order]:
        yield "to", _month_of(self.first)[1] + timedelta(1), self.last

    @property
    def days(self) -> tuple[date, date]:
        """Both months are looked at whole."""
        return _month_of(self.first)[0], _month_of(self.last)[1]

    def of(self, mean: Simulated) -> float:
        """In %; nan if nothing was made in the first month."""
        before, after = (
            _total(mean.window("output", self.element, *_month_of(day))) for day in (self.first, self.last)
        )
        return 100 * (_ratio(after, before) - 1)


class SurveyShare(Model):
    """The share of output that the surveys cover: one for all elements, from the observations themselves."""

    kind: Literal["survey_share"]


class Score(Model):
    """One figure of the scores."""

    kind: Literal["score"]
    group: str
    column: Literal["coverage_90", "median_width_pct", "skill"]


PathMeasure = Imports | ImportsShare | PriceChange | PricePeak | PriceBack | OutputChange
TargetMeasure = Annotated[PathMeasure | SurveyShare, Field(discriminator="kind")]
"""What a run can be fitted to: scores are of many runs."""
Measure = Annotated[PathMeasure | SurveyShare | Score, Field(discriminator="kind")]


def _total(window: Paths) -> float:
    return float(window.sum())


def _ratio(part: float, whole: float) -> float:
    """nan of nothing."""
    return part / whole if whole else nan


def _month_of(day: date) -> tuple[date, date]:
    """Its first day and its last."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
