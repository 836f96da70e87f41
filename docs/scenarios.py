"""The page of the shipped scenarios: question, one picture, one sentence of result for each, all simulated.

`make scenarios` writes docs/scenarios.md and docs/img/scenarios/NAME.png.
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator, date2num
from numpy.typing import NDArray
from PIL import Image

from sim.experiment import replicate, usable_cores
from sim.ledger import Key, Outcome
from sim.results.digits import figure as digits
from sim.results.metrics import METRICS
from sim.results.statistics import Summary, describe
from sim.results.tables import Replicated, paired
from sim.results.variables import VARIABLES, panel
from sim.scenario import shipped_names
from sim.scenario.model import Answer, Scenario
from sim.study import Plan, Study, evaluate, prepare, simulate

HERE = Path(__file__).parent
IMAGES = HERE / "img" / "scenarios"
REPLICATIONS = 10
BLUE, GREY = "#0072B2", "#8C8C8C"
MILLION = 1e6
COLOURS = 24
"""Enough for two lines and their bands; keeps a picture small."""
BAND = (5, 95)

IMPORTS, TERBIUM = Key("imports_t", place="myanmar"), Key("price_cny_per_kg", place="china", element="Tb")
SERIES = {
    "imports_while_shut_t": "imports_t",
    "price_mean": "price_cny_per_kg",
    "price_peak": "price_cny_per_kg",
    "diverted_share": "diverted_t",
    "myanmar_share_pct": "imports_t",
}
"""The series behind a metric, where it has another name."""

HEAD = """\
# The shipped scenarios

Made by `make scenarios`: {replications} replications of each scenario and of its reference, paired, root seed
of the file. A result holds for the model and its assumptions, not for the world; the interval holds chance only.
`sim run NAME` gives the whole table, `scenarios/NAME.yaml` the sources of every event.

"""


@dataclass(frozen=True)
class Told:
    """A scenario, run, and its outcomes."""

    plan: Plan
    study: Study

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.plan.scenario

    @property
    def answer(self) -> Answer:
        """What answers its question."""
        assert self.scenario.answer is not None
        return self.scenario.answer


def tell(name: str, replications: int) -> Told | None:
    """Run a scenario and its reference; None if it asks nothing that a metric answers."""
    plan = prepare(name)
    if plan.scenario.answer is None or plan.reference is None:
        return None
    runs = {
        role: _runs(plan, one, replications)
        for role, one in (("scenario", plan.scenario), ("reference", plan.reference))
    }
    return Told(plan, evaluate(plan, runs))


def _runs(plan: Plan, one: Scenario, replications: int) -> Replicated:
    results = replicate((one, plan.registry), range(replications), usable_cores(), simulate, lambda _: None)
    done = tuple(result for result in results if isinstance(result, Outcome))
    if len(done) < replications:
        raise RuntimeError(f"{one.name}: {replications - len(done)} replications failed")
    return Replicated(one.name, one.period.start, done, ())


# -- the sentence ----------------------------------------------------------------------------------------


def sentence(told: Told) -> str:
    """One sentence of result."""
    answer = told.answer
    key = Key(answer.metric, answer.place, answer.element, answer.actor, answer.heading)
    metric = METRICS[answer.metric]
    own, base, change = _numbers(told, key)
    unit, size = _unit(told, key, max(abs(own), abs(base)))
    about = " ".join(filter(None, (answer.element, answer.actor, answer.place.replace("_", "-"))))
    begin = f"{metric.description[0].upper()}{metric.description[1:]}{f' ({about})' if about else ''}: "
    against = f"{_said(own / size)}{unit} against {_said(base / size)}{unit} without it"
    mean, low, high = (_said(number / size, sign=True) for number in (change.mean, change.low, change.high))
    return f"{begin}{against}, {mean} [{low}; {high}]; {_rest(told, key)}."


def _numbers(told: Told, key: Key) -> tuple[float, float, Summary]:
    assert told.study.reference_kpis is not None
    ours, theirs = paired(told.study.kpis, told.study.reference_kpis, key)
    return float(np.nanmean(ours)), float(np.nanmean(theirs)), describe(ours - theirs)


def _unit(told: Told, key: Key, largest: float) -> tuple[str, float]:
    """The unit as told, and how many of the metric's unit it is."""
    kpis = told.study.kpis
    unit = kpis.units[kpis.keys.index(key)]
    if unit == "CNY" and largest >= MILLION:
        return " million CNY", MILLION
    return ("" if unit == "1" else f" {unit}"), 1.0


def _rest(told: Told, answer: Key) -> str:
    """Imports and prices beside the answer."""
    lines = {
        "imports from Myanmar": Key("imports_t", place="myanmar"),
        "Tb": Key("price_mean", place="china", element="Tb"),
        "Dy": Key("price_mean", place="china", element="Dy"),
    }
    said = []
    for label, key in lines.items():
        if key != answer:
            _, base, change = _numbers(told, key)
            pct = f"{100 * change.mean / base:+.1f}".replace("-", "−")
            said.append(f"{label} {'±0' if pct in ('+0.0', '−0.0') else pct} %")
    return "in the mean of the period " + ", ".join(said)


def _said(number: float, *, sign: bool = False) -> str:
    return digits(number, sign=sign).replace("-", "−") or "–"


# -- the picture -----------------------------------------------------------------------------------------


def draw(told: Told, path: Path) -> None:
    """Imports, terbium, and what answers the question, by month against the reference."""
    plt.rcParams.update({"font.size": 8, "font.family": "DejaVu Sans", "axes.edgecolor": "#555555"})
    keys = list(dict.fromkeys([_series(told.answer), IMPORTS, TERBIUM]))
    if len(keys) < 3:
        keys.append(Key("cover_months", element="Tb"))
    figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
    for key, ax in zip(keys, axes, strict=True):
        _panel(ax, key, told)
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=85)
    plt.close(figure)
    Image.open(picture).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _series(answer: Answer) -> Key:
    """The series by month that stands behind the answer."""
    variable = SERIES.get(answer.metric, answer.metric)
    if variable == "price_cny_per_kg" and answer.place == "ex_china":
        variable = "price_usd_per_kg"
    place = "myanmar" if answer.metric == "myanmar_share_pct" else answer.place
    return Key(variable, place, answer.element, answer.actor, answer.heading)


def _panel(ax: Axes, key: Key, told: Told) -> None:
    variable = VARIABLES[key.variable]
    scale, unit = _scale(told, key)
    own, firsts = _months(told.study.runs.outcomes, key, told.scenario)
    assert told.study.reference is not None
    base, _ = _months(told.study.reference.outcomes, key, told.scenario)
    x = np.array([date2num(first) for first in firsts])
    for months, colour in ((base, GREY), (own, BLUE)):
        low, high = np.percentile(months / scale, BAND, axis=0)
        ax.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(x, months.mean(axis=0) / scale, color=colour, lw=1.6)
    about = " ".join(filter(None, (key.element, key.actor, key.place.replace("_", " "))))
    ax.set_title(
        fill(f"{variable.description}{f', {about}' if about else ''} [{unit}]", 40), loc="left", fontsize=8
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#DDDDDD", lw=0.5)
    if variable.month == "sum":
        ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    step = (1, 7) if len(firsts) <= 30 else (1,)
    ax.xaxis.set_major_locator(MonthLocator(bymonth=step))
    ax.xaxis.set_major_formatter(DateFormatter("%b %Y" if len(firsts) <= 30 else "%Y"))


def _scale(told: Told, key: Key) -> tuple[float, str]:
    """What one unit of the axis holds, and its name."""
    unit, month = VARIABLES[key.variable].unit, VARIABLES[key.variable].month
    per = " a month" if month == "sum" else ""
    highest = max(
        float(_months(runs.outcomes, key, told.scenario)[0].max())
        for runs in (told.study.runs, told.study.reference)
        if runs is not None
    )
    for size, word in ((1e6, "million "), (1e3, "1,000 ")):
        if highest >= 10 * size:
            return size, f"{word}{unit}{per}"
    return 1.0, f"{unit}{per}"


def _months(
    outcomes: Sequence[Outcome], key: Key, scenario: Scenario
) -> tuple[NDArray[np.float64], list[date]]:
    start, days = scenario.period.start, scenario.period.days
    firsts = [day for day in (start + timedelta(d) for d in range(days)) if day.day == 1 or day == start]
    begins = np.array([(first - start).days for first in firsts])
    daily = np.array([panel(outcome)[key] for outcome in outcomes])
    sums = np.add.reduceat(daily, begins, axis=1)
    ends = np.append(begins[1:], days)
    how = VARIABLES[key.variable].month
    by_month = {"sum": sums, "mean": sums / (ends - begins), "last": daily[:, ends - 1]}
    return by_month[how], firsts


# -- the page --------------------------------------------------------------------------------------------


def section(told: Told) -> str:
    """One scenario."""
    scenario, reference = told.scenario, told.plan.reference
    assert reference is not None
    months = f"{scenario.period.months} months from {scenario.period.start}, against {reference.name}"
    return "\n".join(
        [
            f"## {scenario.name}",
            f"*{scenario.question}* ({months})",
            "",
            sentence(told),
            "",
            f"![{scenario.name} in blue, {reference.name} in grey](img/scenarios/{scenario.name}.png)",
            "",
            f"Would surprise: {scenario.surprise}",
            "",
        ]
    )


def main() -> None:
    """Run, draw and write."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="draw these only and print their sentence; default: all")
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    asked = parser.parse_args()
    IMAGES.mkdir(parents=True, exist_ok=True)
    sections = []
    for name in asked.scenarios or shipped_names():
        told = tell(name, asked.replications)
        if told is not None:
            draw(told, IMAGES / f"{name}.png")
            sections.append(section(told))
            print(f"{name}: {sentence(told)}")
    if not asked.scenarios:
        page = HEAD.format(replications=asked.replications) + "\n".join(sections)
        (HERE / "scenarios.md").write_text(page.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
