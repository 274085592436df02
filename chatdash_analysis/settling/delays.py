"""Delays of verdicts in bins: between which looks each came, and how far it could be followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.settling.grid import DAY, nearest_edges, upper_edges
from chatdash_analysis.settling.truncated import Intervals, arrived_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Delays", "Looks", "Since", "delays_of", "looks_of"]

Since = Literal["ended_at", "created_at"]

# With fewer verdicts seen to arrive, those that `updated_at` tells are looked at.
ENOUGH = 50
# So many verdicts must have been followed up to the longest delay that counts.
_FOLLOWED = 10
# Of verdicts that came between two looks, this share may have left `updated_at` as it was.
_UNMOVED = 0.05
_NEVER = np.iinfo("int64").min


@dataclass(frozen=True, slots=True)
class Looks:
    """What was seen of conversations, in microseconds since each; one entry a conversation.

    `after` is the last look without a verdict (0 if there was none) and `until` the
    first with one, `told` when `updated_at` says that it was there, `limit` the last
    look. `until` and `told` are missing (the smallest number) where nothing is known.
    """

    group: Codes
    user: Codes
    after: Codes
    until: Codes
    told: Codes
    limit: Codes
    followed: Mask
    unmoved: Mask

    @property
    def judged(self) -> Mask:
        """Which have a verdict."""
        return np.asarray(self.until != _NEVER)

    def take(self, rows: Codes | Mask) -> Looks:
        """Return some of the conversations."""
        return Looks(*(getattr(self, name)[rows] for name in Looks.__slots__))


def looks_of(
    sights: pd.DataFrame, by: Sequence[str], *, since: Since, users: str
) -> tuple[Looks, pd.DataFrame, int]:
    """Return what was seen, the labels of the groups, and how many rows lack a time."""
    if since not in ("ended_at", "created_at"):
        raise InputError(f"since={since!r} is neither 'ended_at' nor 'created_at'.")
    created = _micros(sights["created_at"])
    origin = created if since == "created_at" else _or(_micros(sights["ended_at"]), created)
    seen = _micros(sights["last_seen_at"])
    dated = (origin != _NEVER) & (seen != _NEVER)
    frame = sights[dated].reset_index(drop=True)
    group, labels = group_codes(frame, list(by))
    user = user_codes(frame[users]) if users in frame.columns else np.arange(len(frame))
    return _looks(frame, group, user, origin[dated]), labels, int((~dated).sum())


def _looks(frame: pd.DataFrame, group: Codes, user: Codes, origin: Codes) -> Looks:
    unjudged, first, updated, seen = (
        _micros(frame[name])
        for name in ("last_unjudged_at", "first_judged_at", "updated_at", "last_seen_at")
    )
    judged = first != _NEVER
    # A clock that was wrong can put a look without a verdict behind one with it.
    between = judged & (unjudged != _NEVER) & (unjudged < first)
    told = judged & (updated != _NEVER) & (updated <= first)
    unmoved = between & told & (updated <= unjudged)
    return Looks(
        group=group,
        user=user,
        after=np.where(between, np.maximum(unjudged - origin, 0), 0),
        until=np.where(judged, np.maximum(first - origin, 0), _NEVER),
        told=np.where(told & ~unmoved, np.maximum(updated - origin, 0), _NEVER),
        limit=np.maximum(seen, np.where(judged, first, seen)) - origin,
        followed=between | (judged & (first < seen)),
        unmoved=unmoved,
    )


def _micros(column: pd.Series) -> Codes:
    values = column.dt.as_unit("us").astype("int64").to_numpy()
    return np.where(column.isna().to_numpy(), _NEVER, values)


def _or(values: Codes, others: Codes) -> Codes:
    return np.where(values == _NEVER, others, values)


@dataclass(frozen=True, slots=True)
class Delays:
    """The delays of one group that tell something, and what is to be said of them.

    `rows` counts its conversations and `judged` those with a verdict; `source` is
    ``sights`` or ``updated_at``. `after`, `until` and `limit` are numbers of edges, up to `size`.
    """

    looks: Looks
    after: Codes
    until: Codes
    limit: Codes
    user: Codes
    size: int
    source: Literal["sights", "updated_at"]

    @property
    def number(self) -> int:
        """How many verdicts there are to tell from."""
        return len(self.after)

    def intervals(self) -> tuple[Intervals, Codes]:
        """Return the different intervals, and the number of that of each delay."""
        width = self.size + 1
        pairs, place = np.unique(self.after * width + self.until, return_inverse=True)
        return Intervals(pairs // width, pairs % width, self.size), place.astype(np.int64)

    def shares(self) -> Floats:
        """Return the share of verdicts that have come at each edge."""
        intervals, place = self.intervals()
        counts = np.bincount(place, minlength=len(intervals.after)).astype(np.float64)
        limits = np.bincount(self.limit, minlength=self.size + 1).astype(np.float64)
        shares: Floats = arrived_shares(intervals, counts[np.newaxis], limits[np.newaxis])[0]
        return shares

    def resolution(self) -> float:
        """Return the median time between the two looks that hold a verdict, in days."""
        if self.source == "updated_at" or not self.number:
            return float("nan")
        looks = self.looks.take(self.looks.followed)
        return float(np.median(looks.until - looks.after)) / DAY


def delays_of(looks: Looks) -> Delays:
    """Return the delays of one group, from looks if there were enough, else `updated_at`.

    A conversation that was seen for the first and last time with its verdict does not
    tell when that came: whatever the delay, it would have looked the same.
    """
    told = looks.judged & (looks.told != _NEVER) & _moved(looks)
    followed = looks.followed
    if followed.sum() < ENOUGH and told.sum() > followed.sum():
        chosen = looks.take(told)
        until = upper_edges(chosen.told)
        return _binned(looks, chosen, until - 1, until, "updated_at")
    # `updated_at` must not shorten an interval: an end that is the delay itself draws the
    # estimate to the start of the interval, so that verdicts seem to come too early.
    chosen = looks.take(followed)
    after, until = nearest_edges(chosen.after), nearest_edges(chosen.until)
    # Looks nearer to each other than edges are: the bin that holds the later one.
    until = np.where(after < until, until, upper_edges(chosen.until))
    return _binned(looks, chosen, np.minimum(after, until - 1), until, "sights")


def _moved(looks: Looks) -> bool:
    """Tell whether `updated_at` moves when a verdict comes."""
    between = looks.followed & (looks.after > 0)
    return bool(looks.unmoved.sum() <= _UNMOVED * max(int(between.sum()), 1))


def _binned(
    looks: Looks,
    chosen: Looks,
    after: Codes,
    until: Codes,
    source: Literal["sights", "updated_at"],
) -> Delays:
    limit = np.maximum(upper_edges(chosen.limit), until)
    size = _followed_to(limit)
    inside = after < size
    until, limit = (np.minimum(edges[inside], size) for edges in (until, limit))
    return Delays(looks, after[inside], until, limit, chosen.user[inside], size, source)


def _followed_to(limit: Codes) -> int:
    """Return the last edge up to which several verdicts were followed."""
    if not len(limit):
        return 0
    several = min(_FOLLOWED, max(1, len(limit) // 2))
    return int(np.sort(limit)[-several])
