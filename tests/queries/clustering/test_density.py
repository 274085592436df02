"""Questions about nothing that others ask."""

from __future__ import annotations

import numpy as np

from chatdash_analysis.queries.clustering.density import (
    least_density,
    mean_of_nearest,
    off_topic_score,
)
from tests.queries.clustering.planted import cloud, topics


def test_the_score_is_the_mean_of_the_five_largest_similarities_to_others():
    vectors = cloud(30)
    products = vectors @ vectors.T
    expected = [np.sort(np.delete(products[row], row))[-5:].mean() for row in range(30)]
    np.testing.assert_allclose(off_topic_score(vectors), expected, atol=1e-6)


def test_strays_score_lower_than_each_question_of_a_topic():
    vectors = np.concatenate([topics(20, 20)[0], cloud(5, seed=9)])
    scores = off_topic_score(vectors)
    assert scores[40:].max() < scores[:40].min()


def test_the_least_density_is_a_share_of_the_middle_one():
    assert least_density(np.linspace(0.1, 0.9, 21, dtype=np.float32)) == np.float32(0.5) * 0.6


def test_few_questions_have_no_middle():
    assert least_density(np.full(19, 0.5, dtype=np.float32)) == -np.inf


def test_where_most_resemble_nothing_none_stands_apart():
    for middle in (0.0, -0.1):
        assert least_density(np.full(50, middle, dtype=np.float32)) == -np.inf


def test_a_question_alone_resembles_nothing():
    assert mean_of_nearest(np.empty((1, 0), dtype=np.float32)).tolist() == [0.0]
