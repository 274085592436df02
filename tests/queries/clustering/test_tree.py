"""The tree and its cuts, compared with SciPy and with brute force."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering.affinity import distances
from chatdash_analysis.queries.clustering.linking import GRAPH, links
from chatdash_analysis.queries.clustering.neighbours import nearest
from chatdash_analysis.queries.clustering.tree import CUTS, Cut, Tree, cut, grow, large_enough
from tests.queries.clustering.planted import agreement, topics, unit


def _tree(vectors):
    pool = vectors, *nearest(vectors, GRAPH)
    graph = links(*pool[1:])
    away = distances(*pool, graph)
    return grow(away, graph, pool[0]), graph.toarray(), away


def _members(merges):
    """Return the questions below each branch."""
    size = len(merges) + 1
    below = [[place] for place in range(size)]
    for left, right in merges[:, :2].astype(int):
        below.append(below[left] + below[right])
    return below


@pytest.fixture(scope="module")
def grown():
    return _tree(topics(30, 20, 12, 8, spread=1.0, seed=5)[0])


@pytest.mark.parametrize("height", [0.05, 0.2, 0.4, 0.6, 0.9])
def test_a_cut_at_one_height_is_that_of_scipy(grown, height):
    from scipy.cluster.hierarchy import fcluster, linkage

    tree, _, away = grown
    expected = fcluster(linkage(away, "average"), height, "distance")
    assert agreement(expected, cut(tree, Cut(height, height, 0))) == 1


def test_ties_are_the_share_of_links_of_the_smaller_branch_that_lead_to_the_other(grown):
    tree, graph, _ = grown
    below = _members(tree.merges)
    expected = []
    for left, right in tree.merges[:, :2].astype(int):
        across = graph[np.ix_(below[left], below[right])].sum()
        volumes = [graph[below[branch]].sum() for branch in (left, right)]
        # Each link stands in the graph twice; one of the two climbs.
        expected.append(2 * across / min(volumes))
    np.testing.assert_allclose(tree.ties, expected, rtol=1e-9)


def _cut_by_hand(tree, where, branch, below):
    if branch < tree.size:
        return [[branch]]
    place = branch - tree.size
    height, tie = tree.merges[place, 2], tree.ties[place]
    if height <= where.near or (height <= where.far and tie >= where.tied):
        return [below[branch]]
    left, right = tree.merges[place, :2].astype(int)
    return _cut_by_hand(tree, where, left, below) + _cut_by_hand(tree, where, right, below)


@pytest.mark.parametrize("name", [*CUTS])
def test_branches_are_split_from_the_root_down_until_they_are_tied(grown, name):
    tree = grown[0]
    found = cut(tree, CUTS[name])
    below = _members(tree.merges)
    groups = _cut_by_hand(tree, CUTS[name], 2 * tree.size - 2, below)
    expected = np.empty(tree.size, dtype=int)
    for number, members in enumerate(groups):
        expected[members] = number
    assert agreement(expected, found) == 1
    assert sorted(set(found)) == list(range(len(groups)))


def _topics_with_parts(seed):
    """Return 12 questions around each of 4 directions near each of 5."""
    random = np.random.default_rng(seed)
    topics = unit(random.normal(size=(5, 48)))
    parts = unit(np.repeat(topics, 4, axis=0) + 0.8 * unit(random.normal(size=(20, 48))))
    noise = 0.8 * unit(random.normal(size=(240, 48)))
    return unit(np.repeat(parts, 12, axis=0) + noise).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_fine_clusters_lie_inside_normal_ones_and_these_inside_coarse_ones(seed):
    tree = _tree(_topics_with_parts(seed))[0]
    fine, normal, coarse = (cut(tree, CUTS[name]) for name in ("fine", "normal", "coarse"))
    for inner, outer in ((fine, normal), (normal, coarse)):
        assert all(len(set(outer[inner == number])) == 1 for number in set(inner))
    assert max(fine) > max(coarse)


def test_one_question_is_a_tree():
    tree = grow(np.empty(0), None, np.empty((1, 2)))
    assert (tree.size, cut(tree, CUTS["normal"]).tolist()) == (1, [0])


def test_two_questions_are_one_cluster_if_near_or_tied():
    def two(height, tie):
        tree = Tree(np.array([[0, 1, height, 2.0]]), np.array([tie]), np.ones(1))
        return cut(tree, Cut(0.5, 0.8, 0.3)).tolist()

    assert two(0.5, 0.0) == [0, 0]
    assert two(0.7, 0.3) == [0, 0]
    assert two(0.7, 0.29) == [0, 1]
    assert two(0.81, 1.0) == [0, 1]


def test_clusters_are_large_enough_by_their_queries_and_numbered_by_their_first_question():
    owners = np.array([2, 0, 1, 1, 2, 0])
    weights = np.array([1, 1, 1, 4, 2, 1])
    assert large_enough(owners, weights, 3).tolist() == [0, -1, 1, 1, 0, -1]
    assert large_enough(owners, weights, 9).tolist() == [-1] * 6
    assert large_enough(owners, weights, 1).tolist() == [0, 1, 2, 2, 0, 1]
