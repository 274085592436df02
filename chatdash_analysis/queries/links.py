"""Queries, the clusters that they are in, and the conversations in which they were asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import read_moment
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = [
    "UNASSIGNED",
    "Links",
    "link",
    "loaded",
    "misunderstood",
    "require_clusters",
    "unclustered",
]

# The label of all queries that are in no cluster.
UNASSIGNED = "unassigned"
_CLUSTERED = "Pass what cluster_queries(misunderstood_queries(conversations)) returns."
_MISUNDERSTOOD = "misunderstood_count"


@dataclass(frozen=True, slots=True)
class Links:
    """One entry a query: its conversation and its cluster.

    Attributes
    ----------
    summary : pandas.DataFrame
        The clusters; cluster 0 is the first row.
    conversations : numpy.ndarray of int64
        Place of each query's conversation in the table of conversations.
    clusters : numpy.ndarray of int64
        Each query's cluster; the number after the last one is "unassigned".
    """

    summary: pd.DataFrame
    conversations: Codes
    clusters: Codes

    @property
    def series(self) -> int:
        """How many series there are: the clusters, and what is unassigned."""
        return len(self.summary) + 1

    @property
    def ids(self) -> pd.Series:
        """The id of each series, missing for what is unassigned."""
        return pd.Series([*self.summary["cluster_id"], None], dtype="str")

    @property
    def labels(self) -> pd.Series:
        """The label of each series."""
        return pd.Series([*self.summary["label"], UNASSIGNED], dtype="str")

    def pairs(self) -> tuple[Codes, Codes]:
        """Return conversation and series of each pair that occurs, each pair once."""
        pair = np.unique(self.conversations * self.series + self.clusters)
        return pair // self.series, pair % self.series


def link(clusters: Any, conversations: pd.DataFrame, *, summary: Sequence[str], use: str) -> Links:
    """Find the conversation and the cluster of each query.

    Parameters
    ----------
    clusters : QueryClusters
        Its ``queries`` and ``summary`` are read.
    conversations : pandas.DataFrame
        Conversations, one row each.
    summary : sequence of str
        Columns that the summary has to have.
    use : str
        Name of the function that asks, for messages.

    Raises
    ------
    InputError
        If a query's conversation or cluster is not there, or there are two of them.
    MissingColumnsError
        If a column is not there.
    """
    require_dataframe(conversations, use)
    queries, found = require_clusters(
        clusters, use, queries=["conversation_id", "cluster_id"], summary=summary
    )
    found = found.reset_index(drop=True)
    return Links(
        found,
        _places(queries["conversation_id"], conversations["conversation_id"], use),
        _numbers(queries["cluster_id"], found["cluster_id"], use),
    )


def require_clusters(
    clusters: Any, use: str, *, queries: Sequence[str], summary: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the queries and the summary of clusters, which have the columns that `use` needs.

    Raises
    ------
    InputError
        If these are no clusters.
    MissingColumnsError
        If a column is not there.
    """
    if not hasattr(clusters, "queries") or not hasattr(clusters, "summary"):
        raise InputError(f"{use} takes clusters, not a {type(clusters).__name__}. {_CLUSTERED}")
    tables = clusters.queries, clusters.summary
    for table, needed in zip(tables, (queries, summary), strict=True):
        require_dataframe(table, use)
        require_columns(table, needed, use, advice=_CLUSTERED)
    return tables


def _places(asked: pd.Series, held: pd.Series, use: str) -> Codes:
    known = pd.Index(held)
    if known.dropna().has_duplicates:
        raise InputError(
            f"{use}: the table has conversations twice, so that they would count twice. Keep one"
            " row of each, with drop_duplicates('conversation_id') for example."
        )
    named = np.flatnonzero(held.notna())
    places = known[named].get_indexer(pd.Index(asked))
    lost = int((places < 0).sum())
    if lost:
        raise InputError(
            f"{use}: the conversations of {lost} of {len(asked)} queries are not in the table. Pass"
            " all conversations of which the queries were taken; for a part of them, cluster"
            " that part or let clusters.assign(...) look at its queries."
        )
    return np.asarray(named[places], dtype=np.int64)


def _numbers(asked: pd.Series, held: pd.Series, use: str) -> Codes:
    known = pd.Index(held)
    if known.has_duplicates or known.hasnans:
        raise InputError(
            f"{use}: clusters.summary has a cluster twice, or one without id. {_CLUSTERED}"
        )
    numbers = known.get_indexer(pd.Index(asked))
    lost = (numbers < 0) & asked.notna().to_numpy(dtype=bool)
    if lost.any():
        raise InputError(
            f"{use}: {int(lost.sum())} queries are in clusters that clusters.summary does not list."
            f" {_CLUSTERED}"
        )
    return np.where(numbers < 0, len(held), numbers).astype(np.int64)


def unclustered(links: Links, conversations: pd.DataFrame) -> Mask:
    """Tell which conversations have misunderstood queries that are not among those linked.

    Nothing is known of the clusters of such conversations.
    """
    if _MISUNDERSTOOD not in conversations:
        return np.zeros(len(conversations), dtype=bool)
    asked = misunderstood(conversations) > 0
    asked[links.conversations] = False
    return asked


def misunderstood(conversations: pd.DataFrame) -> NDArray[np.float64]:
    """Return how many queries of each conversation were misunderstood; NaN where unknown."""
    column = conversations[_MISUNDERSTOOD]
    if not pd.api.types.is_numeric_dtype(column):
        raise InputError(
            f"{_MISUNDERSTOOD} is {column.dtype}, not a number of queries. Turn it into numbers"
            " first."
        )
    return np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))


def loaded(conversations: pd.DataFrame) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """Return from when to when conversations were loaded, as far as the table says."""
    origin = conversations.attrs.get("chatdash")
    origin = origin if isinstance(origin, dict) else {}
    start, end = (
        read_moment(origin[name], f"attrs['chatdash'][{name!r}]", "UTC")
        if origin.get(name)
        else None
        for name in ("start", "end")
    )
    # What was asked for may reach into the future; nobody has watched until then.
    return start, None if end is None else min(end, pd.Timestamp.now("UTC"))
