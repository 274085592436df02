"""Who turned to an agent when: the rows that count for cohorts and returns, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import microseconds, zone
from chatdash_analysis.spans import read_moment
from chatdash_analysis.text_codes import text_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.spans import Moment

__all__ = ["DAY", "Contacts", "as_instants", "contacts_of", "first_labels", "observed_until"]

DAY = 86_400_000_000  # microseconds
_INSTANT = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Contacts:
    """The conversations that have a time and a person and were observed.

    Attributes
    ----------
    rows : pandas.DataFrame
        Those conversations.
    at : pandas.Series
        When each was created.
    people : numpy.ndarray of int64
        Number of the person behind each, from 0 without holes, in no order.
    micros : numpy.ndarray of int64
        When each was created, in microseconds since 1970 UTC.
    first : numpy.ndarray of int64
        When each person was seen first.
    facts : pandas.DataFrame
        The third table of `cohorts.counts.cohort_counts`.
    """

    rows: pd.DataFrame
    at: pd.Series
    people: NDArray[np.int64]
    micros: NDArray[np.int64]
    first: NDArray[np.int64]
    facts: pd.DataFrame

    @property
    def end(self) -> NDArray[np.int64]:
        """Until when contacts were observed, as an array of one; empty if there is no contact."""
        return microseconds(self.facts["as_of"].dropna())[: min(len(self.first), 1)]


def contacts_of(
    frame: pd.DataFrame, *, users: str, time: str, as_of: pd.Timestamp | None
) -> Contacts:
    """Leave out rows without time, without person and after `as_of`, and number the people."""
    timed = frame[time].notna().to_numpy()
    known = timed & frame[users].notna().to_numpy()
    usable = frame if known.all() else frame.loc[known]
    micros = microseconds(usable[time])
    end = pd.Timestamp.now("UTC") if as_of is None else as_of
    in_time = micros <= microseconds(pd.Series([end]))[0]
    rows = usable if in_time.all() else usable.loc[in_time]
    micros = micros[in_time]
    people = _numbered(rows[users])
    first = np.full(int(people.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, people, micros)
    whole = {
        "rows": len(rows),
        "without_time": len(frame) - int(timed.sum()),
        "without_user": int(timed.sum()) - len(usable),
        "after_as_of": len(usable) - len(rows),
    }
    moments = {"start": rows[time].min(), "as_of": rows[time].max() if as_of is None else as_of}
    facts = pd.DataFrame(
        {name: np.array([number], dtype=np.int64) for name, number in whole.items()}
        | {name: pd.Series([moment], dtype=_INSTANT) for name, moment in moments.items()}
    )
    return Contacts(rows, rows[time], people, micros, first, facts)


def _numbered(column: pd.Series) -> NDArray[np.int64]:
    """Return a number for each person, from 0 without holes."""
    if isinstance(column.dtype, pd.StringDtype):
        return text_codes(column)
    # Categories that no row has are no people.
    values = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else column
    return np.asarray(pd.factorize(values)[0], dtype=np.int64)


def first_labels(contacts: Contacts, by: Sequence[str]) -> tuple[NDArray[np.int64], pd.DataFrame]:
    """Return for each person the number of the group at first contact, and the groups.

    Among several first contacts at one instant the smallest label counts.
    """
    size, is_first = len(contacts.first), contacts.micros == contacts.first[contacts.people]
    labels = {}
    for name in by:
        codes, keys = group_codes(contacts.rows.loc[is_first, [name]], [name])
        smallest = np.full(size, len(keys))
        np.minimum.at(smallest, contacts.people[is_first], codes)
        labels[name] = keys[name].take(smallest).reset_index(drop=True)
    return group_codes(pd.DataFrame(labels, index=pd.RangeIndex(size)), by)


def as_instants(micros: NDArray[np.int64], name: str = "") -> pd.Series:
    """Return microseconds since 1970 UTC as instants."""
    return pd.Series(pd.DatetimeIndex(micros.astype("datetime64[us]"), tz="UTC"), name=name)


def observed_until(
    frame: Any, time: str, as_of: Moment | None, tz: str | tzinfo = "UTC"
) -> pd.Timestamp | None:
    """Return until when contacts were observed; None stands for the latest of them.

    By default it is the end of the range that was loaded, where a DataFrame tells it and
    reaches it. A frame that was cut later still tells the old end; it shows in a silence
    before the end that is longer than any in between. Frames of other engines tell nothing.

    Raises
    ------
    InputError
        If `as_of` is no date or in the future, or `tz` no time zone.
    """
    zone(tz)
    if as_of is not None:
        moment = read_moment(as_of, "as_of", tz)
        if moment > pd.Timestamp.now("UTC"):
            raise InputError(f"as_of={as_of!r} lies in the future: nobody has watched until then.")
        return moment
    origin = frame.attrs.get("chatdash") if isinstance(frame, pd.DataFrame) else None
    if not isinstance(origin, dict) or not isinstance(origin.get("end"), str):
        return None
    end = read_moment(origin["end"], "attrs['chatdash']['end']", "UTC")
    end = min(end, pd.Timestamp.now("UTC"))
    micros, stop = microseconds(frame[time].dropna()), microseconds(pd.Series([end]))[0]
    days = micros[micros <= stop] // DAY
    if not len(days):
        return None
    active = np.flatnonzero(np.bincount(days - days.min()))
    silence = np.diff(active).max(initial=1)
    return end if stop // DAY - days.max() <= silence else None
