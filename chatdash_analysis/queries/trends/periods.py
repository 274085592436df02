"""The local days, weeks or months that conversations lie in, and which of them are whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chatdash_analysis.periods import microseconds, period_codes, period_starts, zone
from chatdash_analysis.queries.links import loaded
from chatdash_analysis.spans import gaps_of

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd
    from numpy.typing import NDArray

    from chatdash_analysis.periods import Freq

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = ["Calendar", "calendar_of"]

_DAY = 86_400_000_000
_NOT_DATED = -1


@dataclass(frozen=True, slots=True)
class Calendar:
    """Periods without holes, from that of the first conversation to that of the last.

    Attributes
    ----------
    of_rows : numpy.ndarray of int64
        The period of each conversation, counted from 0; -1 for one without ``created_at``.
    names : pandas.DatetimeIndex
        The first local date of each period, without a time zone.
    edges : numpy.ndarray of int64
        When each starts, in microseconds since 1970 UTC, and when the last one ends.
    whole : numpy.ndarray of bool
        Which of them lie inside of what was loaded, without a gap.
    gaps : numpy.ndarray of bool
        Which of them could not be loaded in full.
    """

    of_rows: Codes
    names: pd.DatetimeIndex
    edges: Codes
    whole: Mask
    gaps: Mask

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.names)

    @property
    def dated(self) -> Mask:
        """Tell which conversations lie in a period."""
        return self.of_rows > _NOT_DATED


def calendar_of(conversations: pd.DataFrame, freq: Freq, tz: str | tzinfo) -> Calendar:
    """Lay conversations on a local calendar.

    Where the table does not say what was loaded, that is taken to be from the first
    conversation to the last; a week or month may start or end a day before or after.
    """
    created = conversations["created_at"]
    dated = created.notna().to_numpy(dtype=bool)
    codes = period_codes(created[dated], freq, tz)
    first = int(codes.min()) if len(codes) else 0
    size = int(codes.max()) - first + 1 if len(codes) else 0
    of_rows = np.full(len(created), _NOT_DATED, dtype=np.int64)
    of_rows[dated] = codes - first
    names = period_starts(first + np.arange(size + 1), freq)
    edges = _instants(names, tz)
    start, end = _extent(conversations, microseconds(created[dated]), freq)
    gaps = _touched(conversations, edges)
    whole = (edges[:-1] >= start) & (edges[1:] <= end) & ~gaps
    return Calendar(of_rows, names[:-1], edges, whole, gaps)


def _instants(names: pd.DatetimeIndex, tz: str | tzinfo) -> Codes:
    """Return when local days start; where clocks skip midnight, when they go on."""
    first = np.ones(len(names), dtype=bool)
    local = names.tz_localize(zone(tz), ambiguous=first, nonexistent="shift_forward")
    return np.asarray(local.tz_convert("UTC").as_unit("us").asi8)


def _extent(conversations: pd.DataFrame, instants: Codes, freq: Freq) -> tuple[int, int]:
    """Return from when to when all conversations are there, in microseconds."""
    slack = 0 if freq == "D" else _DAY
    start, end = loaded(conversations)
    first, last = int(instants.min(initial=2**62)) - slack, int(instants.max(initial=0)) + slack
    return (
        first if start is None else int(start.as_unit("us").asm8.astype("int64")),
        last if end is None else int(end.as_unit("us").asm8.astype("int64")),
    )


def _touched(conversations: pd.DataFrame, edges: Codes) -> Mask:
    """Tell which periods a gap of loading touches."""
    touched = np.zeros(max(len(edges) - 1, 0), dtype=bool)
    for gap in gaps_of(conversations):
        start, end = gap.microseconds
        touched |= (edges[:-1] < end) & (edges[1:] > start)
    return touched
