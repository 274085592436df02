"""Which of two copies stands does not depend on their order."""

from __future__ import annotations

import io
import json

from chatdash_analysis.loading.parsing import parse_conversations
from chatdash_analysis.loading.placing import by_content, newest
from tests.loading.made import conversations

ROWS = conversations(20)
TWINS = [{**ROWS[0], "summary": text} for text in ("one", "two", "three")]


def table(rows):
    return parse_conversations(io.BytesIO(json.dumps(rows).encode())).table


def test_equally_new_copies_are_settled_by_content():
    first = by_content(table(ROWS[1:] + TWINS))
    second = by_content(table(TWINS[::-1] + ROWS[1:]))
    stands = [
        [row["summary"] for row in t.to_pylist() if row["conversation_id"] == ROWS[0]["_id"]]
        for t in (first, second)
    ]
    assert stands[0] == stands[1]
    assert newest(table(TWINS)).equals(newest(table(TWINS[::-1])))


def test_without_copies_nothing_moves():
    whole = table(ROWS)
    assert by_content(whole) is whole
    assert newest(whole) is whole
