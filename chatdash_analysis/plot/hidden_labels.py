"""The labels of clusters that too few people asked about, which plots do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.inputs import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["TOO_FEW", "hidden_note", "hide_labels"]

# Short enough to stand whole in narrow axes.
TOO_FEW = "(too few users)"


def hide_labels(table: pd.DataFrame, users: str, *, min_users: int) -> pd.DataFrame:
    """Return the table with other labels for clusters that too few people asked about.

    A label is what one person said. Whoever is not known counts for nobody. Where nothing tells
    how many people asked, of no cluster at all, labels stay: such a table comes from mere texts.

    Parameters
    ----------
    table : pandas.DataFrame
        Has ``cluster_id`` and ``label``; what is in no cluster keeps its label.
    users : str
        Column of numbers, which need not be there: the known people behind each cluster.
    min_users : int
        The fewest people whose cluster shows its label; 0 shows all.

    Raises
    ------
    InputError
        If `min_users` is no number of people, or the column holds no numbers.
    """
    if isinstance(min_users, bool) or not isinstance(min_users, int | np.integer) or min_users < 0:
        raise InputError(f"min_users={min_users!r} is no number of people. Give 5, for example.")
    people = numbers(table, users) if users in table else np.full(len(table), np.nan)
    if np.isnan(people).all():
        return table
    few = (np.nan_to_num(people) < min_users) & table["cluster_id"].notna().to_numpy(dtype="bool")
    return table.assign(label=table["label"].astype("object").mask(few, TOO_FEW))


def hidden_note(labels: Iterable[object], *, min_users: int) -> list[str]:
    """Return what a reader must know where one of the labels that are drawn was hidden."""
    if not any(isinstance(label, str) and label == TOO_FEW for label in labels):
        return []
    return [
        f"{TOO_FEW}: fewer known users than min_users={min_users};",
        "min_users=0 shows all labels",
    ]
