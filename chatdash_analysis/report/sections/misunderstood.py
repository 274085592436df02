"""What the agents did not understand: topics, how they change, and what they go with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.queries.clusters import cluster_queries
from chatdash_analysis.queries.questions import misunderstood_queries
from chatdash_analysis.report.parts import Section, Table
from chatdash_analysis.report.phrases import counted, listed, quoted, rate_of_n
from chatdash_analysis.report.topic_parts import STEPS, size_words, topic_parts
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
    from chatdash_analysis.report.parts import Material

__all__ = ["misunderstood_section"]

_TITLE = "What the agents did not understand"
_SPOKEN = 3
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
        [*topic_parts(clusters, shown, trends, impact, material), share],
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
        headings={"Successes": "With such a question", "In period": "Period", "Rate": "Share"},
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
    told = listed(map(size_words, records(asked.head(_SPOKEN))))
    return [f"Most asked in {material.now.label}: {told}."]


def _trend_words(shown: pd.DataFrame, material: Material) -> list[str]:
    length = f"{STEPS[topic_freq(material.now)]} before"
    sentences = []
    for state, words in _STATES.items():
        rows = shown[shown["state"] == state].sort_values(["q_value", "cluster_id"])
        if len(rows):
            told = [_ratio_words(row, length) for row in records(rows.head(_SPOKEN))]
            more = f", and {count(len(rows) - _SPOKEN)} more" if len(rows) > _SPOKEN else ""
            sentences.append(f"{words}: {listed(told)}{more}.")
    if not sentences:
        return [
            f"No topic that can be shown is surely asked more or less often than in the {length}."
        ]
    return [*sentences, "People count here, known or not."]


def _ratio_words(row: dict[str, Any], length: str) -> str:
    now = counted(row["now_users"], "person", many="people")
    people = f"{now}, {count(row['before_users'])} in up to four {length}"
    # Of nobody now or before, how many times says nothing more.
    if is_missing(row["ratio"]) or np.isinf(row["ratio"]) or not row["ratio"]:
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
        f" than {people} each since the load begins, and {'is' if len(hidden) == 1 else 'are'} not"
        " shown."
    )
    return [told]
