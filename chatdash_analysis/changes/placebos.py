"""The same difference between two periods, at a date and at every earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.changes.period_rows import rows_of
from chatdash_analysis.decomposition import Period, kitagawa, overall
from chatdash_analysis.errors import InputError
from chatdash_analysis.spans import (
    Span,
    extent,
    local_midnight,
    read_moment,
    require_loaded,
    shifted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from chatdash_analysis.changes.period_rows import Rows
    from chatdash_analysis.spans import Moment

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int64]

__all__ = [
    "CONTROL",
    "TREATED",
    "Arms",
    "arms_of",
    "count_as_large",
    "differences",
    "placebo_p",
    "placebo_table",
    "spans_at",
    "standardised",
]

# Conversations of all agents but the control agents, and those of the control agents.
TREATED, CONTROL = 0, 1
# A century: a single conversation from long ago must not make years of empty periods.
_MOST_WEEKS = 5200
_DTYPES = {
    "at": "datetime64[us, UTC]",
    "observed": "bool",
    "n_before": "int64",
    "rate_before": "float64",
    "n_after": "int64",
    "rate_after": "float64",
    "difference": "float64",
    "adjusted_difference": "float64",
    "control_n_before": "int64",
    "control_n_after": "int64",
    "control_difference": "float64",
}


def placebo_table(
    conversations: pd.DataFrame,
    *,
    at: Moment,
    days: int = 28,
    strata: str | Sequence[str] = (),
    outcome: str = "evaluation_is_success",
    tz: str | tzinfo = "UTC",
    control: str | Sequence[str] = (),
) -> pd.DataFrame:
    """Return the difference at the date asked about and at each earlier date.

    Parameters
    ----------
    conversations, at, days, strata, outcome, tz, control
        See `compare_periods`.

    Returns
    -------
    pandas.DataFrame
        One row a date, sorted: ``at``; ``observed`` (true for the last row alone);
        ``n_before``, ``rate_before``, ``n_after``, ``rate_after`` (without control
        agents); ``difference`` of the two rates; ``adjusted_difference`` at the same
        mix, less that of the control agents; ``control_n_before``, ``control_n_after``
        and ``control_difference`` (at the same mix). Earlier dates without a known
        outcome on both sides are left out.

    Raises
    ------
    MissingColumnsError, InputError, IncompleteError
        As `compare_periods`.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> placebos = cda.placebo_table(cda.load_sample(2_000), at="2026-05-01", strata="channel")
    >>> placebos["observed"].sum(), len(placebos)
    (np.int64(1), 11)
    """
    spans = spans_at(at, days, tz)
    require_loaded(conversations, spans, "placebo_table")
    arms = arms_of(
        conversations, strata, outcome=outcome, users=None, control=control, use="placebo_table"
    )
    arms.require(spans)
    return differences(arms, spans, days, tz)


def spans_at(at: Moment, days: int, tz: str | tzinfo) -> tuple[Span, Span]:
    """Return the periods of so many local days before and after a date.

    Raises
    ------
    InputError
        If `at` is no date, or `days` no number of days.
    """
    if isinstance(days, bool) or not isinstance(days, (int, np.integer)) or not 1 <= days <= 3660:
        raise InputError(f"days={days!r} is no number of days. Give whole weeks, such as 28.")
    return _around(read_moment(at, "at", tz), days, tz)


def _around(at: pd.Timestamp, days: int, tz: str | tzinfo) -> tuple[Span, Span]:
    return Span(shifted(at, -days, tz), at), Span(at, shifted(at, days, tz))


@dataclass(frozen=True, slots=True)
class Arms:
    """Dated conversations in the order of their starts, with or without control agents.

    Attributes
    ----------
    rows : Rows
        The conversations.
    arms : numpy.ndarray of int64
        `TREATED` or `CONTROL` for each of them.
    names : list of str
        Columns that make the cells.
    controlled : bool
        Whether there are control agents.
    """

    rows: Rows
    arms: Codes
    names: list[str]
    controlled: bool

    @property
    def shape(self) -> tuple[int, int]:
        """How many arms and cells there are."""
        return 2, len(self.rows.keys)

    @property
    def slots(self) -> Codes:
        """The number of arm and cell of each row."""
        return self.arms * len(self.rows.keys) + self.rows.cells

    def counts(self, span: Span) -> Period:
        """Return what was counted in a period, shape (arms, cells)."""
        start, end = np.searchsorted(self.rows.instants, span.microseconds)
        slots, facts = self.slots[start:end], self.rows.facts[start:end]
        size = int(np.prod(self.shape))
        n, successes = (
            np.bincount(slots, weights=facts[:, k], minlength=size).astype(np.float64)
            for k in (0, 1)
        )
        return Period(n.reshape(self.shape), successes.reshape(self.shape))

    def require(self, spans: tuple[Span, Span]) -> None:
        """Raise `InputError` unless each arm has conversations in each period."""
        asked = {TREATED: " but those of control agents" if self.controlled else ""}
        if self.controlled:
            asked[CONTROL] = " of the control agents"
        for span in spans:
            inside = self.rows.inside(span)
            for arm, whose in asked.items():
                if not (self.arms[inside] == arm).any():
                    held = extent(self.rows.instants)
                    raise InputError(f"The period {span} holds no conversations{whose}. {held}")


def arms_of(
    conversations: pd.DataFrame,
    strata: str | Sequence[str],
    *,
    outcome: str,
    users: str | None,
    control: str | Sequence[str],
    use: str,
) -> Arms:
    """Return the conversations in the order of their starts, control agents apart."""
    names = [strata] if isinstance(strata, str) else list(strata)
    if len(set(names)) < len(names):
        raise InputError(f"strata={strata!r} names a column twice.")
    agents = [control] if isinstance(control, str) else list(control)
    columns = [name for name in names if name != "agent_id"] + ["agent_id"] if agents else names
    rows = rows_of(conversations, columns, outcome=outcome, users=users, use=use)
    order = np.argsort(rows.instants, kind="stable")
    rows = rows.take(order)
    if not agents:
        return Arms(rows, np.zeros(len(order), dtype=np.int64), names, controlled=False)
    controlled = rows.keys["agent_id"].isin(agents).to_numpy(dtype=bool)
    arms = np.where(controlled[rows.cells], CONTROL, TREATED).astype(np.int64)
    return Arms(rows.regrouped(names), arms, names, controlled=True)


def differences(arms: Arms, spans: tuple[Span, Span], days: int, tz: str | tzinfo) -> pd.DataFrame:
    """Return the differences of `placebo_table`."""
    dates = [*_earlier(arms, spans, days, tz), spans]
    rows = [_difference(arms, around) for around in dates]
    table = pd.DataFrame(rows, columns=[*_DTYPES]).assign(
        observed=[around is spans for around in dates]
    )
    usable = table["observed"] | table["adjusted_difference"].notna()
    return table[usable].reset_index(drop=True).astype(_DTYPES)


def _earlier(
    arms: Arms, spans: tuple[Span, Span], days: int, tz: str | tzinfo
) -> list[tuple[Span, Span]]:
    """Return the periods around all dates whole weeks earlier that stay clear of the date."""
    at = spans[1].start
    # Rows that are sorted: the first is the earliest.
    first = local_midnight(arms.rows.instants[0], tz)
    found = []
    for week in range(-(-days // 7), _MOST_WEEKS):
        around = _around(shifted(at, -7 * week, tz), days, tz)
        if around[0].start < first:
            break
        found.append(around)
    return found[::-1]


def _difference(arms: Arms, spans: tuple[Span, Span]) -> dict[str, object]:
    before, after = (arms.counts(span) for span in spans)
    change = standardised(before, after)
    taken_off = change[CONTROL] if arms.controlled else np.nan
    n_before, n_after = (period.n.sum(axis=-1) for period in (before, after))
    rate_before, rate_after = (overall(period)[TREATED] for period in (before, after))
    return {
        "at": spans[1].start,
        "n_before": n_before[TREATED],
        "rate_before": rate_before,
        "n_after": n_after[TREATED],
        "rate_after": rate_after,
        "difference": rate_after - rate_before,
        "adjusted_difference": change[TREATED] - (taken_off if arms.controlled else 0.0),
        "control_n_before": n_before[CONTROL],
        "control_n_after": n_after[CONTROL],
        "control_difference": taken_off,
    }


def standardised(before: Period, after: Period) -> Floats:
    """Return the difference of the rates at the mean mix of both periods, one an arm."""
    return np.asarray(kitagawa(before, after).within.sum(axis=-1))


def placebo_p(as_large: int, placebos: int, *, days: int) -> float:
    """Return how usual a difference is beside those at earlier dates.

    ``(w + k) / (w + m)``, where *k* of *m* earlier dates show a difference at least as
    large and *w* is the root of the length of the periods in weeks: 1 for periods of a
    week, which gives the usual ``(1 + k) / (1 + m)``. Dates a week apart share most of
    their conversations if the periods are longer, so that they are fewer than they look.
    In simulations this keeps false alarms at 5 % or below for periods of up to 8 weeks,
    also if the weeks resemble their neighbours (correlation 0.5).

    Parameters
    ----------
    as_large, placebos : int
        *k* and *m*.
    days : int
        Length of the periods.

    Examples
    --------
    >>> from chatdash_analysis.changes.placebos import placebo_p
    >>> placebo_p(0, 19, days=7)
    0.05
    """
    weight = float(np.sqrt(max(days / 7, 1.0)))
    return (weight + as_large) / (weight + placebos)


def count_as_large(table: pd.DataFrame) -> int:
    """Return how many earlier dates show at least the difference of the observed one."""
    sizes = table["adjusted_difference"].abs().to_numpy()
    # Equal differences may differ in the last bit.
    return int((sizes[:-1] >= sizes[-1] - 1e-12).sum())
