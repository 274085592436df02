"""The topics of a report: clusters with their size in the period, their trend and their impact."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from chatdash_analysis.privacy.verbatim import hide_rare
from chatdash_analysis.queries.impact.table import cluster_impact
from chatdash_analysis.queries.trends.table import cluster_trends

if TYPE_CHECKING:
    from chatdash_analysis.queries.clusters import QueryClusters
    from chatdash_analysis.report.parts import Material
    from chatdash_analysis.report.periods import Period

__all__ = ["topic_freq", "topic_impact", "topic_table", "topic_trends"]

Freq = Literal["D", "W", "M"]

_IMPACT = [
    "n", "successes", "unknown", "rate", "low", "high",
    "expected_rate", "difference", "difference_low", "difference_high",
    "recoverable", "recoverable_low", "recoverable_high", "rank",
]  # fmt: skip
_LEAST = 10
_TREND = ["state", "users", "before_users", "ratio", "ratio_low", "ratio_high", "q_value"]
_LENGTHS = {
    "D": pd.DateOffset(days=1), "W": pd.DateOffset(days=7), "M": pd.DateOffset(months=1),
}  # fmt: skip


def topic_freq(period: Period) -> Freq:
    """Return in which steps a period is followed: months, if it is made of whole ones."""
    if period.start.day == period.end.day == 1:
        return "M"
    return "W" if period.end - period.start >= pd.Timedelta(days=7) else "D"


def topic_trends(clusters: QueryClusters, material: Material) -> pd.DataFrame:
    """Return `cluster_trends` up to the end of the period; a step that it cuts is not complete."""
    freq = topic_freq(material.now)
    trends = cluster_trends(clusters, material.conversations, freq=freq, tz=material.tz)
    end = material.now.end.tz_convert(material.tz).tz_localize(None)
    whole = trends["period"] + _LENGTHS[freq] <= end
    cut = trends["complete"].fillna(value=False) & ~whole
    flags = trends["flags"].mask(cut, trends["flags"].str.cat(["partial"] * len(trends), sep=", "))
    return trends.assign(complete=trends["complete"] & whole, flags=flags.str.removeprefix(", "))


def topic_impact(clusters: QueryClusters, material: Material) -> pd.DataFrame:
    """Return `cluster_impact` of the questions and conversations of the period."""
    part = SimpleNamespace(
        queries=material.now.of(clusters.queries).reset_index(drop=True), summary=clusters.summary
    )
    return cluster_impact(
        part,
        material.current,
        outcome=material.outcome,
        tz=material.tz,
        min_users=max(material.min_users, 1),
    )


def topic_table(
    clusters: QueryClusters, trends: pd.DataFrame, impact: pd.DataFrame, material: Material
) -> pd.DataFrame:
    """Return one row a cluster, those most asked in the period first.

    Returns
    -------
    pandas.DataFrame
        ``cluster_id``; ``label``, missing where fewer than `min_users` known people ever
        asked; ``queries`` and ``people`` of the period, ``queries_before`` of the one before
        it; ``known_people`` (ever); ``stability_grade``; of the last complete step of the
        trend ``state``, ``now_users``, ``before_users`` and ``ratio``; of the impact the rate
        of success and what may be won back.
    """
    summary = hide_rare(clusters.summary, "label", min_users=material.min_users)
    table = summary[["cluster_id", "label", "users", "stability_grade"]]
    table = table.rename(columns={"users": "known_people"}).set_index("cluster_id")
    table = table.join(_sizes(clusters, material)).join(_last(trends))
    found = impact[impact["kind"] == "cluster"].set_index("cluster_id")[_IMPACT]
    # As in every other table: of fewer, a rate says nothing.
    few = found["n"] < _LEAST
    found = found.assign(**{name: found[name].mask(few) for name in _IMPACT[3:]})
    table = table.join(found)
    counts = ["queries", "queries_before", "people", "known_people"]
    table = table.assign(**table[counts].fillna(0).astype("int64")).reset_index()
    return table.sort_values(["queries", "cluster_id"], ascending=[False, True], ignore_index=True)


def _sizes(clusters: QueryClusters, material: Material) -> pd.DataFrame:
    queries = clusters.queries
    now = material.now.of(queries).groupby("cluster_id")
    before = material.before.of(queries).groupby("cluster_id")
    return pd.DataFrame(
        {"queries": now.size(), "queries_before": before.size(), "people": now["user_id"].nunique()}
    )


def _last(trends: pd.DataFrame) -> pd.DataFrame:
    """Return of each cluster the last step that is complete."""
    whole = trends[trends["complete"] & trends["cluster_id"].notna()]
    last = whole[whole["period"] == whole["period"].max()].set_index("cluster_id")
    return last[_TREND].rename(columns={"users": "now_users"})
