"""Periods that the user names: read, checked, and laid on a local calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.periods import zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = [
    "Moment",
    "Span",
    "extent",
    "gaps_of",
    "holds_gap",
    "in_periods",
    "local_midnight",
    "local_text",
    "read_moment",
    "read_spans",
    "require_loaded",
    "shifted",
]

# A datetime and a Timestamp are dates, too.
Moment = str | date


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time, ``start <= t < end``, both in UTC."""

    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def microseconds(self) -> tuple[int, int]:
        """Start and end in microseconds since 1970."""
        start, end = (int(end.as_unit("us").asm8.astype("int64")) for end in (self.start, self.end))
        return start, end

    def holds(self, instants: Codes) -> Mask:
        """Tell which instants, in microseconds since 1970 UTC, lie inside."""
        start, end = self.microseconds
        return np.asarray((instants >= start) & (instants < end))

    def __str__(self) -> str:
        return f"[{self.start.isoformat()}, {self.end.isoformat()})"


def read_spans(
    before: Sequence[Moment], after: Sequence[Moment], tz: str | tzinfo
) -> tuple[Span, Span]:
    """Read two periods of which the first ends where the second starts, or earlier.

    Raises
    ------
    InputError
        If one is no pair of dates, ends before it starts, or the two overlap.
    """
    first, second = _span(before, "before", tz), _span(after, "after", tz)
    if first.end > second.start:
        raise InputError(
            f"before={first} does not end before after={second} starts. Periods are half-open, so"
            " that the end of the first may be the start of the second."
        )
    return first, second


def _span(value: Sequence[Moment], name: str, tz: str | tzinfo) -> Span:
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        raise InputError(
            f"{name}={value!r} is no period. Give its start and its end, for example"
            " ('2026-04-01', '2026-05-01'); the end is outside."
        )
    start, end = (read_moment(part, name, tz) for part in value)
    if not start < end:
        raise InputError(
            f"{name}={value!r} ends at or before its start. Give the start first; the end is"
            " outside, so that one day is ('2026-04-01', '2026-04-02')."
        )
    return Span(start, end)


def in_periods(instants: Codes, spans: tuple[Span, Span]) -> tuple[Mask, Codes]:
    """Tell which conversations started in either period, and of these, which in the later one.

    Parameters
    ----------
    instants : numpy.ndarray of int64
        When each started, in microseconds since 1970 UTC.
    spans : tuple of Span
        The periods `before` and `after`.

    Returns
    -------
    inside : numpy.ndarray of bool
        One entry a conversation.
    later : numpy.ndarray of int64
        One entry a conversation inside: 1 for `after`.

    Raises
    ------
    InputError
        If a period holds no conversations.
    """
    masks = [span.holds(instants) for span in spans]
    for name, span, mask in zip(("before", "after"), spans, masks, strict=True):
        if not mask.any():
            raise InputError(f"{name}={span} holds no conversations. {extent(instants)}")
    inside = masks[0] | masks[1]
    return inside, masks[1][inside].astype(np.int64)


def extent(instants: Codes) -> str:
    """Say from when to when conversations started, for messages."""
    if not len(instants):
        return "Nor does the table hold any with a created_at."
    ends = np.array([instants.min(), instants.max()]).astype("datetime64[us]")
    first, last = ends.astype("datetime64[s]").astype(str)
    return f"Those of the table started from {first} to {last} UTC."


def read_moment(value: Moment, name: str, tz: str | tzinfo) -> pd.Timestamp:
    """Read an instant; without a time zone it is one of the local clock of `tz`.

    Raises
    ------
    InputError
        If `value` is no date or time.
    """
    moment = _timestamp(value)
    if moment is None:
        raise InputError(
            f"{name}={value!r} is no date or time. Give ISO 8601 text such as '2026-01-31' or"
            " '2026-01-31T08:00+01:00', a date, a datetime or a Timestamp."
        )
    return _localized(moment, tz).tz_convert("UTC")


def _localized(moment: pd.Timestamp, tz: str | tzinfo) -> pd.Timestamp:
    """Give a time without a zone that of `tz`; where clocks change there is an answer, too."""
    if moment.tzinfo is not None:
        return moment
    return moment.tz_localize(zone(tz), ambiguous=True, nonexistent="shift_forward")


def shifted(moment: pd.Timestamp, days: int, tz: str | tzinfo) -> pd.Timestamp:
    """Return the time at which the local clock shows the same some days later."""
    local = moment.tz_convert(zone(tz)).tz_localize(None)
    return _localized(local + pd.Timedelta(days=days), tz).tz_convert("UTC")


def local_midnight(microseconds: int, tz: str | tzinfo) -> pd.Timestamp:
    """Return when the local day of an instant started."""
    moment = pd.Timestamp(microseconds, unit="us", tz="UTC").tz_convert(zone(tz))
    return _localized(moment.tz_localize(None).normalize(), tz).tz_convert("UTC")


def local_text(moment: pd.Timestamp, tz: str | tzinfo) -> str:
    """Return date and time of the local clock; the date alone at midnight."""
    local = moment.tz_convert(zone(tz))
    return f"{local:%Y-%m-%d}" if local == local.normalize() else f"{local:%Y-%m-%d %H:%M}"


def _timestamp(value: object) -> pd.Timestamp | None:
    if not isinstance(value, (str, date)):
        return None
    try:
        # ISO 8601 alone: 05/03/2026 is March to some and May to others.
        read = pd.Timestamp(datetime.fromisoformat(value) if isinstance(value, str) else value)
        return None if pd.isna(read) else read.as_unit("us")
    except (ValueError, TypeError, OverflowError):
        return None


def require_loaded(frame: pd.DataFrame, spans: Sequence[Span], use: str) -> None:
    """Refuse periods that reach beyond what was loaded, where the table says what was.

    Raises
    ------
    IncompleteError
        If part of a period was never loaded.
    """
    origin = _origin(frame)
    start, end = (_timestamp(origin.get(name)) for name in ("start", "end"))
    for span in spans:
        if (start is not None and span.start < start) or (end is not None and span.end > end):
            raise IncompleteError(
                f"{use} needs the conversations of {span}, but those of [{origin['start']},"
                f" {origin['end']}) were loaded. Load more with load_conversations(..., start=...,"
                " end=...), or choose periods inside.",
                gaps=[{"start": span.start.isoformat(), "end": span.end.isoformat()}],
            )


def holds_gap(frame: pd.DataFrame, spans: Sequence[Span]) -> bool:
    """Tell whether a part of a period could not be loaded and was accepted as a gap."""
    return any(
        gap.start < span.end and span.start < gap.end for gap in gaps_of(frame) for span in spans
    )


def gaps_of(frame: Any) -> list[Span]:
    """Return the stretches that could not be loaded and were accepted as gaps."""
    found = [
        (_timestamp(gap.get("start")), _timestamp(gap.get("end")))
        for gap in _origin(frame).get("gaps", ())
    ]
    return [Span(start, end) for start, end in found if start is not None and end is not None]


def _origin(frame: pd.DataFrame) -> dict[str, Any]:
    origin = getattr(frame, "attrs", {}).get("chatdash", {})
    return origin if isinstance(origin, dict) else {}
