"""Units of costs, means over people, and Fieller's interval of a ratio of two sums."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats

from chatdash_analysis.channels.costs import (
    cost_units,
    effective_users,
    mean_per_row,
    ratio_of_sums,
)


def mean_of(values, counts):
    """Means of `counts` rows a person whose sums are `values`; people on the last axis."""
    products = ((counts, counts), (counts, values), (values, values))
    squares = [(a * b).sum(axis=-1) for a, b in products]
    return mean_per_row(values.sum(axis=-1), counts.sum(axis=-1), *squares)


def ratio_of(a, b, counts=None):
    """Ratios of the sums of `a` and `b` over people, who are on the last axis."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    counts = np.ones_like(a) if counts is None else counts
    products = ((counts, counts), (a, a), (a, b), (b, b))
    nn, aa, ab, bb = [(x * y).sum(axis=-1) for x, y in products]
    n = counts.sum(axis=-1)
    return ratio_of_sums(a.sum(axis=-1), b.sum(axis=-1), n, nn, aa, ab, bb)


@pytest.mark.parametrize(
    ("calls", "total", "unit"),
    [
        ((0, 0, 0), 0, None),
        ((100, 0, 0), 100, "dollars"),
        ((0, 100, 0), 100, "cents"),
        ((0, 0, 100), 100, "credits"),
        ((90, 0, 0), 100, "dollars"),  # the rest costs what no unit explains
        ((89, 0, 0), 100, None),
        ((0, 0, 0), 100, None),
        ((90, 10, 0), 100, "dollars"),
        ((89, 11, 0), 100, None),  # two units in one platform
    ],
)
def test_the_unit_of_nine_of_ten_calls_is_the_unit(calls, total, unit):
    counts = np.array(calls)[:, None]
    assert cost_units(counts, [total], 0.25 * counts, [0.25 * max(calls)]) == [unit]


@pytest.mark.parametrize(
    ("costs", "spent", "unit"),
    [
        ((90.0, 0, 0), 100.0, "dollars"),
        ((89.0, 0, 0), 100.0, None),
        ((20.0, 80.0, 0), 100.0, None),  # few calls, but most of the money
        ((95 * 0.2, 0, 0), 95 * 0.2 / 0.9, "dollars"),  # rounding does not matter
    ],
)
def test_it_has_to_explain_nine_tenths_of_the_money_too(costs, spent, unit):
    assert cost_units([[95], [5], [0]], [100], np.array(costs)[:, None], [spent]) == [unit]


def test_units_are_told_for_each_platform():
    calls = np.array([[10, 0, 0], [0, 10, 0], [0, 0, 10]])
    total = [10, 10, 20]
    assert cost_units(calls, total, calls, [10, 10, 10]) == ["dollars", "cents", None]
    assert cost_units(np.empty((3, 0)), [], np.empty((3, 0)), []) == []


def test_people_count_by_how_evenly_rows_are_spread():
    assert effective_users(12, 3 * 4**2) == 3
    assert effective_users(103, 100**2 + 3) == pytest.approx(1.06, abs=0.01)
    assert effective_users(0, 0) == 0


def test_a_mean_agrees_with_cluster_robust_regression():
    from statsmodels.regression.linear_model import OLS

    rng = np.random.default_rng(0)
    rows = rng.gamma(2, 2, (30, 4)) + rng.gamma(1, 3, (30, 1))
    people = np.repeat(np.arange(30), 4)
    fitted = OLS(rows.ravel(), np.ones((120, 1))).fit(
        cov_type="cluster", cov_kwds={"groups": people}, use_t=True
    )
    mean, low, high = mean_of(rows.sum(axis=1), np.full(30, 4.0))
    assert_allclose([mean, low, high], [fitted.params[0], *fitted.conf_int()[0]], rtol=1e-10)


def test_the_interval_of_a_mean_covers_it():
    rng = np.random.default_rng(1)
    counts = rng.geometric(0.3, (4_000, 60)).astype(float)
    own = rng.gamma(2, 1.0, (4_000, 60))  # minutes that all calls of a person share
    sums = counts * own + rng.gamma(counts * 2, 1.0)
    _, low, high = mean_of(sums, counts)
    assert 0.93 <= np.mean((low <= 4) & (high >= 4)) <= 0.97


def test_one_person_has_a_mean_and_no_interval():
    mean, low, high = mean_of(np.array([12.0]), np.array([4.0]))
    assert mean == 3
    assert np.isnan([low, high]).all()
    assert np.isnan(mean_of(np.array([0.0]), np.array([0.0]))).all()


def test_fiellers_interval_is_the_set_of_ratios_that_a_t_test_does_not_refuse():
    rng = np.random.default_rng(2)
    a, b = rng.gamma(3, 2, 25), rng.poisson(2, 25).astype(float)
    ratio, low, high = ratio_of(a, b)

    def excess(guess: float) -> float:
        return stats.ttest_1samp(a - guess * b, 0).pvalue - 0.05

    assert ratio == pytest.approx(a.sum() / b.sum())
    assert low == pytest.approx(optimize.brentq(excess, 0, ratio), rel=1e-9)
    assert high == pytest.approx(optimize.brentq(excess, ratio, 100), rel=1e-9)


def test_fiellers_interval_agrees_with_a_bootstrap_over_people():
    rng = np.random.default_rng(3)
    a, b = rng.gamma(2, 30, 2_000), rng.binomial(3, 0.4, 2_000).astype(float)
    ratio, low, high = ratio_of(a, b)
    drawn = rng.integers(0, 2_000, (2_000, 2_000))
    quantiles = np.quantile(a[drawn].sum(axis=1) / b[drawn].sum(axis=1), [0.025, 0.975])
    assert_allclose([low, high], quantiles, atol=0.15 * (high - low))
    assert low < ratio < high


@pytest.mark.parametrize(("users", "chance"), [(20, 0.5), (60, 0.5), (60, 0.3), (200, 0.1)])
def test_the_interval_of_a_cost_per_success_covers_it(users, chance):
    rng = np.random.default_rng(4)
    size = (4_000, users)
    calls = rng.geometric(0.4, size)
    bought = rng.binomial(calls, rng.beta(2 * chance, 2 * (1 - chance), size))
    spent = rng.gamma(calls * 1.5, 2.0) + 3.0 * bought
    true = 2.5 * 3 / (2.5 * chance) + 3.0
    ratio, low, high = ratio_of(spent, bought, calls.astype(float))
    assert not np.isnan(ratio).any()
    assert 0.93 <= np.mean((low <= true) & (high >= true)) <= 0.97


def test_a_mean_of_ratios_would_be_wrong_where_the_ratio_of_sums_is_right():
    spent, bought = np.array([10.0, 10.0, 40.0]), np.array([1.0, 0.0, 8.0])
    assert ratio_of(spent, bought)[0] == pytest.approx(60 / 9)


def test_without_a_success_nothing_is_known():
    assert np.isnan(ratio_of([3.0, 4.0, 5.0], [0.0, 0.0, 0.0])).all()


def test_one_success_bounds_the_cost_from_below_only():
    ratio, low, high = ratio_of(np.full(50, 2.0), np.eye(50)[0])
    assert ratio == 100
    assert 10 < low < 100
    assert high == np.inf


def test_free_calls_cost_nothing():
    ratio, low, _ = ratio_of([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0])
    assert (ratio, low) == (0, 0)


def test_one_person_gives_no_interval():
    ratio, low, high = ratio_of([8.0], [2.0], np.array([5.0]))
    assert ratio == 4
    assert np.isnan([low, high]).all()
