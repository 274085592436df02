"""What a plot takes from its table: the columns it needs, as numbers and as sets of flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import AS_RETURNED, require_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "Rate",
    "columns_before",
    "flag_sets",
    "label_columns",
    "numbers",
    "plotted_table",
    "rate_columns",
    "rates_of",
    "shares",
]

# Columns that stand before `n` and are no names of groups, or say again what another says.
_NO_NAMES = ("conversations", "share", "reasons")


def plotted_table(table: pd.DataFrame, needed: Iterable[str], use: str) -> pd.DataFrame:
    """Return the table with a plain index, once it is sure that `use` can draw it."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(
            f"{use} draws a pandas table that an analysis returned; got"
            f" {type(table).__name__}. Pass the table itself."
        )
    require_columns(table, needed, use, advice=AS_RETURNED)
    return table.reset_index(drop=True)


def numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column as floats; what is missing or infinite is NaN."""
    try:
        values = table[name].to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        raise InputError(
            f"The column {name} must hold numbers to be drawn; its dtype is {table[name].dtype}."
            " Convert it first, or pass the table as the analysis returned it."
        ) from None
    return np.where(np.isfinite(values), values, np.nan)


def shares(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of rates, which the axis shows as percent."""
    values = numbers(table, name)
    if not np.all((values >= -1e-9) & (values <= 1 + 1e-9) | np.isnan(values)):
        raise InputError(
            f"The column {name} must hold shares between 0 and 1; it has values from"
            f" {np.nanmin(values):g} to {np.nanmax(values):g}. Divide percentages by 100."
        )
    return values


def flag_sets(table: pd.DataFrame) -> list[frozenset[str]]:
    """Return the flags of each row; without a column of flags there are none."""
    if "flags" not in table:
        return [frozenset()] * len(table)
    texts = table["flags"].astype("object").where(table["flags"].notna(), "")
    return [frozenset(str(text).replace(",", " ").split()) for text in texts]


class Rate(NamedTuple):
    """What a plot shows of one row: its rate, the interval, the denominator and the flags."""

    rate: float
    low: float
    high: float
    n: float
    flags: frozenset[str]


def rate_columns(table: pd.DataFrame, metric: str | None) -> list[str]:
    """Return the columns of rate, low, high and n of one of the rates of a table."""
    start = "" if metric is None else f"{metric}_"
    size = f"{start}n"
    return [*(f"{start}{name}" for name in ("rate", "low", "high")), size if size in table else "n"]


def rates_of(table: pd.DataFrame, *, metric: str | None = None) -> list[Rate]:
    """Return the rate of each row."""
    *rate, size = rate_columns(table, metric)
    columns = [*(shares(table, name) for name in rate), numbers(table, size)]
    # The flags are about the rate whose denominator is the column `n`.
    flags = flag_sets(table) if size == "n" else [frozenset[str]()] * len(table)
    rows = zip(*(column.tolist() for column in columns), flags, strict=True)
    return [Rate(*row) for row in rows]


def columns_before(table: pd.DataFrame, name: str, *, but: Sequence[str] = ()) -> list[str]:
    """Return the columns that stand before one: there a table says what its rows are about."""
    names = list(table.columns)
    return [column for column in names[: names.index(name)] if column not in but]


def label_columns(table: pd.DataFrame, label: str | Sequence[str] | None) -> list[str]:
    """Return the columns that name a row: those asked for, else those that a table starts with."""
    if label is None:
        labelled = [name for name in table if f"{name}_label" in table]
        return columns_before(table, "n", but=[*_NO_NAMES, *labelled])
    names = [label] if isinstance(label, str) else list(label)
    return list(plotted_table(table, names, "label")[names].columns)
