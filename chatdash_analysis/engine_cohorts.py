"""The counts of `cohort_counts`, on frames of other engines.

Each person's first contact and the distinct pairs of person and period are found where
the rows are; one small table comes back, from which both results are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from chatdash_analysis.engine_frames import dtype_of, grouped, joined, kept, labels, small_table
from chatdash_analysis.engine_time import (
    DAY,
    Clock,
    in_microseconds,
    require_instants,
    with_microseconds,
)
from chatdash_analysis.periods import period_codes
from chatdash_analysis.tables import lazy_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from chatdash_analysis.periods import Freq

__all__ = ["cohort_counts"]

_DELTA = {"D": DAY, "W": 7 * DAY, "M": 30 * DAY}
_INSTANT = "datetime64[us, UTC]"
_MOMENT = pd.Timedelta(1, "us")
_COUNTS = ("rows", "without_time", "without_user", "after_as_of")


def cohort_counts(
    frame: Any,
    *,
    users: str,
    time: str,
    freq: Freq,
    tz: str | tzinfo,
    window: str,
    as_of: pd.Timestamp | None,
    edges: Sequence[int] = (),
    by: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Count users by cohort of their first contact and by period since.

    Parameters
    ----------
    frame : frame of polars, DuckDB, Dask, PySpark or narwhals
        One row a contact.
    users, time, freq, tz, window, as_of, edges, by
        As in `cohorts.counts.cohort_counts`.

    Returns
    -------
    users, active, facts : pandas.DataFrame
        The tables of `cohorts.counts.cohort_counts`.

    Raises
    ------
    InputError
        If `frame` is no table, or `time` holds no instants with a time zone.
    """
    lazy = lazy_frame(frame)
    require_instants(time, lazy.collect_schema()[time])
    rows = lazy.select(**labels(lazy, by, "k"), **labels(lazy, [users], "u"), t=nw.col(time))
    kinds = rows.collect_schema()
    dtypes = {name: dtype_of(kinds[name]) for name in kinds if name.startswith("k")}
    facts, latest = _facts(rows, as_of)
    if facts["rows"].eq(0).all():
        return (*_results(_nothing(dtypes), by), facts)
    start, end = facts.loc[0, "start"], facts.loc[0, "as_of"]
    rows = with_microseconds(rows.filter(_counts(end)), "t")
    clock = Clock.between(tz, start, latest)
    if window == "calendar":
        table = _by_calendar(rows, dtypes, clock, freq)
        moments = pd.Series([end - _MOMENT, end], dtype=_INSTANT)
        before, over = period_codes(moments, freq, tz)
        table["exposure"] = over - table["cohort"]
        table["open"] = (table["exposure"].le(0) | (before >= over)).astype("int64")
    else:
        contacts = _by_age(rows, list(dtypes), clock, freq, edges, end)
        table = _tally(contacts, dtypes | {"exposure": "int64", "open": "int64"})
    return (*_results(table, by), facts)


def _facts(
    rows: nw.LazyFrame[Any], as_of: pd.Timestamp | None
) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Return the table of facts, and the latest instant that counts."""
    counts = _counts(pd.Timestamp.now("UTC") if as_of is None else as_of)
    timed, known = ~nw.col("t").is_null(), ~nw.col("u0").is_null()
    reasons = (counts, ~timed, timed & ~known, timed & known & ~counts)
    flags = {name: nw.when(flag).then(1) for name, flag in zip(_COUNTS, reasons, strict=True)}
    instant = nw.when(counts).then(nw.col("t"))
    table = small_table(
        rows.select(start=instant, latest=instant, **flags).select(
            nw.col("start").min(), nw.col("latest").max(), *(nw.col(name).count() for name in flags)
        ),
        dict.fromkeys(_COUNTS, "int64") | {"start": _INSTANT, "latest": _INSTANT},
    )
    table[list(_COUNTS)] = table[list(_COUNTS)].fillna(0).astype("int64")
    latest = table.pop("latest")
    table["as_of"] = latest if as_of is None else pd.Series([as_of], dtype=_INSTANT)
    return table, latest[0]


def _counts(as_of: pd.Timestamp) -> nw.Expr:
    """Tell which rows have a time, not after `as_of`, and a user."""
    in_time = nw.col("t") <= nw.lit(as_of.to_pydatetime(warn=False))
    return in_time.fill_null(value=False) & ~nw.col("u0").is_null()


def _by_calendar(
    rows: nw.LazyFrame[Any], dtypes: Mapping[str, str], clock: Clock, freq: Freq
) -> pd.DataFrame:
    """Count each person's distinct calendar periods."""
    rows = clock.with_period(rows, "t", "at", freq)
    at, cohort, latest = nw.col("at"), nw.col("cohort"), nw.col("latest")
    with kept(grouped(rows, ["u0", "at"], first=nw.col("t").min())) as periods:
        people = grouped(periods, ["u0"], first=nw.col("first").min(), latest=at.max())
        people = clock.with_period(people, "first", "cohort", freq)
        people = _with_labels(people, rows, list(dtypes)).drop("first")
        # Where clocks go back over midnight, a later contact may fall on the day before.
        contacts = joined(periods.drop("first"), people, "u0").filter(at >= cohort)
        contacts = contacts.with_columns(period=at - cohort, last=(at == latest).cast(nw.Int64))
        return _tally(contacts, dtypes)


def _by_age(
    rows: nw.LazyFrame[Any],
    keys: Sequence[str],
    clock: Clock,
    freq: Freq,
    edges: Sequence[int],
    end: pd.Timestamp,
) -> nw.LazyFrame[Any]:
    """Return each person's distinct periods since the first contact."""

    def age(instant: nw.Expr) -> nw.Expr:
        since = instant - nw.col("first")
        if not edges:
            return (since // _DELTA[freq]).cast(nw.Int64)
        return sum(((since >= edge * DAY).cast(nw.Int64) for edge in edges), start=nw.lit(0))

    people = grouped(rows, ["u0"], first=nw.col("t").min(), latest=nw.col("t").max())
    people = _with_labels(clock.with_period(people, "first", "cohort", freq), rows, keys)
    over = nw.lit(in_microseconds(end))
    ages = joined(rows.select("u0", "t"), people, "u0").with_columns(
        period=age(nw.col("t")), latest=age(nw.col("latest")), exposure=age(over)
    )
    opened = (nw.col("exposure") == 0) | (age(over - 1) >= nw.col("exposure"))
    ages = ages.with_columns(open=opened.cast(nw.Int64))
    names = ("u0", *keys, "cohort", "exposure", "open", "period", "latest")
    contacts = grouped(ages, names, times=nw.len())
    return contacts.with_columns(last=(nw.col("period") == nw.col("latest")).cast(nw.Int64))


def _with_labels(
    people: nw.LazyFrame[Any], rows: nw.LazyFrame[Any], keys: Sequence[str]
) -> nw.LazyFrame[Any]:
    """Add the labels at the first contact; the smallest where that were several rows at once."""
    if not keys:
        return people
    starts = joined(rows.select("u0", "t", *keys), people.select("u0", "first"), "u0")
    starts = starts.filter(nw.col("t") == nw.col("first"))
    smallest = {key: nw.col(key).min() for key in keys}
    return joined(people, grouped(starts, ["u0"], **smallest), "u0")


def _tally(contacts: nw.LazyFrame[Any], labels_of_people: Mapping[str, str]) -> pd.DataFrame:
    """Count people by labels, cohort and period; and apart those whose last period it is."""
    names = [*labels_of_people, "cohort", "period", "last"]
    counted = grouped(contacts, names, users=nw.len())
    numbers = dict.fromkeys(("cohort", "period", "last", "users"), "int64")
    return small_table(counted, {**labels_of_people, **numbers})


def _nothing(dtypes: Mapping[str, str]) -> pd.DataFrame:
    numbers = dict.fromkeys(("cohort", "exposure", "open", "period", "last", "users"), "int64")
    columns = {**dtypes, **numbers}
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})


def _results(table: pd.DataFrame, by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables ``users`` and ``active`` of one row a person and period."""
    keys = [f"k{place}" for place in range(len(by))]
    final = table[table["last"] == 1].drop(columns="last").rename(columns={"period": "last"})
    begun = table[table["period"] < table["exposure"]]
    return tuple(
        part.groupby(columns, dropna=False, as_index=False)["users"]
        .sum()
        .sort_values(columns, ignore_index=True)
        .rename(columns=dict(zip(keys, by, strict=True)))
        for part, columns in (
            (final, [*keys, "cohort", "exposure", "open", "last"]),
            (begun, [*keys, "cohort", "period"]),
        )
    )
