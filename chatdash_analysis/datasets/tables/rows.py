"""The conversations that a training table is made of: each once, by time, with its person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.identity.values import MISSING_TIME, instants
from chatdash_analysis.segments import with_users
from chatdash_analysis.tables import (
    column_names,
    require_columns,
    require_dataframe,
    text_column,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Rows", "rows_of"]

_USE = "training_table"


class Rows(NamedTuple):
    """Conversations by time, then by id.

    Attributes
    ----------
    table : pandas.DataFrame
        All columns, named by texts, with a RangeIndex; ``created_at`` in UTC.
    users : pandas.Series
        Name of the person (``str``); missing where nobody is known.
    groups : pandas.Series
        The same; a conversation of nobody known is a group of its own.
    undated : int
        Conversations that were left out because nobody knows when they began.
    """

    table: pd.DataFrame
    users: pd.Series
    groups: pd.Series
    undated: int

    @property
    def people(self) -> NDArray[np.int64]:
        """The number of the group of each conversation."""
        return np.asarray(pd.factorize(self.groups)[0], dtype=np.int64)

    def take(self, mask: NDArray[np.bool_]) -> Rows:
        """Return some of the conversations."""
        table, users, groups = (
            part[mask].reset_index(drop=True) for part in (self.table, self.users, self.groups)
        )
        return Rows(table, users, groups, self.undated)


def rows_of(conversations: pd.DataFrame, target: str, users: str) -> Rows:
    """Check conversations, name their people, and put them in order.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If it is no DataFrame, a conversation has no id or stands there twice, or a time
        has no time zone.
    """
    require_dataframe(conversations, _USE)
    require_columns(conversations, ["conversation_id", "agent_id", "created_at", target], _USE)
    table = conversations.set_axis(column_names(conversations), axis=1).reset_index(drop=True)
    ids = _ids(table["conversation_id"])
    created = instants(table["created_at"], "created_at")
    # Before undated rows go: they, too, may tell who is who.
    users_of = _names(with_users(table, users, use=_USE)[users])
    order = np.lexsort((ids.to_numpy(dtype=object), created))
    order = order[created[order] != MISSING_TIME]
    moments = pd.to_datetime(created[order], unit="us", utc=True).as_unit("us")
    table = table.take(order).reset_index(drop=True)
    table = table.assign(conversation_id=ids.take(order).array, created_at=moments)
    users_of = users_of.take(order).reset_index(drop=True)
    groups = users_of.fillna("conversation:" + table["conversation_id"])
    return Rows(table, users_of, groups, len(ids) - len(order))


def _ids(column: pd.Series) -> pd.Series:
    ids = text_column(column)
    if ids.isna().any():
        raise InputError(
            f"{int(ids.isna().sum())} conversations have no conversation_id. Number them, or leave"
            " them out."
        )
    if ids.duplicated().any():
        raise InputError(
            f"{int(ids.duplicated().sum())} conversations stand in the table more than once, and"
            " would teach what they then are asked. Use"
            " conversations.drop_duplicates('conversation_id')."
        )
    return ids


def _names(users: pd.Series) -> pd.Series:
    names = text_column(users).reset_index(drop=True)
    return names.where(names.str.strip().ne("").fillna(value=False))
