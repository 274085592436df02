"""A column of any dtype as numbers or as text, which is all that features and targets are."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.text.forms import as_texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Kind", "Values", "as_labels", "numbers", "read_values"]

Kind = Literal["flag", "number", "text", "other"]


class Values(NamedTuple):
    """What a column holds.

    Attributes
    ----------
    kind : {"flag", "number", "text", "other"}
        What its values are; "other" for instants, lists and objects.
    series : pandas.Series
        With a RangeIndex: ``float64`` of flags (1 and 0) and numbers, ``str`` of text.
        Infinite numbers and blank texts are missing.
    """

    kind: Kind
    series: pd.Series


def read_values(column: pd.Series) -> Values:
    """Read a column of any dtype; values of several kinds in one column become text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    dtype = column.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return Values("flag", numbers(column))
    if pd.api.types.is_any_real_numeric_dtype(dtype):
        return Values("number", numbers(column))
    if pd.api.types.is_object_dtype(dtype):
        return _of_objects(column)
    if pd.api.types.is_string_dtype(dtype):
        return Values("text", as_labels(column))
    return Values("other", _nothing(column))


def numbers(column: pd.Series) -> pd.Series:
    """Return finite numbers; what is missing or infinite is missing."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(np.where(np.isfinite(values), values, np.nan))


def as_labels(column: pd.Series) -> pd.Series:
    """Return texts of which blank ones are missing."""
    if isinstance(column.dtype, pd.StringDtype):
        texts = column.astype("str").reset_index(drop=True)
    else:
        texts = as_texts(column)
    return texts.where(texts.str.strip().ne("").fillna(value=False))


def _of_objects(column: pd.Series) -> Values:
    known = ~column.isna().to_numpy()
    items = [item for item, there in zip(column, known, strict=True) if there]
    if all(isinstance(item, bool | np.bool_) for item in items) and items:
        return Values("flag", _spread(known, [float(item) for item in items]))
    if all(isinstance(item, Real | Decimal) for item in items):
        return Values("number", numbers(_spread(known, [_float(item) for item in items])))
    if all(isinstance(item, str | Real | Decimal | np.bool_) for item in items):
        texts = np.full(len(column), None, dtype=object)
        texts[known] = [str(item) for item in items]
        return Values("text", as_labels(pd.Series(texts, dtype=object)))
    return Values("other", _nothing(column))


def _float(item: Any) -> float:
    try:
        return float(item)
    except (OverflowError, ValueError):
        return np.inf


def _spread(known: NDArray[np.bool_], items: list[float]) -> pd.Series:
    values = np.full(len(known), np.nan)
    values[known] = items
    return pd.Series(values)


def _nothing(column: pd.Series) -> pd.Series:
    return pd.Series(np.full(len(column), np.nan))
