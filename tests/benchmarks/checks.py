"""Check sums of tables, made alike from whatever form a job leaves its rows in.

A column's check sum is its type, its number of values, and a sum over them: of numbers,
of true flags, of microseconds, of the bytes of texts. Two jobs did the same work if all
columns agree.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    import pyarrow as pa

Check = dict[str, Any]
Sums = tuple[str, int, float]

# Made once: `json.dumps` makes a new encoder a call when it is given arguments.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
# Added by this package, or kept as sent: no peer has them.
_OURS_ALONE = {"platform", "custom_analysis", "metadata", "other_properties"}


class UnequalWorkError(AssertionError):
    """Two jobs that are compared gave different tables."""


@cache
def declared() -> dict[str, str]:
    """Return the path in the service's JSON of each column that a peer can have, by name."""
    # Here and not above: what this imports must not be counted to a peer.
    from chatdash_analysis.schema import COLUMNS

    return {c.name: c.path for c in COLUMNS if c.name not in _OURS_ALONE}


def require_equal(ours: Check, theirs: Check, who: str) -> None:
    """Raise unless all columns that both check sums name agree, and rows do.

    Raises
    ------
    UnequalWorkError
        With every column that differs.
    """
    mine, other = ours.get("columns", {}), theirs.get("columns", {})
    faults = [
        f"{name}: {mine.get(name)} here, {other.get(name)} there"
        for name in sorted(other)
        if not _same(mine.get(name), other.get(name))
    ]
    lacking = sorted(set(mine) - set(other)) if theirs.get("complete") else []
    if ours["rows"] != theirs["rows"]:
        faults.insert(0, f"rows: {ours['rows']} here, {theirs['rows']} there")
    faults += [f"{name}: {mine[name]} here only" for name in lacking]
    if faults:
        raise UnequalWorkError(f"{who} did other work:\n  " + "\n  ".join(faults))


def _same(one: Sums | None, other: Sums | None) -> bool:
    if one is None or other is None or one[:2] != other[:2]:
        return False
    # The order of an addition of floats matters, of integers it does not.
    return one[2] == other[2] or (one[0] == "double" and math.isclose(one[2], other[2]))


def of_table(table: pa.Table) -> Check:
    """Check sums of a table with the columns of this package, dynamic ones included."""
    dynamic = [name for name in table.column_names if name.startswith("custom_")]
    names = [name for name in declared() if name in table.column_names]
    names += [name for name in dynamic if name not in _OURS_ALONE]
    return complete(table.num_rows, {name: _of_arrow(table[name]) for name in names})


def complete(rows: int, columns: Mapping[str, Sums]) -> Check:
    """Check sums of a table that has every column; those without any value are left out."""
    known = {name: list(sums) for name, sums in columns.items() if sums[1]}
    return {"rows": rows, "columns": known, "complete": True}


def _of_arrow(column: pa.ChunkedArray) -> Sums:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, values = str(column.type), column
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        kind, values = "text", pc.binary_length(column)
    elif pa.types.is_timestamp(column.type):
        # The low bits alone: a sum of whole instants would not fit.
        microseconds = pc.cast(column, pa.timestamp("us", "UTC")).cast(pa.int64())
        kind, values = "instant", pc.bit_wise_and(microseconds, 2**32 - 1)
    total = pc.sum(values).as_py()
    return kind, len(column) - column.null_count, total or 0


def of_length(table: pd.DataFrame) -> Check:
    """Check the number of rows alone."""
    return {"rows": len(table)}


def of_plain(frame: pd.DataFrame) -> Check:
    """Check sums of a frame made by ``pd.json_normalize``; its dynamic columns are objects."""
    import pyarrow as pa

    columns = {}
    for name, path in declared().items():
        if path in frame:
            values = frame[path].array if frame[path].dtype != object else frame[path].tolist()
            columns[name] = _of_arrow(pa.chunked_array([pa.array(values, from_pandas=True)]))
    lists = frame["mistunderstoodQueries"].dropna()
    asked = [[item["question"] for item in items] for items in lists if items]
    columns |= _of_questions(asked, len(frame))
    for name in frame.columns[frame.columns.str.startswith("customAnalysis.")]:
        values = frame[name].dropna().tolist()
        if values:
            columns[dynamic_name(name.split(".")[1:])] = of_values(values)
    return complete(len(frame), columns)


def _of_questions(lists: list[list[str]], rows: int) -> dict[str, Sums]:
    return {
        "misunderstood_queries": of_values([json_text(questions) for questions in lists]),
        "misunderstood_count": ("int64", rows, sum(map(len, lists))),
    }


def dynamic_name(path: Iterable[str]) -> str:
    return "_".join(("custom", *path))


def of_values(values: list[Any]) -> Sums:
    """Check sum of the values of a dynamic field, typed by all that was seen."""
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "bool", len(values), sum(values)
    if kinds <= {int, float}:
        return "double", len(values), float(sum(values))
    return "text", len(values), sum(len(as_text(value).encode()) for value in values)


def as_text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        text: str = value
        return text
    if kind is int:
        return str(value)
    if kind is float and value.is_integer():
        return str(int(value))
    return json_text(value)


def json_text(value: Any) -> str:
    return _encode(value)
