"""Business hours as minutes of a week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    TimeOfDay = float | time
    Hours = tuple[TimeOfDay, TimeOfDay] | Sequence[tuple[TimeOfDay, TimeOfDay]]

__all__ = ["MINUTES", "business_week"]

_DAY = 24 * 60
MINUTES = 7 * _DAY


def business_week(hours: Hours, days: Iterable[int]) -> NDArray[np.bool_]:
    """Return for each minute of a week, from Monday 0:00, whether it is business time.

    Parameters
    ----------
    hours : tuple or sequence of tuples
        Opening and closing time in hours of the day (``8.5`` is half past eight) or as
        `datetime.time`; several stretches if there is a break. One that closes before
        it opens goes on into the next day.
    days : iterable of int
        Weekdays, 0 is Monday.

    Raises
    ------
    InputError
        If the hours or the days are none.
    """
    week = np.zeros(MINUTES, dtype=np.bool_)
    stretches = [(_minute(opens), _minute(closes)) for opens, closes in _stretches(hours)]
    for day in _weekdays(days):
        for opens, closes in stretches:
            until = closes if closes > opens else closes + _DAY
            week[(day * _DAY + np.arange(opens, until)) % MINUTES] = True
    return week


def _stretches(hours: Any) -> list[tuple[Any, Any]]:
    given = list(hours) if isinstance(hours, Iterable) else []
    if len(given) == 2 and all(isinstance(moment, Real | time) for moment in given):
        given = [tuple(given)]
    pairs = [tuple(pair) for pair in given if isinstance(pair, Iterable) and len(list(pair)) == 2]
    if not given or len(pairs) < len(given):
        raise InputError(
            f"business_hours={hours!r} are none. Give opening and closing time, (9, 17), or"
            " several of them, [(8.5, 12), (13, 17)]."
        )
    return pairs


def _minute(moment: object) -> int:
    if isinstance(moment, time):
        return moment.hour * 60 + moment.minute
    if isinstance(moment, Real) and 0 <= float(moment) <= 24:
        return round(float(moment) * 60)
    raise InputError(f"business_hours: {moment!r} is no hour of the day. Give 0 to 24, or a time.")


def _weekdays(days: Any) -> list[int]:
    given: list[Any] = [None]
    if isinstance(days, Iterable) and not isinstance(days, str):
        given = list(days)
    if any(day not in range(7) for day in given):
        raise InputError(f"business_days={days!r} are no weekdays. Give 0 (Monday) to 6 (Sunday).")
    return [int(day) for day in given]
