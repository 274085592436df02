"""Proportions: their interval, their difference, and the correction for many of them.

Conversations are not independent: those of one person resemble each other. So the
variance is that of the ratio of two sums over people, and the interval is Wilson's on
the number of independent conversations that would have this variance (Rao and Scott).
That variance is itself an estimate from a number of people, and few of them may hold
most conversations: so Student's t takes the place of the normal quantile, with the
degrees of freedom that Satterthwaite's formula gives for the sizes of the people.

References
----------
Wilson (1927), Probable inference, the law of succession, and statistical inference.
Rao and Scott (1992), A simple method for the analysis of clustered binary data.
Satterthwaite (1946), An approximate distribution of estimates of variance components.
Newcombe (1998), Interval estimation for the difference between independent proportions.
Zou and Donner (2008), Construction of confidence limits about effect measures.
Benjamini and Hochberg (1995), Controlling the false discovery rate.
Manski (1990), Nonparametric bounds on treatment effects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_min_n
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FEW_USERS",
    "PRODUCTS",
    "RATE_COLUMNS",
    "add_flag",
    "design_effect",
    "false_discovery",
    "newcombe",
    "precision",
    "rate_bounds",
    "wilson",
    "with_rate",
]

RATE_COLUMNS = (
    "n", "successes", "unknown", "excluded", "users", "rate", "low", "high", "flags",
)  # fmt: skip
# What `group_sums` must multiply for the variances below.
PRODUCTS: tuple[tuple[str, ...], ...] = (
    ("n", "n"), ("n", "successes"), ("successes", "n"), ("successes", "successes"),
    ("n", "n", "n"), ("n", "n", "n", "n"),
)  # fmt: skip
# With fewer people a variance between people says nothing.
FEW_USERS = 5


def wilson(
    successes: ArrayLike, n: ArrayLike, *, level: float = 0.95, freedom: ArrayLike = np.inf
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's interval of each proportion; missing where `n` is 0.

    Counts may be fractions: an effective number of conversations is seldom whole. With
    `freedom`, the quantile is Student's.
    """
    from scipy.stats import norm, t

    # statsmodels.api would import all of its models, and take seconds.
    from statsmodels.stats.proportion import proportion_confint

    some, n, freedom = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (successes, n, freedom))
    )
    alpha = np.full(n.shape, 1 - level)
    few = np.isfinite(freedom)
    alpha[few] = 2 * norm.sf(t.isf((1 - level) / 2, np.maximum(freedom[few], 1)))
    low, high = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    known = n > 0
    if known.any():
        low[known], high[known] = proportion_confint(
            some[known], n[known], alpha=alpha[known], method="wilson"
        )
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def design_effect(
    n: ArrayLike,
    successes: ArrayLike,
    users: ArrayLike,
    nn: ArrayLike,
    ns: ArrayLike,
    ss: ArrayLike,
) -> NDArray[np.float64]:
    """Return by how much the clustering in people inflates the variance of each rate.

    Parameters
    ----------
    n, successes : array_like
        Conversations with a known outcome, and those of them that succeeded.
    users : array_like
        People among them.
    nn, ns, ss : array_like
        Sums over people of the products of their conversations and successes.

    Returns
    -------
    numpy.ndarray
        At least 1; exactly 1 if everybody has one conversation, and where it cannot be
        estimated: for fewer than 5 people, or if all outcomes are equal.
    """
    n, successes, users, nn, ns, ss = (
        np.asarray(x, dtype=np.float64) for x in (n, successes, users, nn, ns, ss)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / n
        between = ss - 2 * rate * ns + rate**2 * nn
        clustered = users / (users - 1) * between / n**2
        effect = clustered / (rate * (1 - rate) / n)
    usable = (users >= FEW_USERS) & (nn > n) & np.isfinite(effect)
    return np.maximum(1.0, np.where(usable, effect, 1.0))


def add_flag(flags: pd.Series, mask: ArrayLike, name: str) -> pd.Series:
    """Return flags with `name` added where `mask` holds; several are joined by commas."""
    held = flags.fillna("").astype("str")
    added = held.where(held == "", held + ", ") + name
    return held.where(~np.asarray(mask, dtype=bool), added).astype("str")


def with_rate(table: pd.DataFrame, *, level: float = 0.95, min_n: int = 0) -> pd.DataFrame:
    """Add rate, interval and flags to counts, and take away what they were computed from.

    Parameters
    ----------
    table : pandas.DataFrame
        Counts ``n``, ``successes``, ``unknown``, ``excluded`` and ``users``, with the
        products ``n*n``, ``n*successes`` and ``successes*successes`` of `group_sums`;
        without products, each conversation counts as independent.
    level : float
        Confidence level.
    min_n : int
        With a smaller ``n`` the rate and its interval are missing.

    Returns
    -------
    pandas.DataFrame
        What stood before the counts, the columns of `RATE_COLUMNS`, and what stood
        behind them. ``flags`` names ``no_known`` (nothing to divide by), ``small_n``
        (below `min_n`), ``few_users`` (fewer than 5: the interval takes conversations
        as independent) and ``one_outcome`` (all outcomes are equal; likewise).
    """
    n, successes, users = (table[name].to_numpy(np.float64) for name in ("n", "successes", "users"))
    shown = n >= max(check_min_n(min_n), 1)
    effect, freedom = precision(table)
    low, high = wilson(successes / effect, n / effect, level=level, freedom=freedom)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / n
    flags = pd.Series("", index=table.index, dtype="str")
    flags = add_flag(flags, n == 0, "no_known")
    flags = add_flag(flags, (n > 0) & ~shown, "small_n")
    flags = add_flag(flags, shown & (users < FEW_USERS), "few_users")
    flags = add_flag(flags, shown & ((successes == 0) | (successes == n)), "one_outcome")
    added = {
        "rate": np.where(shown, rate, np.nan),
        "low": np.where(shown, low, np.nan),
        "high": np.where(shown, high, np.nan),
        "flags": flags,
    }
    return _ordered(table.assign(**added))


def precision(table: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return design effect and degrees of freedom of each row of counts.

    Without products there is nothing to estimate: 1 and infinity.
    """
    if "n*n" not in table:
        return np.ones(len(table)), np.full(len(table), np.inf)
    columns = ("n", "successes", "users", "n*n", "n*successes", "successes*successes")
    effect = design_effect(*(table[name] for name in columns))
    n, nn, users = (table[name].to_numpy(np.float64) for name in ("n", "n*n", "users"))
    if "n*n*n*n" not in table:
        return effect, np.where((nn > n) & (users >= FEW_USERS), users - 1, np.inf)
    n3, n4 = (table[name].to_numpy(np.float64) for name in ("n*n*n", "n*n*n*n"))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Correlation inside people that the design effect stands for.
        rho = np.clip((effect - 1) / (nn / n - 1), 0, 1)
        weight = n + rho * (nn - n)
        spread = (1 - rho) ** 2 * nn + 2 * rho * (1 - rho) * n3 + rho**2 * n4
        freedom = weight**2 / spread - 1
    usable = (nn > n) & (users >= FEW_USERS) & np.isfinite(freedom)
    return effect, np.where(usable, freedom, np.inf)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    kept = [name for name in table.columns if "*" not in name and not name.startswith("rest ")]
    first = kept.index("n")
    before = [name for name in kept[:first] if name not in RATE_COLUMNS and name != "rows"]
    behind = [name for name in kept[first:] if name not in RATE_COLUMNS and name != "rows"]
    table = table[[*before, *RATE_COLUMNS, *behind]].reset_index(drop=True)
    whole = ("n", "successes", "unknown", "excluded", "users")
    return table.astype(dict.fromkeys(whole, "int64"))


def newcombe(
    rate: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    rate0: ArrayLike,
    low0: ArrayLike,
    high0: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the difference of two rates and its interval, from their two intervals.

    Parameters
    ----------
    rate, low, high, rate0, low0, high0 : array_like
        The rates and the limits of their intervals.
    correlation : array_like
        Correlation of the two estimates, where the same people are behind both.

    Returns
    -------
    tuple of numpy.ndarray
        ``rate - rate0``, and the lower and the upper limit of it.
    """
    r1, l1, u1, r0, l0, u0 = (np.asarray(x, float) for x in (rate, low, high, rate0, low0, high0))
    rho = np.clip(np.asarray(correlation, dtype=np.float64), -1, 1)
    difference = r1 - r0
    down = _length(r1 - l1, u0 - r0, rho)
    up = _length(u1 - r1, r0 - l0, rho)
    return difference, np.maximum(difference - down, -1), np.minimum(difference + up, 1)


def _length(a: Any, b: Any, rho: Any) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.maximum(a**2 + b**2 - 2 * rho * a * b, 0)))


def false_discovery(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return Benjamini and Hochberg's q-values over the values that are not missing."""
    from scipy.stats import false_discovery_control

    p_values = np.asarray(p_values, dtype=np.float64)
    q_values = np.full(p_values.shape, np.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        q_values[tested] = false_discovery_control(p_values[tested])
    return q_values


def rate_bounds(table: pd.DataFrame) -> pd.DataFrame:
    """Add how low and how high each rate could be, whatever the unknown outcomes are.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table of rates: ``n``, ``successes`` and ``unknown``.

    Returns
    -------
    pandas.DataFrame
        The table with ``worst`` (all unknown outcomes are failures) and ``best`` (all
        are successes), after Manski; missing where nothing is known or unknown.

    Raises
    ------
    MissingColumnsError
        If a count is not there.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> rates = cda.rates_by(cda.load_sample(300), "platform", min_n=1)
    >>> bounds = cda.rate_bounds(rates)
    >>> bool((bounds["worst"] <= bounds["rate"]).all() and (bounds["rate"] <= bounds["best"]).all())
    True
    """
    require_columns(
        table,
        ("n", "successes", "unknown"),
        "rate_bounds",
        advice="Pass the table as the analysis returned it.",
    )
    n, successes, unknown = (table[c].to_numpy(np.float64) for c in ("n", "successes", "unknown"))
    with np.errstate(divide="ignore", invalid="ignore"):
        worst, best = successes / (n + unknown), (successes + unknown) / (n + unknown)
    return table.assign(worst=worst, best=best)
