"""Local days, weeks and months of instants, inside any engine.

Engines differ in what they know of time zones, and some answer by the zone of their
session. So the instants become microseconds since 1970, and the local clock is reached
by whole-number arithmetic: the few changes of its offset to UTC are written into the
expression. The results are those of `periods.period_codes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from narwhals.dtypes import DType

    from chatdash_analysis.periods import Freq

__all__ = ["DAY", "Clock", "in_microseconds", "require_instants", "with_microseconds"]

DAY = 86_400_000_000
_QUARTER = DAY // 96


def require_instants(name: str, kind: DType) -> None:
    """Raise `InputError` unless a column of this type holds instants with a time zone."""
    if kind != nw.Datetime or getattr(kind, "time_zone", None) is None:
        raise InputError(
            f"{name} is {kind}, not instants with a time zone. Cast it to one, in UTC if the"
            " values are UTC."
        )


def in_microseconds(instant: pd.Timestamp) -> int:
    """Return an instant with a time zone as microseconds since 1970 UTC."""
    return int(instant.as_unit("us").asm8.astype(np.int64))


def with_microseconds(frame: nw.LazyFrame[Any], name: str) -> nw.LazyFrame[Any]:
    """Return the rows that have an instant, as microseconds since 1970 UTC.

    Column names must be plain: they are written into SQL.
    """
    frame = frame.filter(~nw.col(name).is_null())
    columns = frame.collect_schema().names()
    native: Any = nw.to_native(frame)
    # narwhals reads only the parts of a date there, on the clock of the session.
    if frame.implementation.is_duckdb():
        texts = [f"epoch_us({c}) AS {c}" if c == name else c for c in columns]
        native = native.project(", ".join(texts))
    elif frame.implementation.is_spark_like():
        native = native.selectExpr(
            *(f"unix_micros({c}) AS {c}" if c == name else c for c in columns)
        )
    else:
        return frame.with_columns(nw.col(name).dt.timestamp("us").cast(nw.Int64))
    changed: nw.LazyFrame[Any] = nw.from_native(native)
    return changed


@dataclass(frozen=True)
class Clock:
    """A local clock, and when it is changed.

    Attributes
    ----------
    changes : sequence of (int, int)
        From when on, in microseconds since 1970 UTC, it is how many microseconds ahead of
        UTC; ascending.
    """

    changes: Sequence[tuple[int, int]]

    @classmethod
    def between(cls, tz: str | tzinfo, first: pd.Timestamp, last: pd.Timestamp) -> Clock:
        """Read the clock of a time zone for the instants from `first` to `last`."""
        return cls(_changes(tz, first, last))

    def with_period(
        self, frame: nw.LazyFrame[Any], micros: str, period: str, freq: Freq
    ) -> nw.LazyFrame[Any]:
        """Add the number of the local day, week (from Monday) or month since 1970.

        Parameters
        ----------
        micros : str
            Column of microseconds since 1970 UTC, never missing.
        period : str
            Name of the column to add.
        freq : {"D", "W", "M"}
            Day, week, month.
        """
        at = nw.col(micros)
        days = (at + _looked_up(at, self.changes)) // DAY
        if freq == "M":
            return _with_month(frame.with_columns(days.alias("day")), period)
        # 1970-01-01 was a Thursday.
        number = (days + 3) // 7 if freq == "W" else days
        return frame.with_columns(number.cast(nw.Int64).alias(period))


def _changes(tz: str | tzinfo, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[int, int]]:
    """Return from when on the clock is how far ahead of UTC, in microseconds."""
    start, end = (in_microseconds(edge) // _QUARTER for edge in (first, last))
    # No clock is changed twice within a day.
    days = np.append(np.arange(start, end, 96), end)
    before = _offsets(tz, days)
    changed = np.flatnonzero(np.diff(before))
    quarters = (days[changed, None] + np.arange(97)).ravel() if len(changed) else days[:0]
    asked = np.unique(np.append(quarters[quarters <= end], start))
    offsets = _offsets(tz, asked)
    new = np.flatnonzero(np.diff(offsets, prepend=offsets[0] - 1))
    return [(int(asked[i]) * _QUARTER, int(offsets[i])) for i in new]


def _offsets(tz: str | tzinfo, quarters: Any) -> Any:
    moments = pd.DatetimeIndex((quarters * _QUARTER).astype("datetime64[us]")).tz_localize("UTC")
    local = moments.tz_convert(zone(tz)).tz_localize(None)
    return local.as_unit("us").asi8 - moments.as_unit("us").asi8


def _looked_up(micros: nw.Expr, changes: Sequence[tuple[int, int]]) -> nw.Expr:
    """Look the offset up by halving, so that a century of changes is no tower of a hundred."""
    if len(changes) == 1:
        return nw.lit(changes[0][1]).cast(nw.Int64)
    half = len(changes) // 2
    late = _looked_up(micros, changes[half:])
    return (
        nw.when(micros >= changes[half][0]).then(late).otherwise(_looked_up(micros, changes[:half]))
    )


def _with_month(frame: nw.LazyFrame[Any], period: str) -> nw.LazyFrame[Any]:
    """Add the months since 1970, given the days in ``day``, in the Gregorian calendar.

    Years begin in March here, so that the leap day is their last; see ``civil_from_days``
    in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013). Each step is a
    column, because an expression that is used twice may be worked out twice.
    """
    day, era, year = nw.col("day"), nw.col("era"), nw.col("year")
    years = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    frame = frame.with_columns(era=(day + 719_468) // 146_097)
    frame = frame.with_columns(day=day + 719_468 - era * 146_097)
    frame = frame.with_columns(year=years)
    frame = frame.with_columns(day=day - (365 * year + year // 4 - year // 100))
    months = (year + era * 400 - 1970) * 12 + (5 * day + 2) // 153 + 2
    return frame.with_columns(months.cast(nw.Int64).alias(period)).drop("day", "era", "year")
