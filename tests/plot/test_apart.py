"""Places of texts beside the axes."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.plot.apart import spread_out


@pytest.mark.parametrize(
    ("wished", "places"),
    [
        ([], []),
        ([0.3], [0.3]),
        ([0.1, 0.5, 0.9], [0.1, 0.5, 0.9]),
        ([0.5, 0.5, 0.5], [0.6, 0.5, 0.4]),
        ([0.95, 1.0, 1.0], [0.8, 1.0, 0.9]),
        ([0.0, 0.02], [0.0, 0.1]),
        ([2.0, -1.0], [1.0, 0.0]),
    ],
)
def test_places_move_apart_around_their_middle_and_stay_inside(wished, places):
    found = spread_out(np.array(wished, dtype="float64"), step=0.1)
    assert found == pytest.approx(places)


@pytest.mark.parametrize("seed", range(5))
def test_places_keep_their_order_and_distance(seed):
    wished = np.random.default_rng(seed).beta(0.4, 0.4, 12)
    places = spread_out(wished, step=0.05)
    order = np.argsort(wished)
    assert (np.diff(places[order]) >= 0.05 - 1e-12).all()
    assert places.min() >= 0
    assert places.max() <= 1


def test_more_than_fit_share_the_room():
    places = spread_out(np.linspace(0.4, 0.6, 5), step=0.5)
    assert places == pytest.approx([0, 0.25, 0.5, 0.75, 1])
