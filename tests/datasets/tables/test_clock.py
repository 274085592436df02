"""Hour and day of the week on the local clock."""

from __future__ import annotations

import pandas as pd

from chatdash_analysis.datasets.tables.clock import clock_features


def clock(moments, tz):
    instants = pd.Series(pd.to_datetime(moments, utc=True)).dt.as_unit("us").rename("created_at")
    hour, day = clock_features(instants, tz)
    return list(zip(hour.series.tolist(), day.series.tolist(), strict=True))


def test_clocks_that_are_changed_show_what_people_saw():
    moments = ["2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-10-25T00:30Z", "2026-10-25T01:30Z"]
    assert clock(moments, "Europe/Berlin") == [
        (1 + 59 / 60, "Sunday"), (3.0, "Sunday"), (2.5, "Sunday"), (2.5, "Sunday"),
    ]  # fmt: skip


def test_the_day_of_the_week_is_local():
    assert clock(["2026-01-04T23:30Z"], "UTC") == [(23.5, "Sunday")]
    assert clock(["2026-01-04T23:30Z"], "Europe/Berlin") == [(0.5, "Monday")]
    assert clock(["2026-01-05T07:30Z"], "America/Los_Angeles") == [(23.5, "Sunday")]


def test_it_agrees_with_pandas_all_year():
    moments = pd.Series(pd.date_range("1969-06-01", "1972-01-01", freq="7h13min", tz="UTC"))
    local = moments.dt.tz_convert("Asia/Kolkata")
    hour, day = clock_features(moments.dt.as_unit("us").rename("created_at"), "Asia/Kolkata")
    expected = local.dt.hour + local.dt.minute / 60
    pd.testing.assert_series_equal(hour.series, expected, check_dtype=False, check_names=False)
    assert day.series.astype("str").tolist() == local.dt.day_name().tolist()
    assert day.series.cat.categories[0] == "Monday"
