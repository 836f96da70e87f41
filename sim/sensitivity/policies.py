"""Policy by state: what each policy, or option of a decision, brings in each state, and its regret."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.comparison.choice import REGRET, regret_frame
from sim.comparison.reading import Input, Replicates, Row, Side
from sim.sensitivity.reading import Studied
from sim.sensitivity.risk import regret

Values = NDArray[np.float64]
ABOUT = REGRET[: REGRET.index("policy")]
OVER_STATES = (
    *ABOUT, "policy", "states", "mean", "expected_regret", "ci_low", "ci_high", "largest_regret", "best_in",
    "minimax", "least_expected",
)  # fmt: skip


def by_state(studied: Studied, rows: Sequence[Row]) -> pd.DataFrame:
    """Columns REGRET, of the states in which every policy has finished runs only; empty without levers."""
    levers = [one.path for one in studied.inputs if one.is_lever]
    whole = _whole_states(studied)
    if not levers or len(studied.parts()) < 2 or not whole.any():
        return pd.DataFrame(columns=list(REGRET))
    values = np.stack([studied.values(row) for row in rows], axis=2)
    sides = [_side(studied, point, rows, values[point]) for point in np.flatnonzero(whole).tolist()]
    return regret_frame(sides, rows, levers, is_paired=True)


def over_states(regrets: pd.DataFrame) -> pd.DataFrame:
    """Expected and largest regret of every policy, states counting alike. regrets: columns REGRET."""
    frames = []
    for _, group in regrets.groupby(list(ABOUT), sort=False):
        wide = group.pivot(index="state", columns="policy", values="regret")
        mean = group.groupby("policy", sort=False)["mean"].mean()
        for line in _options(wide.to_numpy(), list(map(str, wide.columns))):
            about = {name: group[name].iloc[0] for name in ABOUT}
            frames.append({**about, **line, "mean": mean[line["policy"]]})
    return pd.DataFrame(frames, columns=list(OVER_STATES))


def options_frame(losses: Values, names: Sequence[str]) -> pd.DataFrame:
    """Expected loss and regret of every option. losses: shape (points, options), without nan."""
    expected = losses.mean(axis=0)
    lines = [
        {"option": line.pop("policy"), "expected_loss": float(loss), **line}
        for line, loss in zip(_options(losses, names), expected, strict=True)
    ]
    return pd.DataFrame(lines)


def _options(losses: Values, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """losses: shape (states, policies); regrets serve as well."""
    if len(losses) < 2:
        largest = losses[0] - losses[0].min() if len(losses) else np.zeros(len(names))
        for name, one in zip(names, largest.tolist(), strict=True):
            yield {"policy": name, "states": len(losses), "expected_regret": one, "largest_regret": one}
        return
    found = regret(losses)
    for at, name in enumerate(names):
        yield {
            "policy": name,
            "states": len(losses),
            "expected_regret": float(found.expected[at]),
            "ci_low": float(found.low[at]),
            "ci_high": float(found.high[at]),
            "largest_regret": float(found.largest[at]),
            "best_in": float(found.best_in[at]),
            "minimax": "yes" if at == found.minimax else "no",
            "least_expected": "yes" if at == found.least_expected else "no",
        }


def _whole_states(studied: Studied) -> NDArray[np.bool_]:
    """Points of states in which no run of any policy failed. shape (points,)."""
    free = [one.path for one in studied.uncertain]
    states = ["|".join(row) for row in studied.texts[free].to_numpy().tolist()]
    failed = np.flatnonzero((~studied.finished).any(axis=1)).tolist()
    lost = {states[point] for point in failed}
    return np.array([state not in lost for state in states])


def _side(studied: Studied, point: int, rows: Sequence[Row], values: Values) -> Side:
    """A point as a result of its own. values: shape (replications, rows)."""
    texts = studied.texts.iloc[point]
    inputs = {one.path: Input("scenario", one.unit, str(texts[one.path])) for one in studied.inputs}
    table = Replicates(tuple(range(len(values))), tuple(rows), values)
    return Side(str(point), studied.folder, studied.name, table, None, inputs, None)
