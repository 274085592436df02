"""Integer codes for labels and for people: each is looked up once, and counted as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.text_codes import text_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["dense", "group_codes", "joint_codes", "sparse", "user_codes"]

# Tables of all possible codes are faster than looking for those that occur, as long as they
# are not much larger than the rows.
_DENSE = 4
_DENSE_ALWAYS = 1 << 20


def sparse(possible: int, rows: int) -> bool:
    """Tell whether a table of all possible codes would be much larger than the rows."""
    return possible > max(_DENSE * rows, _DENSE_ALWAYS)


def group_codes(frame: pd.DataFrame, by: Sequence[str]) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return for each row the number of its group, and the groups: their labels, sorted."""
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=pd.RangeIndex(1))
    columns = [_sorted_codes(frame[name]) for name in by]
    combined = np.zeros(len(frame), dtype=np.int64)
    for codes, labels in columns:
        # Renumbered at each step, so that many columns of many labels do not overflow.
        combined = dense(combined)[0] * len(labels) + codes
    codes, first = dense(combined)
    labels = {
        name: labels.take(column[first]).reset_index(drop=True)
        for name, (column, labels) in zip(by, columns, strict=True)
    }
    return codes, pd.DataFrame(labels, index=pd.RangeIndex(len(first)))


def dense(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Renumber codes without holes, in their order; return a row of each as well."""
    top = int(codes.max(initial=-1)) + 1
    if sparse(top, len(codes)):
        _, first, numbers = np.unique(codes, return_index=True, return_inverse=True)
        return numbers.astype(np.int64), first
    row_of = np.full(top, -1, dtype=np.int64)
    row_of[codes] = np.arange(len(codes))
    used = np.flatnonzero(row_of >= 0)
    number = np.empty(top, dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[codes], row_of[used]


def joint_codes(*codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers of the combinations of codes, without holes, in their order."""
    numbers = np.zeros(len(codes[0]), dtype=np.int64)
    for column in codes:
        # Those of periods before 1970 are negative.
        first = int(column.min(initial=0))
        size = int(column.max(initial=0)) - first + 1
        numbers, _ = dense(numbers * size + (column - first))
    return numbers


def _sorted_codes(column: pd.Series) -> tuple[NDArray[np.int64], pd.Series]:
    """Return codes in the order of the labels, and the labels; a missing one is the last."""
    codes, labels = _codes(column)
    order = _order(labels)
    rank = np.empty(len(labels) + 1, dtype=np.int64)
    rank[order] = np.arange(len(labels))
    rank[-1] = len(labels)  # the code -1 of missing values
    missing = pd.Series([None], dtype=labels.dtype) if _holds_missing(labels) else None
    parts = [labels.take(order), missing if missing is not None else labels.take([])]
    return rank[codes], pd.concat(parts, ignore_index=True)


def _holds_missing(labels: pd.Series) -> bool:
    return labels.dtype not in ("bool", "int64", "int32", "int16", "int8", "uint8")


def _codes(column: pd.Series) -> tuple[NDArray[np.int64], pd.Series]:
    """Return codes in any order, -1 where missing, and the label of each."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        labels = pd.Series(column.cat.categories)
        return column.cat.codes.to_numpy(dtype=np.int64), labels
    if isinstance(column.dtype, pd.StringDtype):
        return _text_codes(column)
    try:
        codes, uniques = pd.factorize(column, use_na_sentinel=True)
    except TypeError:
        raise InputError(
            f"No groups can be made of {column.name}: it holds lists or objects. Turn them into"
            " text, or take one value out of each."
        ) from None
    return codes.astype(np.int64), pd.Series(uniques, dtype=column.dtype)


def _text_codes(column: pd.Series) -> tuple[NDArray[np.int64], pd.Series]:
    values = pa.array(column, from_pandas=True)
    if isinstance(values, pa.ChunkedArray):
        # One dictionary a chunk would have to be unified, which takes minutes for many labels.
        values = values.combine_chunks()
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), pd.Series(encoded.dictionary.to_pandas(), dtype=column.dtype)


def _order(labels: pd.Series) -> NDArray[np.int64]:
    try:
        order = labels.argsort(kind="stable")
    except TypeError:
        order = labels.astype(str).argsort(kind="stable")
    return np.asarray(order, dtype=np.int64)


def user_codes(column: pd.Series) -> NDArray[np.int64]:
    """Return a number for each person; a row without one gets a number of its own."""
    if isinstance(column.dtype, pd.StringDtype):
        known = column.notna().to_numpy()
        codes = np.empty(len(column), dtype=np.int64)
        codes[known] = text_codes(column[known])
    else:
        codes, _ = _codes(column)
        known = codes >= 0
    first = int(codes[known].max(initial=-1)) + 1
    codes[~known] = np.arange(first, first + len(codes) - known.sum())
    return codes
