"""Bootstrap over people: whole people are drawn again, with all their conversations.

The conversations of one person resemble each other, so that intervals that draw
conversations are too narrow. Nothing is drawn row by row here: each person is the
sums that a statistic needs, people with the same sums are one kind with a number,
and a resample is how often each kind was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = [
    "People",
    "people_of",
    "percentile_interval",
    "replicates",
    "resampled_sums",
    "total_sums",
]

# Resamples of all sums that are held at one time.
_BATCH_BYTES = 32 << 20
# A draw of all people one by one costs less than one draw a kind if there are more kinds.
_PEOPLE_PER_KIND = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class People:
    """The sums of people, with people that have the same sums in one row.

    Attributes
    ----------
    number : numpy.ndarray of int64, shape (kinds,)
        How many people are of this kind.
    sums : scipy.sparse.csr_array, shape (kinds, slots * values)
        Sums of one person of this kind, the values of a slot beside each other.
    slots, values : int
        How many of each there are.
    """

    number: Codes
    sums: Any
    slots: int
    values: int

    @property
    def total(self) -> int:
        """How many people there are."""
        return int(self.number.sum())


def people_of(users: Codes, slots: Codes, values: Codes, *, size: int) -> People:
    """Sum the rows of each person.

    The answer depends neither on the order of the rows nor on how people are numbered.

    Parameters
    ----------
    users : numpy.ndarray of int64, shape (rows,)
        The person behind each row.
    slots : numpy.ndarray of int64, shape (rows,)
        Where the row counts, 0 to `size` - 1: its cell, period and so on.
    values : numpy.ndarray of int64, shape (rows, values)
        What is summed. People whose values are all 0 are left out.
    size : int
        How many slots there are.
    """
    counted = values.any(axis=1)
    owners, where, totals = _sums(users[counted], slots[counted], values[counted])
    first, number = _kinds(owners, where, totals)
    return People(number, _matrix(owners, where, totals, first, size), size, values.shape[1])


def _sums(users: Codes, slots: Codes, values: Codes) -> tuple[Codes, Codes, Codes]:
    """Return person, slot and sums of each pair that occurs, ordered by person and slot."""
    order = np.lexsort((slots, users))
    users, slots, values = users[order], slots[order], values[order]
    new = _starts(users) | _starts(slots)
    starts = np.flatnonzero(new)
    totals = np.add.reduceat(values, starts, axis=0) if len(starts) else values
    # Persons from 0 on, in any order.
    person = np.cumsum(_starts(users[starts])) - 1
    return person.astype(np.int64), slots[starts], totals


def _starts(codes: Codes) -> NDArray[np.bool_]:
    return np.concatenate([np.ones(min(len(codes), 1), dtype=bool), codes[1:] != codes[:-1]])


def _kinds(owners: Codes, where: Codes, totals: Codes) -> tuple[Codes, Codes]:
    """Return one person of each kind and how many there are, in an order of their sums alone.

    Two scrambled numbers of 64 bits stand for all sums of a person. That two different
    people share both is less likely than a fault of the memory.
    """
    scrambled = _scrambled(where.astype(np.uint64))
    for column in totals.T:
        scrambled = _scrambled(scrambled ^ column.astype(np.uint64))
    starts = np.flatnonzero(_starts(owners))
    if not len(starts):
        return starts, starts
    high = np.add.reduceat(scrambled, starts)
    low = np.add.reduceat(_scrambled(scrambled), starts)
    order = np.lexsort((low, high))
    new = _starts(high[order]) | _starts(low[order])
    number = np.diff(np.append(np.flatnonzero(new), len(order)))
    return order[new].astype(np.int64), number.astype(np.int64)


def _scrambled(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return other bits, of which each depends on all (SplitMix64, Steele and others 2014)."""
    bits = bits + _GOLDEN
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _matrix(owners: Codes, where: Codes, totals: Codes, first: Codes, size: int) -> Any:
    from scipy.sparse import csr_array

    people, width = int(owners.max(initial=-1)) + 1, totals.shape[1]
    rows = np.repeat(owners, width)
    columns = (where[:, np.newaxis] * width + np.arange(width)).ravel()
    everyone = csr_array(
        (totals.ravel().astype(np.float64), (rows, columns)), shape=(people, size * width)
    )
    everyone.eliminate_zeros()
    return everyone[first] if people else everyone


def total_sums(people: People) -> Floats:
    """Return the sums over everybody, shape (slots, values)."""
    sums = people.sums.T @ people.number.astype(np.float64)
    return np.asarray(sums).reshape(people.slots, people.values)


def replicates(
    people: People,
    statistic: Callable[[Floats], Floats],
    *,
    n_boot: int,
    random_state: int | np.random.Generator | None = 0,
) -> Floats:
    """Return a statistic of each resample.

    Parameters
    ----------
    people : People
        Everybody that can be drawn.
    statistic : callable
        Turns sums of shape (resamples, slots, values) into one entry a resample.
    n_boot, random_state
        See `resampled_sums`.

    Returns
    -------
    numpy.ndarray, shape (n_boot, ...)
    """
    drawn = resampled_sums(people, n_boot=n_boot, random_state=random_state)
    return np.concatenate([statistic(sums) for sums in drawn])


def resampled_sums(
    people: People, *, n_boot: int, random_state: int | np.random.Generator | None = 0
) -> Iterator[Floats]:
    """Draw as many people as there are, with replacement, and sum what they bring.

    Parameters
    ----------
    people : People
        Everybody that can be drawn.
    n_boot : int
        How many resamples, at least 100.
    random_state : int, numpy.random.Generator or None
        Seed; the same seed gives the same resamples.

    Yields
    ------
    numpy.ndarray, shape (resamples, slots, values)
        Sums of some of the resamples, so many that they fit into little memory.

    Raises
    ------
    InputError
        If `n_boot` is no whole number of at least 100.
    """
    if isinstance(n_boot, bool) or not isinstance(n_boot, (int, np.integer)) or n_boot < 100:
        raise InputError(
            f"n_boot={n_boot!r} is no number of resamples of 100 or more. Give 500, or 2000 for"
            " steadier ends."
        )
    rng = np.random.default_rng(random_state)
    bring = people.sums.T.tocsr()
    at_once = max(1, _BATCH_BYTES // (8 * (sum(people.sums.shape) + people.total + 1)))
    for done in range(0, n_boot, at_once):
        drawn = _drawn(rng, people.number, min(at_once, n_boot - done))
        yield (bring @ drawn.T).T.reshape(len(drawn), people.slots, people.values)


def _drawn(rng: np.random.Generator, number: Codes, count: int) -> Floats:
    """Return how often each kind is drawn in each of so many resamples."""
    total = int(number.sum())
    if not total:
        return np.zeros((count, 0))
    if len(number) * _PEOPLE_PER_KIND <= total:
        return rng.multinomial(total, number / total, size=count).astype(np.float64)
    kind = np.repeat(np.arange(len(number)), number)
    drawn = np.empty((count, len(number)))
    for row in drawn:
        draws = rng.integers(0, total, size=total)
        row[:] = np.bincount(kind[draws], minlength=len(number))
    return drawn


def percentile_interval(
    replicates: Floats, *, people: int, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return the percentile interval over the first axis, wide enough for few people.

    The percentiles are those that a t distribution asks for (the expanded percentile
    interval of Hesterberg 2015): the plain ones are too narrow for few people.

    Parameters
    ----------
    replicates : numpy.ndarray, shape (resamples, ...)
        The statistic of each resample; NaN where it had none.
    people : int
        How many people were drawn each time.
    level : float
        Share of intervals that shall hold the true value.

    Returns
    -------
    low, high : numpy.ndarray
        NaN for fewer than 2 people, or if more than a twentieth of the resamples have no
        statistic.

    References
    ----------
    T. C. Hesterberg (2015), What teachers should know about the bootstrap, The American
    Statistician 69(4).
    """
    # scipy.stats would take a second to import.
    from scipy.special import ndtr, stdtrit

    usable = ~np.isnan(replicates).reshape(len(replicates), -1).any(axis=1)
    if people < 2 or usable.mean() < 0.95:
        nothing = np.full(replicates.shape[1:], np.nan)
        return nothing, nothing.copy()
    wide = np.sqrt(people / (people - 1)) * stdtrit(people - 1, (1 - level) / 2)
    tail = ndtr(wide)
    # Weibull's positions: the next of n + 1 values falls below the k-th with chance k / (n + 1).
    low, high = np.quantile(replicates[usable], [tail, 1 - tail], axis=0, method="weibull")
    return low, high
