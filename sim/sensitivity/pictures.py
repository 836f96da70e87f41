"""Pictures of `sim sensitivity`: how stable ranks are, what moves a result most, what is exceeded."""

from io import BytesIO
from typing import TYPE_CHECKING

import pandas as pd

from sim.sensitivity.convergence import STABLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#666666")
"""Okabe and Ito: told apart by colour-blind readers."""
BARS = 10
DPI = 130
GREY, LIGHT = "#666666", "#bbbbbb"


def convergence(frame: pd.DataFrame) -> bytes:
    """PNG: agreement of rankings from separate parts of the runs over their size, a line a method and row."""
    figure, (axes,) = _axes(7.0, 4.2)
    for colour, (method, group) in zip(COLOURS, frame.groupby("method", sort=False), strict=False):
        for _, line in group.sort_values("runs").groupby("of"):
            axes.plot(line["runs"], line["agreement"], color=colour, alpha=0.3, linewidth=0.8)
        mean = group.groupby("runs")["agreement"].mean()
        axes.plot(mean.index, mean.to_numpy(), color=colour, marker="o", linewidth=2, label=str(method))
    axes.axhline(STABLE, color=GREY, linestyle="--", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_ylim(top=1.05)
    axes.set_xlabel("runs in each part")
    axes.set_ylabel("agreement of rankings (Savage)")
    axes.set_title("bold: mean over results; dashed: stable", fontsize=9, loc="left", color=GREY)
    axes.legend(frameon=False, loc="lower right")
    return _png(figure)


def tornado(frame: pd.DataFrame) -> bytes:
    """PNG: the longest bars of each row, grey where chance would do as well; empty if there are none."""
    about = ["policy", "metric", "place", "element", "actor"]
    groups = [group for _, group in frame[frame["rank"] <= BARS].groupby(about, sort=False)]
    if not groups:  # too few points for any bar
        return b""
    figure, axes = _axes(8.0, 2.6 * len(groups), rows=len(groups))
    for axis, group in zip(axes, groups, strict=True):
        shown = group.iloc[::-1]
        half = (shown["ci_high"] - shown["ci_low"]) / 2
        colours = [COLOURS[0] if one == "yes" else LIGHT for one in shown["stands_out"]]
        names = [f"{path} ({grade})" for path, grade in zip(shown["path"], shown["grade"], strict=True)]
        axis.barh(names, shown["swing"], xerr=half, color=colours, height=0.7, error_kw={"linewidth": 0.8})
        axis.axvline(0, color=GREY, linewidth=0.8)
        axis.tick_params(axis="y", labelsize=7)
        axis.set_xlabel(f"change from P10 to P90 of the input, {shown['unit'].iloc[0]}", fontsize=8)
        title = " ".join(str(shown[name].iloc[0]) for name in about if shown[name].iloc[0])
        axis.set_title(title, fontsize=9, loc="left")
    return _png(figure)


def exceedance(frame: pd.DataFrame) -> bytes:
    """PNG: for each row the probability that a level is exceeded, with its interval, a line a policy."""
    groups = [group for _, group in frame.groupby(["metric", "place", "element", "actor"], sort=False)]
    figure, axes = _axes(6.0, 2.4 * len(groups), rows=len(groups))
    for axis, group in zip(axes, groups, strict=True):
        for colour, (policy, line) in zip(
            COLOURS * len(group), group.groupby("policy", sort=False), strict=False
        ):
            axis.plot(line["threshold"], line["probability"], color=colour, linewidth=1.5, label=str(policy))
            axis.fill_between(line["threshold"], line["ci_low"], line["ci_high"], color=colour, alpha=0.2)
        first = group.iloc[0]
        words = [first[name] for name in ("metric", "place", "element", "actor") if first[name]]
        axis.set_xlabel(f"{' '.join(words)}, {first['unit']}", fontsize=8)
        axis.set_ylabel("probability of more", fontsize=8)
        axis.set_ylim(0, 1)
        if first["policy"]:
            axis.legend(frameon=False, fontsize=6)
    return _png(figure)


def _axes(width: float, height: float, rows: int = 1) -> tuple["Figure", list["Axes"]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(rows, 1, squeeze=False)[:, 0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _png(figure: "Figure") -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()
