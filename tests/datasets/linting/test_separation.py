"""How well one feature tells the target: against scikit-learn and SciPy, and where it must not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from chatdash_analysis.datasets.linting.adversary import auc_interval
from chatdash_analysis.datasets.linting.separation import (
    Asked,
    chance_of,
    folds_of,
    rank_auc,
    strength,
)
from tests.datasets.made import sentence


def told(feature, target, task="binary", people=None) -> float:
    people = np.arange(len(target)) if people is None else np.asarray(people)
    asked = Asked.of(task, pd.Series(target), people, folds_of(people, 0))
    return strength(pd.Series(feature), asked).value


def test_the_auc_is_that_of_scikit_learn_with_ties_too():
    rng = np.random.default_rng(1)
    for _ in range(20):
        values, flags = rng.integers(0, 8, 60).astype(float), rng.random(60) < 0.3
        assert rank_auc(values, flags) == pytest.approx(roc_auc_score(flags, values))
    assert np.isnan(rank_auc(values, np.ones(60, dtype=bool)))


def test_a_number_counts_in_both_directions_and_missing_values_do_not():
    rng = np.random.default_rng(2)
    flags = rng.random(400) < 0.4
    values = rng.normal(size=400) - flags
    values[::3] = np.nan
    known = ~np.isnan(values)
    expected = roc_auc_score(~flags[known], values[known])
    assert told(values, flags.astype(int)) == pytest.approx(expected)


def test_a_number_that_tells_in_the_middle_of_its_range_is_seen():
    rng = np.random.default_rng(3)
    values = rng.normal(size=2_000)
    target = (np.abs(values) < 0.7).astype(int)
    assert rank_auc(values, target == 1) == pytest.approx(0.5, abs=0.05)
    assert told(values, target) > 0.95


def test_absence_tells_as_well():
    target = np.tile([0, 1], 200)
    assert told(np.where(target == 1, np.nan, 3.0), target) == 1


def test_levels_of_one_row_each_tell_nothing():
    rng = np.random.default_rng(4)
    target = rng.integers(0, 2, 500)
    names = pd.Categorical([f"id {number}" for number in range(500)])
    assert told(names, target) <= 0.55
    assert told(pd.Categorical(np.where(target == 1, "yes", "no")), target) == 1


def test_levels_that_name_people_do_not_tell_of_other_people():
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(60), 10)
    target = np.repeat(rng.integers(0, 2, 60), 10)
    assert told(pd.Categorical(person.astype(str)), target, people=person) < 0.6


def test_the_words_of_a_text_are_judged_on_other_people():
    rng = np.random.default_rng(6)
    target = rng.integers(0, 2, 300)
    said = [sentence(rng) + (" appointment booked" if won else " called again") for won in target]
    assert told(pd.Series(said, dtype="str"), target) > 0.98
    noise = pd.Series([sentence(rng) for _ in target], dtype="str")
    assert told(noise, target) < 0.65
    assert told(pd.Series(["", None, "?"] * 100, dtype="str"), target) < 0.65


def test_of_several_classes_the_one_that_is_told_best_counts():
    rng = np.random.default_rng(7)
    target = rng.choice(["a", "b", "c"], 600)
    values = (target == "b") * 5 + rng.normal(size=600)
    expected = roc_auc_score(target == "b", values)
    assert told(values, target, "multiclass") == pytest.approx(expected)


def test_a_number_as_target_is_told_by_ranks():
    rng = np.random.default_rng(8)
    target = rng.exponential(size=500)
    values = -np.log(target) + rng.normal(scale=0.3, size=500)
    expected = abs(spearmanr(values, target).statistic)
    assert told(values, target, "regression") == pytest.approx(expected)


@pytest.mark.parametrize(
    "feature",
    [
        [np.nan] * 6, [1.0] * 6, [np.inf, -np.inf, 0, 1, 2, 3], [None, "a", "b", "a", None, "c"],
        pd.array([True, None, False, True, None, False], dtype="boolean"),
        pd.date_range("2026-01-01", periods=6, tz="UTC"), pd.Categorical([None] * 6),
    ],
)  # fmt: skip
@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
def test_odd_features_have_an_answer(feature, task):
    targets = {"binary": [0, 1] * 3, "regression": np.arange(6.0), "multiclass": list("abcabc")}
    value = told(feature, targets[task], task)
    assert np.isnan(value) or -1 <= value <= 1


def test_chance_counts_people_and_not_rows():
    target, values = np.repeat([0, 1, 0, 1], 100), np.repeat([1.0, 2.0, 1.0, 2.0], 100)
    for people, chance in ((np.arange(400), 1e-50), (np.repeat(np.arange(4), 100), 0.1)):
        asked = Asked.of("binary", pd.Series(target), people, folds_of(people, 0))
        found = strength(pd.Series(values), asked)
        assert found.value == 1
        assert (found.chance < 1e-50) if chance < 0.1 else (found.chance > 0.1)


def test_noise_is_rarely_called_sure():
    rng = np.random.default_rng(9)
    sure = 0
    for _ in range(300):
        target = np.r_[0, 1, rng.integers(0, 2, 10)]
        people = np.arange(12)
        asked = Asked.of("binary", pd.Series(target), people, folds_of(people, 0))
        sure += strength(pd.Series(rng.normal(size=12)), asked).chance < 0.01
    assert sure <= 9


@pytest.mark.parametrize("size", [4, 5, 6, 7, 8, 10, 15, 40])
def test_noise_is_rarely_called_sure_of_a_number(size):
    rng, people, target = np.random.default_rng(size), np.arange(size), np.arange(float(size))
    asked = Asked.of("regression", pd.Series(target), people, folds_of(people, 0))
    everybody = np.ones(size, dtype=bool)
    draws = np.argsort(rng.random((40_000, size)), axis=1).astype(float)
    centred = target - target.mean()
    found = np.abs((draws - target.mean()) @ centred) / (centred @ centred)
    values, counts = np.unique(np.round(found[found > 0.7], 6), return_counts=True)
    chances = np.array([chance_of(value, asked, everybody) for value in values])
    for level in (0.05, 0.01):
        assert counts[chances < level].sum() / 40_000 < 2 * level
    # As good as certain where there are enough.
    assert (chance_of(1.0, asked, everybody) < 1e-6) == (size >= 10)


def test_stretches_of_time_are_numbers_and_some_may_be_missing():
    target = np.tile([0, 1], 100)
    lasting = pd.Series(pd.to_timedelta(np.arange(200) * 2 + target, unit="s"))
    assert told(lasting, target) < 0.6
    assert told(pd.Series(pd.to_timedelta(target * 60 + 5, unit="s")), target) == 1
    assert told(lasting.where(target == 1), target) == 1


def test_numbers_that_are_codes_are_judged_as_levels_on_other_people():
    rng = np.random.default_rng(11)
    target, codes = rng.integers(0, 2, 1_200), rng.permutation(60).astype(float)
    coded = np.where(target == 1, rng.choice(codes[:30], 1_200), rng.choice(codes[30:], 1_200))
    assert told(coded, target) > 0.98
    assert told(rng.permutation(coded), target) < 0.6
    person = np.repeat(np.arange(60), 20)
    own = rng.integers(0, 2, 60)[person]
    assert told(rng.permutation(60).astype(float)[person], own, people=person) < 0.75


def test_the_interval_of_an_auc_holds_the_truth_where_people_differ():
    rng = np.random.default_rng(10)
    held, plain = 0, []
    for seed in range(150):
        person = np.repeat(np.arange(60), 5)
        flags = np.repeat(rng.random(60) < 0.5, 5)
        values = rng.normal(size=60)[person] + 0.5 * rng.normal(size=300) + flags
        value, low, high = auc_interval(values, flags, person, seed=seed)
        assert value == pytest.approx(roc_auc_score(flags, values))
        plain.append(value)
        # The difference of two draws is normal with variance 2.5, and mean 1.
        held += low <= 0.7365 <= high
    assert np.mean(plain) == pytest.approx(0.7365, abs=0.02)
    assert held / 150 > 0.89
