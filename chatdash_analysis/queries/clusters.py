"""Group queries that ask the same, and load groups that were saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.choosing import choose_embedder
from chatdash_analysis.queries.model import Settings
from chatdash_analysis.queries.pool import pool_of, query_table
from chatdash_analysis.queries.result import QueryClusters
from chatdash_analysis.queries.saved import load_state
from chatdash_analysis.queries.state import state_of
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chatdash_analysis.queries.clustering.tree import Granularity

    Embed = str | Callable[[list[str]], Any] | None

__all__ = ["QueryClusters", "cluster_queries", "load_clusters"]

_USERS = "user_id"


def cluster_queries(
    queries: Any,
    *,
    granularity: Granularity = "normal",
    min_size: int = 3,
    embed: Embed = None,
    random_state: int = 0,
    users: str = _USERS,
) -> QueryClusters:
    """Group queries that ask the same, however they are worded.

    How many clusters there are is found from the data. Equal questions are folded before and
    counted after. Nothing is sent anywhere, and the order of the rows does not matter.

    Parameters
    ----------
    queries : pandas.DataFrame, Series or list of str
        The table of `misunderstood_queries`, or any texts (in a table: column ``question``;
        ``language``, ``created_at``, ``conversation_id`` are read where it has them). Missing
        texts count as empty.
    granularity : {"normal", "fine", "coarse"}
        How much is one topic: three cuts through one tree.
    min_size : int
        Fewer queries are no cluster.
    embed : str or callable, optional
        ``"use"`` (Universal Sentence Encoder, 16 languages: extra ``text``), ``"minilm"`` (English:
        extra ``text-best``), ``"minilm+use"``, ``"tfidf"`` (words only, no model), or a callable
        that turns a list of texts into an array with a row for each. By default the best one
        that is installed for these texts.
    random_state : int
        Seed of what is drawn: the samples for stability, and of more than 8,000 distinct
        questions those that the tree is made of.
    users : str
        Column that names people; the default one need not be there.

    Returns
    -------
    QueryClusters
        With `queries`, `summary`, `examples`, `history`, and methods to assign new queries, refit,
        rename, merge, mark as fixed and save.

    Raises
    ------
    InputError
        If an argument cannot be used, or the embedder is not installed.
    MissingColumnsError
        If a table has no column ``question``, or not the column `users` that was named.

    Warns
    -----
    NoModelWarning
        If no model is installed, so that words are compared instead.

    Notes
    -----
    Distinct questions are embedded and centred, language by language; those far from all
    others are left out; the tree is made by average linkage of smoothed vectors and of
    random walks on the graph of neighbours, and cut where branches are hardly linked.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> queries = cda.misunderstood_queries(cda.load_sample(300))
    >>> clusters = cda.cluster_queries(queries, embed="tfidf")
    >>> unassigned = clusters.queries["cluster_id"].isna().sum()
    >>> int(clusters.summary["n"].sum() + unassigned) == len(queries)
    True
    """
    settings = Settings(granularity, min_size, random_state)
    _check_users(queries, users)
    table = query_table(queries, "cluster_queries")
    pool = pool_of(table)
    embedder = choose_embedder(embed, pool.texts.tolist(), pool.languages.tolist())
    state = state_of(table, pool, embedder, settings=settings, users=users)
    return QueryClusters(state, embed if callable(embed) else None)


def _check_users(queries: Any, users: str) -> None:
    if not isinstance(users, str):
        raise InputError(f"users={users!r} is no name of a column.")
    # The default is there or not; a name that was given is meant.
    if isinstance(queries, pd.DataFrame) and users != _USERS:
        require_columns(queries, [users], "cluster_queries", advice="Name the column of people.")


def load_clusters(
    path: str | Path, *, embed: Callable[[list[str]], Any] | None = None
) -> QueryClusters:
    """Load clusters that were saved by `QueryClusters.save`.

    Parameters
    ----------
    path : str or pathlib.Path
        The folder.
    embed : callable, optional
        Your own embedder again, where the clusters were made with one.

    Returns
    -------
    QueryClusters
        As they were when they were saved.

    Raises
    ------
    InputError
        If the folder is not there, is none of ours, or is damaged, or `embed` is no callable.

    Examples
    --------
    >>> import tempfile
    >>> import chatdash_analysis as cda
    >>> clusters = cda.cluster_queries(["no parcel", "parcel gone", "no parcel!"], embed="tfidf")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = cda.load_clusters(clusters.save(folder + "/clusters"))
    >>> again.summary.equals(clusters.summary)
    True
    """
    if embed is not None and not callable(embed):
        raise InputError(
            f"embed={embed!r} cannot be called. Give the callable that the clusters were made with,"
            " or leave it away: a named embedder is found by its name."
        )
    return QueryClusters(load_state(path), embed)
