"""Weighted shares and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from chatdash_analysis.judging.shares import (
    correlations,
    person_sums,
    shortened,
    weighted_share,
)


def _share(values, weights=None, people=None):
    size = len(values)
    return weighted_share(
        np.asarray(values, float),
        np.ones(size) if weights is None else np.asarray(weights, float),
        np.arange(size) if people is None else np.asarray(people),
        level=0.95,
    )


def test_answers_of_different_people_and_equal_weight_count_in_full():
    found = _share([1, 1, 0, 0, 1, 0, 1, 1])
    assert (found.value, found.size) == (0.625, 8)


def test_weights_say_what_each_answer_stands_for():
    assert _share([1, 0, 0, 1, 0, 0], [3, 1, 1, 3, 1, 1]).value == 0.6


def test_answers_of_one_person_that_agree_count_as_one():
    values = np.repeat([1, 0] * 20, 4)
    people = np.repeat(np.arange(40), 4)
    found = _share(values, people=people)
    # 39 degrees of freedom, and the variance of 40 answers with Bessel's correction.
    expected = 39 * (norm.ppf(0.025) / t.ppf(0.025, 39)) ** 2
    assert found.size == pytest.approx(expected)


def test_where_all_answers_are_equal_or_people_few_each_person_counts_as_one():
    assert _share([1] * 6, people=[0, 0, 0, 1, 1, 1]).size == 2
    assert _share([1, 0, 1, 1], people=[0, 0, 1, 1]).size == 2
    assert _share([]).size == 0


def test_people_are_summed_whatever_their_numbers():
    assert person_sums(np.array([70, 3, 70]), np.array([1.0, 2.0, 4.0])).tolist() == [2, 5]


def test_estimates_go_together_as_far_as_people_are_shared():
    ones = np.ones(3)
    parts = [(np.array([0, 1, 2]), ones), (np.array([0, 3, 4]), ones), (np.array([5, 6, 7]), ones)]
    np.testing.assert_allclose(
        correlations(parts, 8), [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 1]], atol=1e-12
    )
    nothing = (np.array([0]), np.zeros(1))
    assert correlations([nothing, nothing], 1).tolist() == [[1, 0], [0, 1]]


def test_a_shortened_size_gives_students_length():
    assert shortened(50, np.inf, 0.95) == 50
    assert np.sqrt(50 / shortened(50, 9, 0.9)) == pytest.approx(t.ppf(0.95, 9) / norm.ppf(0.95))
