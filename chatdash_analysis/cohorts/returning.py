"""Who comes back: how soon after the first contact, and how it goes at the n-th."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.cohorts.contacts import contacts_of, first_labels, observed_until
from chatdash_analysis.cohorts.gaps import flag_gaps
from chatdash_analysis.cohorts.layout import origin
from chatdash_analysis.cohorts.questions import TIME, eager_frame
from chatdash_analysis.cohorts.recontacts import ordinals, time_to_second
from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.rates import RATE_COLUMNS, add_flag, wilson
from chatdash_analysis.segments import outcome_rates, with_users
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.spans import Moment

    Floats = NDArray[np.float64]

__all__ = ["contact_table", "return_curve"]

_MOST_CURVES = 100
_CURVE = {
    "day": "int64", "at_risk": "int64", "returned": "int64", "rate": "float64",
    "low": "float64", "high": "float64", "flags": "str", "p_value": "float64",
}  # fmt: skip
_CONTACTS = ("contact", "contact_label", *RATE_COLUMNS)


def return_curve(
    conversations: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    *,
    users: str = "user_id",
    as_of: Moment | None = None,
    tz: str | tzinfo = "UTC",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give the share of people who had a second contact by each day after the first.

    People whom the data follow for a short time only are counted as long as they are
    followed (Kaplan and Meier). The share of people who ever came back is lower, because
    the newest had little time to.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``created_at``.
    by : str or sequence of str, optional
        Columns that split people, by their value at first contact; one curve each.
    users : str
        Column that names people. Without ``user_id``, `identify_users` adds it; for
        another rule, call ``identify_users(conversations, rule=...)`` first.
    as_of : str, date or Timestamp, optional
        Until when conversations were observed, as in `retention_table`.
    tz : str or tzinfo
        Time zone of `as_of` if it has none.
    min_n : int
        Where fewer people are at risk, the rate is missing.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each whole day, as far as somebody of the group is followed: the
        columns of `by`; ``day`` (since the first contact, 24 hours each); ``at_risk``
        (people who were still followed at that time and had not come back before),
        ``returned`` (people who had by then); ``rate`` (1 - Kaplan-Meier) with the
        pointwise interval ``low`` to ``high`` (log-log with Greenwood's variance; while
        nobody or everybody has returned, Wilson's on those at risk); ``flags``
        (``small_n``; ``gap``: a part could not be loaded); ``p_value`` of the log-rank
        test that all curves are one, the same in all rows and missing for one curve.
        ``attrs["cohorts"]`` says until when was observed, and how many conversations were
        left out for what reason.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible, or `by` makes more than 100 curves.

    Notes
    -----
    Any later contact is a return, also one after two minutes.

    People who were there before the data begin count as new, from their first contact in
    the data on. To leave them out, keep the people first seen some time after the start;
    ``retention_table(..., burn_in="auto").attrs["cohorts"]`` proposes how many days::

        people = identify_users(conversations)
        first = people.groupby("user_id")["created_at"].transform("min")
        new = people[first >= people["created_at"].min() + pd.Timedelta(days=90)]

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations.
    Kalbfleisch and Prentice (2002), The statistical analysis of failure time data, 1.4.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> curve = cda.return_curve(cda.load_sample(600))
    >>> curve["rate"].dropna().is_monotonic_increasing
    True
    """
    frame = eager_frame(conversations, "return_curve")
    check_level(level)
    names = labels_of(by or [], frame, tuple(_CURVE))
    require_columns(frame, [*names, TIME], "return_curve")
    frame = with_users(frame, users, use="return_curve")
    end = observed_until(frame, TIME, as_of, tz)
    needed = frame[list(dict.fromkeys([users, TIME, *names]))]
    contacts = contacts_of(needed, users=users, time=TIME, as_of=end)
    days, returned = time_to_second(contacts)
    group, keys = first_labels(contacts, names)
    keys = keys.iloc[: int(group.max(initial=-1)) + 1]
    if len(keys) > _MOST_CURVES:
        raise InputError(
            f"by={by!r} makes {len(keys):,} curves; {_MOST_CURVES} are possible. Join rare values"
            " into one first."
        )
    curves = [_curve(days[group == g], returned[group == g], level) for g in range(len(keys))]
    table = pd.DataFrame(np.concatenate([np.empty((0, 6)), *curves]), columns=list(_CURVE)[:6])
    few = table["at_risk"] < max(min_n, 1)
    rates = {name: table[name].mask(few) for name in ("rate", "low", "high")}
    flags = add_flag(pd.Series("", index=table.index, dtype="str"), few, "small_n")
    flags = flag_gaps(flags, frame)
    table = table.assign(**rates, flags=flags, p_value=_log_rank(days, returned, group))
    labels = keys.take(np.repeat(np.arange(len(keys)), [len(curve) for curve in curves]))
    table = pd.concat([labels.reset_index(drop=True), table.astype(_CURVE)], axis=1)
    table.attrs["cohorts"] = origin(contacts.facts)
    return table


def _curve(days: Floats, returned: NDArray[np.bool_], level: float) -> Floats:
    """Return day, at_risk, returned, rate, low and high of one group, one row a day."""
    from scipy.stats import CensoredData, ecdf

    grid = np.arange(np.floor(days.max()) + 1)
    stay = ecdf(CensoredData(days[returned], right=days[~returned])).sf
    at_risk = len(days) - np.searchsorted(np.sort(days), grid, side="left")
    so_far = np.searchsorted(np.sort(days[returned]), grid, side="right")
    rate = 1 - stay.evaluate(grid)
    low, high = wilson(rate * at_risk, at_risk, level=level)
    inside = (rate > 0) & (rate < 1)
    if inside.any():
        limits = _log_log(stay, level)
        low[inside] = 1 - limits.high.evaluate(grid[inside])
        high[inside] = 1 - limits.low.evaluate(grid[inside])
    return np.column_stack([grid, at_risk, so_far, rate, low, high])


def _log_log(stay: Any, level: float) -> Any:
    """Return the interval; scipy warns where everybody has come back, which is not used."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return stay.confidence_interval(confidence_level=level, method="log-log")


def _log_rank(days: Floats, returned: NDArray[np.bool_], group: NDArray[np.int64]) -> float:
    """Return the p-value of the log-rank test; missing where there is nothing to compare."""
    from statsmodels.duration.survfunc import survdiff

    if not returned.any():
        return np.nan
    # Whoever was gone before the first return says nothing, and a group of them breaks the test.
    moments = np.unique(days[returned])
    there = days >= moments[0]
    if len(np.unique(group[there])) < 2:
        return np.nan
    # Only the order of returns counts, and fewer distinct times are faster.
    times = np.searchsorted(moments, days[there], side="right")
    try:
        _, p_value = survdiff(times, returned[there].astype(np.int64), group[there])
    except np.linalg.LinAlgError:
        return np.nan
    return float(p_value)


def contact_table(
    conversations: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    max_contacts: int = 5,
    as_of: Moment | None = None,
    tz: str | tzinfo = "UTC",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give the rate of an outcome at a person's first, second, third ... contact.

    Read it as a description of conversations, not of what coming back does: people with
    many contacts are other people than those with one.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``created_at``.
    by : str or sequence of str, optional
        Columns that split the conversations. Contacts are counted over all of them.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field, ``no_answer``.
    users : str
        Column that names people. Without ``user_id``, `identify_users` adds it; for
        another rule, call ``identify_users(conversations, rule=...)`` first.
    max_contacts : int
        Contacts from this one on share a row.
    as_of : str, date or Timestamp, optional
        Until when conversations were observed, as in `retention_table`.
    tz : str or tzinfo
        Time zone of `as_of` if it has none.
    min_n : int
        Rows with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`; ``contact`` (1 for a person's first conversation in the data;
        one more than the person's earlier ones), ``contact_label`` ("1", ..., "5+"), and
        the columns of `rates_by` from ``n`` to ``flags``. Conversations without a
        known person are left out; ``attrs["cohorts"]`` tells how many, and until when was
        observed.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible.
    IncompleteError
        As in `rates_by`.

    Notes
    -----
    People who were there before the data begin count as new: what was their tenth contact
    may be the first here. The notes of `return_curve` show how to leave them out.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> contacts = cda.contact_table(cda.load_sample(600), max_contacts=3)
    >>> contacts["contact_label"].tolist()
    ['1', '2', '3+']
    """
    frame = eager_frame(conversations, "contact_table")
    most = _most(max_contacts)
    names = labels_of(by or [], frame, _CONTACTS)
    require_columns(frame, [*names, outcome, TIME], "contact_table")
    frame = with_users(frame, users, use="contact_table")
    end = observed_until(frame, TIME, as_of, tz)
    contacts = contacts_of(frame, users=users, time=TIME, as_of=end)
    rows = contacts.rows.assign(contact=np.minimum(ordinals(contacts), most))
    table = outcome_rates(
        rows, [*names, "contact"], outcome=outcome, users=users, min_n=min_n, level=level,
        use="contact_table",
    )  # fmt: skip
    words = table["contact"].astype("str")
    words = words.where(table["contact"] < most, f"{most}+").astype("str")
    table.insert(len(names) + 1, "contact_label", words)
    table["flags"] = flag_gaps(table["flags"], frame)
    table.attrs["cohorts"] = origin(contacts.facts)
    return table


def _most(max_contacts: int) -> int:
    whole = isinstance(max_contacts, (int, np.integer)) and not isinstance(max_contacts, bool)
    if not whole or max_contacts < 1:
        raise InputError(f"max_contacts={max_contacts!r} is no number of contacts, such as 5.")
    return int(max_contacts)
