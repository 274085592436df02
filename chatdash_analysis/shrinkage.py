"""Many rates at once: how much they really differ, and each pulled towards all of them.

Of many groups the one with the best rate owes part of it to luck, the more the smaller
it is. If the true rates follow a beta distribution, the best guess of each is a mean of
its own rate and the mean of all, weighted by its size.

References
----------
Kleinman (1973), Proportions with extraneous variance: single and independent samples.
Christiansen and Morris (1997), Hierarchical Poisson regression modeling.
DerSimonian and Laird (1986), Meta-analysis in clinical trials.
Spiegelhalter (2005), Funnel plots for comparing institutional performance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["BetaPrior", "fit_beta", "funnel_limits", "over_dispersion"]

_ROUNDS = 50
_MOST_ALIKE = 0.999
_STRENGTHS = 40
# Gauss-Hermite: three points that stand for a normal distribution.
_NODES, _NODE_WEIGHTS = (-(3**0.5), 0.0, 3**0.5), (1 / 6, 2 / 3, 1 / 6)
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, slots=True)
class BetaPrior:
    """Distribution of the true rates of all groups.

    Attributes
    ----------
    mean : float
        Mean of the true rates.
    strength : float
        How many conversations the mean of all weighs beside a group's own; the less
        the groups differ, the more. NaN where there is nothing to estimate it from.
    means, strengths, weights : numpy.ndarray
        Other pairs of mean and strength that fit, and how well: intervals take into
        account that both are only estimated.
    """

    mean: float
    strength: float
    means: Floats = field(repr=False)
    strengths: Floats = field(repr=False)
    weights: Floats = field(repr=False)

    def shrunken(self, successes: ArrayLike, n: ArrayLike) -> Floats:
        """Return the posterior mean of each rate, for the estimated mean and strength."""
        s, n = np.asarray(successes, np.float64), np.asarray(n, np.float64)
        return np.asarray((s + self.mean * self.strength) / (n + self.strength))

    def interval(
        self, successes: ArrayLike, n: ArrayLike, *, level: float = 0.95
    ) -> tuple[Floats, Floats]:
        """Return a credible interval of each rate, with the variance over all pairs."""
        from scipy.special import betaincinv

        a, b = self._posteriors(successes, n)
        means = a / (a + b)
        variances = means * (1 - means) / (a + b + 1)
        centre = self.weights @ means
        variance = self.weights @ (variances + (means - centre) ** 2)
        mean = self.shrunken(successes, n)
        total = np.maximum(mean * (1 - mean) / variance - 1, 1e-9)
        tail = (1 - level) / 2
        a, b = mean * total, (1 - mean) * total
        return betaincinv(a, b, tail), betaincinv(a, b, 1 - tail)

    def better_than_median(self, successes: ArrayLike, n: ArrayLike) -> Floats:
        """Return the probability that each true rate is above that of the median group."""
        from scipy.special import betaincc, betaincinv

        median = betaincinv(self.means * self.strengths, (1 - self.means) * self.strengths, 0.5)
        above = betaincc(*self._posteriors(successes, n), median[:, None])
        return np.asarray(self.weights @ above)

    def _posteriors(self, successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
        """Return the parameters of the posterior, one row a pair and one column a group."""
        s, n = np.asarray(successes, np.float64), np.asarray(n, np.float64)
        a, b = self.means * self.strengths, (1 - self.means) * self.strengths
        return s + a[:, None], n - s + b[:, None]


def fit_beta(successes: ArrayLike, n: ArrayLike) -> BetaPrior:
    """Estimate the distribution of true rates by its first two moments.

    Parameters
    ----------
    successes, n : array_like
        Successes and conversations of each group; may be fractions (effective
        numbers). Groups with ``n`` of 0 are left out.

    Returns
    -------
    BetaPrior
        Mean and strength. The strength is at most the sum of `n`, because the mean of
        all is itself not known better, and missing with fewer than two groups.

    Notes
    -----
    Kleinman's estimate: the variance of the rates around their weighted mean is set
    equal to its expectation ``m (1 - m) (1/n + rho (1 - 1/n))``, and the weights
    ``n / (1 + rho (n - 1))`` are renewed until they stay; ``strength = 1/rho - 1``.
    Other strengths are weighted by their likelihood, with a prior that is uniform in
    how far a group of usual size is pulled to the mean (Christiansen and Morris).

    Examples
    --------
    >>> from chatdash_analysis.shrinkage import fit_beta
    >>> prior = fit_beta([20, 45, 10, 30], [50, 60, 40, 50])
    >>> round(prior.mean, 2), round(prior.strength, 1)
    (0.5, 4.7)
    """
    s, n = _held(successes, n)
    if len(n) < 2:
        mean = float(s.sum() / n.sum()) if len(n) else np.nan
        return BetaPrior(mean, np.nan, *(np.full(1, x) for x in (mean, np.nan, 1.0)))
    mean, strength = _by_moments(s, n)
    return BetaPrior(mean, strength, *_other_fits(s, n))


def _held(successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    s, n = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    return s[n > 0], n[n > 0]


def _by_moments(s: Floats, n: Floats) -> tuple[float, float]:
    """Return the mean and the strength."""
    total, rho = float(n.sum()), 0.0
    if not 0 < s.sum() < total:
        # Half a success keeps the distribution from being a point.
        return float((s.sum() + 0.5) / (total + 1)), total
    for _ in range(_ROUNDS):
        before = rho
        mean, _, weight = _weighted_mean(s, n, rho)
        left = weight * (1 - weight / np.sum(weight))
        spread = float(np.sum(weight * (s / n - mean) ** 2)) / (mean * (1 - mean))
        chance, room = float(np.sum(left / n)), float(np.sum(left * (1 - 1 / n)))
        rho = min(max((spread - chance) / room if room > 0 else 0.0, 0.0), _MOST_ALIKE)
        if abs(rho - before) < 1e-12:
            break
    mean, _, _ = _weighted_mean(s, n, rho)
    return mean, min(1 / rho - 1, total) if rho > 0 else total


def _weighted_mean(s: Floats, n: Floats, rho: float) -> tuple[float, float, Floats]:
    """Return the mean of the rates, its variance, and the weight of each."""
    weight = n / np.maximum(1 + rho * (n - 1), 1e-9)
    total = float(np.sum(weight))
    slack = 0.5 / (float(n.sum()) + 1)
    mean = min(max(float(np.sum(weight * s / n)) / total, slack), 1 - slack)
    return mean, mean * (1 - mean) / total, weight


def _other_fits(s: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return means, strengths, and their weights, which add up to 1."""
    pull = (np.arange(_STRENGTHS) + 0.5) / _STRENGTHS
    strengths = float(np.median(n)) * pull / (1 - pull)
    fits = [_weighted_mean(s, n, 1 / (1 + strength))[:2] for strength in strengths]
    means, variances = np.array(fits).T
    likelihood = _log_likelihood(s, n, means, strengths) + np.log(variances) / 2
    weights = np.exp(likelihood - likelihood.max())
    slack = 0.5 / (float(n.sum()) + 1)
    spots = np.clip(
        means[:, None] + np.sqrt(variances)[:, None] * np.array(_NODES), slack, 1 - slack
    )
    weights = (weights[:, None] * np.array(_NODE_WEIGHTS)).ravel() / weights.sum()
    kept = weights > _NEGLIGIBLE
    pairs = spots.ravel()[kept], np.repeat(strengths, len(_NODES))[kept]
    return *pairs, weights[kept] / weights[kept].sum()


def _log_likelihood(s: Floats, n: Floats, means: Floats, strengths: Floats) -> Floats:
    from scipy.special import betaln

    a, b = (means * strengths)[:, None], ((1 - means) * strengths)[:, None]
    return np.asarray(np.sum(betaln(s + a, n - s + b) - betaln(a, b), axis=1))


def over_dispersion(successes: ArrayLike, n: ArrayLike) -> float:
    """Return the variance between true rates beyond chance, by DerSimonian and Laird.

    Parameters
    ----------
    successes, n : array_like
        Successes and conversations of each group; groups with ``n`` of 0 are left out.

    Returns
    -------
    float
        ``tau**2``, the variance of Spiegelhalter's additive model; 0 where the rates
        differ no more than by chance.

    Examples
    --------
    >>> from chatdash_analysis.shrinkage import over_dispersion
    >>> round(over_dispersion([20, 45, 10, 30], [50, 60, 40, 50]), 4)
    0.0428
    """
    s, n = _held(successes, n)
    mean = s.sum() / n.sum() if len(n) else 0.0
    weight = n / (mean * (1 - mean)) if 0 < mean < 1 else np.zeros(0)
    if len(weight) < 2:
        return 0.0
    spread = np.sum(weight * (s / n - mean) ** 2)
    room = weight.sum() - np.sum(weight**2) / weight.sum()
    return max(0.0, float((spread - (len(n) - 1)) / room))


def funnel_limits(
    overall: float, n: ArrayLike, *, tau2: float, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Return between which rates a group of each size stays, if it is one like the others.

    Parameters
    ----------
    overall : float
        Rate of all groups.
    n : array_like
        Conversations, or effective conversations.
    tau2 : float
        Variance between true rates, of `over_dispersion`.
    level : float
        Share of groups that stay inside.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limit, cut to 0 and 1; missing where `n` is 0.

    Examples
    --------
    >>> from chatdash_analysis.shrinkage import funnel_limits
    >>> low, high = funnel_limits(0.6, [25, 100], tau2=0.0)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.408, 0.504], [0.792, 0.696])
    """
    from scipy.special import ndtri

    n = np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = ndtri((1 + level) / 2) * np.sqrt(overall * (1 - overall) / n + tau2)
    half = np.where(n > 0, half, np.nan)
    return np.maximum(overall - half, 0), np.minimum(overall + half, 1)
