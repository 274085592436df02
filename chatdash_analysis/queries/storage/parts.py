"""Tables and arrays as plain parquet, read back exactly as they were."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["decode_array", "decode_table", "encode_array", "encode_table"]

# The column of an array: a number a row, or a list of one length (a vector) a row.
_COLUMN = "value"
_PROBLEMS = (pa.ArrowException, OSError, ValueError, TypeError, OverflowError)


def encode_table(name: str, table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a parquet file.

    Raises
    ------
    InputError
        If parquet cannot give it back as it is. ``attrs`` are not kept.
    """
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"The table {name} is a {type(table).__name__}. Give a pandas DataFrame.")
    # Texts that pandas holds in another way are the same texts.
    plain = pd.DataFrame(table).astype(dict.fromkeys(table.select_dtypes("str").columns, "str"))
    plain.attrs = {}
    return _checked(name, lambda: _table_bytes(plain), lambda content: _same_table(plain, content))


def _table_bytes(table: pd.DataFrame) -> bytes:
    return _parquet(pa.Table.from_pandas(table, preserve_index=None), "zstd")


def _same_table(table: pd.DataFrame, content: bytes) -> bool:
    again = decode_table(content)
    same_types = [str(dtype) for dtype in again.dtypes] == [str(dtype) for dtype in table.dtypes]
    return same_types and bool(again.equals(table))


def _checked(name: str, write: Callable[[], bytes], same: Callable[[bytes], bool]) -> bytes:
    try:
        content = write()
        if same(content):
            return content
        reason = "it would be read back as something else"
    except _PROBLEMS as error:
        reason = f"{type(error).__name__}"
    raise InputError(
        f"{name} cannot be saved as parquet ({reason}). Give plain columns of text, numbers, flags"
        " and instants, each name once, or an array of numbers of one or two dimensions."
    )


def _parquet(table: pa.Table, compression: str, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression=compression, compression_level=1, **options)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def decode_table(content: bytes) -> pd.DataFrame:
    """Return the table of `encode_table`."""
    return pd.read_parquet(io.BytesIO(content), engine="pyarrow")


def encode_array(name: str, array: np.ndarray[Any, Any]) -> bytes:
    """Return an array of one or two dimensions as the bytes of a parquet file.

    Raises
    ------
    InputError
        If parquet cannot give it back as it is.
    """
    if not isinstance(array, np.ndarray):
        raise InputError(f"The array {name} is a {type(array).__name__}. Give a numpy array.")
    return _checked(name, lambda: _array_bytes(array), lambda content: _same_array(array, content))


def _array_bytes(array: np.ndarray[Any, Any]) -> bytes:
    values = pa.array(np.ascontiguousarray(array).ravel())
    if array.ndim == 2:
        values = pa.FixedSizeListArray.from_arrays(values, array.shape[1])
    # The high bytes of floats repeat, those of whole numbers other readers want as they are.
    floats = array.dtype in (np.dtype("float32"), np.dtype("float64"))
    table = pa.table({_COLUMN: values})
    return _parquet(table, "zstd", use_dictionary=False, use_byte_stream_split=floats)


def _same_array(array: np.ndarray[Any, Any], content: bytes) -> bool:
    again = decode_array(content)
    if again.dtype != array.dtype or again.shape != array.shape:
        return False
    # Bit for bit: NaN is NaN, and 0.0 is not -0.0.
    return again.tobytes() == array.tobytes()


def decode_array(content: bytes) -> np.ndarray[Any, Any]:
    """Return the array of `encode_array`."""
    column = pq.read_table(pa.BufferReader(content))[_COLUMN].combine_chunks()
    if not pa.types.is_fixed_size_list(column.type):
        return np.array(column.to_numpy(zero_copy_only=False))
    flat = column.flatten().to_numpy(zero_copy_only=False)
    return np.array(flat).reshape(len(column), column.type.list_size)
