"""Coverage of one agent: which stretches were fetched, when, and under which combinations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Interval", "cut_out", "from_microseconds", "overlay", "to_microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Interval:
    """A stretch of time, half-open, that was fetched for one agent.

    Attributes
    ----------
    start, end : datetime.datetime
        Aware instants, ``start <= t < end``.
    flags : int
        Bit mask of the record/interacted combinations that were fetched.
    fetched_at : datetime.datetime
        When; the oldest of several answers that make up the stretch.
    rejected : int
        Elements of the answers that were no conversations. Where an interval is cut,
        the count stays with its first piece, so that sums stay true.
    """

    start: datetime
    end: datetime
    flags: int
    fetched_at: datetime
    rejected: int = 0


def overlay(intervals: Sequence[Interval], new: Interval) -> tuple[Interval, ...]:
    """Return the coverage after `new` was fetched on top of `intervals`.

    Within `new` the flags are those of both. An older answer ages the result only
    where it still counts, that is, where `new` does not cover all of its flags.

    Parameters
    ----------
    intervals : sequence of Interval
        Sorted, without overlaps.
    new : Interval
        The stretch that was fetched.
    """
    before: list[Interval] = []
    inside: list[Interval] = []
    after: list[Interval] = []
    for old in intervals:
        left, middle, right = _cut(old, new.start, new.end)
        if middle and middle.flags & ~new.flags == 0:
            inside.append(replace(new, start=middle.start, end=middle.end, rejected=0))
            middle = None
        left, middle, right = _counted([left, middle, right], old.rejected)
        before += [left] if left else []
        inside += [_both(middle, new)] if middle else []
        after += [right] if right else []
    return _joined([*before, *_filled(inside, new), *after])


def cut_out(intervals: Iterable[Interval], start: datetime, end: datetime) -> tuple[Interval, ...]:
    """Return the coverage without the stretch from `start` to `end`."""
    pieces: list[Interval | None] = []
    for old in intervals:
        left, _, right = _cut(old, start, end)
        pieces += _counted([left, right], old.rejected)
    return tuple(piece for piece in pieces if piece)


def _cut(old: Interval, start: datetime, end: datetime) -> tuple[Interval | None, ...]:
    """Return what lies before `start`, up to `end`, and after it."""
    edges = [
        (old.start, min(old.end, start)),
        (max(old.start, start), min(old.end, end)),
        (max(old.start, end), old.end),
    ]
    return tuple(
        replace(old, start=left, end=right, rejected=0) if left < right else None
        for left, right in edges
    )


def _counted(pieces: Sequence[Interval | None], rejected: int) -> list[Interval | None]:
    """Give the count to the first piece that there is."""
    first = next((place for place, piece in enumerate(pieces) if piece), None)
    return [
        replace(piece, rejected=rejected) if piece and place == first else piece
        for place, piece in enumerate(pieces)
    ]


def _both(old: Interval, new: Interval) -> Interval:
    fetched_at = min(old.fetched_at, new.fetched_at)
    return replace(old, flags=old.flags | new.flags, fetched_at=fetched_at)


def _filled(pieces: Sequence[Interval], new: Interval) -> list[Interval]:
    """Fill what the pieces leave of `new`; the first piece takes its count."""
    bare = replace(new, rejected=0)
    edges = [replace(bare, end=new.start), *pieces, replace(bare, start=new.end)]
    filled: list[Interval] = []
    for left, right in pairwise(edges):
        if left.end < right.start:
            filled.append(replace(bare, start=left.end, end=right.start))
        filled.append(right)
    filled.pop()
    return [replace(filled[0], rejected=filled[0].rejected + new.rejected), *filled[1:]]


def _joined(pieces: Iterable[Interval]) -> tuple[Interval, ...]:
    joined: list[Interval] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and (last.end, last.flags, last.fetched_at) == (
            piece.start,
            piece.flags,
            piece.fetched_at,
        ):
            rejected = last.rejected + piece.rejected
            joined[-1] = replace(last, end=piece.end, rejected=rejected)
        else:
            joined.append(piece)
    return tuple(joined)


def to_microseconds(moment: datetime) -> int:
    """Return an aware instant as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """Return microseconds since 1970 as an aware instant."""
    return _EPOCH + value * _MICROSECOND
