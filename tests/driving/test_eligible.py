"""Where a field could have a value."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chatdash_analysis.driving.eligible import could_have, rows_of, strata_of, taken


def _frame(**columns) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    days = pd.Timestamp("2026-01-30", tz="UTC") + pd.to_timedelta(np.arange(size), "D")
    usual = {
        "conversation_id": [f"c{k}" for k in range(size)],
        "agent_id": ["a"] * size,
        "channel": ["phone"] * size,
        "created_at": days,
        "user_id": [f"u{k}" for k in range(size)],
        "evaluation_is_success": pd.array([True] * size, dtype="boolean"),
    }
    return pd.DataFrame({**usual, **columns})


def _rows(frame, fields=("x",), **options):
    options = {"outcome": "evaluation_is_success", "users": "user_id", "tz": "UTC"} | options
    return rows_of(frame, fields, [], use="drivers", **options)[0]


def _could(frame) -> list[bool]:
    rows = _rows(frame)
    return could_have(rows, rows.frame["x"].notna().to_numpy()).tolist()


def test_nobody_reached_is_not_eligible():
    frame = _frame(
        x=[1.0] * 6,
        interacted=pd.array([True, False, None, True, True, True], dtype="boolean"),
        no_answer=pd.array([False, False, None, True, None, False], dtype="boolean"),
        platform=["retell"] * 6,
        ended_reason=[None, None, None, None, "voicemail_reached", "user_hangup"],
    )
    assert _could(frame) == [True, False, True, False, False, True]


def test_a_field_counts_from_when_the_agent_first_had_it_until_it_last_had_it():
    assert _could(_frame(x=[None, "a", None, "b", None])) == [False, True, True, True, False]


def test_each_agent_has_a_time_of_its_own():
    frame = _frame(x=["a", None, None, "b", None, "a"], agent_id=["a", "b", "c", "b", "a", "b"])
    assert _could(frame) == [True, False, False, True, False, True]


def test_a_channel_that_never_has_the_field_could_not_have_it():
    frame = _frame(x=["a", None, "a"], channel=["web", "phone", "web"])
    assert _could(frame) == [True, False, True]


def test_without_a_date_or_without_an_outcome_field_nothing_is_eligible():
    frame = _frame(
        x=["a"] * 4,
        agent_id=["a", "a", "b", "b"],
        custom_won=pd.array([True, None, None, None], dtype="boolean"),
    )
    frame.loc[0, "created_at"] = pd.NaT
    rows = _rows(frame, outcome="custom_won")
    # Only the second conversation: the first has no date, the other agent no such field.
    assert rows.frame.loc[rows.eligible, "agent_id"].tolist() == ["a"]
    assert rows.known[rows.eligible].tolist() == [False]


def test_months_are_those_of_the_time_zone():
    frame = _frame(x=["a"] * 3)
    frame["created_at"] = pd.to_datetime(
        ["2026-01-31T22:30Z", "2026-01-31T23:30Z", "2026-02-01T00:30Z"], utc=True
    )
    assert _rows(frame).strata.tolist() == [0, 0, 1]
    assert _rows(frame, tz="Europe/Berlin").strata.tolist() == [0, 1, 1]


def test_months_before_1970_are_months_like_others():
    frame = _frame(x=["a"] * 4, agent_id=["a", "b", "a", "b"])
    frame["created_at"] = pd.to_datetime(["1969-11-05", "1969-12-05"] * 2, utc=True)[[0, 0, 1, 1]]
    assert _rows(frame).strata.tolist() == [0, 2, 1, 3]
    frame["created_at"] = pd.to_datetime(["1970-02-01", "1970-01-01"] * 2, utc=True)
    assert _rows(frame, tz="America/New_York").strata.tolist() == [1, 1, 0, 0]
    frame["created_at"] = pd.Timestamp("0001-01-01", tz="UTC")
    assert _rows(frame).strata.tolist() == [0, 0, 1, 1]


def test_a_stratum_is_not_made_of_the_field_itself():
    frame = _frame(x=["a"] * 4, channel=["p", "q", "p", "q"], agent_id=["a", "a", "b", "b"])
    frame["created_at"] = pd.Timestamp("2026-01-01", tz="UTC")
    rows = _rows(frame, fields=["x", "channel"])
    assert strata_of(rows, "x").tolist() == [0, 1, 2, 3]
    assert strata_of(rows, "channel").tolist() == [0, 0, 1, 1]


def test_some_of_the_rows_have_numbers_without_holes():
    frame = _frame(x=list("abcd"), agent_id=["a", "b", "c", "c"])
    some = taken(_rows(frame), np.array([1, 3]))
    assert len(some) == 2
    assert some.users.tolist() == some.agents.tolist() == some.strata.tolist() == [0, 1]
    assert some.frame["x"].tolist() == ["b", "d"]
