"""Dynamic fields as Arrow columns: built piece by piece, joined over tables.

The type of a field is the join of what was seen: null < bool | double < text.
The join does not depend on the order of rows, on pieces or on windows. Whole
numbers too large for a float64 make their field text, so nothing is rounded.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.flatten import (
    EXACT,
    Path,
    as_text,
    collect,
    decode_objects,
    flatten,
)
from chatdash_analysis.flattening.names import column_names
from chatdash_analysis.schema import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

__all__ = [
    "BASE",
    "SIGHTS",
    "FieldBuilder",
    "combine",
    "drop_empty",
    "dynamic_paths",
    "flatten_column",
    "with_fields",
]

MAX_FIELDS = 500
BATCH = 4096

BASE: pa.Schema = pa.schema(
    [
        *(pa.field(c.name, c.arrow_type) for c in COLUMNS),
        pa.field("served", pa.int8()),
        pa.field("placed_at", pa.timestamp("us", "UTC")),
    ]
)
# Of the files of the store alone: when a conversation was last fetched without a verdict, before
# it was first fetched with one. Both are missing while it has none.
SIGHTS: pa.Schema = pa.schema(
    [
        pa.field("unjudged_at", pa.timestamp("us", "UTC")),
        pa.field("judged_at", pa.timestamp("us", "UTC")),
    ]
)
_DECLARED = frozenset([*BASE.names, *SIGHTS.names])


@dataclass
class FieldBuilder:
    """Collects the fields of consecutive pieces of a table.

    More than `limit` different fields set `overflow`: which of them are worth a
    column can then only be told from the whole table. Fields not in `only`, where
    it is given, are passed over.
    """

    limit: int = MAX_FIELDS
    only: frozenset[Path] | None = None
    overflow: bool = False
    _chunks: dict[Path, list[tuple[int, pa.Array]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _sizes: list[int] = field(default_factory=list)

    def add(self, rows: Iterable[tuple[int, dict[str, Any]]], size: int) -> None:
        """Add a piece of `size` rows, given the number and the object of those that have one."""
        piece = len(self._sizes)
        self._sizes.append(size)
        if self.overflow:
            return
        for path, (places, values) in collect(rows).items():
            if self.only is None or path in self.only:
                self._chunks[path].append((piece, _scatter(places, _typed(values), size)))
        if len(self._chunks) > self.limit:
            self.overflow = True
            self._chunks.clear()

    def columns(self) -> dict[Path, pa.ChunkedArray]:
        """Return one column a field, each as long as all pieces together."""
        return {path: self._column(chunks) for path, chunks in self._chunks.items()}

    def _column(self, chunks: list[tuple[int, pa.Array]]) -> pa.ChunkedArray:
        kind = _join_types(chunk.type for _, chunk in chunks)
        known = dict(chunks)
        parts = [
            _cast(known[piece], kind) if piece in known else pa.nulls(size, kind)
            for piece, size in enumerate(self._sizes)
        ]
        return pa.chunked_array(parts, kind)


def _typed(values: list[Any]) -> pa.Array:
    kinds = set(map(type, values))
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds <= {int, float}:
        numbers = _numbers(values)
        if numbers is not None:
            return numbers
    if kinds == {str}:
        return pa.array(values, pa.string())
    return pa.array([as_text(value) for value in values], pa.string())


def _numbers(values: list[Any]) -> pa.Array | None:
    try:
        numbers = np.array(values, dtype="float64")
    except OverflowError:
        return None
    sound = np.isfinite(numbers)
    large = np.abs(numbers, where=sound, out=np.zeros_like(numbers)) >= EXACT
    if large.any() and any(type(value) is int and abs(value) > EXACT for value in values):
        return None
    return pa.array(numbers, mask=~sound)


def _scatter(places: list[int], values: pa.Array, size: int) -> pa.Array:
    # Two spellings of one field in the same row: the later one stands.
    index = np.full(size, -1)
    index[places] = np.arange(len(places))
    if len(places) == size and index.min() >= 0:
        return values
    return values.take(pa.array(index, mask=index < 0))


def _join_types(types: Iterable[pa.DataType]) -> pa.DataType:
    return reduce(lambda a, b: a if a == b else pa.string(), types)


def _cast(column: Any, kind: pa.DataType) -> Any:
    if column.type == kind:
        return column
    if pa.types.is_floating(column.type):
        # Arrow writes 1e+15 where JSON had 1000000000000000.
        texts = pa.array([None if v is None else as_text(v) for v in column.to_pylist()], kind)
        return pa.chunked_array([texts]) if isinstance(column, pa.ChunkedArray) else texts
    return pc.cast(column, kind)


def flatten_column(
    column: pa.ChunkedArray, limit: int = MAX_FIELDS
) -> tuple[dict[Path, pa.ChunkedArray], bool]:
    """Flatten a column of JSON texts; with too many fields, keep those with most values.

    Returns
    -------
    columns : dict of path to pyarrow.ChunkedArray
    overflow : bool
        Whether fields were left out.
    """
    builder = FieldBuilder(limit)
    for rows, size in _objects(column):
        builder.add(rows, size)
    if not builder.overflow:
        return builder.columns(), False
    builder = FieldBuilder(limit, only=_most_common(column, limit))
    for rows, size in _objects(column):
        builder.add(rows, size)
    return builder.columns(), True


def _objects(column: pa.ChunkedArray) -> Iterator[tuple[list[tuple[int, dict[str, Any]]], int]]:
    for start in range(0, len(column), BATCH):
        texts = column.slice(start, BATCH).to_pylist()
        places = [i for i, text in enumerate(texts) if text]
        values = decode_objects([texts[i].encode() for i in places])
        pairs = zip(places, values, strict=True)
        yield [(i, value) for i, value in pairs if isinstance(value, dict)], len(texts)


def _most_common(column: pa.ChunkedArray, limit: int) -> frozenset[Path]:
    counts: Counter[Path] = Counter()
    for rows, _ in _objects(column):
        for _, value in rows:
            counts.update({path for path, _ in flatten(value)})
    return frozenset(sorted(counts, key=lambda path: (-counts[path], path))[:limit])


def dynamic_paths(table: pa.Table) -> dict[Path, str]:
    """Return the path and the column name of each dynamic field of a table."""
    found = ((f.name, f.metadata) for f in table.schema)
    return {_path(note[b"path"]): name for name, note in found if note and b"path" in note}


@lru_cache(maxsize=4096)
def _path(text: bytes) -> Path:
    return tuple(json.loads(text))


def with_fields(
    table: pa.Table,
    columns: dict[Path, pa.ChunkedArray],
    *,
    overflow: bool,
    prefix: str = "custom_",
) -> pa.Table:
    """Return the declared columns of `table` followed by the fields, named and in order."""
    names = column_names(columns, prefix)
    base = table.select([name for name in table.column_names if name in _DECLARED])
    fields = list(base.schema)
    arrays = list(base.columns)
    for path in sorted(columns, key=names.__getitem__):
        note = {b"path": json.dumps(path).encode()}
        fields.append(pa.field(names[path], columns[path].type, metadata=note))
        arrays.append(columns[path])
    metadata = {b"overflow": b"1"} if overflow else None
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata))


def combine(tables: Sequence[pa.Table]) -> pa.Table:
    """Join conversation tables whose dynamic fields differ in names and types.

    A table that lacks a declared column passes, so that subsets of columns can be
    joined; all tables must lack the same ones.
    """
    if not tables:
        return BASE.empty_table()
    bases = [t.select([n for n in t.column_names if n in _DECLARED]) for t in tables]
    base = pa.concat_tables([b.replace_schema_metadata(None) for b in bases])
    paths = [dynamic_paths(t) for t in tables]
    overflow = any(b"overflow" in (t.schema.metadata or {}) for t in tables)
    if overflow and "custom_analysis" in base.column_names:
        columns, overflow = flatten_column(base["custom_analysis"])
        return with_fields(base, columns, overflow=overflow)
    kept, left_out = _widest(tables, paths)
    columns = {path: _joined(tables, paths, path) for path in kept}
    return with_fields(base, columns, overflow=overflow or left_out)


def _widest(
    tables: Sequence[pa.Table], paths: Sequence[dict[Path, str]]
) -> tuple[list[Path], bool]:
    union = sorted(set().union(*paths))
    if len(union) <= MAX_FIELDS:
        return union, False
    counts: Counter[Path] = Counter()
    for table, names in zip(tables, paths, strict=True):
        for path, name in names.items():
            counts[path] += len(table) - table[name].null_count
    return sorted(union, key=lambda path: (-counts[path], path))[:MAX_FIELDS], True


def _joined(
    tables: Sequence[pa.Table], paths: Sequence[dict[Path, str]], path: Path
) -> pa.ChunkedArray:
    found = [t[p[path]] if path in p else None for t, p in zip(tables, paths, strict=True)]
    kind = _join_types(column.type for column in found if column is not None)
    parts: list[pa.Array] = []
    for table, column in zip(tables, found, strict=True):
        whole = pa.chunked_array([pa.nulls(len(table), kind)]) if column is None else column
        parts += _cast(whole, kind).chunks
    return pa.chunked_array(parts, kind)


def drop_empty(table: pa.Table) -> pa.Table:
    """Return `table` without the dynamic fields that have no value in any row."""
    paths = dynamic_paths(table)
    columns = {p: table[n] for p, n in paths.items() if table[n].null_count < len(table)}
    if len(columns) == len(paths):
        return table
    overflow = b"overflow" in (table.schema.metadata or {})
    return with_fields(table, columns, overflow=overflow)
