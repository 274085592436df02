"""People who must stay together, as they share texts that few others have."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["join_people", "largest_allowed"]

_SHARE = 0.05
_SMALL = 10


def largest_allowed(rows: int) -> int:
    """Return how many rows people that texts join may have together: 5 %, at least 10.

    More could no longer be shared out, and what so many say ("I would like to book an
    appointment") tells nobody apart.
    """
    return max(_SMALL, int(_SHARE * rows))


def join_people(people: Codes, families: Codes) -> Codes:
    """Return the component of each row: the smallest number of a person in it.

    Families of texts that few people share come first. A family that would make a
    component too large joins nobody: its rows have to be kept apart otherwise.

    Parameters
    ----------
    people : numpy.ndarray of int64, shape (rows,)
        The person behind each row, 0 to the number of people - 1.
    families : numpy.ndarray of int64, shape (pairs, 2)
        A row, and the family of one of its texts (see `Alike.families`).
    """
    rows = np.bincount(people).tolist()
    home, most = list(range(len(rows))), largest_allowed(len(people))
    for members in _shared_families(people, families):
        roots = sorted({_root(home, person) for person in members})
        together = sum(rows[root] for root in roots)
        if len(roots) > 1 and together <= most:
            # The smallest is the root, so that the order of the rows does not matter.
            rows[roots[0]] = together
            for root in roots[1:]:
                home[root] = roots[0]
    return np.array([_root(home, person) for person in range(len(home))], dtype=np.int64)[people]


def _shared_families(people: Codes, families: Codes) -> list[list[int]]:
    """Return the people of each family that several share, those of few first."""
    rows, numbers = families.T
    pairs = np.unique(np.column_stack([numbers, people[rows]]), axis=0).tolist()
    groups = [[person for _, person in own] for _, own in groupby(pairs, key=lambda pair: pair[0])]
    return sorted((own for own in groups if len(own) > 1), key=lambda own: (len(own), own))


def _root(home: list[int], person: int) -> int:
    while home[person] != person:
        home[person] = home[home[person]]
        person = home[person]
    return person
