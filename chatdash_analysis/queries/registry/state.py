"""One state of the clusters that last: its tables, and the ids under which they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.matching import is_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = [
    "CLUSTERS",
    "EARLIER",
    "HISTORY",
    "MEMBERS",
    "Registry",
    "merge_targets",
    "require_ids",
    "shown_id",
    "shown_ids",
]

CLUSTERS = {
    "cluster_id": "str",
    "name": "str",
    "status": "str",
    "fixed_at": "datetime64[us, UTC]",
    "born": "int64",
    "last": "int64",
    "parent": "str",
    "merged_into": "str",
    "merged_by": "str",
}
HISTORY = {
    "version": "int64",
    "event": "str",
    "cluster_id": "str",
    "other_id": "str",
    "overlap": "float64",
    "name": "str",
    "at": "datetime64[us, UTC]",
}
MEMBERS = {"duplicate_group": "str", "cluster_id": "str"}
EARLIER = {**MEMBERS, "version": "int64"}


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """One state of the clusters; operations return a new one.

    Attributes
    ----------
    version : int
        How many fits it has seen.
    clusters : pandas.DataFrame
        One row for each id there ever was, by id: ``cluster_id``; ``name``, the user's own,
        or missing; ``status`` (``"open"`` or ``"fixed"``) and ``fixed_at``; ``born`` and
        ``last``, the first and the last version in which it was found; ``parent``, where
        most of its members came from; ``merged_into``, the id under which it is shown
        since ``merged_by`` (``"user"`` or ``"refit"``) joined the two.
    members : pandas.DataFrame
        One row a duplicate group of the last fit: ``duplicate_group`` and ``cluster_id``,
        as the fit had it (see `shown_ids`), missing where unassigned.
    earlier : pandas.DataFrame
        What is remembered of at most 10 fits before: groups that the last fit did not
        have, and members of clusters that it did not find, with the ``version`` they are of.
    history : pandas.DataFrame
        One row an event, in order: ``version``, ``event``, ``cluster_id``, ``other_id``,
        ``overlap`` (see `Matching.events`), ``name`` (that was given, or that is shown no more)
        and ``at`` (of a fix). By users: ``renamed``, ``merged_by_user``, ``fixed``, ``reopened``.
    """

    version: int
    clusters: pd.DataFrame
    members: pd.DataFrame
    earlier: pd.DataFrame
    history: pd.DataFrame


def shown_ids(registry: Registry, ids: pd.Series) -> pd.Series:
    """Return the ids under which clusters are shown: those that they were merged into.

    Parameters
    ----------
    registry : Registry
        The state that tells.
    ids : pandas.Series of str
        Ids of clusters, missing where there is none.

    Returns
    -------
    pandas.Series of str
        Index and name as given.

    Raises
    ------
    InputError
        If an id is not in the registry.
    """
    require_ids(registry.clusters, ids)
    targets = merge_targets(registry.clusters)
    shown = {one: shown_id(targets, one) for one in ids.dropna().unique()}
    return ids.map(shown).astype("str")


def require_ids(clusters: pd.DataFrame, ids: pd.Series) -> None:
    """Raise `InputError` unless the registry has all of the ids."""
    strange = ids[ids.notna() & ~is_among(ids, clusters["cluster_id"])]
    if len(strange):
        raise InputError(
            f"{strange.nunique()} of the ids given are not in this registry, such as"
            f" {strange.iloc[0]!r}. Use ids of the same registry."
        )


def merge_targets(clusters: pd.DataFrame) -> dict[str, str]:
    """Return the id that each cluster which was merged was merged into."""
    merged = clusters.dropna(subset="merged_into")
    return dict(zip(merged["cluster_id"], merged["merged_into"], strict=True))


def shown_id(targets: Mapping[str, str], cluster_id: str) -> str:
    """Follow merges from one id to the id that is shown."""
    while cluster_id in targets:
        cluster_id = targets[cluster_id]
    return cluster_id
