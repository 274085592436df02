"""What is shown as one: merges of the user, which last, and those that a refit made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.queries.registry.state import merge_targets, shown_id

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["across_merges", "joined"]

# A cluster is made of several if each gave so much of what was known of its members.
_PART = 0.25
_MOST = 0.5


def across_merges(
    clusters: pd.DataFrame,
    members: pd.DataFrame,
    *,
    known: pd.Series,
    weights: pd.Series,
    version: int,
) -> dict[str, str]:
    """Find the new clusters that cut across clusters which the user merged.

    The user said that there is no border between them, so that the refit may have drawn
    another one. What was split off a single one of them is another matter.

    Parameters
    ----------
    clusters : pandas.DataFrame
        As `Registry.clusters`, with the clusters that were just born.
    members : pandas.DataFrame
        As `Registry.members`, of the refit.
    known : pandas.Series of str
        Index: duplicate groups. Value: the cluster before the refit, missing where none.
    weights : pandas.Series of int64
        Index: the duplicate groups of the refit. Value: how many queries each holds.
    version : int
        The version in which new clusters were born.

    Returns
    -------
    dict of str to str
        The id of each such cluster, and the id as which the merged ones are shown.
    """
    targets = merge_targets(clusters)
    if not targets:
        return {}
    born = clusters.loc[clusters["born"] == version, ["cluster_id"]]
    shares = _shares(members, known, weights).merge(born)
    parts = shares[shares["share"] >= _PART]
    roots = pd.Series([shown_id(targets, one) for one in parts["before"]], dtype="str")
    sums = parts.assign(root=roots.to_numpy()).groupby(["cluster_id", "root"])["share"]
    made = sums.agg(["size", "sum"]).reset_index()
    made = made[(made["size"] >= 2) & (made["sum"] > _MOST)]
    return dict(zip(made["cluster_id"], made["root"], strict=True))


def _shares(members: pd.DataFrame, known: pd.Series, weights: pd.Series) -> pd.DataFrame:
    """Return what share of the known members of each cluster came from each one before."""
    before = known.rename("before").rename_axis("duplicate_group").reset_index()
    rows = members.dropna(subset="cluster_id").merge(before, on="duplicate_group")
    rows["weight"] = rows["duplicate_group"].map(weights).astype(np.int64)
    by = ["cluster_id", "before"]
    sums = rows.groupby(by, dropna=False)["weight"].sum().reset_index()
    total = sums.groupby("cluster_id")["weight"].transform("sum")
    return sums.assign(share=sums["weight"] / total).dropna(subset="before")


def joined(clusters: pd.DataFrame, merged: Mapping[str, str], *, by: str) -> pd.DataFrame:
    """Let clusters be shown as the ones that they were merged into, where they are not yet.

    Parameters
    ----------
    clusters : pandas.DataFrame
        As `Registry.clusters`.
    merged : mapping of str to str
        The id of each cluster that was merged, and the id of the other.
    by : str
        Who merged them: ``"user"`` or ``"refit"``.

    Returns
    -------
    pandas.DataFrame
        With ``merged_into`` and ``merged_by``. What is already shown as another, or as which
        the other is shown, is left as it is.
    """
    targets = merge_targets(clusters)
    new: dict[str, str] = {}
    for one, other in merged.items():
        # Without this the two could be shown as each other, which has no end.
        if one not in targets and shown_id(targets, other) != one:
            targets[one] = new[one] = other
    into = clusters["cluster_id"].map(new)
    return clusters.assign(
        merged_into=clusters["merged_into"].where(into.isna(), into).astype("str"),
        merged_by=clusters["merged_by"].mask(into.notna(), by).astype("str"),
    )
