"""Frames of other engines on their way in, and the small tables that come back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import narwhals as nw
import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import lazy_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from narwhals.dtypes import DType

__all__ = ["dtype_of", "grouped", "joined", "kept", "labels", "small_table"]

_ARROW = {
    "str": pa.string(),
    "boolean": pa.bool_(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "datetime64[us, UTC]": pa.timestamp("us", "UTC"),
    "datetime64[us]": pa.timestamp("us"),
}


def labels(frame: nw.LazyFrame[Any], columns: Sequence[str], prefix: str) -> dict[str, nw.Expr]:
    """Return columns as expressions that every engine can group by, missing where pandas says so.

    They are named by `prefix` and their place: the caller's own names might clash with
    those of counts, or with one another in an engine that ignores case.
    """
    schema = frame.collect_schema()
    found = {}
    for place, name in enumerate(columns):
        label = nw.col(name)
        if schema[name] in (nw.Categorical, nw.Enum):
            label = label.cast(nw.String)
        elif schema[name].is_float():
            label = nw.when(~label.is_nan()).then(label)
        found[f"{prefix}{place}"] = label
    return found


def dtype_of(kind: DType) -> str:
    """Return the promised dtype of a column of this type.

    Raises
    ------
    InputError
        If groups cannot be made of such values.
    """
    if kind in (nw.String, nw.Categorical, nw.Enum):
        return "str"
    if kind == nw.Boolean:
        return "boolean"
    if kind.is_numeric():
        return "int64" if kind.is_integer() else "float64"
    if kind in (nw.Datetime, nw.Date):
        return "datetime64[us, UTC]" if getattr(kind, "time_zone", None) else "datetime64[us]"
    raise InputError(
        f"Groups cannot be made of a column of type {kind}. Cast it to text, numbers, flags or"
        " instants."
    )


def grouped(frame: nw.LazyFrame[Any], keys: Sequence[str], **sums: nw.Expr) -> nw.LazyFrame[Any]:
    """Group by columns and sum up."""
    return _opaque(frame.group_by(*keys).agg(**sums))


def joined(frame: nw.LazyFrame[Any], other: nw.LazyFrame[Any], key: str) -> nw.LazyFrame[Any]:
    """Add the columns of another frame to the rows that have a partner there."""
    return _opaque(frame.join(other, on=key))


def _opaque(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Hide from Dask how a frame came about.

    With many partitions Dask asks groups and joins by which columns they are spread over
    the partitions, to save itself the next shuffle. Both answer wrongly: a group that was
    renamed with a KeyError, a join whose small side was sent everywhere with a claim that
    is not so, after which groups are counted once in every partition.
    """
    if not frame.implementation.is_dask():
        return frame
    native: Any = nw.to_native(frame)
    return lazy_frame(native.map_partitions(_itself, meta=native._meta))


def _itself(partition: pd.DataFrame) -> pd.DataFrame:
    return partition


@contextmanager
def kept(frame: nw.LazyFrame[Any], *, often: bool = True) -> Iterator[nw.LazyFrame[Any]]:
    """Let an engine work out once what is used `often`, and forget it afterwards.

    Dask is left to itself: it would hold all of it in the memory of this process.
    """
    native: Any = nw.to_native(frame)
    if not often:
        yield frame
    elif frame.implementation.is_duckdb():
        name = f"chatdash_{uuid4().hex}"
        native.query("kept", f"CREATE TEMP TABLE {name} AS FROM kept")
        try:
            yield lazy_frame(native.query("kept", f"FROM {name}"))
        finally:
            native.query("kept", f"DROP TABLE {name}")
    elif frame.implementation.is_spark_like():
        native = native.persist()
        try:
            yield lazy_frame(native)
        finally:
            native.unpersist()
    else:
        yield lazy_frame(native.collect().lazy()) if frame.implementation.is_polars() else frame


def small_table(frame: nw.LazyFrame[Any], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Collect a few rows: the columns of `dtypes`, with these dtypes.

    Whole numbers of which some are missing become float64.
    """
    table: pa.Table = frame.select(*dtypes).collect("pyarrow").to_native()
    columns = {name: _column(table[name], dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table)))


def _column(values: pa.ChunkedArray, dtype: str) -> pd.Series:
    if dtype == "int64" and values.null_count:
        dtype = "float64"
    series = values.cast(_ARROW[dtype]).to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get)
    return series.astype(dtype)
