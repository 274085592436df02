"""Queries beside their clusters and conversations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.links import link, loaded, unclustered
from tests.queries.clustered import clusters_of

FRAME = pd.DataFrame(
    {
        "conversation_id": pd.Series(["c1", "c2", None, "c3", "c4", None], dtype="str"),
        "misunderstood_count": [0, 2, 0, 1, 1, 0],
    }
)
QUERIES = [("c3", "q2"), ("c2", "q1"), ("c2", "q1"), ("c2", None)]


def linked(queries=QUERIES, ids=("q1", "q2"), frame=FRAME):
    return link(clusters_of(queries, list(ids)), frame, summary=["cluster_id", "label"], use="this")


def test_queries_find_their_conversation_and_their_cluster():
    links = linked()

    assert links.conversations.tolist() == [3, 1, 1, 1]
    assert links.clusters.tolist() == [1, 0, 0, 2]
    assert links.ids.fillna("-").tolist() == ["q1", "q2", "-"]
    assert links.labels.tolist() == ["about q1", "about q2", "unassigned"]


def test_pairs_count_each_conversation_once_a_cluster():
    conversations, series = linked().pairs()

    assert list(zip(conversations.tolist(), series.tolist(), strict=True)) == [
        (1, 0), (1, 2), (3, 1),
    ]  # fmt: skip


def test_conversations_whose_queries_nobody_clustered_are_found():
    frame = FRAME.assign(misunderstood_count=FRAME["misunderstood_count"].astype("Int64"))
    frame.loc[0, "misunderstood_count"] = pd.NA

    assert np.flatnonzero(unclustered(linked(frame=frame), frame)).tolist() == [4]
    bare = FRAME.drop(columns="misunderstood_count")
    assert not unclustered(linked(frame=bare), bare).any()


def test_numbers_written_as_text_are_refused():
    frame = FRAME.assign(misunderstood_count="1")

    with pytest.raises(InputError, match="not a number of queries"):
        unclustered(linked(frame=frame), frame)


def test_queries_without_conversation_and_clusters_named_twice_are_refused():
    with pytest.raises(InputError, match="conversations of 1 of 2 queries"):
        linked([("c1", "q1"), ("gone", "q1")])
    with pytest.raises(InputError, match="conversations of 1 of 1 queries"):
        linked([(None, "q1")])
    with pytest.raises(InputError, match="a cluster twice"):
        linked(ids=("q1", "q2", "q1"))
    with pytest.raises(InputError, match="1 queries are in clusters"):
        linked([("c1", "q9")])


def test_end_of_what_was_loaded_is_never_in_the_future():
    frame = FRAME.copy()
    assert loaded(frame) == (None, None)
    frame.attrs["chatdash"] = {"start": "2026-01-01", "end": "2999-01-01T00:00Z"}

    start, end = loaded(frame)

    assert start == pd.Timestamp("2026-01-01", tz="UTC")
    assert end <= pd.Timestamp.now("UTC")
