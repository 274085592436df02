"""The bootstrap over people: what is drawn, that it repeats, and what its intervals cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis import resampling
from chatdash_analysis.decomposition import Period, kitagawa
from chatdash_analysis.errors import InputError
from chatdash_analysis.resampling import (
    people_of,
    percentile_interval,
    replicates,
    resampled_sums,
    total_sums,
)


def made_up(rows: int, users: int, slots: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    success = rng.integers(0, 2, rows)
    return rng.integers(0, users, rows), rng.integers(0, slots, rows), np.stack(
        [np.ones(rows, dtype=np.int64), success], axis=1
    )  # fmt: skip


def test_people_with_the_same_sums_are_one_kind():
    users = np.array([7, 7, 3, 3, 5, 9])
    slots = np.array([0, 1, 1, 0, 0, 0])
    values = np.array([[1, 1], [1, 0], [1, 0], [1, 1], [1, 1], [1, 1]])

    people = people_of(users, slots, values, size=2)

    kinds = {
        tuple(sums): number
        for sums, number in zip(people.sums.toarray(), people.number, strict=True)
    }
    assert kinds == {(1, 1, 1, 0): 2, (1, 1, 0, 0): 2}
    assert people.total == 4


def test_people_without_anything_to_sum_are_left_out():
    people = people_of(
        np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([[0, 0], [1, 1], [0, 0]]), size=2
    )

    assert people.total == 1
    assert total_sums(people).tolist() == [[1, 1], [0, 0]]


def test_totals_equal_those_of_pandas():
    users, slots, values = made_up(5000, 900, 7)

    people = people_of(users, slots, values, size=7)

    frame = pd.DataFrame(values).groupby(slots).sum()
    np.testing.assert_array_equal(total_sums(people), frame.to_numpy())
    assert people.total == len(np.unique(users))


def test_neither_order_of_rows_nor_names_of_people_change_a_resample():
    users, slots, values = made_up(3000, 800, 6)
    rng = np.random.default_rng(1)
    order, renamed = rng.permutation(3000), rng.permutation(800) + 12

    one = people_of(users, slots, values, size=6)
    two = people_of(renamed[users][order], slots[order], values[order], size=6)

    np.testing.assert_array_equal(one.number, two.number)
    for first, second in zip(
        resampled_sums(one, n_boot=100), resampled_sums(two, n_boot=100), strict=True
    ):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("users", [20_000, 400])  # few kinds, and nearly one a person
def test_batches_do_not_change_the_resamples(monkeypatch, users):
    people = people_of(*made_up(users * 2, users, 3), size=3)
    whole = np.concatenate(list(resampled_sums(people, n_boot=130)))

    monkeypatch.setattr(resampling, "_BATCH_BYTES", 1 << 20)
    batches = list(resampled_sums(people, n_boot=130))

    assert len(batches) > 1 or users == 400
    np.testing.assert_array_equal(np.concatenate(batches), whole)


def test_batches_hold_little_memory():
    people = people_of(*made_up(300_000, 200_000, 50), size=50)

    first = next(resampled_sums(people, n_boot=500))

    assert len(first) < 200
    assert first.shape[1:] == (50, 2)


@pytest.mark.parametrize(("users", "rows"), [(4000, 4000), (300, 1500)])
def test_resamples_have_the_mean_and_variance_of_draws_with_replacement(users, rows):
    who, slots, values = made_up(rows, users, 2, seed=5)
    people = people_of(who, slots, values, size=2)

    drawn = replicates(people, lambda sums: sums, n_boot=4000, random_state=2)

    each = np.zeros((users, 2, 2))
    np.add.at(each, (who, slots), values)
    each = each[each.any(axis=(1, 2))]
    error = drawn.std(axis=0) / np.sqrt(4000)
    assert (np.abs(drawn.mean(axis=0) - each.sum(axis=0)) < 4 * error).all()
    assert drawn.var(axis=0) == pytest.approx(each.var(axis=0) * len(each), rel=0.1)


def test_as_many_people_as_there_are_are_drawn_each_time():
    # Each person has exactly one conversation, so that people can be counted.
    users = np.arange(500)
    values = np.stack([np.ones(500, dtype=np.int64), users % 2], axis=1)
    people = people_of(users, users % 3, values, size=3)

    drawn = replicates(people, lambda sums: sums[:, :, 0].sum(axis=1), n_boot=200)

    assert set(drawn) == {500.0}


def test_standard_error_is_that_of_the_clustered_regression_of_statsmodels():
    import statsmodels.api as sm

    rng = np.random.default_rng(4)
    users = np.repeat(np.arange(400), rng.poisson(3, 400) + 1)
    cell = rng.integers(0, 2, len(users))
    luck = np.where(rng.random(len(users)) < 0.6, rng.random(400)[users], rng.random(len(users)))
    success = (luck < 0.4 + 0.2 * cell).astype(np.int64)
    values = np.stack([np.ones_like(success), success], axis=1)

    people = people_of(users, cell, values, size=2)
    drawn = replicates(
        people,
        lambda sums: sums[:, 1, 1] / sums[:, 1, 0] - sums[:, 0, 1] / sums[:, 0, 0],
        n_boot=3000,
    )

    fitted = sm.OLS(success, sm.add_constant(cell)).fit(
        cov_type="cluster", cov_kwds={"groups": users}
    )
    assert drawn.std() == pytest.approx(fitted.bse[1], rel=0.05)


def test_same_seed_same_resamples_and_other_seed_others():
    people = people_of(*made_up(500, 200, 2), size=2)

    def drawn(seed):
        return replicates(people, lambda sums: sums, n_boot=100, random_state=seed)

    np.testing.assert_array_equal(drawn(3), drawn(3))
    np.testing.assert_array_equal(drawn(3), drawn(np.random.default_rng(3)))
    assert (drawn(3) != drawn(4)).any()


def test_nobody_at_all_gives_resamples_of_nothing():
    nobody = np.empty(0, dtype=np.int64)
    people = people_of(nobody, nobody, np.empty((0, 2), dtype=np.int64), size=3)

    drawn = replicates(people, lambda sums: sums, n_boot=100)

    assert people.total == 0
    assert total_sums(people).tolist() == [[0, 0]] * 3
    assert drawn.shape == (100, 3, 2)
    assert not drawn.any()


@pytest.mark.parametrize("n_boot", [0, 99, -1, 2.5, True, "500"])
def test_odd_numbers_of_resamples_are_refused(n_boot):
    people = people_of(*made_up(10, 5, 2), size=2)

    with pytest.raises(InputError, match=r"n_boot=.* 100 or more"):
        next(resampled_sums(people, n_boot=n_boot))


def test_interval_of_many_people_is_the_percentile_interval():
    drawn = np.random.default_rng(0).normal(size=(999, 2))

    low, high = percentile_interval(drawn, people=10**6, level=0.9)

    # The 50th and the 950th of 999: 0.05 and 0.95 of 1,000.
    ordered = np.sort(drawn, axis=0)
    assert low == pytest.approx(ordered[49], abs=1e-3)
    assert high == pytest.approx(ordered[949], abs=1e-3)


def test_interval_of_few_people_is_as_wide_as_a_t_interval():
    from scipy.stats import t

    # The resamples of a mean have the standard deviation without the correction for K - 1.
    drawn = np.random.default_rng(0).normal(size=200_000) * np.sqrt(9 / 10)

    low, high = percentile_interval(drawn, people=10)

    assert high == pytest.approx(t.ppf(0.975, 9), rel=0.02)
    assert low == pytest.approx(-t.ppf(0.975, 9), rel=0.02)


def test_interval_is_missing_for_one_person_or_many_resamples_without_answer():
    drawn = np.random.default_rng(0).normal(size=(200, 3))

    assert np.isnan(percentile_interval(drawn, people=1)).all()
    holed = drawn.copy()
    holed[:20] = np.nan
    assert np.isnan(percentile_interval(holed, people=50)).all()
    few = np.concatenate([drawn, np.full((5, 3), np.nan)])
    np.testing.assert_array_equal(
        percentile_interval(few, people=50), percentile_interval(drawn, people=50)
    )


SHARES = np.array([[0.5, 0.3, 0.2], [0.25, 0.45, 0.3]])
RATES = np.array([[0.8, 0.5, 0.65], [0.83, 0.53, 0.6]])


def clustered(rng, users: int, icc: float):
    """Conversations of people who keep to their channel and whose outcomes correlate."""
    who = np.repeat(np.arange(users), rng.poisson(3, users) + 1)
    later = rng.integers(0, 2, len(who))
    taste = np.where(rng.random(len(who)) < 0.7, rng.random(users)[who], rng.random(len(who)))
    cell = (taste[:, np.newaxis] > SHARES.cumsum(axis=1)[later]).sum(axis=1)
    cell = np.minimum(cell, 2)
    own = rng.random(len(who)) < np.sqrt(icc)
    luck = np.where(own, rng.random(users)[who], rng.random(len(who)))
    success = (luck < RATES[later, cell]).astype(np.int64)
    return who, cell * 2 + later, np.stack([np.ones_like(success), success], axis=1)


def parts(sums):
    counts = sums.reshape(len(sums), -1, 2, 2)
    before, after = (Period(counts[:, :, k, 0], counts[:, :, k, 1]) for k in (0, 1))
    mix, within = kitagawa(before, after)
    both = np.stack([mix, within, mix + within], axis=1)
    return np.concatenate([both, both.sum(axis=-1, keepdims=True)], axis=-1)


@pytest.mark.parametrize("users", [60, 300])
def test_intervals_of_mix_and_within_cover_the_truth(users):
    rng, runs = np.random.default_rng(users), 700
    planted = np.stack([SHARES.T, (SHARES * RATES).T], axis=-1).reshape(1, 6, 2)
    truth = parts(planted * 1e6)[0]

    covered = np.zeros_like(truth)
    for run in range(runs):
        people = people_of(*clustered(rng, users, icc=0.2), size=6)
        drawn = replicates(people, parts, n_boot=200, random_state=run)
        low, high = percentile_interval(drawn, people=people.total)
        covered += (low <= truth) & (truth <= high)

    # Twelve parts are looked at: each may miss 93-97 % by its own error of simulation.
    assert (covered[:, -1] / runs > 0.93).all()
    assert (covered[:, -1] / runs < 0.97).all()
    assert 0.93 < covered.mean() / runs < 0.97
    assert (covered / runs > 0.92).all()
