"""Delays that are known to an interval and only if they are short enough."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from statsmodels.duration.survfunc import SurvfuncRight

from chatdash_analysis.settling.truncated import Intervals, arrived_shares


def shares(after, until, limit, size, **options) -> np.ndarray:
    """Estimate from one delay an entry; bins may occur several times."""
    pairs, place = np.unique(np.column_stack([after, until]), axis=0, return_inverse=True)
    intervals = Intervals(pairs[:, 0], pairs[:, 1], size)
    counts = np.bincount(place.ravel(), minlength=len(pairs)).astype(float)
    limits = np.bincount(limit, minlength=size + 1).astype(float)
    return arrived_shares(intervals, counts[None], limits[None], **options)[0]


def lagakos(delay, limit, size) -> np.ndarray:
    """Return the product over reverse-time hazards, written out."""
    result = np.ones(size + 1)
    for edge in range(size + 1):
        for later in range(edge + 1, size + 1):
            at_risk = np.sum((delay <= later) & (limit >= later))
            if at_risk:
                result[edge] *= 1 - np.sum(delay == later) / at_risk
    result[0] = 0
    return result


delays = st.lists(
    st.tuples(st.integers(1, 12), st.integers(0, 12)).map(lambda p: (p[0], min(p[0] + p[1], 12))),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(delays)
def test_exact_delays_give_the_product_over_reverse_time_hazards(pairs):
    delay, limit = np.array(pairs).T
    size = int(limit.max())
    found = shares(delay - 1, delay, limit, size)
    expected = lagakos(delay, limit, size)
    # Below a delay that everybody at risk had, nothing is known: both say 0.
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_exact_delays_agree_with_the_survival_function_in_reverse_time():
    rng = np.random.default_rng(1)
    delay, limit = rng.geometric(0.15, 3000), rng.integers(1, 40, 3000)
    delay, limit = delay[delay <= limit], limit[delay <= limit]
    size = 40
    # Time runs backwards from the last edge: what could not be seen later enters late.
    reverse = SurvfuncRight(
        (size - delay).astype(float) + 1.0, np.ones(len(delay)), entry=(size - limit).astype(float)
    )
    found = shares(delay - 1, delay, limit, size)
    for time, survival in zip(reverse.surv_times, reverse.surv_prob, strict=True):
        edge = size - (int(time) - 1) - 1
        assert found[edge] == pytest.approx(survival, abs=1e-9)


def log_likelihood(result, after, until, limit) -> float:
    return float(np.sum(np.log(result[until] - result[after]) - np.log(result[limit])))


@pytest.mark.parametrize("seed", range(4))
def test_intervals_reach_the_greatest_likelihood(seed):
    rng = np.random.default_rng(seed)
    size, number = 6, 60
    delay, limit = rng.integers(1, size + 1, number), rng.integers(2, size + 1, number)
    delay, limit = delay[delay <= limit], limit[delay <= limit]
    after = np.maximum(delay - rng.integers(1, 4, len(delay)), 0)
    until = np.minimum(delay + rng.integers(0, 3, len(delay)), limit)
    found = shares(after, until, limit, size, tolerance=1e-10, most=20_000)

    def cost(logits):
        chances = np.exp(logits - logits.max())
        result = np.concatenate([[0], np.cumsum(chances / chances.sum())])
        return -log_likelihood(result, after, until, limit)

    starts = [rng.normal(size=size) for _ in range(5)]
    best = min(minimize(cost, start, method="BFGS").fun for start in starts)
    assert -log_likelihood(found, after, until, limit) <= best + 1e-4


def test_samples_that_are_worked_out_together_are_as_if_alone():
    intervals = Intervals(np.array([0, 1, 0, 3]), np.array([2, 3, 4, 5]), 5)
    counts = np.array([[3.0, 2.0, 1.0, 4.0], [0.0, 5.0, 1.0, 0.0]])
    limits = np.array([[0, 0, 2, 3, 2, 3], [0, 0, 0, 3, 3, 0]], dtype=float)
    both = arrived_shares(intervals, counts, limits, tolerance=1e-9)
    for place in range(2):
        alone = arrived_shares(
            intervals, counts[place : place + 1], limits[place : place + 1], tolerance=1e-9
        )
        np.testing.assert_allclose(both[place], alone[0], atol=1e-6)


def test_short_delays_are_not_too_many_though_young_conversations_show_no_others():
    rng = np.random.default_rng(0)
    delay, age = rng.integers(1, 21, 40_000), rng.integers(1, 21, 40_000)
    seen = delay <= age
    found = shares(delay[seen] - 1, delay[seen], age[seen], 20)
    assert np.mean(delay[seen] <= 10) > 0.7
    assert found[10] == pytest.approx(0.5, abs=0.02)
