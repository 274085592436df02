"""Weighted shares of people's answers, each with the number of answers that it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.rates import FEW_USERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Share", "correlations", "person_sums", "shortened", "weighted_share"]


@dataclass(frozen=True)
class Share:
    """A share, and how many independent answers would be as sure of it."""

    value: float
    size: float


def weighted_share(values: Floats, weights: Floats, people: Codes, *, level: float) -> Share:
    """Return the weighted share of ones.

    The size is that of Korn and Graubard: the share's variance between people says how
    many independent answers of equal weight it is worth; never more than the unequal
    weights leave of them. Where that variance says nothing (fewer than 5 people, or all
    answers are equal), each person counts as one answer.

    Parameters
    ----------
    values : numpy.ndarray of float64
        1 or 0.
    weights : numpy.ndarray of float64
        How many conversations each answer stands for.
    people : numpy.ndarray of int64
        The person behind each answer.
    level : float
        Confidence level of the interval to be made of it: few people widen it, as
        Student's t does.
    """
    if not len(values):
        return Share(np.nan, 0.0)
    total = weights.sum()
    share = float((weights * values).sum() / total)
    owned = person_sums(people, weights)
    rows, persons = total**2 / (weights**2).sum(), total**2 / (owned**2).sum()
    if len(owned) < FEW_USERS or share in (0.0, 1.0):
        return Share(share, float(persons))
    if len(owned) == len(values) and np.ptp(weights) == 0:
        return Share(share, float(rows))
    between = person_sums(people, weights * (values - share))
    variance = len(owned) / (len(owned) - 1) * (between**2).sum() / total**2
    size = min(float(len(values)), share * (1 - share) / variance) if variance > 0 else rows
    freedom = (owned**2).sum() ** 2 / (owned**4).sum() - 1
    return Share(share, shortened(float(size), float(freedom), level))


def person_sums(people: Codes, values: Floats) -> Floats:
    """Return the sum of the values of each person, in the order of their numbers."""
    _, numbers = np.unique(people, return_inverse=True)
    return np.bincount(numbers, weights=values).astype(np.float64)


def shortened(size: float, freedom: float, level: float) -> float:
    """Return the size at which a normal quantile gives the length that Student's t asks for."""
    from scipy.special import ndtri, stdtrit

    if not np.isfinite(freedom):
        return size
    tail = (1 - level) / 2
    return float(size * (ndtri(tail) / stdtrit(max(freedom, 1.0), tail)) ** 2)


def correlations(residuals: Sequence[tuple[Codes, Floats]], people: int) -> Floats:
    """Return how estimates go together because the same people are behind them.

    Parameters
    ----------
    residuals : sequence of (people, values)
        For each estimate, the person behind each row and what the row adds to it.
    people : int
        One more than the highest number of a person.
    """
    sums = np.array([np.bincount(u, weights=z, minlength=people) for u, z in residuals])
    products = sums @ sums.T
    spread = np.sqrt(np.diag(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = np.nan_to_num(products / np.outer(spread, spread), nan=0.0)
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix, dtype=np.float64)
