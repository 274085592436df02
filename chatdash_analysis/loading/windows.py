"""Stretches of time: what the user asked for, what is due, and in what portions to ask."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    class Covered(Protocol):
        """A stretch that the store holds."""

        @property
        def start(self) -> datetime:
            """Where it starts."""

        @property
        def end(self) -> datetime:
            """Where it ends, half-open."""

        @property
        def flags(self) -> int:
            """Mask of the combinations it was fetched under."""

        @property
        def fetched_at(self) -> datetime:
            """When."""


__all__ = [
    "EPOCH",
    "Due",
    "Frontier",
    "Moment",
    "Window",
    "due",
    "holes",
    "to_moment",
    "wire_format",
]

# A datetime and a Timestamp are dates, too.
Moment = str | date

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# Rows that one request should bring: enough to be worth it, few enough to be held.
TARGET_ROWS = 20_000
FIRST_WIDTH = timedelta(days=30)
NARROWEST = timedelta(hours=1)
WIDEST = timedelta(days=3650)
_DENSE = 2_000


@dataclass(frozen=True, order=True)
class Window:
    """A half-open stretch of time, ``start <= t < end``."""

    start: datetime
    end: datetime

    @property
    def width(self) -> timedelta:
        """Length of the window."""
        return self.end - self.start

    def halves(self) -> tuple[Window, Window]:
        """Split in the middle, at a whole millisecond."""
        half = self.width / 2
        return self.split(self.start + half - half % MILLISECOND)

    def split(self, at: datetime) -> tuple[Window, Window]:
        """Split at an instant inside the window."""
        return Window(self.start, at), Window(at, self.end)


@dataclass(frozen=True)
class Due:
    """A window that must be fetched, and the record/interacted combinations to ask for."""

    window: Window
    flags: int


def to_moment(value: Moment, name: str) -> datetime:
    """Read an instant; without a time zone it is UTC.

    Raises
    ------
    InputError
        If `value` is no date or time.
    """
    moment = _timestamp(value)
    if moment is None:
        raise InputError(
            f"{name}={value!r} is no date or time. Give ISO 8601 text such as '2026-01-31' or"
            " '2026-01-31T08:00+01:00', a date, a datetime or a Timestamp; without a time zone"
            " it is UTC."
        )
    return moment


def _timestamp(value: Moment) -> datetime | None:
    if not isinstance(value, (str, date)):
        return None
    try:
        # ISO 8601 alone: 05/03/2026 is March to some and May to others.
        moment = pd.Timestamp(datetime.fromisoformat(value) if isinstance(value, str) else value)
        if pd.isna(moment):
            return None
        utc = moment.tz_localize(UTC) if moment.tzinfo is None else moment.tz_convert(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    else:
        plain: datetime = utc.to_pydatetime(warn=False)
        return plain


def wire_format(moment: datetime) -> str:
    """Write an instant as the service documents it, ``YYYY-MM-DDTHH:mm:ss.sssZ``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def due(
    window: Window, flags: int, covered: Sequence[Covered], *, trailing: timedelta, everything: bool
) -> list[Due]:
    """Return what must be fetched so that `window` is covered under all of `flags`.

    A stretch that was fetched less than `trailing` after it happened may have
    changed since, and is due again. What is due is asked for under every combination
    it was fetched under before, too: a conversation may have gone from one to another,
    and one that is gone can be told from one that was not asked for.
    """
    now = datetime.now(UTC)
    found: list[Due] = []
    for part, interval in _stretches(window, covered, trailing):
        old = interval.flags if interval else 0
        # What was fetched in the future was fetched under a wrong clock.
        settled = (
            interval is not None
            and part.end <= interval.fetched_at - trailing
            and interval.fetched_at <= now
        )
        if everything or not settled or flags & ~old:
            found.append(Due(part, flags | old))
    return _joined(found)


def holes(window: Window, flags: int, covered: Sequence[Covered]) -> list[Due]:
    """Return the parts of `window` that are not covered, with the combinations they lack."""
    parts = _stretches(window, covered, None)
    lacking = [Due(part, flags & ~(held.flags if held else 0)) for part, held in parts]
    return _joined([part for part in lacking if part.flags])


def _stretches(
    window: Window, covered: Sequence[Covered], trailing: timedelta | None
) -> Iterator[tuple[Window, Covered | None]]:
    edges = {window.start, window.end}
    for interval in covered:
        edges |= {interval.start, interval.end}
        if trailing is not None:
            edges.add(interval.fetched_at - trailing)
    inside = sorted(edge for edge in edges if window.start <= edge <= window.end)
    held = sorted(covered, key=lambda interval: interval.start)
    place = 0
    for start, end in itertools.pairwise(inside):
        while place < len(held) and held[place].end <= start:
            place += 1
        holds = place < len(held) and held[place].start <= start
        yield Window(start, end), held[place] if holds else None


def _joined(parts: list[Due]) -> list[Due]:
    joined: list[Due] = []
    for part in parts:
        if joined and joined[-1].window.end == part.window.start and joined[-1].flags == part.flags:
            part = Due(Window(joined.pop().window.start, part.window.end), part.flags)  # noqa: PLW2901 - grows until it ends
        joined.append(part)
    return joined


class Frontier:
    """Hands out a stretch in windows, newest first, as wide as their rows allow.

    The service has no pages and says nothing about size, so the width is learned:
    each fetched window tells how many rows a day hold. Safe to use from threads.
    """

    def __init__(self, whole: Window, width: timedelta = FIRST_WIDTH) -> None:
        self._start = whole.start
        self._end = whole.end
        self._width = width
        self._widest = WIDEST
        self._dense = False
        self._lock = threading.Lock()

    def next(self) -> Window | None:
        """Return the next window, or None when the stretch is used up."""
        with self._lock:
            if self._end <= self._start:
                return None
            width = min(self._width, self._end - self._start)
            start = max(self._start, _month_or(self._end - width, self._end, self._dense))
            window = Window(start, self._end)
            self._end = start
            return window

    def left(self) -> bool:
        """Whether there are windows to hand out."""
        with self._lock:
            return self._end > self._start

    def learn(self, window: Window, rows: int, workable: timedelta) -> None:
        """Adapt the width to a window that held so many rows.

        Of the window, stretches as long as `workable` could be had at once; if that is
        less than the window, more is not asked for again.
        """
        with self._lock:
            wanted = window.width * (TARGET_ROWS / rows) if rows else WIDEST
            if workable < window.width:
                self._widest = min(self._widest, workable)
            self._width = min(max(wanted, NARROWEST), 4 * self._width, self._widest)
            self._dense = rows > _DENSE


def _month_or(start: datetime, end: datetime, dense: bool) -> datetime:
    """End a window of many rows at a month's start, where the store changes files."""
    month = (end - MILLISECOND).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return month if dense and start < month else start
