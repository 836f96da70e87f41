import numpy as np
import pytest

from sim.analysis.leverage import Leverage
from sim.analysis.likelihood import (
    LENGTHS_D,
    History,
    beside_table,
    histories,
    probabilities,
    record_table,
    thinned,
    words,
)
from sim.analysis.runs import Bench
from tests.worlds import registry

FOUR = History("of a test", 8.0, 4, (41.0, 133.0, 52.0))


def test_the_record_is_that_of_the_evidence():
    gates, flow = histories(registry())
    assert gates.count == flow.count == 4
    assert gates.lengths_d == (41.0, 133.0, 52.0)
    assert flow.lengths_d == (41.0, 133.0, 156.0)
    assert (gates.long(), flow.long()) == (1, 2)
    assert 7.5 < gates.years < 8.0


def test_long_closures_alone_have_the_posterior_of_jeffreys(rng):
    mean, low, high = thinned(FOUR)  # one in eight years
    draws = 1.0 - np.exp(-2.0 * rng.gamma(1.5, 1 / 8.0, 200_000))
    assert mean == pytest.approx(draws.mean(), abs=2e-3)
    np.testing.assert_allclose([low, high], np.percentile(draws, (5, 95)), atol=3e-3)


def test_a_longer_closure_is_never_likelier_and_the_interval_is_wide(rng):
    draws = probabilities(FOUR, rng)
    assert (np.diff(draws, axis=1) <= 0).all()
    assert ((draws >= 0) & (draws <= 1)).all()
    low, high = np.percentile(draws[:, LENGTHS_D.index(60.0)], (5, 95))
    assert high - low > 0.3


def test_much_history_narrows_the_answer_to_the_truth(rng):
    """A closure a year, half of them of 60 days or more: 1 - exp(-1) within two years."""
    lengths = np.exp(np.log(60.0) + 0.5 * rng.standard_normal(4000))
    draws = probabilities(History("long", 4000.0, 4000, tuple(lengths)), rng, (60.0,))
    assert draws.mean() == pytest.approx(1 - np.exp(-1), abs=0.02)
    assert draws.std() < 0.01
    mean, low, high = thinned(History("long", 4000.0, 4000, tuple(lengths)), 60.0)
    assert low < 1 - np.exp(-1) < high
    assert mean == pytest.approx(draws.mean(), abs=0.02)


def test_two_lengths_do_not_tell_their_spread(rng):
    with pytest.raises(ValueError, match="2 known lengths: at least 3"):
        probabilities(History("short", 8.0, 2, (41.0, 133.0)), rng)


def told_beside(rng, days=LENGTHS_D):
    lost = [np.full((len(days), 1, 3), 7.0)] * 8
    told = Leverage(np.array(days), np.array([35_000.0]), lost, np.full((len(days), 1, 3), 12.0))
    return beside_table([(FOUR, probabilities(FOUR, rng))], told)


def test_likelihood_and_effect_stand_side_by_side_unmultiplied(rng):
    row = next(line for line in told_beside(rng).splitlines() if line.startswith("| 60 |"))
    assert row.endswith("| 60.0 | 60.0 | +12.0 |")  # 7 a week over 60 days


def test_effects_of_other_lengths_are_refused(rng):
    with pytest.raises(ValueError, match="the sweep closes for"):
        told_beside(rng, (30.0, 60.0))


def test_words_name_record_and_both_readings(tmp_path, rng):
    found = [(one, probabilities(one, rng)) for one in histories(registry())]
    told = words(found)
    assert told.startswith("From 4 dated closures in 7.7 years")
    assert told.count("%") >= 6
    assert "short, no days given" in record_table(Bench(1, tmp_path))
