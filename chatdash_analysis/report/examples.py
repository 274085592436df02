"""Which questions of a cluster a report shows: masked, and each of another person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.report.phrases import shown

if TYPE_CHECKING:
    from chatdash_analysis.queries.clusters import QueryClusters

__all__ = ["choose_examples"]

_KEYS = ["cluster_id", "scrubbed"]


def choose_examples(
    clusters: QueryClusters, topics: pd.DataFrame, *, most: int = 3
) -> pd.DataFrame:
    """Return up to so many questions of each cluster, the most representative first.

    Of each person at most one, of each wording at most one, and none that says what the
    label says. Whoever is not known is no person, so that no example comes from them.

    Parameters
    ----------
    clusters : QueryClusters
        Clusters of queries with ``user_id``.
    topics : pandas.DataFrame
        ``cluster_id`` and ``label`` of the clusters that may be shown, in the order wanted.
    most : int
        How many questions of each.

    Returns
    -------
    pandas.DataFrame
        ``cluster_id``, ``label`` and ``example``.
    """
    rows = _candidates(clusters, topics)
    rows = rows.drop_duplicates(["cluster_id", "user_id"])
    rows = rows.drop_duplicates(["cluster_id", "wording"])
    rows = rows.groupby("cluster_id").head(most)
    order = pd.Series(range(len(topics)), index=topics["cluster_id"])
    rows = rows.sort_values("cluster_id", key=lambda ids: ids.map(order), kind="stable")
    return rows[["cluster_id", "label", "example"]].reset_index(drop=True)


def _candidates(clusters: QueryClusters, topics: pd.DataFrame) -> pd.DataFrame:
    """Return the questions of known people, those that stand for their cluster first."""
    found = clusters.examples
    found = found[found["kind"] == "representative"].rename(columns={"question": "scrubbed"})
    rows = clusters.queries.merge(topics[["cluster_id", "label"]], on="cluster_id")
    rows = rows[rows["user_id"].notna()].merge(found[[*_KEYS, "rank"]], on=_KEYS, how="left")
    rows = rows.sort_values(
        ["cluster_id", "rank", "confidence", "query_id"], ascending=[True, True, False, True]
    )
    rows = rows.assign(example=rows["scrubbed"].map(shown), wording=_wording(rows["scrubbed"]))
    return rows[rows["wording"].ne("") & rows["wording"].ne(_wording(rows["label"]))]


def _wording(texts: pd.Series) -> pd.Series:
    """Return texts without case and whatever is neither letter nor digit nor mask."""
    return (
        texts.astype("str").str.casefold().str.replace(r"[^\w\[\]]+", " ", regex=True).str.strip()
    )
