"""Days, weeks, months and hours of a local clock, as whole numbers."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Freq", "local_microseconds", "microseconds", "period_codes", "period_starts", "zone"]

Freq = Literal["D", "W", "M"]

_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
# Clocks are changed on quarters of an hour, so that one look-up serves a whole quarter.
_QUARTER = _HOUR // 4
_FREQUENCIES = ("D", "W", "M")


def zone(tz: str | tzinfo) -> tzinfo:
    """Return a time zone by its name.

    Raises
    ------
    InputError
        If no time zone has this name.
    """
    if isinstance(tz, tzinfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise InputError(
            f"tz={tz!r} is no time zone. Give a name such as 'Europe/Berlin',"
            " 'America/New_York' or 'UTC'."
        ) from None


def microseconds(instants: pd.Series) -> NDArray[np.int64]:
    """Return instants as microseconds since 1970 UTC.

    Raises
    ------
    InputError
        If they have no time zone, so that nobody knows when they were, or some are missing.
    """
    if not isinstance(instants.dtype, pd.DatetimeTZDtype):
        raise InputError(
            f"{instants.name} is {instants.dtype}, not instants with a time zone. Use"
            " pd.to_datetime(..., utc=True)."
        )
    if instants.hasnans:
        raise InputError(f"{instants.name} is missing in some rows; leave them out.")
    return np.asarray(instants.dt.as_unit("us").astype("int64"))


def local_microseconds(instants: pd.Series, tz: str | tzinfo) -> NDArray[np.int64]:
    """Return microseconds on the local clock since its 1970-01-01T00:00."""
    micros = microseconds(instants)
    if not len(micros):
        return micros
    quarters = micros // _QUARTER
    first, last = int(quarters.min()), int(quarters.max())
    if last - first < max(4 * len(quarters), 1 << 17):
        asked, where = np.arange(first, last + 1), quarters - first
    else:
        where, asked = pd.factorize(quarters)
    moments = pd.DatetimeIndex((asked * _QUARTER).astype("datetime64[us]")).tz_localize("UTC")
    clock = zone(tz)
    try:
        local = moments.tz_convert(clock).tz_localize(None)
    except (OverflowError, ValueError):
        raise InputError(
            f"{instants.name} holds dates at the edge of the calendar, of which {tz} knows no local"
            f" time: {instants.min()} to {instants.max()}. Leave such rows out."
        ) from None
    offsets = local.as_unit("us").asi8 - moments.as_unit("us").asi8
    return np.asarray(micros + offsets[where])


def period_codes(instants: pd.Series, freq: Freq, tz: str | tzinfo) -> NDArray[np.int64]:
    """Return the number of the local day, week (from Monday) or month of each instant.

    Periods follow each other without holes; `period_starts` tells their dates.
    """
    if freq not in _FREQUENCIES:
        raise InputError(f"freq={freq!r} is none of {', '.join(_FREQUENCIES)} (day, week, month).")
    days = local_microseconds(instants, tz) // _DAY
    if freq == "D":
        return days
    if freq == "W":
        # 1970-01-01 was a Thursday.
        return (days + 3) // 7
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def period_starts(codes: NDArray[np.int64], freq: Freq) -> pd.DatetimeIndex:
    """Return the first local date of each period, without a time zone."""
    codes = np.asarray(codes, dtype=np.int64)
    if freq == "M":
        dates = codes.astype("datetime64[M]").astype("datetime64[us]")
    else:
        days = codes if freq == "D" else codes * 7 - 3
        dates = days.astype("datetime64[D]").astype("datetime64[us]")
    return pd.DatetimeIndex(dates)
