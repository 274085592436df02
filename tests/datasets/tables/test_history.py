"""History, recomputed row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.history import history_table, settling_time
from chatdash_analysis.datasets.tables.rows import rows_of
from chatdash_analysis.errors import InputError
from tests.datasets.training_rows import conversations

DAY = pd.Timedelta("1D")


def crowded(seed):
    """Few people, many ties, unknown people and outcomes, verdicts that come late or never."""
    rng = np.random.default_rng(seed)
    n = 150
    created = pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 30, n), "D")
    created = pd.Series(created).dt.as_unit("us")
    delay = pd.to_timedelta(rng.integers(0, 6, n), unit="D")
    frame = conversations(n, seed).assign(
        user_id=pd.Series(rng.choice(["u", "v", "w", None], n), dtype="str"),
        created_at=created,
        ended_at=(created + pd.to_timedelta(rng.integers(0, 3, n), unit="D")).mask(
            rng.random(n) < 0.2
        ),
        updated_at=(created + delay).mask(rng.random(n) < 0.2),
    )
    known = rng.random(n) < 0.7
    frame["evaluation_is_success"] = frame["evaluation_is_success"].mask(~known)
    return frame.sample(frac=1, random_state=seed)


def from_when(row, settling):
    over = max(time for time in (row.created_at, row.ended_at) if pd.notna(time))
    if settling is not None:
        return over + settling
    return max(over, row.updated_at) if pd.notna(row.updated_at) else None


def expected(frame, settling):
    """What a person with the diary of all conversations would write down for each."""
    ordered = list(frame.sort_values(["created_at", "conversation_id"]).itertuples())
    for row in ordered:
        if not isinstance(row.user_id, str):
            yield (np.nan,) * 6
            continue
        own = [other for other in ordered if other.user_id == row.user_id]
        before = [other for other in own if other.created_at < row.created_at]
        last = before[-1] if before else None
        told = [
            other.evaluation_is_success
            for other in own
            if pd.notna(other.evaluation_is_success)
            and (known := from_when(other, settling)) is not None
            and known < row.created_at
        ]
        yield (
            len(before),
            (row.created_at - last.created_at) / DAY if last else np.nan,
            float(row.agent_id == last.agent_id) if last else np.nan,
            last.channel if last else np.nan,
            len(told),
            sum(told) / len(told) if told else np.nan,
        )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("settling", [None, "0D", "3D"])
def test_history_is_what_a_diary_says(seed, settling):
    frame = crowded(seed)
    rows = rows_of(frame, "evaluation_is_success", "user_id")
    outcomes = rows.table["evaluation_is_success"].astype("float64")
    length = None if settling is None else settling_time(settling)
    found = history_table(rows, outcomes, length)
    diary = expected(frame, None if settling is None else pd.Timedelta(settling))
    table = pd.DataFrame(diary, columns=found.columns).astype({"user_last_channel": "str"})
    pd.testing.assert_frame_equal(found, table, check_exact=False, rtol=1e-12, check_dtype=False)
    assert found["user_outcome_before"].notna().any()


def test_of_labels_the_one_that_became_known_last_is_told():
    frame = conversations(4).assign(
        user_id="u",
        created_at=pd.to_datetime([f"2026-01-0{day}" for day in (1, 2, 3, 9)], utc=True),
        ended_at=pd.NaT,
        updated_at=pd.to_datetime([f"2026-01-0{day}" for day in (5, 2, 8, 9)], utc=True),
        topic=pd.Series(["first", "second", None, "fourth"], dtype="str"),
    )
    rows = rows_of(frame, "topic", "user_id")
    found = history_table(rows, rows.table["topic"], None)
    assert found["user_last_outcome"].fillna("-").tolist() == ["-", "-", "second", "first"]
    assert found["user_outcomes_before"].tolist() == [0, 0, 1, 2]


def test_conversations_of_one_instant_do_not_see_each_other():
    frame = conversations(3).assign(
        user_id="u", created_at=pd.to_datetime(["2026-01-01"] * 2 + ["2026-01-02"], utc=True)
    )
    found = history_table(rows_of(frame, "agent_id", "user_id"), pd.Series([1.0, 0.0, 1.0]), 0)
    assert found["user_conversations_before"].tolist() == [0, 0, 2]


def test_without_the_time_of_the_last_change_no_outcome_counts():
    frame = conversations(60).drop(columns="updated_at")
    rows = rows_of(frame, "channel", "user_id")
    found = history_table(rows, pd.Series(np.ones(60)), None)
    assert found["user_conversations_before"].max() > 0
    assert found["user_outcomes_before"].max() == 0


@pytest.mark.parametrize(
    "history",
    ["soon", "-1D", 7, 7.0, None, "NaT", b"7D", "9999999999D", "7", " 7 ", np.timedelta64("NaT")],
)
def test_what_is_no_length_of_time_is_refused(history):
    with pytest.raises(InputError, match="nor a length of time"):
        settling_time(history)


def test_lengths_of_time_are_read():
    week = 7 * 86_400_000_000
    assert settling_time("7D") == settling_time(pd.Timedelta(days=7)) == week
    assert settling_time(np.timedelta64(7, "D")) == settling_time("168h") == week
    assert settling_time(True) is None
