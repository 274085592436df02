"""Shrunken rates and funnel limits: against statsmodels, and with known true rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from chatdash_analysis.shrinkage import fit_beta, funnel_limits, over_dispersion


def _drawn(rng, *, groups, sizes, a, b):
    """Return true rates, conversations and successes."""
    truth = rng.beta(a, b, groups)
    n = np.round(np.exp(rng.uniform(*np.log(sizes), groups))).astype(int)
    return truth, n, rng.binomial(n, truth)


def test_over_dispersion_is_that_of_dersimonian_and_laird():
    rng = np.random.default_rng(0)
    for a, b in ((30, 20), (3, 2), (3000, 2000)):
        _, n, s = _drawn(rng, groups=25, sizes=(20, 400), a=a, b=b)
        mean = s.sum() / n.sum()
        expected = combine_effects(s / n, mean * (1 - mean) / n, method_re="dl").tau2
        assert over_dispersion(s, n) == pytest.approx(max(expected, 0))


def test_mean_and_strength_are_found_in_many_groups():
    rng = np.random.default_rng(1)
    for a, b in ((30, 20), (3, 2), (80, 320)):
        _, n, s = _drawn(rng, groups=5000, sizes=(5, 200), a=a, b=b)
        prior = fit_beta(s, n)
        assert prior.mean == pytest.approx(a / (a + b), abs=0.01)
        assert 1 / (1 + prior.strength) == pytest.approx(1 / (1 + a + b), abs=0.002)


def test_the_measured_league_of_sixty_agents_comes_out():
    # Method 3: mean error raw .088, shrunken .044; true rate of the first .64 raw, .70 shrunken.
    rng = np.random.default_rng(2)
    errors, best = [], []
    for _ in range(400):
        truth, n, s = _drawn(rng, groups=60, sizes=(5, 120), a=30, b=20)
        shrunken = fit_beta(s, n).shrunken(s, n)
        errors.append([np.abs(s / n - truth).mean(), np.abs(shrunken - truth).mean()])
        best.append([truth[np.argmax(s / n)], truth[np.argmax(shrunken)]])
    raw_error, error = np.mean(errors, axis=0)
    raw_best, first = np.mean(best, axis=0)
    assert raw_error == pytest.approx(0.088, abs=0.006)
    assert error == pytest.approx(0.044, abs=0.004)
    assert raw_best == pytest.approx(0.64, abs=0.015)
    assert first == pytest.approx(0.70, abs=0.015)


@pytest.mark.parametrize("groups", [4, 12, 60])
@pytest.mark.parametrize(("a", "b"), [(30, 20), (3, 2), (300, 200), (9, 1)])
def test_intervals_hold_the_true_rates(groups, a, b):
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(2400 // groups):
        truth, n, s = _drawn(rng, groups=groups, sizes=(15, 300), a=a, b=b)
        low, high = fit_beta(s, n).interval(s, n)
        covered += ((low <= truth) & (truth <= high)).tolist()
    assert np.mean(covered) > 0.91


def test_whoever_is_called_better_than_the_median_mostly_is():
    rng = np.random.default_rng(4)
    claimed, right = [], []
    for _ in range(150):
        truth, n, s = _drawn(rng, groups=30, sizes=(10, 300), a=30, b=20)
        better = fit_beta(s, n).better_than_median(s, n)
        claimed += better.tolist()
        right += (truth > np.median(truth)).tolist()
    claimed, right = np.array(claimed), np.array(right)
    for low, high in ((0.0, 0.1), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.9, 1.0)):
        held = (claimed >= low) & (claimed < high)
        assert right[held].mean() == pytest.approx(claimed[held].mean(), abs=0.06)


def test_the_shrunken_rate_is_the_posterior_mean():
    s, n = np.array([20, 45, 10, 30]), np.array([50, 60, 40, 50])
    prior = fit_beta(s, n)
    a, b = prior.mean * prior.strength, (1 - prior.mean) * prior.strength
    expected = [stats.beta(a + x, b + m - x).mean() for x, m in zip(s, n, strict=True)]
    np.testing.assert_allclose(prior.shrunken(s, n), expected)


def test_equal_rates_are_pulled_together_and_few_conversations_furthest():
    rates = fit_beta([30, 300, 3], [50, 500, 5])
    np.testing.assert_allclose(rates.shrunken([30, 300, 3], [50, 500, 5]), 0.6, atol=0.002)
    assert rates.strength == 555
    prior = fit_beta([10, 40, 3, 8], [40, 50, 3, 9])
    pulled = (np.array([1, 8 / 9]) - prior.shrunken([3, 8], [3, 9])) / (
        np.array([1, 8 / 9]) - prior.mean
    )
    assert pulled[0] > pulled[1] > 0


@pytest.mark.parametrize("good", [0, 1])
def test_where_all_outcomes_are_equal_no_rate_is_certain(good):
    n = np.array([5, 50, 200])
    prior = fit_beta(n * good, n)
    low, high = prior.interval(n * good, n)
    assert (low < high).all()
    assert np.abs(prior.shrunken(n * good, n) - good).max() < 0.01
    assert over_dispersion(n * good, n) == 0
    assert np.isfinite(prior.better_than_median(n * good, n)).all()


def test_too_few_groups_have_a_mean_but_no_strength():
    one = fit_beta([3, 0], [4, 0])
    assert one.mean == 0.75
    assert np.isnan(one.strength)
    none = fit_beta([], [])
    assert np.isnan(none.mean)
    assert over_dispersion([3], [4]) == 0
    assert over_dispersion([], []) == 0


def test_single_conversations_tell_nothing_of_a_spread():
    prior = fit_beta([1, 0, 1, 1], [1, 1, 1, 1])
    assert prior.mean == 0.75
    assert prior.strength == 4


def test_ten_thousand_groups_are_no_matter():
    rng = np.random.default_rng(5)
    truth, n, s = _drawn(rng, groups=10_000, sizes=(1, 500), a=30, b=20)
    prior = fit_beta(s, n)
    low, high = prior.interval(s, n)
    assert ((low <= truth) & (truth <= high)).mean() == pytest.approx(0.95, abs=0.01)
    assert prior.better_than_median(s, n).mean() == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_limits_hold_their_share_of_groups(level):
    rng = np.random.default_rng(6)
    for a, b in ((30, 20), (30_000, 20_000)):
        _, n, s = _drawn(rng, groups=4000, sizes=(30, 500), a=a, b=b)
        low, high = funnel_limits(s.sum() / n.sum(), n, tau2=over_dispersion(s, n), level=level)
        inside = ((low <= s / n) & (s / n <= high)).mean()
        assert inside == pytest.approx(level, abs=0.015 if level == 0.95 else 0.003)


def test_limits_are_those_of_the_formula_and_stay_between_0_and_1():
    low, high = funnel_limits(0.9, [4, 100, 0], tau2=0.01)
    half = 1.959964 * np.sqrt(0.9 * 0.1 / 100 + 0.01)
    assert low[1] == pytest.approx(0.9 - half)
    assert high[:2].tolist() == [1, 1]
    assert np.isnan([low[2], high[2]]).all()
