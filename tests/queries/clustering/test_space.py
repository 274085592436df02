"""Where questions are compared."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.queries.clustering import space as module
from chatdash_analysis.queries.clustering.space import fit_space, scaled
from tests.queries.clustering.planted import cloud, topics, unit


def test_vectors_of_one_language_lie_around_their_mean_as_if_30_more_lay_at_the_origin():
    vectors = unit(cloud(60) + 0.5).astype(np.float32)
    space = fit_space(vectors, ["en"] * 60)
    expected = unit(vectors - vectors.sum(axis=0) / 90)
    np.testing.assert_allclose(space.placed(vectors, ["en"] * 60), expected, atol=1e-5)
    assert space.languages == ()


def test_two_languages_lie_apart_and_are_compared_around_their_own_centres():
    shift = np.zeros(48)
    shift[0] = 1.5
    meant = topics(300, 300, spread=0.4)[0]
    names = np.array(["de", "en"] * 300)
    said = unit(meant + np.where(names == "de", 1, -1)[:, None] * shift).astype(np.float32)
    space = fit_space(said, names)
    placed = space.placed(said, names)
    assert space.languages == ("de", "en")
    for name in ("de", "en"):
        before = said[names == name].mean(axis=0) @ shift / 1.5
        after = placed[names == name].mean(axis=0) @ shift / 1.5
        assert abs(after) < 0.3 * abs(before)


def test_a_language_of_few_questions_has_no_centre_of_its_own():
    names = ["en"] * 80 + ["de"] * 19 + [None] * 30
    assert fit_space(cloud(129), names).languages == ()
    assert fit_space(cloud(130), [*names, "de"]).languages == ("de", "en")
    assert fit_space(cloud(500), ["en"] * 476 + ["de"] * 24).languages == ()


def test_a_language_that_was_not_there_is_compared_around_the_mean_of_all():
    vectors = cloud(60)
    space = fit_space(vectors, ["en"] * 30 + ["de"] * 30)
    mean = vectors.sum(axis=0) / 90
    found = space.placed(vectors[:3], ["fr", None, float("nan")])
    np.testing.assert_allclose(found, unit(vectors[:3] - mean), atol=1e-5)


def test_a_vector_of_no_length_stays_one():
    vectors = unit(cloud(60) + 0.5).astype(np.float32)
    vectors[[3, 7]] = 0
    placed = fit_space(vectors, ["en"] * 60).placed(vectors, ["en"] * 60)
    assert not placed[[3, 7]].any()
    np.testing.assert_allclose(np.linalg.norm(np.delete(placed, [3, 7], axis=0), axis=1), 1, 1e-5)


def test_of_many_questions_the_axes_are_kept_that_keep_most_of_their_products(monkeypatch):
    from sklearn.decomposition import TruncatedSVD

    monkeypatch.setattr(module, "_SPANNING", 100)
    monkeypatch.setattr(module, "_AXES", 5)
    vectors = (topics(*[40] * 6)[0] * np.linspace(3, 0.1, 48)).astype(np.float32)
    vectors = unit(vectors).astype(np.float32)
    whole = fit_space(vectors[:100], ["en"] * 100)
    space = fit_space(vectors, ["en"] * 240)
    placed = space.placed(vectors, ["en"] * 240)
    assert whole.axes.shape == (48, 48)
    assert placed.shape == (240, 5)
    around = unit(vectors - space.centres[-1])
    found = TruncatedSVD(5, algorithm="arpack").fit(around)
    expected = around @ found.components_.T @ found.components_ @ around.T
    np.testing.assert_allclose(placed @ placed.T, expected, atol=1e-4)
    assert (np.linalg.norm(placed, axis=1) <= 1 + 1e-5).all()


def test_placing_goes_block_by_block(monkeypatch):
    vectors, names = cloud(60), np.array(["en"] * 30 + ["de"] * 30)
    space = fit_space(vectors, names)
    whole = space.placed(vectors, names)
    monkeypatch.setattr(module, "_BLOCK", 7)
    np.testing.assert_allclose(space.placed(vectors, names), whole, atol=1e-6)


@pytest.mark.parametrize("size", [0, 1])
def test_hardly_any_questions_have_a_space(size):
    vectors = cloud(1)[:size]
    placed = fit_space(vectors, [None] * size).placed(vectors, [None] * size)
    assert placed.shape == (size, 48)
    np.testing.assert_allclose(placed, vectors, atol=1e-5)


def test_vectors_without_length_cannot_be_scaled_and_are_left():
    assert scaled(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [
        [pytest.approx(0.6), pytest.approx(0.8)], [0, 0],
    ]  # fmt: skip
