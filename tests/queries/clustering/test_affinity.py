"""Similarity of vectors and of surroundings, compared with plain loops and dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import affinity as module
from chatdash_analysis.queries.clustering.affinity import (
    by_rows,
    distances,
    smoothed,
    surroundings,
)
from chatdash_analysis.queries.clustering.linking import GRAPH, links
from chatdash_analysis.queries.clustering.neighbours import nearest
from tests.queries.clustering.planted import topics, unit


@pytest.fixture(scope="module")
def pool():
    vectors = topics(20, 20, 10, seed=3)[0]
    return vectors, *nearest(vectors, GRAPH)


def _walks(graph, *, kept=None):
    """Return roots of where eight steps end, rows of length 1; after each doubling few stay."""
    steps = graph / graph.sum(axis=1, keepdims=True)
    ends = (np.eye(len(graph)) + steps) / 2
    for _ in range(3):
        ends = ends @ ends
        for row in ends if kept else ():
            row[np.argsort(-row, kind="stable")[kept:]] = 0
    return unit(np.sqrt(ends))


def test_walks_are_powers_of_the_matrix_of_steps(pool):
    graph = links(*pool[1:])
    expected = unit(np.sqrt(np.linalg.matrix_power(
        (np.eye(50) + graph.toarray() / graph.toarray().sum(axis=1, keepdims=True)) / 2, 8
    )))  # fmt: skip
    np.testing.assert_allclose(surroundings(graph).toarray(), expected, atol=1e-5)


def test_only_the_likeliest_places_are_kept(pool, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 7)
    graph = links(*pool[1:])
    found = surroundings(graph).toarray()
    assert (found > 0).sum(axis=1).max() == 7
    np.testing.assert_allclose(found, _walks(graph.toarray(), kept=7), atol=1e-5)


def test_of_equal_places_those_at_the_front_are_kept(monkeypatch):
    from scipy.sparse import csr_array

    monkeypatch.setattr(module, "_KEPT", 3)
    ends = csr_array(np.array([[1.0, 2, 1, 1, 3], [1, 0, 1, 1, 0]]))
    assert module._likeliest(ends).toarray().tolist() == [[1, 2, 0, 0, 3], [1, 0, 1, 1, 0]]


def test_smoothing_draws_each_vector_to_its_eight_nearest(pool):
    vectors, rows, near = pool
    drawn = vectors.astype(float)
    for again in range(3):
        if again:
            products = drawn @ drawn.T
            np.fill_diagonal(products, -np.inf)
            rows = np.argsort(-products, axis=1)[:, :8]
            near = np.take_along_axis(products, rows, axis=1)
        weights = np.maximum(near[:, :8], 0) ** 2
        weights = weights / weights.sum(axis=1, keepdims=True)
        drawn = unit(drawn + np.einsum("ij,ijk->ik", weights, drawn[rows[:, :8]]))
    np.testing.assert_allclose(smoothed(*pool), drawn, atol=1e-5)


@pytest.mark.parametrize("rows", [7, 512])
def test_distances_are_one_less_the_mean_of_both_similarities(pool, monkeypatch, rows):
    from scipy.spatial.distance import squareform

    monkeypatch.setattr(module, "_ROWS", rows)
    graph = links(*pool[1:])
    drawn, walks = smoothed(*pool), _walks(graph.toarray())
    expected = np.maximum(1 - (drawn @ drawn.T + walks @ walks.T) / 2, 0)
    found = squareform(distances(*pool, graph))
    away = ~np.eye(50, dtype=bool)
    np.testing.assert_allclose(found[away], expected[away], atol=1e-5)


def test_equal_questions_are_at_no_distance():
    vectors = np.repeat(topics(1)[0], 12, axis=0)
    pool = vectors, *nearest(vectors, GRAPH)
    found = distances(*pool, links(*pool[1:]))
    assert found.shape == (66,)
    assert found.max() < 0.2


@pytest.mark.parametrize("size", [1, 2])
def test_the_fewest_questions_have_distances(size):
    vectors = topics(2)[0][:size]
    pool = vectors, *nearest(vectors, GRAPH)
    found = distances(*pool, links(*pool[1:]))
    assert found.shape == (size - 1,)
    assert np.isfinite(found).all()


def test_rows_without_weights_stay_so():
    from scipy.sparse import csr_array

    found = by_rows(csr_array(np.array([[0.0, 0.0], [1.0, 3.0]])))
    assert found.toarray().tolist() == [[0, 0], [0.25, 0.75]]
