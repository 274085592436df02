"""The conversations that an audit is about: their ids, verdicts and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.sheets import ID
from chatdash_analysis.segments import with_flags, with_users
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

__all__ = ["with_verdicts"]


def with_verdicts(
    conversations: pd.DataFrame, outcome: str, users: str, use: str, *, by: Sequence[str] = ()
) -> pd.DataFrame:
    """Return the conversations with verdicts as flags and a column of people, sorted by id.

    Raises
    ------
    InputError
        If it is no DataFrame, ids are missing or not unique, or verdicts are no flags.
    MissingColumnsError
        If a column is not there.
    """
    require_dataframe(conversations, use)
    require_columns(conversations, [ID, *by, outcome], use)
    ids = conversations[ID]
    bad = int((ids.isna() | ids.duplicated(keep=False)).sum())
    if bad:
        raise InputError(
            f"{use}: in {bad} rows conversation_id is missing or stands in another row as well, so"
            " that nobody can tell which conversation an answer is about. Keep one row for each."
        )
    # Sums of weights depend on their order. An index may be named as a column is.
    ordered = conversations.reset_index(drop=True).sort_values(ID, ignore_index=True)
    return with_users(with_flags(ordered, outcome), users, use=use)
