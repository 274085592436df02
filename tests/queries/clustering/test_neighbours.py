"""Nearest neighbours, compared with those of scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import neighbours as module
from chatdash_analysis.queries.clustering.neighbours import nearest
from tests.queries.clustering.planted import cloud


@pytest.mark.parametrize("held", [1, 500, 4_000_000])
def test_neighbours_are_those_of_scikit_learn_however_many_are_held(monkeypatch, held):
    from sklearn.neighbors import NearestNeighbors

    monkeypatch.setattr(module, "_HELD", held)
    vectors = cloud(70)
    rows, near = nearest(vectors, 6)
    index = NearestNeighbors(n_neighbors=6, metric="cosine", algorithm="brute").fit(vectors)
    away, expected = index.kneighbors()
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(near, 1 - away, atol=1e-6)


def test_no_vector_is_its_own_neighbour_even_if_another_is_equal():
    vectors = np.repeat(cloud(3), 4, axis=0)
    rows, near = nearest(vectors, 3)
    assert not (rows == np.arange(12)[:, None]).any()
    np.testing.assert_array_equal(rows // 4, np.repeat(np.arange(3), 4)[:, None].repeat(3, axis=1))
    np.testing.assert_allclose(near, 1, atol=1e-6)


@pytest.mark.parametrize(("size", "number"), [(0, 0), (1, 0), (2, 1), (4, 3)])
def test_there_are_no_more_neighbours_than_others(size, number):
    rows, near = nearest(cloud(4)[:size], 10)
    assert rows.shape == near.shape == (size, number)
    assert (rows.dtype, near.dtype) == (np.int64, np.float32)
