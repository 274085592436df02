"""The distinct values of any column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.fields.distinct import distinct_values

hostile = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2),
    st.dates(),
    st.binary(max_size=3),
)


@pytest.mark.parametrize(
    ("values", "dtype", "kind", "texts"),
    [
        (["b", None, "a"], "str", "text", ["b", None, "a"]),
        ([1.0, None, 2.5], "float64", "number", ["1", None, "2.5"]),
        ([3, 1, 2], "int64", "number", ["3", "1", "2"]),
        ([True, None, False], "boolean", "boolean", ["true", None, "false"]),
        ([True, False, True], "bool", "boolean", ["true", "false", "true"]),
        (["b", None, "a"], "category", "text", ["b", None, "a"]),
        ([True, 1, "1"], "object", "mixed", ["true", "1", "1"]),
        ([1, 2.5, None], "object", "number", ["1", "2.5", None]),
        ([2**60, 1, 2], "int64", "text", [str(2**60), "1", "2"]),
        ([["a"], {"b": 1}, ("x",)], "object", "text", ['["a"]', '{"b":1}', '["x"]']),
        ([float("inf"), 1.0, None], "float64", "number", [None, "1", None]),
    ],
)  # fmt: skip
def test_each_value_is_found_again(values, dtype, kind, texts):
    distinct = distinct_values(pd.Series(values, dtype=dtype))
    assert distinct.kind == kind
    assert [None if c < 0 else distinct.text(c) for c in distinct.codes.tolist()] == texts


@settings(max_examples=60, deadline=None)
@given(st.lists(hostile, max_size=8))
def test_objects_of_any_kind_give_codes_and_texts_that_a_file_can_hold(values):
    distinct = distinct_values(pd.Series(values, dtype=object))
    assert len(distinct.codes) == len(values)
    assert distinct.codes.max(initial=-1) < len(distinct)
    for place in range(len(distinct)):
        distinct.text(place).encode()
    assert all(code == -1 for code, v in zip(distinct.codes, values, strict=True) if v is None)


def test_order_does_not_depend_on_the_rows():
    values = pd.Series(["b", "a", "c", "a", None], dtype="str")
    one, other = distinct_values(values), distinct_values(values[::-1])
    assert one.texts.equals(other.texts)
    assert np.array_equal(one.codes, other.codes[::-1])
