"""What `sim compare` prints: inputs that differ, then the differences, ranked, by result or by month."""

from collections.abc import Iterator, Sequence
from math import isnan, nan
from typing import Any

import pandas as pd
from rich.text import Text

from sim.cli.showing import out_console, print_table
from sim.comparison import Comparison, Selection
from sim.comparison.choice import NAMES
from sim.inputs.text import printable
from sim.results.digits import figure, percent

LINES = 25
INPUT_LINES = 12
MILLION = 1e6
_IN_MILLIONS = {"CNY": "M CNY", "USD": "M USD", "car": "M cars", "m3": "M m3"}
"""Units whose numbers are long, and what they are shown in."""
_INTERVAL = "difference [95 % interval]"
FIRST = (
    ("imports_t", "myanmar", ""),
    ("price_peak", "china", "Tb"),
    ("price_peak", "china", "Dy"),
    ("imports_t", "", ""),
)
"""What is shown of many results, and of a path by month, where nothing is selected."""
PATHS = (
    ("imports_t", "myanmar", ""),
    ("price_cny_per_kg", "china", "Tb"),
    ("price_cny_per_kg", "china", "Dy"),
)


def only_months(found: Comparison, selection: Selection) -> bool:
    """Whether what is selected are variables by month alone."""
    return found.rows.empty and selection.worse_than is None


def show(found: Comparison, selection: Selection, *, months: bool) -> None:
    """The answer for a person: the differing inputs above the differing outputs."""
    _show_head(found)
    _show_inputs(found)
    if found.is_same:
        where = "every replication" if found.is_paired else "number, mean and spread"
        print(f"no difference: all {len(found.rows)} rows are equal in {where}\n")
        return
    by_month = only_months(found, selection)
    if not by_month:
        show_rows = _show_ranked if len(found.others) == 1 else _show_many
        show_rows(found, selection)
    if found.regret is not None:
        _show_regret(found.regret, selection)
    if (months or by_month) and found.monthly is not None:
        _show_months(found.monthly, selection)


def _show_head(found: Comparison) -> None:
    others = found.others[0].label if len(found.others) == 1 else f"{len(found.others)} results"
    out_console().print(Text(printable(f"{others} against the base, {found.base.label}"), style="bold"))
    record = found.base.record
    told = [f"{record.months} months from {record.start}"] if record else []
    drawn = any(side.record is not None and side.record.draws for side in (found.base, *found.others))
    of = "draws of the parameters" if drawn else "replications"
    told.append(
        f"{found.pairs} pairs of {of} with the same random numbers" if found.is_paired else "unpaired"
    )
    out_console().print(" · ".join(told))
    for note in found.notes:
        out_console().print(f"note: {printable(note)}")
    print()


def _show_inputs(found: Comparison) -> None:
    """What differs before the run. An event that only one side has is one line."""
    inputs = found.inputs[found.inputs["kind"] != "software"]
    if inputs.empty:
        known = any(side.inputs is not None for side in found.others) and found.base.inputs is not None
        print("inputs that differ: none\n" if known else "inputs that differ: not known\n")
        return
    lines: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for path, other, one, two in inputs[["input", "other", "base_value", "other_value"]].itertuples(
        index=False
    ):
        whole = path.startswith("events.") and not (one and two)
        name = ".".join(path.split(".")[:2]) if whole else path
        values = lines.setdefault((name, other, "" if whole else path), {"base": [], "other": []})
        values["base"] += [one] if one else []
        values["other"] += [two] if two else []
    rows = [
        (
            name,
            *([] if len(found.others) == 1 else [other]),
            *(_short(", ".join(told)) for told in values.values()),
        )
        for (name, other, _), values in lines.items()
    ]
    many = len(found.others) > 1
    columns = (
        "input that differs",
        *(["in"] if many else []),
        printable(found.base.label),
        "there" if many else printable(found.others[0].label),
    )
    print_table(columns, rows[:INPUT_LINES])
    _say_rest(len(rows), INPUT_LINES, "inputs.csv")
    print()


def _show_ranked(found: Comparison, selection: Selection) -> None:
    """The rows that differ, those first that differ most for certain; then how many do not."""
    rows = found.rows
    if not selection:  # the whole; its parts are in the file
        rows = rows[rows["place"].isin(["", "myanmar", "china"]) & (rows["heading"] == "")]
    different = rows[rows["significant"] == "yes"].sort_values("rank")
    columns = ("", "unit", "base", "other", _INTERVAL, "%", "worse")
    print_table(
        columns, [_line(row) for row in _records(different.head(LINES))], (*columns[2:4], *columns[5:])
    )
    _say_rest(len(different), LINES, "compare.csv")
    _say_undetected(rows)
    _say_gain(rows)
    print()


def _line(row: dict[str, Any]) -> tuple[str | Text, ...]:
    unit, one = _IN_MILLIONS.get(row["unit"], row["unit"]), MILLION if row["unit"] in _IN_MILLIONS else 1.0
    pct = row["diff_pct"] if row["significant"] == "yes" else nan
    worse = row["share_worse"]
    return (
        _about(row),
        unit,
        figure(row["base_mean"] / one),
        figure(row["other_mean"] / one),
        "no difference" if row["same"] else _interval(row, one),
        percent(pct),
        "" if isnan(worse) else f"{worse:.0%}",
    )


def _interval(row: dict[str, Any], one: float) -> str:
    """`+1,230 [+1,100; +1,350]`; of times the median."""
    low, high = (figure(row[name] / one, sign=True) or "?" for name in ("diff_ci_low", "diff_ci_high"))
    if isnan(row["base_open"]):
        return f"{figure(row['diff_mean'] / one, sign=True)} [{low}; {high}]"
    opened = int(row["base_open"] + row["other_open"])
    median = figure(row["diff_median"] / one, sign=True) or "?"
    return f"median {median} [{low}; {high}]" + (f", {opened} open at the end" if opened else "")


def _say_undetected(rows: pd.DataFrame) -> None:
    tried = rows[rows["significant"] != ""]
    same = int(rows["same"].sum())
    quiet = int((tried["significant"] == "no").sum()) - int(tried["same"].sum())
    undefined = int((rows["significant"] == "").sum()) - int(rows[rows["significant"] == ""]["same"].sum())
    told = f"{same} rows equal, {quiet} with no detectable difference, {undefined} without an interval"
    chance = 0.05 * (len(tried) - same)
    if chance >= 1:
        told += (
            f". Each interval is 95 % on its own: of {len(tried) - same} rows without any difference "
            f"about {chance:.0f} would seem to have one"
        )
    out_console().print(told)


def _say_gain(rows: pd.DataFrame) -> None:
    """What the common random numbers achieved."""
    correlated = rows[["correlation", "variance_ratio"]].dropna()
    if len(correlated):
        out_console().print(
            f"common random numbers: median correlation {correlated['correlation'].median():.2f}, so that "
            f"independent runs would need {figure(correlated['variance_ratio'].median())} times the "
            "replications (median over rows)"
        )


def _show_many(found: Comparison, selection: Selection) -> None:
    """One table a metric: every result against the base and against the best."""
    for key, rows in _chosen(found.rows, selection, FIRST):
        best = found.best
        ranked = best[(best[list(NAMES)] == list(key)).all(axis=1)].set_index("result")
        told = {row["other"]: row for row in _records(rows)}
        means = {found.base.label: next(iter(told.values()))["base_mean"]}
        means |= {label: row["other_mean"] for label, row in told.items()}
        order = list(ranked.index) if len(ranked) else sorted(means, key=lambda label: -means[label])
        lines = [_rank_line(label, means.get(label), told.get(label), ranked) for label in order]
        about = dict(zip(NAMES, key, strict=True))
        print_table(
            (_about(about), about["unit"], "difference to the base", "%", "worse", "best?"),
            lines[:LINES],
            (about["unit"], "%", "worse"),
        )
        _say_rest(len(lines), LINES, "best.csv" if len(ranked) else "compare.csv")
        print()
    if len(found.best):
        out_console().print("best?: every result that may be the best, at 95 % for each table as a whole\n")


def _rank_line(
    label: str, mean: float | None, row: dict[str, Any] | None, ranked: pd.DataFrame
) -> tuple[str | Text, ...]:
    told = ("", "", "") if row is None else (_difference(row), *_line(row)[5:])
    candidates = int((ranked["may_be_best"] == "yes").sum()) if len(ranked) else 0
    may_be = len(ranked) and ranked.loc[label, "may_be_best"] == "yes"
    verdict = ("best" if candidates == 1 else "maybe") if may_be else ""
    return (_short(label), "" if mean is None else figure(mean), *told, verdict)


def _difference(row: dict[str, Any]) -> str:
    if row["same"]:
        return "no difference"
    if row["significant"] == "no":
        low, high = (figure(row[name], sign=True) or "?" for name in ("diff_ci_low", "diff_ci_high"))
        return f"no detectable difference [{low}; {high}]"
    return _interval(row, 1.0)


def _show_regret(regret: pd.DataFrame, selection: Selection) -> None:
    """Policies by states; for many states the worst one only. The policy that risks least first."""
    for key, rows in _chosen(regret, selection, FIRST[:3]):
        about = dict(zip(NAMES, key, strict=True))
        states = list(dict.fromkeys(map(str, rows["state"])))
        grid: dict[str, dict[str, float]] = {}
        for row in _records(rows):
            grid.setdefault(row["policy"], {})[row["state"]] = row["regret"]
        few = states if len(states) <= 3 else []
        columns = (
            f"regret: {_about(about)}, {about['unit']}",
            *(_end(state) for state in few),
            "at worst",
        )
        lines = [
            (_end(policy, 48), *(figure(by_state[state]) for state in few), figure(max(by_state.values())))
            for policy, by_state in sorted(grid.items(), key=lambda item: max(item[1].values()))
        ]
        print_table(columns, lines[:LINES], columns[1:])
        _say_rest(len(lines), LINES, "regret.csv")
        print()


def _show_months(monthly: pd.DataFrame, selection: Selection) -> None:
    """The path of the difference, month by month. The intervals hold for each month on its own."""
    for key, rows in _chosen(monthly, selection, PATHS, limit=len(PATHS) if not selection else 6):
        about = dict(zip(NAMES, key, strict=True))
        for other in dict.fromkeys(map(str, rows["other"])):
            path = _records(rows[rows["other"] == other])
            head = (f"{_about(about)}: {_short(other)}", "unit", "base", "other", _INTERVAL, "%")
            print_table(head, [(row["month"], *_line(row)[1:6]) for row in path], ("base", "other", "%"))
            print()


def _chosen(
    frame: pd.DataFrame, selection: Selection, first: Sequence[tuple[str, str, str]], limit: int = 6
) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows to show by what they are about: those selected, at most `limit`; else the usual ones."""
    about = frame[list(NAMES)].apply(tuple, axis=1)
    groups: dict[tuple[str, ...], pd.DataFrame] = {key: frame[about == key] for key in about.unique()}
    if selection:
        chosen = list(groups)
    else:
        usual = [key for key in groups if key[3] == key[4] == "" and key[:3] in first]
        chosen = sorted(usual, key=lambda key: first.index(key[:3]))
    for key in chosen[:limit]:
        yield key, groups[key]
    if len(chosen) > limit:
        out_console().print(f"… and {len(chosen) - limit} more metrics in the files\n")


def _about(row: dict[str, Any]) -> str:
    return " ".join(row[name] for name in NAMES[:-1] if row[name])


def _say_rest(there: int, shown: int, file: str) -> None:
    if there > shown:
        print(f"… and {there - shown} more in {file}")


def _end(text: str, most: int = 22) -> str:
    return text if len(text) <= most else f"…{text[1 - most :]}"


def _short(text: str, most: int = 38) -> str:
    text = printable(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Lines as mappings by column."""
    return [dict(zip(frame.columns, line, strict=True)) for line in frame.itertuples(index=False, name=None)]
