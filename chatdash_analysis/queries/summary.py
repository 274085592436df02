"""The table of clusters that users read: counts from the queries, the rest from the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.queries.registry.state import HISTORY, shown_ids
from chatdash_analysis.rates import add_flag
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from chatdash_analysis.queries.registry.state import Registry

__all__ = ["GRADES", "SUMMARY", "shown_examples", "shown_history", "summarise"]

SUMMARY = {
    "cluster_id": "str",
    "label": "str",
    "key_phrase": "str",
    "status": "str",
    "fixed_at": "datetime64[us, UTC]",
    "n": "int64",
    "share": "float64",
    "questions": "int64",
    "conversations": "float64",
    "users": "float64",
    "first_seen": "datetime64[us, UTC]",
    "last_seen": "datetime64[us, UTC]",
    "languages": "str",
    "cohesion": "float64",
    "stability": "float64",
    "stability_grade": "str",
    "flags": "str",
}
# Hennig (2007): at least so stable.
GRADES = ((0.85, "firm"), (0.75, "usable"), (0.6, "doubtful"), (-np.inf, "weak"))
_EXAMPLES = {"cluster_id": "str", "kind": "str", "rank": "int64", "question": "str"}
_LANGUAGES = 3
_FEW_USERS = 5


def summarise(
    queries: pd.DataFrame, facts: pd.DataFrame, registry: Registry, *, users: str
) -> pd.DataFrame:
    """Return one row a cluster (`SUMMARY`), the largest first.

    Parameters
    ----------
    queries : pandas.DataFrame
        All queries, with the ``cluster_id`` that is shown.
    facts : pandas.DataFrame
        What the fit found out, by the registry's own ids (``own_id``).
    registry : Registry
        Names, marks, and which clusters are shown as one.
    users : str
        The column of people, which need not be there.
    """
    rows = queries[queries["cluster_id"].notna()]
    counts = _counts(rows, len(queries), users)
    found = _found(facts, registry)
    table = counts.join(found, how="left")
    marks = registry.clusters.set_index("cluster_id").loc[table.index]
    table = table.assign(
        label=marks["name"].where(marks["name"].notna(), table["label"]),
        status=marks["status"],
        fixed_at=marks["fixed_at"],
        stability_grade=_grades(table["stability"]),
        flags=_flags(table),
    )
    table = table.rename_axis("cluster_id").reset_index()
    table = table.sort_values(["n", "cluster_id"], ascending=[False, True], ignore_index=True)
    table = table[list(SUMMARY)].astype(SUMMARY)
    left = int(queries["cluster_id"].isna().sum())
    share = left / len(queries) if len(queries) else float("nan")
    table.attrs["chatdash"] = {"unassigned": {"n": left, "share": share}}
    return table


def _counts(rows: pd.DataFrame, total: int, users: str) -> pd.DataFrame:
    grouped = rows.groupby("cluster_id")
    counts = pd.DataFrame({"n": grouped.size()})
    counts["share"] = counts["n"] / max(total, 1)
    counts["questions"] = grouped["normal_form"].nunique()
    for name, column in (("conversations", "conversation_id"), ("users", users)):
        held = column in rows.columns
        counts[name] = grouped[column].nunique() if held else np.nan
    times = rows["created_at"] if "created_at" in rows.columns else pd.NaT
    # Without a time zone nothing is a missing instant of none.
    times = pd.to_datetime(pd.Series(times, index=rows.index), utc=True)
    for name, which in (("first_seen", "min"), ("last_seen", "max")):
        counts[name] = times.groupby(rows["cluster_id"]).agg(which)
    counts["languages"] = _languages(rows).reindex(counts.index).fillna("")
    return counts


def _languages(rows: pd.DataFrame) -> pd.Series:
    """Return the languages of each cluster with their shares, the most common first."""
    names = rows["language"].astype("str").fillna("unknown")
    sizes = names.groupby([rows["cluster_id"], names]).size().rename("n")
    sizes.index.names = ["cluster_id", "language"]
    sizes = sizes.reset_index()
    sizes["share"] = sizes["n"] / sizes.groupby("cluster_id")["n"].transform("sum")
    sizes = sizes.sort_values(["cluster_id", "n", "language"], ascending=[True, False, True])
    sizes = sizes.groupby("cluster_id").head(_LANGUAGES)
    texts = sizes["language"] + " " + (100 * sizes["share"]).round().astype("int64").astype("str")
    joined = (texts + " %").groupby(sizes["cluster_id"]).agg(", ".join)
    return joined.astype("str")


def _found(facts: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Return label and phrase of the cluster that is shown, and means over what it holds."""
    facts = facts.assign(cluster_id=shown_ids(registry, facts["own_id"]))
    # Of several that are shown as one, its own comes first, then the largest.
    facts = facts.assign(other=facts["own_id"].ne(facts["cluster_id"]))
    facts = facts.sort_values(
        ["cluster_id", "other", "distinct", "own_id"], ascending=[True, True, False, True]
    )
    found = facts.drop_duplicates("cluster_id").set_index("cluster_id")[["label", "key_phrase"]]
    for name in ("cohesion", "stability"):
        weights = facts["distinct"].where(facts[name].notna(), 0)
        sums = (facts[name].fillna(0) * weights).groupby(facts["cluster_id"]).sum()
        total = weights.groupby(facts["cluster_id"]).sum()
        found[name] = (sums / total.where(total > 0)).astype("float64")
    return found


def _grades(stability: pd.Series) -> pd.Series:
    grades = pd.Series(None, index=stability.index, dtype="str")
    for least, grade in reversed(GRADES):
        grades = grades.mask(stability >= least, grade)
    return grades


def _flags(table: pd.DataFrame) -> pd.Series:
    flags = pd.Series("", index=table.index, dtype="str")
    flags = add_flag(flags, table["stability"] < GRADES[2][0], "unstable")
    return add_flag(flags, table["users"] < _FEW_USERS, "few_users")


def shown_examples(examples: pd.DataFrame, registry: Registry) -> pd.DataFrame:
    """Return the examples of the clusters that are shown, by id."""
    shown = shown_ids(registry, examples["own_id"])
    rows = examples[shown.eq(examples["own_id"]).to_numpy()]
    return rows.rename(columns={"own_id": "cluster_id"})[list(_EXAMPLES)].reset_index(drop=True)


def shown_history(registry: Registry) -> pd.DataFrame:
    """Return what became of the clusters, one row an event."""
    return typed_table(registry.history[list(HISTORY)].to_dict("records"), HISTORY)
