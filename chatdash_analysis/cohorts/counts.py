"""Counts behind cohort tables: who was seen first when, and in which periods again.

`cohort_counts` is the counting for pandas, by integer codes and numpy.
`engine_cohorts.cohort_counts` does the same for frames of other engines; it takes the same
arguments and returns equal tables, so that everything that is statistics works on the small
result alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.cohorts.contacts import DAY, as_instants, contacts_of, first_labels
from chatdash_analysis.periods import period_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.contacts import Contacts
    from chatdash_analysis.periods import Freq

__all__ = ["DELTA", "Since", "cohort_counts", "periods_since"]

DELTA = {"D": DAY, "W": 7 * DAY, "M": 30 * DAY}  # lengths of rolling periods
_DENSE = 1 << 22
# Up to so many places for each pair, marking places is faster than sorting pairs.
_SPARSE = 16
_PIECE = 1 << 15


def cohort_counts(
    frame: pd.DataFrame,
    *,
    users: str,
    time: str,
    freq: Freq,
    tz: str | tzinfo,
    window: str,
    as_of: pd.Timestamp | None,
    edges: Sequence[int] = (),
    by: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Count users by cohort of their first contact and by period since.

    The counting needs nothing but filter, with_columns, group_by with count, min, max and sum,
    join and unique, so that any engine can do it:

    1. A row is left out if it has no `time`, else if it has no user, else if it is later than
       `as_of` (``time > as_of``). The rows left out are counted by the first reason that holds.
       A user is missing where the value is null (an empty text is a value).
    2. ``first`` = the earliest `time` of a user among the rows that are left.
       ``cohort`` = the number of the local period of ``first``: days ("D"), weeks from
       Monday ("W") or months ("M") since 1970 in the time zone `tz`, as in
       `periods.period_codes`.
    3. ``period`` of a row = whole periods since the first contact, from 0:
       calendar: period number of `time` in local time, less ``cohort`` (never below 0);
       rolling: ``floor((time - first) / delta)`` on exact microseconds, where delta is
       1 day ("D"), 7 days ("W") or 30 days ("M") of 24 hours each;
       rolling with `edges` e1 < e2 < ... (days of 24 hours): how many edges are
       ``<= time - first``, so 0 before e1 and ``len(edges)`` from the last edge on.
    4. ``exposure`` of a user = how many of these periods, counted from 0, are over at `as_of`:
       the ``period`` of step 3 that a row at `as_of` would have.
       Period k of a user is wholly observed exactly if ``k < exposure``. ``open`` is 0 if
       period ``exposure`` begins exactly at `as_of`, so that nothing of it was observed, else
       1; it is 1 for ``exposure`` 0, because the first contact lies in period 0.
    5. ``last`` of a user = the largest ``period`` among the rows of that user (``last`` may equal
       ``exposure``: the period that has begun and is not over).
    6. The values of `by` are those of the row of the first contact. Among several rows at
       the very same instant each `by` column gives its smallest value, missing only if all are.

    Parameters
    ----------
    frame
        One row a contact.
    users, time
        Names of the columns of people and of instants with a time zone. The dtype of people is
        anything that can be told apart.
    freq : {"D", "W", "M"}
        Length of a cohort, and of a period.
    tz
        Time zone that decides on which local day an instant falls.
    window : {"calendar", "rolling"}
        How periods are counted, see 3.
    as_of
        Until when (inclusive) contacts were observed. None: the latest `time` among rows that
        have a user and are not in the future (the clock of this machine).
    edges
        Ends of custom brackets in days, ascending; only with ``window="rolling"``.
    by
        Columns whose value at first contact splits the cohorts.

    Returns
    -------
    users : pandas.DataFrame
        `by` columns, ``cohort``, ``exposure``, ``open``, ``last``, ``users``: one row for each
        combination that occurs and how many users have it. Each user is counted exactly once.
    active : pandas.DataFrame
        `by` columns, ``cohort``, ``period``, ``users``: how many users had at least one row in
        that period, counting only users by whom it is wholly observed (``period < exposure``).
        Combinations that do not occur have no row.
    facts : pandas.DataFrame
        One row: ``rows`` (counted), ``without_time``, ``without_user``, ``after_as_of`` (left
        out), int64; ``start`` (earliest `time` of a counted row) and ``as_of`` (as used),
        datetime64[us, UTC], NaT where nothing is left.

        All numbers are int64, `by` columns keep their dtype. `users` and `active` are sorted by
        their columns from left to right, missing last, with a RangeIndex.
    """
    needed = frame[list(dict.fromkeys([users, time, *by]))]
    contacts = contacts_of(needed, users=users, time=time, as_of=as_of)
    since = periods_since(contacts, freq=freq, tz=tz, window=window, edges=edges)
    last = np.zeros(len(contacts.first), dtype=np.int64)
    np.maximum.at(last, contacts.people, since.period)
    group, keys = first_labels(contacts, by)
    there, begun = _distinct(contacts.people, since.period, since.exposure)
    cohort = since.cohort
    return (
        _tally(keys, group, cohort=cohort, exposure=since.exposure, open=since.open, last=last),
        _tally(keys, group[there], cohort=cohort[there], period=begun),
        contacts.facts,
    )


class Since(NamedTuple):
    """Periods since the first contact, as `cohort_counts` defines them."""

    cohort: NDArray[np.int64]  # of each person
    period: NDArray[np.int64]  # of each contact
    exposure: NDArray[np.int64]  # of each person
    open: NDArray[np.int64]  # of each person


def periods_since(
    contacts: Contacts, *, freq: Freq, tz: str | tzinfo, window: str, edges: Sequence[int] = ()
) -> Since:
    """Return the cohort of each person, the period of each contact, and how many are over."""
    first, people, end = contacts.first, contacts.people, contacts.end
    cohort = period_codes(as_instants(first), freq, tz)
    if window == "calendar":
        period = np.maximum(period_codes(contacts.at, freq, tz) - cohort[people], 0)
        over, before = (period_codes(as_instants(at), freq, tz) - cohort for at in (end, end - 1))
    else:
        period = _elapsed(contacts.micros - first[people], DELTA[freq], edges)
        over, before = (_elapsed(at - first, DELTA[freq], edges) for at in (end, end - 1))
    opened = (over <= 0) | (before >= over)
    return Since(cohort, period, over, opened.astype(np.int64))


def _elapsed(time: NDArray[np.int64], delta: int, edges: Sequence[int]) -> NDArray[np.int64]:
    if not edges:
        return time // delta
    ends = np.asarray(edges, dtype=np.int64) * DAY
    return np.searchsorted(ends, time, side="right").astype(np.int64)


def _distinct(
    people: NDArray[np.int64], period: NDArray[np.int64], exposure: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each pair of a person and a wholly observed period with a contact, once."""
    span = int(period.max(initial=0)) + 1
    size = len(exposure) * span
    pairs = (_marked if size <= _SPARSE * len(people) else _sorted)(people, period, span, size)
    again = pairs // span
    begun = pairs - again * span
    over = np.flatnonzero(begun < exposure[again])
    return again[over], begun[over]


def _marked(
    people: NDArray[np.int64], period: NDArray[np.int64], span: int, size: int
) -> NDArray[np.int64]:
    seen = np.zeros(size, dtype=bool)
    # Small pieces stay in the cache, and need no fresh memory.
    for start in range(0, len(people), _PIECE):
        piece = slice(start, start + _PIECE)
        seen[people[piece] * span + period[piece]] = True
    return np.flatnonzero(seen)


def _sorted(
    people: NDArray[np.int64], period: NDArray[np.int64], span: int, size: int
) -> NDArray[np.int64]:
    later = np.flatnonzero(period)
    # Half as wide numbers take half the time to sort.
    kind = np.int32 if size < 1 << 31 else np.int64
    pairs: NDArray[Any] = (people[later] * span + period[later]).astype(kind)
    pairs.sort()
    pairs = pairs[np.flatnonzero(np.diff(pairs, prepend=kind(-1)))]
    # Everybody is there in period 0, that of the first contact.
    return np.append(np.arange(0, size, span), pairs)


def _tally(
    keys: pd.DataFrame, group: NDArray[np.int64], **numbers: NDArray[np.int64]
) -> pd.DataFrame:
    """Count how often each combination of group and numbers occurs."""
    columns = {"": group, **numbers}
    least = {name: int(column.min()) if len(column) else 0 for name, column in columns.items()}
    shape = [int(columns[name].max(initial=low)) - low + 1 for name, low in least.items()]
    if math.prod(shape) <= max(len(group), _DENSE):
        combined = np.zeros(len(group), dtype=np.int64)
        for (name, column), size in zip(columns.items(), shape, strict=True):
            if size > 1:
                combined *= size
                combined += column
                combined -= least[name]
        counted = np.bincount(combined)
        present = np.flatnonzero(counted)
        found = dict(zip(columns, np.unravel_index(present, shape), strict=True))
        table = pd.DataFrame({name: found[name] + low for name, low in least.items()})
        table["users"] = counted[present]
    else:
        table = pd.DataFrame(columns).groupby(list(columns)).size().reset_index(name="users")
    labels = keys.take(table.pop("")).reset_index(drop=True)
    return pd.concat([labels, table.astype("int64")], axis=1)
