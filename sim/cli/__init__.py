"""The `sim` command: arguments and exit codes, nothing else.

0 done · 1 unexpected fault · 2 wrong usage or invalid input, nothing run or written · 3 some replications
failed, the rest are saved · 4 a check missed its threshold · 130 interrupted, what was finished is saved.
"""

import errno
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType, TracebackType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sim import __version__
from sim.cli import streams
from sim.cli.describing import evidence, stress
from sim.cli.histories import backtest, calibrate
from sim.cli.options import (
    DRAWS,
    FAILED,
    INTERRUPTED,
    PER_DRAW,
    USAGE,
    Format,
    Printed,
    Quiet,
    Ref,
    Replications,
    RootSeed,
    Set,
    Timeout,
    Workers,
    overrides,
    own_options,
)
from sim.cli.reporting import report, serve
from sim.cli.sensitivities import sensitivity
from sim.cli.sweeps import merge, sweep
from sim.inputs.text import InputError, Problem


class _Group(TyperGroup):
    """Turns what ends a command early into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            _check_here()
            return super().invoke(ctx)
        except InputError as error:
            print(error, file=sys.stderr)
            raise typer.Exit(USAGE) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # the reader of our output has what it wanted
            streams.hush()
            raise typer.Exit(0) from None


def _check_here() -> None:
    """Refuse a folder that was deleted: no path from there leads anywhere."""
    try:
        os.getcwd()
    except FileNotFoundError:
        told = "the working folder is gone"
        raise InputError([Problem(".", 1, 1, "", told, "Go to one that exists")]) from None


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A disk, an allowance or a file is full."""

app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Scenario simulator of the Myanmar-China rare-earth chain: what a closed border, a tax or a price "
    "does to tonnes and prices, with its uncertainty and a source behind every number.",
)


def main() -> None:
    """Carry out the command line."""
    sys.excepthook = _report_fault
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is under nohup
        signal.signal(signal.SIGHUP, _terminate)
    streams.prepare()
    try:
        typer.main.get_command(app)(prog_name="sim")
    finally:
        streams.finish()


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM and a terminal that is closed end a command as Ctrl-C does."""
    raise KeyboardInterrupt


def _report_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """One line for the user, the traceback in a file. The interpreter then exits with 1; after Ctrl-C before
    the first command or after the last, with 130."""
    if issubclass(kind, KeyboardInterrupt):
        return
    told = " ".join(f"{kind.__name__}: {error}".split())
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        told += ". What was there before is as it was; make room, and give the same command again"
    try:
        descriptor, name = tempfile.mkstemp(prefix="sim-", suffix=".traceback.txt")
        with open(descriptor, "w", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(kind, error, trace))
        where = f"traceback: {name}"
    except OSError as reason:
        where = f"the traceback could not be written: {reason}"
    print(f"sim: unexpected fault: {told} ({where})", file=sys.stderr)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"sim {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before a command."""


@app.command()
def run(
    scenario: Ref,
    sets: Set = None,
    replications: Replications = None,
    root_seed: RootSeed = None,
    workers: Workers = None,
    out: Annotated[Path | None, typer.Option(help="The result folder itself. Default: results/NAME.")] = None,
    no_reference: Annotated[bool, typer.Option("--no-reference", help="Run the scenario alone.")] = False,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="One calibrated parameter set a replication.")
    ] = False,
    uncertainty: Annotated[
        bool,
        typer.Option(
            "--uncertainty",
            help=f"Draw the uncertain parameters too, {DRAWS} times, with {PER_DRAW} replications each.",
        ),
    ] = False,
    draws: Annotated[
        int | None, typer.Option(min=2, help="Draws of the parameters; implies --uncertainty.")
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            min=1e-6,
            max=1.0,
            metavar="SHARE",
            help="Go on until every watched metric's 95 % half-width is at most this share of its mean; "
            "--replications is then the most to make (default 500).",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC[:LABEL]", help="Watch this one for --precision, e.g. price_peak:Tb (repeatable)."
        ),
    ] = None,
    timeout: Timeout = None,
    format: Printed = Format.table,
    quiet: Quiet = False,
) -> None:
    """Run the replications of a scenario and of its reference, print the table, write the result folder."""
    from sim.cli.running import Wish, carry_out
    from sim.experiment import TIMEOUT_S, usable_cores
    from sim.precise import WATCHED
    from sim.results import PlaceError

    if metric and precision is None:
        raise typer.BadParameter("--metric says what --precision is of: give that, too")
    if uncertainty or draws:
        draws, replications = draws or DRAWS, replications or PER_DRAW
    changes = overrides(sets, replications, root_seed, draws) + (["run.ensemble=true"] if ensemble else [])
    wish = Wish(
        scenario,
        changes,
        workers or usable_cores(),
        out,
        not no_reference,
        format is Format.json,
        quiet,
        timeout or TIMEOUT_S,
        precision,
        tuple(metric or WATCHED),
    )
    try:
        with own_options(sets):
            whole = carry_out(wish)
    except PlaceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
    if not whole:
        raise typer.Exit(FAILED)


app.command()(backtest)
app.command()(calibrate)
app.command()(report)
app.command()(serve)
app.command()(sweep)
app.command()(merge)


@app.command()
def check(
    scenarios: Annotated[list[str], typer.Argument(help="Scenario or sweep files, or shipped names.")],
    sets: Set = None,
    format: Printed = Format.table,
) -> None:
    """Validate scenario and sweep files and print their timeline or design; run nothing."""
    from sim.cli.checking import carry_out

    carry_out(scenarios, sets or [], as_json=format is Format.json)


@app.command(name="list")
def list_(format: Printed = Format.table) -> None:
    """The shipped scenarios and sweeps, and their questions."""
    from sim.cli.showing import print_json, print_table
    from sim.inputs.text import load_yaml
    from sim.scenario import load, shipped_names
    from sim.sweeps.declared import shipped_sweeps, sweeps_dir

    questions = {name: load(name).scenario.question for name in shipped_names()}
    sweeps = {name: load_yaml(sweeps_dir() / f"{name}.yaml").data["question"] for name in shipped_sweeps()}
    if format is Format.json:
        print_json(questions | sweeps)
    else:
        print_table(("scenario", "question"), questions.items())
        print()
        print_table(("sweep", "question"), sweeps.items())


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the new scenario; the file is NAME.yaml, here.")],
    from_: Annotated[str, typer.Option("--from", help="The scenario it extends.")] = "baseline",
    format: Printed = Format.table,
) -> None:
    """Write a commented scenario file that extends another one, and the schema for editors beside it."""
    from sim.cli.showing import print_json
    from sim.scenario import new_text
    from sim.scenario import schema as schemas

    text = new_text(name, from_)
    path, beside = Path(f"{name}.yaml"), Path(schemas.FILE_NAME)
    _write_new({path: text} if os.path.lexists(beside) else {path: text, beside: schemas.text()})
    if format is Format.json:
        print_json({"scenario": str(path), "schema": str(beside)})
    else:
        print(path)


def _write_new(files: dict[Path, str]) -> None:
    """Make these files, all or none. Raises InputError."""
    made: list[Path] = []
    try:
        for path, text in files.items():
            with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for one in made:
            one.unlink()
        exists = "exists already, and is left as it is"
        told = exists if error.errno == errno.EEXIST else f"cannot be written here: {error.strerror}"
        raise InputError([Problem(str(path), 1, 1, "", told)]) from None


@app.command()
def diff(a: Ref, b: Ref, format: Printed = Format.table) -> None:
    """What differs between two scenarios, after everything they extend and set."""
    from sim import shipped
    from sim.cli.showing import in_words, print_json, print_table
    from sim.evidence import Registry
    from sim.limits import all_allowed
    from sim.scenario import diff as differences
    from sim.scenario import load

    registry = Registry.load(shipped.seeds_dir())
    parameters = all_allowed(registry.parameters)
    one, other = (load(ref, parameters=parameters).scenario for ref in (a, b))
    found = differences(one, other)
    if format is Format.json:
        print_json([{"path": path, "a": left, "b": right} for path, left, right in found])
    elif found:
        rows = [[path, *map(in_words, sides)] for path, *sides in found]
        print_table(("path", a, b), rows)
    else:
        print("no difference")


@app.command()
def compare(
    base_and_others: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT",
            help="Two to a thousand result folders, kpi.csv or summary.csv files; the base first.",
        ),
    ],
    base: Annotated[str, typer.Option(help="Which of them is the base. Default: the first.")] = "",
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric or monthly variable (repeatable).")
    ] = None,
    place: Annotated[list[str] | None, typer.Option(help="Only this place; all: the totals.")] = None,
    element: Annotated[list[str] | None, typer.Option(help="Only this element; all: the totals.")] = None,
    worse_than: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT", help="Only what is worse by more than this; of what is in %, by points."
        ),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="An input that is a decision: measure regret over the rest."),
    ] = None,
    monthly: Annotated[bool, typer.Option("--monthly", help="Show the difference month by month.")] = False,
    unpaired: Annotated[bool, typer.Option("--unpaired", help="Take the results as independent.")] = False,
    excel: Annotated[bool, typer.Option("--excel", help="Write compare.xlsx, too.")] = False,
    iamc: Annotated[bool, typer.Option("--iamc", help="Write iamc.csv for pyam, too.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write. Default: results/compare/BASE--OTHER.")
    ] = None,
    format: Printed = Format.table,
    quiet: Annotated[bool, typer.Option("--quiet", help="No notes beside the answer.")] = False,
) -> None:
    """Differences between results, paired replication by replication, with intervals."""
    from sim.cli.comparing import Wish, carry_out
    from sim.comparison import Selection
    from sim.results import PlaceError

    selection = Selection(tuple(metric or ()), tuple(place or ()), tuple(element or ()), worse_than)
    exports = {"months": monthly, "excel": excel, "iamc": iamc}
    as_json = format is Format.json
    try:
        carry_out(
            Wish(
                base_and_others,
                selection,
                base,
                unpaired,
                policy or [],
                out=out,
                as_json=as_json,
                quiet=quiet,
                **exports,
            )
        )
    except PlaceError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None


app.command()(sensitivity)


app.command()(evidence)
app.command()(stress)


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="Write both beside the shipped files.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Print the one of sweep files.")] = False,
) -> None:
    """The JSON schemas of scenario and sweep files, for editors to complete and check against."""
    from sim import shipped
    from sim.scenario import schema as scenarios
    from sim.sweeps import schema as sweeps
    from sim.sweeps.declared import sweeps_dir

    if write:
        for module, folder in ((scenarios, shipped.scenarios_dir()), (sweeps, sweeps_dir())):
            module.write(folder / module.FILE_NAME)
            print(folder / module.FILE_NAME)
    else:
        print(sweeps.text() if sweep else scenarios.text(), end="")
