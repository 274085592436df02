"""When the person of each conversation turned to an agent again, and how often before."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.codes import group_codes
from chatdash_analysis.cohorts.contacts import DAY
from chatdash_analysis.periods import microseconds
from chatdash_analysis.segments import with_flag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.contacts import Contacts

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = ["END", "Followed", "followed_up", "ordinals", "time_to_second"]

END = "ended_at"


@dataclass(frozen=True)
class Followed:
    """Conversations, and for how long after each its person was not seen again.

    Attributes
    ----------
    person : numpy.ndarray of int64
        Numbers in the order of the people's names, so that draws do not depend on the rows.
    known, good : numpy.ndarray of bool
        Whether the outcome is known, and went well.
    days : numpy.ndarray of float64
        From the end of the conversation to the recontact, or else to the end of the data.
    back : numpy.ndarray of bool
        Whether there was a recontact.
    watched : numpy.ndarray of float64
        Days from the end of the conversation to the end of the data.
    """

    person: Codes
    known: NDArray[np.bool_]
    good: NDArray[np.bool_]
    days: Floats
    back: NDArray[np.bool_]
    watched: Floats

    def of(self, rows: NDArray[Any]) -> Followed:
        """Return some of the conversations."""
        return Followed(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def split(self, group: Codes, size: int) -> Iterator[Followed]:
        """Return the conversations of each group."""
        order = np.argsort(group, kind="stable")
        ends = np.cumsum(np.bincount(group, minlength=size))
        for start, end in pairwise([0, *ends]):
            yield self.of(order[start:end])


def followed_up(
    contacts: Contacts, users: str, outcome: str, counts_as_recontact: str | None
) -> Followed:
    """Find each conversation's recontact, if there is one.

    `outcome` and `counts_as_recontact` name columns of flags; without the second, any
    later conversation is a recontact.
    """
    rows = contacts.rows
    verdict = rows[outcome].astype("boolean")
    counted = np.ones(len(rows), dtype=bool)
    if counts_as_recontact is not None:
        flag = with_flag(rows, counts_as_recontact)[counts_as_recontact].astype("boolean")
        counted = flag.fillna(value=False).to_numpy(bool)
    ended = _ends(contacts)
    following = _next_contact(contacts, counted)
    back = following >= 0
    until = np.where(back, contacts.micros[following], contacts.end) if len(rows) else following
    # Whoever comes back before the conversation is closed has come back at once.
    days = np.maximum(until - ended, 0) / DAY
    person, _ = group_codes(rows, [users])
    good = verdict.fillna(value=False).to_numpy(bool)
    watched = np.maximum(contacts.end - ended, 0) / DAY
    return Followed(person, verdict.notna().to_numpy(), good, days, back, watched)


def _ends(contacts: Contacts) -> Codes:
    """Return when each conversation ended; without an end, when it was created."""
    ended = contacts.rows[END]
    found = contacts.micros.copy()
    given = ended.notna().to_numpy()
    found[given] = np.maximum(found[given], microseconds(ended[given]))
    return found


def _next_contact(contacts: Contacts, counted: NDArray[np.bool_]) -> Codes:
    """Return the row of the person's next contact that counts, -1 where there is none."""
    size = len(counted)
    order = np.lexsort((contacts.micros, contacts.people))
    people, micros = contacts.people[order], contacts.micros[order]
    places = np.append(np.where(counted[order], np.arange(size), size), size)
    next_counted = np.minimum.accumulate(places[::-1])[::-1]
    changes = np.flatnonzero((people[1:] != people[:-1]) | (micros[1:] != micros[:-1])) + 1
    # What begins at the same instant does not come after.
    later = np.append(changes, size)[np.searchsorted(changes, np.arange(size), side="right")]
    place = next_counted[later]
    same = np.append(people, -1)[place] == people
    found = np.empty(size, dtype=np.int64)
    found[order] = np.where(same, np.append(order, -1)[place], -1)
    return found


def time_to_second(contacts: Contacts) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the days from each person's first contact to the second, or else to the end."""
    # Whoever has two contacts at the same instant has come back at once.
    number = np.bincount(contacts.people, minlength=len(contacts.first))
    at_first = contacts.micros == contacts.first[contacts.people]
    twice = np.bincount(contacts.people[at_first], minlength=len(contacts.first)) > 1
    second = np.full(len(contacts.first), np.iinfo(np.int64).max)
    np.minimum.at(second, contacts.people[~at_first], contacts.micros[~at_first])
    second[twice] = contacts.first[twice]
    returned = number > 1
    end = np.where(returned, second, contacts.end) if len(number) else second
    return (end - contacts.first) / DAY, returned


def ordinals(contacts: Contacts) -> NDArray[np.int64]:
    """Return how many contacts each person had before each, plus one; at once is not before."""
    order = np.lexsort((contacts.micros, contacts.people))
    people, micros = contacts.people[order], contacts.micros[order]
    places = np.arange(len(order))
    new_person = np.append(True, people[1:] != people[:-1])[: len(order)]
    new_moment = new_person | np.append(True, micros[1:] != micros[:-1])[: len(order)]
    start = np.maximum.accumulate(np.where(new_person, places, 0))
    moment = np.maximum.accumulate(np.where(new_moment, places, 0))
    found = np.empty(len(order), dtype=np.int64)
    found[order] = moment - start + 1
    return found
