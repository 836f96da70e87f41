"""Shares of a variance by group, where they are known."""

import numpy as np
import pytest

from sim.sensitivity.grades import Inputs, by_group

SLOPE = np.sqrt(12)


def many_inputs(seed, draws):
    """One strong input and many weak ones in two groups, a whole set, groups without effect, and chance."""
    rng = np.random.default_rng(seed)
    own = rng.random((draws, 120))
    z = SLOPE * (own - 0.5)
    sets = rng.integers(0, 30, draws)
    effect = np.sin(1.7 * np.arange(30))
    effect -= effect.mean()
    y = z[:, 0] + 0.1 * z[:, 1:40].sum(1) + 0.8 * z[:, 70] + 0.15 * z[:, 72:90].sum(1)
    y = y + effect[sets] + 0.3 * rng.standard_normal(draws)
    groups = ["C"] * 65 + ["D"] * 45 + ["A"] * 10 + ["calibrated"] * 2
    columns = np.column_stack([np.cos(np.arange(30)), np.arange(30.0)])[sets]
    inputs = Inputs(np.column_stack([own, columns]), groups, np.arange(122) >= 120, sets)
    parts = {"C": 1.39, "D": 0.64 + 18 * 0.0225, "A": 0.0, "calibrated": float(effect.var())}
    whole = sum(parts.values()) + 0.09
    return y, inputs, whole, {name: part / whole for name, part in parts.items()}


def test_shares_of_groups_with_more_inputs_than_draws():
    shares, truth = [], {}
    for seed in range(12):
        y, inputs, whole, truth = many_inputs(seed, 100)
        shares.append(by_group(y, inputs, whole))
    for group, true in truth.items():
        assert np.mean([one[group].share for one in shares]) == pytest.approx(true, abs=0.09), group
        assert sum(one[group].low <= true <= one[group].high for one in shares) >= 10


def test_curvature_counts():
    rng = np.random.default_rng(1)
    own = rng.random((300, 6))
    y = (own[:, 0] - 0.5) ** 2  # no slope at all
    inputs = Inputs(own, ["D", *["C"] * 5], np.zeros(6, bool), np.zeros(300, int))
    shares = by_group(y, inputs, float(y.var()))
    assert shares["D"].share == pytest.approx(1, abs=0.05)
    assert shares["C"].share < 0.05


def test_what_groups_do_only_together_belongs_to_none():
    rng = np.random.default_rng(2)
    own = rng.random((400, 2))
    y = (own[:, 0] - 0.5) * (own[:, 1] - 0.5)
    shares = by_group(y, Inputs(own, ["C", "D"], np.zeros(2, bool), np.zeros(400, int)), float(y.var()))
    assert max(share.share for share in shares.values()) < 0.06


def test_the_same_draws_give_the_same_shares():
    y, inputs, whole, _ = many_inputs(0, 60)
    assert by_group(y, inputs, whole) == by_group(y, inputs, whole)
