"""What columns of any type say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.driving.values import read_values


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pd.Series([True, None], dtype="boolean"), "category"),
        (pd.Series([True, False]), "category"),
        (pd.Series([True, None], dtype=object), "category"),
        (pd.Series([1, 2], dtype="Int64"), "number"),
        (pd.Series([1.5, np.nan]), "number"),
        (pd.Series([1, 2.5, None, 10**400], dtype=object), "number"),
        (pd.Series(["a", None], dtype="str"), "category"),
        (pd.Series(["a", 1, True], dtype=object), "category"),
        (pd.Series([1, 2], dtype="category"), "number"),
        (pd.Series(["a", "b"], dtype="category"), "category"),
        (pd.Series([1 + 2j, 3]), "category"),
        (pd.to_timedelta(pd.Series([1, 2]), "h"), "category"),
        (pd.Series(pd.period_range("2026", periods=2, freq="M")), "category"),
        (pd.Series(['["a"]', "[]"], dtype="str"), "list"),
        (pd.Series(['{"a": 1}', None], dtype="str"), "list"),
        (pd.Series([["a"], {"b": 1}], dtype=object), "list"),
        (pd.to_datetime(pd.Series(["2026-01-01", None]), utc=True), "instant"),
        (pd.to_datetime(pd.Series(["2026-01-01", None])), "instant"),
        (pd.Series([None, None], dtype=object), "category"),
        (pd.Series([], dtype="str"), "category"),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else value,
)
def test_kind_follows_from_type_and_content(column, kind):
    values = read_values(column)
    assert values.kind == kind
    assert values.present.tolist() == column.notna().tolist()
    assert len(values.codes) == len(values.numbers) == len(column)


def test_what_says_nothing_is_present_but_no_level():
    column = pd.Series(["N/A", " book  it ", "Unknown", None, "book it", ""], dtype="str")
    values = read_values(column)
    assert values.labels == ["book it"]
    assert values.codes.tolist() == [-1, 0, -1, -1, 0, -1]
    assert values.held.tolist() == [False, True, False, False, True, False]
    assert values.present.tolist() == [True, True, True, False, True, True]


def test_a_text_in_brackets_now_and_then_is_no_list():
    values = read_values(pd.Series(["a", "b", "[c]"], dtype="str"))
    assert values.labels == ["[c]", "a", "b"]
