"""Dynamic columns: types and names depend on the values alone."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.flattening import columns as fields
from chatdash_analysis.flattening.columns import (
    BASE,
    combine,
    drop_empty,
    dynamic_paths,
    with_fields,
)
from chatdash_analysis.flattening.names import column_names, raw_key

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
OBJECTS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "A", "c d"]), VALUES), max_size=12)


def _table(objects: list) -> pa.Table:
    texts = [json.dumps(value) for value in objects]
    base = pa.table({**{f.name: pa.nulls(len(texts), f.type) for f in BASE}}, schema=BASE)
    base = base.set_column(BASE.names.index("custom_analysis"), "custom_analysis", [texts])
    base = base.cast(BASE)
    columns, overflow = fields.flatten_column(base["custom_analysis"])
    return with_fields(base, columns, overflow=overflow)


def _plain(table: pa.Table) -> list:
    dynamic = sorted(dynamic_paths(table).values())
    return [table.select(dynamic).to_pylist(), [str(table[name].type) for name in dynamic]]


@settings(deadline=None)
@given(OBJECTS, st.integers(0, 12), st.integers(0, 12))
def test_the_result_does_not_depend_on_how_rows_are_split(objects, first, second):
    whole = _table(objects)
    cuts = sorted((min(first, len(objects)), min(second, len(objects))))
    parts = [objects[: cuts[0]], objects[cuts[0] : cuts[1]], objects[cuts[1] :]]
    joined = combine([_table(part) for part in parts])
    assert _plain(joined) == _plain(whole)


def test_the_result_does_not_depend_on_the_order_of_tables():
    tables = [_table([{"x": 1}]), _table([{"x": "t", "X": 2}]), _table([{"x": True}])]
    first = combine(tables)
    second = combine(tables[::-1])
    assert first.column_names == second.column_names
    assert first["custom_x"].to_pylist() == second["custom_x"].to_pylist()[::-1]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([True, False], pa.bool_(), [True, False]),
        ([1, True], pa.string(), ["1", "true"]),
        ([1, "x"], pa.string(), ["1", "x"]),
        ([5.0, "x"], pa.string(), ["5", "x"]),
        ([2**53 + 1, 1], pa.string(), ["9007199254740993", "1"]),
    ],
)
def test_types_are_joined_without_loss(values, kind, expected):
    joined = combine([_table([{"v": value}]) for value in values])
    assert joined["custom_v"].type == kind
    assert joined["custom_v"].to_pylist() == expected


def test_too_many_fields_leave_those_with_most_values_whatever_the_split(monkeypatch):
    monkeypatch.setattr(fields, "MAX_FIELDS", 5)
    monkeypatch.setattr(fields.FieldBuilder, "limit", 5)
    monkeypatch.setattr(fields.flatten_column, "__defaults__", (5,))
    rng = random.Random(0)
    objects = [{f"k{rng.randrange(30)}": 1, "common": i, "half": i} for i in range(40)]
    whole = _table(objects)
    split = combine([_table(objects[:7]), _table(objects[7:9]), _table(objects[9:])])
    assert len(dynamic_paths(whole)) == 5
    assert b"overflow" in whole.schema.metadata
    assert {"custom_common", "custom_half"} <= set(whole.column_names)
    assert _plain(split) == _plain(whole)


def test_no_tables_give_an_empty_typed_one():
    assert combine([]).schema == BASE


def test_fields_without_a_value_are_dropped():
    table = combine([_table([{"a": 1}]), _table([{"b": 1}])])
    assert dynamic_paths(drop_empty(table.slice(0, 1))) == {("a",): "custom_a"}


def test_names_are_snake_case_unique_and_independent_of_order():
    paths = [("Lead Score",), ("lead_score",), ("leadScore",), ("analysis",), ("",), ("Größe",)]
    names = column_names(paths, "custom_")
    assert names == column_names(paths[::-1], "custom_")
    assert names["lead_score",] == "custom_lead_score"
    assert names["Lead Score",].startswith("custom_lead_score__")
    assert names["analysis",].startswith("custom_analysis__")
    assert names["",] == "custom_unnamed"
    assert names["Größe",] == "custom_größe"
    assert len(set(names.values())) == len(paths)


@given(
    st.sets(st.tuples(st.text(max_size=8)) | st.tuples(st.text(max_size=4), st.text(max_size=4)))
)
def test_names_never_clash(paths):
    names = column_names(paths, "custom_")
    assert len(set(names.values())) == len(paths)
    assert len({raw_key(path) for path in paths}) <= len(paths)
