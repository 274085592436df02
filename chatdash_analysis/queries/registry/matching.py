"""Which cluster of a refit is which cluster of before: by the members that both know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

__all__ = ["EVENTS", "Matching", "id_order", "is_among", "match_members"]

EVENTS = {
    "event": "str",
    "cluster_id": "str",
    "other_id": "str",
    "number": "int64",
    "overlap": "float64",
}

_ORDER = ("kept", "returned", "born", "split", "merged", "gone")


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """What became of the clusters in a refit.

    Attributes
    ----------
    ids : pandas.Series of str
        Index: the numbers of the clusters of the refit, ascending. Value: the id that
        the cluster keeps, missing where it needs a new one.
    events : pandas.DataFrame
        One row an event: ``event``, ``cluster_id`` (missing where born: it has no id
        yet), ``other_id`` (missing also where the other is just born), ``number`` (of the
        cluster of the refit; -1 for none) and ``overlap``. ``kept`` and ``returned`` (of a
        cluster that was gone): `overlap` is the Jaccard index. ``split`` and ``merged``: a
        part of `cluster_id`, and more than half of one that is no more, is now in
        `other_id`; `overlap` is this part of its members. ``born``: `other_id` is the cluster
        from which most of its members came, if any, `overlap` their share. ``gone``: found
        no more, and not merged.
    """

    ids: pd.Series
    events: pd.DataFrame


def match_members(
    old: pd.Series, new: pd.Series, *, weights: pd.Series, gone: pd.Series | None = None
) -> Matching:
    """Match the clusters of a refit with those of before on the Jaccard index of their members.

    The index is that of the queries whose text both know, so that neither texts that are
    new nor texts that are no longer there count against a cluster. Texts that are known
    and were, or are, unassigned do count. From a half on, a cluster keeps its id. Other
    overlaps are reported as splits and merges from a quarter of either cluster on.

    Parameters
    ----------
    old : pandas.Series of str
        Index: duplicate groups, each once. Value: the id of the cluster, missing where
        unassigned.
    new : pandas.Series of int64
        Index: duplicate groups, each once. Value: the number of the cluster in the refit, -1
        where unassigned.
    weights : pandas.Series of int64
        Index: at least the duplicate groups of `new`. Value: how many queries each holds.
    gone : pandas.Series of str, optional
        The last members of clusters that were not found of late, as in `old`; a group may
        occur several times, and in `old` as well.

    Returns
    -------
    Matching
        The same for any order of the rows and any numbering of the clusters.

    Raises
    ------
    InputError
        If groups are doubled, or a weight is missing or below 1.

    Notes
    -----
    Of two clusters of one partition, only one can share more than half with a third, and
    two share exactly half only where they are all of it. So among pairs from a half on,
    taking the best first is the matching of the largest total. Among clusters that are
    gone the best goes first as well; at a tie those that are not gone do, then smaller ids.

    References
    ----------
    C. Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics
    & Data Analysis 52 (the Jaccard index of a half as the mark of a lost cluster).

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.Series({"a": "q001", "b": "q001", "c": "q002"}, dtype="str")
    >>> new = pd.Series({"a": 0, "b": 0, "c": 1, "d": 1})
    >>> match_members(old, new, weights=pd.Series(1, index=new.index)).ids.to_dict()
    {0: 'q001', 1: 'q002'}
    """
    gone = old.iloc[:0] if gone is None else gone
    rows = _rows(old, new, weights, gone)
    pairs = _pairs(_claims(old, gone), rows)
    pairs["kept"] = _best_first(pairs)
    firsts = rows[rows["number"] >= 0].groupby("number")["duplicate_group"].min()
    ids = pairs[pairs["kept"]].set_index("number")["cluster_id"].reindex(firsts.index)
    events = pd.concat(
        [_kept(pairs), _passed_on(pairs, ids), _born(pairs, ids), _gone(pairs, old)],
        ignore_index=True,
    )
    return Matching(ids.astype("str").rename("cluster_id"), _in_order(events, firsts))


def _rows(old: pd.Series, new: pd.Series, weights: pd.Series, gone: pd.Series) -> pd.DataFrame:
    """Return the groups of the refit, with number, weight, and whether they were known."""
    if not (old.index.is_unique and new.index.is_unique and weights.index.is_unique):
        raise InputError("A duplicate group occurs twice. Give each group one row.")
    weight = weights.reindex(new.index)
    wrong = int((~(weight >= 1)).sum())
    if wrong:
        raise InputError(
            f"{wrong} of the {len(new)} duplicate groups of the refit have no weight of 1 or more."
            " Give the number of queries of each."
        )
    return pd.DataFrame(
        {
            "duplicate_group": new.index.astype("str"),
            "number": new.to_numpy(dtype=np.int64),
            "weight": weight.to_numpy(dtype=np.int64),
            "known": is_among(new.index, old.index) | is_among(new.index, gone.index),
        }
    )


def is_among(values: pd.Series | pd.Index, among: pd.Series | pd.Index) -> NDArray[np.bool_]:
    """Tell which texts are among others, missing ones never; pandas takes 20 times as long."""
    texts, others = (pa.array(part.astype("str"), from_pandas=True) for part in (values, among))
    return np.asarray(pc.is_in(texts, value_set=others, skip_nulls=True), dtype=bool)


def _claims(old: pd.Series, gone: pd.Series) -> pd.DataFrame:
    """Return which cluster each group was in: current ones first, each pair once."""
    held = pd.concat([old.dropna(), gone.dropna()])
    claims = pd.DataFrame(
        {
            "duplicate_group": held.index.astype("str"),
            "cluster_id": held.astype("str").to_numpy(),
            "gone": ~is_among(held, old.dropna()),
        }
    )
    return claims.drop_duplicates(["duplicate_group", "cluster_id"])


def _pairs(claims: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of an old and a new cluster that share groups, best first."""
    known = rows[rows["known"]]
    shared = claims.merge(known, on="duplicate_group")
    before = shared.groupby("cluster_id")["weight"].sum()
    after = known.groupby("number")["weight"].sum()
    shared = shared[shared["number"] >= 0]
    pairs = shared.groupby(["cluster_id", "number", "gone"], as_index=False)["weight"].sum()
    pairs = pairs.rename(columns={"weight": "both"})
    pairs["before"] = pairs["cluster_id"].map(before).astype("int64")
    pairs["after"] = pairs["number"].map(after).astype("int64")
    pairs["union"] = pairs["before"] + pairs["after"] - pairs["both"]
    pairs["jaccard"] = pairs["both"] / pairs["union"]
    pairs["rank"] = id_order(pairs["cluster_id"])
    # Not the number itself, which says nothing about the cluster.
    pairs["first"] = pairs["number"].map(rows.groupby("number")["duplicate_group"].min())
    best = ["jaccard", "gone", "rank", "first"]
    return pairs.sort_values(best, ascending=[False, True, True, True], ignore_index=True)


def id_order(ids: pd.Series) -> Counts:
    """Return the place of each id in their order, in which q1000 comes behind q999."""
    ranks = pd.DataFrame({"size": ids.str.len(), "id": ids}).groupby(["size", "id"]).ngroup()
    return np.asarray(ranks, dtype=np.int64)


def _best_first(pairs: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which pairs stay together: from a half on, the best first, each cluster once."""
    ids: set[str] = set()
    numbers: set[int] = set()
    kept = np.zeros(len(pairs), dtype=bool)
    enough = np.flatnonzero(2 * pairs["both"] >= pairs["union"])
    chosen = pairs.iloc[enough]
    for place, one, number in zip(enough, chosen["cluster_id"], chosen["number"], strict=True):
        if one not in ids and number not in numbers:
            kept[place] = True
            ids.add(one)
            numbers.add(number)
    return kept


def _kept(pairs: pd.DataFrame) -> pd.DataFrame:
    kept = pairs[pairs["kept"]]
    event = np.where(kept["gone"], "returned", "kept")
    return _events(event, kept["cluster_id"], None, kept["number"], kept["jaccard"])


def _passed_on(pairs: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Return the parts of clusters that are now in a cluster of another id."""
    parts = _large(pairs)
    lost = ~is_among(parts["cluster_id"], ids) & (2 * parts["both"] > parts["before"])
    event = np.where(lost, "merged", "split")
    other, share = parts["number"].map(ids), parts["both"] / parts["before"]
    return _events(event, parts["cluster_id"], other, parts["number"], share)


def _large(pairs: pd.DataFrame) -> pd.DataFrame:
    large = (4 * pairs["both"] >= pairs["before"]) | (4 * pairs["both"] >= pairs["after"])
    return pairs[large & ~pairs["kept"] & ~pairs["gone"]]


def _born(pairs: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    numbers = ids.index[ids.isna()]
    parts = _large(pairs).sort_values(["both", "rank"], ascending=[False, True])
    parents = parts.drop_duplicates("number").set_index("number").reindex(numbers)
    share = parents["both"] / parents["after"]
    return _events("born", None, parents["cluster_id"], numbers, share)


def _gone(pairs: pd.DataFrame, old: pd.Series) -> pd.DataFrame:
    large = _large(pairs)
    merged = large.loc[2 * large["both"] > large["before"], "cluster_id"]
    current = pd.Series(old.dropna().unique(), dtype="str")
    lost = current[
        ~is_among(current, pairs.loc[pairs["kept"], "cluster_id"]) & ~is_among(current, merged)
    ]
    return _events("gone", lost, None, -1, np.nan)


def _events(event: object, *columns: object) -> pd.DataFrame:
    values = dict(zip(EVENTS, (event, *columns), strict=True))
    sized = [len(value) for value in values.values() if isinstance(value, (pd.Series, pd.Index))]
    plain = {
        name: value.to_numpy() if isinstance(value, (pd.Series, pd.Index)) else value
        for name, value in values.items()
    }
    return pd.DataFrame(plain, index=pd.RangeIndex(sized[0])).astype(EVENTS)


def _in_order(events: pd.DataFrame, firsts: pd.Series) -> pd.DataFrame:
    keys = events.assign(
        kind=events["event"].map({name: place for place, name in enumerate(_ORDER)}),
        rank=id_order(events["cluster_id"].fillna("")),
        first=events["number"].map(firsts),
    )
    order = keys.sort_values(["kind", "rank", "first"]).index
    return events.loc[order].reset_index(drop=True) if len(events) else typed_table([], EVENTS)
