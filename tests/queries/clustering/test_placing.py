"""Placing: near members, and not nearer to other new questions."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering.placing import place_among
from tests.queries.clustering.planted import cloud, topics


def _known_and_new(*sizes, known=2, seed=0):
    """Return members of the first topics, their topics, and new questions with theirs."""
    vectors, truth = topics(*sizes, spread=0.9, seed=seed)
    held = (truth < known) & (np.arange(len(truth)) % 2 == 0)
    return vectors[held], truth[held], vectors[~held], truth[~held]


def test_held_back_members_go_to_their_cluster():
    members, owners, new, truth = _known_and_new(80, 80)
    found, p_values, reasons = place_among(members, owners, new)
    assert (found == truth).mean() > 0.9
    assert ((found == truth) | (found == -1)).all()
    assert (p_values[found >= 0] >= 0.05).all()
    assert set(reasons[found >= 0]) == {""}
    assert "" not in set(reasons[found < 0])


def test_strangers_stay_in_the_pool():
    members, owners, _, _ = _known_and_new(80, 80)
    found, _, reasons = place_among(members, owners, cloud(100, seed=9))
    assert (found == -1).mean() > 0.95
    assert set(reasons) <= {"far", "new", ""}


def test_a_new_topic_inside_the_reach_of_an_old_one_is_noticed_where_several_ask_it():
    random = np.random.default_rng(0)
    old = random.normal(size=48)

    def around(centre, size, spread):
        vectors = centre / np.linalg.norm(centre) + spread * random.normal(size=(size, 48))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    members, owners = around(old, 100, 0.18), np.zeros(100, dtype=np.int64)
    topic = around(old + 0.5 * random.normal(size=48), 30, 0.05)
    together, _, reasons = place_among(members, owners, np.concatenate([members[:9], topic]))
    assert together[:9].tolist() == [0] * 9
    assert together[9:].tolist() == [-1] * 30
    assert set(reasons[9:]) == {"new"}
    assert [place_among(members, owners, one[None])[0][0] for one in topic] == [0] * 30


def test_p_values_are_ranks_among_the_members():
    members, owners, new, _ = _known_and_new(30, 24)

    def mean_of_three(vector, others):
        return np.sort(others @ vector)[-3:].mean()

    left_out = [
        mean_of_three(members[i], np.delete(members, i, axis=0)[np.delete(owners, i) == owners[i]])
        for i in range(len(members))
    ]
    _, p_values, _ = place_among(members, owners, new)
    for vector, found in zip(new, p_values, strict=True):
        near = [mean_of_three(vector, members[owners == owner]) for owner in (0, 1)]
        own = np.array(left_out)[owners == int(np.argmax(near))]
        everywhere = (np.array(left_out) <= max(near)).mean()
        expected = (1 + (own <= max(near)).sum() + 20 * everywhere) / (len(own) + 21)
        assert found == pytest.approx(expected, abs=2 / len(own))


def test_the_order_of_members_and_of_questions_does_not_matter():
    members, owners, new, _ = _known_and_new(60, 40, 30)
    found, p_values, reasons = place_among(members, owners, new)
    random = np.random.default_rng(1)
    one, other = random.permutation(len(members)), random.permutation(len(new))
    again = place_among(members[one], owners[one], new[other])
    assert again[0].tolist() == found[other].tolist()
    np.testing.assert_allclose(again[1], p_values[other], atol=1e-6)
    assert again[2].tolist() == reasons[other].tolist()


@pytest.mark.parametrize("size", [0, 1, 3])
def test_without_clusters_all_are_far(size):
    nothing = np.empty((0, 48), dtype=np.float32), np.empty(0, dtype=np.int64)
    found, p_values, reasons = place_among(*nothing, cloud(5)[:size])
    assert found.tolist() == [-1] * size
    assert np.isnan(p_values).all()
    assert reasons.tolist() == ["far"] * size


def test_a_cluster_of_one_text_takes_only_that():
    members = cloud(1)
    found, _, _ = place_among(
        members, np.zeros(1, dtype=np.int64), np.vstack([members, cloud(3)[1:]])
    )
    assert found.tolist() == [0, -1, -1]


def test_blocks_and_samples_of_others_change_little(monkeypatch):
    from chatdash_analysis.queries.clustering import placing

    members, owners, new, _ = _known_and_new(80, 80, 60)
    whole = place_among(members, owners, new)[0]
    monkeypatch.setattr(placing, "_BLOCK", 7)
    assert place_among(members, owners, new)[0].tolist() == whole.tolist()
    monkeypatch.setattr(placing, "_MOST_OTHERS", 70)
    assert (place_among(members, owners, new)[0] == whole).mean() > 0.9
