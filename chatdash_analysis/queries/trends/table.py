"""Clusters over time: which of them grow, and not only because everything grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.codes import user_codes
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.links import link
from chatdash_analysis.queries.trends.counts import before, count_trends, intervals
from chatdash_analysis.queries.trends.periods import calendar_of
from chatdash_analysis.queries.trends.ratios import ratios_of
from chatdash_analysis.queries.trends.states import (
    Rules,
    first_whole,
    with_births,
    with_fixes,
    words,
)
from chatdash_analysis.rates import add_flag
from chatdash_analysis.segments import with_users
from chatdash_analysis.spans import read_moment
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from datetime import tzinfo

    from chatdash_analysis.periods import Freq
    from chatdash_analysis.queries.links import Links
    from chatdash_analysis.queries.trends.counts import Counts
    from chatdash_analysis.queries.trends.periods import Calendar

__all__ = ["cluster_trends"]

_DTYPES = {
    "cluster_id": "str", "label": "str", "period": "datetime64[us]",
    "queries": "int64", "conversations": "int64", "users": "int64", "exposure": "int64",
    "per_1000": "float64", "low": "float64", "high": "float64",
    "before_conversations": "int64", "before_users": "int64", "before_exposure": "int64",
    "ratio": "float64", "ratio_low": "float64", "ratio_high": "float64",
    "p_value": "float64", "q_value": "float64",
    "state": "str", "fixed_at": "datetime64[us, UTC]", "cluster_users": "float64",
    "complete": "boolean", "flags": "str",
}  # fmt: skip
_SUMMARY = ("cluster_id", "label", "status", "fixed_at")


# Each is a choice that whoever reads a state has to know.
def cluster_trends(  # noqa: PLR0913
    clusters: Any,
    conversations: pd.DataFrame,
    *,
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    baseline: int = 4,
    users: str = "user_id",
    level: float = 0.95,
    max_q: float = 0.05,
    min_users: int = 3,
    max_left: float = 0.25,
) -> pd.DataFrame:
    """Tell of each cluster and period whether it is asked more or less than just before.

    What counts is how many people ask, for each conversation that took place: if all
    volume doubles, no cluster grows; and whoever asks the same five times in one period
    is one person. The test is exact, for small numbers too, and corrected for the number
    of clusters.

    Parameters
    ----------
    clusters : QueryClusters
        The clusters; queries that are in none make one more series, "unassigned".
    conversations : pandas.DataFrame
        All conversations of the time, also those without misunderstood queries: they
        are what rates are relative to. To follow one agent, pass its conversations and
        the clusters of its queries.
    freq : {"D", "W", "M"}
        Local days, weeks (from Monday) or months.
    tz : str or tzinfo
        Time zone of the periods.
    baseline : int
        How many periods before are put together to compare with.
    users : str
        Column of `conversations` that names people. If there is no ``user_id``,
        `identify_users` adds it.
    level : float
        Confidence level of the intervals.
    max_q : float
        Largest q-value that is called growing or falling: so large a share of such
        findings may be false.
    min_users : int
        With fewer people in the period and before it together nothing is tested, and a
        cluster of fewer people is not called new.
    max_left : float
        A fixed cluster is resolved once surely less than this share of its rate is left.

    Returns
    -------
    pandas.DataFrame
        One row a cluster and period, clusters in the order of ``clusters.summary``,
        "unassigned" (``cluster_id`` missing) last, periods from the first conversation
        to the last: ``cluster_id``, ``label``, ``period`` (its first local date);
        ``queries``, ``conversations`` that hold one, ``users`` (people behind these),
        ``exposure`` (all conversations of the period); ``per_1000`` (conversations with
        it for each 1,000) with its interval ``low`` to ``high``;
        ``before_conversations``, ``before_users`` (of each period, added up) and
        ``before_exposure`` of those of the `baseline` periods before that are complete;
        ``ratio`` (people for each conversation, now divided by before; infinite if
        nobody asked before) with its interval ``ratio_low`` to ``ratio_high``;
        ``p_value`` (exact, two-sided) and ``q_value`` (Benjamini-Hochberg over the
        series of the period), missing where nothing is tested; ``state``; ``fixed_at``
        (when the cluster was marked as fixed, missing if it is open); ``cluster_users``
        (known people who ever asked, of ``clusters.summary``, missing if it does not tell);
        ``complete`` (the whole period was loaded, and its queries clustered); ``flags``:
        ``partial`` (not complete: never tested, and compared with by none), ``gap``
        (a part could not be loaded), ``unclustered`` (some misunderstood conversations
        of the period are not among the queries clustered), ``short_baseline`` (fewer
        than `baseline` periods to compare with) and ``undated`` (the table has
        conversations without ``created_at``, which are left out).

        States:

        ``new``
            By this period `min_users` people have asked, the first of them in it or one of
            the `baseline` periods before; nobody asked in the periods before that, which
            are `baseline` at least. Once for each cluster, and only if so many askers in so
            late a part of the volume are unlikely to be chance.
        ``growing``, ``falling``
            The rate differs from before, with a q-value of at most `max_q`.
        ``stable``
            No difference is shown; a small one may be there.
        ``resolved``
            Marked as fixed, and since then, in two complete periods at least, the
            upper limit of the rate is below `max_left` of the rate in the `baseline`
            periods before the fix. Small clusters need many periods for that.
        ``regressed``
            Marked as fixed, but growing again; or the lower limit of the last
            `baseline` periods, two at least, is above `max_left` of the old rate: it
            came back, or never went.
        ``too_few``
            Fewer than `min_users` people.
        ``unknown``
            Not complete, or nothing before it to compare with.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a query's conversation is not in the table, or an argument cannot be used.

    Notes
    -----
    Of the people who ask now or before, each asks now with the chance of the share of the
    conversations that take place now, if nothing changed (Przyborowski and Wilenski). The
    test takes people, not conversations, because the conversations of one person are not
    independent, so that counting them would find growth where one person calls daily.
    Somebody who comes back in other periods counts once in each; that makes the test a little
    cautious. Interval and p-value are two different exact methods and may disagree at
    the border.

    References
    ----------
    Przyborowski and Wilenski (1940), Homogeneity of results in testing samples from
    Poisson series. Benjamini and Hochberg (1995), Controlling the false discovery rate.
    Clopper and Pearson (1934), The use of confidence or fiducial limits.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import pandas as pd
    >>> import chatdash_analysis as cda
    >>> conversations = cda.load_sample(2_000)
    >>> asked = conversations.loc[conversations["misunderstood_count"] > 0, ["conversation_id"]]
    >>> summary = pd.DataFrame({"cluster_id": ["q001"], "label": ["All"], "status": ["open"]})
    >>> clusters = SimpleNamespace(
    ...     queries=asked.assign(cluster_id="q001"),
    ...     summary=summary.assign(fixed_at=pd.Series([pd.NaT], dtype="datetime64[us, UTC]")),
    ... )
    >>> trends = cda.cluster_trends(clusters, conversations, freq="M", baseline=2)
    >>> trends.loc[trends["cluster_id"] == "q001", "state"].tolist()
    ['unknown', 'stable', 'stable', 'stable', 'stable', 'stable']
    """
    rules = _rules(baseline, max_q, min_users, max_left, level)
    require_dataframe(conversations, "cluster_trends")
    require_columns(conversations, ["conversation_id", "created_at"], "cluster_trends")
    links = link(clusters, conversations, summary=_SUMMARY, use="cluster_trends")
    people = with_users(conversations, users, use="cluster_trends")[users]
    calendar = calendar_of(conversations, freq, tz)
    counts = count_trends(links, calendar, user_codes(people), conversations)
    columns = _columns(links, calendar, counts, rules)
    table = _long(columns, links, calendar)
    flags = _flags(table, counts, calendar, rules)
    table = table.assign(flags=flags)[list(_DTYPES)].astype(_DTYPES)
    table.attrs["cluster_trends"] = {
        "freq": freq, "tz": str(tz), "baseline": baseline, "level": level, "max_q": max_q,
    }  # fmt: skip
    return table


def _rules(baseline: int, max_q: float, min_users: int, max_left: float, level: float) -> Rules:
    for name, value in (("baseline", baseline), ("min_users", min_users)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise InputError(f"{name}={value!r} is no whole number above 0. Give 4, for example.")
    for name, share in (("max_q", max_q), ("max_left", max_left)):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise InputError(f"{name}={share!r} is no share above 0. Give 0.05, for example.")
    return Rules(int(baseline), max_q, int(min_users), max_left, check_level(level))


def _columns(links: Links, calendar: Calendar, counts: Counts, rules: Rules) -> dict[str, Any]:
    """Return the columns as arrays of series and periods."""
    whole = calendar.whole & counts.known
    rate, low, high = intervals(counts, rules.level)
    earlier = {
        name: before(values, whole, rules.baseline)
        for name, values in (
            ("before_conversations", counts.conversations),
            ("before_users", counts.users),
            ("before_exposure", counts.exposure),
        )
    }
    known = whole & (counts.exposure > 0) & (earlier["before_exposure"] > 0)
    ratios = ratios_of(counts, earlier["before_users"], earlier["before_exposure"], known, rules)
    found = words(
        ~np.isnan(ratios["p_value"]),
        np.broadcast_to(known, rate.shape),
        ratios["q_value"],
        ratios["ratio"],
        rules,
    )
    found = with_births(found, counts, whole, rules)
    found = with_fixes(found, _fixes(links, calendar), counts, whole, rules)
    return {
        "queries": counts.queries, "conversations": counts.conversations, "users": counts.users,
        "exposure": counts.exposure,
        "per_1000": rate * 1000, "low": low * 1000, "high": high * 1000,
        **earlier, **ratios, "state": found, "complete": whole,
    }  # fmt: skip


def _fixes(links: Links, calendar: Calendar) -> dict[int, tuple[int, int]]:
    """Return of each cluster marked as fixed which periods lie before and after the fix."""
    return {
        int(place): first_whole(calendar.edges, int(moment.as_unit("us").asm8.astype("int64")))
        for place, moment in enumerate(_fixed_at(links))
        if moment is not pd.NaT
    }


def _fixed_at(links: Links) -> list[Any]:
    """Return when each series was marked as fixed; NaT where it is open."""
    marked = links.summary["status"].eq("fixed") & links.summary["fixed_at"].notna()
    moments = zip(links.summary["fixed_at"], marked, strict=True)
    return [read_moment(at, "fixed_at", "UTC") if own else pd.NaT for at, own in moments] + [pd.NaT]


def _long(columns: dict[str, Any], links: Links, calendar: Calendar) -> pd.DataFrame:
    """Lay the arrays out in one row a series and period."""
    shape = (links.series, len(calendar))
    series = np.repeat(np.arange(links.series), len(calendar))
    fixed_at = pd.to_datetime(pd.Series(_fixed_at(links)), utc=True)
    people = links.summary.reindex(columns=["users"])["users"]
    people = pd.to_numeric(people, errors="coerce").astype("float64")
    return pd.DataFrame(
        {
            "cluster_id": links.ids.take(series).array,
            "label": links.labels.take(series).array,
            "period": np.tile(calendar.names.to_numpy(), links.series),
            "fixed_at": fixed_at.take(series).array,
            "cluster_users": people.reindex(series).array,
            **{name: np.broadcast_to(values, shape).ravel() for name, values in columns.items()},
        },
        index=pd.RangeIndex(len(series)),
    )


def _flags(table: pd.DataFrame, counts: Counts, calendar: Calendar, rules: Rules) -> pd.Series:
    whole = calendar.whole & counts.known
    usable = before(np.ones(len(calendar), dtype=np.int64), whole, rules.baseline)
    marks = {
        "partial": ~whole,
        "gap": calendar.gaps,
        "unclustered": counts.missing,
        "short_baseline": whole & (usable > 0) & (usable < rules.baseline),
        "undated": np.full(len(calendar), not calendar.dated.all()),
    }
    flags = pd.Series("", index=table.index, dtype="str")
    for name, mark in marks.items():
        flags = add_flag(flags, np.resize(mark, len(table)), name)
    return flags
