"""The table of clusters, recomputed from the queries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.queries.summary import SUMMARY, _grades, _languages
from tests.queries.asked import TOPICS, asked, embed, strays, table


@pytest.fixture(scope="module")
def clusters():
    texts = [*asked(*TOPICS[:4]), *strays(4), *["parcel please"] * 6]
    frame = table(texts, language=["en", "de", "en", None] * 27 + ["en", "de"])
    return cda.cluster_queries(frame, embed=embed)


def test_counts_are_those_of_the_queries(clusters):
    queries = clusters.queries
    summary = clusters.summary
    assert summary.dtypes.astype(str).to_dict() == SUMMARY
    for row in summary.itertuples():
        own = queries[queries["cluster_id"] == row.cluster_id]
        assert row.n == len(own)
        assert row.share == len(own) / len(queries)
        assert row.questions == len(set(own["normal_form"]))
        assert row.conversations == len(set(own["conversation_id"]))
        assert row.users == len(set(own["user_id"]))
        assert (row.first_seen, row.last_seen) == (own["created_at"].min(), own["created_at"].max())
        assert row.languages == _expected_languages(own["language"])


def _expected_languages(names):
    shares = 100 * names.fillna("unknown").value_counts(normalize=True)
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {round(share)} %" for name, share in ordered[:3])


def test_queries_that_were_sent_again_count_again(clusters):
    row = clusters.summary.iloc[0]
    assert row["n"] - row["questions"] == 5


def test_the_largest_cluster_comes_first(clusters):
    assert clusters.summary["n"].is_monotonic_decreasing
    assert clusters.summary["cluster_id"].tolist()[0] == "q001"


def test_what_belongs_nowhere_is_told(clusters):
    left = int(clusters.queries["cluster_id"].isna().sum())
    expected = {"n": left, "share": left / 110}
    assert clusters.summary.attrs["chatdash"]["unassigned"] == expected
    assert clusters.unassigned_share == expected["share"]
    assert left == 110 - clusters.summary["n"].sum()


def test_texts_alone_have_no_conversations_users_and_times():
    summary = cda.cluster_queries(asked(*TOPICS[:2]), embed=embed).summary
    assert summary[["conversations", "users", "first_seen", "last_seen"]].isna().all(axis=None)
    assert summary.dtypes.astype(str).to_dict() == SUMMARY


def test_without_queries_the_summary_is_empty_and_typed():
    clusters = cda.cluster_queries([], embed=embed)
    assert len(clusters.summary) == 0
    assert clusters.summary.dtypes.astype(str).to_dict() == SUMMARY
    assert np.isnan(clusters.summary.attrs["chatdash"]["unassigned"]["share"])


def test_users_may_stand_in_a_column_of_another_name():
    frame = table(asked(*TOPICS[:2])).rename(columns={"user_id": "caller"})
    summary = cda.cluster_queries(frame, embed=embed, users="caller").summary
    assert (summary["users"] > 0).all()
    assert cda.cluster_queries(frame, embed=embed).summary["users"].isna().all()


def test_grades_are_those_of_hennig():
    values = pd.Series([1, 0.85, 0.849, 0.75, 0.749, 0.6, 0.599, 0, np.nan])
    assert _grades(values).fillna("none").tolist() == [
        "firm", "firm", "usable", "usable", "doubtful", "doubtful", "weak", "weak", "none",
    ]  # fmt: skip


def test_clusters_of_few_people_are_flagged():
    few = table(asked(*TOPICS[:2]), user_id=["u1", "u2"] * 25)
    flags = cda.cluster_queries(few, embed=embed).summary["flags"]
    assert flags.str.contains("few_users").all()
    many = table(asked(*TOPICS[:2]), user_id=[f"u{place}" for place in range(50)])
    assert not cda.cluster_queries(many, embed=embed).summary["flags"].str.contains("few").any()


def test_of_merged_clusters_means_are_over_their_questions(clusters):
    before = clusters.summary.set_index("cluster_id")
    merged = clusters.merge(["q002", "q001"]).summary.set_index("cluster_id")
    assert "q001" not in merged.index
    assert merged.loc["q002", "n"] == before.loc[["q001", "q002"], "n"].sum()
    assert merged.loc["q002", "label"] == before.loc["q002", "label"]
    distinct = before.loc[["q001", "q002"], "questions"]
    for name in ("cohesion", "stability"):
        expected = np.average(before.loc[["q001", "q002"], name], weights=distinct)
        assert merged.loc["q002", name] == pytest.approx(expected, abs=1e-9)


def test_three_languages_at_most_are_named():
    rows = pd.DataFrame({"cluster_id": ["q001"] * 6, "language": ["b", "a", "c", "d", "a", None]})
    assert _languages(rows)["q001"] == "a 33 %, b 17 %, c 17 %"
