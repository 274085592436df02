"""What `cluster_queries` returns: clusters, and what can be done with them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.choosing import choose_embedder, embedder_from
from chatdash_analysis.queries.model import new_rows, placed_fates
from chatdash_analysis.queries.own_names import named_with
from chatdash_analysis.queries.pool import pool_of, query_table
from chatdash_analysis.queries.registry import curation
from chatdash_analysis.queries.registry.state import shown_ids
from chatdash_analysis.queries.saved import save_state
from chatdash_analysis.queries.state import next_state, own_ids, with_clusters
from chatdash_analysis.queries.summary import shown_examples, shown_history, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from chatdash_analysis.queries.embedding.protocol import Embedder
    from chatdash_analysis.queries.model import Model, Settings
    from chatdash_analysis.queries.pool import Pool
    from chatdash_analysis.queries.registry.state import Registry
    from chatdash_analysis.queries.state import State
    from chatdash_analysis.spans import Moment

__all__ = ["QueryClusters"]


@dataclass(frozen=True, eq=False, repr=False)
class QueryClusters:
    """Clusters of queries; nothing changes them, operations return new ones.

    Made by `cluster_queries`, `load_clusters` and the methods below.
    """

    _state: State
    _embed: Callable[[list[str]], Any] | None = None

    def __repr__(self) -> str:
        number = shown_ids(self.registry, self._state.own["own_id"]).nunique()
        left = f", {100 * self.unassigned_share:.1f} % unassigned" if len(self._state.rows) else ""
        return (
            f"QueryClusters: {number} clusters of {len(self._state.rows)} queries{left}"
            f" (version {self.registry.version}, {self.settings.granularity},"
            f" embedder {self.model.embedder})"
        )

    @property
    def settings(self) -> Settings:
        """How queries are clustered: ``granularity``, ``min_size``, ``random_state``."""
        return self._state.settings

    @property
    def model(self) -> Model:
        """What places new queries: vectors, and with ``"tfidf"`` the texts it was fitted on."""
        return self._state.model

    @property
    def registry(self) -> Registry:
        """Ids, names, marks and members since the first fit."""
        return self._state.registry

    @property
    def queries(self) -> pd.DataFrame:
        """The queries in the order given, with the columns of `text_table` and three more.

        ``cluster_id`` (missing where unassigned), ``confidence`` (share of the cluster's members
        that lie no nearer to it, where those of all clusters count as 20 more: about 0.5 is
        typical; new queries need 0.05, those that the tree found may have less; missing where
        unassigned) and ``unassigned_reason``: ``empty`` (no text), ``off_topic`` (unlike
        anything others ask), ``few`` (too few like it), ``far`` (not near enough to a cluster) or,
        by `assign`, ``new`` (nearer to other new queries than to a cluster).
        They replace columns of these names; the index is counted anew.
        """
        return with_clusters(self._state.rows, self._state.own, self.registry)

    @property
    def summary(self) -> pd.DataFrame:
        """One row a cluster, the largest first.

        ``cluster_id``; ``label`` (a short real question, masked, or the name that was given),
        ``key_phrase``; ``status`` (``open`` or ``fixed``) and ``fixed_at``; ``n`` queries and
        their ``share`` of all, unassigned ones included; ``questions`` (distinct ones),
        ``conversations`` and ``users`` (missing where the table has no such column);
        ``first_seen``, ``last_seen``; ``languages``; ``cohesion`` (mean cosine of the members
        with their centre); ``stability`` (mean Jaccard index with what is found in 80 % of the
        questions; missing for rare clusters that only the rest of a sample showed) and
        ``stability_grade`` (``firm`` from .85, ``usable`` from .75, ``doubtful``
        from .6, else ``weak``); ``flags`` (``unstable``, ``few_users``).
        ``attrs["chatdash"]["unassigned"]`` holds number and share of what belongs nowhere.
        """
        return summarise(self.queries, self._state.facts, self.registry, users=self._state.users)

    @property
    def examples(self) -> pd.DataFrame:
        """Three representative and three border questions of each cluster, masked.

        ``cluster_id``, ``kind`` (``representative`` or ``border``), ``rank`` and ``question``.
        """
        return shown_examples(self._state.examples, self.registry)

    @property
    def history(self) -> pd.DataFrame:
        """What became of the clusters in each version, one row an event.

        ``version``, ``event`` (``born``, ``kept``, ``split``, ``merged``, ``gone``,
        ``returned``, ``renamed``, ``merged_by_user``, ``fixed``, ``reopened``), ``cluster_id``,
        ``other_id``, ``overlap``, ``name`` and ``at``.
        """
        return shown_history(self.registry)

    @property
    def unassigned_share(self) -> float:
        """Share of the queries that belong to no cluster; missing without queries."""
        left = self._state.own["own_id"].isna()
        return float(left.mean()) if len(left) else float("nan")

    def assign(self, queries: Any) -> pd.DataFrame:
        """Place new queries into the clusters there are, or leave them unassigned.

        A text that is known goes where it is; another one to the nearest cluster, if at least 5 %
        of the members lie no nearer (conformal p-value) and if other new queries are not nearer
        still: give those of a whole period at once, so that what is new is noticed.

        Parameters
        ----------
        queries : pandas.DataFrame, Series or list of str
            As of `cluster_queries`.

        Returns
        -------
        pandas.DataFrame
            The queries, with the same columns more as in `queries`.

        Raises
        ------
        InputError
            If these are no queries, or the embedder of the clusters cannot be had, or is another
            one now.
        MissingColumnsError
            If a table has no column ``question``.
        """
        table = query_table(queries, "assign")
        pool = pool_of(table)
        fates = self._fates(pool, self._embedder())
        return with_clusters(table, own_ids(pool, fates), self.registry)

    def refit(self, queries: Any) -> QueryClusters:
        """Cluster anew, with the ids, names, merges and marks there are.

        What was together tends to stay together, so that clusters change where the queries
        do. A cluster of which there are no queries any more is gone until it returns: to see a
        fix work, give the queries from before it too.

        Parameters
        ----------
        queries : pandas.DataFrame, Series or list of str
            All queries that the new clusters are to be made of: old and new ones, or those of
            another period alone.

        Returns
        -------
        QueryClusters
            The next version; `history` tells what became of each cluster.

        Raises
        ------
        InputError, MissingColumnsError
            As `assign`.
        """
        table = query_table(queries, "refit")
        pool = pool_of(table)
        embedder = self._embedder()
        fates = self._fates(pool, embedder)
        if self.model.embedder == "tfidf":
            embedder = choose_embedder("tfidf", pool.texts.tolist(), pool.languages.tolist())
        return QueryClusters(next_state(self._state, table, pool, embedder, fates), self._embed)

    def rename(self, cluster_id: str, name: str) -> QueryClusters:
        """Give a cluster a name of your own, which is shown as it is and survives refits.

        Parameters
        ----------
        cluster_id : str
            A cluster of the summary.
        name : str
            One line of 1 to 80 characters.

        Raises
        ------
        InputError
            If the id or the name cannot be used.
        """
        return self._with(curation.rename(self.registry, cluster_id, name=name))

    def merge(self, cluster_ids: Sequence[str]) -> QueryClusters:
        """Show several clusters as one from now on, under the first of the ids.

        Parameters
        ----------
        cluster_ids : sequence of str
            Two or more clusters of the summary. Refits still find each of them.

        Raises
        ------
        InputError
            If the ids cannot be used.
        """
        return self._with(curation.merge(self.registry, cluster_ids))

    def mark_fixed(self, cluster_id: str, *, at: Moment) -> QueryClusters:
        """Mark what a cluster asks about as fixed from an instant on; see `cluster_trends`.

        Parameters
        ----------
        cluster_id : str
            A cluster of the summary.
        at : str, date or datetime
            When the fix went live; UTC if it has no time zone.

        Raises
        ------
        InputError
            If the id or the instant cannot be used.
        """
        return self._with(curation.mark_fixed(self.registry, cluster_id, at=at))

    def reopen(self, cluster_id: str) -> QueryClusters:
        """Take back that a cluster is fixed.

        Raises
        ------
        InputError
            If there is no such cluster.
        """
        return self._with(curation.reopen(self.registry, cluster_id))

    def name_with(self, namer: Callable[[list[str]], str]) -> QueryClusters:
        """Name clusters by a callable of your own, such as one that asks a language model.

        It gets the representative questions of one cluster, masked, and returns a name. What it
        returns is masked and stands for the label, nothing else. Clusters that have a name keep
        it.

        Parameters
        ----------
        namer : callable
            From a list of questions to a text of 1 to 80 characters.

        Raises
        ------
        InputError
            If it returns anything else.
        """
        ids = self.summary["cluster_id"]
        return self._with(named_with(self.registry, ids, self.examples, namer))

    def save(self, path: str | Path) -> Path:
        """Save everything as a private folder of plain parquet files and a manifest in JSON.

        The folder is in its old or its new state at any time. It holds the queries as they were
        given, unmasked.

        Parameters
        ----------
        path : str or pathlib.Path
            A new folder, or one that was saved before.

        Raises
        ------
        InputError
            If the folder holds something else, or cannot be written, or a column of the queries
            is none that parquet can hold.
        """
        return save_state(path, self._state)

    def _with(self, registry: Registry) -> QueryClusters:
        return QueryClusters(dataclasses.replace(self._state, registry=registry), self._embed)

    def _fates(self, pool: Pool, embedder: Embedder) -> pd.DataFrame:
        new = new_rows(self.model, pool)
        return placed_fates(self.model, pool, new, embedder.embed(pool.texts[new].tolist()))

    def _embedder(self) -> Embedder:
        model = self.model
        embedder = embedder_from(model.embedder, model.fitted.tolist(), self._embed)
        if embedder.fingerprint != model.fingerprint:
            raise InputError(
                f"These clusters were made with the embedder {model.fingerprint}, but now it is"
                f" {embedder.fingerprint}: vectors of the two cannot be compared. Install the one"
                " they were made with, or cluster the queries again."
            )
        return embedder
