"""Which rows are drawn."""

from __future__ import annotations

import numpy as np

from chatdash_analysis.judging.drawing import draw


def test_each_row_of_a_stratum_is_equally_likely():
    strata = np.repeat([0, 1], [30, 20])
    people = np.concatenate([np.zeros(12, int), np.arange(1, 39)])
    hits = np.zeros(50)
    for seed in range(4_000):
        hits[draw(strata, people, np.array([6, 5]), np.random.default_rng(seed))] += 1
    expected = np.repeat([6 / 30, 5 / 20], [30, 20])
    assert np.abs(hits / 4_000 - expected).max() < 4.5 * np.sqrt(0.25 * 0.75 / 4_000)


def test_nobody_has_more_draws_than_their_share_rounded_up():
    people = np.concatenate([np.zeros(10, int), np.arange(1, 91)])
    for seed in range(200):
        rows = draw(np.zeros(100, int), people, np.array([20]), np.random.default_rng(seed))
        assert len(set(rows)) == 20
        assert (people[rows] == 0).sum() == 2
        few = draw(np.zeros(100, int), people, np.array([9]), np.random.default_rng(seed))
        assert (people[few] == 0).sum() <= 1


def test_the_first_rows_are_a_random_part_of_all_strata():
    strata = np.repeat([0, 1], 50)
    first = [
        strata[draw(strata, np.arange(100), np.array([20, 20]), np.random.default_rng(seed))[:10]]
        for seed in range(300)
    ]
    assert abs(np.mean(first) - 0.5) < 0.05


def test_nothing_is_drawn_of_nothing():
    nothing = np.zeros(0, dtype=np.int64)
    assert len(draw(nothing, nothing, nothing, np.random.default_rng(0))) == 0
