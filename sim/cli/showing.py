"""What the commands print: tables that fit a terminal, or the same as JSON."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import isnan
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.inputs.text import printable
from sim.results.digits import figure, percent

if TYPE_CHECKING:
    from sim.results.headlines import Headline
    from sim.scenario import Scenario
    from sim.scenario.model import Run
    from sim.scenario.timeline import Moment
    from sim.sweeps.plan import Plan as SweepPlan

WIDTH = 100
TELL_EVERY_S = 60.0


def out_console() -> Console:
    """Standard output, at most 100 columns wide."""
    return _console(sys.stdout)


def error_console() -> Console:
    """Standard error: progress and warnings."""
    return _console(sys.stderr)


class _Console(Console):
    """One that leaves a closed pipe to the command, which ends quietly."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console(stream: Any) -> Console:
    console = _Console(file=stream, highlight=False, markup=False, soft_wrap=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def print_json(content: Any) -> None:
    """Machine-readable answer on standard output."""
    plain = not (sys.stdout.encoding or "utf").lower().startswith("utf")
    print(json.dumps(content, indent=2, ensure_ascii=plain, allow_nan=False, default=str))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: Iterable[str] = ()
) -> None:
    """A table on standard output; the columns named in `numbers` are set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    right = set(numbers)
    for column in columns:
        justify: Literal["right", "left"] = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column == columns[0])
    for row in rows:
        table.add_row(*row)
    console = out_console()
    with console.capture() as drawn:
        console.print(table)
    lines = drawn.get().splitlines()
    print("\n".join(line if console.is_terminal else line.rstrip() for line in lines))


def show_head(scenario: "Scenario", reference: str) -> None:
    """The question, and what was done to answer it."""
    console = out_console()
    console.print(Text(f"{scenario.name}: {scenario.question}", style="bold"))
    period, run = scenario.period, scenario.run
    console.print(
        f"{period.months} months from {period.start} · {runs_told(run)} · "
        f"root seed {run.root_seed} · reference: {reference}\n"
    )


def runs_told(run: "Run") -> str:
    """`30 replications`, `100 draws of the parameters with 3 replications each`."""
    if run.draws is None:
        return f"{run.replications} replications"
    return f"{run.draws} draws of the parameters with {run.replications} replications each"


def show_headlines(reference: str | None, lines: Sequence["Headline"]) -> None:
    """The table of a run."""
    numbers = ("scenario", "reference", "%")
    columns = ("", "unit", "scenario", "reference", "difference [95 % interval]", "%")
    rows: list[tuple[str | Text, ...]] = [
        (
            line.label,
            line.unit,
            figure(line.scenario),
            figure(line.reference),
            _difference(line),
            percent(line.pct) if line.detectable else "",
        )
        for line in lines
    ]
    shown = len(columns) if reference is not None else columns.index("reference")
    print_table(columns[:shown], [row[:shown] for row in rows], numbers)


def _difference(line: "Headline") -> Text:
    """`-9,900 [-10,100; -9,700]`, or that the runs cannot tell."""
    if line.note:
        return Text(line.note)
    if isnan(line.difference):
        return Text("")
    if line.difference == line.ci_low == line.ci_high == 0:
        return Text("no change", style="dim")
    if isnan(line.ci_low):
        return Text(f"{figure(line.difference, sign=True)} [one replication: no interval]")
    low, high = figure(line.ci_low, sign=True), figure(line.ci_high, sign=True)
    if line.detectable:
        return Text(f"{figure(line.difference, sign=True)} [{low}; {high}]")
    return Text(f"no detectable change [{low}; {high}]", style="dim")


def show_grades(grades: Mapping[str, int]) -> None:
    """How good the numbers are that the run stands on."""
    told = " · ".join(f"{grade} {count}" for grade, count in grades.items())
    out_console().print(f"\nevidence: {told} parameters (A stated … D assumed; see `sim evidence --grade D`)")


def show_timeline(scenario: "Scenario", moments: Sequence["Moment"]) -> None:
    """What will happen when, of a scenario that was only checked."""
    period = scenario.period
    console = out_console()
    console.print(Text(f"{scenario.name}: {scenario.question}", style="bold"))
    last = period.end - timedelta(days=1)
    console.print(f"{period.start} to {last}, {runs_told(scenario.run)}")
    if moments:
        columns = ("date", "event", "kind", "target", "what")
        print_table(columns, [(m.date_text, m.event, m.kind, m.target, m.what) for m in moments])
    else:
        console.print("no events")


def show_design(plan: "SweepPlan") -> None:
    """What a sweep varies, and how many runs that makes."""
    scenario, design = plan.base.scenario, plan.design
    out_console().print(Text(f"{scenario.name}: {scenario.question}", style="bold"))
    period = f"{scenario.period.months} months from {scenario.period.start}"
    if {"period.months", "period.start"} & set(design.paths):
        period = "periods that vary"
    print(
        f"{design.kind}: {len(design.rows)} points x {plan.replications} replications = {plan.runs} runs of "
        f"{period}, root seed {scenario.run.root_seed}"
    )
    for path in design.levers:
        values = list(dict.fromkeys(row[design.levers.index(path)] for row in design.rows))
        told = ", ".join(values) if len(values) <= 8 else f"{', '.join(values[:3])} … {values[-1]}"
        print(f"  lever {path}: {len(values)} values, {told}")
    for one in plan.declared.uncertainties:
        print(f"  uncertainty {one.path}: {one.quantity.text}")
    print()


def from_here(path: Path) -> str:
    """The path from here, if it is below: for a program."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def shown_path(path: Path) -> str:
    """The same for a person: what could order the terminal about stands as an escape."""
    return printable(from_here(path))


class Progress:
    """Tells how far a command is, on standard error: a bar on a terminal, elsewhere a line for every tenth,
    and one a minute.

    Drawn only when told: a bar that refreshes itself needs a thread, and worker processes must be forked
    without any.
    """

    def __init__(self, *, quiet: bool, noun: str = "replications") -> None:
        self._noun = noun
        self._console = None if quiet else error_console()
        self._bar: Any = None
        self._tenth = 0
        self._started = self._told = 0.0
        self._before: int | None = None

    def __enter__(self) -> "Progress":
        """The work begins: what came before is not counted as its time."""
        self._started = self._told = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, to_do: int, failed: int = 0) -> None:
        """`done` of `to_do` are over, `failed` of them badly. The first call is for the first one made."""
        if self._console is None:
            return
        if self._before is None:
            self._before = done - 1
        if self._console.is_terminal:
            self._draw(done, to_do, failed)
        elif 10 * done // to_do > self._tenth or perf_counter() - self._told > TELL_EVERY_S:
            self._tenth = 10 * done // to_do
            self._told = perf_counter()
            per_one = (self._told - self._started) / (done - self._before)
            told = f"{done} of {to_do} {self._noun}, about {per_one * (to_do - done):.0f} s left"
            bad = f", {failed} failed" if failed else ""
            self._console.print(f"{told} ({1 / per_one:.3g} a second{bad})")

    def _draw(self, done: int, to_do: int, failed: int) -> None:
        from rich import progress

        if self._bar is None:
            columns = (
                progress.TextColumn("{task.completed:.0f} of {task.total:.0f} {task.fields[noun]}"),
                progress.BarColumn(),
                progress.TimeElapsedColumn(),
                progress.TextColumn("left:"),
                progress.TimeRemainingColumn(),
                progress.TextColumn("{task.fields[rate]}{task.fields[failed]}"),
            )
            self._bar = progress.Progress(*columns, console=self._console, auto_refresh=False, transient=True)
            self._bar.start()
            fields = {"noun": self._noun, "rate": "", "failed": ""}
            self._bar.add_task("", total=to_do, completed=self._before, **fields)
        rate = f"{(done - (self._before or 0)) / (perf_counter() - self._started):.3g}/s"
        bad = f", {failed} failed" if failed else ""
        self._bar.update(0, completed=done, refresh=True, rate=rate, failed=bad)


def in_words(value: object) -> str:
    """A value of a scenario as a cell of a table: nothing where there is none, a list with commas."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
