"""Carry the ids of clusters, with their names and marks, from one fit to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.queries.registry.matching import id_order, is_among, match_members
from chatdash_analysis.queries.registry.regrouping import across_merges, joined
from chatdash_analysis.queries.registry.state import (
    CLUSTERS,
    EARLIER,
    HISTORY,
    MEMBERS,
    Registry,
    require_ids,
    shown_ids,
)
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from chatdash_analysis.queries.registry.matching import Matching

__all__ = ["MEMORY", "Registry", "first_registry", "next_registry", "shown_ids"]


# For so many refits the members of clusters and texts that are gone are kept.
MEMORY = 10


def first_registry(numbers: pd.Series, *, weights: pd.Series) -> Registry:
    """Give the clusters of a first fit their ids: q001, q002, ..., the largest first.

    Parameters
    ----------
    numbers : pandas.Series of int64
        Index: duplicate groups. Value: the number of the cluster, -1 where unassigned.
    weights : pandas.Series of int64
        Index: the same groups. Value: how many queries each holds.

    Returns
    -------
    Registry
        At the same size, the cluster with the smallest duplicate group comes first.

    Raises
    ------
    InputError
        If groups are doubled, or a weight is missing or below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers = pd.Series({"a": 0, "b": 1, "c": 1})
    >>> found = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    >>> found.members["cluster_id"].tolist()
    ['q002', 'q001', 'q001']
    """
    tables = (typed_table([], dtypes) for dtypes in (CLUSTERS, MEMBERS, EARLIER, HISTORY))
    return next_registry(Registry(0, *tables), numbers, weights=weights)


def next_registry(
    registry: Registry,
    numbers: pd.Series,
    *,
    weights: pd.Series,
    assigned: pd.Series | None = None,
) -> Registry:
    """Carry the ids over to the clusters of a refit, and record what became of each.

    A cluster keeps its id, its name and its marks as `match_members` says: if it is split,
    the larger part does; if two are merged, the larger one does, and the other is shown
    under its id; the other's name and marks stay with it in `Registry.clusters`, and its name
    stands in the history. What is found again after it was gone gets its id back, and is
    shown for itself again. Clusters that the user merged are still matched each for itself,
    and shown as one, together with new clusters made of several of them. New clusters take
    the next free number, the largest first; no number is ever used again.

    Parameters
    ----------
    registry : Registry
        The state before.
    numbers : pandas.Series of int64
        Index: the duplicate groups of the refit. Value: the number of the cluster, -1 where
        unassigned.
    weights : pandas.Series of int64
        Index: the same groups. Value: how many queries each holds.
    assigned : pandas.Series of str, optional
        Index: duplicate groups that the registry may not know. Value: the cluster that the
        model before the refit assigns them to (not the id that is shown), missing where to
        none, which counts as being outside of all. Needed where a refit has few texts in
        common with those before, such as those of a new month alone.

    Returns
    -------
    Registry
        The next version.

    Raises
    ------
    InputError
        If groups are doubled, a weight is missing or below 1, or an id is not known.
    """
    current, gone = _known(registry, assigned)
    found = match_members(current, numbers, weights=weights, gone=gone)
    ids = _with_births(found.ids, numbers, weights, len(registry.clusters))
    version = registry.version + 1
    events = _events(found, ids, registry, version)
    members = numbers.map(ids).astype("str").rename("cluster_id").rename_axis("duplicate_group")
    members = members.sort_index().reset_index().astype(MEMBERS)
    clusters = _found(registry.clusters, ids, events, version)
    # First those of the user: what a refit merges is then shown as what the user wanted.
    across = across_merges(clusters, members, known=current, weights=weights, version=version)
    return Registry(
        version=version,
        clusters=joined(joined(clusters, across, by="user"), _merged(events), by="refit"),
        members=members,
        earlier=_earlier(registry, members, version),
        history=pd.concat([registry.history, events, _told(across, version)], ignore_index=True),
    )


def _known(registry: Registry, assigned: pd.Series | None) -> tuple[pd.Series, pd.Series]:
    """Return where each group is known to be, and the last members of clusters that are gone."""
    rows = _all_members(registry)
    clusters = registry.clusters
    lost = clusters.loc[clusters["last"] < registry.version, "cluster_id"]
    gone = is_among(rows["cluster_id"], lost)
    current = rows[~gone].drop_duplicates("duplicate_group", keep="last")
    known, left = (
        part.set_index("duplicate_group")["cluster_id"] for part in (current, rows[gone])
    )
    if assigned is None:
        return known, left
    require_ids(clusters, assigned)
    more = assigned[~is_among(assigned.index, known.index)].astype("str")
    late = is_among(more, lost)
    return pd.concat([known, more[~late]]), pd.concat([left, more[late]])


def _all_members(registry: Registry) -> pd.DataFrame:
    """Return all that is known of members, the latest last."""
    last = registry.members.assign(version=registry.version)
    rows = pd.concat([registry.earlier, last], ignore_index=True).astype(EARLIER)
    return rows.sort_values("version", kind="stable", ignore_index=True)


def _with_births(ids: pd.Series, numbers: pd.Series, weights: pd.Series, taken: int) -> pd.Series:
    """Give clusters without an id the next free ones, the largest first."""
    rows = pd.DataFrame({"number": numbers, "weight": weights.reindex(numbers.index)})
    rows = rows.rename_axis("group").reset_index().groupby("number")
    facts = rows.agg(weight=("weight", "sum"), first=("group", "min"))
    facts = facts.loc[ids.index[ids.isna()]]
    order = facts.sort_values(["weight", "first"], ascending=[False, True]).index
    # Rows are never removed from the table of clusters, so that their count is the last number.
    births = [f"q{number:03d}" for number in range(taken + 1, taken + len(order) + 1)]
    new = pd.Series(births, index=order, dtype="str").reindex(ids.index)
    return ids.where(ids.notna(), new)


def _events(found: Matching, ids: pd.Series, before: Registry, version: int) -> pd.DataFrame:
    """Return the events of a refit as rows of the history, births with their ids."""
    events = found.events
    held = events["number"].map(ids).astype("str")
    passed = events["event"].isin(["split", "merged"])
    names = before.clusters.set_index("cluster_id")["name"]
    events = events.assign(
        version=version,
        cluster_id=events["cluster_id"].where(events["event"] != "born", held),
        other_id=events["other_id"].where(~passed, held),
        name=events["cluster_id"].map(names).where(events["event"] == "merged"),
        at=pd.Series(pd.NaT, index=events.index, dtype=HISTORY["at"]),
    )
    kinds = pd.factorize(events["event"])[0]
    order = np.lexsort((id_order(events["cluster_id"]), kinds))
    return events.iloc[order][list(HISTORY)].astype(HISTORY)


def _found(
    before: pd.DataFrame, ids: pd.Series, events: pd.DataFrame, version: int
) -> pd.DataFrame:
    """Return the clusters with those that were born; what is found again stands for itself."""
    born = events[events["event"] == "born"]
    births = [
        {"cluster_id": one, "status": "open", "born": version, "last": version, "parent": parent}
        for one, parent in zip(born["cluster_id"], born["other_id"], strict=True)
    ]
    clusters = pd.concat([before, typed_table(births, CLUSTERS)], ignore_index=True)
    clusters = clusters.astype(CLUSTERS)
    found = is_among(clusters["cluster_id"], ids)
    clusters["last"] = clusters["last"].mask(found, version)
    apart = found & (clusters["merged_by"] == "refit")
    for name in ("merged_into", "merged_by"):
        clusters[name] = clusters[name].mask(apart)
    return clusters


def _merged(events: pd.DataFrame) -> dict[str, str]:
    merged = events[events["event"] == "merged"]
    return dict(zip(merged["cluster_id"], merged["other_id"], strict=True))


def _told(across: dict[str, str], version: int) -> pd.DataFrame:
    event = {"version": version, "event": "merged_by_user"}
    rows = [{**event, "cluster_id": one, "other_id": root} for one, root in across.items()]
    return typed_table(rows, HISTORY)


def _earlier(before: Registry, members: pd.DataFrame, version: int) -> pd.DataFrame:
    """Return what is worth remembering besides the members of the last fit."""
    rows = _all_members(before)
    rows = rows[rows["version"] >= version - MEMORY]
    found = rows["cluster_id"].isna() | is_among(rows["cluster_id"], members["cluster_id"])
    rows = rows[~(found & is_among(rows["duplicate_group"], members["duplicate_group"]))]
    # A group is in one cluster at a time, but for those that are gone.
    held = rows[found[rows.index]].drop_duplicates("duplicate_group", keep="last")
    lost = rows[~found[rows.index]].drop_duplicates(["duplicate_group", "cluster_id"], keep="last")
    kept = pd.concat([held, lost])
    return kept.sort_values(["version", "duplicate_group", "cluster_id"], ignore_index=True)
