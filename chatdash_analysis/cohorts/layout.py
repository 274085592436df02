"""The look of a table of cohorts: labels, flags, order, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes
from chatdash_analysis.cohorts.contacts import DAY
from chatdash_analysis.cohorts.counts import DELTA
from chatdash_analysis.periods import period_starts
from chatdash_analysis.rates import RATE_COLUMNS, add_flag

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.questions import Question
    from chatdash_analysis.periods import Freq

__all__ = ["described", "origin"]

_UNITS = {"D": "day", "W": "week", "M": "month"}


def described(
    table: pd.DataFrame, asked: Question, immature: NDArray[np.bool_], early: NDArray[np.bool_]
) -> pd.DataFrame:
    """Add flags and labels, and sort: cohorts by date, the pooled rows behind them."""
    pooled = table["cohort"].isna()
    codes = table["cohort"].fillna(0).to_numpy(np.int64)
    starts = pd.Series(period_starts(codes, asked.freq), dtype="datetime64[us]")
    table = table.assign(
        cohort=starts.where(~pooled),
        cohort_label=_cohort_labels(codes, asked.freq).where(~pooled, "all").astype("str"),
        period_label=_period_labels(table["period"], asked),
        flags=_flags(table["flags"], immature, early),
    )[[*asked.by, "cohort", "cohort_label", "period", "period_label", *RATE_COLUMNS]]
    if not asked.by:
        return table
    order, _ = group_codes(table, [*asked.by, "cohort", "period"])
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def _flags(flags: pd.Series, immature: NDArray[np.bool_], early: NDArray[np.bool_]) -> pd.Series:
    flags = add_flag(flags, immature, "immature") if immature.any() else flags
    return add_flag(flags, early, "left_truncated") if early.any() else flags


def origin(facts: pd.DataFrame, burn_in: float | None = None) -> dict[str, Any]:
    """Return plain values, fit for JSON, on what the table rests on."""
    row = facts.iloc[0]
    return {
        "as_of": None if pd.isna(row["as_of"]) else row["as_of"].isoformat(),
        "start": None if pd.isna(row["start"]) else row["start"].isoformat(),
        "burn_in_days": burn_in,
        **{name: int(row[name]) for name in ("without_time", "without_user", "after_as_of")},
    }


def _cohort_labels(codes: NDArray[np.int64], freq: Freq) -> pd.Series:
    """Return the date on which each period begins, for months without the day."""
    distinct, where = np.unique(codes, return_inverse=True)
    dates = period_starts(distinct, freq).strftime("%Y-%m" if freq == "M" else "%Y-%m-%d")
    return pd.Series(dates, dtype="str").take(where).reset_index(drop=True)


def _period_labels(periods: pd.Series, asked: Question) -> pd.Series:
    """Name periods: "week 3", or by the days since the first contact where they are rolling."""
    numbers = range(int(periods.max()) + 1 if len(periods) else 0)
    if asked.window == "calendar":
        words = [f"{_UNITS[asked.freq]} {number}" for number in numbers]
    else:
        days = DELTA[asked.freq] // DAY
        ends = asked.edges or [(number + 1) * days for number in numbers]
        words = [_days(first, end) for first, end in zip([0, *ends], ends, strict=False)]
    return pd.Series(words, dtype="str").take(periods).reset_index(drop=True)


def _days(first: int, end: int) -> str:
    return f"day {first}" if end - first == 1 else f"days {first}-{end - 1}"
