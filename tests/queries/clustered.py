"""Clusters by hand, for tests of what is computed of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pandas as pd

import chatdash_analysis as cda
from chatdash_analysis.sandbox.sample import Sample

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.truth import Truth


def summary_of(ids: list[str], **fixed_at: str) -> pd.DataFrame:
    """Return a summary of clusters, some of them fixed."""
    moments = pd.Series([fixed_at.get(own) for own in ids], dtype="object")
    return pd.DataFrame(
        {
            "cluster_id": pd.Series(ids, dtype="str"),
            "label": pd.Series([f"about {own}" for own in ids], dtype="str"),
            "status": pd.Series(
                ["fixed" if own in fixed_at else "open" for own in ids], dtype="str"
            ),
            "fixed_at": pd.to_datetime(moments, utc=True).astype("datetime64[us, UTC]"),
        }
    )


def clusters_of(
    queries: list[tuple[str, str | None]], ids: list[str], **fixed_at: str
) -> SimpleNamespace:
    """Return clusters of queries given as (conversation, cluster)."""
    table = pd.DataFrame(queries, columns=["conversation_id", "cluster_id"]).astype("str")
    return SimpleNamespace(queries=table, summary=summary_of(ids, **fixed_at))


def planted(size: int, *, fixed: bool = True) -> tuple[pd.DataFrame, SimpleNamespace, Truth]:
    """Return a sample, its queries in the clusters that were planted, and the truth."""
    conversations = cda.load_sample(size)
    truth = Sample(size=size, seed=0).truth()
    asked = conversations[conversations["misunderstood_count"] > 0]
    queries = [
        (name, truth.topic_of(question))
        for name, text in zip(asked["conversation_id"], asked["misunderstood_queries"], strict=True)
        for question in json.loads(text)
    ]
    ids = pd.Series([topic for _, topic in queries], dtype="str").value_counts().index.tolist()
    moment = {truth.fixed_topic: truth.fixed_at.isoformat()} if fixed else {}
    return conversations, clusters_of(queries, ids, **moment), truth
