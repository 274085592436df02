"""Clusters by the tree, and what becomes of the rest."""

from __future__ import annotations

import numpy as np

from chatdash_analysis.queries.clustering.growing import grow_clusters, tree_clusters
from chatdash_analysis.queries.clustering.tree import CUTS
from tests.queries.clustering.planted import agreement, cloud, topics

NORMAL = {"where": CUTS["normal"], "min_size": 3}


def _ones(vectors):
    return np.ones(len(vectors), dtype=np.int64)


def test_planted_topics_are_found():
    vectors, truth = topics(40, 30, 30, 20, 15)
    grown = grow_clusters(vectors, _ones(vectors), **NORMAL)
    assert agreement(truth, grown.owners) > 0.98
    assert grown.number == 5


def test_strays_are_off_topic():
    vectors = np.concatenate([topics(40, 40, 30)[0], cloud(6, seed=4)])
    grown = grow_clusters(vectors, _ones(vectors), **NORMAL)
    assert (grown.owners[110:] == -1).all()
    assert (grown.reasons[110:] == "off_topic").all()
    assert (grown.reasons[grown.owners >= 0] == "").all()


def test_a_stray_that_was_sent_often_is_a_cluster_of_its_own():
    vectors = np.concatenate([topics(40, 40, 30)[0], cloud(2, seed=4)])
    weights = _ones(vectors)
    weights[-1] = 3
    found = tree_clusters(vectors, weights, **NORMAL)
    assert found.on_topic[-1]
    assert not found.on_topic[-2]
    assert (found.owners == found.owners[-1]).sum() == 1
    assert found.owners[-1] >= 0


def test_vectors_of_no_length_are_never_together():
    vectors = np.concatenate([topics(30, 30)[0], np.zeros((80, 48), dtype=np.float32)])
    weights = _ones(vectors)
    weights[-2:] = 3
    grown = grow_clusters(vectors, weights, **NORMAL)
    assert (grown.owners[60:-2] == -1).all()
    assert grown.owners[-2] != grown.owners[-1]
    assert [(grown.owners == owner).sum() for owner in grown.owners[-2:]] == [1, 1]
    assert (grown.owners[:60] >= 0).mean() > 0.9


def test_a_topic_of_too_few_queries_is_no_cluster():
    vectors, truth = topics(40, 40, 30)
    grown = grow_clusters(vectors, _ones(vectors), where=CUTS["normal"], min_size=35)
    assert grown.number == 2
    assert (grown.owners[truth == 2] == -1).mean() > 0.9
    assert "few" in grown.reasons[truth == 2]


def test_what_the_tree_leaves_over_joins_only_where_as_far_out_as_members():
    vectors, _ = topics(60, 60, spread=1.3, seed=1)
    tree = tree_clusters(vectors, _ones(vectors), **NORMAL)
    grown = grow_clusters(vectors, _ones(vectors), **NORMAL)
    joined = (tree.owners < 0) & (grown.owners >= 0)
    values = grown.prototypes.p_values(grown.owners, grown.scores)
    assert (values[joined] >= 0.05).all()
    assert (grown.owners[tree.owners >= 0] == tree.owners[tree.owners >= 0]).all()


def test_the_threshold_of_an_earlier_fit_is_used():
    vectors = topics(40, 40)[0]
    grown = grow_clusters(vectors, _ones(vectors), **NORMAL, least=2.0)
    assert (grown.reasons == "off_topic").all()
    assert (grown.number, grown.least) == (0, 2.0)
