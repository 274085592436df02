"""Splits: nobody and no text on both sides, every row in one place, whatever the order of rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.datasets.splitting.splits import split_by_time, split_by_user
from tests.datasets.made import DAY_ONE, clean, made, sentence, shuffled
from tests.datasets.splitting.test_near_duplicates import alike_by_hand, slip

SAYS = [
    "I would like to cancel my appointment",
    "i would like to cancel my apointment!",
    "Where is parcel 1042 that I ordered?",
    "where is parcel 7 that i ordered",
    "a question that nobody else has asked",
    "hello",
    None,
]


def assert_clean(table, split, similarity=0.7) -> None:
    """Assert what every split promises, by other means than the split itself."""
    train, test = split
    ids = [part.rows["conversation_id"].tolist() for part in split]
    placed = [*ids[0], *ids[1], *split.dropped["conversation_id"]]
    assert sorted(placed) == sorted(table.rows["conversation_id"])
    assert set(train.rows["group"]) & set(test.rows["group"]) == set()
    texts = [*train.rows["text"].dropna(), *test.rows["text"].dropna()]
    cut = train.rows["text"].notna().sum()
    assert not alike_by_hand(texts, similarity)[:cut, cut:].any()
    for part, rows in zip(split, (split.train_rows, split.test_rows), strict=True):
        assert table.rows["conversation_id"].iloc[rows].tolist() == (
            part.rows["conversation_id"].tolist()
        )
        np.testing.assert_array_equal(table.target.iloc[rows], part.target)
    assert split.dropped.dtypes.astype(str).to_dict() == {"conversation_id": "str", "reason": "str"}
    assert json.loads(json.dumps(split.recipe)) == split.recipe
    assert sum(split.recipe["dropped"].values()) == len(split.dropped)


@st.composite
def tables(draw):
    """Draw tables of which most can be split: some people come back, some texts are alike."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(10, 50))
    people = draw(st.integers(2, 4 * size))
    said = draw(st.sampled_from([0, 0.1, 0.4]))
    return made(
        rng.integers(0, 2, size), days=rng.integers(0, 60, size),
        groups=[f"p{number}" for number in rng.integers(0, people, size)],
        texts=[str(rng.choice(SAYS[:-1])) if rng.random() < said else None for _ in range(size)],
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 60), st.integers(0, 10), st.sampled_from(["train", "test"]))
def test_a_split_by_time_keeps_people_texts_and_times_apart(table, day, embargo, keep):
    at = DAY_ONE + pd.Timedelta(days=day)
    try:
        split = split_by_time(table, at=at, embargo=f"{embargo}D", keep=keep)
    except cda.InputError:
        return
    assert_clean(table, split)
    assert split.test.rows["created_at"].min() >= at
    assert split.train.rows["created_at"].max() < at - pd.Timedelta(days=embargo)


@settings(max_examples=60, deadline=None)
@given(tables(), st.floats(0.05, 0.95), st.integers(0, 3), st.sampled_from(["train", "test"]))
def test_a_split_by_user_keeps_people_and_texts_apart(table, test_size, seed, keep):
    try:
        split = split_by_user(table, test_size=test_size, random_state=seed, keep=keep)
    except cda.InputError:
        return
    assert_clean(table, split)
    assert all(part.target.nunique() == 2 for part in split)


def test_random_tables_with_many_near_duplicates_are_split_cleanly():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        base = [sentence(rng, 5) for _ in range(60)]
        texts = [slip(slip(str(rng.choice(base)), rng), rng) for _ in range(150)]
        table = made(
            rng.integers(0, 2, 150), days=rng.uniform(0, 50, 150), texts=texts,
            groups=[f"p{number}" for number in rng.integers(0, 100, 150)],
        )  # fmt: skip
        for keep in ("train", "test"):
            assert_clean(table, split_by_time(table, at="2026-01-20", keep=keep))
            assert_clean(table, split_by_user(table, random_state=seed, keep=keep))


def test_each_dropped_row_has_its_reason():
    table = made(
        [0, 1, 0, 1, 0, 1, 0, 1],
        groups=["a", "b", "c", "d", "e", "b", "f", "g"],
        texts=[None, None, SAYS[0], None, None, None, SAYS[1], None],
    )
    train, test = split = split_by_time(table, at="2026-01-06", embargo=timedelta(days=1))
    assert train.rows["group"].tolist() == ["a", "d"]
    assert test.rows["group"].tolist() == ["b", "f", "g"]
    assert split.dropped.to_numpy().tolist() == [
        ["c00001", "person on both sides"],
        ["c00002", "near-duplicate text on both sides"],
        ["c00004", "embargo"],
    ]
    assert split.recipe == {
        "method": "split_by_time", "at": "2026-01-06T00:00:00+00:00", "embargo": "P1DT0H0M0S",
        "similarity": 0.7, "keep": "test",
        "dropped": {
            "embargo": 1, "person on both sides": 1, "near-duplicate text on both sides": 1,
        },
    }  # fmt: skip


def test_the_side_that_is_kept_loses_nothing():
    table = made([0, 1] * 4, groups=["a", "b", "c", "d", "a", "b", "e", "f"])
    kept = split_by_time(table, at="2026-01-05", keep="test")
    assert (kept.train.rows["group"].tolist(), len(kept.test)) == (["c", "d"], 4)
    kept = split_by_time(table, at="2026-01-05", keep="train")
    assert (len(kept.train), kept.test.rows["group"].tolist()) == (4, ["e", "f"])


def test_texts_are_not_looked_at_if_not_wanted():
    table = made([0, 1, 0, 1], texts=[SAYS[0]] * 4)
    assert len(split_by_time(table, at="2026-01-03", similarity=None).dropped) == 0
    with pytest.raises(cda.InputError, match="No row is left to train: 2 went for 'near-dup"):
        split_by_time(table, at="2026-01-03")


@pytest.mark.parametrize(
    ("at", "tz", "first"),
    [
        ("2026-01-03", "UTC", 2),
        ("2026-01-03", "Asia/Tokyo", 2),
        ("2026-01-03", "America/New_York", 3),
        ("2026-01-03T01:00+02:00", "Asia/Tokyo", 2),
        (date(2026, 1, 3), "UTC", 2),
        (datetime(2026, 1, 3, tzinfo=UTC), "UTC", 2),
        (pd.Timestamp("2026-01-03 00:00:01"), "UTC", 3),
    ],
)
def test_the_moment_is_read_as_elsewhere(at, tz, first):
    split = split_by_time(made([0, 1] * 3), at=at, tz=tz)
    assert split.test_rows.tolist() == list(range(first, 6))


@pytest.mark.parametrize("at", ["2025-12-01", "2026-01-01", "2026-01-07", "2030-01-01"])
def test_a_moment_outside_of_the_table_says_what_is_inside(at):
    with pytest.raises(cda.InputError, match=r"2026-01-01T00:00:00 to 2026-01-06T00:00:00 UTC"):
        split_by_time(made([0, 1] * 3), at=at)


@pytest.mark.parametrize("embargo", ["-1D", "7", "soon", 7, None, "NaT", True, "99999999D"])
def test_an_embargo_that_is_no_stretch_of_time_is_refused(embargo):
    with pytest.raises(cda.InputError, match=r"embargo=.* is no stretch of time"):
        split_by_time(made([0, 1] * 3), at="2026-01-03", embargo=embargo)


@pytest.mark.parametrize("embargo", ["36h", timedelta(hours=36), np.timedelta64(36, "h")])
def test_an_embargo_may_be_given_in_several_ways(embargo):
    split = split_by_time(made([0, 1] * 3), at="2026-01-05", embargo=embargo)
    assert split.train_rows.tolist() == [0, 1, 2]


def test_what_started_exactly_an_embargo_before_is_not_known_late():
    split = split_by_time(made([0, 1] * 3), at="2026-01-05", embargo="1D")
    assert split.train_rows.tolist() == [0, 1, 2]
    assert split.dropped["conversation_id"].tolist() == ["c00003"]


def test_an_embargo_that_takes_all_says_so():
    for keep in ("test", "train"):
        match = "No row is left to train: 4 went for 'embargo'.*a shorter embargo"
        with pytest.raises(cda.InputError, match=match):
            split_by_time(made([0, 1] * 3), at="2026-01-05", embargo="30D", keep=keep)


def test_a_person_of_every_period_can_be_split_away_or_is_named_as_the_reason():
    table = made([0, 1] * 4, groups=["a"] * 8)
    with pytest.raises(cda.InputError, match=r"4 went for 'person on both sides'.*of more people"):
        split_by_time(table, at="2026-01-05")
    with pytest.raises(cda.InputError, match="All rows belong to one person"):
        split_by_user(table)


def test_one_class_on_a_side_is_refused():
    table = made([0, 0, 0, 1, 0, 1])
    with pytest.raises(cda.InputError, match=r"All 3 rows left to train have one class"):
        split_by_time(table, at="2026-01-04")
    with pytest.raises(cda.InputError, match="one class"):
        split_by_user(made([0] * 20))


def test_a_number_may_be_constant():
    table = made([1.5] * 6, task="regression")
    assert len(split_by_time(table, at="2026-01-04").train) == 3
    assert len(split_by_user(table, test_size=0.5).train) == 3


@pytest.mark.parametrize(
    "split", [split_by_user, lambda table: split_by_time(table, at="2026-01-03")]
)
def test_what_is_no_table_or_an_empty_one_is_refused(split):
    with pytest.raises(cda.InputError, match="takes a TrainingTable, not a DataFrame"):
        split(pd.DataFrame())
    with pytest.raises(cda.InputError, match="the table has no rows"):
        split(made([0, 1]).take([]))


def test_bad_arguments_are_refused():
    table = made([0, 1] * 6)
    for share in (0, 1, 1.0, 0.0, -0.5, True, "0.2", None, float("nan")):
        with pytest.raises(cda.InputError, match=r"test_size=.* is no share"):
            split_by_user(table, test_size=share)
    for split in (
        lambda **k: split_by_time(table, at="2026-01-03", **k),
        lambda **k: split_by_user(table, **k),
    ):
        with pytest.raises(cda.InputError, match="keep='both'"):
            split(keep="both")
        with pytest.raises(cda.InputError, match="similarity=2"):
            split(similarity=2)
    for at in ("03/01/2026", None, 5):
        with pytest.raises(cda.InputError, match="is no date or time"):
            split_by_time(table, at=at)


def test_neither_side_depends_on_the_order_of_the_rows():
    rng = np.random.default_rng(5)
    base = [sentence(rng) for _ in range(150)]
    table = made(
        rng.integers(0, 2, 300), days=rng.integers(0, 60, 300),
        groups=[f"p{number}" for number in rng.integers(0, 120, 300)],
        texts=[str(rng.choice(base)) for _ in range(300)],
    )  # fmt: skip
    for split in (lambda t: split_by_time(t, at="2026-02-10", embargo="2D"), split_by_user):
        first, second = split(table), split(shuffled(table, rng))
        for part in ("train", "test"):
            ids = [getattr(found, part).rows["conversation_id"] for found in (first, second)]
            assert set(ids[0]) == set(ids[1])
        assert first.recipe == second.recipe
        assert set(map(tuple, first.dropped.to_numpy())) == set(
            map(tuple, second.dropped.to_numpy())
        )


def test_the_same_seed_gives_the_same_sides_and_another_one_others():
    table = clean(np.random.default_rng(6))
    rows = [split_by_user(table, random_state=seed).test_rows.tolist() for seed in (1, 1, 2)]
    assert rows[0] == rows[1] != rows[2]


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_sizes_and_classes_are_even_where_people_differ_much(share):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        number = np.minimum(rng.zipf(1.7, 300), 60)
        person = np.repeat(np.arange(300), number)
        target = rng.random(len(person)) < rng.beta(1, 9, 300)[person]
        table = made(target.astype(int), groups=[f"p{number:03d}" for number in person])
        split = split_by_user(table, test_size=share, random_state=seed)
        assert len(split.test) / len(table) == pytest.approx(share, abs=0.02)
        rates = [part.target.mean() for part in split]
        assert rates[1] == pytest.approx(rates[0], abs=0.04)
        assert len(split.dropped) == 0


def test_the_heaviest_person_comes_to_test_as_often_as_the_share_says():
    groups = ["heavy"] * 12 + [f"p{number}" for number in range(108)]
    table = made([0, 1] * 60, groups=groups)
    tested = [
        "heavy" in set(split_by_user(table, test_size=0.3, random_state=seed).test.rows["group"])
        for seed in range(120)
    ]
    # Four standard errors around 0.3.
    assert 0.3 - 0.17 < np.mean(tested) < 0.3 + 0.17


def test_the_quarters_of_a_number_are_even():
    rng = np.random.default_rng(7)
    table = made(rng.exponential(size=400), task="regression")
    split = split_by_user(table)
    high = np.quantile(table.target, 0.75)
    assert (split.test.target > high).mean() == pytest.approx(0.25, abs=0.04)


def test_people_who_share_a_text_stay_together():
    rng = np.random.default_rng(8)
    texts = [sentence(rng) for _ in range(100)]
    texts[10] = texts[20] = texts[30]
    for seed in range(10):
        split = split_by_user(made([0, 1] * 50, texts=texts), random_state=seed)
        together = [
            {10, 20, 30} <= set(rows.tolist()) for rows in (split.train_rows, split.test_rows)
        ]
        assert sorted(together) == [False, True]
        assert len(split.dropped) == 0


@pytest.mark.parametrize("keep", ["train", "test"])
def test_a_text_that_many_share_goes_from_one_side_instead_of_joining_all(keep):
    rng = np.random.default_rng(9)
    texts = [SAYS[0] if number % 3 == 0 else sentence(rng) for number in range(300)]
    table = made([0, 1] * 150, texts=texts)
    split = split_by_user(table, keep=keep)
    assert_clean(table, split)
    assert split.dropped["reason"].eq("near-duplicate text on both sides").all()
    shared = {
        part: (getattr(split, part).rows["text"] == SAYS[0]).sum() for part in ("train", "test")
    }
    other = "test" if keep == "train" else "train"
    assert shared[other] == 0
    assert shared[keep] + len(split.dropped) == 100
    assert min(shared[keep], len(split.dropped)) > 10


def test_many_classes_of_which_some_are_rare_can_be_split():
    labels = ["common"] * 60 + ["rare"] * 2 + ["single"] + ["other"] * 37
    split = split_by_user(made(labels, task="multiclass"))
    assert {"common", "other"} <= set(split.test.target) & set(split.train.target)
    assert "rare" in set(split.test.target) & set(split.train.target)


@pytest.mark.parametrize("random_state", [-1, "a", 1.5, True, [0], np.random.RandomState(0)])
def test_a_seed_that_is_none_is_refused(random_state):
    with pytest.raises(cda.InputError, match=r"random_state=.* is no whole number of 0 or more"):
        split_by_user(made([0, 1] * 20), random_state=random_state)


@pytest.mark.parametrize("random_state", [None, 7, np.int64(7), np.random.default_rng(1)])
def test_the_recipe_of_a_split_by_person_makes_it_again(random_state):
    table = made([0, 1] * 40)
    split = split_by_user(table, random_state=random_state)
    arguments = {name: split.recipe[name] for name in ("test_size", "random_state", "similarity")}
    again = split_by_user(table, keep=split.recipe["keep"], **arguments)
    assert again.test.rows.equals(split.test.rows)
    assert again.recipe == split.recipe
    if random_state in (None, 7):
        assert random_state is None or split.recipe["random_state"] == 7


def test_where_everybody_is_on_both_sides_only_a_split_by_person_is_advised():
    table = made([0, 1, 1, 0] * 10, groups=[f"p{number % 5}" for number in range(40)])
    for keep in ("train", "test"):
        with pytest.raises(cda.InputError, match="No row is left") as raised:
            split_by_time(table, at="2026-01-21", keep=keep)
        assert "Use split_by_user" in str(raised.value)
        assert "Give keep" not in str(raised.value)
    assert len(split_by_user(table).test)
    alone = made([0, 1] * 20, groups=["p"] * 40)
    with pytest.raises(cda.InputError, match="Load conversations of more people"):
        split_by_user(alone)
