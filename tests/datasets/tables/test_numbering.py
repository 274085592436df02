"""Whole numbers that name things, and those that measure something."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.numbering import numbers_something

PEOPLE = 200
# Three conversations of each, some of them without a value.
PERSONS = np.repeat(np.arange(PEOPLE), 3)


def said(values, people):
    series = pd.Series(np.asarray(values, dtype=np.float64))
    series[::11] = np.nan
    return numbers_something(series, people)


def test_a_number_that_a_person_keeps_is_theirs():
    rng = np.random.default_rng(0)
    for low, high in ((1, 5_000), (10_000, 99_999), (-5_000, 5_000)):
        own = rng.choice(np.arange(low, high), PEOPLE, replace=False)[PERSONS]
        assert said(own, PERSONS).startswith("nearly every person")
        own[5] += 1  # one was corrected
        assert said(own, PERSONS).startswith("nearly every person")


def test_without_people_who_come_back_equally_many_digits_tell():
    rng = np.random.default_rng(1)
    people = np.arange(400)
    assert said(rng.integers(10_000, 99_999, 400), people).startswith("nearly every person")
    assert said(rng.integers(0, 3_600, 400), people) == ""


def test_numbers_that_run_on_with_the_conversations_are_theirs():
    rng = np.random.default_rng(2)
    for start in (0, 1, 10_000):
        order = start + rng.permutation(len(PERSONS))
        assert said(order, PERSONS).startswith("nearly every conversation")


@pytest.mark.parametrize("seed", range(5))
def test_what_is_measured_stays(seed):
    rng = np.random.default_rng(seed)
    size = len(PERSONS)
    measures = {
        "score": rng.integers(0, 101, size),
        "age": rng.integers(18, 90, PEOPLE)[PERSONS],
        "seconds": rng.exponential(300, size).round(),
        "wide": rng.integers(0, 50_000, size),
        "cents": rng.integers(100, 90_000, size),
        "flag": rng.integers(0, 2, size),
        "price": rng.choice([1_500_000, 2_000_000, 3_250_000], size),
        "share": rng.random(size),
    }
    assert {name: said(values, PERSONS) for name, values in measures.items()} == dict.fromkeys(
        measures, ""
    )


def test_phones_that_come_again_and_again_are_no_measure():
    rng = np.random.default_rng(3)
    phones = rng.choice([4_930_123_456, 4_930_123_457, 1_234_567], len(PERSONS))
    assert said(phones, PERSONS) == "looks like numbers of orders, phones or times"


def test_of_few_people_short_numbers_tell_nobody_apart():
    people = np.repeat(np.arange(15), 3)
    assert said(people + 100, people) == ""
    assert said(np.full(45, np.nan), people) == ""
