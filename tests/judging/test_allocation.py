"""How many are drawn of each group and verdict."""

from __future__ import annotations

import numpy as np
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.allocation import allocate


def test_each_verdict_gets_half_of_its_group_and_groups_go_by_the_geometric_mean():
    sizes = np.array([[9_000, 1_000], [400, 100]])
    # sqrt(9000 * 1000) : sqrt(400 * 100) = 3000 : 200
    assert allocate(sizes, 320).tolist() == [[150, 150], [10, 10]]


def test_half_for_each_verdict_is_neymans_allocation_of_a_judge_that_errs_alike():
    rate, right = 0.8, 0.9
    hit, miss = rate * right, rate * (1 - right)
    alarm, rejection = (1 - rate) * (1 - right), (1 - rate) * right
    spread = [
        (hit + alarm) * np.sqrt(hit * alarm) / (hit + alarm),
        (miss + rejection) * np.sqrt(miss * rejection) / (miss + rejection),
    ]
    assert spread[0] == pytest.approx(spread[1])


def test_every_stratum_gets_five_where_there_are_enough_and_two_at_least():
    sizes = np.array([[10_000, 10_000], [60, 40], [50, 3]])
    assert allocate(sizes, 300)[1:].min(axis=None) == 3
    assert allocate(sizes, 300)[1].tolist() == [5, 5]
    assert allocate(sizes, 12).tolist() == [[2, 2]] * 3
    with pytest.raises(InputError, match=r"n=11 is too few.*Give n=12 or more"):
        allocate(sizes, 11)


@pytest.mark.parametrize("n", [8, 9, 57, 333, 1_000, 1_111])
def test_exactly_so_many_are_drawn_and_never_more_than_there_are(n):
    sizes = np.array([[600, 400], [100, 0], [0, 7], [3, 1]])
    drawn = allocate(sizes, max(n, 11))
    assert drawn.sum() == max(n, 11)
    assert (drawn <= sizes).all()
    assert (drawn[sizes > 0] >= np.minimum(sizes[sizes > 0], 2)).all()


def test_all_are_drawn_if_there_are_not_more():
    sizes = np.array([[4, 2]])
    assert allocate(sizes, 6).tolist() == allocate(sizes, 60).tolist() == [[4, 2]]
    assert allocate(np.zeros((0, 2), dtype=np.int64), 5).shape == (0, 2)
