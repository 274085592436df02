"""What every table is held to: the columns that a function needs, the dtypes it promises."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.errors import InputError, MissingColumnsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import narwhals as nw

__all__ = [
    "AS_RETURNED",
    "column_names",
    "lazy_frame",
    "opened",
    "require_columns",
    "require_dataframe",
    "text_column",
    "typed_table",
]

# How to get the columns of a result, where one is missing.
AS_RETURNED = "Pass the table as the analysis returned it."
_SHOWN = 12


def column_names(frame: Any) -> list[str]:
    """Return the names of the columns of a DataFrame, or of a frame of another engine."""
    if isinstance(frame, pd.DataFrame):
        return [str(name) for name in frame.columns]
    return list(lazy_frame(frame).collect_schema().names())


def opened(frame: Any) -> Any:
    """Return a DataFrame as it is, and a frame of another engine as narwhals sees it."""
    return frame if isinstance(frame, pd.DataFrame) else lazy_frame(frame)


def lazy_frame(frame: Any) -> nw.LazyFrame[Any]:
    """Return a frame of any engine as a lazy frame of narwhals.

    Raises
    ------
    InputError
        If it is no table that narwhals knows.
    """
    import narwhals as nw

    try:
        with warnings.catch_warnings():
            # Dask will need a package of its own, which is not published yet.
            warnings.filterwarnings("ignore", "Dask support is moving", FutureWarning)
            lazy: nw.LazyFrame[Any] = nw.from_native(frame).lazy()
    except TypeError:
        raise InputError(
            f"This needs a table, not a {type(frame).__name__}. Give a pandas DataFrame, or a frame"
            " of polars, DuckDB, Dask or PySpark, such as scan_cache returns."
        ) from None
    return lazy


def require_dataframe(frame: Any, use: str) -> None:
    """Raise `InputError` unless the table is a pandas DataFrame."""
    if isinstance(frame, pd.DataFrame):
        return
    kind = type(frame)
    # "DataFrame" alone would say nothing: polars has one too.
    package = "" if kind.__module__ == "builtins" else kind.__module__.partition(".")[0] + "."
    raise InputError(
        f"{use} takes a pandas DataFrame, not a {package}{kind.__qualname__}. Collect the"
        " columns that it needs first: .df() in DuckDB, .collect().to_pandas() in polars."
    )


def require_columns(
    frame: Any, needed: Iterable[str], use: str, *, advice: str | None = None
) -> None:
    """Raise `MissingColumnsError` unless the table has the columns that `use` needs.

    `advice` says how to get them; by default, how to get conversations.
    """
    needed = _names(needed, use)
    held = column_names(frame)
    twice = sorted({name for name in held if held.count(name) > 1})
    if twice:
        raise InputError(
            f"{use}: the table has several columns named {', '.join(twice)}, so that nobody knows"
            " which is meant. Rename or drop them."
        )
    missing = [name for name in needed if name not in held]
    if not missing:
        return
    shown = ", ".join(held[:_SHOWN]) + (", ..." if len(held) > _SHOWN else "")
    raise MissingColumnsError(
        f"{use} needs the columns {', '.join(needed)}; the table lacks {', '.join(missing)}. It has"
        f" {shown or 'no columns at all'}. {advice or _advice(frame, missing)}",
        missing=missing,
    )


def text_column(column: pd.Series) -> pd.Series:
    """Return a column of any dtype as `str`.

    Raises
    ------
    InputError
        If a text holds half of a character, which no column of texts can hold.
    """
    try:
        return column.astype("str")
    except UnicodeEncodeError:
        raise InputError(
            f"Column {column.name!r} holds half of a character (a lone surrogate), which no file"
            " can hold. Replace it: column.str.encode('utf-16-le', 'surrogatepass')"
            ".str.decode('utf-16-le', 'replace')."
        ) from None


def _names(needed: Iterable[str], use: str) -> list[str]:
    names = list(needed)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong:
        raise InputError(f"{use}: {wrong[0]!r} is no name of a column. Give a text.")
    return list(dict.fromkeys(names))


def _advice(frame: Any, missing: Sequence[str]) -> str:
    if list(missing) != ["user_id"]:
        return "Pass a table as load_conversations or read_conversations return it."
    if isinstance(frame, pd.DataFrame):
        return "identify_users(conversations) adds it."
    return "Name a column of people that it has: users='lead_id', for example."


def typed_table(
    rows: Sequence[Sequence[Any] | Mapping[str, Any]], dtypes: Mapping[str, str]
) -> pd.DataFrame:
    """Return rows as a table with exactly the columns and dtypes of `dtypes`."""
    table = pd.DataFrame(list(rows), columns=list(dtypes))
    for name, dtype in dtypes.items():
        # Of nothing but missing instants pandas does not know that they have a time zone.
        if dtype.startswith("datetime64"):
            table[name] = pd.to_datetime(table[name], utc=True)
    return table.astype(dict(dtypes))
