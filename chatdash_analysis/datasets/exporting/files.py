"""Frames as the bytes of a file: parquet, or CSV that a spreadsheet cannot run."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from chatdash_analysis.datasets.exporting.fingerprint import kinds_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.saving import disarmed

if TYPE_CHECKING:
    from pathlib import Path

    from chatdash_analysis.datasets.exporting.fingerprint import Kind

__all__ = ["as_csv", "as_parquet", "from_parquet"]

_TYPES = {
    "text": pa.string(),
    "float64": pa.float64(),
    "int64": pa.int64(),
    "instant": pa.timestamp("us", "UTC"),
}
_ROW_GROUP = 1 << 17


def as_parquet(frame: pd.DataFrame) -> memoryview:
    """Return a frame as parquet of plain types; pandas reads its categories as such."""
    kinds = zip(frame.columns, frame.dtypes, kinds_of(frame), strict=True)
    schema = pa.schema([(name, _type(dtype, kind)) for name, dtype, kind in kinds])
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, row_group_size=_ROW_GROUP, compression="zstd", write_page_checksum=True
    )
    return memoryview(sink.getvalue())


def _type(dtype: Any, kind: Kind) -> pa.DataType:
    if not isinstance(dtype, pd.CategoricalDtype):
        return _TYPES[kind]
    # In the file the values are plain texts; the type tells Arrow and pandas what they were.
    return pa.dictionary(pa.int32(), pa.string(), ordered=bool(dtype.ordered))


def from_parquet(path: Path) -> pd.DataFrame:
    """Read a frame that `as_parquet` wrote.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    try:
        with pa.OSFile(str(path)) as source:
            table = pq.ParquetFile(source, page_checksum_verification=True).read()
        return table.to_pandas()
    except (OSError, pa.ArrowException, ValueError) as error:
        raise InputError(
            f"The file {path.name} is missing or damaged, so that the data set is not as it was"
            " exported. Bring it back from a copy, or export the table again."
        ) from error


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV: UTF-8 that spreadsheets recognise, every cell quoted.

    What a spreadsheet would run as a formula gets a leading apostrophe, in the names of the
    columns, too. Instants are in UTC.
    """
    kinds = dict(zip(frame.columns, kinds_of(frame), strict=True))
    cells = {name: _cells(column, kinds[name]) for name, column in frame.items()}
    safe = pd.DataFrame(cells)
    safe.columns = pd.Index(disarmed(pd.Series(frame.columns, dtype="str")))
    text: str = safe.to_csv(index=False, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    return b"\xef\xbb\xbf" + text.encode()


def _cells(column: pd.Series, kind: Kind) -> pd.Series:
    if kind == "instant":
        return column.dt.strftime("%Y-%m-%d %H:%M:%S")
    return disarmed(column.astype("str")) if kind == "text" else column
