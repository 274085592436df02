"""Features: what one is, and which columns of conversations become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.datasets.tables.known import LeftOut
from chatdash_analysis.datasets.tables.levels import LEAST_PEOPLE, LEAST_ROWS, levelled
from chatdash_analysis.datasets.tables.numbering import numbers_something
from chatdash_analysis.datasets.tables.personal_fields import names_people
from chatdash_analysis.datasets.tables.table import COLUMN_DTYPES
from chatdash_analysis.datasets.tables.values import read_values
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.known import Use

__all__ = [
    "MOST_FIELDS",
    "Feature",
    "Found",
    "column_features",
    "described",
    "too_many_or_few",
    "without_constants",
]

# Of fields that agencies define there can be thousands.
MOST_FIELDS = 500
_OF_FIELDS = {
    "custom_": "Field of the platform's own analysis.",
    "metadata_": "Custom field of the platform.",
    "": "Column that was added to the conversations.",
}


@dataclass(frozen=True, eq=False, slots=True)
class Feature:
    """One feature.

    Attributes
    ----------
    name : str
        Its name.
    column : str
        The column that it was made of.
    series : pandas.Series
        One value a conversation: ``float64``, ``category`` or ``str``.
    known_at : str
        The earliest moment at which it is known.
    description : str
        Meaning, in one sentence.
    unit : str
        Unit of the values, where they have one.
    pii : str
        Whether they are text in which people may be named.
    """

    name: str
    column: str
    series: pd.Series
    known_at: str
    description: str
    unit: str = ""
    pii: str = ""


class Found(NamedTuple):
    """Features, and columns that turned out to be none."""

    features: list[Feature]
    left_out: list[LeftOut]


def column_features(
    table: pd.DataFrame, uses: Sequence[Use], people: NDArray[np.int64], max_levels: int
) -> Found:
    """Turn the values of columns into features, and identifiers into whether there is one."""
    found = Found([], [])
    by_value = [use for use in uses if use.role == "value"]
    taken = _fullest(table, by_value)
    for use in by_value:
        if use.column not in taken:
            reason = f"more than {MOST_FIELDS} fields; those with most values are features"
            found.left_out.append(LeftOut(use.column, use.known_at, reason))
            continue
        feature = _of_values(table[use.column], use, people, max_levels)
        if isinstance(feature, Feature):
            found.features.append(feature)
        else:
            found.left_out.append(feature)
    for use in uses:
        if use.role == "presence":
            found.features.append(_presence(table[use.column], use))
            reason = f"an identifier; has_{use.column} says whether there is one"
            found.left_out.append(LeftOut(use.column, use.known_at, reason))
    return found


def _fullest(table: pd.DataFrame, uses: Sequence[Use]) -> set[str]:
    """Return the columns that are taken: all that are declared, and the fullest of the fields."""
    declared = {use.column for use in uses if use.column in BY_NAME}
    fields = [use.column for use in uses if use.column not in BY_NAME]
    if len(fields) <= MOST_FIELDS:
        return declared | set(fields)
    filled = table[fields].notna().sum()
    return declared | set(sorted(fields, key=lambda name: (-filled[name], name))[:MOST_FIELDS])


def _of_values(
    column: pd.Series, use: Use, people: NDArray[np.int64], max_levels: int
) -> Feature | LeftOut:
    declared = BY_NAME.get(use.column)
    read = read_values(column)
    values = read.series
    if names_people(use.column, values):
        return LeftOut(use.column, use.known_at, "names people, by what it is called")
    if read.kind == "other":
        return LeftOut(use.column, use.known_at, "holds no numbers, flags or texts")
    if declared is None and (reason := numbers_something(values, people)):
        return LeftOut(use.column, use.known_at, reason)
    if read.kind == "text":
        levels = levelled(values, people, personal=declared is None)
        if reason := too_many_or_few(levels.own, max_levels):
            return LeftOut(use.column, use.known_at, reason)
        values = levels.series
    return Feature(
        use.column,
        use.column,
        values,
        use.known_at,
        declared.description if declared else _meaning(use.column),
        unit=declared.unit if declared else "",
    )


def too_many_or_few(levels: int, max_levels: int) -> str:
    """Say why a column of text with so many levels is no feature, if it is none."""
    if levels == 0:
        return (
            f"no value of it is harmless and shared by {LEAST_ROWS} conversations of"
            f" {LEAST_PEOPLE} people"
        )
    return f"{levels} levels, more than max_levels={max_levels}" if levels > max_levels else ""


def _meaning(column: str) -> str:
    return next(text for start, text in _OF_FIELDS.items() if column.startswith(start))


def _presence(column: pd.Series, use: Use) -> Feature:
    text = column.astype("str").str.strip()
    return Feature(
        f"has_{use.column}",
        use.column,
        (text.notna() & text.ne("")).astype(np.float64).reset_index(drop=True),
        use.known_at,
        f"Whether there is one. {BY_NAME[use.column].description}",
    )


def without_constants(features: Iterable[Feature], leave_out: Collection[str]) -> Found:
    """Leave out features that the user does not want, or that tell nothing."""
    found = Found([], [])
    for feature in features:
        unwanted = feature.name in leave_out or feature.column in leave_out
        reason = "left out on request" if unwanted else _constant(feature.series)
        if reason:
            found.left_out.append(LeftOut(feature.name, feature.known_at, reason))
        else:
            found.features.append(feature)
    return found


def _constant(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return "no value is known"
    return "takes one value only" if known.eq(known.iloc[0]).all() else ""


def described(features: Sequence[Feature]) -> pd.DataFrame:
    """Return the table of features: one row each, of what they were made and how full they are."""
    rows = []
    for feature in features:
        missing = int(feature.series.isna().sum())
        rows.append(
            {
                "feature": feature.name,
                "column": feature.column,
                "dtype": str(feature.series.dtype),
                "unit": feature.unit,
                "known_at": feature.known_at,
                "pii": feature.pii,
                "missing": missing,
                "coverage": 1 - missing / len(feature.series),
                "description": feature.description,
            }
        )
    return typed_table(rows, COLUMN_DTYPES)
