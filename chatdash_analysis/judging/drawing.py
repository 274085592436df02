"""Which conversations are drawn: all of a stratum equally likely, and people spread out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["draw"]


def draw(strata: Codes, people: Codes, numbers: Codes, rng: np.random.Generator) -> Codes:
    """Return the rows that are drawn, in random order.

    Each stratum is laid out person by person, people in random order, and every so many
    rows one is taken, from a random start on (systematic sampling). So every row of a
    stratum is equally likely, and nobody has more of the draws than their share of the
    rows, rounded up.

    Parameters
    ----------
    strata, people : numpy.ndarray of int64, shape (rows,)
        Stratum and person of each row; the rows of a person are taken in their order.
    numbers : numpy.ndarray of int64, shape (strata,)
        How many to draw of each stratum.
    rng : numpy.random.Generator
        Source of chance.
    """
    rank = rng.permutation(int(people.max(initial=-1)) + 1)
    order = np.lexsort((rank[people], strata)) if len(people) else np.zeros(0, dtype=np.int64)
    sizes = np.bincount(strata, minlength=len(numbers))
    starts = np.cumsum(sizes) - sizes
    rows = [
        order[start + _every(int(size), int(number), rng)]
        for start, size, number in zip(starts, sizes, numbers, strict=True)
    ]
    drawn = np.concatenate(rows) if rows else order
    return np.asarray(rng.permutation(drawn), dtype=np.int64)


def _every(size: int, number: int, rng: np.random.Generator) -> Codes:
    places = np.floor((rng.random() + np.arange(number)) * size / max(number, 1))
    return np.asarray(np.minimum(places, size - 1), dtype=np.int64)
