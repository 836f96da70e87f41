"""What `sim run --uncertainty` prints beside the headlines."""

from collections.abc import Sequence
from math import isnan
from typing import Any

from sim.cli.showing import error_console, out_console, print_table
from sim.parametric import BANDS, FEWEST, GROUPS, Band, Line, Parametric
from sim.results.digits import figure
from sim.results.statistics import Summary

_HANGING = ("parameters", *GROUPS)


def show(found: Parametric) -> None:
    """Both tables: what the answer hangs on, and the answer by starting cover."""
    told = [line for line in found.lines if not isnan(line.split.share)]
    of = "scenario" if found.base is None else "difference"
    if not told:
        out_console().print(
            f"\nwhat the {of} hangs on cannot be told: it takes two draws with two replications each, and "
            "numbers that differ",
            soft_wrap=True,
        )
        return
    print(f"\nwhat the {of} hangs on, % of its variance:")
    columns = ("", "unit", "5 to 95 % of runs", *_HANGING)
    print_table(columns, [_hanging(line) for line in told], columns[2:])
    few = [line for line in told if not line.shares]
    if few:
        error_console().print(f"grades are told apart from {FEWEST} finished draws on; see --draws")
    out_console().print(
        "parameters: all that is drawn, the rest is chance · A to calibrated: what each group does alone "
        "(intervals: by_grade.csv)"
    )
    for element, lines in _by_element(told).items():
        ends = [
            f"{name} {band.low:.1f}–{band.high:.1f}"
            for name, band in zip(BANDS, lines[0].bands, strict=False)
        ]
        print(f"\n{of} by cover of {element} on the first day, months; mean [5 to 95 % of runs]:")
        heads = ["", "unit", *ends]
        rows = [
            [line.headline.label, line.headline.unit, *(_in_band(b, line.of) for b in line.bands)]
            for line in lines
        ]
        print_table(heads, [row for row in rows if len(row) == len(heads)], ends)


def plain(found: Parametric) -> list[dict[str, Any]]:
    """For JSON, None where undefined."""
    return [
        {
            "label": line.headline.label,
            "unit": line.headline.unit,
            "of": line.of,
            "draws": line.split.draws,
            "runs": line.split.runs,
            "parametric_share": _none(line.split.share),
            "ci": [_none(line.split.low), _none(line.split.high)],
            "by_grade": {group: share.share for group, share in line.shares.items()},
            "by_cover": [
                {"cover_of": b.element, "cover": b.name, "from": b.low, "to": b.high, **_numbers(b.summary)}
                for b in line.bands
            ],
        }
        for line in found.lines
    ]


def _hanging(line: Line) -> list[str]:
    shares = [line.shares[group].share if group in line.shares else None for group in GROUPS]
    return [
        line.headline.label,
        line.headline.unit,
        _span(line.summary),
        *("" if share is None else f"{share:.0%}" for share in (line.split.share, *shares)),
    ]


def _by_element(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Lines by the element whose cover they are ordered by."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.bands:
            found.setdefault(line.bands[0].element, []).append(line)
    return found


def _in_band(band: Band, of: str) -> str:
    return f"{figure(band.summary.mean, sign=of == 'difference')} [{_span(band.summary)}]"


def _span(summary: Summary) -> str:
    return f"{figure(summary.p05)}; {figure(summary.p95)}"


def _numbers(summary: Summary) -> dict[str, float | None]:
    names = ("mean", "low", "high", "p05", "p50", "p95")
    return {name: _none(getattr(summary, name)) for name in names}


def _none(value: float) -> float | None:
    return None if isnan(value) else value
