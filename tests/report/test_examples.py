"""Which questions of a cluster are shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from chatdash_analysis.report.examples import choose_examples

TOPICS = pd.DataFrame({"cluster_id": ["q2", "q1"], "label": ["Parking?", "Open on Sunday?"]})


def clusters(rows: list[tuple[str, str | None, str, float]], *best: tuple[str, str]) -> Any:
    """Return clusters of id, person, masked question and confidence, and who stands for them."""
    queries = pd.DataFrame(rows, columns=["cluster_id", "user_id", "scrubbed", "confidence"])
    queries = queries.astype({"user_id": "str"})
    queries["query_id"] = [f"c{place}" for place in range(len(rows))]
    examples = pd.DataFrame(best, columns=["cluster_id", "question"], dtype="str")
    ranks = examples.groupby("cluster_id").cumcount() + 1
    return SimpleNamespace(
        queries=queries, examples=examples.assign(kind="representative", rank=ranks)
    )


def chosen(found: Any, **how: int) -> list[tuple[str, str]]:
    table = choose_examples(found, TOPICS, **how)
    assert table.columns.tolist() == ["cluster_id", "label", "example"]
    return list(zip(table["cluster_id"], table["example"], strict=True))


def test_representative_questions_come_first_then_the_surest() -> None:
    found = clusters(
        [("q1", "a", "far off", 0.1), ("q1", "b", "sure", 0.9), ("q1", "c", "typical", 0.5)],
        ("q1", "typical"),
    )
    assert chosen(found) == [("q1", "typical"), ("q1", "sure"), ("q1", "far off")]
    assert chosen(found, most=1) == [("q1", "typical")]


def test_topics_keep_their_order() -> None:
    found = clusters([("q1", "a", "one", 0.5), ("q2", "a", "two", 0.5)])
    assert chosen(found) == [("q2", "two"), ("q1", "one")]


def test_of_each_person_and_each_wording_there_is_one() -> None:
    found = clusters([
        ("q1", "a", "First", 0.9), ("q1", "a", "Second", 0.8), ("q1", "b", "first!", 0.7),
        ("q1", "c", "Third", 0.6),
    ])  # fmt: skip
    assert chosen(found) == [("q1", "First"), ("q1", "Third")]


def test_nobody_unknown_nothing_empty_and_not_the_label_again() -> None:
    found = clusters([
        ("q1", None, "of nobody", 0.9), ("q1", "a", "?!", 0.8), ("q1", "b", "open on  SUNDAY", 0.7),
        ("q1", "c", "", 0.6), ("q3", "d", "of a topic that is hidden", 0.5),
    ])  # fmt: skip
    assert chosen(found) == []


def test_the_order_of_rows_does_not_matter_and_long_ones_are_cut() -> None:
    found = clusters([("q1", f"p{n}", f"{n} " + "long " * 90, 0.5) for n in range(9)])
    once = chosen(found)
    found.queries = found.queries.iloc[::-1]
    assert chosen(found) == once
    assert {len(example) for _, example in once} <= set(range(100, 121))
