"""One state of clusters: the queries, what was found in them, and what the registry knows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.queries.facts import cluster_facts
from chatdash_analysis.queries.model import Model, Settings, fit_pool, model_of
from chatdash_analysis.queries.registry.refitting import first_registry, next_registry
from chatdash_analysis.queries.registry.state import shown_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from chatdash_analysis.queries.embedding.protocol import Embedder
    from chatdash_analysis.queries.pool import Pool
    from chatdash_analysis.queries.registry.state import Registry

__all__ = ["State", "next_state", "own_ids", "state_of", "with_clusters"]

# A new question is held to a cluster only in the nearer half of its members: it may belong to a
# topic that is new.
_SURE = 0.5
_ADDED = ["cluster_id", "confidence", "unassigned_reason"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class State:
    """What `QueryClusters` holds.

    Attributes
    ----------
    settings : Settings
        How queries are clustered.
    users : str
        The column of people, which the rows need not have.
    model : Model
        What places new queries.
    registry : Registry
        Ids, names and marks.
    rows, own : pandas.DataFrame
        The queries as they were given, and what became of each (`own_ids`).
    facts, examples : pandas.DataFrame
        As of `cluster_facts`.
    """

    settings: Settings
    users: str
    model: Model
    registry: Registry
    rows: pd.DataFrame
    own: pd.DataFrame
    facts: pd.DataFrame
    examples: pd.DataFrame


def state_of(
    table: pd.DataFrame,
    pool: Pool,
    embedder: Embedder,
    *,
    settings: Settings,
    users: str,
    registered: Callable[..., Registry] = first_registry,
    known: NDArray[np.int64] | None = None,
) -> State:
    """Cluster the questions of a pool.

    Parameters
    ----------
    table, pool
        The queries, and the distinct questions of them.
    embedder : Embedder
        Makes the vectors.
    settings, users
        As of `State`.
    registered : callable
        From the number of the cluster and the ``weights`` of each duplicate group to a registry.
    known : numpy.ndarray of int64, optional
        The cluster that each distinct question was in before, -1 where none is known.
    """
    vectors = _embedded(pool, embedder)
    fit = fit_pool(pool, vectors, settings, known)
    groups = pd.Index(pool.groups, dtype="str", name="duplicate_group")
    numbers, weights = (pd.Series(values, index=groups) for values in (fit.owners, pool.weights))
    registry = registered(numbers, weights=weights)
    ids = _ids_of_numbers(registry, numbers, fit.number)
    facts, examples = cluster_facts(fit, pool, vectors, ids, settings=settings)
    model = model_of(fit, pool, embedder, ids)
    rows = table.drop(columns=_ADDED, errors="ignore")
    return State(
        settings=settings, users=users, model=model, registry=registry, rows=rows,
        own=own_ids(pool, model.fates), facts=facts, examples=examples,
    )  # fmt: skip


def next_state(
    state: State, table: pd.DataFrame, pool: Pool, embedder: Embedder, fates: pd.DataFrame
) -> State:
    """Cluster other queries, near to the clusters there are.

    Parameters
    ----------
    state : State
        The clusters so far.
    table, pool, embedder
        As of `state_of`.
    fates : pandas.DataFrame
        Where the clusters so far place the questions of the pool, in its order.
    """
    assigned = fates.set_index("duplicate_group")["own_id"]
    return state_of(
        table, pool, embedder,
        settings=state.settings, users=state.users,
        registered=partial(next_registry, state.registry, assigned=assigned),
        known=_known(state, fates),
    )  # fmt: skip


def _known(state: State, fates: pd.DataFrame) -> NDArray[np.int64]:
    """Return the number of the cluster of each question that surely belongs to one."""
    old = fates["duplicate_group"].isin(state.model.fates["duplicate_group"])
    sure = old | (fates["confidence"] >= _SURE)
    return np.asarray(pd.factorize(fates["own_id"].where(sure))[0], dtype=np.int64)


def _embedded(pool: Pool, embedder: Embedder) -> NDArray[np.float32]:
    # Asked for its fingerprint, an embedder knows its width even where there is nothing to embed.
    _ = embedder.fingerprint
    return embedder.embed(pool.texts.tolist())


def _ids_of_numbers(registry: Registry, numbers: pd.Series, number: int) -> NDArray[Any]:
    """Return the registry's own id of each number of the fit."""
    members = registry.members.set_index("duplicate_group")["cluster_id"].reindex(numbers.index)
    ids = np.full(number, None, dtype=object)
    held = numbers.to_numpy() >= 0
    ids[numbers.to_numpy()[held]] = members.to_numpy(dtype=object)[held]
    return ids


def own_ids(pool: Pool, fates: pd.DataFrame) -> pd.DataFrame:
    """Return what became of each query: ``own_id``, ``confidence`` and ``reason``.

    Parameters
    ----------
    pool : Pool
        The queries, folded.
    fates : pandas.DataFrame
        What became of each question of the pool, in its order.
    """
    own = fates[["own_id", "confidence", "reason"]].reindex(pool.codes).reset_index(drop=True)
    return own.assign(reason=own["reason"].mask(pool.codes < 0, "empty"))


def with_clusters(rows: pd.DataFrame, own: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Return queries with the cluster that is shown, confidence and reason."""
    columns = (shown_ids(registry, own["own_id"]), own["confidence"], own["reason"])
    table = rows.drop(columns=_ADDED, errors="ignore")
    return table.assign(**dict(zip(_ADDED, columns, strict=True)))
