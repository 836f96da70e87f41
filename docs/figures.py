"""The pictures of the believability review in docs/model.md: each scenario and its reference, run and drawn.

`make figures` writes docs/img/NAME.png; `python docs/figures.py --numbers NAME …` prints the months instead.
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator, date2num
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray
from PIL import Image

from sim.experiment import replicate, usable_cores
from sim.ledger import Key, Outcome
from sim.results.variables import VARIABLES, panel
from sim.scenario.model import Scenario
from sim.study import Plan, prepare, simulate

SCENARIOS = ("baseline", "border_closure", "kanpaiti_closure", "reagent_embargo", "monsoon_extreme")
REPLICATIONS = 30
IMAGES = Path(__file__).parent / "img"

# Okabe and Ito's colours, which people with any colour vision can tell apart.
BLUE, ORANGE, GREY, SHADE = "#0072B2", "#D55E00", "#8C8C8C", "#F5E9C8"
BAND = (5, 95)
COLOURS = 96
"""Enough for eight panels; keeps a picture small."""

NEAR_ZERO = 0.005
"""A line as low as this lies on the axis; its label stands above it."""

Months = NDArray[np.float64]
"""Shape (replications, months)."""


@dataclass(frozen=True)
class Line:
    """One series of a panel. `label`: what stands at its end, if the panel has several."""

    key: Key
    colour: str = BLUE
    label: str = ""


@dataclass(frozen=True)
class Panel:
    """One small picture. `scale`: what one unit of the axis holds; `index`: per cent from the first month."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    scale: float = 1.0
    index: bool = False


def _both(variable: str, **about: str) -> tuple[Line, Line]:
    return (
        Line(Key(variable, element="Tb", **about), BLUE, "Tb"),
        Line(Key(variable, element="Dy", **about), ORANGE, "Dy"),
    )


PANELS = (
    Panel("Imports from Myanmar", "1,000 t a month", (Line(Key("imports_t", place="myanmar")),), 1e3),
    Panel(
        "Ore that waits, end of month",
        "1,000 t",
        (Line(Key("mine_stock_t"), BLUE, "yards"), Line(Key("gate_queue_t"), ORANGE, "queues at gates")),
        1e3,
    ),
    Panel("Reagents brought in", "1,000 t a month", (Line(Key("reagent_t")),), 1e3),
    Panel("Sites at work, end of month", "number", (Line(Key("sites_operating")),)),
    Panel("Feed in front of the plants, end of month", "1,000 t REO", (Line(Key("feed_stock_t")),), 1e3),
    Panel("Cover, end of month", "months of use", _both("cover_months")),
    Panel("Oxide price in China", "% from first month", _both("price_cny_per_kg", place="china"), index=True),
    Panel("Taxes the KIA takes", "million CNY a month", (Line(Key("tax_cny", actor="kia")),), 1e6),
)


@dataclass(frozen=True)
class Story:
    """A scenario, by month: `own` and `reference` by key; `spells` are the days to shade, with their name."""

    plan: Plan
    firsts: tuple[date, ...]
    own: Mapping[Key, Months]
    reference: Mapping[Key, Months] | None


def tell(name: str, replications: int) -> Story:
    """Run a scenario and its reference. RuntimeError if a replication fails."""
    plan = prepare(name)
    own = _outcomes(plan, plan.scenario, replications)
    reference = _outcomes(plan, plan.reference, replications) if plan.reference else None
    start, days = plan.scenario.period.start, plan.scenario.period.days
    firsts = [day for day in (start + timedelta(d) for d in range(days)) if day.day == 1 or day == start]
    return Story(plan, tuple(firsts), _months(own, firsts), _months(reference, firsts) if reference else None)


def _outcomes(plan: Plan, scenario: Scenario, replications: int) -> list[Outcome]:
    job = (scenario, plan.registry)
    results = replicate(job, range(replications), usable_cores(), simulate, lambda _: None)
    done = [result for result in results if isinstance(result, Outcome)]
    if len(done) < replications:
        raise RuntimeError(f"{scenario.name}: {replications - len(done)} replications failed")
    return done


def _months(outcomes: Sequence[Outcome], firsts: Sequence[date]) -> dict[Key, Months]:
    """Months of the drawn series: flows summed, stocks at the last day, prices averaged."""
    begins = np.array([(first - firsts[0]).days for first in firsts])
    ends = np.append(begins[1:], outcomes[0].daily.shape[1])
    found: dict[Key, Months] = {}
    panels = [panel(outcome) for outcome in outcomes]
    for key in (line.key for drawn in PANELS for line in drawn.lines):
        daily = np.array([series[key] for series in panels])
        sums = np.add.reduceat(daily, begins, axis=1)
        how = VARIABLES[key.variable].month
        found[key] = {"sum": sums, "mean": sums / (ends - begins), "last": daily[:, ends - 1]}[how]
    return found


def spells(plan: Plan) -> Iterator[tuple[date, date, str]]:
    """What to shade: the scenario's events, or the rains where it has none."""
    start, world = plan.scenario.period.start, plan.world
    for effect in world.effects:
        first, last = (
            start + timedelta(d - world.warmup_d) for d in (effect.window.start_d, effect.window.end_d)
        )
        yield first, last, effect.id.replace("_", " ")
    if not world.effects:
        severe = "mines.severe_monsoon_probability" in plan.scenario.set
        months = plan.registry.network.severe_months if severe else plan.registry.network.monsoon_months
        for year in (start.year, start.year + 1):
            yield date(year, min(months), 1), date(year, max(months) + 1, 1), "floods" if severe else "rains"


# -- drawing ---------------------------------------------------------------------------------------------


def draw(story: Story, path: Path) -> None:
    """One picture of eight panels."""
    plt.rcParams.update({"font.size": 9, "font.family": "DejaVu Sans", "axes.edgecolor": "#555555"})
    figure, axes = plt.subplots(4, 2, figsize=(10, 11.5), sharex=True, layout="constrained")
    for drawn, ax in zip(PANELS, axes.flat, strict=True):
        _shade(ax, story, named=drawn is PANELS[0])
        _panel(ax, drawn, story)
    scenario = story.plan.scenario
    replications = len(next(iter(story.own.values())))
    title = f"{scenario.name}\n{fill(scenario.question, 95)}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, weight="bold")
    grey = "; grey: baseline" if story.reference else ""
    figure.supxlabel(
        f"Line: mean of {replications} replications; band: {BAND[0]}–{BAND[1]} % of them{grey}. "
        "Dates mark the first of a month.",
        x=0.01,
        ha="left",
        fontsize=8,
    )
    picture = BytesIO()
    figure.savefig(picture, format="png", dpi=90)
    plt.close(figure)
    Image.open(picture).convert("RGB").quantize(COLOURS).save(path, optimize=True)


def _shade(ax: Axes, story: Story, *, named: bool) -> None:
    begin, end = date2num(story.firsts[0]), date2num(story.firsts[-1]) + 31
    for first, last, name in spells(story.plan):
        left, right = max(date2num(first), begin), min(date2num(last), end)
        ax.axvspan(left, right, color=SHADE, lw=0)
        if named:
            at = ((left + right) / 2, 1.0)
            ax.text(*at, name, transform=ax.get_xaxis_transform(), ha="center", va="top", fontsize=8)
    ax.set_xlim(begin, end + 75)


def _panel(ax: Axes, drawn: Panel, story: Story) -> None:
    ax.set_title(f"{drawn.title}, {drawn.unit}", loc="left", fontsize=9.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#DDDDDD", lw=0.6)
    ax.set_axisbelow(True)
    # Flows and means stand for the whole month, so they stand in its middle; stocks at its end.
    last = VARIABLES[drawn.lines[0].key.variable].month == "last"
    x = np.array([date2num(first) + (30 if last else 15) for first in story.firsts])
    for line in drawn.lines:
        if story.reference is not None:
            _line(ax, x, _scaled(story.reference[line.key], drawn), GREY, width=1.4)
        _line(ax, x, _scaled(story.own[line.key], drawn), line.colour, width=2.0)
    _labels(ax, x[-1], drawn, story)
    if drawn is PANELS[0] and story.reference is not None:
        _name_the_reference(ax, x, drawn, story)
    if not drawn.index and drawn.lines[0].key.variable != "cover_months":
        ax.set_ylim(bottom=0)
    if drawn.index:
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.0f}" if value else "0"))
    ax.xaxis.set_major_locator(MonthLocator(bymonth=(1, 4, 7, 10)))
    ax.xaxis.set_major_formatter(DateFormatter("%b\n%Y"))
    ax.tick_params(labelbottom=True, length=3)


def _scaled(months: Months, drawn: Panel) -> Months:
    return 100.0 * (months / months[:, :1] - 1.0) if drawn.index else months / drawn.scale


def _line(ax: Axes, x: NDArray[np.float64], months: Months, colour: str, width: float) -> None:
    low, high = np.percentile(months, BAND, axis=0)
    ax.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(x, months.mean(axis=0), color=colour, lw=width)


def _labels(ax: Axes, x: float, drawn: Panel, story: Story) -> None:
    """Names at the ends of lines, with the last level where the axis shows per cent."""
    for line in drawn.lines:
        at = float(_scaled(story.own[line.key], drawn).mean(axis=0)[-1])
        level = f"\n{story.own[line.key].mean(axis=0)[-1]:,.0f} CNY/kg" if drawn.index else ""
        where = {"textcoords": "offset points", "va": "bottom" if abs(at) < NEAR_ZERO else "center"}
        ax.annotate(line.label + level, (x, at), (5, 0), color=line.colour, fontsize=8, **where)


def _name_the_reference(ax: Axes, x: NDArray[np.float64], drawn: Panel, story: Story) -> None:
    """The reference's name where it differs most."""
    assert story.plan.reference is not None
    assert story.reference is not None
    key = drawn.lines[0].key
    own, other = (_scaled(months[key], drawn).mean(axis=0) for months in (story.own, story.reference))
    month = int(np.abs(own - other).argmax())
    side = 5 if other[month] > own[month] else -5
    where = {"textcoords": "offset points", "ha": "center", "va": "bottom" if side > 0 else "top"}
    ax.annotate(
        story.plan.reference.name, (x[month], other[month]), (0, side), color="#555555", fontsize=8, **where
    )


def numbers(story: Story) -> str:
    """Means by month as a table, reference in brackets."""
    rows = []
    for drawn in PANELS:
        for line in drawn.lines:
            own = story.own[line.key].mean(axis=0) / drawn.scale
            base = own if story.reference is None else story.reference[line.key].mean(axis=0) / drawn.scale
            months = "  ".join(
                f"{first:%y-%m} {a:.4g} ({b:.4g})"
                for first, a, b in zip(story.firsts, own, base, strict=True)
            )
            rows.append(f"{drawn.title} {line.label} [{'' if drawn.index else drawn.unit}]\n    {months}")
    return "\n".join([story.plan.scenario.name, *rows])


def main() -> None:
    """Draw or print."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("scenarios", nargs="*", default=SCENARIOS)
    parser.add_argument("--replications", type=int, default=REPLICATIONS)
    parser.add_argument("--numbers", action="store_true", help="print the months, draw nothing")
    asked = parser.parse_args()
    IMAGES.mkdir(exist_ok=True)
    for name in asked.scenarios:
        story = tell(name, asked.replications)
        if asked.numbers:
            print(numbers(story))
        else:
            draw(story, IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
