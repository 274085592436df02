"""What the agents did not understand: topics, how they change, and what they go with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.plot.cluster_trend import plot_cluster_trend
from chatdash_analysis.plot.clusters import plot_clusters
from chatdash_analysis.queries.clusters import cluster_queries
from chatdash_analysis.queries.questions import misunderstood_queries
from chatdash_analysis.report.examples import choose_examples
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, quoted, rate_of_n
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.topics import topic_freq, topic_impact, topic_table, topic_trends
from chatdash_analysis.report.wording import INTERVALS, records
from chatdash_analysis.segments import rates_by
from chatdash_analysis.showing.numbers import (
    count,
    decimal,
    interval,
    is_missing,
    percent,
    points,
    with_interval,
)
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from chatdash_analysis.queries.clusters import QueryClusters
    from chatdash_analysis.report.parts import Material

__all__ = ["misunderstood_section"]

_TITLE = "What the agents did not understand"
# Pictures and examples tell of so many topics; the table has all that may be shown.
_DRAWN = 15
_LINES = 5
_STEPS_DRAWN = 10
_SPOKEN = 3
_STEPS = {"M": "months", "W": "weeks", "D": "days"}
_EMBEDDINGS = {
    "use": "the Universal Sentence Encoder",
    "minilm": "MiniLM",
    "minilm+use": "MiniLM and the Universal Sentence Encoder",
    "tfidf": "their words only (no model)",
}
_STATES = {
    "new": "New",
    "growing": "Asked more often than before",
    "falling": "Asked less often than before",
}
_NOTE = (
    "Topics are found by a computer: a question may stand in the wrong one. Pale and dotted bars"
    " are topics that another sample of questions would cut differently. A topic is shown if enough"
    " known people asked about it since the load begins, in whichever month."
)
_SIZES = ["cluster_id", "label", "queries", "queries_before", "people", "known_people", "state"]
_IMPACT = [
    "cluster_id", "label", "n", "unknown", "rate", "low", "high",
    "recoverable", "recoverable_low", "recoverable_high",
]  # fmt: skip


def misunderstood_section(material: Material) -> Section:
    """Say what was asked that no agent understood, how that changes, and what it goes with.

    A topic is shown only if enough known people asked about it.

    Returns
    -------
    Section
        Topics by size, their trend, and examples.
    """
    require_columns(material.conversations, ["misunderstood_count"], "A report on questions")
    queries = misunderstood_queries(material.conversations, outcome=material.outcome)
    share, told = _share(material)
    if material.now.of(queries).empty:
        nothing = f"No question of {material.now.label} is marked as not understood."
        return Section("misunderstood", _TITLE, [nothing], [share])
    clusters = cluster_queries(queries)
    trends, impact = topic_trends(clusters, material), topic_impact(clusters, material)
    topics = topic_table(clusters, trends, impact, material)
    shown = topics[topics["label"].notna()].reset_index(drop=True)
    words = [*_topic_words(shown, material), *_trend_words(shown, material)]
    return Section(
        "misunderstood",
        _TITLE,
        [*told, *words, *_impact_words(shown, impact, material), *_hidden_words(topics, material)],
        [*_topic_parts(clusters, shown, trends, material), share],
        [_NOTE],
    )


def _share(material: Material) -> tuple[Table, list[str]]:
    """Return how many conversations hold a question that was not understood, now and before."""
    periods = (material.before, material.now)
    frames = [
        period.of(material.conversations).assign(in_period=period.label) for period in periods
    ]
    both = pd.concat(frames, ignore_index=True)
    held = both["misunderstood_count"].gt(0).astype("boolean")
    both = both.assign(not_understood=held.mask(both["misunderstood_count"].isna()))
    rates = rates_by(both, "in_period", outcome="not_understood")
    table = Table(
        "Conversations with a question that was not understood",
        f"rates_by: of the conversations that could hold one. {INTERVALS}",
        rates,
        ["in_period", "n", "successes", "unknown", "rate", "low", "high", "flags"],
    )
    return table, [_share_words(row) for row in records(rates)]


def _share_words(row: dict[str, Any]) -> str:
    rate = rate_of_n(row["rate"], row["low"], row["high"], row["n"])
    return (
        f"In {row['in_period']}, the share of conversations with a question that the agent did not"
        f" understand is {rate}."
    )


def _topic_words(shown: pd.DataFrame, material: Material) -> list[str]:
    asked = shown[shown["queries"] > 0]
    if asked.empty:
        return []
    told = listed(map(_size_words, records(asked.head(_SPOKEN))))
    return [f"Most asked in {material.now.label}: {told}."]


def _size_words(row: dict[str, Any]) -> str:
    return (
        f"{quoted(row['label'])} ({counted(row['queries'], 'question')} of"
        f" {counted(row['people'], 'known person', many='known people')};"
        f" {count(row['queries_before'])} in the period before)"
    )


def _trend_words(shown: pd.DataFrame, material: Material) -> list[str]:
    before = f"the {_STEPS[topic_freq(material.now)]} before"
    sentences = []
    for state, words in _STATES.items():
        rows = shown[shown["state"] == state].sort_values(["q_value", "cluster_id"])
        if len(rows):
            told = [_ratio_words(row) for row in records(rows.head(_SPOKEN))]
            more = f", and {count(len(rows) - _SPOKEN)} more" if len(rows) > _SPOKEN else ""
            sentences.append(f"{words}: {listed(told)}{more}.")
    if not sentences:
        return [f"No topic that can be shown is surely asked more or less often than in {before}."]
    return [*sentences, f"“Before” are up to four {before.removeprefix('the ')}."]


def _ratio_words(row: dict[str, Any]) -> str:
    people = f"{count(row['now_users'])} people, {count(row['before_users'])} before"
    if is_missing(row["ratio"]) or np.isinf(row["ratio"]):
        return f"{quoted(row['label'])} ({people})"
    times = with_interval(
        f"{decimal(row['ratio'], 1)} times as often",
        interval(row["ratio_low"], row["ratio_high"], lambda limit: decimal(limit, 1)),
    )
    return f"{quoted(row['label'])} ({people}: {times})"


def _impact_words(shown: pd.DataFrame, impact: pd.DataFrame, material: Material) -> list[str]:
    row = records(impact[impact["kind"] == "total"])[0]
    if is_missing(row["difference"]):
        return [f"What such questions go with cannot be told (n = {count(row['n'])})."]
    limits = interval(row["difference_low"], row["difference_high"], _bare)
    rate = rate_of_n(row["rate"], row["low"], row["high"], row["n"])
    told = (
        f"Conversations of {material.now.label} with such a question succeed in {rate}. Comparable"
        f" ones without any succeed in {percent(row['expected_rate'])}: a difference of"
        f" {with_interval(points(row['difference']), limits)}. The two go together; that the"
        " question is the cause is not shown."
    )
    return [told, *_most_words(shown)]


def _bare(difference: float) -> str:
    return points(difference).removesuffix(" points")


def _most_words(shown: pd.DataFrame) -> list[str]:
    ranked = shown[shown["rank"].notna() & (shown["recoverable_low"] > 0)]
    if ranked.empty:
        return []
    row = records(ranked.nsmallest(1, "rank"))[0]
    gain = with_interval(
        counted(round(row["recoverable"]), "success", many="successes"),
        interval(
            row["recoverable_low"], row["recoverable_high"], lambda limit: count(round(limit))
        ),
    )
    told = (
        f"If conversations with {quoted(row['label'])} went as well as comparable ones, about"
        f" {gain} more would be there. It is the topic where most is at stake of"
        f" {count(shown['rank'].notna().sum())}: an upper guess, no proof."
    )
    return [told]


def _hidden_words(topics: pd.DataFrame, material: Material) -> list[str]:
    hidden = topics[topics["label"].isna() & (topics["queries"] > 0)]
    if hidden.empty:
        return []
    people = counted(material.min_users, "known person", many="known people")
    told = (
        f"{counted(len(hidden), 'further topic')} with"
        f" {counted(hidden['queries'].sum(), 'question')} of {material.now.label} came from fewer"
        f" than {people} each, and {'is' if len(hidden) == 1 else 'are'} not shown."
    )
    return [told]


def _topic_parts(
    clusters: QueryClusters, shown: pd.DataFrame, trends: pd.DataFrame, material: Material
) -> list[Figure | Table]:
    if shown.empty:
        return []
    asked = shown[shown["queries"] > 0]
    table, examples = _topic_table(clusters, shown, material), _examples(clusters, shown)
    if asked.empty:
        return [table, examples]
    sizes = _size_figure(clusters, asked, table, material)
    return [sizes, examples, _trend_figure(asked, trends, material), _impact_table(asked, material)]


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
        "misunderstood_queries and cluster_queries, which compares questions by"
        f" {_EMBEDDINGS.get(embedder, embedder)}; state by cluster_trends. People are those of the"
        " period; known people those who ever asked."
    )
    return Table(f"Topics that were not understood, {material.now.label}", method, shown, _SIZES)


def _impact_table(asked: pd.DataFrame, material: Material) -> Table:
    method = (
        "cluster_impact: held against conversations of the same agent, channel and month without"
        " such questions; successes that could be won back at most, if the two went as well."
    )
    caption = f"Success where a topic was not understood, {material.now.label}"
    return Table(caption, method, asked.reset_index(drop=True), _IMPACT)


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
    told = listed(map(_size_words, records(asked.head(_SPOKEN))))
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
    step = _STEPS[topic_freq(material.now)]
    table = Table(
        f"Topics over {step}: conversations with such a question of 1,000",
        "cluster_trends: people who ask for each conversation, against up to four"
        f" {step} before; exact test, q-values corrected for the number of topics.",
        lines,
        ["label", "period", "queries", "conversations", "users", "exposure", "per_1000", "low",
         "high", "ratio", "q_value", "state", "flags"],
    )  # fmt: skip
    told = listed(map(_last_words, (lines[lines["cluster_id"] == name] for name in most)))
    return Figure(drawn, f"Lines: {told}.", table)


def _last_words(rows: pd.DataFrame) -> str:
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"{quoted(last['label'])} from {decimal(first['per_1000'], 1)} to"
        f" {decimal(last['per_1000'], 1)} of 1,000 conversations"
    )
