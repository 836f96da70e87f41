"""A sweep's metrics as arrays: an axis a lever, in the order of the file, and last the runs of each point."""

import numpy as np
from numpy.typing import NDArray

from sim.sweeps.reading import Swept

Values = NDArray[np.float64]


def levels(swept: Swept, path: str) -> Values:
    """The values of a lever, in its own unit, in the order of the file."""
    (lever,) = (one for one in swept.manifest["design"]["levers"] if one["path"] == path)
    return np.array([float(str(text).split(" ")[0]) for text in lever["values"]])


def cube(swept: Swept, metric: str, **about: str) -> Values:
    """One metric, shape (values of each lever …, states x replications). Runs pair along the last axis."""
    sizes = [len(lever["values"]) for lever in swept.manifest["design"]["levers"]]
    values = swept.metric(metric, **about).to_numpy(dtype=np.float64)
    return values.reshape(*sizes, swept.manifest["design"]["states"] * values.shape[1])


def months(swept: Swept) -> int:
    """Length of the period."""
    return int(swept.manifest["period"]["months"])
