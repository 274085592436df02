"""Columns as sections can count on them, from whatever table, or what is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.columns import with_plain_columns, without_impossible
from chatdash_analysis.schema import BY_NAME

SAMPLE = cda.load_sample(60)
SIZE = len(SAMPLE)


def test_a_table_as_it_was_loaded_stays_as_it_is() -> None:
    before = SAMPLE.copy(deep=True)
    pd.testing.assert_frame_equal(with_plain_columns(SAMPLE), SAMPLE)
    pd.testing.assert_frame_equal(SAMPLE, before)


def _as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype("object")


def _as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(["agent_id", "channel", "platform"], "category"))


def _of_arrow(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.convert_dtypes(dtype_backend="pyarrow")


def _elsewhere(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(created_at=frame["created_at"].dt.tz_convert("Asia/Tokyo").dt.as_unit("ns"))


@pytest.mark.parametrize(
    "change", [_as_objects, _as_categories, _of_arrow, _elsewhere], ids=lambda one: one.__name__
)
def test_the_same_values_in_other_dtypes_are_the_same_table(change: Any) -> None:
    held = [name for name in SAMPLE if name in BY_NAME]
    pd.testing.assert_frame_equal(with_plain_columns(change(SAMPLE[held])), SAMPLE[held])


def test_whole_numbers_are_texts_where_texts_are_meant() -> None:
    numbered = SAMPLE.assign(agent_id=7, user_id=range(SIZE))
    plain = with_plain_columns(numbered)
    assert plain["agent_id"].unique().tolist() == ["7"]
    assert plain["user_id"].tolist() == [str(number) for number in range(SIZE)]


def test_columns_without_a_value_have_their_dtype() -> None:
    names = ["ended_at", "channel", "duration_minutes", "no_answer", "misunderstood_queries"]
    plain = with_plain_columns(SAMPLE.assign(**dict.fromkeys(names, None)))
    assert [str(plain[name].dtype) for name in names] == [BY_NAME[name].dtype for name in names]


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("duration_minutes", "abc", r"duration_minutes is str, not numbers.*pd.to_numeric"),
        ("cost", "1.0", r"cost is str, not numbers. Use conversations\['cost'\] = pd.to_numeric"),
        ("cost", True, "cost is bool, not numbers"),
        ("misunderstood_count", [["a"]] * SIZE, "misunderstood_count is object, not numbers"),
        ("created_at", "2026-05-01", "created_at is str, not instants.*utc=True"),
        ("ended_at", pd.Timestamp("2026-05-01"), r"ended_at is datetime64\[.*\], not instants"),
        ("channel", 1.5, r"channel is float64, not text. Use .*\.astype\('str'\)"),
        ("misunderstood_queries", [["a?"]] * SIZE, r"not JSON as text. Use .*json\.dumps"),
        ("agent_name", [["a"]] * SIZE, "agent_name is object, not text"),
        ("interacted", "yes", "interacted is no flag"),
        (5, 1, "5 is none. Rename the column"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named_with_its_dtype_and_a_remedy(
    column: Any, value: Any, words: str
) -> None:
    frame = SAMPLE.assign(**{str(column): value}).rename(columns={"5": 5})
    with pytest.raises(cda.InputError, match=words):
        with_plain_columns(frame)


def test_a_conversation_counts_once() -> None:
    with pytest.raises(cda.InputError, match=r"3 rows are conversations that.*drop_duplicates"):
        with_plain_columns(pd.concat([SAMPLE, SAMPLE.iloc[[0, 0, 1]]]))


def test_questions_need_the_id_of_their_conversation() -> None:
    asked = SAMPLE["misunderstood_queries"].notna()
    assert 0 < asked.sum() < SIZE
    with pytest.raises(cda.InputError, match=f"{asked.sum()} conversations have questions"):
        with_plain_columns(SAMPLE.assign(conversation_id=None))
    silent = SAMPLE[~asked].assign(conversation_id=None)
    assert with_plain_columns(silent)["conversation_id"].isna().all()


def test_lengths_and_costs_that_cannot_be_are_missing_and_counted() -> None:
    frame = pd.DataFrame(
        {
            "duration_minutes": [-1.0, np.inf, np.nan, 2.0, -1.0],
            "cost": [1.0, 2.0, np.nan, 0.0, -np.inf],
        }
    )
    plain, number = without_impossible(frame)
    assert number == 3
    assert plain["duration_minutes"].isna().tolist() == [True, True, True, False, True]
    assert plain["cost"].isna().tolist() == [False, False, True, False, True]
    assert without_impossible(frame[["cost"]].head(4))[1] == 0
