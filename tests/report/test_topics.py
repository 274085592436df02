"""Topics of a period: in which steps they are followed, and what is in their table."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.periods import Period
from chatdash_analysis.report.topics import topic_freq, topic_impact, topic_table, topic_trends
from tests.report.sections.materials import material_of

ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("start", "end", "freq"),
    [
        ("2026-05-01", "2026-06-01", "M"),
        ("2026-01-01", "2026-04-01", "M"),
        ("2026-05-04", "2026-05-25", "W"),
        ("2026-05-04", "2026-05-11", "W"),
        ("2026-05-04", "2026-05-08", "D"),
    ],
)
def test_steps_fit_the_period(start: str, end: str, freq: str) -> None:
    moments = (pd.Timestamp(day, tz=ZONE) for day in (start, end))
    assert topic_freq(Period("some days", *moments)) == freq


def test_a_step_that_the_period_cuts_is_marked() -> None:
    material = material_of(cda.load_sample(600), min_users=3)
    start, end = (pd.Timestamp(day, tz=ZONE) for day in ("2026-05-11", "2026-05-28"))
    cut = replace(material, now=Period("some days", start, end))
    queries = cda.misunderstood_queries(material.conversations)
    clusters = cda.cluster_queries(queries, embed="tfidf")
    flags = topic_trends(clusters, cut).set_index("period")["flags"].str.contains("partial")
    assert flags.loc["2026-05-25"].all()
    assert not flags.loc["2026-05-18"].any()


def test_the_table_has_each_cluster_once_and_adds_up() -> None:
    material = material_of(cda.load_sample(600), min_users=3)
    queries = cda.misunderstood_queries(material.conversations)
    clusters = cda.cluster_queries(queries, embed="tfidf")
    trends, impact = topic_trends(clusters, material), topic_impact(clusters, material)
    table = topic_table(clusters, trends, impact, material)
    summary = clusters.summary.set_index("cluster_id")
    assert sorted(table["cluster_id"]) == sorted(summary.index)
    assert table["queries"].is_monotonic_decreasing
    inside = material.now.of(clusters.queries)
    assert table["queries"].sum() == inside["cluster_id"].notna().sum()
    shown = table.set_index("cluster_id")["label"].notna()
    assert shown.to_dict() == (summary["users"] >= 3).loc[shown.index].to_dict()
    # All conversations of the period with a question, in clusters or not, are in the total.
    total = impact.loc[impact["kind"] == "total", "conversations"].item()
    assert total == (material.current["misunderstood_count"] > 0).sum()
