"""The test whether an outcome goes with a field, when people have several conversations.

Inside each stratum the outcomes and the values are both taken from their means; the
products, summed up person by person, are as often above as below 0 if nothing goes with
anything. How large the sum of all people could then be is known without drawing: its
square, weighted by the variance that independent conversations would have, has an exact
mean and variance over all ways to turn the signs of people. A beta distribution with
these, and with the largest value that is possible, gives the p-value. So it holds for few
people and for many levels, where a chi-square with a variance between people does not.

References
----------
Liang and Zeger (1986), Longitudinal data analysis using generalized linear models.
Kline and Santos (2012), A score based approach to wild bootstrap inference.
Landis, Heyman and Koch (1978), Average partial association in three-way contingency
tables (the test of independent conversations that this generalizes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.codes import dense

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Score", "score_test"]

# Directions in which nearly nothing varies, beside the one in which most does.
_FLAT = 1e-9


class Score(NamedTuple):
    """What a score test found.

    Attributes
    ----------
    statistic : float
        The weighted square: its expected value is `expected`, and `rank` if
        conversations are independent. With one stratum it is Pearson's chi-square times
        ``(n - 1) / n``.
    expected : float
        Expected value if nothing goes with anything, as people's conversations are alike.
    rank : int
        Levels that can be told apart inside of strata, less one; 0 if nothing can.
    p_value : float
        Missing if nothing can be told apart.
    """

    statistic: float
    expected: float
    rank: int
    p_value: float


def score_test(
    outcomes: Floats,
    levels: Codes,
    strata: Codes,
    users: Codes,
    *,
    values: Floats | None = None,
) -> Score:
    """Test whether outcomes differ between levels, or rise or fall with values.

    Parameters
    ----------
    outcomes : numpy.ndarray of float64
        1 or 0.
    levels, strata, users : numpy.ndarray of int64
        Numbers from 0 up, for each conversation.
    values : numpy.ndarray of float64, optional
        What the outcomes may go with instead of the levels, which are then all 0; centred
        and scaled, so that squares do not overflow.
    """
    weights = np.ones(len(levels)) if values is None else values
    size = int(levels.max(initial=-1)) + 1
    n = np.bincount(strata).astype(np.float64)
    errors = outcomes - (np.bincount(strata, weights=outcomes) / np.maximum(n, 1))[strata]
    sums = _table(strata, levels, weights, len(n), size)
    means = sums / np.maximum(n, 1)[:, None]
    spread = _spread(np.bincount(strata, weights=outcomes).astype(np.float64), n)
    squares = _table(strata, levels, weights**2, len(n), size)
    covariance = np.diag(spread @ squares) - (sums * (spread / np.maximum(n, 1))[:, None]).T @ sums
    scale = _scale(covariance)
    if scale is None:
        return Score(0.0, 0.0, 0, np.nan)
    total = np.bincount(levels, weights=weights * errors, minlength=size) @ scale
    people = _people(errors, levels, strata, users, weights=weights, n=n, means=means) @ scale
    statistic = float(total @ total)
    return Score(statistic, float((people**2).sum()), scale.shape[1], _tail(statistic, people))


def _table(rows: Codes, columns: Codes, weights: Floats, height: int, width: int) -> Floats:
    flat = np.bincount(rows * width + columns, weights=weights, minlength=height * width)
    return flat.reshape(height, width).astype(np.float64)


def _spread(successes: Floats, n: Floats) -> Floats:
    """Return the variance of one outcome in each stratum."""
    rate = successes / np.maximum(n, 1)
    return np.where(n > 1, n * rate * (1 - rate) / np.maximum(n - 1, 1), 0.0)


def _scale(covariance: Floats) -> Floats | None:
    """Return what makes independent conversations vary by 1 in each direction."""
    sizes, directions = np.linalg.eigh(covariance)
    kept = sizes > max(_FLAT * sizes.max(initial=0.0), np.finfo(np.float64).tiny)
    return directions[:, kept] / np.sqrt(sizes[kept]) if kept.any() else None


def _people(
    errors: Floats,
    levels: Codes,
    strata: Codes,
    users: Codes,
    *,
    weights: Floats,
    n: Floats,
    means: Floats,
) -> Floats:
    """Return each person's sum of products, enlarged by what the means took from it.

    Whoever holds a share of a stratum pulls its mean along. A stratum of one person has
    no mean of others, and does not need it.
    """
    place, rows = dense(users * len(n) + strata)
    held, person, stratum = np.bincount(place), users[rows], strata[rows]
    others = 1 - held / n[stratum]
    enlarged = np.where(others > 0, others, 1.0) ** -0.5
    own = np.bincount(place, weights=errors)
    extra = own * (enlarged - 1) / held
    height = int(users.max(initial=-1)) + 1
    direct = _table(users, levels, weights * (errors + extra[place]), height, means.shape[1])
    through = means[stratum] * (own * enlarged)[:, None]
    first = np.flatnonzero(np.diff(person, prepend=-1))
    return np.asarray(direct[person[first]] - np.add.reduceat(through, first, axis=0))


def _tail(statistic: float, people: Floats) -> float:
    """Return how often turned signs of people give at least this statistic."""
    # scipy.stats would take a second to import.
    from scipy.special import betainc

    lengths = (people**2).sum(axis=1)
    expected = lengths.sum()
    if not expected > 0:
        return float("nan")
    # What is left of people's squares is the same whatever the signs are.
    pairs = ((people.T @ people) ** 2).sum() - (lengths**2).sum()
    variance = 2 * pairs / expected**2
    largest = np.sqrt(lengths).sum() ** 2 / expected
    if not (variance > 1e-12 and largest > 1):
        return float("nan")
    both = max((largest - 1) / variance - 1, 1e-6)
    share = min(max(statistic / expected / largest, 0.0), 1.0)
    first = both / largest
    return float(betainc(both - first, first, 1 - share))
