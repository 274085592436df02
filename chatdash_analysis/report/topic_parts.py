"""The pictures and tables of the topics that the agents did not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.plot.cluster_trend import plot_cluster_trend
from chatdash_analysis.plot.clusters import plot_clusters
from chatdash_analysis.report.examples import choose_examples
from chatdash_analysis.report.parts import Figure, Table
from chatdash_analysis.report.phrases import counted, listed, quoted
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.topics import topic_freq
from chatdash_analysis.report.wording import FALSE_ALARMS, records
from chatdash_analysis.showing.numbers import count, decimal

if TYPE_CHECKING:
    from chatdash_analysis.queries.clusters import QueryClusters
    from chatdash_analysis.report.parts import Material

__all__ = ["STEPS", "size_words", "topic_parts"]

STEPS = {"M": "months", "W": "weeks", "D": "days"}
# Pictures and examples tell of so many topics; the table has all that may be shown.
_DRAWN = 15
_LINES = 5
_STEPS_DRAWN = 10
_SPOKEN = 3
_EMBEDDINGS = {
    "use": "the Universal Sentence Encoder",
    "minilm": "MiniLM",
    "minilm+use": "MiniLM and the Universal Sentence Encoder",
    "tfidf": "their words only (no model)",
}
_SIZES = ["cluster_id", "label", "queries", "queries_before", "people", "known_people"]
_CHANGES = [
    "label", "users", "before_users", "ratio", "ratio_low", "ratio_high", "q_value", "state",
]  # fmt: skip
_IMPACT = [
    "label", "n", "unknown", "rate", "low", "high", "expected_rate",
    "difference", "difference_low", "difference_high",
    "recoverable", "recoverable_low", "recoverable_high",
]  # fmt: skip


def topic_parts(
    clusters: QueryClusters,
    shown: pd.DataFrame,
    trends: pd.DataFrame,
    impact: pd.DataFrame,
    material: Material,
) -> list[Figure | Table]:
    """Return pictures and tables of the topics that may be shown: size, examples, trend, impact."""
    if shown.empty:
        return []
    asked = shown[shown["queries"] > 0]
    table, examples = _topic_table(clusters, shown, material), _examples(clusters, shown)
    changes = _change_table(shown, material)
    if asked.empty:
        return [table, examples, changes]
    sizes = _size_figure(clusters, asked, table, material)
    lines = _trend_figure(asked, trends, material)
    return [sizes, examples, lines, changes, _impact_table(asked, impact, material)]


def _examples(clusters: QueryClusters, shown: pd.DataFrame) -> Table:
    return Table(
        "Examples of questions",
        "Questions nearest to the middle of each topic, each of another person, with personal data"
        " masked; of any time until the end of the period.",
        choose_examples(clusters, shown.head(_DRAWN)),
        open=True,
    )


def _topic_table(clusters: QueryClusters, shown: pd.DataFrame, material: Material) -> Table:
    embedder = clusters.model.embedder
    method = (
        "cluster_queries: questions are put together by"
        f" {_EMBEDDINGS.get(embedder, embedder)}. People are the known ones of the period, people"
        " in all those who ever asked."
    )
    caption = f"Topics that were not understood, {material.now.label}"
    headings = {"Known people": "People in all"}
    return Table(caption, method, shown, _SIZES, headings=headings)


def _change_table(shown: pd.DataFrame, material: Material) -> Table:
    step = STEPS[topic_freq(material.now)]
    method = (
        "cluster_trends: people who ask for each conversation, in the last of the"
        f" {step} that is over, against up to four {step} before. A conversation without a known"
        f" person counts as one person. {FALSE_ALARMS}"
    )
    # Other people than those of the period.
    rows = shown.drop(columns="people").rename(columns={"now_users": "users"})
    return Table(f"Topics asked more or less often, {material.now.label}", method, rows, _CHANGES)


def _impact_table(asked: pd.DataFrame, impact: pd.DataFrame, material: Material) -> Table:
    total = impact[impact["kind"] == "total"].assign(label="All such questions")
    told = asked[asked["rate"].notna()]
    method = (
        "cluster_impact: held against conversations of the same agent, channel and month without"
        " such questions, of which the expected rate is; successes that could be won back at most,"
        " if the two went as well. Topics with too few judged conversations are left out."
    )
    caption = f"Success where a topic was not understood, {material.now.label}"
    rows = [frame[_IMPACT] for frame in (told, total)]
    return Table(caption, method, pd.concat(rows, ignore_index=True), _IMPACT)


def _size_figure(
    clusters: QueryClusters, asked: pd.DataFrame, table: Table, material: Material
) -> Figure:
    queries = material.now.of(clusters.queries)
    bars = asked[["cluster_id", "label", "queries", "stability_grade"]]
    bars = bars.rename(columns={"queries": "n"})
    bars = bars.assign(share=bars["n"] / len(queries))
    left = int(queries["cluster_id"].isna().sum())
    bars.attrs["chatdash"] = {"unassigned": {"n": left, "share": left / len(queries)}}
    size = (7.5, 1.6 + 0.28 * min(len(bars) + 1, _DRAWN + 1))
    drawn = picture(plot_clusters, bars, size=size, top=_DRAWN, min_users=material.min_users)
    told = listed(map(size_words, records(asked.head(_SPOKEN))))
    alt = (
        f"Bars: questions of {material.now.label} by topic. Most asked: {told}. In no topic:"
        f" {counted(left, 'question')} of {count(len(queries))}."
    )
    return Figure(drawn, alt, table)


def _trend_figure(asked: pd.DataFrame, trends: pd.DataFrame, material: Material) -> Figure:
    most = asked["cluster_id"].head(_LINES).tolist()
    steps = np.sort(trends["period"].unique())[-_STEPS_DRAWN:]
    rows = trends["cluster_id"].isin(most) & trends["period"].isin(steps)
    lines = trends[rows].reset_index(drop=True)
    drawn = picture(
        plot_cluster_trend, lines, size=(7.5, 4.4), clusters=most, min_users=material.min_users
    )
    table = Table(
        f"Topics over {STEPS[topic_freq(material.now)]}: conversations with such a question of"
        " 1,000",
        "cluster_trends: how many of all conversations hold such a question.",
        lines,
        ["label", "period", "conversations", "exposure", "per_1000", "low", "high", "flags"],
    )
    told = listed(map(_last_words, (lines[lines["cluster_id"] == name] for name in most)))
    return Figure(drawn, f"Lines: {told}.", table)


def _last_words(rows: pd.DataFrame) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"{quoted(last['label'])} from {decimal(first['per_1000'], 1)} to"
        f" {decimal(last['per_1000'], 1)} of 1,000 conversations"
    )


def size_words(row: dict[str, Any]) -> str:
    """Return a topic with its questions and people of the period."""
    return (
        f"{quoted(row['label'])} ({counted(row['queries'], 'question')} of"
        f" {counted(row['people'], 'known person', many='known people')};"
        f" {count(row['queries_before'])} in the period before)"
    )
