"""The difference of two rates inside strata, with a variance that knows people.

A difference is taken inside each stratum (agent, language, month) and averaged with the
weight ``n1 * n0 / (n1 + n0)``, so that what differs between strata does not count. The
same people are in several strata and on both sides, so residuals are added up person by
person before they are squared, see `adjusted_variance`. For people with one conversation
each, and large strata, this is the variance of Greenland and Robins; it also holds for
many small strata.

References
----------
Mantel and Haenszel (1959), Statistical aspects of the analysis of data from retrospective
studies of disease.
Greenland and Robins (1985), Estimation of a common effect parameter from sparse follow-up
data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.adjusted_variance import difference_variance
from chatdash_analysis.counts import exact_sums
from chatdash_analysis.rates import newcombe, wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = ["ADJUSTED_COLUMNS", "mantel_haenszel"]

ADJUSTED_COLUMNS = (
    "adjusted_difference", "adjusted_difference_low", "adjusted_difference_high",
    "adjusted_p_value", "strata_n", "adjusted_n",
)  # fmt: skip
_COUNTS = ["n", "successes"]


def mantel_haenszel(
    strata: Codes,
    groups: Codes,
    *,
    users: Codes,
    n: Codes,
    successes: Codes,
    size: int,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return the adjusted difference of each group from all others together.

    Parameters
    ----------
    strata, groups, users : numpy.ndarray
        Numbers from 0 up: one row a conversation, or one row for all conversations of a
        person in one stratum and group.
    n, successes : numpy.ndarray
        Conversations of each row, and how many of them succeeded.
    size : int
        Number of groups.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        One row a group: ``adjusted_difference`` with ``adjusted_difference_low`` and
        ``adjusted_difference_high``, ``adjusted_p_value``, ``strata_n`` (strata with
        conversations on both sides) and ``adjusted_n`` (conversations in them). The
        first four are missing where no stratum has both sides. With fewer than 5 people
        on a side, or residuals that are all 0, there is no p-value, and the interval is
        Newcombe's for independent conversations.

    Examples
    --------
    >>> import numpy as np
    >>> from chatdash_analysis.mantel_haenszel import mantel_haenszel
    >>> found = mantel_haenszel(
    ...     np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), users=np.arange(4),
    ...     n=np.array([50, 20, 10, 40]), successes=np.array([40, 17, 5, 22]), size=2,
    ... )
    >>> found["adjusted_difference"].round(3).tolist()
    [-0.05, 0.05]
    """
    rows = _summed(strata, groups, users, n, successes)
    cells = _cells(rows)
    weight = _per_group(cells, cells["n"] * (1 - cells["share"]), size)
    excess = _per_group(cells, cells["successes"] - cells["share"] * cells["all_successes"], size)
    with np.errstate(invalid="ignore"):
        difference = excess / weight
    variance, freedom = difference_variance(rows, cells, difference, weight)
    # What is left of residuals that are all 0 is rounding.
    variance[variance * weight <= 1e-10] = np.nan
    low, high, p_values = _uncertainty(cells, difference, variance, freedom, level)
    return pd.DataFrame(
        {
            "adjusted_difference": difference,
            "adjusted_difference_low": low,
            "adjusted_difference_high": high,
            "adjusted_p_value": p_values,
            "strata_n": np.bincount(cells["group"], minlength=size).astype(np.int64),
            "adjusted_n": _per_group(cells, cells["all_n"], size).astype(np.int64),
        }
    )


def _summed(strata: Codes, groups: Codes, users: Codes, n: Codes, successes: Codes) -> pd.DataFrame:
    """Return the counts of each person in each stratum and group, sorted by these."""
    n_groups, n_strata = int(groups.max(initial=0)) + 1, int(strata.max(initial=0)) + 1
    keys, place = np.unique((users * n_strata + strata) * n_groups + groups, return_inverse=True)
    person_stratum, group = np.divmod(keys, n_groups)
    user, stratum = np.divmod(person_stratum, n_strata)
    rows = pd.DataFrame({"user": user, "stratum": stratum, "group": group})
    rows["n"] = np.bincount(place, weights=n, minlength=len(keys))
    rows["successes"] = np.bincount(place, weights=successes, minlength=len(keys))
    return rows


def _cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each group in each stratum where there are others too, and what these hold."""
    cells = rows.groupby(["group", "stratum"], as_index=False)[_COUNTS].sum()
    strata = rows.groupby("stratum")[_COUNTS].sum().add_prefix("all_")
    cells = cells.join(strata, on="stratum")
    cells["share"] = cells["n"] / cells["all_n"]
    return cells[cells["n"] < cells["all_n"]].reset_index(drop=True)


def _per_group(cells: pd.DataFrame, values: pd.Series, size: int) -> Floats:
    return exact_sums(cells["group"].to_numpy(), values.to_numpy(np.float64), size)


def _uncertainty(
    cells: pd.DataFrame, difference: Floats, variance: Floats, freedom: Floats, level: float
) -> tuple[Floats, Floats, Floats]:
    """Return interval and p-value by Student's t, or Newcombe's interval without a variance."""
    from scipy.stats import t

    usable = variance > 0
    error = np.sqrt(np.where(usable, variance, np.nan))
    freedom = np.where(usable, np.maximum(freedom, 1), 1)
    half = t.ppf((1 + level) / 2, freedom) * error
    below, above = _independent(cells, len(difference), level)
    low = np.where(usable, difference - half, difference - below)
    high = np.where(usable, difference + half, difference + above)
    p_values = 2 * t.sf(np.abs(difference) / error, freedom)
    return np.maximum(low, -1), np.minimum(high, 1), p_values


def _independent(cells: pd.DataFrame, size: int, level: float) -> tuple[Floats, Floats]:
    """Return how far Newcombe's interval reaches, for all strata put together."""
    n, n_all, s, s_all = (
        _per_group(cells, cells[name], size)
        for name in ("n", "all_n", "successes", "all_successes")
    )
    sides = []
    for total, good in ((n, s), (n_all - n, s_all - s)):
        with np.errstate(invalid="ignore"):
            sides += [good / total, *wilson(good, total, level=level)]
    difference, low, high = newcombe(*sides)
    return difference - low, high - difference
