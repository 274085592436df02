"""What was known of a person before a conversation began; the conversation itself sees nothing.

Time is compared by strict ``<``: of two conversations that begin at the same instant,
neither sees the other. An outcome counts from when it was known, which is later than when
its conversation began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.features import Feature, Found, too_many_or_few
from chatdash_analysis.datasets.tables.known import LeftOut
from chatdash_analysis.datasets.tables.lengths import read_length
from chatdash_analysis.datasets.tables.levels import levelled
from chatdash_analysis.datasets.tables.values import read_values
from chatdash_analysis.errors import InputError
from chatdash_analysis.identity.values import MISSING_TIME, instants

if TYPE_CHECKING:
    from datetime import timedelta

    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.known import Asked
    from chatdash_analysis.datasets.tables.rows import Rows

    Codes = NDArray[np.int64]

__all__ = ["history_features", "history_table", "known_from", "settling_time"]

_DAY = 86_400_000_000
_NEVER = np.iinfo(np.int64).max
_ABOUT = {
    "user_conversations_before": ("Conversations of the person before this one.", "conversations"),
    "user_days_since_last": ("Time since the last of them began.", "days"),
    "user_same_agent": ("Whether the last of them was with the same agent.", ""),
    "user_last_channel": ("Channel of the last of them.", ""),
    "user_outcomes_before": ("How many of their outcomes were known by then.", "conversations"),
    "user_outcome_before": ("Mean of those outcomes; of flags, the share of successes.", ""),
    "user_last_outcome": ("The one of those outcomes that became known last.", ""),
}


def settling_time(history: bool | str | timedelta) -> int | None:
    """Return after how many microseconds outcomes are known; None if ``updated_at`` tells.

    Raises
    ------
    InputError
        If `history` is no length of time.
    """
    if isinstance(history, bool):
        return None
    length = read_length(history)
    if length is None or length < pd.Timedelta(0):
        raise InputError(
            f"history={history!r} is neither True or False nor a length of time. Give a timedelta,"
            " or text with a unit: '7D' if outcomes are known a week after a conversation ended."
        )
    return int(length // pd.Timedelta("1us"))


def history_features(
    rows: Rows, outcomes: pd.Series, kept: NDArray[np.bool_], options: Asked
) -> Found:
    """Return the history of the conversations that are kept, as features."""
    table = history_table(rows, outcomes, settling_time(options.history))
    table = table[kept].reset_index(drop=True)
    people = rows.people[kept]
    found = Found([], [])
    for name in table:
        column = table[name]
        if column.dtype != np.float64:
            levels = levelled(column, people, personal=True)
            if reason := too_many_or_few(levels.own, options.max_levels):
                found.left_out.append(LeftOut(name, "start", reason))
                continue
            column = levels.series
        found.features.append(Feature(name, options.users, column, "start", *_ABOUT[name]))
    return found


def history_table(rows: Rows, outcomes: pd.Series, settling: int | None) -> pd.DataFrame:
    """Return what was known, before each conversation, of the one who held it.

    Parameters
    ----------
    rows : Rows
        All conversations, whether their own outcome is known or not.
    outcomes : pandas.Series
        ``float64`` or ``str``, missing where unknown.
    settling : int or None
        See `known_from`.

    Returns
    -------
    pandas.DataFrame
        One row a conversation, ``float64`` and ``str``; missing where the person is not
        known, and, but for counts, where there is nothing before.
    """
    users = np.asarray(pd.factorize(rows.users)[0], dtype=np.int64)
    created = instants(rows.table["created_at"], "created_at")
    everything = np.flatnonzero(users >= 0)
    past = _before(users, created, everything, created[everything])
    agent = read_values(rows.table["agent_id"]).series
    columns = {
        "user_conversations_before": past.seen,
        "user_days_since_last": _days(created, past.last),
        "user_same_agent": _same(agent, past.last),
    }
    if "channel" in rows.table:
        columns["user_last_channel"] = _taken(rows.table["channel"].astype("str"), past.last)
    judged = np.flatnonzero((users >= 0) & outcomes.notna().to_numpy())
    told = _before(users, created, judged, known_from(rows.table, settling)[judged])
    columns["user_outcomes_before"] = told.seen
    if outcomes.dtype == np.float64:
        columns["user_outcome_before"] = _running_mean(outcomes.to_numpy(), users, told)
    else:
        columns["user_last_outcome"] = _taken(outcomes, told.last)
    return pd.DataFrame(columns)


def known_from(table: pd.DataFrame, settling: int | None) -> Codes:
    """Return from when the outcome of each conversation was known, in microseconds.

    With `settling`, so long after its end (or its beginning, where no end is known).
    Without, from when it last changed: what changed may have been the outcome. Where
    that is not known, never.
    """
    created, ended, updated = (
        instants(table[name], name) if name in table else np.full(len(table), MISSING_TIME)
        for name in ("created_at", "ended_at", "updated_at")
    )
    over = np.maximum(created, ended)  # a missing time is the smallest number
    if settling is not None:
        return np.asarray(over + settling)
    return np.where(updated == MISSING_TIME, _NEVER, np.maximum(over, updated))


class _Past(NamedTuple):
    """What each conversation sees of its person's events."""

    seen: NDArray[np.float64]
    """How many; missing where nobody is known."""
    last: Codes
    """The row of the last one, -1 without any."""
    order: Codes
    """The rows of all events, by person and time."""
    place: Codes
    """Where the last one stands in `order`."""


def _before(users: Codes, created: Codes, rows: Codes, times: Codes) -> _Past:
    """Find the events (`rows`, at `times`) of each conversation's person before it began."""
    moments = np.unique(np.concatenate([created, times]))
    width = len(moments) + 1
    keys = users[rows] * width + np.searchsorted(moments, times)
    sorting = np.argsort(keys, kind="stable")
    keys, order = keys[sorting], rows[sorting]
    first = np.searchsorted(keys, users * width)
    end = np.searchsorted(keys, users * width + np.searchsorted(moments, created))
    place = np.where((users >= 0) & (end > first), end - 1, -1)
    last = np.append(order, -1)[place]
    return _Past(np.where(users >= 0, end - first, np.nan), last, order, place)


def _days(created: Codes, last: Codes) -> NDArray[np.float64]:
    return np.where(last >= 0, (created - created[last]) / _DAY, np.nan)


def _same(labels: pd.Series, last: Codes) -> NDArray[np.float64]:
    before = _taken(labels, last)
    known = (labels.notna() & before.notna()).to_numpy()
    return np.where(known, labels.eq(before).to_numpy(dtype=float), np.nan)


def _taken(labels: pd.Series, last: Codes) -> pd.Series:
    """Return the labels of other rows; missing where there is none."""
    return labels.take(last).reset_index(drop=True).mask(last < 0)


def _running_mean(outcomes: NDArray[np.float64], users: Codes, told: _Past) -> NDArray[np.float64]:
    known = pd.Series(outcomes[told.order]).groupby(users[told.order])
    sums = np.append(known.cumsum().to_numpy(), np.nan)
    # The place -1 is that of the value put behind the others.
    return np.asarray(sums[told.place] / told.seen)
