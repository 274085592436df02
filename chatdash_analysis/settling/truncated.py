"""How delays are distributed that are known up to an interval, and only if they were short enough.

A delay shows only if it ended before the last look, so that short ones are too many
among those seen (right truncation), and it is known to lie between two looks
(interval censoring). Turnbull's EM alternates two steps: spread each delay over the
bins of its interval, as the distribution says; then take the distribution from these
counts. Given the counts, the second step is exact: it is the product over reverse-time
hazards, so that delays known to the bin need one step and no iteration.

References
----------
B. W. Turnbull (1976), The empirical distribution function with arbitrarily grouped,
censored and truncated data, JRSS B 38.
S. W. Lagakos, L. M. Barraj and V. De Gruttola (1988), Nonparametric analysis of
truncated survival data, with application to AIDS, Biometrika 75.
R. Varadhan and C. Roland (2008), Simple and globally convergent methods for accelerating
the convergence of any EM algorithm, Scandinavian Journal of Statistics 35.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.settling.grid import EDGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Intervals", "arrived_shares"]

# Where all that could show a delay showed it, shorter ones have no chance left, and weights
# without bounds would blot out all others.
_TINY = 1e-12
_LONGEST = 100.0


@dataclass(frozen=True, slots=True)
class Intervals:
    """Different intervals between edges of the grid, ``after < delay <= until``.

    Attributes
    ----------
    after, until : numpy.ndarray of int64, shape (intervals,)
        Numbers of edges.
    size : int
        Number of the last edge that counts.
    """

    after: Codes
    until: Codes
    size: int

    @property
    def ends(self) -> Any:
        """+1 where an interval starts and -1 where it ends, shape (intervals, size + 1)."""
        from scipy.sparse import csr_array

        count = len(self.after)
        rows = np.tile(np.arange(count), 2)
        signs = np.repeat([1.0, -1.0], count)
        columns = np.concatenate([self.after, self.until])
        return csr_array((signs, (rows, columns)), shape=(count, self.size + 1))

    @property
    def spread(self) -> Floats:
        """The part of each bin in each interval, shape (intervals, size)."""
        bins = np.arange(self.size)
        inside = (bins >= self.after[:, np.newaxis]) & (bins < self.until[:, np.newaxis])
        widths = inside * np.diff(EDGES[: self.size + 1])
        return np.asarray(widths / widths.sum(axis=1, keepdims=True), dtype=np.float64)


def arrived_shares(
    intervals: Intervals,
    counts: Floats,
    limits: Floats,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-5,
    most: int = 1000,
) -> Floats:
    """Return the share of delays that are over at each edge, of those over at the last one.

    Parameters
    ----------
    intervals : Intervals
        The intervals in which delays are known to lie.
    counts : numpy.ndarray, shape (samples, intervals)
        Delays in each interval; several samples are worked out at once.
    limits : numpy.ndarray, shape (samples, size + 1)
        Delays that could be seen only up to each edge.
    start : numpy.ndarray, shape (size + 1,), optional
        Shares to begin with; by default every delay is equally likely.
    tolerance : float
        The iteration ends when no share changes by more.
    most : int
        Rounds of two steps at most.

    Returns
    -------
    numpy.ndarray, shape (samples, size + 1)
        0 at the first edge, 1 at the last.
    """
    unseen = np.cumsum(limits, axis=1)[:, :-1]
    shares = np.tile(_first(intervals.size) if start is None else start, (len(counts), 1))
    ends = intervals.ends
    for _ in range(most):
        once = _step(shares, intervals, ends, counts, unseen)
        twice = _step(once, intervals, ends, counts, unseen)
        if np.abs(twice - once).max(initial=0.0) <= tolerance:
            return twice
        further = _further(shares, once, twice)
        better = _likelihood(further, intervals, counts, limits) > _likelihood(
            twice, intervals, counts, limits
        )
        shares = np.where(better[:, np.newaxis], further, twice)
    return shares


def _further(shares: Floats, once: Floats, twice: Floats) -> Floats:
    """Go on in the direction of two steps: alone, steps become ever smaller (SQUAREM)."""
    move = once - shares
    turn = twice - once - move
    length = np.linalg.norm(move, axis=1) / np.maximum(np.linalg.norm(turn, axis=1), _TINY)
    length = np.clip(length, 1, _LONGEST)[:, np.newaxis]
    aim = np.clip(shares + 2 * length * move + length**2 * turn, 0, 1)
    aim = np.maximum.accumulate(aim, axis=1)
    # A bin that lost all of its chance would never get it back.
    return np.asarray(0.9 * aim + 0.1 * twice)


def _likelihood(shares: Floats, intervals: Intervals, counts: Floats, limits: Floats) -> Floats:
    chance = shares[:, intervals.until] - shares[:, intervals.after]
    told = np.sum(counts * np.log(np.maximum(chance, _TINY)), axis=1)
    return np.asarray(told - np.sum(limits * np.log(np.maximum(shares, _TINY)), axis=1))


def _first(size: int) -> Floats:
    return np.asarray(EDGES[: size + 1] / EDGES[size], dtype=np.float64)


def _step(
    shares: Floats, intervals: Intervals, ends: Any, counts: Floats, unseen: Floats
) -> Floats:
    chance = shares[:, intervals.until] - shares[:, intervals.after]
    weights = np.divide(counts, chance, out=np.zeros_like(counts), where=chance > _TINY)
    # A bin has part in each interval that began at or before it and has not ended.
    parts = np.cumsum(np.asarray((ends.T @ weights.T).T), axis=1)[:, :-1]
    delays = np.diff(shares, axis=1) * np.maximum(parts, 0)
    lost = np.where(chance > _TINY, 0, counts)
    if lost.any():
        delays += lost @ intervals.spread
    return _product(delays, unseen)


def _product(delays: Floats, unseen: Floats) -> Floats:
    """Return the product over reverse-time hazards of delays counted by bin.

    Parameters
    ----------
    unseen : numpy.ndarray, shape (samples, size)
        Delays that could be seen only up to a bin before.
    """
    # Those over by the end of the bin that would have been seen if they had ended in it.
    at_risk = np.maximum(np.cumsum(delays, axis=1) - unseen, delays)
    hazard = np.divide(delays, at_risk, out=np.zeros_like(delays), where=at_risk > 0)
    stay = np.cumprod(1 - np.clip(hazard, 0, 1)[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([np.zeros((len(stay), 1)), stay[:, 1:], np.ones((len(stay), 1))], axis=1)
