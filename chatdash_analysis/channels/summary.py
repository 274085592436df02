"""Channels and countries: volume, success, hand-off, answer, length, cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.channels.costs import effective_users
from chatdash_analysis.channels.kinds import side_values, with_kinds
from chatdash_analysis.channels.measures import (
    MEASURES,
    SQUARES,
    WORK_COLUMNS,
    cost_columns,
    cost_sources,
    duration_columns,
    measure_values,
    with_numbers,
)
from chatdash_analysis.counting import group_sums, labels_of
from chatdash_analysis.rates import FEW_USERS, PRODUCTS, RATE_COLUMNS, add_flag, with_rate
from chatdash_analysis.segments import (
    REACH_OUTCOMES,
    outcome_rates,
    outcome_values,
    reach_is_loaded,
    require_reach,
    with_flags,
    with_users,
)
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["channel_summary", "country_summary"]

_COUNTS = ("n", "successes", "unknown")
_SIDE_COLUMNS = (*_COUNTS, "excluded", "rate", "low", "high", "flags")
_SIDES = ("handoff_", "no_answer_")
_OWN_COLUMNS = (
    "conversations", "share", *RATE_COLUMNS,
    *(side + name for side in _SIDES for name in _SIDE_COLUMNS), *MEASURES,
)  # fmt: skip
_NEEDED = (
    "platform", "channel", "status", "interacted", "no_answer", "duration_minutes", "cost",
)  # fmt: skip
# Sums over people of the products of their sums, for the variances.
_SQUARES = (("n", "n"), ("n", "successes"), ("successes", "successes"))
_PRODUCTS = [
    *(product for product in PRODUCTS if product != ("successes", "n")),
    *((side + a, side + b) for side in _SIDES for a, b in _SQUARES),
    *SQUARES,
]


def channel_summary(
    conversations: Any,
    by: str | Sequence[str] = "channel",
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Sum up each channel: volume, success, hand-off, no answer, length and cost.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations; polars, DuckDB, Dask and PySpark frames as of `scan_cache`.
    by : str or sequence of str
        Columns that make the groups; a missing label is a group.
    outcome : str
        Column of flags that says what succeeded.
    users : str
        Column that names people. If a DataFrame has no ``user_id``, `identify_users`
        adds it; frames of other engines need a column, ``lead_id`` for example.
    min_n : int
        Groups with fewer known outcomes show counts but no rate.
    level : float
        Confidence level of the intervals; all of them know that conversations
        cluster in people.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted: the columns of `by`, ``conversations``, their ``share``
        of all, and the rate of success (``n``, ``successes``, ``unknown``, ``excluded``,
        ``users``, ``rate``, ``low``, ``high``, ``flags``). Then two more rates, each
        with counts, interval and flags of its own (``handoff_flags``: ``no_known``,
        ``small_n``, ``one_outcome`` as in `rates_by`), but without ``users``: their
        intervals take the effective number of people, from how conversations are spread
        over them, and at least 5. Then length and cost:

        ``handoff_*``
            Chats of which a person was asked to take over (``status`` is pending or
            human). Only chats in the widget of a text agent count; elsewhere the
            status says nothing. Widgets that are not ChatDash's cannot be told apart:
            they look like the flag ``no_handoff_seen``.
        ``no_answer_*``
            Calls that were not answered. Other channels are excluded. If only
            conversations with interaction were loaded, all are (flag
            ``reach_not_loaded``).
        ``duration_minutes_n``, ``_mean``, ``_low``, ``_high``
            Mean length of the conversations that have one.
        ``cost_n``, ``cost_unit``, ``cost_total``
            Conversations with a cost; the unit, guessed from what a minute costs on the
            platform (``dollars`` or another currency's main unit, ``cents``,
            ``credits``); their sum. Costs of several platforms, or of unknown ones, are
            not added up (flag ``mixed_cost_units``). Neither are they where one unit
            does not explain 90 % of the calls of half a minute or more, and 90 % of all
            money, both of the platform and of the group (flag ``odd_cost_unit``).
        ``cost_per_success``, ``_low``, ``_high``
            Cost divided by successes, with Fieller's interval. Costs of calls that
            reached nobody count; those of unknown outcomes do not, as they could be
            successes. Missing without a success; the upper limit is infinite where
            there are so few that it might have been none.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the outcome is not a flag, a column of `by` bears a name of the result, or
        costs or lengths are no numbers.
    IncompleteError
        If the outcome asks who was reached, and only conversations with interaction
        were loaded.

    References
    ----------
    Rao and Scott (1992), A simple method for the analysis of clustered binary data.
    Fieller (1954), Some problems in interval estimation.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> channels = cda.channel_summary(cda.load_sample(600), ["platform", "channel"])
    >>> channels.loc[channels["platform"] == "vapi", ["channel", "cost_unit"]].values.tolist()
    [['phone', 'dollars'], ['web_call', 'dollars']]
    """
    check_level(level)
    names = labels_of(by, conversations, (*_OWN_COLUMNS, *WORK_COLUMNS))
    require_columns(conversations, [*names, outcome, *_NEEDED], "channel_summary")
    frame = with_numbers(with_flags(conversations, outcome))
    if outcome in REACH_OUTCOMES:
        require_reach(frame, "channel_summary")
    frame = _with_categories(with_users(frame, users, use="channel_summary"), names)
    seen = _seen(frame, names)
    frame = with_kinds(frame, seen)
    success = outcome_values(frame, outcome)
    values = {**{name: success[name] for name in _COUNTS}, **side_values()}
    sums = group_sums(
        frame, names, values | measure_values(success), users=users, counting="n",
        products=_PRODUCTS,
    )  # fmt: skip
    sums = _without_unanswered(sums, loaded=reach_is_loaded(frame))
    rates = _rate(sums, "", min_n, level)
    sides = [_rate(sums, prefix, min_n, level) for prefix in _SIDES]
    measures = [duration_columns(sums, level), cost_columns(sums, seen, names, level)]
    table = pd.concat([_volume(sums, names), rates, *sides, *measures], axis=1)
    return _flagged(table, sums)[[*names, *_OWN_COLUMNS]]


def _with_categories(frame: Any, names: Sequence[str]) -> Any:
    """Turn texts that are compared and grouped several times into numbers to look up."""
    if not isinstance(frame, pd.DataFrame):
        return frame
    columns = dict.fromkeys([*names, "platform", "channel", "status"])
    texts = [name for name in columns if isinstance(frame[name].dtype, pd.StringDtype)]
    return frame.assign(**{name: frame[name].astype("category") for name in texts})


def _seen(frame: Any, names: Sequence[str]) -> pd.DataFrame:
    """Count costs by group, platform and channel: what they are has to be known beforehand."""
    by = dict.fromkeys([*names, "platform", "channel"])
    return group_sums(frame, list(by), cost_sources())


def _without_unanswered(sums: pd.DataFrame, *, loaded: bool) -> pd.DataFrame:
    """Take away what is known of unanswered calls if most of them were never loaded."""
    if loaded:
        return sums.assign(reach_loaded=True)
    held = [name for name in sums.columns if name.startswith("no_answer_")]
    return sums.assign(**dict.fromkeys(held, 0), reach_loaded=False)


def _volume(sums: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    total = int(sums["rows"].sum())
    share = sums["rows"].to_numpy(np.float64) / (total or np.nan)
    return sums[list(names)].assign(conversations=sums["rows"].astype("int64"), share=share)


def _rate(sums: pd.DataFrame, prefix: str, min_n: int, level: float) -> pd.DataFrame:
    """Return the rate of one outcome; `prefix` names it."""
    columns = {name: sums[prefix + name] for name in _COUNTS}
    products = _SQUARES if prefix else PRODUCTS
    squares = {"*".join(p): "*".join(prefix + name for name in p) for p in products}
    columns |= {name: sums[held] for name, held in squares.items() if held in sums}
    people = _people(columns["n"], columns["n*n"]) if prefix else sums["users"]
    excluded = sums["rows"] - columns["n"] - columns["unknown"]
    counts = pd.DataFrame({**columns, "excluded": excluded, "users": people})
    table = with_rate(counts, level=level, min_n=min_n)
    return table[list(_SIDE_COLUMNS)].add_prefix(prefix) if prefix else table


def _people(n: pd.Series, nn: pd.Series) -> pd.Series:
    """Return about how many people are behind the rows.

    Never so few that the variance between them is given up: of a few who have most of
    the rows, the rows taken as independent would promise more than they hold.
    """
    return np.ceil(np.maximum(effective_users(n, nn), FEW_USERS)) * (n > 0)


def _flagged(table: pd.DataFrame, sums: pd.DataFrame) -> pd.DataFrame:
    flags = add_flag(
        table["flags"],
        table["handoff_rate"].notna() & (table["handoff_successes"] == 0),
        "no_handoff_seen",
    )
    flags = add_flag(flags, ~sums["reach_loaded"], "reach_not_loaded")
    flags = add_flag(flags, table["mixed"], "mixed_cost_units")
    return table.assign(flags=add_flag(flags, table["odd"], "odd_cost_unit"))


def country_summary(
    conversations: Any,
    *,
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give volume and success by country.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations.
    outcome, users, min_n, level
        As in `channel_summary`.

    Returns
    -------
    pandas.DataFrame
        One row a country, sorted, unknown countries last: ``country_code`` (ISO 3166-1
        alpha-2), ``conversations``, their ``share`` of all, ``n``, ``successes``,
        ``unknown``, ``excluded``, ``users``, ``rate``, ``low``, ``high`` and ``flags``.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If the outcome is not a flag.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> countries = cda.country_summary(cda.load_sample(600))
    >>> int(countries["conversations"].sum())
    600
    """
    rates = outcome_rates(
        conversations, "country_code", outcome=outcome, users=users, min_n=min_n, level=level,
        use="country_summary",
    )  # fmt: skip
    rows = rates["n"] + rates["unknown"] + rates["excluded"]
    share = rows / (rows.sum() or np.nan)
    return rates.assign(conversations=rows, share=share)[
        ["country_code", "conversations", "share", *RATE_COLUMNS]
    ]
