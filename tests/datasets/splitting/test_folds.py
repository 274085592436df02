"""Folds: each test after its training, people whole, rows where scikit-learn looks for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

import chatdash_analysis as cda
from chatdash_analysis.datasets.splitting.folds import cross_validation
from tests.datasets.made import clean, made, shuffled
from tests.datasets.splitting.test_splits import assert_clean, tables


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(2, 5), st.integers(0, 5), st.sampled_from(["train", "test"]))
def test_folds_keep_people_texts_and_times_apart(table, n_splits, embargo, keep):
    try:
        folds = cross_validation(table, n_splits=n_splits, embargo=f"{embargo}D", keep=keep)
    except cda.InputError:
        return
    assert len(folds) == n_splits
    for fold in folds:
        assert_clean(table, fold)
        last, first = fold.train.rows["created_at"].max(), fold.test.rows["created_at"].min()
        assert last < first - pd.Timedelta(days=embargo) or (embargo == 0 and last < first)


def test_without_people_in_common_folds_are_those_of_scikit_learn():
    table = made([0, 1] * 30)
    folds = cross_validation(table, n_splits=4)
    for fold, (train, test) in zip(folds, TimeSeriesSplit(4).split(table.features), strict=True):
        assert fold.train_rows.tolist() == train.tolist()
        assert fold.test_rows.tolist() == test.tolist()


def test_later_rows_are_named_as_such_and_each_row_but_the_first_is_tested_once():
    table = made([0, 1] * 30)
    folds = cross_validation(table, n_splits=4, embargo="2D")
    assert [fold.recipe["dropped"]["later than the test"] for fold in folds] == [36, 24, 12, 0]
    assert [fold.recipe["dropped"]["embargo"] for fold in folds] == [2, 2, 2, 2]
    tested = np.concatenate([fold.test_rows for fold in folds])
    assert tested.tolist() == list(range(12, 60))


def test_conversations_of_one_instant_stay_together():
    table = made([0, 1] * 20, days=np.repeat(np.arange(8), 5))
    for fold in cross_validation(table, n_splits=3):
        days = [set(part.rows["created_at"]) for part in fold]
        assert days[0] & days[1] == set()


def test_folds_go_into_scikit_learn():
    table = clean(np.random.default_rng(1))
    X, y, _ = table.to_sklearn()  # noqa: N806 - scikit-learn's own names
    folds = cross_validation(table, n_splits=3, embargo="1D", keep="train")
    model = HistGradientBoostingClassifier(max_iter=20, categorical_features="from_dtype")
    scores = cross_val_score(
        model, X, y, cv=[(fold.train_rows, fold.test_rows) for fold in folds], scoring="roc_auc"
    )
    assert scores.shape == (3,)
    assert scores.mean() > 0.55


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(2)
    table = clean(rng, rows=200, people=150)
    for one, other in zip(
        cross_validation(table), cross_validation(shuffled(table, rng)), strict=True
    ):
        for part in ("train", "test"):
            ids = [getattr(fold, part).rows["conversation_id"] for fold in (one, other)]
            assert set(ids[0]) == set(ids[1])


@pytest.mark.parametrize("n_splits", [1, 0, -3, True, 2.0, "5", None])
def test_a_number_of_splits_that_makes_no_sense_is_refused(n_splits):
    with pytest.raises(cda.InputError, match=r"n_splits=.* is no number of 2 or more"):
        cross_validation(made([0, 1] * 5), n_splits=n_splits)


def test_too_many_splits_for_the_times_are_refused():
    with pytest.raises(
        cda.InputError, match=r"different times than the table has \(2, in 20 rows\)"
    ):
        cross_validation(made([0, 1] * 10, days=[0] * 10 + [1] * 10), n_splits=3)
    with pytest.raises(cda.InputError, match="Give fewer splits"):
        cross_validation(made([0, 1, 0]), n_splits=5)


def test_a_fold_that_cannot_be_used_is_named():
    with pytest.raises(cda.InputError, match=r"Split 1 of 2, from 2026-01-05T.*one class"):
        cross_validation(made([0] * 4 + [0, 1] * 4), n_splits=2)
    with pytest.raises(cda.InputError, match=r"Split 1 of 2.*'person on both sides'"):
        cross_validation(made([0, 1] * 6, groups=["a"] * 12), n_splits=2)
