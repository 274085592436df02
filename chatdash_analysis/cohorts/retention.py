"""Cohorts: of the people first seen in a week, how many came back, and how it went with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from chatdash_analysis.cohorts.burn_in import burn_in_days
from chatdash_analysis.cohorts.cells import cohort_cells, pooled_cells, with_nobody
from chatdash_analysis.cohorts.contacts import contacts_of
from chatdash_analysis.cohorts.counts import cohort_counts, periods_since
from chatdash_analysis.cohorts.gaps import without_gaps
from chatdash_analysis.cohorts.layout import described, origin
from chatdash_analysis.cohorts.questions import TIME, Question, eager_frame
from chatdash_analysis.counting import group_sums
from chatdash_analysis.errors import InputError
from chatdash_analysis.rates import add_flag, with_rate
from chatdash_analysis.segments import outcome_rates, with_users
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from chatdash_analysis.cohorts.burn_in import BurnIn
    from chatdash_analysis.periods import Freq
    from chatdash_analysis.spans import Moment

__all__ = ["cohort_metric", "retention_table"]

RuleOrRange = Literal["strict", "default", "loose", "range"]


def retention_table(  # noqa: PLR0913 - each is a question that users ask
    conversations: Any,
    *,
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    users: str = "user_id",
    kind: Literal["on", "unbounded"] = "on",
    window: Literal["calendar", "rolling"] = "calendar",
    brackets: Sequence[int] | None = None,
    as_of: Moment | None = None,
    burn_in: BurnIn = None,
    by: str | Sequence[str] | None = None,
    rule: RuleOrRange | None = None,
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell for people first seen in the same period how many were there again, and when.

    In a cell stand only people who have the whole period behind them: a period that is
    not over for somebody is unknown for that person, and not a failure to return.

    Parameters
    ----------
    conversations : pandas.DataFrame or frame of another engine
        Conversations with ``created_at``; polars, DuckDB, Dask and PySpark frames as of
        `scan_cache`.
    freq : {"D", "W", "M"}
        Days, weeks from Monday or months: length of a cohort and of a period.
    tz : str or tzinfo
        Time zone that decides on which day a conversation began.
    users : str
        Column that names people. If a DataFrame has no ``user_id``, `identify_users`
        adds it; frames of other engines need a column, ``lead_id`` for example.
    kind : {"on", "unbounded"}
        "on": there in that period; so period 0 is 1 by definition. "unbounded": there in
        that period or in a later one; people observed for longer had more time for it,
        so that recent cohorts look worse.
    window : {"calendar", "rolling"}
        "calendar": local days, weeks or months; two contacts two minutes apart may lie on
        two days. "rolling": 24 hours, 7 or 30 days since a person's first contact.
    brackets : sequence of int, optional
        Ends of periods of your own, in days since the first contact, ascending: (1, 7, 30)
        makes day 0, days 1-6 and days 7-29. Such periods are always rolling.
    as_of : str, date or Timestamp, optional
        Until when conversations were observed (without a time zone: local time). Later
        ones are left out, and so are periods that begin just then. By default the end of
        the range that was loaded, unless the table was cut since. On frames of other
        engines, and where the table does not say what was loaded, the latest conversation,
        unless you give it.
    burn_in : timedelta or "auto", optional
        How long somebody who was there before the data begin may stay away. People first
        seen so soon after the start of the data are not known to be new: their cohorts
        are flagged ``left_truncated`` and left out of the pooled row. "auto" (DataFrames
        only) takes the time after which 95 in 100 of those who come back are back.
    by : str or sequence of str, optional
        Columns that split the cohorts, by their value at first contact. A return counts
        whatever its own value is.
    rule : {"strict", "default", "loose", "range"}, optional
        By which rule of `identify_users` people are told apart (DataFrames only). "range"
        adds the rates of the strict and the loose rule to the table of the default one.
    min_n : int
        Cells with fewer people at risk show counts but no rate.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`; ``cohort`` (local date on which the period of the first
        contact begins; missing in pooled rows), ``cohort_label`` ("all" in pooled rows),
        ``period`` (periods since the first contact, from 0), ``period_label``; ``n``
        (people at risk: the whole period lies behind them), ``successes`` (of them, were
        there), ``unknown`` (people of the cohort for whom the period is not over),
        ``excluded`` (pooled rows only: people of flagged cohorts, and conversations
        without a known person), ``users`` (as ``n``), ``rate`` with ``low`` to ``high``
        (Wilson: each person counts once) and ``flags``: ``immature`` (not over for the
        whole cohort), ``gap`` (a part could not be loaded: its people are unknown),
        ``left_truncated``, ``small_n`` and those of `rates_by`. With
        ``rule="range"`` also ``rate_strict`` and ``rate_loose``.

        The last rows of each group pool all people at risk over the cohorts.
        ``attrs["cohorts"]`` says until when was observed, the burn-in in days, how many
        conversations were left out for what reason, and that ``n`` counts people at risk.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> retention = cda.retention_table(cda.load_sample(600), freq="M", tz="Europe/Berlin")
    >>> pooled = retention[retention["cohort_label"] == "all"]
    >>> pooled["period_label"].tolist()[:2], pooled["rate"].tolist()[0]
    (['month 0', 'month 1'], 1.0)
    """
    asked = Question.read(
        conversations, use="retention_table", freq=freq, tz=tz, users=users, window=window,
        brackets=brackets, as_of=as_of, burn_in=burn_in, by=by, min_n=min_n,
        level=level,
    )  # fmt: skip
    if kind not in ("on", "unbounded"):
        raise InputError(f"kind={kind!r} is neither 'on' nor 'unbounded'.")
    if rule is not None:
        eager_frame(conversations, f"rule={rule!r}")
        if users != "user_id":
            raise InputError(
                f"rule={rule!r} decides how user_id is made, but users={users!r} names people."
                " Give one of the two."
            )
    if rule != "range":
        return _retention(with_users(conversations, users, rule, use=asked.use), asked, kind)
    tables = {
        name: _retention(with_users(conversations, users, name, use=asked.use), asked, kind)
        for name in ("default", "strict", "loose")
    }
    return _with_range(**tables, keys=[*asked.by, "cohort", "period"])


def _retention(frame: Any, asked: Question, kind: str) -> pd.DataFrame:
    """Count, then make rates of the counts."""
    users, active, facts, burn_in = _counted(frame, asked)
    cells = cohort_cells(
        users, active, asked.by, unbounded=kind == "unbounded",
        brackets=len(asked.edges) or None,
    )  # fmt: skip
    cells, hidden = without_gaps(cells, frame, asked, unbounded=kind == "unbounded")
    early = asked.before(cells["cohort"], facts, burn_in)
    pooled = pooled_cells(cells, asked.by, ~early)
    pooled = with_nobody(pooled, _nobody(frame, asked, facts), asked.by)
    late = (pooled["n"] == 0) & (pooled["unknown"] > 0)
    immature = np.append((cells["unknown"] > 0) & ~hidden, late)
    gap = np.append(hidden, np.zeros(len(pooled), dtype=bool))
    table = pd.concat([cells.assign(excluded=0), pooled], ignore_index=True)
    table = with_rate(table.assign(users=table["n"]), level=asked.level, min_n=asked.min_n)
    # That it is too early says more than that nothing is known.
    table["flags"] = table["flags"].where(~(immature | gap) | (table["n"] > 0), "")
    table["flags"] = add_flag(table["flags"], gap, "gap")
    table = described(table, asked, immature, np.append(early, np.zeros(len(pooled), dtype=bool)))
    table.attrs["cohorts"] = {**origin(facts, burn_in), "n": "people at risk"}
    return table


def _counted(
    frame: Any, asked: Question
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, float | None]:
    """Return the three tables of `cohort_counts`, and the burn-in in days."""
    options: dict[str, Any] = {
        "users": asked.users, "time": TIME, "freq": asked.freq, "tz": asked.tz,
        "window": asked.window, "as_of": asked.as_of, "edges": asked.edges, "by": asked.by,
    }  # fmt: skip
    burn_in = asked.burn_in
    if burn_in is not None and np.isnan(burn_in):
        pauses = contacts_of(
            eager_frame(frame, "burn_in='auto'"), users=asked.users, time=TIME, as_of=asked.as_of
        )
        burn_in = burn_in_days(pauses)
    if isinstance(frame, pd.DataFrame):
        return *cohort_counts(frame, **options), burn_in
    from chatdash_analysis import engine_cohorts

    return *engine_cohorts.cohort_counts(frame, **options), burn_in


def _nobody(frame: Any, asked: Question, facts: pd.DataFrame) -> pd.DataFrame:
    """Return how many conversations of each group have no known person."""
    if not asked.by:
        return facts[["without_user"]].rename(columns={"without_user": "nobody"})
    import narwhals as nw

    nobody = nw.col(asked.users).is_null() & ~nw.col(TIME).is_null()
    return group_sums(frame, asked.by, {"nobody": nobody})[[*asked.by, "nobody"]]


def _with_range(
    default: pd.DataFrame, strict: pd.DataFrame, loose: pd.DataFrame, keys: list[str]
) -> pd.DataFrame:
    table = default
    for name, other in (("strict", strict), ("loose", loose)):
        rates = other[[*keys, "rate"]].rename(columns={"rate": f"rate_{name}"})
        table = table.merge(rates, on=keys, how="left")
    table.attrs.update(default.attrs)
    return table


def cohort_metric(  # noqa: PLR0913 - each is a question that users ask
    conversations: pd.DataFrame,
    *,
    outcome: str = "evaluation_is_success",
    freq: Freq = "W",
    tz: str | tzinfo = "UTC",
    users: str = "user_id",
    window: Literal["calendar", "rolling"] = "calendar",
    as_of: Moment | None = None,
    burn_in: BurnIn = None,
    min_n: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give the rate of an outcome among conversations, by cohort and period since.

    Where `retention_table` counts people, this counts their conversations: does it go
    better with people who have been there for months, or with the cohort of March?

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations with ``created_at``.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field, ``no_answer``.
    freq, tz, users, window, as_of, burn_in, min_n, level
        As in `retention_table`. For another rule who is one person, call
        ``identify_users(conversations, rule=...)`` first.

    Returns
    -------
    pandas.DataFrame
        The columns of `retention_table`, with the counts of `rates_by`: ``n``
        conversations with a known outcome, ``successes`` of them, ``unknown``,
        ``excluded``, ``users`` behind ``n``. Cells without any conversation have no row.
        In ``immature`` cells conversations are still to come. The interval knows that
        conversations of one person resemble each other.

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If an argument is not possible.
    IncompleteError
        As in `rates_by`.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> success = cda.cohort_metric(cda.load_sample(600), freq="M")
    >>> success.columns[:4].tolist()
    ['cohort', 'cohort_label', 'period', 'period_label']
    """
    asked = Question.read(
        eager_frame(conversations, "cohort_metric"), use="cohort_metric", freq=freq, tz=tz,
        users=users, window=window, as_of=as_of, burn_in=burn_in, min_n=min_n, level=level,
    )  # fmt: skip
    require_columns(conversations, [outcome], asked.use)
    frame = with_users(conversations, users, use=asked.use)
    contacts = contacts_of(frame, users=users, time=TIME, as_of=asked.as_of)
    since = periods_since(contacts, freq=freq, tz=tz, window=window)
    rows = contacts.rows.assign(cohort=since.cohort[contacts.people], period=since.period)
    auto = asked.burn_in is not None and np.isnan(asked.burn_in)
    days = burn_in_days(contacts) if auto else asked.burn_in
    early = asked.before(rows["cohort"], contacts.facts, days)
    options: dict[str, Any] = {
        "outcome": outcome, "users": users, "min_n": min_n, "level": level, "use": asked.use,
    }  # fmt: skip
    cells = outcome_rates(rows, ["cohort", "period"], **options)
    pooled = outcome_rates(rows.loc[~early], "period", **options)
    table = pd.concat([cells, pooled], ignore_index=True)
    over = pd.Series(since.exposure).groupby(since.cohort).min()
    immature = (table["period"] >= table["cohort"].map(over)).to_numpy(bool)
    table = described(table, asked, immature, asked.before(table["cohort"], contacts.facts, days))
    table.attrs["cohorts"] = origin(contacts.facts, days)
    return table
