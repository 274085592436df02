"""Agents, clients or campaigns side by side, without rewarding luck."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.counting import group_sums, labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.rates import RATE_COLUMNS, add_flag, precision, with_rate
from chatdash_analysis.segments import outcome_sums, outcome_values
from chatdash_analysis.shrinkage import fit_beta, funnel_limits, over_dispersion
from chatdash_analysis.tables import column_names, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["league_table"]

_OWN = (
    "effective_n", "overall", "shrunken_rate", "shrunken_low", "shrunken_high", "p_better",
    "limit_low", "limit_high", "limit_low_998", "limit_high_998", "rank",
)  # fmt: skip
_VERDICT = "evaluation_is_success"


def league_table(
    conversations: Any,
    by: str | Sequence[str] = "agent_id",
    *,
    outcome: str = _VERDICT,
    users: str = "user_id",
    apart_by: str | None = None,
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rank groups by a rate that small groups cannot win by luck, with funnel-plot limits.

    Of many agents the one with the best rate is likely to be a small one that was lucky.
    Here each rate is pulled towards that of all groups, the more the smaller the group
    and the less the groups differ. The limits answer another question: is a group like
    the others at all?

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations; polars, DuckDB, Dask and PySpark frames as of `scan_cache`.
    by : str or sequence of str
        Columns that make the groups; a missing label is a group.
    outcome : str
        Column of flags. Evaluations of different platforms follow different rubrics.
    users : str
        Column that names people. If a DataFrame has no ``user_id``, `identify_users`
        adds it; frames of other engines need a column, ``lead_id`` for example.
    apart_by : str, optional
        Column inside whose values groups are compared, ``platform`` for example: a
        league of its own for each value.
    min_n : int
        Groups with fewer known outcomes show no raw rate and are not held against the
        limits; they have a shrunken rate and a rank.
    level : float
        Confidence level of the intervals; the limits are always of 95 and 99.8 %.

    Returns
    -------
    pandas.DataFrame
        One row a group, the best first, groups without a known outcome last:
        `apart_by`, the columns of `by`; ``n``, ``successes``, ``unknown``, ``excluded``, ``users``,
        ``rate``, ``low``, ``high``, ``flags`` as in `rates_by`; ``effective_n`` (as many
        independent conversations would tell as much); ``overall`` (rate of all groups);
        ``shrunken_rate`` with its interval ``shrunken_low`` to ``shrunken_high``;
        ``p_better`` (probability that the true rate is above that of the median group);
        ``limit_low``, ``limit_high`` (95 % of groups like the others stay between them),
        ``limit_low_998``, ``limit_high_998`` (99.8 %); ``rank`` by ``shrunken_rate``,
        1 is best, missing without a known outcome.

        Flags of their own are ``outside_998`` (outside of the limits of 99.8 %),
        ``outside_95`` (only of those of 95 %: 1 group in 20 is there by chance),
        ``single`` (no other group to compare with: nothing is shrunken) and
        ``mixed_platforms`` (the evaluations compared are of several platforms).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the outcome is not a flag, or `apart_by` is one of `by`.
    IncompleteError
        If the outcome asks who was reached, and only conversations with interaction
        were loaded.

    Notes
    -----
    The shrunken rate is ``(s + k m) / (n + k)`` on effective numbers, the mean of a
    beta-binomial posterior with mean ``m`` and strength ``k`` by moments. The limits are
    Spiegelhalter's ``p0 +- z sqrt(p0 (1 - p0) / n + tau**2)``, where ``tau**2`` is the
    variance between groups beyond chance, by DerSimonian and Laird: groups differ, so
    what is outside differs more than groups do. Of few groups, one that is far off makes
    the limits wide. See `chatdash_analysis.shrinkage`.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> league = cda.league_table(cda.load_sample(600), by="channel")
    >>> league.loc[league["rank"] == 1, "channel"].item()
    'Webchat'
    """
    check_level(level)
    frame = opened(conversations)
    names = _names(frame, by, apart_by)
    sums = outcome_sums(frame, names, outcome=outcome, users=users, use="league_table")
    # How many independent conversations would have the same variance.
    rates = with_rate(sums, level=level, min_n=min_n)
    table = rates.assign(effective_n=sums["n"] / precision(sums)[0])
    groups = [table] if apart_by is None else _parts(table, apart_by)
    table = pd.concat([_compared(part, level) for part in groups], ignore_index=True)
    table = table.assign(flags=_flags(table, _is_mixed(frame, outcome, names)))
    return table[[*names, *RATE_COLUMNS, *_OWN]]


def _names(frame: Any, by: str | Sequence[str], apart_by: str | None) -> list[str]:
    names = labels_of(by, frame, (*RATE_COLUMNS, *_OWN, "rows"))
    if not names:
        raise InputError("by=() names no column. Give agent_id, for example.")
    if apart_by is None:
        return names
    if apart_by in names:
        raise InputError(f"apart_by={apart_by!r} is also in by={by!r}. Give another column.")
    return labels_of([apart_by, *names], frame, (*RATE_COLUMNS, *_OWN, "rows"))


def _parts(table: pd.DataFrame, apart_by: str) -> list[pd.DataFrame]:
    """Cut the table at the values of a column; a missing one is a value."""
    parts = [part for _, part in table.groupby(apart_by, dropna=False, sort=False)]
    return parts or [table]


def _compared(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Add what a group is among the others of one league, and rank it."""
    n = table["effective_n"].to_numpy(np.float64)
    total = table[["n", "successes"]].sum()
    overall = total["successes"] / total["n"] if total["n"] else np.nan
    with np.errstate(invalid="ignore"):
        rate = table["successes"].to_numpy(np.float64) / table["n"].to_numpy(np.float64)
    successes = np.where(n > 0, rate * n, 0.0)
    table = table.assign(overall=overall, **_shrunken(successes, n, level))
    tau2 = over_dispersion(successes, n)
    for suffix, share in (("", 0.95), ("_998", 0.998)):
        low, high = funnel_limits(overall, n, tau2=tau2, level=share)
        table[f"limit_low{suffix}"], table[f"limit_high{suffix}"] = low, high
    rank = table["shrunken_rate"].rank(ascending=False, method="min")
    return table.assign(rank=rank).sort_values("rank", kind="stable", na_position="last")


def _shrunken(successes: Floats, n: Floats, level: float) -> dict[str, Floats]:
    known = n > 0
    found = {name: np.full(len(n), np.nan) for name in _OWN[2:6]}
    if known.sum() == 1:
        # Nothing to be pulled to.
        found["shrunken_rate"][known] = successes[known] / n[known]
    elif known.any():
        prior = fit_beta(successes, n)
        low, high = prior.interval(successes[known], n[known], level=level)
        found["shrunken_rate"][known] = prior.shrunken(successes[known], n[known])
        found["shrunken_low"][known], found["shrunken_high"][known] = low, high
        found["p_better"][known] = prior.better_than_median(successes[known], n[known])
    return found


def _is_mixed(frame: Any, outcome: str, names: Sequence[str]) -> bool:
    """Tell whether evaluations of several platforms are compared."""
    if outcome != _VERDICT or "platform" in names or "platform" not in column_names(frame):
        return False
    known = {"n": outcome_values(frame, outcome)["n"]}
    return int((group_sums(frame, ["platform"], known)["n"] > 0).sum()) > 1


def _flags(table: pd.DataFrame, mixed: bool) -> pd.Series:
    rate = table["rate"]
    beyond = (rate < table["limit_low_998"]) | (rate > table["limit_high_998"])
    outside = (rate < table["limit_low"]) | (rate > table["limit_high"])
    flags = add_flag(table["flags"], beyond, "outside_998")
    flags = add_flag(flags, outside & ~beyond, "outside_95")
    alone = table["shrunken_rate"].notna() & table["p_better"].isna()
    flags = add_flag(flags, alone, "single")
    return add_flag(flags, np.full(len(table), mixed), "mixed_platforms")
