"""The values of a column, and a column like the one that they were made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.flattening.flatten import as_text
from chatdash_analysis.privacy.rules import identifying_number

__all__ = [
    "column_like",
    "emptied",
    "holds_texts",
    "like_before",
    "plainly_held",
    "texts_in",
    "without_numbers",
    "written",
]


def plainly_held(column: pd.Series) -> pd.Series:
    """Return a column of categories, or of a type in which texts may lie deeper, as objects."""
    dtype = column.dtype
    if isinstance(dtype, pd.SparseDtype):
        return plainly_held(column.sparse.to_dense())
    deep = isinstance(dtype, pd.ArrowDtype) and not (
        _is_text(dtype) or dtype.kind in "biufmM" or pa.types.is_temporal(dtype.pyarrow_dtype)
    )
    if not deep and not isinstance(dtype, pd.CategoricalDtype):
        return column
    held = column.astype("object")
    return held.where(held.notna(), None)


def like_before(made: pd.Series, held: pd.Series, column: pd.Series) -> pd.Series:
    """Return a column made of one that was held plainly as it was before, where it can be.

    Categories that no row has are gone: they may be what was hidden.
    """
    dtype = column.dtype
    if held is column:
        return made
    if isinstance(dtype, pd.CategoricalDtype) and made.equals(held):
        return column.cat.remove_unused_categories()
    if isinstance(dtype, pd.CategoricalDtype) or _is_dictionary(dtype):
        return made.astype("category")
    return column if made.equals(held) else made


def holds_texts(column: pd.Series) -> bool:
    """Whether a column may hold texts."""
    dtype = column.dtype
    return _is_text(dtype) or bool(pd.api.types.is_object_dtype(dtype))


def _is_dictionary(dtype: Any) -> bool:
    return isinstance(dtype, pd.ArrowDtype) and pa.types.is_dictionary(dtype.pyarrow_dtype)


def _is_text(dtype: Any) -> bool:
    if isinstance(dtype, pd.ArrowDtype):
        kind = dtype.pyarrow_dtype
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
    return isinstance(dtype, pd.StringDtype)


def texts_in(column: pd.Series) -> list[str | None]:
    """Return the texts of a column; None for what is missing or no text."""
    return [item if isinstance(item, str) else None for item in column.tolist()]


def written(column: pd.Series) -> list[str | None]:
    """Return values as texts: a number of any type is the same text."""
    return [_as_written(item) for item in column.tolist()]


def _as_written(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if pd.api.types.is_scalar(item) and pd.isna(item):
        return None
    if isinstance(item, np.generic):
        item = item.item()
    if isinstance(item, Decimal) and item.is_finite() and item == int(item):
        item = int(item)
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    return as_text(item) if isinstance(item, bool | int | float) else str(item)


def column_like(column: pd.Series, values: list[Any], *, others: bool = False) -> pd.Series:
    """Return texts as a column like the one they were made of.

    With `others`, what is no text in a column of objects is kept: flags, and small numbers.

    Raises
    ------
    InputError
        If one of the others can hold a name.
    """
    if others and pd.api.types.is_object_dtype(column.dtype):
        pairs = zip(values, column.tolist(), strict=True)
        values = [new if isinstance(other, str) else _plain(other) for new, other in pairs]
    dtype = column.dtype
    if not holds_texts(column):
        dtype = "str" if any(value is not None for value in values) else dtype
        values = values if dtype == "str" else column.tolist()
    return pd.Series(values, index=column.index, dtype=dtype, name=column.name)


def _plain(other: Any) -> Any:
    """Return what an object column holds beside texts, unless somebody may be in it."""
    if isinstance(other, bytes) or not pd.api.types.is_scalar(other):
        raise InputError(
            f"A column holds a {type(other).__name__}, in which names cannot be found. Turn it into"
            " JSON text, or drop the column."
        )
    return None if identifying_number(other, "") else other


def without_numbers(column: pd.Series, name: str) -> pd.Series:
    """Return a column of numbers without those that may be phone numbers or ids."""
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    if not numeric or pd.api.types.is_bool_dtype(column.dtype):
        return column
    hidden = np.array([identifying_number(item, name) for item in column.tolist()], dtype=bool)
    if not hidden.any():
        return column
    whole = {"i": "Int64", "u": "UInt64"} if isinstance(column.dtype, np.dtype) else {}
    return column.astype(whole.get(column.dtype.kind, column.dtype)).mask(hidden)


def emptied(column: pd.Series, name: str) -> pd.Series:
    """Return a column without its values.

    Raises
    ------
    InputError
        If its dtype has nothing for what is missing.
    """
    dtype: Any = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iub":
        raise InputError(
            f"{name!r} is {dtype}, which cannot be missing. Leave it out of drop, and drop the"
            " column from the result."
        )
    if isinstance(dtype, pd.IntervalDtype):  # of whole numbers, it has nothing for it either
        dtype = "object"
    return pd.Series(None, index=column.index, dtype=dtype, name=column.name)
