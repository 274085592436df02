"""The delays that are told apart: minutes and hours at first, days and weeks later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["DAY", "EDGES", "days_of", "nearest_edges", "reported", "upper_edges"]

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
DAY: int = 24 * _HOUR
# Beyond that, all delays are one.
_LAST_DAYS = 7 * 600

# Ends of the bins in microseconds; a bin is open at its start and closed at its end.
EDGES: Codes = np.unique(
    np.concatenate(
        [
            np.array([0, 1, 2, 5, 10, 15, 20, 30, 45]) * _MINUTE,
            np.arange(1, 49) * _HOUR,
            np.arange(9, 57) * 6 * _HOUR,
            np.arange(15, 366) * DAY,
            np.arange(371, _LAST_DAYS + 1, 7) * DAY,
        ]
    )
).astype(np.int64)
_REPORTED: Codes = np.concatenate(
    [
        np.array([5, 15, 30]) * _MINUTE,
        np.array([1, 2, 3, 6, 12]) * _HOUR,
        np.arange(1, 61) * DAY,
        np.arange(63, 365, 7) * DAY,
        np.arange(392, _LAST_DAYS + 1, 28) * DAY,
    ]
).astype(np.int64)


def nearest_edges(delays: Codes) -> Codes:
    """Return the number of the edge nearest to each delay, in microseconds.

    Were the two ends of an interval moved outwards, long bins would win what short ones
    beside them lose.
    """
    above = upper_edges(delays)
    nearer = delays - EDGES[above - 1] <= EDGES[above] - delays
    return np.where(nearer, above - 1, above)


def upper_edges(delays: Codes) -> Codes:
    """Return the number of the first edge that is not below each delay, at least 1."""
    places = np.searchsorted(EDGES, np.clip(delays, 1, EDGES[-1]), side="left")
    return np.asarray(places, dtype=np.int64)


def reported(last: int) -> Codes:
    """Return the numbers of the edges that a curve shows, up to edge `last` and with it."""
    places = np.searchsorted(EDGES, _REPORTED)
    return np.append(places[places < last], last).astype(np.int64)


def days_of(edges: Codes) -> Floats:
    """Return the delays at edges in days."""
    return np.asarray(EDGES[edges] / DAY, dtype=np.float64)
