"""Families in place of raw devices, systems and browsers, on frames of any engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.counting import group_sums
from chatdash_analysis.devices.families import DEVICE_COLUMNS, OTHER, families_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw

__all__ = ["has_value", "with_families"]


def with_families(frame: Any, columns: Sequence[str]) -> tuple[Any, int]:
    """Put families in place of raw values, and leave out rows that lack one.

    Parameters
    ----------
    frame : pandas.DataFrame or narwhals.LazyFrame
        Conversations.
    columns : sequence of str
        Columns of labels; those of devices, systems and browsers are changed.

    Returns
    -------
    tuple of (frame, int)
        The rows that have a value in each of these, and how many have not.
    """
    changed = [name for name in columns if name in DEVICE_COLUMNS]
    if isinstance(frame, pd.DataFrame):
        return _in_pandas(frame, changed)
    import narwhals as nw

    held = nw.all_horizontal(*(has_value(name) for name in changed), ignore_nulls=True)
    counted = group_sums(frame, [], {"held": held})
    rows = frame.filter(held)
    found = rows.with_columns(**{name: _expression(rows, name) for name in changed})
    return found, int((counted["rows"] - counted["held"]).sum())


def has_value(column: str) -> nw.Expr:
    """Tell in which rows a column of text says anything."""
    import narwhals as nw

    return ~nw.col(column).is_null() & (nw.col(column).cast(nw.String) != "")


def _in_pandas(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[pd.DataFrame, int]:
    families = {name: _categories(frame[name]) for name in columns}
    held = np.ones(len(frame), dtype=bool)
    for family in families.values():
        held &= family.codes >= 0
    found = frame.assign(**families)
    return (found if held.all() else found[held]), int((~held).sum())


def _categories(column: pd.Series) -> pd.Categorical:
    codes, labels = group_codes(column.to_frame("raw"), ["raw"])
    raw = labels["raw"].tolist()
    rows = np.bincount(codes, minlength=len(raw)).tolist()
    family_of_raw = families_of(dict(zip(raw, rows, strict=True)), str(column.name))
    families = sorted(set(family_of_raw.values()))
    place = {family: number for number, family in enumerate(families)}
    number = [place[family_of_raw[text]] if text in family_of_raw else -1 for text in raw]
    categories = pd.Index(families, dtype="str")
    return pd.Categorical.from_codes(np.array(number, dtype=np.int64)[codes], categories)


def _expression(frame: Any, column: str) -> nw.Expr:
    """Return the families as an expression: one branch a family, as raw values are few."""
    import narwhals as nw

    table = group_sums(frame, [column], {})
    family_of_raw = families_of(dict(zip(table[column], table["rows"], strict=True)), column)
    spellings: dict[str, list[str]] = {}
    for raw, family in family_of_raw.items():
        spellings.setdefault(family, []).append(raw)
    # All that is left over, as there may be very many of them.
    spellings.pop(OTHER, None)
    text = nw.col(column).cast(nw.String)
    branches = [nw.when(text.is_in(raw)).then(nw.lit(name)) for name, raw in spellings.items()]
    return nw.coalesce(*branches, nw.lit(OTHER))
