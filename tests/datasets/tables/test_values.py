"""Columns of any dtype as numbers or text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.values import read_values

NA = np.nan
CASES = [
    ([True, None, False], "boolean", "flag", [1, NA, 0]),
    ([True, False], "bool", "flag", [1, 0]),
    ([True, None], "object", "flag", [1, NA]),
    ([1, 2], "int64", "number", [1, 2]),
    ([1, None], "Int64", "number", [1, NA]),
    ([1.5, np.inf, -np.inf], "float64", "number", [1.5, NA, NA]),
    ([1, 2.5, True, Decimal("0.5"), None], "object", "number", [1, 2.5, 1, 0.5, NA]),
    ([10**400, 1], "object", "number", [NA, 1]),
    (["a", "", " ", None], "str", "text", ["a", None, None, None]),
    (["a", "b"], "category", "text", ["a", "b"]),
    ([1, "a", True, None], "object", "text", ["1", "a", "True", None]),
    (["a", "\ud83d"], "object", "text", ["a", "�"]),
    ([None, None], "object", "number", [NA, NA]),
    ([[1], [2]], "object", "other", [NA, NA]),
    ([{"a": 1}, None], "object", "other", [NA, NA]),
    ([dt.date(2026, 1, 1)], "object", "other", [NA]),
    ([1j], "complex128", "other", [NA]),
    (["2026-01-01"], "datetime64[us]", "other", [NA]),
]


@pytest.mark.parametrize(("items", "dtype", "kind", "expected"), CASES)
def test_each_dtype_is_read(items, dtype, kind, expected):
    found = read_values(pd.Series(items, dtype=dtype, index=range(5, 5 + len(items))))
    assert found.kind == kind
    wanted = pd.Series(expected, dtype="str" if kind == "text" else "float64")
    pd.testing.assert_series_equal(found.series, wanted)
