"""The weather of a run, drawn before it starts: severe monsoons by year and region, and landslides.

A severe monsoon is drawn per year; regions other than the first share its draw in a stated share of years.
Slides are a Poisson process of the wet months; each strikes one district, in proportion to its sites.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.streams import Streams
from sim.world import World


@dataclass(frozen=True)
class Slide:
    """A landslide: the day of the run on which it stops a share of a district's sites."""

    day: int
    district: str


@lru_cache(maxsize=64)
def calendar(first: date, days: int) -> tuple[date, ...]:
    """The days of a run; runs of one scenario share them."""
    return tuple(first + timedelta(day) for day in range(days))


@lru_cache(maxsize=64)
def _year_and_month(calendar: tuple[date, ...]) -> NDArray[np.int64]:
    """Years since the first and months since January of every day, shape (2, days)."""
    return np.array([(day.year - calendar[0].year, day.month - 1) for day in calendar]).T


def _years(calendar: Sequence[date]) -> range:
    return range(calendar[0].year, calendar[-1].year + 1)


def season(world: World, streams: Streams, calendar: Sequence[date]) -> NDArray[np.float64]:
    """Output factor by day and district, shape (days, districts)."""
    seasons = world.seasons
    regions = list(dict.fromkeys(district.region for district in world.districts))
    severe: dict[tuple[str, int], bool] = {}
    for year in _years(calendar):
        draws = streams.generator(f"season.{year}").random((len(regions), 2))
        for index, region in enumerate(regions):
            own = index == 0 or draws[index, 1] >= seasons.severe_shared
            severe[region, year] = bool(draws[index if own else 0, 0] < seasons.severe_probability)

    output = {key: seasons.severe_output if bad else seasons.normal_output for key, bad in severe.items()}
    years, months = _year_and_month(tuple(calendar))
    by_region = {
        region: np.array([output[region, year] for year in _years(calendar)])[years, months]
        for region in regions
    }
    return np.array([by_region[district.region] for district in world.districts]).T


def slides(world: World, streams: Streams, calendar: Sequence[date]) -> list[Slide]:
    """The landslides of the run, in order of time."""
    law, places = world.landslides, world.districts
    weights = np.array([place.sites for place in places], dtype=np.float64)
    found: list[Slide] = []
    for year in _years(calendar):
        wet = [date(year, month, day) for month in law.months for day in range(1, _length(year, month) + 1)]
        rng = streams.generator(f"slides.{year}")
        struck = rng.choice(len(wet), size=rng.poisson(law.per_season))
        where = rng.choice(len(places), size=struck.size, p=weights / weights.sum())
        found += [
            Slide((wet[day] - calendar[0]).days, places[place].name)
            for day, place in zip(struck.tolist(), where.tolist(), strict=True)
            if calendar[0] <= wet[day] <= calendar[-1]
        ]
    return sorted(found, key=lambda slide: slide.day)


def _length(year: int, month: int) -> int:
    return monthrange(year, month)[1]
