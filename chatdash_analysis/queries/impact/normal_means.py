"""Many estimates of unlike precision, each pulled towards their mean.

References
----------
Efron and Morris (1975), Data analysis using Stein's estimator and its generalizations.
DerSimonian and Laird (1986), Meta-analysis in clinical trials.
"""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["shrunken_means", "spread_beyond_chance"]


def shrunken_means(values: ArrayLike, variances: ArrayLike) -> Floats:
    """Return the best guess of each true value, if these are normally distributed.

    Parameters
    ----------
    values, variances : array_like
        Estimates and their variances, above 0. Where one is missing there is no answer.

    Returns
    -------
    numpy.ndarray
        ``m + t / (t + v) (x - m)`` with the variance ``t`` between true values by
        `spread_beyond_chance` and their weighted mean ``m``. A single one stays as it is.

    Examples
    --------
    >>> from chatdash_analysis.queries.impact.normal_means import shrunken_means
    >>> shrunken_means([0.0, 0.2, 0.6], [0.01, 0.01, 0.09]).round(3).tolist()
    [0.05, 0.189, 0.251]
    """
    x, v = np.asarray(values, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(v)
    found = np.where(known, x, np.nan)
    if known.sum() < 2:
        return found
    x, v = x[known], v[known]
    between = spread_beyond_chance(x, v)
    mean = _weighted_mean(x, 1 / (v + between))
    found[known] = mean + between / (between + v) * (x - mean)
    return found


def spread_beyond_chance(values: Floats, variances: Floats) -> float:
    """Return the variance between true values, by DerSimonian and Laird; 0 if chance will do."""
    weights = 1 / variances
    mean = _weighted_mean(values, weights)
    total = fsum(weights)
    excess = fsum(weights * (values - mean) ** 2) - (len(values) - 1)
    return max(0.0, excess / (total - fsum(weights**2) / total))


def _weighted_mean(values: Floats, weights: Floats) -> float:
    return fsum(values * weights) / fsum(weights)
