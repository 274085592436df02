"""A column read as what the user says that it is, and what is lost on the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from chatdash_analysis.errors import InputError
from chatdash_analysis.fields.distinct import distinct_values
from chatdash_analysis.fields.reading import KINDS, folded, read_texts, says_nothing
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.fields.distinct import Distinct
    from chatdash_analysis.fields.reading import Decimal, Wanted

    Wish = Wanted | Mapping[str, bool]
    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Coerced", "coerced", "typed"]


class Coerced(NamedTuple):
    """A column, read.

    Attributes
    ----------
    column : str
    wish : str or mapping of str to bool
    distinct : Distinct
        What the column holds.
    values : numpy.ndarray of float64
        What each distinct value was read as; missing where it was not.
    nothing : numpy.ndarray of bool
        Which distinct values say nothing.
    counts : numpy.ndarray of int64
        How often each came.
    unit : str
        The unit of amounts.
    """

    column: str
    wish: Wish
    distinct: Distinct
    values: Floats
    nothing: Flags
    counts: Ints
    unit: str

    @property
    def lost(self) -> Flags:
        """Tell which distinct values become missing though they say something."""
        return np.isnan(self.values) & ~self.nothing

    @property
    def to(self) -> str:
        """Name what it becomes."""
        return self.wish if isinstance(self.wish, str) else "mapping"

    def count(self, mask: Flags) -> int:
        """Count the values that are among these distinct ones."""
        return int(self.counts[mask].sum())


def coerced(conversations: pd.DataFrame, columns: Any, decimal: Any, use: str) -> list[Coerced]:
    """Read the columns.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used.
    """
    require_dataframe(conversations, use)
    if decimal not in (None, ".", ","):
        raise InputError(f"decimal={decimal!r} is neither '.' nor ','. Leave it out if unsure.")
    if not isinstance(columns, Mapping) or not columns:
        raise InputError(
            f"{use}: columns says what each field is to become, as in"
            f" {{'custom_score': 'number'}}; got {type(columns).__name__}"
            f"{' without entries' if isinstance(columns, Mapping) else ''}."
        )
    require_columns(conversations, columns, use, advice="profile_fields lists the fields.")
    wishes = {name: _wish(name, wish, use) for name, wish in columns.items()}
    return [_read(name, conversations[name], wish, decimal) for name, wish in wishes.items()]


def _wish(name: str, wish: Any, use: str) -> Wish:
    if name in BY_NAME:
        raise InputError(
            f"{use}: {name} is no field of the platform's analysis, and its type is promised. Make"
            " a column of your own of it with assign."
        )
    if isinstance(wish, Mapping) and wish:
        return _meaning(name, wish, use)
    if isinstance(wish, str) and wish in KINDS:
        return KINDS[KINDS.index(wish)]
    raise InputError(
        f"{use}: {name} cannot become {wish!r:.60}. Give one of {', '.join(map(repr, KINDS))}, or"
        " a mapping of texts to True and False."
    )


def _meaning(name: str, wish: Mapping[Any, Any], use: str) -> dict[str, bool]:
    """Return the texts of a mapping without differences that do not count."""
    right = all(
        isinstance(text, str) and isinstance(value, (bool, np.bool_))
        for text, value in wish.items()
    )
    if not right:
        raise InputError(f"{use}: the mapping of {name} takes texts to True or False only.")
    words = folded(pa.array(list(wish), pa.string())).to_pylist()
    meanings: dict[str, set[bool]] = defaultdict(set)
    for word, value in zip(words, wish.values(), strict=True):
        meanings[word].add(bool(value))
    if any(len(values) > 1 for values in meanings.values()):
        raise InputError(
            f"{use}: the mapping of {name} takes one text to True and to False; case and spaces"
            " around make no difference."
        )
    return {word: values.pop() for word, values in meanings.items()}


def _read(name: str, column: pd.Series, wish: Wish, decimal: Decimal | None) -> Coerced:
    distinct = distinct_values(column)
    counts = np.bincount(distinct.codes[distinct.codes >= 0], minlength=len(distinct))
    if len(distinct.numbers) and isinstance(wish, str):
        values, nothing, unit = _of_numbers(distinct.numbers, wish)
    else:
        values, nothing, unit = _of_texts(distinct, wish, decimal, counts)
    return Coerced(name, wish, distinct, values, nothing, counts, unit)


def _of_numbers(numbers: Floats, wish: Wish) -> tuple[Floats, Flags, str]:
    nothing = np.zeros(len(numbers), dtype=np.bool_)
    if wish in ("number", "amount"):
        return numbers, nothing, ""
    if wish == "boolean":
        return np.where(np.isin(numbers, (0.0, 1.0)), numbers, np.nan), nothing, ""
    return np.full(len(numbers), np.nan), nothing, ""


def _of_texts(
    distinct: Distinct, wish: Wish, decimal: Decimal | None, counts: Ints
) -> tuple[Floats, Flags, str]:
    texts = distinct.as_texts()
    read = read_texts(texts, wish, decimal)
    values, unit = read.numbers, ""
    if wish == "amount":
        values, unit = _of_one_unit(values, read.units, counts)
    # A mapping may give "unknown" a meaning.
    return values, says_nothing(texts) & np.isnan(values), unit


def _of_one_unit(values: Floats, units: NDArray[np.str_], counts: Ints) -> tuple[Floats, str]:
    """Return the values of the most common unit, and of none; the first of equally common ones."""
    named = ~np.isnan(values) & (units != "") & (counts > 0)
    if not named.any():
        return values, ""
    names, places = np.unique(units[named], return_inverse=True)
    unit = str(names[np.bincount(places, weights=counts[named]).argmax()])
    return np.where((units == unit) | (units == ""), values, np.nan), unit


def typed(one: Coerced, index: pd.Index) -> pd.Series:
    """Return the column as what it was read as."""
    # The last one is what the code -1 of missing values finds.
    values = np.append(one.values, np.nan)[one.distinct.codes]
    numbers = pd.Series(values, index=index, name=one.column, dtype="float64")
    return numbers if one.to in {"number", "amount", "ratio"} else _flags(numbers)


def _flags(numbers: pd.Series) -> pd.Series:
    missing = numbers.isna().to_numpy()
    flags = pd.array(numbers.fillna(0).to_numpy() == 1, dtype="boolean")
    flags[missing] = pd.NA
    return pd.Series(flags, index=numbers.index, name=numbers.name)
