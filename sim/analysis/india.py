"""Why the route to India is a rounding error, which constraint binds first, what would have to be true.

Constraints are lifted one after another, each time the one whose lifting brings India most terbium: that is
the order in which they bind. Then each is brought back alone, with all others lifted, to find the value from
which India separates a share of what China does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis.grids import cube, levels
from sim.analysis.halving import Asked, last_held
from sim.analysis.pictures import COLOURS, GREY, Picture, band, bars
from sim.analysis.runs import Bench, Case
from sim.analysis.words import MILLION, PERCENT, THOUSAND, Values, listed, percent, spread, table
from sim.ledger import Key, Outcome
from sim.results.variables import panel
from sim.sweeps.reading import Swept

SWEEP = "india_capacity"
CAPACITY, PREMIUM, BUILD = "events.road.capacity", "events.offer.premium", "events.plant.build"
LAST_D = 730
"""What India separates is held against China over the last two years of the period."""

ROUNDING_ERROR, MATTERS = 0.01, 0.1
"""Shares of China's terbium below which India is a rounding error, and from which it matters."""

TARIFF_ROAD = "160 t/d"
"""The road on which the tariff is tried: one that a plant can live of."""

NO_PLANT = "events.plant.capacity=0 t_REO/yr"


@dataclass(frozen=True)
class Constraint:
    """One thing that may hold India back: its setting today, lifted, and values from bad to good between."""

    name: str
    unit: str
    path: str
    today: float | None
    values: tuple[float, ...]

    def at(self, value: float | None) -> str:
        """The setting as `PATH=VALUE`; None: no plant at all."""
        if value is None:
            return NO_PLANT
        return f"{self.path}={value:.6g}{'' if self.unit == '1' else f' {self.unit}'}"

    @property
    def lifted(self) -> float:
        """The best value."""
        return self.values[-1]

    def told(self, value: float | None) -> str:
        """A setting in words."""
        if value is None:
            return "no plant"
        return percent(value) if self.unit == "1" else f"{value:,.4g} {self.unit}"


def constraints(bench: Bench) -> list[Constraint]:
    """Road, season, price, security and plant; their settings today are those of the evidence."""
    names = ("road_capacity_t_per_d", "monsoon_share", "premium", "loss_probability")
    road, season, premium, loss = (bench.registry.parameters[f"india.{name}"].value for name in names)
    return [
        Constraint("road in the dry season", "t/d", CAPACITY, road, tuple(np.geomspace(2, 640, 33).tolist())),
        Constraint("road left in the monsoon", "1", "events.road.monsoon", season, _shares(0, 1)),
        Constraint("premium over China", "1", PREMIUM, premium, _shares(-0.3, 0.6)),
        Constraint("loads lost on the way", "1", "india.loss_probability", loss, _shares(0.9, 0)),
        Constraint("plant ready after", "month", BUILD, None, tuple(range(84, 18, -2))),
    ]


def _shares(first: float, last: float) -> tuple[float, ...]:
    return tuple(np.linspace(first, last, 33).round(4).tolist())


@dataclass(frozen=True)
class Flow:
    """What one setting gives, by run: t delivered, kg of terbium separated, and India's shares.

    delivered_share: of what China gets from Myanmar; separated_share: of China's terbium, last two years.
    """

    delivered_t: Values
    tb_kg: Values
    delivered_share: Values
    separated_share: Values


def _flow(outcome: Outcome) -> tuple[float, float, float, float]:
    series = panel(outcome)
    delivered, made = series[Key("india_delivered_t")], series[Key("india_separated_kg", element="Tb")]
    imports, chinese = series[Key("imports_t", place="myanmar")], series[Key("separated_kg", element="Tb")]
    shares = delivered.sum() / imports.sum(), made[-LAST_D:].sum() / chinese[-LAST_D:].sum()
    return float(delivered.sum()), float(made.sum()), float(shares[0]), float(shares[1])


def flows(bench: Bench, settings: Sequence[Sequence[str]], replications: int) -> list[Flow]:
    """Of the sweep's scenario under each list of `PATH=VALUE`."""
    scenarios = [bench.of_sweep(SWEEP, *changes) for changes in settings]
    cases: list[Case] = [(one, number) for one in scenarios for number in range(replications)]
    seen = np.array(bench.each(cases, _flow)).reshape(len(settings), replications, -1)
    return [Flow(*run.T) for run in seen]


def road_range(bench: Bench) -> str:
    """What the evidence says of the road of today."""
    road = bench.registry.parameters["india.road_capacity_t_per_d"]
    return f"{road.low:g} to {road.high:g} t/d, {road.value:g} at best (grade {road.grade})"


def road_table(bench: Bench, replications: int) -> str:
    """The route of today over the range of its road, without a plant."""
    road = bench.registry.parameters["india.road_capacity_t_per_d"]
    today = {one.name: one.at(one.today) for one in constraints(bench)}
    first = next(iter(today))
    capacities = (road.low, road.value, road.high)
    settings = [list((today | {first: f"{CAPACITY}={value:g} t/d"}).values()) for value in capacities]
    rows = [
        (f"{value:g}", spread(flow.delivered_t), _percent(flow.delivered_share), spread(flow.tb_kg))
        for value, flow in zip(capacities, flows(bench, settings, replications), strict=True)
    ]
    columns = ("road, t/d", "delivered, t", "of what China gets, %", "Tb separated, kg")
    return table(columns, rows, left=0)


@dataclass(frozen=True)
class Step:
    """A constraint lifted, and what then flows."""

    lifted: str
    flow: Flow


def ladder(bench: Bench, replications: int) -> list[Step]:
    """Today, then one constraint lifted after another: that which brings most terbium, then most ore."""
    open_ = constraints(bench)
    now = {one.name: one.at(one.today) for one in open_}
    steps = [Step("today", flows(bench, [list(now.values())], replications)[0])]
    while open_:
        tried = [list((now | {one.name: one.at(one.lifted)}).values()) for one in open_]
        gained = flows(bench, tried, replications)
        worth = [(float(flow.tb_kg.mean()), float(flow.delivered_t.mean())) for flow in gained]
        best = worth.index(max(worth))
        one = open_.pop(best)
        now[one.name] = one.at(one.lifted)
        steps.append(Step(f"{one.name}: {one.told(one.today)} → {one.told(one.lifted)}", gained[best]))
    return steps


@dataclass(frozen=True)
class Needed:
    """The worst value of a constraint, others lifted, at which India reaches a share of China's terbium.

    None where even the best does not, or the worst tried does.
    """

    constraint: Constraint
    share: float
    value: float | None
    always: bool


def needed(bench: Bench, shares: Sequence[float] = (ROUNDING_ERROR, MATTERS)) -> list[Needed]:
    """For every constraint and share, by halving in one replication."""
    all_ = constraints(bench)
    questions = [(one, share) for one in all_ for share in shares]
    lifted = {one.name: one.at(one.lifted) for one in all_}
    known: dict[tuple[str, ...], float] = {}

    def setting(number: int, step: int) -> tuple[str, ...]:
        one = questions[number][0]
        return tuple((lifted | {one.name: one.at(one.values[step])}).values())

    def fails(pairs: Asked) -> list[bool]:
        missing = list(dict.fromkeys(s for s in (setting(*pair) for pair in pairs) if s not in known))
        for one, flow in zip(missing, flows(bench, missing, 1), strict=True):
            known[one] = float(flow.separated_share[0])
        return [known[setting(number, step)] < questions[number][1] for number, step in pairs]

    steps = len(all_[0].values)
    return [
        Needed(one, share, one.values[last + 1] if last + 1 < steps else None, last < 0)
        for (one, share), last in zip(
            questions, last_held(fails, len(questions), steps).tolist(), strict=True
        )
    ]


def ladder_table(steps: Sequence[Step]) -> str:
    """The constraints in the order in which they bind."""
    rows = [
        (
            f"{number}",
            step.lifted,
            spread(step.flow.delivered_t),
            _percent(step.flow.delivered_share),
            spread(step.flow.tb_kg),
            _percent(step.flow.separated_share),
        )
        for number, step in enumerate(steps)
    ]
    columns = (
        "",
        "lifted",
        "delivered to India, t",
        "of what China gets, %",
        "Tb separated in India, kg",
        "of China's in the last two years, %",
    )
    return table(columns, rows, left=2)


def _percent(share: Values) -> str:
    return spread(share, 1 / PERCENT)


def needed_table(found: Sequence[Needed], bench: Bench) -> str:
    """From which value on, with all others lifted, India reaches each share."""
    by_name: dict[str, list[str]] = {}
    for one in constraints(bench):
        by_name[one.name] = [one.told(one.today)]
    for need in found:
        by_name[need.constraint.name].append(_need(need))
    shares = list(dict.fromkeys(need.share for need in found))
    columns = ("constraint", "today", *(f"for {percent(share)} of China's Tb" for share in shares))
    return table(columns, [(name, *cells) for name, cells in by_name.items()], left=1)


def _need(need: Needed) -> str:
    if need.value is None:
        return "never"
    if need.always:
        return f"even at {need.constraint.told(need.value)}"
    return need.constraint.told(need.value)


def ladder_words(steps: Sequence[Step]) -> str:
    """What today gives, and the order of binding."""
    today = steps[0].flow
    first = next((number for number, step in enumerate(steps) if step.flow.tb_kg.mean() > 0), None)
    names = [step.lifted.partition(":")[0] for step in steps[1:]]
    text = (
        f"Over the road of today, without heavy separation, {spread(today.delivered_t)} t reach India, "
        f"{_percent(today.delivered_share)} % of what China gets from Myanmar, and {spread(today.tb_kg)} kg "
        f"of terbium are separated. The constraints bind in this order: {listed(names)}."
    )
    if first:
        share = _percent(steps[first].flow.separated_share)
        text += f" With {listed(names[:first])} alone lifted India makes {share} % of China's terbium"
        text += f"; with all, {_percent(steps[-1].flow.separated_share)} %."
    return text


@dataclass(frozen=True)
class Grid:
    """The sweep: what India separates and gets, shape (capacities, premiums, builds, runs)."""

    capacities: Values
    premiums: Values
    builds: Values
    tb_kg: Values
    delivered_t: Values


def grid(swept: Swept) -> Grid:
    """From the sweep india_capacity."""
    capacities, premiums, builds = (levels(swept, path) for path in (CAPACITY, PREMIUM, BUILD))
    tb_kg = cube(swept, "india_separated_kg", element="Tb")
    return Grid(capacities, premiums, builds, tb_kg, cube(swept, "india_delivered_t"))


def grid_table(found: Grid) -> str:
    """Terbium by capacity and premium, a column a build time; delivered ore beside."""
    rows = [
        (
            f"{capacity:g}",
            percent(premium),
            spread(found.delivered_t[c, p, 0]),
            *(spread(found.tb_kg[c, p, b]) for b in range(found.builds.size)),
        )
        for c, capacity in enumerate(found.capacities)
        for p, premium in enumerate(found.premiums)
    ]
    builds = (f"Tb, kg: plant after {months:g} months" for months in found.builds)
    return table(("road, t/d", "premium", "delivered, t", *builds), rows, left=0)


def tariff_table(bench: Bench, replications: int) -> str:
    """The American tariff, with and without oxide made in India; and what it costs whom."""
    rows = []
    for plant in (NO_PLANT, f"{BUILD}=36 month"):
        settings = [(share, tariff) for share in (0.3, 1.0) for tariff in (0.4, 0.2, 0.0)]
        scenarios = [
            bench.of_sweep(
                SWEEP, plant, f"{CAPACITY}={TARIFF_ROAD}", f"india.us_share={s}", f"india.us_tariff={t}"
            )
            for s, t in settings
        ]
        cases: list[Case] = [(one, number) for one in scenarios for number in range(replications)]
        seen = np.array(bench.each(cases, _tariffed)).reshape(len(settings), replications, -1)
        name = "no plant" if plant == NO_PLANT else "plant after 36 months"
        for (share, tariff), run in zip(settings, seen, strict=True):
            cells = (spread(run[:, 0]), spread(run[:, 1]), *(spread(run[:, at], MILLION) for at in (2, 3)))
            rows.append((name, percent(share), percent(tariff), *cells))
    columns = (
        "plant",
        "sold to the US",
        "tariff",
        "delivered, t",
        "Tb, kg",
        "tariff paid, M CNY",
        "India's margin, M CNY",
    )
    return table(columns, rows, left=1)


def _tariffed(outcome: Outcome) -> tuple[float, ...]:
    series = panel(outcome)
    keys = (
        Key("india_delivered_t"),
        Key("india_separated_kg", element="Tb"),
        Key("tax_cny", actor="us"),
        Key("india_margin_cny"),
    )
    return tuple(float(series[key].sum()) for key in keys)


def picture(found: Grid, steps: Sequence[Step]) -> bytes:
    """Left the ladder, right the sweep."""
    drawn = Picture("India's terbium against China's, and what the road must bear", 2)
    with drawn.panel(
        0, "Constraints lifted one after another", "% of China's terbium, last two years", ""
    ) as axis:
        names = [step.lifted.partition(":")[0] for step in steps]
        bars(axis, names, [PERCENT * step.flow.separated_share for step in steps], COLOURS[0])
        axis.axvline(PERCENT * ROUNDING_ERROR, color=GREY, lw=0.9, ls="--")
    middle = found.premiums.size // 2
    title = f"By what the road bears, at a premium of {percent(found.premiums[middle])}"
    with drawn.panel(1, title, "t a day in the dry season", "t Tb in the period") as axis:
        for b, months in enumerate(found.builds):
            runs = found.tb_kg[:, middle, b].T / THOUSAND
            band(axis, found.capacities, runs, COLOURS[b], f"plant after {months:g} months")
        axis.set_xscale("log")
        axis.legend(fontsize=7, frameon=False)
    return drawn.png()
