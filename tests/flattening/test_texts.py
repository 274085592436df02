"""Text that is yes/no or a number in every value."""

from __future__ import annotations

import pyarrow as pa
import pytest

from chatdash_analysis.flattening.texts import resolve


@pytest.mark.parametrize(
    ("texts", "converted", "values"),
    [
        (["yes", "no", None], "boolean", [True, False, None]),
        (["Yes", "TRUE", "n"], "boolean", [True, True, False]),
        (["yes", "N/A"], "boolean", [True, None]),
        (["yes", "maybe"], "", ["yes", "maybe"]),
        (["8", "7.5", "not provided"], "number", [8.0, 7.5, None]),
        (["007"], "", ["007"]),
        (["4917012345678"], "", ["4917012345678"]),
        (["+5"], "", ["+5"]),
        (["3/5"], "", ["3/5"]),
        (["N/A", "none"], "", ["N/A", "none"]),
        (["1", "yes"], "", ["1", "yes"]),
        ([], "", []),
    ],
)
def test_text_is_converted_only_where_every_value_allows_it(texts, converted, values):
    result = resolve(pa.chunked_array([pa.array(texts, pa.string())]))
    assert (result.converted, result.column.to_pylist()) == (converted, values)


def test_a_late_exception_counts_as_much_as_an_early_one():
    texts = pa.chunked_array([pa.array(["yes"] * 5000 + ["maybe"])])
    assert resolve(texts).converted == ""


def test_null_tokens_that_became_missing_are_counted():
    assert resolve(pa.chunked_array([["yes", "N/A", "unknown"]])).null_tokens == 2
