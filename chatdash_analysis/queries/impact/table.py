"""What each cluster costs: people, success beside comparable conversations, money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.impact.costs import costs_of
from chatdash_analysis.queries.impact.intervals import gap_intervals
from chatdash_analysis.queries.impact.normal_means import shrunken_means
from chatdash_analysis.queries.impact.rows import members_of, rows_of
from chatdash_analysis.queries.impact.strata import gaps_of, match
from chatdash_analysis.queries.impact.volumes import counted, flags_of, weeks_of
from chatdash_analysis.queries.links import link
from chatdash_analysis.rates import RATE_COLUMNS
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.queries.impact.strata import Gaps

    Floats = NDArray[np.float64]

__all__ = ["cluster_impact"]

# Stands in each row, because tables are copied and exported without their documentation.
_NOTE = "upper bound if fixed; an association, no proven cause"
_MEASURES = (
    "expected_rate", "difference", "difference_low", "difference_high",
    "recoverable", "recoverable_low", "recoverable_high", "recoverable_per_week",
    "shrunken_recoverable", "rank", "cost",
)  # fmt: skip
_DTYPES = {
    "cluster_id": "str", "label": "str", "kind": "str",
    "conversations": "int64", "share": "float64", "people": "int64",
    **dict.fromkeys(RATE_COLUMNS[:5], "int64"),
    **dict.fromkeys(RATE_COLUMNS[5:8], "float64"),
    "matched": "int64", "unmatched": "int64",
    **dict.fromkeys(_MEASURES, "float64"),
    "cost_platform": "str", "flags": "str", "note": "str",
}  # fmt: skip


# Each is a choice that whoever reads the result has to know.
def cluster_impact(  # noqa: PLR0913
    clusters: Any,
    conversations: pd.DataFrame,
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    strata: str | Sequence[str] = ("agent_id", "channel"),
    tz: str | tzinfo = "UTC",
    level: float = 0.95,
    n_boot: int = 500,
    random_state: int | np.random.Generator | None = 0,
    min_users: int = 5,
) -> pd.DataFrame:
    """Tell of each cluster whom it reaches, and how many successes it may stand for.

    Conversations in which something of the cluster was asked are held against those of
    the same agent, channel and month in which nothing was misunderstood. What they lack
    in success is what a fix could win back **at most**: if it made them like these
    conversations. It is an association: people who ask what an agent does not know may
    differ from others in other ways, too.

    Parameters
    ----------
    clusters : QueryClusters
        The clusters; queries that are in none make a row of their own, "unassigned".
    conversations : pandas.DataFrame
        All conversations of the time, also those without misunderstood queries.
    outcome : str
        Column of flags that says what succeeded.
    users : str
        Column of `conversations` that names people. If there is no ``user_id``,
        `identify_users` adds it.
    strata : str or sequence of str
        Columns inside whose combinations conversations are compared, in each month of
        its own.
    tz : str or tzinfo
        Time zone of the months.
    level : float
        Confidence level of the intervals.
    n_boot : int
        Resamples of people behind the intervals.
    random_state : int, numpy.random.Generator or None
        Seed of the resamples.
    min_users : int
        A stratum is compared with at least so many people without misunderstanding, and
        clusters of fewer people have neither interval nor rank.

    Returns
    -------
    pandas.DataFrame
        One row a cluster, by ``rank``, then "unassigned", then the total (``kind`` is
        ``cluster``, ``unassigned`` or ``total``): ``cluster_id`` (missing in the last
        two), ``label``, ``kind``; ``conversations`` with such a query, their ``share`` of
        all, and the ``people`` behind them; their rate of success (``n``,
        ``successes``, ``unknown``, ``excluded``, ``users``, ``rate``, ``low``, ``high``);
        ``matched`` (of `n`, conversations in strata with comparable ones) and
        ``unmatched`` (the others, which count for nothing that follows);
        ``expected_rate`` (of comparable conversations, in the same mix of strata) and
        ``difference`` (rate of the matched conversations less `expected_rate`) with its
        interval ``difference_low`` to ``difference_high``;
        ``recoverable`` (successes that the matched conversations lack; negative if they
        succeed more often) with ``recoverable_low`` to ``recoverable_high``,
        ``recoverable_per_week``, ``shrunken_recoverable`` (see Notes) and ``rank``, 1 for
        the largest of these; ``cost`` of the conversations, in the unit of
        ``cost_platform``; ``flags``; ``note`` (how to read it).

        A conversation with queries of several clusters counts in each of them for
        counts, rates and differences, but in ``recoverable`` and ``cost`` with one share
        in each: so all clusters and "unassigned" add up to the total.

        Flags: those of `rates_by`; ``few_people`` (fewer than `min_users`: no interval,
        no rank), ``unmatched`` (a tenth of `n` or more), ``no_reference`` (all of `n`),
        ``mixed_cost_units`` (costs of several platforms, or of unknown ones, are not
        added up), ``short_span`` (less than a week of conversations: no weekly number),
        ``gap`` (part of the time could not be loaded, so that the weekly number is too
        low), ``undated`` (some lack ``created_at`` and are unmatched) and, in the
        total, ``unclustered`` (the table has misunderstood conversations that are not
        among the queries clustered; they are in no row).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a query's conversation is not in the table, or an argument cannot be used.
    IncompleteError
        If the outcome asks who was reached, and only conversations with interaction
        were loaded.

    Notes
    -----
    With the share ``w`` of each matched conversation of the cluster, its outcome ``y`` and
    the rate ``r`` of comparable conversations in its stratum, ``recoverable`` is the sum of
    ``w (r - y)``: the attributable number. Its interval draws whole people again, with
    all that they did, and holds for the conversations at hand: their number is taken as
    given. Where all outcomes are equal it comes from Wilson's and Newcombe's formulas.

    Of many clusters the largest number is large by luck, too. So what one conversation
    lacks is pulled towards the mean of all clusters, the more the less is known of it
    (normal with normal means, by DerSimonian and Laird), and multiplied by their number.

    References
    ----------
    Bruzzi and others (1985), Estimating the population attributable risk for multiple
    risk factors using case-control data. Greenland and Drescher (1993), Maximum
    likelihood estimation of the attributable fraction from logistic models. Efron and
    Morris (1975), Data analysis using Stein's estimator and its generalizations.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(1_000)
    >>> asked = conversations.loc[conversations["misunderstood_count"] > 0, ["conversation_id"]]
    >>> clusters = SimpleNamespace(
    ...     queries=asked.assign(cluster_id="q001"),
    ...     summary=pd.DataFrame({"cluster_id": ["q001"], "label": ["All"]}),
    ... )
    >>> impact = cda.cluster_impact(clusters, conversations, n_boot=200)
    >>> impact["kind"].tolist()
    ['cluster', 'unassigned', 'total']
    >>> bool(impact["recoverable"].iloc[0] == impact["recoverable"].iloc[-1] > 0)
    True
    """
    names = _checked(conversations, outcome, strata, level, min_users)
    links = link(clusters, conversations, summary=["cluster_id", "label"], use="cluster_impact")
    rows = rows_of(conversations, links, outcome=outcome, users=users, strata=names, tz=tz)
    members = members_of(links)
    matched = match(rows, members, min_users)
    gaps = gaps_of(rows, matched)
    lacking, difference, variance = gap_intervals(
        rows, matched, gaps, level=level, n_boot=n_boot, random_state=random_state
    )
    table = counted(links, rows, members, level)
    table = table.assign(matched=gaps.n, unmatched=matched.unmatched)
    table = _estimated(table, gaps, lacking, difference, min_users)
    table = _ranked(table, gaps, variance).assign(**costs_of(conversations, members))
    table = table.assign(
        recoverable_per_week=table["recoverable"] / weeks_of(conversations),
        flags=flags_of(table, links, conversations, members),
        note=_NOTE,
    )
    order = table.sort_values(["place", "rank"], kind="stable", na_position="last").index
    table = table.loc[order, list(_DTYPES)].astype(_DTYPES).reset_index(drop=True)
    table.attrs["cluster_impact"] = {"outcome": outcome, "strata": names, "level": level}
    return table


def _checked(
    conversations: pd.DataFrame,
    outcome: str,
    strata: str | Sequence[str],
    level: float,
    min_users: int,
) -> list[str]:
    """Check the arguments; return the columns that make the strata."""
    check_level(level)
    if isinstance(min_users, bool) or not isinstance(min_users, (int, np.integer)) or min_users < 1:
        raise InputError(f"min_users={min_users!r} is no number of people. Give 5, for example.")
    require_dataframe(conversations, "cluster_impact")
    names = labels_of(strata, conversations, ())
    needed = ["conversation_id", "created_at", "misunderstood_count", outcome, *names]
    require_columns(conversations, needed, "cluster_impact")
    return names


def _estimated(
    table: pd.DataFrame, gaps: Gaps, lacking: Floats, difference: Floats, min_users: int
) -> pd.DataFrame:
    few = table["people"].to_numpy() < min_users
    shown = {
        "difference_low": difference[0], "difference_high": difference[1],
        "recoverable_low": lacking[0] * gaps.weight, "recoverable_high": lacking[1] * gaps.weight,
    }  # fmt: skip
    some = gaps.n > 0
    return table.assign(
        expected_rate=gaps.expected,
        difference=gaps.difference,
        recoverable=np.where(some, gaps.missing, np.nan),
        few=few,
        **{name: np.where(few, np.nan, ends) for name, ends in shown.items()},
    )


def _ranked(table: pd.DataFrame, gaps: Gaps, variance: Floats) -> pd.DataFrame:
    """Pull what a conversation of each cluster lacks towards the mean, and rank the sums."""
    ranked = table["kind"].eq("cluster") & table["recoverable_low"].notna()
    lacking = np.where(ranked, gaps.lacking, np.nan)
    shrunken = shrunken_means(lacking, variance) * gaps.weight
    rank = pd.Series(shrunken).rank(ascending=False, method="min")
    return table.assign(shrunken_recoverable=shrunken, rank=rank)
