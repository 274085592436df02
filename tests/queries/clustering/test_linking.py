"""The fuzzy graph of neighbours, compared with its definition in the paper of UMAP."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering.linking import GRAPH, links
from chatdash_analysis.queries.clustering.neighbours import nearest
from tests.queries.clustering.planted import cloud, topics


def _by_definition(vectors, number):
    """Return one-sided weights: exp(-(d - rho) / sigma), sigma so that they add up to log2 k."""
    from scipy.optimize import brentq

    size = len(vectors)
    weights = np.zeros((size, size))
    for row in range(size):
        away = 1 - vectors.astype(float) @ vectors[row].astype(float)
        away[row] = np.inf
        others = np.argsort(away)[:number]
        beyond = away[others] - away[others].min()

        def spare(sigma, beyond=beyond):
            return np.exp(-beyond / sigma).sum() - np.log2(number)

        weights[row, others] = np.exp(-beyond / brentq(spare, 1e-6, 1e3, xtol=1e-12))
    return weights


@pytest.mark.parametrize("size", [60, 8])
def test_weights_are_those_of_the_paper(size):
    vectors = topics(*[size // 4] * 4)[0]
    number = min(GRAPH, size - 1)
    one = _by_definition(vectors, number)
    np.testing.assert_allclose(one.sum(axis=1), np.log2(number), rtol=1e-6)
    expected = one + one.T - one * one.T
    np.testing.assert_allclose(links(*nearest(vectors, GRAPH)).toarray(), expected, atol=1e-4)


def test_the_graph_is_symmetric_and_each_nearest_neighbour_is_linked_fully():
    vectors = cloud(80)
    rows, near = nearest(vectors, GRAPH)
    graph = links(rows, near).toarray()
    np.testing.assert_array_equal(graph, graph.T)
    np.testing.assert_allclose(graph[np.arange(80), rows[:, 0]], 1)
    assert graph.max() <= 1 + 1e-12
    assert graph.min() >= 0


def test_only_so_many_neighbours_count():
    rows, near = nearest(cloud(80), 25)
    few = links(rows[:, :GRAPH], near[:, :GRAPH])
    np.testing.assert_array_equal(links(rows, near).toarray(), few.toarray())


def test_the_neighbours_that_are_given_are_left_as_they_are():
    given = nearest(cloud(80), GRAPH)
    before = [part.copy() for part in given]
    links(*given)
    for part, same in zip(given, before, strict=True):
        np.testing.assert_array_equal(part, same)


def test_equal_questions_are_linked_fully():
    vectors = np.repeat(cloud(1), 15, axis=0)
    assert (links(*nearest(vectors, GRAPH)).data == 1).all()


@pytest.mark.parametrize("size", [0, 1])
def test_a_question_alone_has_no_links(size):
    assert links(*nearest(cloud(1)[:size], GRAPH)).toarray().sum() == 0
