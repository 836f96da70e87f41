"""The calendar: on which dates the holidays fall that shut gates."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from sim.evidence.reading import Faults, cell_date, table_rows
from sim.inputs.text import suggest

SPRING_FESTIVAL = "spring_festival"
HOLIDAYS = (SPRING_FESTIVAL,)
"""Those that the model knows."""
_WITHIN = {SPRING_FESTIVAL: ("01-21", "02-21")}
"""Between which days of a year each falls."""


def read_calendar(path: Path, faults: Faults) -> dict[str, tuple[date, ...]]:
    """Holiday → its dates in order."""
    before = len(faults.problems)
    dates: dict[str, list[date]] = {holiday: [] for holiday in HOLIDAYS}
    for line, row in table_rows(path, ("holiday", "date"), faults):
        holiday = row["holiday"]
        try:
            day = cell_date(row["date"])
        except ValueError as error:
            faults.of_line(path, line, "date", str(error))
            continue
        if holiday not in dates:
            faults.of_line(path, line, "holiday", f"unknown holiday '{holiday}'", suggest(holiday, HOLIDAYS))
        elif day in dates[holiday]:
            faults.of_line(path, line, "date", f"{day} stands twice")
        else:
            dates[holiday].append(day)
    if len(faults.problems) == before:
        for holiday in [name for name, days in dates.items() if not days]:
            faults.of_line(path, 1, "", f"no date of '{holiday}'")
    return {holiday: tuple(sorted(days)) for holiday, days in dates.items()}


def unknown(calendar: Mapping[str, Sequence[date]], start: date, end: date) -> Iterator[str]:
    """Holidays of a period, up to the day before `end`, of which the calendar has no date."""
    for holiday, (earliest, latest) in _WITHIN.items():
        known = {day.year for day in calendar[holiday]}
        years = [
            str(year)
            for year in range(start.year, end.year + 1)
            if year not in known
            and start.isoformat() <= f"{year}-{latest}"
            and f"{year}-{earliest}" < end.isoformat()
        ]
        if years:
            told = " to ".join(dict.fromkeys((years[0], years[-1])))
            yield f"calendar: no {holiday} is known of {told}, and none shuts a gate"
