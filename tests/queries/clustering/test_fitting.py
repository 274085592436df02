"""Fits of few and of many questions, on topics that are known."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import fitting as module
from chatdash_analysis.queries.clustering.fitting import fit_clusters, place
from tests.queries.clustering.planted import agreement, cloud, topics


def _fit(vectors, languages=None, weights=None, **settings):
    size = len(vectors)
    return fit_clusters(
        vectors,
        [None] * size if languages is None else languages,
        np.ones(size, dtype=np.int64) if weights is None else weights,
        **settings,
    )


@pytest.mark.parametrize("seed", range(5))
def test_planted_topics_are_recovered_and_strays_left_out(seed):
    vectors, truth = topics(60, 50, 40, 30, 25, 20, seed=seed)
    fit = _fit(np.concatenate([vectors, cloud(8, seed=50 + seed)]))
    assert agreement(truth, fit.owners[:225]) > 0.95
    assert (fit.owners[225:] == -1).mean() > 0.85
    assert (fit.owners[:225] == -1).mean() < 0.03
    assert set(fit.reasons[fit.owners < 0]) <= {"off_topic", "few", "far"}


def test_members_have_a_confidence_spread_evenly_from_border_to_centre():
    fit = _fit(topics(80, 80, 80)[0])
    held = fit.owners >= 0
    assert np.isnan(fit.confidence[~held]).all()
    assert fit.confidence[held].min() > 0
    assert fit.confidence[held].max() <= 1
    assert fit.confidence[held].mean() == pytest.approx(0.5, abs=0.05)


def test_topics_asked_in_two_languages_are_one_cluster_each():
    shift = np.zeros(48)
    shift[0] = 1.2
    vectors, truth = topics(*[80] * 8, spread=0.9)
    names = np.where(np.random.default_rng(0).random(640) < 0.5, "de", "en")
    said = vectors + np.where(names == "de", 1, -1)[:, None] * shift
    said = (said / np.linalg.norm(said, axis=1, keepdims=True)).astype(np.float32)
    assert agreement(truth, _fit(said, names).owners) > 0.98
    assert agreement(truth, _fit(said).owners) < 0.7


def test_finer_settings_give_more_clusters():
    vectors, _ = topics(*[15] * 12, width=8, spread=0.5)
    counts = [_fit(vectors, granularity=name).number for name in ("fine", "normal", "coarse")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[2]


def test_questions_count_as_often_as_they_were_sent():
    vectors, truth = topics(40, 40, 4)
    weights = np.where(truth == 2, 5, 1)
    assert (_fit(vectors, weights=weights, min_size=20).owners[truth == 2] >= 0).all()
    assert (_fit(vectors, min_size=20).owners[truth == 2] == -1).all()


@pytest.fixture
def sampled(monkeypatch):
    monkeypatch.setattr(module, "MOST", 300)


def test_of_many_questions_those_outside_the_sample_join(sampled):
    vectors, truth = topics(*[150] * 8)
    fit = _fit(vectors)
    assert len(fit.rows) == len(fit.placed) == 300
    assert fit.sampled == fit.number == 8
    assert agreement(truth, fit.owners) > 0.95
    assert (fit.owners < 0).mean() < 0.08


def test_rare_topics_that_the_sample_hardly_has_are_found_with_their_questions_in_it(sampled):
    vectors, truth = topics(*[300] * 8, *[14] * 5, seed=1)
    fit = _fit(vectors)
    assert fit.sampled < fit.number
    rare = truth >= 8
    assert agreement(truth[rare], fit.owners[rare]) > 0.9
    assert (fit.owners[rare] < 0).mean() < 0.1
    inside = np.isin(np.arange(len(truth)), fit.rows) & rare
    assert inside.sum() >= 5
    assert (fit.owners[inside] < 0).mean() < 0.2


@pytest.mark.parametrize("seed", range(3))
def test_what_is_left_over_makes_no_double_of_a_large_cluster(sampled, seed):
    vectors, truth = topics(*[300] * 5, *[30] * 3, spread=0.9, seed=seed)
    fit = _fit(vectors)
    for topic in range(5):
        shares = np.bincount(fit.owners[(truth == topic) & (fit.owners >= 0)])
        assert shares.max() / shares.sum() > 0.97


def test_strays_among_many_stay_out(sampled):
    vectors = np.concatenate([topics(*[250] * 5)[0], cloud(100, seed=8)])
    fit = _fit(vectors)
    assert (fit.owners[1250:] < 0).mean() > 0.9
    assert (fit.owners[:1250] < 0).mean() < 0.08


def test_numbers_of_clusters_have_no_gaps_and_parts_for_each(sampled):
    fit = _fit(topics(*[200] * 6, *[20] * 6, seed=2)[0])
    assert sorted(set(fit.owners[fit.owners >= 0])) == list(range(fit.number))
    assert set(fit.prototypes.owners) == set(range(fit.number))


def test_the_seed_decides_on_the_sample_and_nothing_else_does(sampled):
    vectors, _ = topics(*[150] * 4)
    one, same, other = (_fit(vectors, random_state=seed) for seed in (0, 0, 1))
    assert one.owners.tolist() == same.owners.tolist()
    assert one.rows.tolist() != other.rows.tolist()


def test_blocks_do_not_matter(sampled, monkeypatch):
    vectors, _ = topics(*[150] * 4)
    whole = _fit(vectors)
    monkeypatch.setattr(module, "_BLOCK", 64)
    assert _fit(vectors).owners.tolist() == whole.owners.tolist()


def test_many_questions_about_nothing_in_common_end(sampled):
    fit = _fit(cloud(900))
    assert len(fit.owners) == 900
    assert sorted(set(fit.owners[fit.owners >= 0])) == list(range(fit.number))


def test_new_questions_of_a_topic_are_placed_there_and_strangers_nowhere():
    vectors, truth = topics(80, 80, 80, 60)
    known, new = truth < 3, np.arange(300) % 4 == 0
    fit = _fit(vectors[known & ~new])
    held_back = vectors[known & new]
    found, values, _ = place(fit.space, fit.prototypes, held_back, [None] * len(held_back))
    right = truth[known & new]
    assert (found >= 0).mean() > 0.85
    assert agreement(right[found >= 0], found[found >= 0]) == 1
    assert ((values >= 0.05) == (found >= 0)).all()
    strange = place(fit.space, fit.prototypes, vectors[truth == 3], [None] * 60)[0]
    assert (strange == -1).all()


@pytest.mark.parametrize("size", [0, 1, 2])
def test_hardly_any_questions_have_a_fit(size):
    fit = _fit(cloud(2)[:size])
    assert fit.owners.tolist() == [-1] * size
    assert fit.reasons.tolist() == ["few"] * size
    assert fit.number == 0
