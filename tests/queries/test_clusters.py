"""Clusters of queries as users meet them, on topics that are known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries.clustering import fitting
from chatdash_analysis.sandbox.sample import Sample
from tests.queries.asked import TOPICS, asked, embed, strays, table, topic
from tests.queries.clustering.planted import agreement

DTYPES = {"cluster_id": "str", "confidence": "float64", "unassigned_reason": "str"}


@pytest.fixture(scope="module")
def texts():
    return [*asked(*TOPICS), *strays(5), "", "parcel please", "Parcel, please!"]


@pytest.fixture(scope="module")
def clusters(texts):
    return cda.cluster_queries(table(texts), embed=embed)


def _topics(queries):
    held = queries[queries["cluster_id"].notna()]
    return held["question"].map(topic), held["cluster_id"]


def test_planted_topics_are_found_and_strays_left_out(clusters, texts):
    queries = clusters.queries
    assert queries["question"].tolist() == texts
    assert agreement(*_topics(queries)) == 1
    assert queries["cluster_id"].nunique() == len(TOPICS)
    left = queries[queries["cluster_id"].isna()]
    assert set(strays(5)) | {""} <= set(left["question"])
    assert len(left) < 12


def test_columns_that_are_added_are_typed_and_go_together(clusters):
    queries = clusters.queries
    assert queries[[*DTYPES]].dtypes.astype(str).to_dict() == DTYPES
    none = queries["cluster_id"].isna()
    assert queries["confidence"].isna().equals(none)
    assert queries["unassigned_reason"].notna().equals(none)
    assert queries.loc[queries["question"] == "", "unassigned_reason"].tolist() == ["empty"]
    assert set(queries["unassigned_reason"].dropna()) <= {"empty", "off_topic", "few", "far"}
    assert queries["confidence"].dropna().between(0, 1, inclusive="right").all()


def test_ids_go_by_size_and_equal_questions_share_theirs(clusters):
    queries = clusters.queries
    sizes = queries["cluster_id"].value_counts()
    assert sizes.idxmax() == "q001"
    twice = queries[queries["question"].str.lower().str.startswith("parcel,")]
    assert len(set(queries.loc[queries["question"] == "parcel please", "cluster_id"])) == 1
    assert twice["cluster_id"].tolist() == ["q001"]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, tuple])
def test_texts_come_in_any_list(texts, kind):
    found = cda.cluster_queries(kind(texts), embed=embed)
    ids = found.queries["cluster_id"]
    assert agreement(ids.fillna("-"), _reference(texts)) == 1


def _reference(texts):
    return cda.cluster_queries(table(texts), embed=embed).queries["cluster_id"].fillna("-")


def test_the_given_table_is_not_changed_and_its_index_not_kept(texts):
    frame = table(texts).set_index(pd.Index(range(1_000, 1_000 + len(texts))))
    before = frame.copy(deep=True)
    queries = cda.cluster_queries(frame, embed=embed).queries
    pd.testing.assert_frame_equal(frame, before)
    assert queries.index.equals(pd.RangeIndex(len(texts)))
    pd.testing.assert_frame_equal(
        queries[["conversation_id", "user_id", "created_at"]],
        before[["conversation_id", "user_id", "created_at"]].reset_index(drop=True),
    )


def test_columns_of_our_names_are_replaced(texts):
    frame = table(texts, cluster_id="mine", confidence="high", unassigned_reason=1)
    queries = cda.cluster_queries(frame, embed=embed).queries
    assert queries[[*DTYPES]].dtypes.astype(str).to_dict() == DTYPES
    assert "mine" not in set(queries["cluster_id"])
    again = cda.cluster_queries(queries, embed=embed).queries
    pd.testing.assert_frame_equal(again, queries)


def test_missing_questions_count_as_empty():
    frame = pd.DataFrame({"question": [*asked("parcel", "refund"), None, np.nan, pd.NA]})
    queries = cda.cluster_queries(frame, embed=embed).queries
    assert queries["question"].tolist()[-3:] == ["", "", ""]
    assert queries["unassigned_reason"].tolist()[-3:] == ["empty"] * 3


@pytest.mark.parametrize("embedder", [embed, "tfidf"])
def test_the_order_of_the_rows_does_not_matter(texts, embedder):
    frame = table(texts)
    one = cda.cluster_queries(frame, embed=embedder)
    for seed in range(1):
        order = np.random.default_rng(seed).permutation(len(frame))
        other = cda.cluster_queries(frame.iloc[order], embed=embedder)
        pd.testing.assert_frame_equal(one.summary, other.summary, check_exact=True)
        pd.testing.assert_frame_equal(one.examples, other.examples)
        expected = one.queries.iloc[order].reset_index(drop=True)
        pd.testing.assert_frame_equal(other.queries, expected, check_exact=True)


def test_the_order_of_the_rows_does_not_matter_above_the_sample(monkeypatch):
    monkeypatch.setattr(fitting, "MOST", 150)
    texts = [*asked(*TOPICS, each=60), *strays(30)]
    one = cda.cluster_queries(texts, embed=embed).queries.set_index("question")
    other = cda.cluster_queries(texts[::-1], embed=embed).queries.set_index("question")
    pd.testing.assert_frame_equal(other.loc[one.index], one, check_exact=True)
    assert agreement(*_topics(one.reset_index())) > 0.97


def test_min_size_counts_queries():
    texts = [*asked(*TOPICS[:3], each=30), *["voucher gone"] * 4, "gym open", "gym open"]
    found = cda.cluster_queries(texts, embed=embed).queries
    assert found.loc[found["question"] == "voucher gone", "cluster_id"].notna().all()
    assert found.loc[found["question"] == "gym open", "cluster_id"].isna().all()
    more = cda.cluster_queries(texts, embed=embed, min_size=5).queries
    assert more.loc[more["question"] == "voucher gone", "cluster_id"].isna().all()


def test_finer_clusters_lie_inside_coarser_ones(texts):
    found = {
        name: cda.cluster_queries(texts, embed="tfidf", granularity=name).queries["cluster_id"]
        for name in ("fine", "normal", "coarse")
    }
    counts = [found[name].nunique() for name in ("fine", "normal", "coarse")]
    assert counts == sorted(counts, reverse=True)


def test_nothing_changes_clusters(clusters):
    before = clusters.queries, clusters.summary, clusters.examples, clusters.history
    for name in ("queries", "summary", "examples", "history"):
        got = getattr(clusters, name)
        got.loc[:, "cluster_id"] = "changed"
        got["more"] = 1
    after = clusters.queries, clusters.summary, clusters.examples, clusters.history
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other)
    with pytest.raises(dataclasses.FrozenInstanceError):
        clusters._state = None
    with pytest.raises(AttributeError):
        clusters.queries = None


def test_a_change_of_the_given_table_afterwards_does_not_matter(texts):
    frame = table(texts)
    clusters = cda.cluster_queries(frame, embed=embed)
    before = clusters.queries
    frame["question"] = "changed"
    frame.loc[0, "user_id"] = "changed"
    pd.testing.assert_frame_equal(clusters.queries, before)


def test_the_text_of_clusters_tells_how_many_there_are(clusters):
    assert repr(clusters).startswith("QueryClusters: 6 clusters of 158 queries, ")
    assert "% unassigned (version 1, normal, embedder callable:" in repr(clusters)
    assert repr(cda.cluster_queries([], embed=embed)).startswith("QueryClusters: 0 clusters of 0")


def test_known_texts_stay_and_new_ones_go_where_they_belong(clusters):
    queries = clusters.queries
    ids = dict(zip(*reversed(_topics(queries)), strict=True))
    of = {name: one for one, name in ids.items()}
    new = [*asked(*TOPICS, each=20, start=500), *strays(60)[40:]]
    found = clusters.assign(new)
    assert found[[*DTYPES]].dtypes.astype(str).to_dict() == DTYPES
    right = found["question"].map(topic).map(of)
    held = found["cluster_id"].notna()
    assert (found["cluster_id"] == right)[held].all()
    assert held[:120].mean() > 0.85
    assert (~held[120:]).mean() >= 0.9
    assert set(found["unassigned_reason"].dropna()) == {"far"}
    assert (found.loc[held, "confidence"] >= 0.05).all()
    known = clusters.assign(queries["question"])
    pd.testing.assert_frame_equal(known[[*DTYPES]], queries[[*DTYPES]], check_exact=True)


def test_nothing_is_assigned_to_nothing(clusters):
    found = clusters.assign([])
    assert found[[*DTYPES]].dtypes.astype(str).to_dict() == DTYPES
    assert len(found) == 0


def test_what_is_assigned_shows_names_of_merged_clusters(clusters):
    merged = clusters.merge(["q002", "q001"])
    queries = clusters.queries
    text = queries.loc[queries["cluster_id"] == "q001", "question"].iloc[0]
    assert merged.assign([text])["cluster_id"].tolist() == ["q002"]


def test_users_of_another_column_come_with_the_table_of_queries():
    conversations = cda.load_sample(300).assign(
        caller=lambda frame: frame["conversation_id"].str[-1]
    )
    queries = cda.misunderstood_queries(conversations, users="caller")
    clusters = cda.cluster_queries(queries, embed="tfidf", users="caller")
    counts = clusters.queries.dropna(subset="cluster_id").groupby("cluster_id")["caller"].nunique()
    summary = clusters.summary.set_index("cluster_id")
    assert summary["users"].to_dict() == counts.to_dict()
    with pytest.raises(MissingColumnsError, match="lacks customer"):
        cda.cluster_queries(queries, embed="tfidf", users="customer")
    with pytest.raises(InputError, match="users=5 is no name"):
        cda.cluster_queries(queries, embed="tfidf", users=5)


@pytest.fixture(scope="module")
def sample():
    queries = cda.misunderstood_queries(cda.load_sample(1_000))
    return cda.cluster_queries(queries, embed="use")


def test_planted_topics_of_the_sample_are_recovered(sample):
    from sklearn.metrics import adjusted_mutual_info_score

    queries = sample.queries
    truth = Sample(size=1_000, seed=0).truth()
    topics = pd.Series([truth.topic_of(question) for question in queries["question"]], dtype="str")
    on_topic = topics.notna()
    found = queries["cluster_id"].fillna("-")
    assert adjusted_mutual_info_score(topics[on_topic], found[on_topic]) > 0.7
    assert sample.unassigned_share < 0.15
    assert queries.loc[on_topic, "cluster_id"].isna().mean() < 0.1


def test_clusters_of_the_sample_hold_several_languages(sample):
    assert sample.summary["languages"].str.contains(",").mean() > 0.5


def test_labels_of_the_sample_are_masked_questions(sample):
    masked = set(sample.queries["scrubbed"])
    assert set(sample.summary["label"]) <= masked
    assert set(sample.examples["question"]) <= masked
