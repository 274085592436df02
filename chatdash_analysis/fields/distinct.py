"""The distinct values of a column, whatever it holds, as numbers or as texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.flattening.flatten import EXACT, as_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Distinct", "Kind", "distinct_values"]

Kind = Literal["boolean", "number", "text", "mixed"]


@dataclass(frozen=True)
class Distinct:
    """The values of a column, each once.

    Attributes
    ----------
    codes : numpy.ndarray of int64
        Row by row the place of the value in `texts` or `numbers`; -1 where it is missing.
    kind : {"boolean", "number", "text", "mixed"}
        What the values are; mixed: some of them are of another type.
    texts : pyarrow.Array
        The values as text, in alphabetical order; empty for numbers. Of booleans "false"
        and "true".
    numbers : numpy.ndarray of float64
        The values of a column of numbers, in order; else empty.
    types : numpy.ndarray of int8
        Row by row the type of a mixed value, as a number; else empty.
    """

    codes: NDArray[np.int64]
    kind: Kind
    texts: Any
    numbers: NDArray[np.float64]
    types: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, dtype=np.int8))

    def __len__(self) -> int:
        return max(len(self.texts), len(self.numbers))

    def text(self, place: int) -> str:
        """Write one of the values as text."""
        if len(self.numbers):
            return as_text(float(self.numbers[place])) or ""
        return str(self.texts[place].as_py())

    def as_texts(self) -> Any:
        """Write all values as text."""
        if not len(self.numbers):
            return self.texts
        return pa.array([self.text(place) for place in range(len(self))], pa.string())


def distinct_values(column: pd.Series) -> Distinct:
    """Return what a column holds. Numbers without end count as missing."""
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype):
        return _of_texts(pa.array(column, pa.string(), from_pandas=True))
    if pd.api.types.is_bool_dtype(dtype) and not isinstance(dtype, pd.CategoricalDtype):
        codes = column.astype("boolean").astype("Int64").fillna(-1).to_numpy(np.int64)
        return Distinct(codes, "boolean", pa.array(["false", "true"]), np.empty(0))
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return _of_numbers(column)
    return _of_objects(column)


def _of_numbers(column: pd.Series) -> Distinct:
    if pd.api.types.is_integer_dtype(column.dtype) and column.abs().gt(EXACT).any():
        return _of_objects(column.astype(object))
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.isfinite(numbers)
    codes = np.full(len(numbers), -1, dtype=np.int64)
    values, codes[known] = np.unique(numbers[known], return_inverse=True)
    return Distinct(codes, "number", pa.array([], pa.string()), values)


def _of_objects(column: pd.Series) -> Distinct:
    """Return what a column of Python objects holds, such as one that pandas read from CSV."""
    values = column.astype(object).tolist()
    held = [not (pd.api.types.is_scalar(value) and pd.isna(value)) for value in values]
    types = [_type(value) if known else "" for value, known in zip(values, held, strict=True)]
    kinds = Counter(kind for kind in types if kind)
    if set(kinds) in ({"boolean"}, {"number"}) and all(map(_is_exact, values)):
        like = "boolean" if "boolean" in kinds else "Float64"
        return distinct_values(pd.Series(pd.array(_or_missing(values, held), dtype=like)))
    texts = [_written(value) if known else None for value, known in zip(values, held, strict=True)]
    result = _of_texts(pa.array(texts, pa.string()))
    if len(kinds) < 2:
        return result
    order = sorted(kinds)
    numbered = np.array([order.index(kind) if kind else -1 for kind in types], dtype=np.int8)
    return replace(result, kind="mixed", types=numbered)


def _or_missing(values: list[Any], held: list[bool]) -> list[Any]:
    return [value if known else None for value, known in zip(values, held, strict=True)]


def _type(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "boolean"
    return "number" if isinstance(value, (int, float, np.integer, np.floating)) else "text"


def _is_exact(value: Any) -> bool:
    return not isinstance(value, (int, np.integer)) or abs(int(value)) <= EXACT


def _written(value: Any) -> str | None:
    value = value.item() if isinstance(value, np.generic) else value
    try:
        text = as_text(value)
    except (TypeError, ValueError, RecursionError):
        text = str(value)
    # Half of a surrogate pair can stand in no file.
    return None if text is None else text.encode("utf-8", "replace").decode()


def _of_texts(values: Any) -> Distinct:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    encoded = values.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    order = pc.array_sort_indices(encoded.dictionary)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    rank[-1] = -1
    return Distinct(rank[codes], "text", encoded.dictionary.take(order), np.empty(0))
