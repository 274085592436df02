"""Texts that may name a person, as integer codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import text_column

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MISSING_TIME",
    "Codes",
    "Key",
    "agents_of",
    "encoded",
    "instants",
    "key_of",
    "naming",
    "paired",
    "recoded",
    "texts_of",
]

Codes = npt.NDArray[np.int64]

MISSING_TIME = np.iinfo(np.int64).min

# What systems write where they know nobody; such a text would join strangers.
_PLACEHOLDERS = (
    *("", "-", "0", "n/a", "na", "nan", "nil", "none", "null", "undefined", "[object object]"),
    *("anonymous", "guest", "not provided", "unknown", "true", "false"),
)


class Key(NamedTuple):
    """The values of one kind of key.

    Attributes
    ----------
    kind : str
        Which kind: lead, instagram, metadata, phone or ip.
    codes : array of int64
        Number of each conversation's value; -1 where it has none.
    texts : pyarrow.LargeStringArray
        The values by number; no value stands there twice.
    agents : array of int64, optional
        For each value the agent inside which it names somebody; None if it does so
        everywhere.
    """

    kind: str
    codes: Codes
    texts: Any
    agents: Codes | None = None


def key_of(kind: str, column: Any) -> Key:
    """Return the texts of a column as a key; blanks and placeholders are no values."""
    codes, values = encoded([column])
    return Key(kind, *recoded(codes, naming(values)))


def naming(texts: Any) -> Any:
    """Return texts without blanks around them; missing where they name nobody."""
    trimmed = pc.utf8_trim_whitespace(texts)
    blank = pc.is_in(pc.utf8_lower(trimmed), pa.array(_PLACEHOLDERS, pa.large_string()))
    return pc.if_else(blank, None, trimmed)


def encoded(columns: Iterable[Any]) -> tuple[Codes, Any]:
    """Return the codes of the columns' texts, one column after the other, and the texts."""
    return _dictionary(pa.concat_arrays([texts_of(column) for column in columns]))


def texts_of(column: Any) -> Any:
    """Return a column as Arrow texts, whatever its dtype."""
    if isinstance(column, pd.Series) and not isinstance(column.dtype, pd.StringDtype):
        column = text_column(column)
    texts = pa.array(column, pa.large_string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def _dictionary(texts: Any) -> tuple[Codes, Any]:
    held = texts.dictionary_encode()
    codes = pc.fill_null(held.indices, -1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), held.dictionary


def recoded(codes: Codes, values: Any) -> tuple[Codes, Any]:
    """Return codes of values that were rewritten: some are the same now, some are missing."""
    new, distinct = _dictionary(values)
    # The appended -1 is what the code -1 finds.
    return np.append(new, -1)[codes], distinct


def agents_of(conversations: pd.DataFrame) -> tuple[Codes, Any]:
    """Return the codes and the ids of the agents; those without an id are one agent."""
    return _dictionary(pc.fill_null(texts_of(conversations["agent_id"]), ""))


def paired(first: Codes, second: Codes) -> tuple[Codes, Codes, Codes]:
    """Return the codes of pairs, and the first and the second code of each pair."""
    size = int(second.max(initial=0)) + 1
    held = (first >= 0) & (second >= 0)
    pairs, numbers = np.unique(first[held] * size + second[held], return_inverse=True)
    codes = np.full(len(first), -1, dtype=np.int64)
    codes[held] = numbers
    return codes, pairs // size, pairs % size


def instants(column: Any, name: str) -> Codes:
    """Return microseconds since 1970; `MISSING_TIME` where the time is not known."""
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        if column.isna().all():
            return np.full(len(column), MISSING_TIME, dtype=np.int64)
        raise InputError(
            f"`{name}` must hold instants with a time zone, not {column.dtype}. "
            f"pandas.to_datetime(table[{name!r}], utc=True) makes them."
        )
    moments: Codes = column.dt.as_unit("us").dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return moments.astype("datetime64[us]").astype(np.int64)
