"""Sides by time: before a moment, from it on, and what lies between."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.lengths import read_length
from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import microseconds

if TYPE_CHECKING:
    from datetime import timedelta

    from numpy.typing import NDArray

    from chatdash_analysis.datasets.tables.table import TrainingTable

    Codes = NDArray[np.int64]
    Mask = NDArray[np.bool_]

__all__ = ["Sides", "instants_of", "read_embargo", "sides_at"]


class Sides(NamedTuple):
    """Which rows belong where; each row is in exactly one.

    Attributes
    ----------
    train, embargo, test, later : numpy.ndarray of bool
    """

    train: Mask
    embargo: Mask
    test: Mask
    later: Mask


def read_embargo(embargo: str | timedelta) -> pd.Timedelta:
    """Read a stretch of time of zero or more.

    Raises
    ------
    InputError
        If it is no such thing.
    """
    read = read_length(embargo)
    if read is None or read < pd.Timedelta(0):
        raise InputError(
            f"embargo={embargo!r} is no stretch of time. Give text with a unit, such as '7D' or"
            " '36h', or a timedelta: how long it takes until the target is known."
        )
    return read


def instants_of(table: TrainingTable) -> Codes:
    """Return when each conversation started, in microseconds since 1970 UTC."""
    return microseconds(table.rows["created_at"])


def sides_at(instants: Codes, at: int, *, embargo: pd.Timedelta, end: int | None = None) -> Sides:
    """Return the sides of a split at a moment; the test ends before `end`.

    Parameters
    ----------
    instants : numpy.ndarray of int64
        Microseconds since 1970 UTC, as are `at` and `end`.
    at, end : int
    embargo : pandas.Timedelta
        Rows that started so long before `at` are on neither side: what became of them
        was not known yet.
    """
    wait = int(embargo // pd.Timedelta(1, unit="us"))
    past, known = instants < at, instants < at - wait
    later = np.zeros(len(instants), dtype=bool) if end is None else instants >= end
    return Sides(known, past & ~known, ~past & ~later, later)
