"""Turns of phrase."""

from __future__ import annotations

import math

import pytest

from chatdash_analysis.report.phrases import counted, listed, of_n, quoted, rate_of_n, shown


def test_things_are_counted_in_the_right_number() -> None:
    assert counted(1, "day") == "1 day"
    assert counted(1_032, "conversation") == "1,032 conversations"
    assert counted(0, "person", many="people") == "0 people"


@pytest.mark.parametrize(
    ("texts", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_enumerations_end_in_and(texts: list[str], words: str) -> None:
    assert listed(texts) == words
    assert listed(iter(texts)) == words


def test_texts_of_others_stay_on_one_line_and_turn_nothing() -> None:
    assert shown("a\n\tb\x00c \u202ed\u2066") == "a b c d"
    assert shown("<b>&") == "<b>&"
    assert shown(None) == "(missing)"
    assert shown(float("nan")) == "(missing)"
    assert shown("x" * 500, most=10) == "x" * 9 + "…"
    assert quoted("a") == "“a”"


def test_a_rate_has_its_interval_and_what_it_rests_on() -> None:
    assert rate_of_n(0.5, 0.4, 0.6, 1_000) == "50.0 % (40.0 to 60.0, n = 1,000)"
    assert rate_of_n(0.5, math.nan, math.nan, 7) == "50.0 % (n = 7)"
    assert rate_of_n(math.nan, math.nan, math.nan, 7) == "cannot be told (n = 7)"
    assert of_n(0.1, 0.2, 3) == "(10.0 to 20.0, n = 3)"
