"""When people write and call: hour and weekday on a local clock, business hours and the rest.

A conversation counts once, at the moment at which it started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.channels.business_week import MINUTES, business_week
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import local_microseconds
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.segments import outcome_rates, with_users
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.channels.business_week import Hours

__all__ = ["activity_table", "business_hours_summary"]

_COUNTS = ("n", "successes", "unknown", "excluded", "users")
_WORKDAYS = (0, 1, 2, 3, 4)
_PARTS = ("business", "after_hours", "no_time")


def activity_table(
    conversations: pd.DataFrame,
    *,
    tz: str | tzinfo = "UTC",
    business_hours: Hours = (9, 17),
    business_days: Iterable[int] = _WORKDAYS,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Count conversations by the weekday and hour of the local clock at which they started.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations. Those without ``created_at`` are in no row.
    tz : str or tzinfo
        Time zone of the clock. When clocks are set back, the hour that comes twice
        holds the conversations of both.
    business_hours : tuple or sequence of tuples
        Opening and closing hour, ``(9, 17)``, or several, ``[(9, 12), (13, 17)]``;
        ``(22, 6)`` goes on into the next day. Whole hours, as each row is one.
    business_days : iterable of int
        Weekdays with business hours, 0 is Monday.
    outcome : str
        Column of flags that says what succeeded.
    users : str
        Column that names people; `identify_users` adds ``user_id`` where it is missing.
    min_n : int
        Hours with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        168 rows in the order of the week: ``weekday`` (0 is Monday), ``hour`` (0 to
        23), ``business`` (whether it is business time), ``conversations``, ``n``,
        ``successes``, ``unknown``, ``excluded``, ``users``, ``rate``, ``low``, ``high``
        and ``flags``.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If there is no such time zone, the instants have none, or the hours or days
        cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> activity = cda.activity_table(cda.load_sample(600), tz="Europe/Berlin")
    >>> int(activity["conversations"].sum())
    600
    """
    week = business_week(business_hours, business_days).reshape(7 * 24, 60)
    if not (week.all(axis=1) == week.any(axis=1)).all():
        raise InputError(
            f"business_hours={business_hours!r}: activity_table has one row an hour, so they must"
            " be whole hours. business_hours_summary takes parts of an hour."
        )
    frame, known = _dated(conversations, tz, outcome, users, "activity_table")
    hour = frame["chatdash_minute"] // 60
    rates = outcome_rates(
        frame.assign(weekday=hour // 24, hour=hour % 24)[known], ["weekday", "hour"],
        outcome=outcome, users=users, min_n=min_n, level=level, use="activity_table",
    )  # fmt: skip
    hours = np.arange(7 * 24)
    grid = pd.DataFrame({"weekday": hours // 24, "hour": hours % 24, "business": week.all(axis=1)})
    return _counted(grid.merge(rates, how="left", on=["weekday", "hour"], sort=False), [*grid])


def business_hours_summary(
    conversations: pd.DataFrame,
    *,
    tz: str | tzinfo = "UTC",
    business_hours: Hours = (9, 17),
    business_days: Iterable[int] = _WORKDAYS,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give volume and success within business hours and outside of them.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations.
    tz : str or tzinfo
        Time zone of the clock by which the business opens and closes.
    business_hours : tuple or sequence of tuples
        Opening and closing time in hours (``8.5`` is half past eight) or as
        `datetime.time`; several as ``[(8.5, 12), (13, 17)]``.
    business_days : iterable of int
        Weekdays with business hours, 0 is Monday.
    outcome, users, min_n, level
        As in `activity_table`.

    Returns
    -------
    pandas.DataFrame
        Three rows: ``part`` (``business``, ``after_hours``, and ``no_time`` for
        conversations without ``created_at``), ``conversations``, their ``share`` of
        all, ``n``, ``successes``, ``unknown``, ``excluded``, ``users``, ``rate``,
        ``low``, ``high`` and ``flags``.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If there is no such time zone, the instants have none, or the hours or days
        cannot be used.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> parts = cda.business_hours_summary(cda.load_sample(600), tz="America/Chicago")
    >>> parts["part"].tolist()
    ['business', 'after_hours', 'no_time']
    """
    week = business_week(business_hours, business_days)
    frame, known = _dated(conversations, tz, outcome, users, "business_hours_summary")
    part = np.where(known, np.where(week[frame["chatdash_minute"]], *_PARTS[:2]), _PARTS[2])
    rates = outcome_rates(
        frame.assign(part=part), "part", outcome=outcome, users=users, min_n=min_n, level=level,
        use="business_hours_summary",
    )  # fmt: skip
    parts = pd.DataFrame({"part": pd.Series(_PARTS, dtype="str")})
    table = _counted(parts.merge(rates, how="left", on="part", sort=False), ["part"])
    total = int(table["conversations"].sum())
    table.insert(2, "share", table["conversations"] / (total or np.nan))
    return table


def _dated(
    conversations: Any, tz: str | tzinfo, outcome: str, users: str, use: str
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return the rows with the minute of the local week, and which of them have one."""
    require_dataframe(conversations, use)
    require_columns(conversations, ["created_at", outcome], use)
    frame = with_users(conversations, users, use=use)
    known = frame["created_at"].notna().to_numpy(dtype=np.bool_)
    local = local_microseconds(frame.loc[known, "created_at"], tz)
    minute = np.zeros(len(frame), dtype=np.int64)
    # 1970-01-01 was a Thursday.
    minute[known] = (local // 60_000_000 + 3 * 24 * 60) % MINUTES
    return frame.assign(chatdash_minute=minute), known


def _counted(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Fill in what no conversation fell into, and order the columns."""
    flags = table["flags"].fillna("no_known").astype("str")
    counts = table[list(_COUNTS)].fillna(0).astype("int64")
    rows = counts["n"] + counts["unknown"] + counts["excluded"]
    table = table.assign(**counts, conversations=rows, flags=flags)
    return table[[*names, "conversations", *RATE_COLUMNS]]
