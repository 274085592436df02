"""Members are counted right, or too high, or not at all; never too low."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.loading.members import count_members

TEXTS = st.text(st.sampled_from(list('ab":\\, {}n\n\té')), max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def members(value: object) -> int:
    if isinstance(value, dict):
        return sum((v is not None) + members(v) for v in value.values())
    return sum(map(members, value)) if isinstance(value, list) else 0


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.sampled_from([None, 0, 2]))
def test_no_member_is_missed(value, indent):
    compact = json.dumps({"rows": [value]}, separators=(",", ":"), ensure_ascii=False).encode()
    pretty = json.dumps({"rows": [value]}, indent=indent).encode()
    for text in (compact, pretty):
        count = count_members(text)
        assert count is None or count >= members(value) + 1


def test_documented_json_is_never_refused():
    row = {"_id": "1", "summary": 'She said "yes": C:\\temp, then', "cost": 1.5, "name": None}
    text = json.dumps({"rows": [row] * 3}, separators=(",", ":")).encode()
    assert count_members(text) == 10


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"a":1}', b'{"a" : 1}', b'{"a":\n1}'])
def test_short_and_spaced_texts_do_not_break_it(text):
    assert count_members(text) in (None, 0, 1)
