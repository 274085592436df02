"""Pictures and tables of topics; those of a whole report are tested with their section."""

from __future__ import annotations

from chatdash_analysis.report.topic_parts import size_words


def test_a_topic_is_told_with_its_questions_and_people() -> None:
    row = {"label": "Is there\nparking?", "queries": 1, "people": 1, "queries_before": 1_200}
    assert size_words(row) == (
        "“Is there parking?” (1 question of 1 known person; 1,200 in the period before)"
    )
