"""Assignment to clusters, compared with its definition by plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import prototypes as module
from chatdash_analysis.queries.clustering.prototypes import fit_prototypes
from tests.queries.clustering.planted import cloud, topics, unit


@pytest.fixture(scope="module")
def fitted():
    vectors, truth = topics(30, 20, 10, 6, seed=2)
    owners = np.where(truth == 3, -1, truth)
    parts = np.random.default_rng(0).integers(0, 3, len(truth))
    return vectors, owners, parts, *fit_prototypes(vectors, owners, parts)


def test_each_part_lies_at_the_direction_of_its_members(fitted):
    vectors, owners, parts, prototypes, _ = fitted
    pairs = sorted({(o, p) for o, p in zip(owners, parts, strict=True) if o >= 0})
    assert prototypes.owners.tolist() == [owner for owner, _ in pairs]
    expected = [vectors[(owners == o) & (parts == p)].sum(axis=0) for o, p in pairs]
    np.testing.assert_allclose(prototypes.vectors, unit(np.array(expected)), atol=1e-5)


def test_a_member_is_as_near_to_its_cluster_as_it_would_be_had_it_not_been_there(fitted):
    vectors, owners, parts, _, near = fitted
    for row in range(len(vectors)):
        rest = np.arange(len(vectors)) != row
        own = [
            vectors[(owners == owners[row]) & (parts == part) & rest].sum(axis=0)
            for part in set(parts[(owners == owners[row]) & rest])
        ]
        expected = (unit(np.array(own)) @ vectors[row]).max() if owners[row] >= 0 else 0
        assert near[row] == pytest.approx(expected, abs=1e-5)


def test_the_nearest_cluster_is_that_of_the_nearest_part(fitted, monkeypatch):
    prototypes = fitted[3]
    monkeypatch.setattr(module, "_HELD", 20)
    new = cloud(25, seed=7)
    owners, scores = prototypes.nearest(new)
    products = new @ prototypes.vectors.T
    assert owners.tolist() == prototypes.owners[products.argmax(axis=1)].tolist()
    np.testing.assert_allclose(scores, products.max(axis=1), atol=1e-6)


def test_p_values_are_ranks_among_members_with_all_members_as_twenty_more(fitted):
    prototypes = fitted[3]
    owners = np.array([0, 1, 2, 2, -1, 0])
    scores = np.array([0.9, 0.5, -1.0, 0.7, 0.9, 0.2], dtype=np.float32)
    expected = []
    for owner, score in zip(owners, scores, strict=True):
        own = [
            c for c, m in zip(prototypes.calibration, prototypes.members, strict=True) if m == owner
        ]
        everywhere = np.mean([c <= score for c in prototypes.calibration])
        rank = 1 + sum(c <= score for c in own) + 20 * everywhere
        expected.append(rank / (len(own) + 1 + 20) if owner >= 0 else np.nan)
    np.testing.assert_allclose(prototypes.p_values(owners, scores), expected)


def test_of_new_members_of_a_topic_about_one_in_twenty_is_refused_and_of_strangers_nearly_all():
    refused, strangers = [], []
    for seed in range(12):
        vectors, truth = topics(80, 80, 80, seed=seed)
        fit, new = np.arange(240) < 160, np.arange(240) >= 160
        prototypes, _ = fit_prototypes(vectors[fit], truth[fit], np.zeros(160, dtype=int))
        owners, scores = prototypes.nearest(vectors[new])
        assert (owners == truth[new]).all()
        refused.append((prototypes.p_values(owners, scores) < 0.05).mean())
        strange = prototypes.nearest(cloud(100, seed=100 + seed))
        strangers.append((prototypes.p_values(*strange) < 0.05).mean())
    assert np.mean(refused) == pytest.approx(0.05, abs=0.03)
    assert np.mean(strangers) > 0.99


def test_a_cluster_of_one_text_is_as_near_to_itself_as_can_be():
    vectors = cloud(3)
    prototypes, near = fit_prototypes(vectors, np.array([0, 1, -1]), np.zeros(3, dtype=int))
    np.testing.assert_allclose(near, [1, 1, 0], atol=1e-6)
    assert prototypes.calibration.tolist() == pytest.approx([1, 1])


def test_without_clusters_nothing_is_near():
    prototypes, near = fit_prototypes(cloud(4), np.full(4, -1), np.zeros(4, dtype=int))
    owners, scores = prototypes.nearest(cloud(2))
    assert prototypes.vectors.shape == (0, 48)
    assert owners.tolist() == [-1, -1]
    assert np.isnan(prototypes.p_values(owners, scores)).all()
    assert near.tolist() == [0] * 4


def test_clusters_that_are_joined_under_one_number_are_one(fitted):
    _, owners, _, prototypes, _ = fitted
    moved = prototypes.renamed(np.array([3, 0, 0]))
    both = prototypes.joined(moved)
    assert both.owners.tolist() == [*prototypes.owners, *np.array([3, 0, 0])[prototypes.owners]]
    assert both.members.tolist() == sorted(both.members)
    for owner in range(4):
        own = both.calibration[both.members == owner]
        assert own.tolist() == sorted(own)
    assert (both.members == 0).sum() == (owners == 0).sum() + (owners > 0).sum()
