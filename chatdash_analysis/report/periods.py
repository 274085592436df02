"""The period of a report, and the one that it is compared with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import (
    Moment,
    Span,
    extent,
    local_midnight,
    read_moment,
    require_loaded,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "Asked",
    "Period",
    "choose_periods",
    "last_month",
    "period_before",
    "read_period",
    "require_earlier",
]

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# So that the days around have dates, too.
_YEARS = range(1900, 2200)
# Not of the calendar module, which writes them in the language of the process.
_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

# As users write a period.
Asked = str | tuple[Moment, Moment]


@dataclass(frozen=True)
class Period:
    """A stretch of local days, ``start <= t < end``, with the name that readers know it by."""

    label: str
    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def dates(self) -> tuple[str, str]:
        """First local date and the first after it, as the analyses take them."""
        return self.start.isoformat(), self.end.isoformat()

    @property
    def days(self) -> int:
        """How many local days it has."""
        return int((self.end.date() - self.start.date()).days)

    def week_name(self, monday: date) -> str:
        """Return the first day of a week, and how many of its days count if the period cuts it."""
        first, after = max(monday, self.start.date()), min(monday + _WEEK, self.end.date())
        name, inside = _day_name(monday), (after - first).days
        return name if inside == _WEEK.days else f"{name} ({inside} of 7 days)"

    def of(self, conversations: pd.DataFrame) -> pd.DataFrame:
        """Return the conversations that started in it."""
        return conversations[
            conversations["created_at"].ge(self.start) & conversations["created_at"].lt(self.end)
        ]


def choose_periods(
    conversations: pd.DataFrame, period: Asked | None, compare_with: Asked | None, tz: str
) -> tuple[Period, Period]:
    """Return the period of a report and the one before, which may hold nothing.

    Parameters
    ----------
    conversations : pandas.DataFrame
        With ``created_at``, and ``attrs["chatdash"]`` as the loader leaves it.
    period : str or pair of dates, optional
        A month such as ``"2026-05"``, or its first day and the first after it; default: the
        last whole month that the data cover.
    compare_with : str or pair of dates, optional
        The same of the earlier period; default: the month before a month, as many days before
        other periods.
    tz : str
        Time zone of the days.

    Raises
    ------
    InputError
        If one is no period, the earlier one does not end before the later one starts, or
        the later one holds no conversations.
    IncompleteError
        If part of the later one was never loaded.
    """
    now = _last_whole(conversations, tz) if period is None else read_period(period, "period", tz)
    if compare_with is None:
        before = period_before(now, tz)
    else:
        before = read_period(compare_with, "compare_with", tz)
    require_earlier(before, now, "compare_with")
    require_loaded(conversations, [Span(now.start, now.end)], f"A report on {now.label}")
    if now.of(conversations).empty:
        raise InputError(
            f"There are no conversations of {now.label} ({tz}). {extent(_instants(conversations))}"
            " Choose another period."
        )
    return now, before


def require_earlier(before: Period, now: Period, name: str) -> None:
    """Refuse an earlier period that reaches into the later one; `name` says what it is.

    Raises
    ------
    InputError
        If it does.
    """
    if before.end > now.start:
        raise InputError(
            f"{name}: {before.label} does not end before the period of the report starts"
            f" ({now.label}). Give an earlier one, or leave it out."
        )


def read_period(asked: Asked, name: str, tz: str) -> Period:
    """Read a month or a pair of dates; `name` says in messages what it is.

    Raises
    ------
    InputError
        If it is neither.
    """
    return _month(asked, name, tz) if isinstance(asked, str) else _days(asked, name, tz)


def _month(text: str, name: str, tz: str) -> Period:
    match = _MONTH.fullmatch(text)
    year, month = map(int, match.groups()) if match else (0, 0)
    if not (year in _YEARS and 1 <= month <= 12):
        raise InputError(
            f"{name}: {text!r} is no month. Give one such as '2026-05', or two dates: the first day"
            " and the first day after the last, such as '2026-05-01' and '2026-05-15'."
        )
    return _period(date(year, month, 1), _next_month(date(year, month, 1)), tz)


def _days(asked: Sequence[Moment], name: str, tz: str) -> Period:
    if not isinstance(asked, (tuple, list)) or len(asked) != 2:
        raise InputError(
            f"{name}={asked!r} is no period. Give a month such as '2026-05', or a pair of dates"
            " such as ('2026-05-01', '2026-05-15'); the second is the first day outside."
        )
    first, after = (_local_day(part, name, tz) for part in asked)
    if not first < after:
        raise InputError(
            f"{name}: {first} to {after} ends at or before its start. Give the first day and the"
            " first day after the last, so that one day is '2026-05-01' and '2026-05-02'."
        )
    return _period(first, after, tz)


def _local_day(moment: Moment, name: str, tz: str) -> date:
    read = read_moment(moment, name, tz)
    if read.year not in _YEARS:
        raise InputError(f"{name}: {moment} is a day when there was no service. Choose another.")
    day = _local(read, tz)
    if read != read_moment(day, name, tz):
        raise InputError(
            f"{name}: {moment} is in the middle of a day in {tz}. A report is on whole days:"
            " give dates such as '2026-05-01'."
        )
    return day


def _local(moment: pd.Timestamp, tz: str) -> date:
    day: date = moment.tz_convert(tz).date()
    return day


def _period(first: date, after: date, tz: str) -> Period:
    start, end = (read_moment(day, "period", tz).tz_convert(tz) for day in (first, after))
    return Period(_label(first, after), start, end)


def _label(first: date, after: date) -> str:
    if _is_month(first, after):
        return f"{_NAMES[first.month - 1]} {first.year}"
    last = after - _DAY
    if first == last:
        return _day_name(first)
    day = _day_name(first).removesuffix(f" {last.year}")
    return f"{day} to {_day_name(last)}"


def _day_name(day: date) -> str:
    return f"{day.day} {_NAMES[day.month - 1]} {day.year}"


def _is_month(first: date, after: date) -> bool:
    return first.day == 1 and after == _next_month(first)


def _next_month(first: date) -> date:
    return (first.replace(day=1) + timedelta(days=31)).replace(day=1)


def period_before(period: Period, tz: str) -> Period:
    """Return the month before a month, and before other periods as many local days."""
    first, after = period.start.date(), period.end.date()
    if _is_month(first, after):
        return _period((first - _DAY).replace(day=1), first, tz)
    return _period(first - (after - first), first, tz)


def last_month(moment: pd.Timestamp, tz: str) -> Period:
    """Return the last month that was over at a moment."""
    after = _local(moment, tz).replace(day=1)
    return _period((after - _DAY).replace(day=1), after, tz)


def _last_whole(conversations: pd.DataFrame, tz: str) -> Period:
    start, end = _covered(conversations, tz)
    month = last_month(end, tz)
    if month.start < start:
        raise InputError(
            f"The data cover no whole month of {tz}. {extent(_instants(conversations))} Give the"
            " period, for example period=('2026-05-01', '2026-05-15')."
        )
    return month


def _covered(conversations: pd.DataFrame, tz: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when conversations were loaded, or else from which day to which."""
    origin = conversations.attrs.get("chatdash")
    told = origin if isinstance(origin, dict) else {}
    starts, ends = _told(told, "start"), _told(told, "end", "fetched_at")
    instants = _instants(conversations)
    if not len(instants) and not (starts and ends):
        raise InputError(f"A report needs conversations with a date. {extent(instants)}")
    start = max(starts) if starts else local_midnight(int(instants.min()), tz)
    if ends:
        return start, min(ends)
    last = local_midnight(int(instants.max()), tz)
    return start, _period(_local(last, tz), _local(last, tz) + _DAY, tz).end


def _told(origin: dict[str, object], *names: str) -> list[pd.Timestamp]:
    values = [origin.get(name) for name in names]
    texts = [value for value in values if isinstance(value, (str, date))]
    try:
        return [] if values[0] is None else [read_moment(text, "period", "UTC") for text in texts]
    except InputError:
        return []


def _instants(conversations: pd.DataFrame) -> NDArray[np.int64]:
    dated = conversations["created_at"].dropna()
    instants: NDArray[np.int64] = dated.dt.as_unit("us").astype("int64").to_numpy()
    return instants
