"""Pools of a few queries: nothing is forced together, and a topic is found where there is one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.queries.clusters import cluster_queries

PARCEL = [
    "where is my parcel",
    "where's my package",
    "my parcel has not arrived",
    "track my parcel please",
    "when will my package be delivered",
]
UNRELATED = [
    "where is my parcel",
    "do you have vegan pizza",
    "my printer is broken",
    "how tall is the eiffel tower",
    "can i bring my dog",
]


def test_five_queries_about_one_thing_are_one_cluster():
    clusters = cluster_queries(PARCEL, embed="use")
    assert clusters.summary["n"].tolist() == [5]


def test_five_queries_about_five_things_are_none():
    clusters = cluster_queries(UNRELATED, embed="use")
    assert clusters.summary.empty
    assert clusters.unassigned_share == 1


def test_words_at_random_are_no_large_cluster():
    random = np.random.default_rng(0)
    nouns = ["tree", "car", "moon", "dog", "shoe", "glass", "river", "book", "stone", "cloud"]
    texts = [" ".join(random.choice(nouns, 4)) for _ in range(60)]
    summary = cluster_queries(texts, embed="use").summary
    assert summary["share"].max() < 0.35
    assert not summary["stability_grade"].eq("firm").any()


@pytest.mark.parametrize("share", [1.1, 1.3])
def test_clusters_keep_their_ids_when_queries_arrive(share):
    from chatdash_analysis.queries.questions import misunderstood_queries
    from chatdash_analysis.sandbox.sampling import load_sample

    queries = misunderstood_queries(load_sample(2_000)).sort_values("created_at")
    before = cluster_queries(queries.head(round(len(queries) / share)), embed="use")
    after = before.refit(queries)
    old = before.queries.set_index("query_id")["cluster_id"]
    new = after.queries.set_index("query_id")["cluster_id"].reindex(old.index)
    assert after.history.query("event == 'kept'")["cluster_id"].nunique() >= 0.95 * old.nunique()
    both = old.notna() & new.notna()
    assert (old[both] == new[both]).mean() > 0.95


def test_the_same_query_twice_is_refused():
    from chatdash_analysis.errors import InputError

    table = pd.DataFrame({"question": ["a", "b"], "query_id": ["c1/0", "c1/0"]})
    with pytest.raises(InputError, match="1 rows have a query_id that was there before"):
        cluster_queries(table, embed="tfidf")


def test_a_text_that_is_masked_in_one_conversation_is_shown_masked():
    texts = ["please have rossi ring me back"] * 3
    table = pd.DataFrame(
        {
            "question": texts,
            "prepared": texts,
            "scrubbed": ["please have [name] ring me back", *texts[1:]],
            "normal_form": texts,
            "duplicate_group": ["d"] * 3,
            "language": ["en"] * 3,
        }
    )
    clusters = cluster_queries(table, embed="tfidf")
    assert clusters.summary["label"].tolist() == ["please have [name] ring me back"]
    assert "rossi" not in clusters.examples.to_string() + repr(clusters.model)
