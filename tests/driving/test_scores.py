"""The test of people's signs: against known tests, and its false alarms by simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, chi2_contingency
from statsmodels.stats.contingency_tables import StratifiedTable

from chatdash_analysis.driving.scores import score_test
from tests.driving.made import clustered, pooled


def _nothing(n):
    return np.zeros(n, dtype=np.int64)


def test_without_strata_it_is_pearsons_chi_square():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 4, 400)
    outcomes = (rng.random(400) < 0.4 + 0.1 * (levels == 2)).astype(float)
    found = score_test(outcomes, levels, _nothing(400), np.arange(400))
    pearson = chi2_contingency(pd.crosstab(levels, outcomes), correction=False)
    assert found.statistic == pytest.approx(pearson.statistic * 399 / 400)
    assert found.rank == 3
    assert found.expected == pytest.approx(3, rel=0.05)
    assert found.p_value == pytest.approx(pearson.pvalue, abs=0.01)


def test_two_levels_in_strata_are_those_of_mantel_and_haenszel():
    rng = np.random.default_rng(1)
    strata, levels = rng.integers(0, 5, 600), rng.integers(0, 2, 600)
    outcomes = (rng.random(600) < 0.3 + 0.1 * strata + 0.08 * levels).astype(float)
    tables = [pd.crosstab(levels[strata == k], outcomes[strata == k]).to_numpy() for k in range(5)]
    theirs = StratifiedTable(tables).test_null_odds()
    found = score_test(outcomes, levels, strata, np.arange(600))
    assert found.statistic == pytest.approx(theirs.statistic)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=0.2)


def test_few_people_get_the_share_of_all_signs():
    rng = np.random.default_rng(2)
    users = np.repeat(np.arange(12), 6)
    values = rng.normal(size=72) + 0.5 * rng.normal(size=12)[users]
    outcomes = (rng.random(72) < 0.5 + 0.1 * np.tanh(values)).astype(float)
    found = score_test(outcomes, _nothing(72), _nothing(72), users, values=values)
    errors, offset = outcomes - outcomes.mean(), values - values.mean()
    own = np.bincount(users, weights=errors)
    extra = own * ((1 - 6 / 72) ** -0.5 - 1) / 6
    sums = np.bincount(users, weights=offset * (errors + extra[users]))
    turned = np.array(list(product([-1, 1], repeat=12))) @ sums
    statistic = (offset * errors).sum() ** 2
    assert found.p_value == pytest.approx((turned**2 >= statistic).mean(), abs=0.02)


@pytest.mark.parametrize(("people", "runs"), [(30, 500), (150, 400)])
@pytest.mark.parametrize("icc", [0.0, 0.3, 0.5])
def test_false_alarms_are_as_many_as_promised(people, runs, icc):
    rng = np.random.default_rng(3)
    found = []
    for run in range(runs):
        users, strata, outcomes = clustered(rng, people, 4, icc)
        many = [2, 3, 5, 10, 30][run % 5]
        constant = rng.integers(0, many if people > many * 6 else 4, people)[users]
        for drawn in (rng.integers(0, many, len(users)), constant):
            levels = pooled(drawn, users)
            if levels.max():
                found.append(score_test(outcomes, levels, strata, users).p_value)
    assert len(found) > 1.8 * runs
    # Three standard errors of a simulated share beside what is asked.
    assert 0.03 < np.mean(np.array(found) < 0.05) < 0.07


def test_a_plain_test_would_raise_false_alarms_where_this_does_not():
    rng = np.random.default_rng(4)
    ours, plain = [], []
    for _ in range(300):
        users, strata, outcomes = clustered(rng, 80, 4, 0.5)
        levels = rng.integers(0, 4, 80)[users]
        found = score_test(outcomes, levels, strata, users)
        ours.append(found.p_value < 0.05)
        plain.append(chi2.sf(found.statistic, found.rank) < 0.05)
    assert np.mean(plain) > 0.3
    assert np.mean(ours) < 0.08


def test_what_is_there_is_found():
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(100):
        users, strata, _ = clustered(rng, 150, 3, 0)
        levels = rng.integers(0, 5, len(users))
        outcomes = (rng.random(len(users)) < 0.5 + 0.25 * (levels == 1)).astype(float)
        hits.append(score_test(outcomes, levels, strata, users).p_value < 0.05)
    assert np.mean(hits) > 0.9


@pytest.mark.parametrize(
    ("outcomes", "levels", "strata"),
    [
        ([1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]),
        ([1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]),
        ([1, 0, 1, 0], [0, 0, 1, 1], [0, 0, 1, 1]),
        ([1, 0], [0, 1], [0, 1]),
    ],
    ids=["one outcome", "one level", "levels are strata", "one a stratum"],
)
def test_without_anything_to_compare_there_is_no_p_value(outcomes, levels, strata):
    found = score_test(
        np.array(outcomes, float), np.array(levels), np.array(strata), np.arange(len(levels))
    )
    assert found.rank == 0
    assert np.isnan(found.p_value)
