r"""The content hash of tables: the same on every machine, whatever file holds the values.

Format 1, all numbers little-endian. A text is written as its length in bytes (64 bits) and
its UTF-8; a missing one as the length 2**64 - 1 and nothing.

* A cell of a number is its IEEE double; all NaN, which stand for missing, are
  ``7ff8000000000000``, and -0.0 is 0.0. A count is a signed 64-bit integer. An instant is
  the signed 64-bit number of microseconds since 1970 in UTC, and missing is -2**63.
* A row is its numbers, counts and instants in the order of the columns, then its texts in
  that order. A category counts as the text of its label.
* A table is the text ``chatdash_analysis table 1``, the number of columns (64 bits), for each
  column its name and its kind (``float64``, ``int64``, ``instant`` or ``text``) as texts, the
  number of rows (64 bits), and the SHA-256 of each row in ascending order. So the order of
  the rows does not count.
* A data set is the text ``chatdash_analysis dataset 1`` and, for each table by name, its name
  as text and its SHA-256.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

__all__ = ["Kind", "dataset_hash", "kinds_of", "row_digests", "table_hash"]

Kind = Literal["float64", "int64", "instant", "text"]

_FLOAT, _INTEGER = np.dtype("float64"), np.dtype("int64")
_MISSING = b"\xff" * 8


def kinds_of(frame: pd.DataFrame) -> list[Kind]:
    """Return ``float64``, ``int64``, ``instant`` or ``text``: what the values of a column are.

    Raises
    ------
    InputError
        If they are something else.
    """
    return [_kind(name, dtype) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)]


def _kind(name: str, dtype: Any) -> Kind:
    if dtype == _FLOAT:
        return "float64"
    if dtype == _INTEGER:
        return "int64"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "instant"
    if isinstance(dtype, pd.StringDtype) or _labelled(dtype):
        return "text"
    raise InputError(
        f"The column {name!r} is {dtype}. A data set holds float64, int64, str, instants with a"
        " time zone, and categories whose labels are texts: turn it into one of them."
    )


def _labelled(dtype: Any) -> bool:
    labels = dtype.categories if isinstance(dtype, pd.CategoricalDtype) else [None]
    return all(isinstance(label, str) for label in labels)


def table_hash(frame: pd.DataFrame, digests: NDArray[np.bytes_] | None = None) -> str:
    """Return the SHA-256 of a table in hexadecimal digits; `digests` if they are known."""
    rows = row_digests(frame) if digests is None else digests
    total = hashlib.sha256(_text("chatdash_analysis table 1") + _number(frame.shape[1]))
    for name, kind in zip(frame.columns, kinds_of(frame), strict=True):
        total.update(_text(str(name)) + _text(kind))
    total.update(_number(len(frame)))
    total.update(np.sort(rows).tobytes())
    return total.hexdigest()


def row_digests(frame: pd.DataFrame) -> NDArray[np.bytes_]:
    """Return the SHA-256 of each row, in the order of the rows."""
    columns = [(frame.iloc[:, place], kind) for place, kind in enumerate(kinds_of(frame))]
    fixed = [_numbers(column, kind) for column, kind in columns if kind != "text"]
    texts = [_texts(column) for column, kind in columns if kind == "text"]
    rows = map(b"".join, zip(_blocks(fixed, len(frame)), *texts, strict=True))
    digests = b"".join(hashlib.sha256(row).digest() for row in rows)
    # Void, because NumPy would cut zero bytes at the end of a text of bytes.
    return np.frombuffer(digests, dtype="V32").astype("V32")


def _numbers(column: pd.Series, kind: Kind) -> NDArray[np.int64]:
    """Return the eight bytes of each cell, seen as integers."""
    if kind == "float64":
        values = column.to_numpy(dtype="<f8") + 0.0  # no negative zero
        values[np.isnan(values)] = np.nan
        return np.asarray(values.view("<i8"))
    if kind == "instant":
        instants = column.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
        return np.asarray(instants, dtype="datetime64[us]").astype("<i8")
    return np.asarray(column, dtype="<i8")


def _blocks(columns: list[NDArray[np.int64]], rows: int) -> Iterator[bytes]:
    if not columns:
        return iter([b""] * rows)
    content, width = np.column_stack(columns).tobytes(), 8 * len(columns)
    return (content[start : start + width] for start in range(0, rows * width, width))


def _texts(column: pd.Series) -> list[bytes]:
    codes, labels = pd.factorize(column, use_na_sentinel=True)
    encoded = [*(_text(label) for label in labels), _MISSING]  # the code -1 is the last
    return [encoded[code] for code in codes]


def _text(text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise InputError(
            "A text holds half a character (a lone surrogate), which no file can. Clean it, for"
            " example with text.encode('utf-8', 'replace').decode()."
        ) from None
    return _number(len(content)) + content


def _number(number: int) -> bytes:
    return number.to_bytes(8, "little")


def dataset_hash(tables: Mapping[str, str]) -> str:
    """Return the SHA-256 of a data set, given those of its tables by name."""
    total = hashlib.sha256(_text("chatdash_analysis dataset 1"))
    for name in sorted(tables):
        total.update(_text(name) + bytes.fromhex(tables[name]))
    return total.hexdigest()
