"""Shrinking estimates of unlike precision, beside statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from chatdash_analysis.queries.impact.normal_means import shrunken_means, spread_beyond_chance


def estimates(seed: int, *, spread: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = 0.2 + spread * rng.standard_normal(30)
    variance = rng.uniform(0.001, 0.05, 30)
    return true + np.sqrt(variance) * rng.standard_normal(30), variance, true


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.5])
def test_mean_and_spread_are_those_of_a_meta_analysis(spread):
    x, v, _ = estimates(1, spread=spread)

    other = combine_effects(x, v, method_re="dl")

    assert spread_beyond_chance(x, v) == pytest.approx(max(other.tau2, 0.0))
    tau2 = max(other.tau2, 0.0)
    weights = 1 / (v + tau2)
    mean = np.sum(weights * x) / weights.sum()
    expected = (tau2 * x + v * mean) / (tau2 + v)
    np.testing.assert_allclose(shrunken_means(x, v), expected)


def test_shrunken_values_are_nearer_to_the_truth():
    raw, shrunken = [], []
    for seed in range(40):
        x, v, true = estimates(seed, spread=0.1)
        raw.append(np.mean((x - true) ** 2))
        shrunken.append(np.mean((shrunken_means(x, v) - true) ** 2))

    assert np.mean(shrunken) < 0.7 * np.mean(raw)


def test_missing_values_stay_missing_and_a_single_one_stays_as_it_is():
    assert shrunken_means([0.5, np.nan], [0.1, 0.1]).tolist()[0] == 0.5
    assert np.isnan(shrunken_means([0.5, np.nan], [0.1, 0.1])[1])
    assert shrunken_means([], []).tolist() == []
    three = shrunken_means([0.1, np.nan, 0.3], [0.01, 0.01, np.nan])
    assert three[0] == 0.1
    assert np.isnan(three[1:]).all()
