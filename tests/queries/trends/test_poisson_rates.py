"""The exact test of two rates beside scipy's, and what it does by chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from chatdash_analysis.queries.trends.poisson_rates import rate_ratio, same_rate


def random_counts(seed: int, size: int = 300) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    mean = 10 ** rng.uniform(-1, 2.5, size)
    return [
        rng.poisson(mean),
        rng.integers(1, 3000, size),
        rng.poisson(mean * rng.uniform(0.2, 6, size)),
        rng.integers(1, 9000, size),
    ]


def test_p_values_are_those_of_the_binomial_test():
    x, e, x0, e0 = random_counts(0)

    found = same_rate(x, e, x0, e0)

    expected = [
        binomtest(int(a), int(a + b), f / (f + g)).pvalue if a + b else 1.0
        for a, f, b, g in zip(x, e, x0, e0, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_exchanging_the_two_counts_changes_no_p_value():
    x, e, x0, e0 = random_counts(1)

    np.testing.assert_allclose(same_rate(x, e, x0, e0), same_rate(x0, e0, x, e), rtol=1e-9)


def test_interval_is_that_of_clopper_and_pearson():
    x, e, x0, e0 = random_counts(2, size=60)

    ratio, low, high = rate_ratio(x, e, x0, e0, level=0.9)

    for k in range(len(x)):
        if not x[k] + x0[k]:
            assert np.isnan([ratio[k], low[k], high[k]]).all()
            continue
        ends = binomtest(int(x[k]), int(x[k] + x0[k])).proportion_ci(0.9, method="exact")
        for found, share in ((low[k], ends.low), (high[k], ends.high)):
            expected = share / (1 - share) * e0[k] / e[k] if share < 1 else np.inf
            assert found == pytest.approx(expected, rel=1e-6)


def test_ratio_is_infinite_after_nothing_and_missing_of_nothing():
    ratio, low, high = rate_ratio([3, 0, 0], 10, [0, 3, 0], 10)

    assert ratio.tolist()[:2] == [np.inf, 0.0]
    assert np.isnan(ratio[2])
    assert 0 < low[0] < 1
    assert high[0] == np.inf
    assert (low[1], 1 < high[1] < np.inf) == (0.0, True)
    assert same_rate(0, 10, 0, 10) == 1.0


@pytest.mark.parametrize("per_day", [1, 3, 10, 30])
def test_flat_days_seldom_alarm(per_day):
    rng = np.random.default_rng(per_day)
    today, week = rng.poisson(per_day, 40_000), rng.poisson(per_day * 7, 40_000)

    fired = (same_rate(today, 1, week, 7) < 0.01).mean()

    assert 0.003 < fired < 0.01
    # The rule of a threshold, for comparison: the last day above 1.33 times the mean of seven.
    assert (today > 1.33 * week / 7).mean() > 0.05


def test_interval_holds_the_true_ratio_often_enough():
    rng = np.random.default_rng(5)
    x, x0 = rng.poisson(8, 20_000), rng.poisson(4 * 5, 20_000)

    _, low, high = rate_ratio(x, 100, x0, 500)

    assert 0.95 <= ((low <= 2.0) & (high >= 2.0)).mean() < 0.985
