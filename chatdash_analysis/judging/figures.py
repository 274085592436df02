"""What a judge is worth: figures of agreement, and how sure they are.

All of them follow from three shares: how many conversations the judge calls a success,
and how often people agree where it does and where it does not. A sample that is drawn by
the judge's verdict estimates the latter two as they are; how often the judge is right
about what people call a success follows by Bayes' rule.

References
----------
Cohen (1960), A coefficient of agreement for nominal scales.
Gwet (2008), Computing inter-rater reliability and its variance in the presence of high
agreement.
Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion (Jeffreys).
Korn and Graubard (1998), Confidence intervals for proportions with small expected number
of positive counts estimated from survey data.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chatdash_analysis.judging.shares import Share

    Floats = NDArray[np.float64]

__all__ = ["FIGURES", "Cells", "cells_of", "estimates"]

FIGURES = (
    "sensitivity", "specificity", "agreement", "cohen_kappa", "gwet_ac1", "attenuation",
    "corrected_rate",
)  # fmt: skip
# Chance puts the least value of a figure here, and not at 0.
_FROM_MINUS_ONE = ("cohen_kappa", "gwet_ac1", "attenuation")
# Points at which the joint distribution of the three shares is looked at: a power of 2.
_POINTS = 11


class Cells(NamedTuple):
    """Shares of all conversations, by verdict and by what people say."""

    true_positive: Floats
    false_positive: Floats
    false_negative: Floats
    true_negative: Floats


def cells_of(positive: Floats, right_positive: Floats, right_negative: Floats) -> Cells:
    """Return the four cells.

    Parameters
    ----------
    positive : numpy.ndarray of float64
        Share of conversations that the judge calls a success.
    right_positive, right_negative : numpy.ndarray of float64
        How often people agree with the verdicts success and failure.
    """
    return Cells(
        positive * right_positive,
        positive * (1 - right_positive),
        (1 - positive) * (1 - right_negative),
        (1 - positive) * right_negative,
    )


def estimates(
    shares: Sequence[Share], correlation: Floats, *, level: float
) -> dict[str, tuple[float, float, float]]:
    """Return each of `FIGURES` with the lower and upper limit of its interval.

    The three shares vary as Jeffreys' beta distributions of their effective sizes, tied
    by their correlation (a Gaussian copula); the limits are quantiles of the figures.

    Parameters
    ----------
    shares : sequence of three Share
        As the arguments of `cells_of`.
    correlation : numpy.ndarray, shape (3, 3)
        Correlation of the three estimates.
    level : float
        Confidence level.
    """
    found = _figures(cells_of(*(np.array(share.value) for share in shares)))
    drawn = _figures(cells_of(*_drawn(shares, correlation)))
    tail = (1 - level) / 2
    answer = {}
    for name, value in found.items():
        low, high = np.quantile(drawn[name], [tail, 1 - tail])
        point, least = float(value), -1.0 if name in _FROM_MINUS_ONE else 0.0
        # Jeffreys' limits at all or nothing leave the estimate itself outside.
        inside = float(np.fmin(low, point)), float(np.fmax(high, point))
        limits = (max(inside[0], least), min(inside[1], 1.0))
        answer[name] = (point, *limits) if np.isfinite(point) else (np.nan, np.nan, np.nan)
    return answer


def _figures(cells: Cells) -> dict[str, Floats]:
    hit, false_alarm, miss, rejection = cells
    judge, people, agreement = hit + false_alarm, hit + miss, hit + rejection
    middle = (judge + people) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        sensitivity, specificity = hit / people, rejection / (1 - people)
        by_chance = judge * people + (1 - judge) * (1 - people)
        kappa = (agreement - by_chance) / (1 - by_chance)
        both_ways = 2 * middle * (1 - middle)
        ac1 = (agreement - both_ways) / (1 - both_ways)
    values = (
        sensitivity, specificity, agreement, kappa, ac1, sensitivity + specificity - 1, people,
    )  # fmt: skip
    return dict(zip(FIGURES, values, strict=True))


def _drawn(shares: Sequence[Share], correlation: Floats) -> list[Floats]:
    from scipy.special import betaincinv, ndtr

    root = np.linalg.cholesky(correlation * (1 - 1e-9) + 1e-9 * np.eye(3))
    uniform = ndtr(_normal_points() @ root.T)
    return [
        betaincinv(share.value * share.size + 0.5, (1 - share.value) * share.size + 0.5, column)
        for share, column in zip(shares, uniform.T, strict=True)
    ]


@cache
def _normal_points() -> Floats:
    """Return points that fill a normal distribution evenly, the same each time."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    points = qmc.Sobol(d=3, rng=np.random.default_rng(0)).random_base2(_POINTS)
    return np.asarray(ndtri(points), dtype=np.float64)
