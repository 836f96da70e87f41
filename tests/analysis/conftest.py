"""A sweep made by hand, for analyses that read one."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest


def by_hand(levers, metrics, states=1, months=24):
    """levers: path -> texts. metrics: (name, about) -> array of shape (points, replications)."""

    def metric(name, **about):
        return pd.DataFrame(metrics[name, tuple(sorted(about.items()))])

    design = {"levers": [{"path": path, "values": texts} for path, texts in levers.items()], "states": states}
    return SimpleNamespace(manifest={"design": design, "period": {"months": months}}, metric=metric)


@pytest.fixture
def sweep():
    return by_hand


@pytest.fixture
def rng():
    return np.random.default_rng(20250701)
