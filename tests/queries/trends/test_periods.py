"""Conversations on a local calendar, and which of its periods are whole."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.queries.trends.periods import calendar_of


def frame_of(*moments: str | None, **origin) -> pd.DataFrame:
    created = pd.to_datetime(pd.Series(moments, dtype="object"), utc=True, format="ISO8601")
    frame = pd.DataFrame({"created_at": created.astype("datetime64[us, UTC]")})
    frame.attrs["chatdash"] = origin
    return frame


def test_periods_have_no_holes_and_undated_rows_no_period():
    frame = frame_of("2026-01-31T23:30Z", None, "2026-04-02", "2026-02-01")

    calendar = calendar_of(frame, "M", "UTC")

    assert calendar.of_rows.tolist() == [0, -1, 3, 1]
    assert calendar.names.strftime("%Y-%m-%d").tolist() == [
        "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01",
    ]  # fmt: skip
    assert calendar.dated.tolist() == [True, False, True, True]
    assert calendar_of(frame, "M", "Europe/Berlin").of_rows.tolist() == [0, -1, 2, 0]


@pytest.mark.parametrize(
    ("tz", "hours"),
    [("UTC", [24, 24, 24]), ("Europe/Berlin", [24, 23, 24]), ("America/Sao_Paulo", [24, 24, 24])],
)
def test_days_are_as_long_as_the_clock_makes_them(tz, hours):
    frame = frame_of("2026-03-28T12:00Z", "2026-03-30T12:00Z")

    edges = calendar_of(frame, "D", tz).edges

    assert [int(gap) for gap in (edges[1:] - edges[:-1]) / 3_600_000_000] == hours


def test_day_that_starts_at_one_because_midnight_is_skipped_is_whole():
    frame = frame_of("2026-03-28T20:00Z", "2026-03-29T12:00Z", "2026-03-30T12:00Z")

    calendar = calendar_of(frame, "D", "Asia/Beirut")

    assert len(calendar) == 3
    assert calendar.edges[1] == pd.Timestamp("2026-03-28T22:00Z").value // 1000
    assert calendar.whole.tolist() == [False, True, False]


def test_whole_periods_lie_inside_of_what_was_loaded():
    frame = frame_of(
        "2026-03-04", "2026-03-12", "2026-03-20",
        start="2026-03-02T00:00Z", end="2026-03-20T12:00Z",
    )  # fmt: skip

    assert calendar_of(frame, "W", "UTC").whole.tolist() == [True, True, False]
    assert calendar_of(frame, "W", "America/New_York").whole.tolist() == [True, True, False]
    assert calendar_of(frame, "W", "Asia/Tokyo").whole.tolist() == [False, True, False]


def test_nothing_makes_no_periods():
    calendar = calendar_of(frame_of(None), "W", "UTC")

    assert (len(calendar), calendar.of_rows.tolist(), calendar.whole.tolist()) == (0, [-1], [])
