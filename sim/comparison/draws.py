"""Results with drawn parameters: the replications of one draw are no independent witnesses."""

from dataclasses import replace

import numpy as np

from sim.comparison.reading import Replicates
from sim.results.metrics import METRICS

_FLAGS = {metric.censor for metric in METRICS.values()} - {""}


def by_draw(table: Replicates) -> Replicates:
    """One row a draw: the mean of its replications, nan where none has a value.

    Times that the horizon may cut off, and their flags, have no mean; the draw's first replication stands for
    them. Where nothing is drawn the table is as it is.
    """
    if not table.per_draw:
        return table
    draws = np.array(table.replications) // table.per_draw
    numbers, firsts, which = np.unique(draws, return_index=True, return_inverse=True)
    has_value = ~np.isnan(table.values)
    sums, counts = (np.zeros((numbers.size, len(table.rows))) for _ in range(2))
    np.add.at(sums, which, np.where(has_value, table.values, 0.0))
    np.add.at(counts, which, has_value)
    means = np.full_like(sums, np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    has_mean = np.array([not _may_be_cut_off(row.metric) for row in table.rows])
    values = np.where(has_mean, means, table.values[firsts])
    return replace(table, replications=tuple(numbers.tolist()), values=values, per_draw=0)


def _may_be_cut_off(metric: str) -> bool:
    return metric in _FLAGS or (metric in METRICS and bool(METRICS[metric].censor))
