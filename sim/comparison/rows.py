"""The differences of two results, one line for each thing both tell of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import nan

import numpy as np
import pandas as pd

from sim.comparison.draws import by_draw
from sim.comparison.reading import Moments, Replicates, Row
from sim.comparison.statistics import Sample, Values, independent, median_difference, paired
from sim.results.metrics import METRICS

NAMES = ("metric", "place", "element", "actor", "heading", "unit")
COMPARED = (
    *NAMES, "base", "other", "base_mean", "other_mean", "diff_mean", "diff_ci_low", "diff_ci_high",
    "diff_pct", "share_worse", "n_pairs", "correlation", "significant",
)  # fmt: skip
MORE = ("variance_ratio", "diff_median", "base_open", "other_open", "same", "rank")

LOWER_IS_WORSE = frozenset({
    "imports_t", "imports_while_shut_t", "mined_t", "exports_t", "separated_kg", "min_cover_months",
    "time_to_survive_d", "time_to_survive_censored", "sites_operating", "india_delivered_t",
    "india_separated_kg", "abroad_use_kg",
})  # fmt: skip
HIGHER_IS_WORSE = frozenset({
    "lost_t", "price_mean", "price_peak", "price_peak_change_pct", "price_end_change_pct", "ore_price_mean",
    "shortfall_lost_kg", "shortfall_delayed_kg", "unmet_kg", "priced_out_kg", "time_to_recover_d",
    "time_to_recover_censored", "sites_shut_in", "gate_wait_mean_d", "gate_wait_p95_d", "hhi_gates",
    "hhi_controllers", "hhi_origins", "evs_short",
})  # fmt: skip
"""Worse for who buys the oxides. What is one's gain and another's loss (a tax, a share) has no worse side."""


def direction(metric: str) -> int:
    """1: higher is worse; -1: lower is worse; 0: neither."""
    return (metric in HIGHER_IS_WORSE) - (metric in LOWER_IS_WORSE)


def differences(
    base: Replicates | Moments,
    other: Replicates | Moments,
    takes: Callable[[Row], bool],
    *,
    is_paired: bool,
) -> pd.DataFrame:
    """One line for every wanted row that both have, in the order of the base.

    Columns: those of Row, COMPARED from base_mean on, and MORE. A time that is not always seen to end has no
    mean: its interval is that of the median of the differences, and only pairs give one.
    """
    ours, theirs = ({row: at for at, row in enumerate(table.rows)} for table in (base, other))
    rows = [row for row in base.rows if row in theirs and takes(row)]
    left, right = [ours[row] for row in rows], [theirs[row] for row in rows]
    pairs: list[Replicates] = []
    if is_paired and isinstance(base, Replicates) and isinstance(other, Replicates):
        pairs = same_replications([base, other])
        b, o = pairs[0].values[:, left], pairs[1].values[:, right]
        found, same = paired(b, o), ((b == o) | (np.isnan(b) & np.isnan(o))).all(axis=0)
        same &= base.replications == other.replications
    else:
        one, two = moments(base).at(left), moments(other).at(right)
        found, same = independent(one, two), one.same_as(two)
    frame = pd.DataFrame(rows, columns=list(Row._fields)).assign(**_columns(rows, asdict(found)), same=same)
    for line, row in enumerate(rows):
        if is_time(row.metric):
            told = _times(row, pairs)
            frame.loc[line, list(_TIMED)] = [told.get(column, nan) for column in _TIMED]
    frame["significant"] = _significant(frame)
    frame["rank"] = _ranks(frame)
    return frame


def moments(table: Replicates | Moments) -> Sample:
    """Count, mean and variance of every row; where parameters were drawn over the draws."""
    return Sample.of(by_draw(table).values) if isinstance(table, Replicates) else table.sample


def same_replications(tables: Sequence[Replicates]) -> list[Replicates]:
    """The tables with the replications that all have, in the same order; where drawn one row a draw.

    A draw is averaged last: over the same replications in every table.
    """
    common = tuple(sorted(set.intersection(*(set(table.replications) for table in tables))))
    found = []
    for table in tables:
        lines = {replication: line for line, replication in enumerate(table.replications)}
        values = table.values[[lines[replication] for replication in common]]
        found.append(by_draw(replace(table, replications=common, values=values)))
    return found


_TIMED = (
    "base_mean", "other_mean", "diff_mean", "diff_ci_low", "diff_ci_high", "diff_pct", "share_worse",
    "n_pairs", "correlation", "variance_ratio", "diff_median", "base_open", "other_open",
)  # fmt: skip


def _columns(rows: Sequence[Row], found: Mapping[str, Values]) -> dict[str, Values]:
    worse = np.array([direction(row.metric) for row in rows])
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        pct = 100 * found["mean"] / np.abs(found["base_mean"])
    pct[[row.unit == "%" for row in rows]] = nan  # percentage points are told as they are
    undefined = np.full(len(rows), nan)
    return {
        "base_mean": found["base_mean"],
        "other_mean": found["other_mean"],
        "diff_mean": found["mean"],
        "diff_ci_low": found["low"],
        "diff_ci_high": found["high"],
        "diff_pct": np.where(np.isfinite(pct), pct, nan),
        "share_worse": np.select([worse > 0, worse < 0], [found["above"], found["below"]], nan),
        "n_pairs": found["pairs"],
        "correlation": found["correlation"],
        "variance_ratio": found["variance_ratio"],
        "diff_median": undefined,
        "base_open": undefined,
        "other_open": undefined,
    }


def is_time(metric: str) -> bool:
    """Whether it is a time that the horizon may cut off."""
    return metric in METRICS and bool(METRICS[metric].censor)


def _times(row: Row, pairs: Sequence[Replicates]) -> dict[str, float]:
    """What pairs say of a time, by column; nothing without pairs, or without the flag that goes with it."""
    flag = row._replace(metric=METRICS[row.metric].censor, unit="1")
    if not pairs or any(flag not in table.rows for table in pairs):
        return {}
    (b, b_open), (o, o_open) = (
        [table.values[:, table.rows.index(name)] for name in (row, flag)] for table in pairs
    )
    found = median_difference(b, o, b_open, o_open)
    return {
        "diff_ci_low": found.low,
        "diff_ci_high": found.high,
        "share_worse": found.above if direction(row.metric) > 0 else found.below,
        "n_pairs": float(found.pairs),
        "diff_median": found.median,
        "base_open": float(np.nansum(b_open)),
        "other_open": float(np.nansum(o_open)),
    }


def _significant(frame: pd.DataFrame) -> list[str]:
    """Whether the row's own interval leaves out zero; empty where there is no interval."""
    low, high = frame["diff_ci_low"].to_numpy(), frame["diff_ci_high"].to_numpy()
    known = ~np.isnan(low)  # an interval has both limits or neither
    return list(np.where(known, np.where((low > 0) | (high < 0), "yes", "no"), ""))


def _ranks(frame: pd.DataFrame) -> Values:
    """1 for the largest change relative to the base that the interval vouches for; nan if it allows none.

    Percentages count in points; what the base has nothing of comes first.
    """
    low, high = frame["diff_ci_low"].to_numpy(), frame["diff_ci_high"].to_numpy()
    whole = np.where(frame["unit"] == "%", 100.0, np.abs(frame["base_mean"].to_numpy()))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        sure = np.nan_to_num(np.minimum(np.abs(low), np.abs(high)) / whole, nan=0.0, posinf=np.inf)
    lines = np.flatnonzero(frame["significant"] == "yes")
    ranks = np.full(len(frame), nan)
    ranks[lines[np.argsort(-sure[lines], kind="stable")]] = np.arange(1, lines.size + 1)
    return ranks
