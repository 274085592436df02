"""The typing of the dynamic fields that a peer without one is given.

Written without the package, so that it is a second opinion on the types as well: a field
of booleans is boolean, of numbers double, of anything else text; objects are entered,
lists are JSON text. Batch by batch, because the garbage collector doubles the time of a
pass that keeps all the decoded objects.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.benchmarks import checks

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 4096
Path = tuple[str, ...]
Cells = dict[Path, tuple[list[int], list[Any]]]


def with_dynamic(table: pa.Table, source: str) -> pa.Table:
    """Return `table` with the JSON objects of its column `source` as ``custom_*`` columns."""
    import msgspec

    decode = msgspec.json.Decoder(list[dict[str, Any] | None]).decode
    chunks: dict[Path, dict[int, pa.Array]] = defaultdict(dict)
    for start in range(0, len(table), _BATCH):
        texts = table[source].slice(start, _BATCH).to_pylist()
        cells: Cells = defaultdict(lambda: ([], []))
        for row, value in enumerate(decode("[" + ",".join(text or "null" for text in texts) + "]")):
            if value:
                _enter(cells, (), row, value)
        for path, (rows, values) in cells.items():
            chunks[path][start] = _spread(rows, _typed(values), len(texts))
    for path in sorted(chunks):
        table = table.append_column(checks.dynamic_name(path), _joined(chunks[path], len(table)))
    return table.drop_columns([source])


def _enter(cells: Cells, prefix: Path, row: int, value: dict[str, Any]) -> None:
    for key, item in value.items():
        if isinstance(item, dict):
            _enter(cells, (*prefix, key), row, item)
        elif item is not None:
            rows, values = cells[*prefix, key]
            rows.append(row)
            values.append(item)


def _typed(values: list[Any]) -> pa.Array:
    import pyarrow as pa

    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds == {int}:
        return pa.array(values, pa.int64())
    if kinds <= {int, float}:
        return pa.array(map(float, values), pa.float64())
    if kinds == {str}:
        return pa.array(values, pa.string())
    return pa.array([checks.as_text(value) for value in values], pa.string())


def _spread(rows: list[int], values: pa.Array, size: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    if len(rows) == size:
        return values
    places = np.full(size, -1)
    places[rows] = np.arange(len(rows))
    return values.take(pa.array(places, mask=places < 0))


def _joined(chunks: dict[int, pa.Array], size: int) -> pa.ChunkedArray:
    import pyarrow as pa

    kinds = {str(chunk.type) for chunk in chunks.values()}
    kind = pa.float64() if kinds <= {"int64", "double"} else pa.string()
    kind = pa.bool_() if kinds == {"bool"} else kind
    parts = []
    for start in range(0, size, _BATCH):
        chunk = chunks.get(start)
        rows = min(_BATCH, size - start)
        parts.append(pa.nulls(rows, kind) if chunk is None else chunk.cast(kind))
    return pa.chunked_array(parts, kind)
