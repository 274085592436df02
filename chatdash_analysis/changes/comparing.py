"""Before and after a date, beside the same computation at earlier dates."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.arguments import check_level
from chatdash_analysis.changes.period_rows import FACTS, coverage_changed, period_rates
from chatdash_analysis.changes.placebos import (
    CONTROL,
    TREATED,
    arms_of,
    count_as_large,
    differences,
    placebo_p,
    spans_at,
    standardised,
)
from chatdash_analysis.decomposition import Period, divide
from chatdash_analysis.rates import FEW_USERS, add_flag
from chatdash_analysis.resampling import people_of, percentile_interval, replicates
from chatdash_analysis.spans import holds_gap, in_periods, local_text, require_loaded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.changes.placebos import Arms
    from chatdash_analysis.spans import Moment, Span

    Floats = NDArray[np.float64]

__all__ = ["compare_periods"]

_COUNTS = ("n", "successes", "unknown", "excluded", "users", "rate", "low", "high")
_RESULTS = (
    "difference", "adjusted_difference", "adjusted_difference_low", "adjusted_difference_high",
    "control_n_before", "control_n_after", "control_difference", "placebos", "as_large",
    "placebo_p",
)  # fmt: skip
_DAY = 86_400_000_000
# Verdicts come late: this many last days are looked at.
_LAST_DAYS = 3


# Each is a choice that whoever reads the result has to know.
def compare_periods(  # noqa: PLR0913
    conversations: pd.DataFrame,
    *,
    at: Moment,
    days: int = 28,
    strata: str | Sequence[str] = (),
    outcome: str = "evaluation_is_success",
    users: str = "user_id",
    tz: str | tzinfo = "UTC",
    control: str | Sequence[str] = (),
    level: float = 0.95,
    n_boot: int = 500,
    random_state: int | np.random.Generator | None = 0,
) -> pd.DataFrame:
    """Compare a rate before and after a date, and tell how usual such a difference is.

    Both periods are standardised to the same mix of cells, so that a change of the mix
    is no difference. The same computation at every earlier date whose periods fit into
    the table and do not touch `at`, whole weeks away, shows how large differences are
    when nothing is known to have happened. Other things that happened at the same time
    cannot be told apart from what is asked about.

    Parameters
    ----------
    conversations : pandas.DataFrame
        Conversations of `days` before and after the date; the more before, the better.
    at : str, date or datetime
        When the second period starts.
    days : int
        Length of each period in local days; whole weeks hold each weekday equally.
    strata : str or sequence of str
        Columns whose combinations are the cells that are held at the same mix. Without
        any, the plain rates are compared.
    outcome : str
        Column of flags: ``evaluation_is_success``, a ``custom_*`` field.
    users : str
        Column that names people. If there is no ``user_id``, `identify_users` adds it.
    tz : str or tzinfo
        Time zone of the days, and of `at` if it has none.
    control : str or sequence of str
        Ids of agents where nothing was changed: their difference is taken off that of
        all other agents (difference in differences).
    level : float
        Confidence level of the intervals.
    n_boot : int
        Resamples of people behind the interval.
    random_state : int, numpy.random.Generator or None
        Seed of the resamples.

    Returns
    -------
    pandas.DataFrame
        One row: ``start``, ``at``, ``end`` and ``days`` of the periods; for each
        (``_before``, ``_after``), without control agents, ``n`` (conversations with a
        known outcome), ``successes``, ``unknown``, ``excluded``, ``users``, ``rate``
        with ``low`` and ``high``; ``difference`` of the two rates, in shares of 1;
        ``adjusted_difference`` at the same mix, less that of the control agents
        (without `strata` and `control` it is ``difference``), with its interval
        ``adjusted_difference_low`` to ``adjusted_difference_high`` from a bootstrap over
        people; ``control_n_before``, ``control_n_after`` and ``control_difference`` (at
        the same mix);
        ``placebos`` (earlier dates), ``as_large`` (how many of them show an adjusted
        difference at least as large, up or down) and ``placebo_p`` (see `placebo_p`); ``flags``:
        ``weekday_imbalance`` (`days` are not whole weeks), ``few_placebos`` (too few to
        make 5 % possible), ``few_users`` (fewer than 5: no interval), ``unmatched_mix``
        (a tenth of the conversations or more in cells of one period only: they cannot be
        compared and count as no difference), ``coverage_changed`` and ``unsettled``
        (outcomes are unknown more or less often than before; more often in the last
        three days, so that verdicts may still be to come), ``starts_late`` and
        ``ends_early`` (conversations start or end over a day inside of the periods),
        ``gap`` (part of a period could not be loaded) and ``undated`` (conversations
        without ``created_at`` were left out).

    Raises
    ------
    MissingColumnsError
        If a column is not there.
    InputError
        If a period is empty, or an argument cannot be used.
    IncompleteError
        If part of a period was never loaded.

    Notes
    -----
    The interval holds what differs between people, not what moves all of them at once,
    such as a holiday or an outage; the placebo dates hold both.

    References
    ----------
    E. M. Kitagawa (1955), Components of a difference between two rates. A. Abadie, A.
    Diamond and J. Hainmueller (2015), Comparative politics and the synthetic control
    method (placebos in time).

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> found = cda.compare_periods(
    ...     cda.load_sample(2_000), at="2026-05-01", strata="channel", users="lead_id"
    ... )
    >>> found[["days", "placebos"]].iloc[0].tolist()
    [28, 10]
    """
    check_level(level)
    spans = spans_at(at, days, tz)
    require_loaded(conversations, spans, "compare_periods")
    arms = arms_of(
        conversations, strata, outcome=outcome, users=users, control=control, use="compare_periods"
    )
    arms.require(spans)
    dates = differences(arms, spans, days, tz)
    rates = _rates(arms, spans, level)
    ends = _interval(arms, spans, level=level, n_boot=n_boot, random_state=random_state)
    table = _row(rates, dates, spans, days).assign(**ends)
    flags = _flags(table, rates, arms, spans)
    flags = add_flag(flags, [holds_gap(conversations, spans)], "gap")
    few = flags.str.contains("few_users")
    held = {name: table[name].mask(few) for name in ends}
    table = table.assign(**held, flags=flags)[_columns()]
    date = local_text(spans[1].start, tz)
    made = {"outcome": outcome, "strata": arms.names, "at": date, "level": level}
    table.attrs["compare_periods"] = made
    return table


def _columns() -> list[str]:
    counts = [f"{name}_{period}" for period in ("before", "after") for name in _COUNTS]
    return ["start", "at", "end", "days", *counts, *_RESULTS, "flags"]


def _rates(arms: Arms, spans: tuple[Span, Span], level: float) -> pd.DataFrame:
    """Return the rates of the arms: before, after, and those of the control agents."""
    inside, later = in_periods(arms.rows.instants, spans)
    return period_rates(arms.rows.take(inside), arms.arms[inside] * 2 + later, 4, level=level)


def _interval(
    arms: Arms,
    spans: tuple[Span, Span],
    *,
    level: float,
    n_boot: int,
    random_state: int | np.random.Generator | None,
) -> dict[str, Floats]:
    """Return the ends of the interval of the adjusted difference."""
    inside, later = in_periods(arms.rows.instants, spans)
    rows, (n_arms, _) = arms.rows.take(inside), arms.shape
    cells = len(rows.keys)
    slots = (later * n_arms + arms.arms[inside]) * cells + rows.cells
    people = people_of(rows.users, slots, rows.facts[:, :2], size=2 * n_arms * cells)

    def difference(sums: Floats) -> Floats:
        counts = sums.reshape(len(sums), 2, n_arms, cells, 2)
        before, after = (Period(counts[:, k, ..., 0], counts[:, k, ..., 1]) for k in (0, 1))
        change = standardised(before, after)
        return change[:, TREATED] - (change[:, CONTROL] if arms.controlled else 0.0)

    drawn = replicates(people, difference, n_boot=n_boot, random_state=random_state)
    low, high = percentile_interval(drawn, people=people.total, level=level)
    return {"adjusted_difference_low": low, "adjusted_difference_high": high}


def _row(
    rates: pd.DataFrame, dates: pd.DataFrame, spans: tuple[Span, Span], days: int
) -> pd.DataFrame:
    observed, placebos = dates.iloc[-1], len(dates) - 1
    as_large = count_as_large(dates)
    counts = {
        f"{name}_{period}": rates[name].iloc[[place]].to_numpy()
        for place, period in enumerate(("before", "after"))
        for name in _COUNTS
    }
    control = ("control_n_before", "control_n_after", "control_difference")
    table = pd.DataFrame(
        {
            "start": [spans[0].start],
            "at": [spans[1].start],
            "end": [spans[1].end],
            "days": [days],
            **counts,
            "difference": observed["difference"],
            "adjusted_difference": observed["adjusted_difference"],
            **{name: observed[name] for name in control},
            "placebos": placebos,
            "as_large": as_large,
            "placebo_p": placebo_p(as_large, placebos, days=days),
        }
    )
    return table.astype(
        {
            **dict.fromkeys(("start", "at", "end"), "datetime64[us, UTC]"),
            **dict.fromkeys(("days", "placebos", "as_large", *control[:2]), "int64"),
        }
    )


def _flags(
    table: pd.DataFrame, rates: pd.DataFrame, arms: Arms, spans: tuple[Span, Span]
) -> pd.Series:
    row = table.iloc[0]
    asked = rates if arms.controlled else rates.iloc[:2]
    start, end = spans[0].microseconds[0], spans[1].microseconds[1]
    instants = arms.rows.instants
    marks = {
        "weekday_imbalance": row["days"] % 7 > 0,
        "few_placebos": placebo_p(0, row["placebos"], days=row["days"]) > 0.05,
        "few_users": asked["users"].lt(FEW_USERS).any(),
        "unmatched_mix": _unmatched(arms, spans) >= 0.1,
        "coverage_changed": coverage_changed(asked.iloc[0::2], asked.iloc[1::2]).any(),
        "unsettled": _unsettled(arms, spans),
        "starts_late": instants[0] > start + _DAY,
        "ends_early": instants[-1] < end - _DAY,
        "undated": arms.rows.undated > 0,
    }
    flags = pd.Series([""], dtype="str")
    for name, mark in marks.items():
        flags = add_flag(flags, [bool(mark)], name)
    return flags


def _unmatched(arms: Arms, spans: tuple[Span, Span]) -> float:
    """Return the largest share of an arm's conversations in cells of one period only."""
    before, after = (arms.counts(span).n for span in spans)
    alone = np.where((before > 0) != (after > 0), before + after, 0.0).sum(axis=-1)
    return float(np.nanmax(divide(alone, (before + after).sum(axis=-1)), initial=0.0))


def _unsettled(arms: Arms, spans: tuple[Span, Span]) -> bool:
    """Tell whether outcomes of the last days are unknown more often than those before."""
    start, end = spans[0].microseconds[0], spans[1].microseconds[1]
    instants = arms.rows.instants
    turn = max(end - _LAST_DAYS * _DAY, spans[1].microseconds[0])
    edges = np.searchsorted(instants, [start, turn, end])
    first, last = (
        pd.DataFrame([arms.rows.facts[a:b].sum(axis=0)], columns=list(FACTS))
        for a, b in pairwise(edges)
    )
    n_0, n_1 = first["n"].iloc[0], last["n"].iloc[0]
    rising = last["unknown"].iloc[0] * n_0 > first["unknown"].iloc[0] * n_1
    return bool(rising and coverage_changed(first, last)[0])
