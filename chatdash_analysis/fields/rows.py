"""What all fields share of the conversations: agent, moment, period, person, whether connected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.codes import dense, group_codes, user_codes
from chatdash_analysis.errors import MissingColumnsError
from chatdash_analysis.periods import microseconds, period_codes
from chatdash_analysis.reached import connected
from chatdash_analysis.segments import with_users

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.periods import Freq

    Flags = NDArray[np.bool_]
    Ints = NDArray[np.int64]

__all__ = ["Cells", "Rows", "Seen", "agents_and_moments", "cells_of", "people_of", "seen"]

_NEVER = np.iinfo(np.int64).max


class Rows(NamedTuple):
    """Conversation by conversation: the number of its agent, when, and whether it counts.

    Attributes
    ----------
    agents : numpy.ndarray of int64
    labels : pandas.Series
        The agents' ids, in order; missing last.
    moments : numpy.ndarray of int64
        Microseconds since 1970 UTC; 0 where nobody knows.
    dated, connected : numpy.ndarray of bool
        Whether the moment is known; and whether there was somebody to speak with, too.
    connected_moments : list of numpy.ndarray of int64
        Of each agent the moments of the connected conversations, sorted.
    """

    agents: Ints
    labels: pd.Series
    moments: Ints
    dated: Flags
    connected: Flags
    connected_moments: list[Ints]

    @property
    def size(self) -> int:
        """Count agents."""
        return len(self.labels)

    def by_agent(self, mask: Flags) -> Ints:
        """Count rows of each agent."""
        return np.bincount(self.agents[mask], minlength=len(self.labels))


class Cells(NamedTuple):
    """Agents by periods in which they have conversations: number of each row, and of each cell."""

    codes: Ints  # -1 without a moment
    agents: Ints
    periods: Ints


class Seen(NamedTuple):
    """Where a field has values, and where it could have one."""

    present: Flags
    eligible: Flags
    first: Ints
    last: Ints


def agents_and_moments(frame: pd.DataFrame) -> Rows:
    """Return the agents and moments of conversations.

    Raises
    ------
    InputError
        If ``created_at`` has no time zone, or what says who was reached is no flag.
    """
    agents, labels = group_codes(frame[["agent_id"]], ["agent_id"])
    dated = frame["created_at"].notna().to_numpy(dtype=np.bool_)
    moments = np.zeros(len(frame), dtype=np.int64)
    moments[dated] = microseconds(frame.loc[dated, "created_at"])
    met = connected(frame) & dated
    order = np.lexsort((moments[met], agents[met]))
    ends = np.cumsum(np.bincount(agents[met], minlength=len(labels)))
    by_agent = np.split(moments[met][order], ends[:-1])
    return Rows(agents, labels["agent_id"], moments, dated, met, by_agent)


def cells_of(frame: pd.DataFrame, rows: Rows, freq: Freq, tz: str | tzinfo) -> Cells:
    """Give a number to each agent and period, and to each conversation that of its own."""
    periods = period_codes(frame.loc[rows.dated, "created_at"], freq, tz)
    codes = np.full(len(frame), -1, dtype=np.int64)
    first = int(periods.min(initial=0))
    width = int(periods.max(initial=0)) - first + 1
    combined = rows.agents[rows.dated] * width + (periods - first)
    codes[rows.dated], places = dense(combined)
    held = combined[places]
    return Cells(codes, held // width, held % width + first)


def people_of(frame: pd.DataFrame, users: str, use: str) -> Ints | None:
    """Return the number of each conversation's person, -1 for nobody known.

    None if nothing in the table says who they are.
    """
    try:
        column = with_users(frame, users, use=use)[users]
    except MissingColumnsError:
        if users != "user_id":
            raise
        return None
    return np.where(column.notna().to_numpy(dtype=np.bool_), user_codes(column), -1)


def seen(rows: Rows, present: Flags) -> Seen:
    """Return where a field that is `present` in some rows could have a value.

    That is in connected conversations of an agent that has the field, from the first
    value on.
    """
    first = np.full(len(rows.labels), _NEVER, dtype=np.int64)
    last = np.full(len(rows.labels), -_NEVER, dtype=np.int64)
    held = present & rows.dated
    np.minimum.at(first, rows.agents[held], rows.moments[held])
    np.maximum.at(last, rows.agents[held], rows.moments[held])
    eligible = rows.connected & (rows.moments >= first[rows.agents])
    return Seen(present, eligible, first, last)
