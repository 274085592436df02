"""How strongly a field goes with an outcome: Cramer's V of levels, AUC of numbers.

Both are also 0 to 1 with what chance and the clustering in people give taken off, so that
fields with many levels, or of few conversations, do not look strong.

References
----------
Bergsma (2013), A bias-correction for Cramer's V and Tschuprow's T.
Rao and Scott (1984), On chi-squared tests for multiway contingency tables.
Obuchowski (1997), Nonparametric analysis of clustered ROC curve data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.driving.scores import score_test

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["NO_AUC", "Auc", "auc", "corrected_v"]


def corrected_v(outcomes: Floats, levels: Codes, users: Codes) -> float:
    """Return Bergsma's corrected Cramer's V of two outcomes and any levels.

    The share of chance that is taken off is enlarged by the mean design effect of the
    levels where people have several conversations.

    Parameters
    ----------
    outcomes : numpy.ndarray of float64
        1 or 0.
    levels, users : numpy.ndarray of int64
        Numbers of the level, without holes, and of the person.

    Examples
    --------
    >>> import numpy as np
    >>> from chatdash_analysis.driving.association import corrected_v
    >>> levels = np.repeat([0, 1], 100)
    >>> outcomes = np.repeat([1.0, 0.0, 1.0, 0.0], [80, 20, 30, 70])
    >>> round(corrected_v(outcomes, levels, np.arange(200)), 2)
    0.5
    """
    n, size = len(levels), int(levels.max(initial=-1)) + 1
    if n < 3:
        return float("nan")
    found = score_test(outcomes, levels, np.zeros(n, dtype=np.int64), users)
    if not found.rank:
        return float("nan")
    alone = np.bincount(users).max() == 1
    effect = 1.0 if alone else max(found.expected / found.rank, 1.0)
    # The score's variance has n - 1 where Pearson's has n.
    chance = effect * (size - 1) / (n - 1)
    left = max(found.statistic / (n - 1) - chance, 0.0)
    rows, columns = (k - (k - 1) ** 2 / (n - 1) for k in (size, 2))
    return float(min(np.sqrt(left / max(min(rows, columns) - 1, 1e-12)), 1.0))


class Auc(NamedTuple):
    """The chance that a success has the larger value.

    Attributes
    ----------
    auc, low, high : float
        The chance, ties counting half, with its interval; above .5 if successes have
        larger values. Missing with one outcome only.
    strength : float
        Distance from .5 on a scale of 0 to 1, with its expected square by chance taken
        off.
    """

    auc: float
    low: float
    high: float
    strength: float


NO_AUC = Auc(np.nan, np.nan, np.nan, np.nan)


def auc(outcomes: Floats, values: Floats, users: Codes, *, level: float = 0.95) -> Auc:
    """Return the AUC of values for two outcomes, with an interval that knows people.

    Examples
    --------
    >>> import numpy as np
    >>> from chatdash_analysis.driving.association import auc
    >>> auc(np.array([0.0, 0, 1, 1]), np.array([1.0, 3, 2, 4]), np.arange(4)).auc
    0.75
    """
    good = outcomes > 0
    counts = int(good.sum()), int((~good).sum())
    if not min(counts):
        return NO_AUC
    places = np.empty(len(values))
    places[good] = _below(values[good], values[~good])
    places[~good] = 1 - _below(values[~good], values[good])
    found = float(places[good].mean())
    parts = (places - found) / np.where(good, counts[0], counts[1])
    people = np.bincount(users, weights=parts)
    present = np.bincount(users) > 0
    n = int(present.sum())
    variance = float((people**2).sum()) * n / (n - 1) if n > 1 else np.nan
    low, high = _interval(found, variance, n, level)
    strength = np.sqrt(max((2 * found - 1) ** 2 - 4 * variance, 0.0))
    return Auc(found, low, high, float(strength))


def _below(values: Floats, others: Floats) -> Floats:
    """Return the share of others below each value, those equal by half."""
    ordered = np.sort(others)
    left = np.searchsorted(ordered, values, side="left")
    right = np.searchsorted(ordered, values, side="right")
    return np.asarray((left + right) / (2 * len(ordered)))


def _interval(found: float, variance: float, people: int, level: float) -> tuple[float, float]:
    """Return the interval by the logit; missing where the variance says nothing."""
    from scipy.special import expit, logit, stdtrit

    inside = found * (1 - found)
    if not (variance > 0 and inside > 0):
        return float("nan"), float("nan")
    half = stdtrit(max(people - 1, 1), (1 + level) / 2) * np.sqrt(variance) / inside
    return float(expit(logit(found) - half)), float(expit(logit(found) + half))
