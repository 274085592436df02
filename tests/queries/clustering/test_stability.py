"""Stability: 1 where clusters are plain, low where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import stability as module
from chatdash_analysis.queries.clustering.growing import grow_clusters
from chatdash_analysis.queries.clustering.stability import stability
from chatdash_analysis.queries.clustering.tree import CUTS
from tests.queries.clustering.planted import cloud, topics


def _stability(vectors, owners=None, *, seed=0):
    weights = np.ones(len(vectors), dtype=np.int64)
    settings = {"where": CUTS["normal"], "min_size": 3}
    grown = grow_clusters(vectors, weights, **settings)
    owners = grown.owners if owners is None else owners
    random = np.random.default_rng(seed)
    return stability(vectors, weights, owners, **settings, least=grown.least, random=random)


def test_topics_far_apart_are_found_again_each_time():
    np.testing.assert_allclose(_stability(topics(40, 30, 30, 25, spread=0.3)[0]), 1)


def test_parts_of_one_cloud_are_not():
    values = _stability(cloud(400, width=6))
    assert len(values) > 10
    assert values.mean() < 0.6
    assert values.max() < 0.75


def test_halves_of_one_topic_are_not():
    vectors, truth = topics(40, 40, 30, spread=0.3)
    halves = np.where(truth == 0, np.arange(110) % 2, truth + 1)
    values = _stability(vectors, halves)
    np.testing.assert_allclose(values[:2], 0.5, atol=0.06)
    np.testing.assert_allclose(values[2:], 1)


def test_the_same_seed_gives_the_same():
    vectors = cloud(90, width=6)
    assert _stability(vectors).tolist() == _stability(vectors).tolist()
    assert _stability(vectors).tolist() != _stability(vectors, seed=1).tolist()


def test_overlaps_are_jaccard_indices_of_sets():
    random = np.random.default_rng(0)
    owners, again = random.integers(-1, 4, 60), random.integers(-1, 5, 60)
    found, held = module._best_overlaps(owners, again, 6)
    for number in range(6):
        own = set(np.flatnonzero(owners == number))
        others = [set(np.flatnonzero(again == other)) for other in range(5)]
        best = max(len(own & other) / len(own | other) for other in others)
        assert found[number] == pytest.approx(best)
        assert held[number] == bool(own)


def test_a_cluster_without_a_question_in_the_samples_has_none():
    vectors, truth = topics(40, 40, spread=0.3)
    values = _stability(vectors, np.where(truth == 0, 0, 2))
    assert np.isnan(values[1])
    assert values[[0, 2]].tolist() == [1, 1]


def test_without_clusters_there_is_nothing_to_find_again():
    assert _stability(cloud(5), np.full(5, -1)).shape == (0,)


def test_more_questions_are_sampled_less_often():
    counts = [module._samples(size) for size in (10, 500, 501, 3_000, 4_000, 8_000)]
    assert counts == [25, 25, 15, 8, 4, 2]
