"""Settings, and what places new queries."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.model import FATES, Settings, new_rows, placed_fates
from chatdash_analysis.queries.pool import pool_of, query_table
from tests.queries.asked import TOPICS, asked, embed, strays


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"granularity": "medium"}, "granularity='medium' is not possible.*'fine'"),
        ({"granularity": None}, "granularity=None"),
        ({"granularity": ["fine"]}, "granularity"),
        ({"granularity": np.array(["fine", "coarse"])}, "granularity"),
        ({"min_size": 0}, "min_size=0 is too small. Give 1 or more"),
        ({"min_size": 2.5}, "min_size=2.5 is no whole number"),
        ({"min_size": True}, "min_size=True is no whole number"),
        ({"random_state": -1}, "random_state=-1 is too small"),
        ({"random_state": None}, "random_state=None is no whole number"),
        ({"random_state": "0"}, "random_state='0' is no whole number"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Settings(**settings)


def test_settings_of_numpy_can_be_saved():
    settings = Settings("fine", np.int64(4), np.uint8(7))
    assert json.loads(json.dumps(asdict(settings))) == {
        "granularity": "fine", "min_size": 4, "random_state": 7,
    }  # fmt: skip


def test_known_questions_stay_where_they_are_and_others_go_where_they_are_near():
    clusters = cda.cluster_queries(asked(*TOPICS[:4]), embed=embed)
    known, new = asked(*TOPICS[:4])[:3], ["parcel tomorrow", *strays(2)]
    pool = pool_of(query_table([*new, *known], "test"))
    rows = new_rows(clusters.model, pool)
    assert sorted(pool.texts[rows]) == sorted(new)
    vectors = np.array(embed(pool.texts[rows]), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    fates = placed_fates(clusters.model, pool, rows, vectors)
    assert fates.dtypes.astype(str).to_dict() == FATES
    assert fates["duplicate_group"].tolist() == pool.groups.tolist()
    found = fates.set_index(pool.texts)
    fitted = clusters.model.fates.set_index("duplicate_group")
    for text in known:
        expected = fitted.loc[found.loc[text, "duplicate_group"]]
        assert found.loc[text].drop("duplicate_group").equals(expected)
    parcels = clusters.queries.set_index("question")["cluster_id"].filter(like="parcel").mode()[0]
    assert found.loc["parcel tomorrow", "own_id"] == parcels
    assert found.loc[strays(2), "reason"].tolist() == ["far", "far"]
    assert found.loc[strays(2), ["own_id", "confidence"]].isna().all(axis=None)


def test_a_model_keeps_no_text_unless_words_are_compared():
    model = cda.cluster_queries(asked(*TOPICS[:2]), embed=embed).model
    assert len(model.fitted) == 0
    words = cda.cluster_queries(["no parcel", "parcel gone", "parcel?"], embed="tfidf").model
    assert sorted(words.fitted) == ["no parcel", "parcel gone", "parcel?"]
