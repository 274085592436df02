"""Strength: against other formulas and libraries, and what chance alone gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from scipy.stats.contingency import association
from sklearn.metrics import roc_auc_score

from chatdash_analysis.driving.association import auc, corrected_v
from tests.driving.made import clustered


def _bergsma(table) -> float:
    n = table.sum()
    rows, columns = table.shape
    square = association(table, method="cramer") ** 2 * min(rows - 1, columns - 1)
    left = max(0.0, square - (rows - 1) * (columns - 1) / (n - 1))
    rows, columns = (k - (k - 1) ** 2 / (n - 1) for k in (rows, columns))
    return np.sqrt(left / min(rows - 1, columns - 1))


@pytest.mark.parametrize("size", [2, 3, 8])
def test_v_of_single_conversations_is_bergsmas(size):
    rng = np.random.default_rng(size)
    levels = rng.integers(0, size, 300)
    outcomes = (rng.random(300) < 0.3 + 0.4 * levels / size).astype(float)
    table = pd.crosstab(levels, outcomes).to_numpy()
    assert _bergsma(table) > 0.1
    assert corrected_v(outcomes, levels, np.arange(300)) == pytest.approx(_bergsma(table))


def test_v_by_chance_does_not_grow_with_the_number_of_levels():
    rng = np.random.default_rng(0)
    plain, corrected = {}, {}
    for size in (2, 30):
        found = []
        for _ in range(100):
            levels = np.unique(rng.integers(0, size, 200), return_inverse=True)[1]
            outcomes = (rng.random(200) < 0.5).astype(float)
            table = pd.crosstab(levels, outcomes).to_numpy()
            found.append((association(table), corrected_v(outcomes, levels, np.arange(200))))
        plain[size], corrected[size] = np.mean(found, axis=0)
    assert plain == pytest.approx({2: 0.06, 30: 0.38}, abs=0.015)
    assert 0.02 < corrected[2] < 0.04
    assert 0.04 < corrected[30] < 0.1


def test_v_of_people_who_are_alike_is_not_taken_for_strength():
    rng = np.random.default_rng(1)
    ours, theirs = [], []
    for _ in range(60):
        users, _, outcomes = clustered(rng, 300, 4, 0.5)
        levels = rng.integers(0, 20, 300)[users]
        theirs.append(_bergsma(pd.crosstab(levels, outcomes).to_numpy()))
        ours.append(corrected_v(outcomes, levels, users))
    assert np.mean(theirs) > 0.15
    assert np.mean(ours) < 0.07


def test_v_of_the_outcome_itself_is_1_and_of_one_level_missing():
    outcomes = np.array([1.0, 0, 1, 0, 1])
    assert corrected_v(outcomes, outcomes.astype(int), np.arange(5)) == pytest.approx(1)
    assert np.isnan(corrected_v(outcomes, np.zeros(5, dtype=int), np.arange(5)))
    assert np.isnan(corrected_v(outcomes[:2], np.array([0, 1]), np.arange(2)))


def test_auc_is_that_of_scikit_learn_and_of_mann_and_whitney():
    rng = np.random.default_rng(2)
    values = rng.integers(0, 12, 250).astype(float)
    outcomes = (rng.random(250) < 0.2 + 0.05 * values).astype(float)
    found = auc(outcomes, values, np.arange(250))
    good, bad = values[outcomes > 0], values[outcomes == 0]
    assert found.auc == pytest.approx(roc_auc_score(outcomes, values))
    u = mannwhitneyu(good, bad).statistic
    assert found.auc == pytest.approx(u / (len(good) * len(bad)))
    assert found.low < found.auc < found.high
    assert 0 < found.strength < abs(2 * found.auc - 1)


@pytest.mark.parametrize("icc", [0.0, 0.5])
def test_interval_of_the_auc_holds_the_truth_as_often_as_promised(icc):
    rng = np.random.default_rng(3)
    held = []
    for _ in range(500):
        users, _, outcomes = clustered(rng, 60, 4, icc)
        found = auc(outcomes, rng.normal(size=60)[users], users)
        held.append(found.low <= 0.5 <= found.high)
    assert 0.92 < np.mean(held) < 0.985


def test_auc_without_an_interval():
    perfect = auc(np.array([0.0, 0, 1, 1]), np.arange(4.0), np.arange(4))
    assert (perfect.auc, perfect.strength) == (1, 1)
    assert np.isnan(perfect.low)
    assert np.isnan(auc(np.ones(4), np.arange(4.0), np.arange(4)).auc)
