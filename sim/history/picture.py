"""The picture of a backtest: what the replications span, what was observed, when gates were shut."""

from collections.abc import Sequence
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sim.history.observed import IMPORTS, ORE, OUTPUT, PRICE, Error, Row
from sim.history.scoring import INTERVAL, Values, months_between, with_error
from sim.history.simulated import Simulated
from sim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.history.backtesting import Backtest

_BLUE, _ORANGE, _SHUT = "#0072B2", "#D55E00", "#DDDDDD"
_PANELS = (
    ("Imports from Myanmar, oxide heading, t a month", "imports", "oxide", IMPORTS),
    ("Imports from Myanmar, all headings, t a month", "imports", "all", IMPORTS),
    ("Terbium oxide in China, CNY/kg", "price", "Tb", PRICE),
    ("Dysprosium oxide in China, CNY/kg", "price", "Dy", PRICE),
    ("Ion-adsorption ore, CNY/t", "ore_price", "", ORE),
    ("Dysprosium output in the surveys, t a month", "output", "Dy", OUTPUT),
    ("Terbium output in the surveys, t a month", "output", "Tb", OUTPUT),
)
_BY_MONTH = ("imports", "output")


def picture(done: "Backtest", dpi: int = 110) -> bytes:
    """A PNG: the same backtest gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [panel for panel in _PANELS if _is_shown(done, panel)]
    figure = Figure(figsize=(9, 0.6 + 2.1 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for index, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
        _draw(axis, done, panel)
        if index == 0:
            axis.legend(loc="upper left", fontsize=7, frameon=False, ncols=4)
    figure.suptitle(f"{done.scenario.name}: simulated and observed", fontsize=10)
    stored = BytesIO()
    figure.savefig(stored, format="png", dpi=dpi, metadata={"Software": None})
    return stored.getvalue()


def _is_shown(done: "Backtest", panel: tuple[str, str, str, str]) -> bool:
    """Imports always, on one heading; the others where something of them is scored."""
    return panel[2] == done.imports_heading if panel[3] == IMPORTS else bool(_points(done.rows, panel))


def _draw(axis: "Axes", done: "Backtest", panel: tuple[str, str, str, str]) -> None:
    title, what, of, series = panel
    days, paths = _paths(done.run, what, of)
    if what == "output" and not np.isnan(done.survey_share):
        paths = paths * done.survey_share
    step: Literal["post"] | None = "post" if what in _BY_MONTH else None
    low, middle, high = np.quantile(paths, (INTERVAL[0], 0.5, INTERVAL[1]), axis=0)
    for number, (first, after) in enumerate(closures(done.scenario)):
        label = "_" if number else "gates shut"
        axis.axvspan(_number(first), _number(after), color=_SHUT, linewidth=0, label=label)
    stamps: Any = [_number(day) for day in days]
    axis.fill_between(
        stamps, low, high, step=step, color=_BLUE, alpha=0.25, linewidth=0, label="90 % of runs"
    )
    if series in done.errors:
        _draw_errors(axis, stamps, paths, done.errors[series], step)
    axis.plot(
        stamps, middle, color=_BLUE, drawstyle="steps-post" if step else "default", label="median of runs"
    )
    for number, (first, last, value) in enumerate(_points(done.rows, panel)):
        label = "_" if number else "observed"
        middle_day = (_number(first) + _number(last)) / 2
        axis.plot([_number(first), _number(last)], [value, value], color=_ORANGE, linewidth=1.2)
        axis.plot([middle_day], [value], "o", color=_ORANGE, markersize=3.5, label=label)
    _dress(axis, title)


def _draw_errors(
    axis: "Axes", stamps: Any, paths: Values, error: Error, step: Literal["post"] | None
) -> None:
    """The wider band: what may be reported of a month or day where the runs are true."""
    sd = np.array([error.sd(level, 1.0) for level in paths.mean(axis=0).tolist()])
    low, high = np.quantile(with_error(paths, sd), INTERVAL, axis=0)
    label = "90 % of reports"
    axis.fill_between(
        stamps, np.maximum(low, 0.0), high, step=step, color=_BLUE, alpha=0.12, linewidth=0, label=label
    )


def _dress(axis: "Axes", title: str) -> None:
    from matplotlib import dates

    axis.set_title(title, fontsize=8, loc="left")
    axis.tick_params(labelsize=7)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_ylim(bottom=0)
    calendar: Any = dates  # untyped
    locator = calendar.AutoDateLocator()
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(calendar.ConciseDateFormatter(locator))


def closures(scenario: Scenario) -> list[tuple[date, date]]:
    """First day and day after the last of each gate closure; without a fixed end: the end of the period."""
    end = scenario.period.end
    shut = [event for event in scenario.events if event.kind == "gate_closure"]
    return [(event.start, min(event.end or end, end)) for event in shut]


def _points(rows: Sequence[Row], panel: tuple[str, str, str, str]) -> list[tuple[date, date, float]]:
    """Scored observations of a panel: first and last day, and the value (of flows: a month)."""
    _, what, of, series = panel
    found = []
    for row in rows:
        item, pair = row.observation, row.pair
        fits = (
            item.series == series and (series == IMPORTS or item.element == of) and item.place != "ex_china"
        )
        if pair is None or not fits:
            continue
        months = months_between(pair.first, pair.last) if what in _BY_MONTH else 1.0
        found.append((pair.first, pair.last, pair.observed / months))
    return found


def _paths(run: Simulated, what: str, of: str) -> tuple[list[date], NDArray[np.float64]]:
    """Days and levels; of flows each month's total from its first day on, the last one again at the end."""
    paths = run.paths[what, of]
    days = [run.start + timedelta(days=day) for day in range(paths.shape[1])]
    if what not in _BY_MONTH:
        return days, paths
    firsts = [index for index, day in enumerate(days) if day.day == 1 or index == 0]
    totals = np.add.reduceat(paths, firsts, axis=1)
    return [days[first] for first in firsts] + [run.end], np.column_stack([totals, totals[:, -1]])


def _number(day: date) -> float:
    from matplotlib import dates

    calendar: Any = dates  # untyped
    return float(calendar.date2num(day))
