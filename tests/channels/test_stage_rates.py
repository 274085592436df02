"""Rates of the stages, of their product, and changes of its logarithm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from chatdash_analysis.channels.stage_rates import Cells, log_change, stage_rates
from chatdash_analysis.channels.stages import Stage, Stages
from chatdash_analysis.rates import wilson

CHANCES = (0.8, 0.95, 0.6)


def stages(went: np.ndarray, known: np.ndarray | None = None) -> Stages:
    """Stages of conversations, of which `went` tells whether they would pass each."""
    known = np.ones(went.shape, dtype=bool) if known is None else known
    came = np.ones(went.shape[1], dtype=bool)
    found = []
    for passed, seen in zip(went, known, strict=True):
        found.append(Stage(came & seen, came & seen & passed, came & ~seen))
        came = came & seen & passed
    failed = np.any([stage.known & ~stage.passed for stage in found], axis=0)
    lost = np.any([stage.unknown for stage in found], axis=0)
    return Stages(*found, Stage(failed | found[2].known, found[2].passed, lost))


def drawn(rng: np.random.Generator, groups: int, people: int, icc: float) -> tuple[Stages, Cells]:
    """Conversations of people whose outcomes resemble each other, a sixth without verdict."""
    calls = rng.geometric(0.35, (groups, people))
    group, person = (
        np.repeat(np.arange(groups), calls.sum(axis=1)),
        np.repeat(np.arange(groups * people), calls.ravel()),
    )
    size = len(group)
    shared = rng.random((3, size)) < np.sqrt(icc)
    luck = np.where(shared, rng.random((3, groups * people))[:, person], rng.random((3, size)))
    went = luck < np.array(CHANCES)[:, None]
    known = np.ones((3, size), dtype=bool)
    known[2] = rng.random(size) < 5 / 6
    return stages(went, known), Cells(group, person, groups)


def overall(found: Stages, cells: Cells) -> pd.DataFrame:
    return stage_rates(found, cells, level=0.95, min_n=0)[-1]


def test_the_product_has_wilsons_interval_where_all_is_known_and_people_come_once():
    rng = np.random.default_rng(0)
    went = rng.random((3, 300)) < np.array(CHANCES)[:, None]
    cells = Cells(np.repeat([0, 1], 150), np.arange(300), 2)
    table = overall(stages(went), cells)
    successes = went.all(axis=0).reshape(2, 150).sum(axis=1)
    assert_allclose(table["rate"], successes / 150)
    # The variance between people divides by one less than their number.
    assert_allclose([table["low"], table["high"]], wilson(successes, 150), atol=1e-3)


def test_conversations_that_are_all_alike_count_as_one():
    rng = np.random.default_rng(1)
    went = np.repeat(rng.random((3, 100)) < np.array(CHANCES)[:, None], 4, axis=1)
    cells = Cells(np.zeros(400, dtype=int), np.repeat(np.arange(100), 4), 1)
    table = overall(stages(went), cells)
    low, high = wilson(went.all(axis=0).sum() / 4, 100, freedom=99)
    assert_allclose([table["low"][0], table["high"][0]], [low, high], atol=2e-3)


@pytest.mark.parametrize("icc", [0.0, 0.2, 0.5])
def test_the_interval_of_the_product_covers_it(icc):
    rng = np.random.default_rng(2)
    table = overall(*drawn(rng, 1_500, 60, icc))
    truth = np.prod(CHANCES)
    assert 0.93 <= np.mean((table["low"] <= truth) & (table["high"] >= truth)) <= 0.975
    assert table["rate"].mean() == pytest.approx(truth, abs=0.005)


def test_the_interval_of_the_change_of_a_logarithm_covers_it():
    rng = np.random.default_rng(3)
    before, after = (stage_rates(*drawn(rng, 1_500, 60, 0.2), level=0.95, min_n=0) for _ in "ab")
    for place in range(4):
        _, low, high = log_change(before[place], after[place])
        assert 0.93 <= np.mean((low <= 0) & (high >= 0)) <= 0.975


def test_a_change_from_a_rate_of_one_has_an_interval():
    def rate(successes: int) -> pd.DataFrame:
        low, high = wilson(successes, 20)
        return pd.DataFrame({"rate": [successes / 20], "low": low, "high": high})

    change, low, high = log_change(rate(20), rate(19))
    assert change == pytest.approx(np.log(0.95))
    assert low < change < high
    assert high > 0


def test_no_change_from_or_to_a_rate_of_zero():
    rates = [pd.DataFrame({"rate": [x], "low": [0.0], "high": [1.0]}) for x in (0.0, 0.5, np.nan)]
    for before, after in ((0, 1), (1, 0), (0, 0), (1, 2)):
        assert np.isnan(log_change(rates[before], rates[after])).all()


def test_groups_without_conversations_have_a_line():
    went = np.ones((3, 20), dtype=bool)
    cells = Cells(np.full(20, 1), np.arange(20), 3)
    for table in stage_rates(stages(went), cells, level=0.95, min_n=0):
        assert table["n"].tolist() == [0, 20, 0]
        assert table["flags"].tolist()[0] == "no_known"
