"""Money and time: the unit of costs, means, and cost per success.

People, not conversations, are the independent units, so each variance is that of a
ratio of two sums over people. How many people stand behind it counts as their
effective number, ``(sum n)^2 / sum n^2``: of ten people of whom one has nearly all
conversations little more than one is left.

References
----------
Fieller (1954), Some problems in interval estimation.
Cochran (1977), Sampling techniques, chapter 6 (ratio estimators).
Kish (1965), Survey sampling (effective number).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Limits = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

__all__ = [
    "COST_RANGES",
    "cost_units",
    "effective_users",
    "explained",
    "mean_per_row",
    "ratio_of_sums",
]

# What a minute of a call costs, in main units of a currency, in hundredths of it, in credits.
COST_RANGES = {"dollars": (0.03, 0.6), "cents": (3.0, 60.0), "credits": (100.0, 1e9)}
# So much of the calls, and of the money, has to cost what the unit says.
_EXPLAINED = 0.9
# Sums of engines differ in the last digits, and nine of ten equal costs are enough.
_ROUNDING = 1e-9


def cost_units(
    calls: ArrayLike, total: ArrayLike, costs: ArrayLike, spent: ArrayLike
) -> list[str | None]:
    """Guess in which unit costs are, from what a minute costs.

    Parameters
    ----------
    calls, costs : array_like
        How many calls cost as much a minute as `COST_RANGES` says, and what they cost
        together; a line for each unit.
    total, spent : array_like
        How many calls tell what a minute costs, and what all calls cost, also those
        that do not tell; each cost without its sign.

    Returns
    -------
    list of (str or None)
        ``dollars`` (or another currency's main unit), ``cents`` or ``credits``:
        whichever most calls speak for, if it explains nearly all calls and nearly all
        money (see `explained`); otherwise None.
    """
    calls, costs = np.asarray(calls, dtype=np.float64), np.asarray(costs, dtype=np.float64)
    first, place = calls.argmax(axis=0), np.arange(calls.shape[1])
    known = explained(calls[first, place], total, costs[first, place], spent)
    known &= calls[first, place] > 0
    units = list(COST_RANGES)
    return [units[own] if sure else None for own, sure in zip(first, known, strict=True)]


def explained(
    calls: ArrayLike, total: ArrayLike, costs: ArrayLike, spent: ArrayLike
) -> NDArray[np.bool_]:
    """Tell where a unit explains 90 % of the calls, and 90 % of what they cost.

    A few calls in another unit can be most of the money, and most calls little of it,
    so that either share alone would let through sums over units.

    Parameters
    ----------
    calls, costs : array_like
        How many calls the unit explains, and what they cost together.
    total, spent : array_like
        The same of all calls, as in `cost_units`.
    """
    needed = _EXPLAINED * (1 - _ROUNDING)
    counted, paid = needed * np.asarray(total), needed * np.asarray(spent)
    return np.asarray((np.asarray(calls) >= counted) & (np.asarray(costs) >= paid))


def effective_users(n: ArrayLike, nn: ArrayLike) -> NDArray[np.float64]:
    """Return the effective number of people behind `n` rows; `nn` sums up their squares."""
    n, nn = np.asarray(n, dtype=np.float64), np.asarray(nn, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(nn > 0, n**2 / nn, 0.0)


def mean_per_row(
    total: ArrayLike,
    n: ArrayLike,
    nn: ArrayLike,
    nt: ArrayLike,
    tt: ArrayLike,
    *,
    level: float = 0.95,
) -> Limits:
    """Return the mean of a measure and its interval.

    Parameters
    ----------
    total, n : array_like
        Sum of the measure and number of rows that have it.
    nn, nt, tt : array_like
        Sums over people of the products of their rows and their sums.
    level : float
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Mean and lower and upper limit (Student's t on the linearised variance); the
        limits are missing with fewer than two people.
    """
    total, n, nn, nt, tt = (np.asarray(x, dtype=np.float64) for x in (total, n, nn, nt, tt))
    users = effective_users(n, nn)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / n
        residuals = np.maximum(tt - 2 * mean * nt + mean**2 * nn, 0)
        error = np.sqrt(users / (users - 1) * residuals) / n
        reach = _student(users, level) * error
    return mean, mean - reach, mean + reach


def ratio_of_sums(
    a: ArrayLike,
    b: ArrayLike,
    n: ArrayLike,
    nn: ArrayLike,
    aa: ArrayLike,
    ab: ArrayLike,
    bb: ArrayLike,
    *,
    level: float = 0.95,
) -> Limits:
    """Return a ratio of two sums, and Fieller's interval of it.

    Parameters
    ----------
    a, b : array_like
        The sums, not negative: cost and successes, for example.
    n, nn : array_like
        Rows behind the sums, and the sum over people of the squares of theirs.
    aa, ab, bb : array_like
        Sums over people of the products of their two sums.
    level : float
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Ratio and lower and upper limit. All are missing where `b` is 0; the upper
        limit is infinite where `b` could be 0 by chance.
    """
    users = effective_users(n, nn)
    a, b, aa, ab, bb = (np.asarray(x, dtype=np.float64) for x in (a, b, aa, ab, bb))
    with np.errstate(divide="ignore", invalid="ignore"):
        quantile = _student(users, level) ** 2
        # All ratios r with (a - r b)^2 <= t^2 V(a - r b). The variance is taken around the
        # mean over people, which is the same as this factor on the plain sum of squares.
        factor = quantile * users / (users - 1 + quantile)
        curve, slope, start = b**2 - factor * bb, a * b - factor * ab, a**2 - factor * aa
        root = np.sqrt(np.maximum(slope**2 - curve * start, 0))
        # Written without dividing by `curve`, which may be 0.
        low = np.where(start > 0, start / (slope + root), 0.0)
        high = np.where(curve > 0, (slope + root) / curve, np.inf)
        ratio = a / b
    known = (b > 0) & np.isfinite(factor)
    return (
        np.where(b > 0, ratio, np.nan),
        np.where(known, low, np.nan),
        np.where(known, high, np.nan),
    )


def _student(users: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    from scipy.stats import t

    # Without a second person there is nothing to estimate a variance from.
    freedom = np.where(users > 1, users - 1, np.nan)
    return np.asarray(t.ppf(0.5 + level / 2, freedom))
