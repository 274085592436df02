"""Labels as categories."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.levels import are_shared, levelled


def labels(**counts):
    return pd.Series([name for name, count in counts.items() for _ in range(count)], dtype="str")


def test_rare_labels_are_pooled_and_missing_ones_stay_missing():
    given = pd.concat([labels(b=12, a=10, c=9, d=1), pd.Series([None], dtype="str")])
    given = given.reset_index(drop=True)
    found = levelled(given, np.arange(len(given)), personal=False)
    assert found.own == 2
    assert found.series.cat.categories.tolist() == ["a", "b", "other"]
    assert found.series.value_counts().to_dict() == {"b": 12, "a": 10, "other": 10}
    assert found.series.isna().tolist() == given.isna().tolist()
    assert found.series[:22].astype("str").tolist() == given[:22].tolist()


def test_a_label_of_few_people_is_pooled_however_often_they_say_it():
    given = labels(a=20, b=20)
    people = np.r_[np.arange(20) % 4, np.arange(20) % 5]
    assert levelled(given, people, personal=False).series.cat.categories.tolist() == ["b", "other"]
    assert are_shared(given, people, personal=False).tolist() == [False] * 20 + [True] * 20


def test_of_personal_fields_what_would_be_masked_is_pooled():
    given = labels(**{"ann@example.com": 20, "+49 171 5550123": 20, "2026-01-18": 20, "book": 20})
    found = levelled(given, np.arange(len(given)), personal=True)
    assert found.series.cat.categories.tolist() == ["book", "other"]
    assert levelled(given, np.arange(len(given)), personal=False).own == 4


def test_a_label_that_is_named_other_joins_the_rare_ones():
    found = levelled(labels(other=12, x=1), np.arange(13), personal=False)
    assert found.series.tolist() == ["other"] * 13


def test_nothing_known_gives_no_levels():
    found = levelled(pd.Series([None, None], dtype="str"), np.arange(2), personal=True)
    assert (found.own, found.series.isna().all(), found.series.dtype) == (0, True, "category")
    assert len(levelled(pd.Series([], dtype="str"), np.arange(0), personal=True).series) == 0
