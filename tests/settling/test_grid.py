"""The delays that are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.settling.grid import (
    DAY,
    EDGES,
    days_of,
    nearest_edges,
    reported,
    upper_edges,
)


def test_edges_hold_every_whole_day_of_a_year_and_every_delay_that_is_shown():
    assert set(np.arange(366) * DAY) <= set(EDGES)
    last = len(EDGES) - 1
    shown = days_of(reported(last))
    assert (np.diff(shown) > 0).all()
    assert shown[0] * 24 * 60 == 5
    assert set(range(1, 61)) <= set(shown)


def test_the_last_delay_is_always_shown():
    place = int(np.searchsorted(EDGES, 10 * DAY))
    assert days_of(reported(place))[-1] == 10
    assert days_of(reported(1)).tolist() == pytest.approx([1 / 24 / 60])


def test_the_upper_edge_is_the_end_of_the_bin_that_holds_a_delay():
    delays = np.array([-5, 0, 1, 60_000_000, 60_000_001, DAY, DAY + 1, EDGES[-1] + 1])
    found = EDGES[upper_edges(delays)]
    minute, hour = 60_000_000, 3_600_000_000
    expected = [minute, minute, minute, minute, 2 * minute, DAY, DAY + hour, EDGES[-1]]
    assert found.tolist() == expected


def test_the_nearest_edge_lies_on_either_side():
    delays = np.array([0, 20_000_000, 40_000_000, 20 * DAY + DAY // 3, 21 * DAY - DAY // 3])
    assert EDGES[nearest_edges(delays)].tolist() == [0, 0, 60_000_000, 20 * DAY, 21 * DAY]
