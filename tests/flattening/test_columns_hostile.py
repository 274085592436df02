"""Flat customAnalysis with clashing keys and mixed values: each in its own column, of one type."""

from __future__ import annotations

import io
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatdash_analysis.loading.parsing import parse_conversations
from tests import strategies
from tests.oracle import whole
from tests.rendering import rendered

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

# The largest whole number up to which a float64 holds every one.
EXACT = 2**53
# Keys by which the platforms' wrappers are known, and so no plain fields.
SHAPED = {*strategies.CONTAINERS}
KEYS = [key for key in strategies.ODD_KEYS if key not in SHAPED]


class Fractional(Decimal):
    """A number written with a point or an exponent: never a whole number, even if 1.0."""


@st.composite
def flat_answers(draw: DrawFn) -> bytes:
    """Answers whose conversations have flat fields, and few keys, so that they meet."""
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=5, unique=True))
    fields = st.dictionaries(st.sampled_from(keys), strategies.scalars)
    rows = draw(st.lists(fields, min_size=1, max_size=5))
    trees = [{"_id": f"c{n}", "customAnalysis": row} for n, row in enumerate(rows)]
    style = draw(st.integers(0, 2**16))
    return strategies.array_of([rendered(tree, style) for tree in trees])


def expect_each_field_in_its_column(body: bytes, piece_size: int) -> None:
    sent = whole(json.loads(body, parse_int=Decimal, parse_float=Fractional))
    sent = [row["customAnalysis"] for row in sent]
    table = parse_conversations(io.BytesIO(body), piece_size=piece_size).table
    columns = {json.loads(f.metadata[b"path"])[0]: f for f in table.schema if f.metadata}
    present = {key for row in sent for key, value in row.items() if value not in (None, "")}
    assert columns.keys() == present
    for key, field in columns.items():
        values = [row.get(key) for row in sent]
        assert field.type == _type_of(values), (key, values)
        for value, got in zip(values, table[field.name].to_pylist(), strict=True):
            assert _same(value, got, field.type), (key, value, got)


@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(flat_answers(), st.sampled_from([64, 1 << 20]))
def test_each_field_has_a_column_of_the_type_of_all_its_values(body: bytes, size: int) -> None:
    expect_each_field_in_its_column(body, size)


@pytest.mark.slow
@settings(
    max_examples=1000,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(flat_answers(), st.sampled_from([64, 1 << 20]))
def test_each_field_has_such_a_column_widely(body: bytes, size: int) -> None:
    expect_each_field_in_its_column(body, size)


def _type_of(values: list[Any]) -> pa.DataType:
    there = [value for value in values if value not in (None, "")]
    if all(isinstance(value, bool) for value in there):
        return pa.bool_()
    return pa.float64() if all(map(_is_exact, there)) else pa.string()


def _is_exact(value: Any) -> bool:
    fractional = isinstance(value, Fractional)
    return fractional or (isinstance(value, Decimal) and abs(value) <= EXACT)


def _same(value: Any, got: Any, kind: pa.DataType) -> bool:
    if value in (None, ""):
        return got is None
    if isinstance(value, Decimal):
        return _same_number(value, got, kind)
    if isinstance(value, bool) and pa.types.is_string(kind):
        return bool(got == str(value).lower())
    return type(got) is type(value) and bool(got == value)


def _same_number(value: Decimal, got: Any, kind: pa.DataType) -> bool:
    if isinstance(value, Fractional) and not math.isfinite(float(value)):
        # No column holds it; the text in custom_analysis does.
        return got is None
    if pa.types.is_string(kind):
        return isinstance(got, str) and (Decimal(got) == value or float(got) == float(value))
    return isinstance(got, float) and got == float(value)
