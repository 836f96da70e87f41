"""`sim sensitivity` from reading to printing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import pandas as pd

from sim import shipped
from sim.cli.showing import error_console, out_console, print_json, print_table
from sim.comparison import Selection
from sim.inputs.text import InputError, Problem, printable, suggest
from sim.results.digits import figure
from sim.sensitivity import deciding
from sim.sensitivity.answers import Answers, Wish, analyse
from sim.sensitivity.asking import BREACH, DECISION, check, noted
from sim.sensitivity.breaches import check_seen, read_breach
from sim.sensitivity.convergence import Agreement, needed
from sim.sensitivity.deciding import Decision, read_decision
from sim.sensitivity.placing import Place, place
from sim.sensitivity.reading import Studied, read

TOP = 6
_ROW = ("metric", "place", "element", "actor", "heading")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "morris.csv": ("path", "grade", "mu_star", "ci_low", "ci_high", "sigma", "n", "note"),
    "sobol.csv": ("path", "grade", "s1", "s1_low", "s1_high", "st", "st_low", "st_high", "note"),
    "pawn.csv": ("path", "grade", "median", "largest", "dummy", "stands_out", "note"),
    "tornado.csv": ("path", "grade", "at_p10", "at_p90", "swing", "ci_low", "ci_high", "stands_out", "note"),
}
_TITLES = {
    "morris.csv": "Morris: change per full range of one input",
    "sobol.csv": "Sobol: share of the variance, alone (s1) and with others (st)",
    "pawn.csv": "PAWN: how far the whole law moves, 0 to 1",
    "tornado.csv": "tornado: mean with the input at its 10th and 90th percentile",
}


@dataclass(frozen=True)
class Question:
    """What the user asked for. out: where the tables go; None: into the result."""

    result: Path
    methods: Sequence[str]
    selection: Selection
    breaches: Sequence[str]
    decision: str | None
    out: Path | None
    as_json: bool


def carry_out(question: Question) -> None:
    """Read, analyse, write and print. Raises InputError before anything is written."""
    studied = read(question.result)
    where, wish = _understood(question, studied)
    found = analyse(studied, wish)
    where.write(found.tables)
    if question.as_json:
        print_json(_plain(studied, found, where.folder))
    else:
        _show(studied, found, wish.decision.decision if wish.decision else None)
        out_console().print(f"\nresults: {printable(str(where.folder))}", soft_wrap=True)
    for note in found.notes:
        error_console().print(f"note: {note}")


def _understood(question: Question, studied: Studied) -> tuple[Place, Wish]:
    """Where the answer goes, and what is asked. Raises InputError with all that is wrong with it."""
    decision, breaches = None, []
    problems: list[Problem] = []
    with noted(problems):
        where = place(question.result, question.out)
    if question.decision is not None:
        with noted(problems):
            decision = read_decision(_decision_file(question.decision))
            deciding.check(decision, studied)
    for text in dict.fromkeys(question.breaches):
        with noted(problems):
            breaches.append(read_breach(text, studied.rows))
            check_seen(breaches[-1], studied)
    given = {DECISION: [question.decision] if question.decision else [], BREACH: question.breaches}
    with noted(problems):
        check(studied, question.methods, question.selection, given)
    if problems:
        raise InputError(problems)
    return where, Wish(question.methods, question.selection, breaches, decision)


def _decision_file(ref: str) -> Path:
    """The file, or that of a shipped decision. Raises InputError."""
    path, shipped_folder = Path(ref), shipped.scenarios_dir() / "decisions"
    if path.suffix or path.name != ref:
        return path
    path = shipped_folder / f"{ref}.yaml"
    if not path.is_file():
        known = sorted(one.stem for one in shipped_folder.glob("*.yaml"))
        hint = suggest(ref, known) or f"There are {', '.join(known)}"
        raise InputError([Problem("--decision", 1, 1, ref, "no shipped decision is named so", hint)])
    return path


def _show(studied: Studied, found: Answers, decision: Decision | None) -> None:
    replications = studied.finished.shape[1]
    out_console().print(
        f"{studied.name}: {studied.points:,} points of {len(studied.inputs)} inputs ({studied.kind}), "
        f"{replications} replications each"
    )
    for name, columns in _COLUMNS.items():
        if name in found.tables:
            _show_rows(_TITLES[name], found.tables[name], ("policy", *_ROW), columns)
    if decision is not None and "decision.csv" in found.tables:
        _show_decision(decision, found.tables)
    if len(found.tables.get("breach.csv", ())):
        print("\nhow often:")
        _print_frame(found.tables["breach.csv"])
    if len(found.tables.get("discovery.csv", ())):
        print("\nunder which conditions:")
        _show_boxes(found.tables["discovery.csv"])
    if "policies.csv" in found.tables:
        columns = (
            "policy",
            "mean",
            "expected_regret",
            "largest_regret",
            "best_in",
            "minimax",
            "least_expected",
        )
        states = int(found.tables["policies.csv"]["states"].max())
        _show_rows(f"regret over {states} states", found.tables["policies.csv"], _ROW, columns)
    _show_convergence(found.tables["convergence.csv"])


def _show_rows(title: str, frame: pd.DataFrame, names: Sequence[str], columns: Sequence[str]) -> None:
    """The first lines of every row of the result."""
    print(f"\n{title}")
    for _, group in frame.groupby(list(names), sort=False):
        first = group.iloc[0]
        words = [first[name] for name in names if first[name]]
        print(f"\n  {' '.join(words)}, {first['unit']}")
        _print_frame(group.head(TOP)[list(columns)])


def _show_boxes(frame: pd.DataFrame) -> None:
    """Each box in words."""
    for _, box in frame.groupby(["policy", "breach"], sort=False):
        first = box.iloc[0]
        about = ", ".join(filter(None, (first["policy"], first["breach"])))
        print(f"  {about}: {first['breached']} of {first['points']} points")
        if "path" not in box or not isinstance(first["path"], str):
            print(f"    {first['note']}")
            continue
        where = " and ".join(map(_limit, box.to_dict("records")))
        print(f"    {first['coverage']:.0%} of them lie where {where};")
        print(f"    {first['density']:.0%} of the points there are breached")


def _limit(line: Mapping[Any, Any]) -> str:
    """`0.5 <= market.cover_exponent`."""
    low = "" if isnan(line["low"]) else f"{figure(line['low'])} <= "
    high = "" if isnan(line["high"]) else f" <= {figure(line['high'])}"
    return f"{low}{line['path']}{high}"


def _show_decision(decision: Decision, tables: Mapping[str, pd.DataFrame]) -> None:
    print(f"\n{decision.question}")
    options = tables["decision.csv"]
    first = options.iloc[0]
    names = ["option", "expected_loss", "expected_regret", "largest_regret", "best_in", "is_best", "minimax"]
    _print_frame(options[["policy", *names] if first["policy"] else names])
    print(f"\nwhat to find out next: worth in {decision.unit}, before the decision")
    worth = tables["information.csv"]
    columns = ["path", "grade", "evppi", "noise", "stands_out", "settled_by"]
    shown = worth[worth["rank"] <= TOP]
    _print_frame(shown[["policy", *columns] if first["policy"] else columns])
    print(f"  all there is to know, chance included: {figure(first['all_known'])}")


def _show_convergence(frame: pd.DataFrame) -> None:
    """How many runs each method needs, where that can be seen."""
    if not len(frame):
        print("\ntoo few runs to see whether ranks are stable")
        return
    print("\nruns for stable ranks (agreement of separate parts at least 0.9):")
    for method, group in frame.groupby("method", sort=False):
        mean = group.groupby("runs", as_index=False).agg({"agreement": "mean", "parts": "first"})
        found = [Agreement(int(r), int(p), float(a)) for r, a, p in mean.itertuples(index=False)]
        enough = needed(found)
        best = max(found, key=lambda one: one.size)
        told = f"about {enough:,}" if enough else f"more than {best.size:,}"
        print(f"  {method}: {told} (agreement {best.agreement:.2f} with {best.size:,})")


def _print_frame(frame: pd.DataFrame) -> None:
    """Without columns that are empty throughout."""
    full = [name for name in frame.columns if not frame[name].map(_is_empty).all()]
    numbers = [name for name in full if pd.api.types.is_numeric_dtype(frame[name])]
    rows = [[_cell(value) for value in row] for row in frame[full].itertuples(index=False)]
    print_table([f"{name}" for name in full], rows, numbers)


def _is_empty(value: Any) -> bool:
    return bool(pd.isna(value)) or value == ""


def _cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return "" if _is_empty(value) else str(value)
    return f"{value:,}" if isinstance(value, int) else figure(value)


def _plain(studied: Studied, found: Answers, folder: Path) -> dict[str, Any]:
    """For JSON: every table as records, None where undefined."""
    tables = {
        Path(name).stem: [
            {key: None if _is_empty(value) and value != "" else value for key, value in line.items()}
            for line in frame.astype(object).to_dict("records")
        ]
        for name, frame in found.tables.items()
    }
    about = {"result": studied.name, "design": studied.kind, "points": studied.points}
    return {**about, "methods": found.used, "notes": found.notes, "results": str(folder), **tables}
