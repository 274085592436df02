"""Texts of others are one line that steers nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.showing.texts import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"), ("two\n lines\tand\u2028more", "two lines and more"), ("", ""),
        ("\u202eexe.gnp\u202c", "exe.gnp"), ("a\x00b\x1b[31m", "a b [31m"), ("  ", ""),
        ("half \ud83d", "half \ufffd"), ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"), ("<b>$x$</b>", "<b>$x$</b>"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_text_is_one_line(text, line):
    assert one_line(text) == line


@given(st.text(st.characters(exclude_categories=())))
def test_no_text_steers_or_breaks_a_line_or_a_file(text):
    line = one_line(text)
    line.encode("utf-8")
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Zl", "Zp", "Cs"}
    steering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(character) for character in line} & steering
    assert one_line(line) == line
