"""Stretches that could not be loaded: nobody can be seen to come back in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.cohorts.contacts import DAY
from chatdash_analysis.cohorts.counts import DELTA
from chatdash_analysis.periods import period_starts, zone
from chatdash_analysis.rates import add_flag
from chatdash_analysis.spans import gaps_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.cohorts.questions import Question

__all__ = ["flag_gaps", "without_gaps"]


def flag_gaps(flags: pd.Series, frame: Any) -> pd.Series:
    """Add the flag ``gap`` to a whole table if a part of what was asked for is missing."""
    return add_flag(flags, np.ones(len(flags), dtype=bool), "gap") if gaps_of(frame) else flags


def without_gaps(
    cells: pd.DataFrame, frame: Any, asked: Question, *, unbounded: bool
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Make the people of cells that a gap touches unknown, and tell which cells these are.

    A cell is touched if one of its people could have come back in the gap; with
    `unbounded`, also later than in its period.
    """
    hidden = np.zeros(len(cells), dtype=bool)
    first, last = _stretches(cells, asked)
    for gap in gaps_of(frame):
        hidden |= (first < gap.end) & (unbounded | (last > gap.start))
    # Whoever is in a cohort has been there in its period 0.
    hidden &= cells["period"].to_numpy() > 0
    unknown = cells["unknown"] + np.where(hidden, cells["n"], 0)
    counts = {name: cells[name].where(~hidden, 0) for name in ("n", "successes")}
    return cells.assign(unknown=unknown, **counts), hidden & (cells["n"].to_numpy() > 0)


def _stretches(cells: pd.DataFrame, asked: Question) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return when the first of a cohort can have entered each cell, and the last have left it."""
    cohort, period = (cells[name].to_numpy(np.int64) for name in ("cohort", "period"))
    if asked.window == "calendar":
        return _instants(cohort + period, asked), _instants(cohort + period + 1, asked)
    days = DELTA[asked.freq] // DAY
    count = int(period.max(initial=0)) + 2
    edges = np.array([0, *asked.edges] if asked.edges else [k * days for k in range(count)])
    lengths = pd.to_timedelta(edges, unit="D")
    return _instants(cohort, asked) + lengths[period], _instants(cohort + 1, asked) + lengths[
        period + 1
    ]


def _instants(periods: NDArray[np.int64], asked: Question) -> pd.DatetimeIndex:
    starts = period_starts(periods, asked.freq)
    ambiguous = np.ones(len(starts), dtype=bool)
    local = starts.tz_localize(zone(asked.tz), ambiguous=ambiguous, nonexistent="shift_forward")
    return local.tz_convert("UTC")
