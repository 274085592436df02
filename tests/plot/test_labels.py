"""Names of groups as texts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.plot.labels import count_text, group_labels, percent_text, short_text
from chatdash_analysis.schema import COLUMNS


def _labels(values, name="channel", **options):
    return group_labels(pd.DataFrame({name: pd.Series(values, dtype="object")}), [name], **options)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("web", "web"), (None, "(missing)"), (np.nan, "(missing)"), (pd.NA, "(missing)"),
        (pd.NaT, "(missing)"), ("", "(empty)"), (" \t\n ", "(empty)"), ("\x00\x1b", "(empty)"),
        ("a\r\n b\tc", "a b c"), (3, "3"), (3.0, "3"), (0.1, "0.1"), (1234567.0, "1234567"),
        (True, "True"), (np.float64(2.5), "2.5"), (pd.Timestamp("2026-01-05"), "2026-01-05"),
        (pd.Timestamp("2026-01-05 08:30", tz="UTC"), "2026-01-05 08:30"),
        (dt.date(2026, 1, 5), "2026-01-05"), ("costs $5_{x}", "costs $5_{x}"),
        ("\u202eabc\u2066", "abc"), ("soft\u00adhyphen", "softhyphen"),
    ],
)  # fmt: skip
def test_a_value_becomes_one_line_of_text(value, text):
    assert short_text(value) == text


def test_lone_surrogates_are_replaced_and_pairs_come_together():
    assert short_text("lost \ud83d half") == "lost \ufffd half"
    # An e with two dots below, which DejaVu has, sent as a pair of surrogates, and as one letter.
    assert short_text("\ud835\udd38") == short_text("\U0001d538")


def test_what_no_font_has_becomes_one_sign():
    assert short_text("\U0001f9b7\U0001f642 dentist \U0001f9b7") == "\ufffd dentist \ufffd"


def test_long_texts_are_cut_in_the_middle():
    assert short_text("abcdefghijklmnopqrstuvwxyz", limit=13) == "abcdefgh…wxyz"
    assert short_text("abcdefghijklm", limit=13) == "abcdefghijklm"


@settings(deadline=None)
@given(st.text(max_size=80), st.integers(5, 40))
def test_any_text_is_short_drawable_and_one_line(text, limit):
    short = short_text(text, limit=limit)
    assert 1 <= len(short) <= max(limit, len("(empty)"))
    assert short.isprintable()
    short.encode()


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=60), st.none()), unique=True, max_size=8))
def test_different_groups_get_different_labels(values):
    assert len(set(_labels(values, limit=12))) == len(values)


def test_labels_that_shortening_made_equal_are_numbered_in_order():
    first, second = "x" * 50, "x" * 51
    labels = _labels([first, "web", second, first])
    assert labels[0] == labels[3]
    assert [label[-3:] for label in labels] == [" #1", "web", " #2", " #1"]


def test_a_missing_group_and_a_group_named_missing_are_two():
    assert len(set(_labels([None, "(missing)"]))) == 2


def test_several_columns_are_joined_and_share_the_limit():
    table = pd.DataFrame({"channel": ["web", "y" * 90], "device": [None, "z" * 90]}, dtype="str")
    short, long = group_labels(table, ["channel", "device"], limit=40)
    assert short == "web · (missing)"
    assert long.count("…") == 2
    assert 40 <= len(long) <= 20 + 3 + 20


def test_a_short_column_leaves_its_room_to_a_long_one():
    table = pd.DataFrame({"channel": ["web"], "reason": ["customer-ended-the-call-early"]})
    assert group_labels(table, ["channel", "reason"], limit=44) == [
        "web · customer-ended-the-call-early"
    ]


def test_without_columns_the_row_stands_for_all():
    assert group_labels(pd.DataFrame({"n": [1, 2]}), []) == ["all", "all"]


@pytest.mark.parametrize("name", ["user_id", *(c.name for c in COLUMNS if c.pii)])
def test_values_that_identify_people_are_numbered(name):
    labels = _labels(["+49 170 1234567", "+49 170 7654321", "+49 170 1234567", None], name)
    assert labels == [f"{name} 1", f"{name} 2", f"{name} 1", "(missing)"]


def test_lists_in_a_column_do_not_break_the_labels():
    assert _labels([["a"], ["b"], ["a"]]) == ["['a']", "['b']", "['a']"]


@pytest.mark.parametrize(
    ("n", "text"), [(1204.0, "n = 1,204"), (0, "n = 0"), (np.nan, "n = ?"), (1e6, "n = 1,000,000")]
)
def test_counts_have_separators(n, text):
    assert count_text(n) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.5, "50%"),
        (1.0, "100%"),
        (0.0042, "0.4%"),
        (0.996, "99.6%"),
        (0.614, "61%"),
        (0.9167, "92%"),
    ],
)
def test_percentages_have_a_decimal_where_they_need_one(share, text):
    assert percent_text(share) == text
