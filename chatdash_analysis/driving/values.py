"""The values of a column as levels, as numbers, or as something that is neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.flattening.texts import NOTHING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]

__all__ = ["Values", "read_values"]

_BRACKETS = (("[", "]"), ("{", "}"))


class Values(NamedTuple):
    """What a column says.

    Attributes
    ----------
    kind : {"category", "number", "list", "instant"}
        The last two are not compared.
    present : numpy.ndarray of bool
        Where the field has a value of any kind.
    held : numpy.ndarray of bool
        Where the value says something; "N/A" does not.
    codes : numpy.ndarray of int64
        Number of the level; -1 where nothing is said, and for numbers.
    labels : list of str
        The levels.
    numbers : numpy.ndarray of float64
        The numbers; NaN where there is none, and for categories.
    """

    kind: str
    present: Flags
    held: Flags
    codes: Codes
    labels: list[str]
    numbers: Floats


def read_values(column: pd.Series) -> Values:
    """Return what a column says, whatever its type."""
    column = _plain(column)
    present = column.notna().to_numpy(np.bool_)
    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return _other("instant", present)
    if pd.api.types.is_bool_dtype(column.dtype):
        codes = column.astype("boolean").to_numpy(dtype=np.int64, na_value=-1)
        return Values("category", present, present, codes, ["false", "true"], _nothing(codes))
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        held = ~np.isnan(numbers)
        return Values("number", held, held, np.full(len(held), -1), [], numbers)
    return _texts(column, present)


def _plain(column: pd.Series) -> pd.Series:
    """Return a column of one type; what is of several, or of an odd one, becomes text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = pd.Series(column.to_numpy(dtype=object))
    odd = pd.api.types.is_complex_dtype(column.dtype) or column.dtype.kind == "m"
    if not pd.api.types.is_object_dtype(column.dtype) and not odd:
        return column
    found = {type(value) for value in column[column.notna()]}
    flags = {kind for kind in found if issubclass(kind, (bool, np.bool_))}
    if found and found == flags:
        return column.astype("boolean")
    numbers = all(issubclass(kind, (int, float, np.number)) for kind in found)
    if found and numbers and not flags and not odd:
        return pd.Series(_floats(column))
    return column.map(_as_text, na_action="ignore").astype("str")


def _floats(column: pd.Series) -> Floats:
    # A whole number may be too large for a float.
    kept = [np.nan if pd.isna(value) else _float(value) for value in column]
    return np.array(kept, dtype=np.float64)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _as_text(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset, dict, np.ndarray)):
        return "[]"
    # Half of a surrogate pair can stand in no file.
    return str(value).encode("utf-8", "replace").decode()


def _texts(column: pd.Series, present: Flags) -> Values:
    codes, found = pd.factorize(column.astype("str"), use_na_sentinel=True)
    texts = [" ".join(text.split()) for text in found]
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    lists = np.array([_is_list(text) for text in texts], dtype=np.bool_)
    if counts[lists].sum() * 2 > counts.sum():
        return _other("list", present)
    labels = sorted({text for text in texts if text.casefold() not in NOTHING})
    number = {text: place for place, text in enumerate(labels)}
    level = np.array([*(number.get(text, -1) for text in texts), -1], dtype=np.int64)[codes]
    return Values("category", present, level >= 0, level, labels, _nothing(level))


def _is_list(text: str) -> bool:
    return any(text.startswith(start) and text.endswith(end) for start, end in _BRACKETS)


def _other(kind: str, present: Flags) -> Values:
    codes = np.where(present, 0, -1)
    return Values(kind, present, present, codes, [""], _nothing(codes))


def _nothing(codes: Codes) -> Floats:
    return np.full(len(codes), np.nan)
