"""Rows of another engine as they are counted: labels of groups, a person, values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from chatdash_analysis.engine_frames import dtype_of, labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


__all__ = ["EVERYTHING", "SIZE", "USER", "Rows", "prepared"]

# Inside an engine columns are named by kind and place: the caller's names might clash with
# those of counts, or with one another where case is ignored.
EVERYTHING = "k"  # the one group where no column makes any
SIZE = "n"
USER = "u0"


@dataclass(frozen=True)
class Rows:
    """Rows with a column for each part of a group's label, one for the person, and values.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        The rows.
    keys : dict of str to str
        Column and dtype of each part of the labels.
    sums : dict of str to str
        What can be summed: column by the caller's name; ``rows`` counts the rows.
    flags, whole : frozenset of str
        Columns of these that hold flags (true or missing), and whole numbers or flags.
    """

    frame: nw.LazyFrame[Any]
    keys: dict[str, str]
    sums: dict[str, str]
    flags: frozenset[str]
    whole: frozenset[str]

    def total(self, column: str) -> nw.Expr:
        """Return the sum of a column; engines count flags faster than they add them."""
        return nw.col(column).count() if column in self.flags else nw.col(column).sum()

    def present(self, column: str) -> nw.Expr:
        """Tell in which rows a column adds to its sum."""
        return ~nw.col(column).is_null() if column in self.flags else nw.col(column) != 0

    def number(self, column: str) -> nw.Expr:
        """Return what a column adds to its sum."""
        if column in self.flags:
            return nw.when(nw.col(column).is_null()).then(0.0).otherwise(1.0)
        return nw.col(column).cast(nw.Float64)

    def dtypes(self, columns: Iterable[str]) -> dict[str, str]:
        """Return the dtypes of the labels and of the sums of some columns."""
        kinds = {name: "int64" if name in self.whole else "float64" for name in columns}
        return {**self.keys, **kinds}


def prepared(
    frame: nw.LazyFrame[Any],
    by: Sequence[str],
    values: Mapping[str, nw.Expr],
    users: str | None,
) -> Rows:
    """Reduce a frame to what is counted.

    Raises
    ------
    InputError
        If groups cannot be made of a column.
    """
    keys = labels(frame, by, "k") or {EVERYTHING: nw.lit(0)}
    person = labels(frame, [users], USER[0]) if users is not None else {}
    numbers = {f"v{place}": value for place, value in enumerate(values.values())}
    rows = frame.select(**keys, **person, **numbers)
    kinds = rows.collect_schema()
    flags = frozenset({SIZE, *(name for name in numbers if kinds[name] == nw.Boolean)})
    whole = flags | {name for name in numbers if kinds[name].is_integer()}
    cleaned = {name: _cleaned(name, flags, whole) for name in numbers}
    return Rows(
        rows.with_columns(nw.lit(1).alias(SIZE), **cleaned),
        {name: dtype_of(kinds[name]) for name in keys},
        {"rows": SIZE, **dict(zip(values, numbers, strict=True))},
        flags,
        whole,
    )


def _cleaned(name: str, flags: frozenset[str], whole: frozenset[str]) -> nw.Expr:
    """Return a flag as 1 or missing, a number as a number that is never missing."""
    value = nw.col(name)
    if name in flags:
        return nw.when(value).then(1)
    if name in whole:
        return value.cast(nw.Int64).fill_null(0)
    value = value.cast(nw.Float64)
    return nw.when(~value.is_nan()).then(value).otherwise(0.0)
