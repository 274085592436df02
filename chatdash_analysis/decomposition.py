"""Split the change of a rate into a change of the mix and changes within the cells.

Between two periods the overall rate changes because the cells (channels, agents,
...) get other shares, and because the rates inside the cells change. With shares
*w* and rates *r* of the cells *k* in the periods 0 and 1,

    R1 - R0 = sum_k (w1k - w0k) (r0k + r1k) / 2   +   sum_k (r1k - r0k) (w0k + w1k) / 2
                          mix                                    within

holds exactly. All arrays may have leading axes, one entry a resample; the last
axis is that of the cells.

References
----------
E. M. Kitagawa (1955), Components of a difference between two rates, Journal of the
American Statistical Association 50. P. Das Gupta (1993), Standardization and
decomposition of rates, U.S. Bureau of the Census, P23-186.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = ["Parts", "Period", "Subset", "divide", "factor_mix", "kitagawa", "overall", "subsets"]


class Period(NamedTuple):
    """What was counted in one period, by cell.

    Attributes
    ----------
    n : numpy.ndarray, shape (..., cells)
        Conversations with a known outcome.
    successes : numpy.ndarray, shape (..., cells)
        How many of them succeeded.
    """

    n: Floats
    successes: Floats


class Parts(NamedTuple):
    """The two parts of each cell, shape (..., cells); all of them sum to the change."""

    mix: Floats
    within: Floats


def kitagawa(before: Period, after: Period) -> Parts:
    """Split the change of the overall rate into a mix and a within part of each cell.

    The mix part of a cell is measured from the pooled rate of both periods: it is
    above 0 where a cell that does better than the whole grew, or a worse one shrank.
    This does not change the sum, as the changes of the shares sum to 0. A cell that
    is in one period only is all mix.

    Parameters
    ----------
    before, after : Period
        The counts of the same cells.

    Returns
    -------
    Parts
        NaN throughout where a period has no conversation with a known outcome.
    """
    share_0, share_1 = _shares(before.n), _shares(after.n)
    rate_0, rate_1 = _rates(before, after)
    return Parts(
        mix=(share_1 - share_0) * _distance(before, after),
        within=(rate_1 - rate_0) * (share_0 + share_1) / 2,
    )


def overall(period: Period) -> Floats:
    """Return the rate over all cells; NaN without any known outcome."""
    return divide(period.successes.sum(axis=-1), period.n.sum(axis=-1))


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide; where there is nothing to divide by, the answer is NaN."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    answer = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=answer, where=denominator > 0)
    return answer


def _shares(n: Floats) -> Floats:
    return divide(n, n.sum(axis=-1, keepdims=True))


def _rates(before: Period, after: Period) -> tuple[Floats, Floats]:
    """Return the rates of both periods; a cell that lacks one borrows the other."""
    rate_0, rate_1 = divide(before.successes, before.n), divide(after.successes, after.n)
    # A cell without conversations has no part in anything, whatever its rate is said to be.
    other = np.where(np.isnan(rate_1), _pooled(before, after), rate_1)
    filled = np.where(np.isnan(rate_0), other, rate_0)
    return filled, np.where(np.isnan(rate_1), filled, rate_1)


def _pooled(before: Period, after: Period) -> Floats:
    both = Period(before.n + after.n, before.successes + after.successes)
    return overall(both)[..., np.newaxis]


def _distance(before: Period, after: Period) -> Floats:
    """Return how far the mean of the two rates of a cell is from the pooled rate."""
    rate_0, rate_1 = _rates(before, after)
    return (rate_0 + rate_1) / 2 - _pooled(before, after)


@dataclass(frozen=True, slots=True)
class Subset:
    """Some of the factors: the cells that agree in them, and the weight of each factor.

    Attributes
    ----------
    weights : numpy.ndarray, shape (factors,)
        How often, over all orders, each factor is exchanged to reach this subset
        (above 0) or next after it (below 0).
    order : numpy.ndarray
        The cells, those of one group beside each other.
    starts : numpy.ndarray
        Where in `order` each group starts.
    group : numpy.ndarray
        The group of each cell.
    """

    weights: Floats
    order: Codes
    starts: Codes
    group: Codes

    def totals(self, n: Floats) -> Floats:
        """Return for each cell the sum over the cells of its group."""
        sums = np.add.reduceat(n[..., self.order], self.starts, axis=-1)
        return np.asarray(sums[..., self.group])


def subsets(factors: Codes) -> list[Subset]:
    """Return all subsets of the factors.

    Parameters
    ----------
    factors : numpy.ndarray, shape (factors, cells)
        The label of each cell in each factor, as whole numbers.
    """
    count = len(factors)
    return [
        _subset(factors, chosen)
        for size in range(count + 1)
        for chosen in combinations(range(count), size)
    ]


def _subset(factors: Codes, chosen: Sequence[int]) -> Subset:
    count, cells = factors.shape
    size = len(chosen)
    labels = factors[list(chosen)] if chosen else np.zeros((1, cells), dtype=np.int64)
    _, group = np.unique(labels, axis=1, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    order = np.argsort(group, kind="stable").astype(np.int64)
    starts = np.flatnonzero(np.diff(group[order], prepend=-1)).astype(np.int64)
    weights = np.full(count, -_share_of_orders(size, count - size - 1, count))
    weights[list(chosen)] = _share_of_orders(size - 1, count - size, count)
    return Subset(weights, order, starts, group)


def _share_of_orders(earlier: int, later: int, count: int) -> float:
    """Return the share of the orders in which a factor has these before and these after it."""
    if earlier < 0 or later < 0:
        return 0.0
    return factorial(earlier) * factorial(later) / factorial(count)


def factor_mix(before: Period, after: Period, sets: Sequence[Subset]) -> Floats:
    """Split the mix part of each cell among the factors that make the cells.

    The shares of the cells are turned from those before into those after, one factor
    after the other: exchanging a factor gives it its new shares (given the factors
    exchanged already) and leaves the shares of the rest given it as they were. What a
    factor changes depends on the order, so that it is averaged over all orders
    (Shapley; Das Gupta for factors that are independent of each other).

    Parameters
    ----------
    before, after : Period
        The counts of the same cells.
    sets : sequence of Subset
        From `subsets`.

    Returns
    -------
    numpy.ndarray, shape (factors, ..., cells)
        Sums over the factors to the mix part of `kitagawa`.
    """
    distance = _distance(before, after)
    parts = np.zeros((len(sets[0].weights), *distance.shape))
    for subset in sets:
        shares = _exchanged(before.n, after.n, subset) * distance
        for place, weight in enumerate(subset.weights):
            parts[place] += weight * shares
    return parts


def _exchanged(n_0: Floats, n_1: Floats, subset: Subset) -> Floats:
    """Return the shares of the cells when the factors of a subset are those after."""
    held_0, held_1 = subset.totals(n_0), subset.totals(n_1)
    given = divide(n_0, held_0)
    # Where nobody was before, the only shares of the rest that are known are those after.
    known = np.where(held_0 > 0, given, divide(n_1, held_1))
    shares = divide(held_1, n_1.sum(axis=-1, keepdims=True)) * np.nan_to_num(known, nan=0.0)
    return np.where(n_0.sum(axis=-1, keepdims=True) > 0, shares, np.nan)
