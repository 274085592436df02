"""Clusters that last: names, merges and marks from one fit to the next."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError
from tests.queries.asked import TOPICS, asked, embed, strays, table, topic


@pytest.fixture(scope="module")
def clusters():
    return cda.cluster_queries(table([*asked(*TOPICS), *strays(4)]), embed=embed)


def _ids(clusters):
    """Return the id that most queries of a topic have."""
    queries = clusters.queries.dropna(subset="cluster_id")
    return queries.groupby(queries["question"].map(topic))["cluster_id"].agg(
        lambda ids: ids.mode()[0]
    )


def test_the_same_queries_give_the_same_clusters(clusters):
    again = clusters.refit(clusters.queries)
    pd.testing.assert_frame_equal(again.queries, clusters.queries, check_exact=True)
    assert again.registry.version == 2
    assert again.history["event"].value_counts().to_dict() == {"born": 6, "kept": 6}


def test_ids_stay_when_a_tenth_is_new(clusters):
    more = table([*clusters.queries["question"], *asked(*TOPICS, each=3, start=700), *strays(6)])
    again = clusters.refit(more)
    pd.testing.assert_series_equal(_ids(again), _ids(clusters))
    assert len(again.queries) == len(more)


def test_a_new_topic_gets_a_new_id(clusters):
    again = clusters.refit(table([*asked(*TOPICS, "gym"), *strays(4)]))
    assert _ids(again)["gym"] == "q007"
    pd.testing.assert_series_equal(_ids(again).drop("gym"), _ids(clusters))


def test_ids_stay_in_a_new_period_without_a_common_text(clusters):
    later = table(asked(*TOPICS[1:], "gym", start=3_000))
    assert not set(later["question"]) & set(clusters.queries["question"])
    again = clusters.refit(later)
    expected = _ids(clusters).drop("parcel")
    pd.testing.assert_series_equal(_ids(again).drop("gym"), expected)
    assert "gone" in set(again.history["event"])
    back = again.refit(table(asked(*TOPICS, start=10)))
    assert _ids(back)["parcel"] == _ids(clusters)["parcel"]


def test_what_users_did_survives_a_refit(clusters):
    ids = _ids(clusters)
    first, other = ids["parcel"], ids["refund"]
    changed = clusters.rename(first, "Where is it").merge([first, other])
    changed = changed.mark_fixed(ids["pets"], at="2026-03-04")
    more = table([*clusters.queries["question"], *asked(*TOPICS, each=3, start=700)])
    for state in (changed, changed.refit(more), changed.refit(more).refit(clusters.queries)):
        summary = state.summary.set_index("cluster_id")
        assert summary.loc[first, "label"] == "Where is it"
        assert other not in summary.index
        assert _ids(state)["refund"] == first
        assert summary.loc[ids["pets"], "status"] == "fixed"
        assert summary.loc[ids["pets"], "fixed_at"] == pd.Timestamp("2026-03-04", tz="UTC")
    assert {"renamed", "merged_by_user", "fixed"} <= set(changed.refit(more).history["event"])
    assert changed.reopen(ids["pets"]).summary["status"].eq("open").all()


def test_operations_leave_what_they_start_from_as_it_was(clusters):
    before = clusters.summary
    clusters.rename("q001", "Name")
    clusters.merge(["q001", "q002"])
    clusters.mark_fixed("q001", at="2026-03-04")
    clusters.refit(clusters.queries)
    pd.testing.assert_frame_equal(clusters.summary, before)
    assert clusters.history["event"].eq("born").all()


def test_a_refit_embeds_each_text_only_with_the_embedder_it_had(clusters):
    assert clusters.refit(asked("gym")).model.fingerprint == clusters.model.fingerprint


def test_a_refit_that_compares_words_learns_the_new_words():
    texts = ["where is my parcel", "my parcel is late", "parcel lost", "refund me", "a refund now"]
    clusters = cda.cluster_queries(texts, embed="tfidf", min_size=2)
    again = clusters.refit([*texts, "gym closed", "is the gym open", "gym"])
    assert again.model.fingerprint != clusters.model.fingerprint
    assert "gym" in again.model.fitted
    assert again.assign(["gym closed"])["unassigned_reason"].tolist() != ["far"]


@pytest.mark.parametrize("nothing", [[], [""], pd.DataFrame({"question": []})])
def test_a_refit_of_nothing_keeps_what_is_known(clusters, nothing):
    again = clusters.refit(nothing)
    assert len(again.summary) == 0
    back = again.refit(clusters.queries)
    pd.testing.assert_series_equal(_ids(back), _ids(clusters))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda c: c.rename("q999", "Name"),
        lambda c: c.rename(5, "Name"),
        lambda c: c.rename("q001", ""),
        lambda c: c.rename("q001", None),
        lambda c: c.merge("q001"),
        lambda c: c.merge(["q001"]),
        lambda c: c.merge(["q001", "q999"]),
        lambda c: c.merge(None),
        lambda c: c.mark_fixed("q001", at="yesterday"),
        lambda c: c.mark_fixed("q999", at="2026-03-01"),
        lambda c: c.reopen("q999"),
        lambda c: c.name_with("Name"),
        lambda c: c.name_with(lambda questions: None),
        lambda c: c.name_with(lambda questions: ""),
        lambda c: c.name_with(lambda questions: "x" * 81),
        lambda c: c.assign(5),
        lambda c: c.refit("parcel"),
    ],
)
def test_what_cannot_be_done_is_refused(clusters, wrong):
    with pytest.raises(InputError):
        wrong(clusters)


def test_a_callable_names_clusters_from_masked_questions_and_its_names_are_masked():
    texts = [f"{text} jo@example.org" for text in asked(*TOPICS[:3])]
    clusters = cda.cluster_queries(texts, embed=embed).rename("q001", "Mine")
    seen = []

    def namer(questions):
        seen.append(questions)
        return f"About {topic(questions[0])}, ask jo@example.org"

    named = clusters.name_with(namer)
    assert len(seen) == 2
    assert all(0 < len(questions) <= 3 for questions in seen)
    assert "example.org" not in str(seen)
    labels = named.summary.set_index("cluster_id")["label"]
    assert labels["q001"] == "Mine"
    assert labels["q002"].endswith("ask [email]")
    numbers = named.summary.select_dtypes("number")
    pd.testing.assert_frame_equal(numbers, clusters.summary.select_dtypes("number"))
    assert named.refit(texts).summary.set_index("cluster_id")["label"].equals(labels)


def test_what_a_callable_raises_is_not_hidden(clusters):
    def namer(questions):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        clusters.name_with(namer)


def test_the_model_of_a_fit_does_not_see_later_changes(clusters):
    vectors = clusters.model.vectors.copy()
    clusters.refit(asked("gym"))
    np.testing.assert_array_equal(clusters.model.vectors, vectors)
