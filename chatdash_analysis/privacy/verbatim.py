"""Texts of too few people, hidden before a table or a plot goes further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["hide_rare"]

_ADVICE = "Name the columns that the table has."


def hide_rare(
    table: pd.DataFrame,
    texts: str | Sequence[str],
    *,
    users: str = "users",
    by: str | None = None,
    min_users: int = 5,
) -> pd.DataFrame:
    """Empty the texts of too few people: what only one person said tells who it was.

    Parameters
    ----------
    table : pandas.DataFrame
        A table that shows what people said, such as the ``summary`` of clusters, or one with
        a row a text.
    texts : str or sequence of str
        The columns that show it.
    users : str
        Column of counts: how many people are behind a row. Or of people's ids, as text: then
        the different people of all rows with the same text are counted, and rows without one
        count for nobody. Ids that are numbers would be taken for counts: turn them into text
        with ``.astype("str")`` first.
    by : str, optional
        With ids, the column whose rows belong together, such as ``cluster_id``, instead of
        those with the same text.
    min_users : int
        The fewest people whose text is shown.

    Returns
    -------
    pandas.DataFrame
        A new table with the same columns, rows and index; the texts of rows of fewer people
        are missing, also from the categories of a column that has them.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> summary = pd.DataFrame({"label": ["Open on Sundays?", "Is Dr. Li in?"], "users": [31, 1]})
    >>> cda.hide_rare(summary, "label")["label"].tolist()
    ['Open on Sundays?', nan]
    """
    columns = [texts] if isinstance(texts, str) else list(texts)
    require_dataframe(table, "hide_rare")
    needed = [*columns, users, *([] if by is None else [by])]
    require_columns(table, needed, "hide_rare", advice=_ADVICE)
    whole = isinstance(min_users, int | np.integer) and not isinstance(min_users, bool)
    if not whole or min_users < 0:
        raise InputError(f"min_users={min_users!r} is no number of people. Give 5, for example.")
    hidden = table.copy()
    for name in columns:
        enough = _people(table, users, name if by is None else by) >= min_users
        hidden[name] = _shown(table[name], enough.to_numpy())
    return hidden


def _shown(texts: pd.Series, enough: npt.NDArray[np.bool_]) -> pd.Series:
    shown = texts.where(enough, None)
    if not isinstance(shown.dtype, pd.CategoricalDtype):
        return shown
    # What no row shows would still stand in a file.
    return shown.cat.remove_unused_categories()


def _people(table: pd.DataFrame, users: str, by: str) -> pd.Series:
    """Return how many people are known behind each row."""
    given = table[users]
    if pd.api.types.is_numeric_dtype(given.dtype) and not pd.api.types.is_bool_dtype(given.dtype):
        return given.astype("float64").fillna(0)
    groups = table[by].reset_index(drop=True)
    people = given.reset_index(drop=True)
    # Rows that have no text show none.
    return people.groupby(groups).transform("nunique").fillna(0).astype("int64")
