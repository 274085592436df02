"""Each cluster and period beside the periods before: ratio, interval, test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.queries.trends.poisson_rates import rate_ratio, same_rate
from chatdash_analysis.rates import false_discovery

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.trends.counts import Counts
    from chatdash_analysis.queries.trends.states import Rules

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["ratios_of"]


def ratios_of(
    counts: Counts,
    before_users: Codes,
    before_exposure: Codes,
    known: NDArray[np.bool_],
    rules: Rules,
) -> dict[str, Floats]:
    """Return the ratio of the rates, its interval, and the test, where there is one.

    Parameters
    ----------
    before_users : numpy.ndarray of int64, shape (series, periods)
        People who asked before.
    before_exposure : numpy.ndarray of int64, shape (periods,)
        Conversations that took place before.
    known : numpy.ndarray of bool, shape (periods,)
        Which periods can be compared with what is before them.
    """
    now = counts.users
    # A volume of 0 would divide by 0; nothing is asked there.
    volume = np.where(known, counts.exposure, 1)
    volume0 = np.where(known, before_exposure, 1)
    ratio, low, high = rate_ratio(now, volume, before_users, volume0, level=rules.level)
    # By the sum of both, which says nothing of which one is larger.
    tested = known & (now + before_users >= rules.min_users)
    p_values = np.where(tested, same_rate(now, volume, before_users, volume0), np.nan)
    shown = {"ratio": ratio, "ratio_low": low, "ratio_high": high}
    return {
        **{name: np.where(known, values, np.nan) for name, values in shown.items()},
        "p_value": p_values,
        "q_value": _over_series(p_values),
    }


def _over_series(p_values: Floats) -> Floats:
    """Correct the tests of each period for their number."""
    q_values = np.full(p_values.shape, np.nan)
    for period, own in enumerate(p_values.T):
        q_values[:, period] = false_discovery(own)
    return q_values
