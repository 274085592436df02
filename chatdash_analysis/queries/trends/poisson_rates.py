"""Two counts that happened at two volumes: the ratio of their rates, and an exact test.

If both happen at the same rate, then of all events together each falls into the first
count with the chance of its share of the volume. This holds exactly for any volume, also
where the volume itself doubles, and for small counts.

References
----------
Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from Poisson
series.
Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the
case of the binomial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["rate_ratio", "same_rate"]

# Chances that differ by less are equal, as in scipy.stats.binomtest.
_EQUAL = 1 + 1e-7


def same_rate(
    events: ArrayLike, exposure: ArrayLike, events0: ArrayLike, exposure0: ArrayLike
) -> Floats:
    """Return the p-value of the exact test that two rates are the same, two-sided.

    All outcomes that are no more likely than the one seen count, as in
    `scipy.stats.binomtest`.

    Parameters
    ----------
    events, events0 : array_like
        Whole numbers of events.
    exposure, exposure0 : array_like
        The volumes in which they happened, above 0.

    Returns
    -------
    numpy.ndarray
        1 where there are no events at all.

    Examples
    --------
    >>> from chatdash_analysis.queries.trends.poisson_rates import same_rate
    >>> same_rate([12, 24], [100, 200], [20, 20], [400, 400]).round(4).tolist()
    [0.0238, 0.0038]
    """
    x, n, share = _conditional(events, exposure, events0, exposure0)
    above = x > n * share
    return _below(np.where(above, n - x, x), n, np.where(above, 1 - share, share))


def _conditional(
    events: ArrayLike, exposure: ArrayLike, events0: ArrayLike, exposure0: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """Return the events, all events, and the share of the volume, of the same shape."""
    x, e1, x0, e0 = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (events, exposure, events0, exposure0))
    )
    return x, x + x0, e1 / (e1 + e0)


def _below(x: Floats, n: Floats, share: Floats) -> Floats:
    """Return the p-value of counts that are not above their expectation."""
    from scipy.stats import binom

    most = binom.pmf(x, n, share) * _EQUAL
    # The first count above the expectation that is no more likely, by halving.
    first, last = np.ceil(n * share), n + 1
    while (first < last).any():
        middle = np.floor((first + last) / 2)
        seldom = binom.pmf(middle, n, share) <= most
        last = np.where((first < last) & seldom, middle, last)
        first = np.where((first < last) & ~seldom, middle + 1, first)
    p_values = binom.cdf(x, n, share) + binom.sf(np.maximum(first, x + 1) - 1, n, share)
    return np.asarray(np.minimum(p_values, 1.0))


def rate_ratio(
    events: ArrayLike,
    exposure: ArrayLike,
    events0: ArrayLike,
    exposure0: ArrayLike,
    *,
    level: float = 0.95,
) -> tuple[Floats, Floats, Floats]:
    """Return the ratio of two rates, and Clopper and Pearson's interval of it.

    Parameters
    ----------
    events, exposure, events0, exposure0 : array_like
        As in `same_rate`.
    level : float
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Ratio, lower and upper limit. Ratio and upper limit are infinite where there are
        events in the first volume only; all are missing where there are none at all.

    Examples
    --------
    >>> from chatdash_analysis.queries.trends.poisson_rates import rate_ratio
    >>> [end.round(2).item() for end in rate_ratio(12, 100, 20, 400)]
    [2.4, 1.07, 5.15]
    """
    from scipy.special import betaincinv

    x, n, share = _conditional(events, exposure, events0, exposure0)
    tail = (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, tail), 0.0)
        high = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
        ends = [chance / (1 - chance) * (1 - share) / share for chance in (x / n, low, high)]
    ratio, low, high = (np.where(n > 0, end, np.nan) for end in ends)
    return ratio, low, high
