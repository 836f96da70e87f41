"""What the commands print: tables that fit a terminal, or the same as JSON."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import isnan
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.results.digits import figure

if TYPE_CHECKING:
    from sim.results.headlines import Headline
    from sim.scenario import Scenario
    from sim.scenario.timeline import Moment

WIDTH = 100


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
        f"{period.months} months from {period.start} · {run.replications} replications · "
        f"root seed {run.root_seed} · reference: {reference}\n"
    )


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
            "" if isnan(line.pct) or not line.detectable else f"{line.pct:+.1f}",
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
    console.print(f"{period.start} to {last}, {scenario.run.replications} replications")
    if moments:
        columns = ("date", "event", "kind", "target", "what")
        print_table(columns, [(m.date_text, m.event, m.kind, m.target, m.what) for m in moments])
    else:
        console.print("no events")


class Progress:
    """Tells how far a run is, on standard error: a bar on a terminal, a line for every tenth elsewhere.

    Drawn only when told: a bar that refreshes itself needs a thread, and worker processes must be forked
    without any.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._console = None if quiet else error_console()
        self._bar: Any = None
        self._tenth = 0
        self._started = perf_counter()
        self._before: int | None = None

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, to_do: int) -> None:
        """`done` of `to_do` replications are finished. The first call is for the first one of this run."""
        if self._console is None:
            return
        if self._before is None:
            self._before = done - 1
        if self._console.is_terminal:
            self._draw(done, to_do)
        elif 10 * done // to_do > self._tenth:
            self._tenth = 10 * done // to_do
            per_one = (perf_counter() - self._started) / (done - self._before)
            self._console.print(
                f"{done} of {to_do} replications, about {per_one * (to_do - done):.0f} s left"
            )

    def _draw(self, done: int, to_do: int) -> None:
        from rich import progress

        if self._bar is None:
            columns = (
                progress.TextColumn("{task.completed:.0f} of {task.total:.0f} replications"),
                progress.BarColumn(),
                progress.TimeElapsedColumn(),
                progress.TextColumn("left:"),
                progress.TimeRemainingColumn(),
            )
            self._bar = progress.Progress(*columns, console=self._console, auto_refresh=False, transient=True)
            self._bar.start()
            self._bar.add_task("", total=to_do, completed=self._before)
        self._bar.update(0, completed=done, refresh=True)
