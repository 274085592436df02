"""Mix and within: exact sums, readable cells, and factors averaged over all orders."""

from __future__ import annotations

from itertools import permutations
from math import factorial

import numpy as np
import pytest

from chatdash_analysis.decomposition import (
    Parts,
    Period,
    divide,
    factor_mix,
    kitagawa,
    overall,
    subsets,
)


def period(n, successes) -> Period:
    return Period(np.array(n, dtype=float), np.array(successes, dtype=float))


def made_up(seed: int, cells: int, *, empty: float = 0.0) -> tuple[Period, Period]:
    rng = np.random.default_rng(seed)
    pair = []
    for _ in range(2):
        n = rng.integers(1, 200, cells) * (rng.random(cells) >= empty)
        pair.append(Period(n.astype(float), rng.binomial(n, rng.random(cells)).astype(float)))
    return pair[0], pair[1]


def grid(*sizes: int) -> np.ndarray:
    """All combinations of labels: the codes of each factor, one row a factor."""
    return np.stack([axis.ravel() for axis in np.indices(sizes)]).astype(np.int64)


def test_success_falls_although_both_channels_improve():
    # The example of the method: 69.5 % to 61.4 %, mix -10.6 and within +2.5 points.
    before = period([700, 300], [560, 135])
    after = period([400, 600], [332, 282])

    parts = kitagawa(before, after)

    assert overall(before) == pytest.approx(0.695)
    assert overall(after) == pytest.approx(0.614)
    assert parts.mix.sum() == pytest.approx(-0.1065)
    assert parts.within.sum() == pytest.approx(0.0255)
    # By hand: the pooled rate is 1309 / 2000, the shares change by 0.3.
    pooled = 1309 / 2000
    assert parts.mix == pytest.approx([-0.3 * (0.815 - pooled), 0.3 * (0.46 - pooled)])
    assert parts.within == pytest.approx([0.03 * 0.55, 0.02 * 0.45])


@pytest.mark.parametrize("seed", range(20))
def test_parts_sum_exactly_to_the_change(seed):
    before, after = made_up(seed, cells=1 + seed * 13, empty=0.3 if seed % 2 else 0.0)

    parts = kitagawa(before, after)

    change = overall(after) - overall(before)
    assert abs(parts.mix.sum() + parts.within.sum() - change) < 1e-12


def test_two_fold_decomposition_of_statsmodels_is_the_same():
    from statsmodels.stats.oaxaca import OaxacaBlinder

    rng = np.random.default_rng(3)
    cell, later = rng.integers(0, 4, 900), rng.integers(0, 2, 900)
    cell[(later == 1) & (rng.random(900) < 0.5)] = 2
    success = (rng.random(900) < 0.2 + 0.15 * cell + 0.1 * later).astype(float)
    dummies = np.column_stack([later, *(cell == k for k in (1, 2, 3))]).astype(float)
    counted = [
        period(
            *(np.bincount(cell[rows], weights=w[rows], minlength=4) for w in (later**0, success))
        )
        for rows in (later == 0, later == 1)
    ]

    parts = kitagawa(*counted)

    model = OaxacaBlinder(success, dummies, 0, hasconst=False)
    model = model.two_fold(two_fold_type="self_submitted", submitted_weight=0.5)
    unexplained, explained, gap = np.abs(model.params)
    assert abs(parts.mix.sum()) == pytest.approx(explained, abs=1e-12)
    assert abs(parts.within.sum()) == pytest.approx(unexplained, abs=1e-12)
    assert abs(overall(counted[1]) - overall(counted[0])) == pytest.approx(gap, abs=1e-12)


def test_mix_of_a_cell_is_above_zero_where_a_better_cell_grew_or_a_worse_one_shrank():
    before = period([50, 50, 100], [45, 5, 50])  # rates 0.9, 0.1 and 0.5, as all of them

    grown = kitagawa(before, period([80, 50, 70], [72, 5, 35])).mix
    shrunk = kitagawa(before, period([50, 20, 130], [45, 2, 65])).mix

    assert grown[0] > 0.05
    assert shrunk[1] > 0.05
    # What is exchanged for it is as good as the whole and so has hardly any part.
    assert np.abs([grown[2], shrunk[2]]).max() < 0.01


def test_new_and_vanished_cells_are_all_mix():
    parts = kitagawa(period([80, 20, 0], [40, 18, 0]), period([60, 0, 40], [30, 0, 4]))

    assert parts.within.tolist() == [0, 0, 0]
    assert parts.mix.sum() == pytest.approx(0.34 - 0.58)
    # A good cell went and a bad one came: both pull down.
    assert parts.mix[1] < 0
    assert parts.mix[2] < 0


def test_cell_without_conversations_has_no_part():
    parts = kitagawa(period([10, 0, 30], [4, 0, 15]), period([20, 0, 10], [9, 0, 6]))
    without = kitagawa(period([10, 30], [4, 15]), period([20, 10], [9, 6]))

    assert (parts.mix[1], parts.within[1]) == (0, 0)
    assert parts.mix[[0, 2]] == pytest.approx(without.mix, abs=1e-15)
    assert parts.within[[0, 2]] == pytest.approx(without.within, abs=1e-15)


def test_empty_period_has_no_answer():
    nothing, something = period([0, 0], [0, 0]), period([3, 4], [1, 2])

    for pair in ((nothing, something), (something, nothing), (nothing, nothing)):
        parts = kitagawa(*pair)
        assert np.isnan(parts.mix).all()
        assert np.isnan(parts.within).all()
    assert np.isnan(overall(nothing))


def test_resamples_are_computed_like_one_at_a_time():
    pairs = [made_up(seed, cells=6, empty=0.3) for seed in range(5)]
    before = Period(*(np.stack([pair[0][k] for pair in pairs]) for k in (0, 1)))
    after = Period(*(np.stack([pair[1][k] for pair in pairs]) for k in (0, 1)))
    sets = subsets(grid(2, 3))

    parts, factors = kitagawa(before, after), factor_mix(before, after, sets)

    for place, pair in enumerate(pairs):
        one = kitagawa(*pair)
        np.testing.assert_array_equal(Parts(*(part[place] for part in parts)), one)
        np.testing.assert_array_equal(factors[:, place], factor_mix(*pair, sets))


@pytest.mark.parametrize(("sizes", "empty"), [((3, 4), 0.0), ((2, 3, 2), 0.0), ((3, 3, 2), 0.4)])
def test_factors_equal_the_mean_over_all_orders(sizes, empty):
    before, after = made_up(11, cells=int(np.prod(sizes)), empty=empty)
    factors = grid(*sizes)

    found = factor_mix(before, after, subsets(factors)).sum(axis=-1)

    expected = np.zeros(len(sizes))
    for order in permutations(range(len(sizes))):
        exchanged: list[int] = []
        value = worth(before, after, factors, exchanged)
        for factor in order:
            exchanged.append(factor)
            reached = worth(before, after, factors, exchanged)
            expected[factor] += (reached - value) / factorial(len(sizes))
            value = reached
    assert found == pytest.approx(expected, abs=1e-12)


def worth(before: Period, after: Period, factors: np.ndarray, exchanged: list[int]) -> float:
    """The mean rate when some factors have the shares after; cell by cell, in plain Python."""
    cells = range(factors.shape[1])
    total = 0.0
    for cell in cells:
        group = [k for k in cells if all(factors[f, k] == factors[f, cell] for f in exchanged)]
        held_0, held_1 = before.n[group].sum(), after.n[group].sum()
        if held_1 == 0:
            continue
        given = before.n[cell] / held_0 if held_0 else after.n[cell] / held_1
        rates = [p.successes[cell] / p.n[cell] for p in (before, after) if p.n[cell]]
        if rates:
            total += held_1 / after.n.sum() * given * np.mean(rates)
    return total


@pytest.mark.parametrize("empty", [0.0, 0.4])
def test_factors_sum_to_the_mix_of_each_cell(empty):
    before, after = made_up(5, cells=24, empty=empty)

    factors = factor_mix(before, after, subsets(grid(4, 3, 2)))

    assert factors.sum(axis=0) == pytest.approx(kitagawa(before, after).mix, abs=1e-14)


def test_single_factor_has_the_whole_mix():
    before, after = made_up(8, cells=7)

    only = factor_mix(before, after, subsets(np.arange(7)[np.newaxis]))

    assert only[0] == pytest.approx(kitagawa(before, after).mix, abs=1e-15)


def test_independent_factors_are_split_as_das_gupta_does():
    # Shares are products a_i * b_j: his effect of a is sum_ij (A_i - a_i) (b_j + B_j) / 2 * rate.
    a, b = (np.array(x) for x in ([[0.7, 0.3], [0.4, 0.6]], [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]))
    n = [1000 * np.outer(a[k], b[k]).ravel() for k in (0, 1)]
    rate = np.array([0.9, 0.5, 0.2, 0.6, 0.7, 0.1])

    found = factor_mix(Period(n[0], n[0] * rate), Period(n[1], n[1] * rate), subsets(grid(2, 3)))

    table = rate.reshape(2, 3)
    of_a = (a[1] - a[0]) @ table @ (b[0] + b[1]) / 2
    of_b = (a[0] + a[1]) / 2 @ table @ (b[1] - b[0])
    assert found.sum(axis=1) == pytest.approx([of_a, of_b], abs=1e-12)


def test_factor_that_does_not_move_has_no_mix():
    # Channels change, languages within each channel do not, and are alike in all channels.
    n_0, n_1 = np.outer([600, 400], [0.5, 0.5]).ravel(), np.outer([300, 700], [0.5, 0.5]).ravel()
    rate = np.array([0.9, 0.7, 0.5, 0.3])

    channel, language = factor_mix(
        Period(n_0, n_0 * rate), Period(n_1, n_1 * rate), subsets(grid(2, 2))
    )

    assert channel.sum() == pytest.approx(-0.3 * 0.4)
    assert language.sum() == pytest.approx(0, abs=1e-15)


def test_nothing_to_divide_by_is_missing_and_no_warning():
    answer = divide(np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.0, 4.0]))

    assert np.isnan(answer[:2]).all()
    assert answer[2] == 0.75
