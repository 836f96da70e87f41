"""Measures of a history, as the files of tolerances and of targets name them. Taken on the mean path.

A window is both days included. `score` is read from the scores instead (see sim.history.backtesting).
"""

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from sim.history.simulated import Paths, Simulated
from sim.inputs.fields import IsoDate, Model
from sim.places import Oxide


class _Window(Model):
    first: IsoDate = Field(alias="from")
    last: IsoDate = Field(alias="to")

    def fits(self, mean: Simulated) -> bool:
        """Whether every date it names was simulated."""
        days = [value for name in type(self).model_fields if isinstance(value := getattr(self, name), date)]
        return mean.covers(min(days), max(days))


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
    of_from: IsoDate
    of_to: IsoDate

    def of(self, mean: Simulated) -> float:
        """In %."""
        part = _total(mean.window("imports", self.heading, self.first, self.last))
        return 100 * part / _total(mean.window("imports", self.heading, self.of_from, self.of_to))


class PriceChange(_Window):
    """Price on the last day against that on the first."""

    kind: Literal["price_change"]
    element: Oxide

    def of(self, mean: Simulated) -> float:
        """In %."""
        path = mean.window("price", self.element, self.first, self.last)[0]
        return 100 * (float(path[-1]) / float(path[0]) - 1)


class _Rise(_Window):
    """From the mean of the first window to the highest day of a later one."""

    element: Oxide
    peak_from: IsoDate
    peak_to: IsoDate

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
    by: IsoDate

    def of(self, mean: Simulated) -> float:
        """In % of the rise."""
        first, peak = self.levels(mean)
        then = float(mean.window("price", self.element, self.by, self.by)[0, 0])
        return 100 * (peak - then) / (peak - first) if peak > first else 0.0


class OutputChange(_Window):
    """Oxide output of the month of the last day against that of the month of the first."""

    kind: Literal["output_change"]
    element: Oxide

    def of(self, mean: Simulated) -> float:
        """In %."""
        before, after = (_month(mean, self.element, day) for day in (self.first, self.last))
        return 100 * (after / before - 1)


class SurveyShare(Model):
    """The share of output that the surveys cover: one for all elements, from the observations themselves."""

    kind: Literal["survey_share"]


class Score(Model):
    """One figure of the scores."""

    kind: Literal["score"]
    group: str
    column: Literal["coverage_90", "median_width_pct", "skill"]


PathMeasure = Imports | ImportsShare | PriceChange | PricePeak | PriceBack | OutputChange
Measure = Annotated[PathMeasure | SurveyShare | Score, Field(discriminator="kind")]


def _total(window: Paths) -> float:
    return float(window.sum())


def _month(mean: Simulated, element: str, day: date) -> float:
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return _total(mean.window("output", element, first, after - timedelta(days=1)))
