"""Which rows are meant by positions, or by a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["places_of"]

_POSSIBLE = "Give positions from 0 on, such as np.arange(10), or a mask, such as y.eq(1)."


def places_of(rows: ArrayLike, size: int) -> NDArray[np.int64]:
    """Return the positions of rows of a table with `size` rows, the smallest first.

    Raises
    ------
    InputError
        If `rows` are neither positions in the table nor a mask of all its rows.
    """
    chosen = _one_dimension(rows)
    if chosen.dtype == bool:
        _check_mask(rows, len(chosen), size)
        return np.flatnonzero(chosen).astype(np.int64)
    if len(chosen) and not np.issubdtype(chosen.dtype, np.integer):
        raise InputError(f"take: the rows are neither whole numbers nor a mask. {_POSSIBLE}")
    places = np.sort(chosen.astype(np.int64))
    if len(places) and not 0 <= places[0] <= places[-1] < size:
        outside = places[0] if places[0] < 0 else places[-1]
        raise InputError(f"take: there is no row {outside}, as the table has {size:,}. {_POSSIBLE}")
    return places


def _one_dimension(rows: ArrayLike) -> NDArray[np.generic]:
    try:
        chosen = np.asarray(rows)
    except ValueError:  # lists of different lengths
        chosen = np.zeros((1, 1))
    if chosen.ndim != 1:
        raise InputError(
            f"take: rows is a {type(rows).__name__} that is no list of one dimension. {_POSSIBLE}"
        )
    # What pandas can hold missing values in comes as objects, even where none is missing.
    inferred = pd.api.types.infer_dtype(chosen, skipna=False) if chosen.dtype == object else ""
    dtypes: dict[str, type] = {"boolean": bool, "integer": np.int64}
    try:
        return chosen.astype(dtypes[inferred]) if inferred in dtypes else chosen
    except OverflowError:
        return chosen


def _check_mask(rows: ArrayLike, length: int, size: int) -> None:
    if length != size:
        raise InputError(
            f"take: the mask says something of {length:,} rows, but the table has {size:,}."
        )
    if isinstance(rows, pd.Series) and not rows.index.equals(pd.RangeIndex(size)):
        raise InputError(
            "take: the index of the mask is not that of the table, so that it is not clear which"
            " rows are meant. Make the mask of the table's own features, target or rows, or give"
            " mask.to_numpy() if its order is that of the table."
        )
