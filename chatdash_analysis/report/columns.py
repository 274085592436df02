"""Columns of conversations in the dtypes that every section can count on, or what is wrong."""

from __future__ import annotations

from datetime import datetime
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.segments import with_flag

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["with_plain_columns", "without_impossible"]

# Of texts that the loader does not give.
_MORE_TEXTS = ("agent_name", "user_id")
_AT_LEAST_0 = ("duration_minutes", "cost")


def with_plain_columns(conversations: pd.DataFrame) -> pd.DataFrame:
    """Return conversations whose known columns have the dtypes that `describe_columns` names.

    Raises
    ------
    InputError
        If a column holds something else, its name is no text, or a conversation is there twice.
    """
    _check_names(conversations)
    kinds = {name: column.kind for name, column in BY_NAME.items()}
    kinds |= dict.fromkeys(_MORE_TEXTS, "text")
    held = [name for name in kinds if name in conversations.columns]
    plain = conversations.assign(**{name: _READ[kinds[name]](conversations[name]) for name in held})
    _check_ids(plain)
    return plain


def _check_names(conversations: pd.DataFrame) -> None:
    wrong = [name for name in conversations.columns if not isinstance(name, str)]
    if wrong:
        raise InputError(
            f"Names of columns are texts; {wrong[0]!r} is none. Rename the column, or drop it."
        )


def _check_ids(conversations: pd.DataFrame) -> None:
    ids = conversations["conversation_id"].dropna()
    twice = int(ids.duplicated().sum())
    if twice:
        raise InputError(
            f"{twice:,} rows are conversations that the table holds already, so that they would"
            " count twice. Keep one row of each: conversations.drop_duplicates('conversation_id')."
        )
    if "misunderstood_queries" not in conversations.columns:
        return
    asked = conversations["misunderstood_queries"].notna()
    nameless = int((asked & conversations["conversation_id"].isna()).sum())
    if nameless:
        raise InputError(
            f"{nameless:,} conversations have questions that were not understood, but no"
            " conversation_id. Number them, or leave them out."
        )


def _text(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.StringDtype):
        return column.astype("str")
    if pd.api.types.is_integer_dtype(column.dtype) or _all(column, str):
        return column.astype("object").where(column.notna(), None).astype("str")
    raise _wrong(column, "text", "{}.astype('str')")


def _json(column: pd.Series) -> pd.Series:
    if _all(column, str):
        return _text(column)
    raise _wrong(column, "JSON as text", "{}.map(json.dumps)")


def _instant(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.as_unit("us")
    if _all(column, datetime) and all(value.tzinfo for value in column.dropna()):
        return pd.to_datetime(column.astype("object"), utc=True).dt.as_unit("us")
    raise _wrong(column, "instants with a time zone", "pd.to_datetime({}, utc=True)")


def _flag(column: pd.Series) -> pd.Series:
    flags: pd.Series = with_flag(column.to_frame(), str(column.name))[column.name]
    return flags.astype("boolean")


def _number(column: pd.Series) -> pd.Series:
    is_bool = pd.api.types.is_bool_dtype(column.dtype)
    if is_bool or not (pd.api.types.is_numeric_dtype(column.dtype) or _all(column, Real)):
        raise _wrong(column, "numbers", "pd.to_numeric({}, errors='coerce')")
    return pd.Series(column.to_numpy("float64", na_value=np.nan), column.index, name=column.name)


def _count(column: pd.Series) -> pd.Series:
    return _number(column).fillna(0).astype("int64")


def _all(column: pd.Series, kind: type) -> bool:
    return all(isinstance(value, kind) for value in column.dropna())


def _wrong(column: pd.Series, wanted: str, remedy: str) -> InputError:
    own = f"conversations[{column.name!r}]"
    return InputError(
        f"{column.name} is {column.dtype}, not {wanted}. Use {own} = {remedy.format(own)}."
    )


def without_impossible(conversations: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return conversations without lengths and costs that cannot be, and how many had some.

    They are negative or infinite.
    """
    numbers = conversations[[name for name in _AT_LEAST_0 if name in conversations.columns]]
    possible = numbers.ge(0) & np.isfinite(numbers)
    plain = conversations.assign(**{name: numbers[name].where(possible[name]) for name in numbers})
    return plain, int((numbers.notna() & ~possible).any(axis="columns").sum())


_READ: dict[str, Callable[[pd.Series], pd.Series]] = {
    "text": _text,
    "json": _json,
    "instant": _instant,
    "flag": _flag,
    "measure": _number,
    "count": _count,
}
