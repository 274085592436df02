"""Local days, weeks, months and hours against pandas' own time zones."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import local_microseconds, period_codes, period_starts, zone

HOUR = 3_600_000_000
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu", "Australia/Lord_Howe"]


def _instants(start: str, end: str, size: int = 4000) -> pd.Series:
    rng = np.random.default_rng(0)
    low, high = (pd.Timestamp(t, tz="UTC").value // 1000 for t in (start, end))
    micros = np.sort(rng.integers(low, high, size))
    return pd.Series(pd.DatetimeIndex(micros.astype("datetime64[us]")).tz_localize("UTC"))


@pytest.mark.parametrize("tz", ZONES)
@pytest.mark.parametrize(("freq", "name"), [("D", "D"), ("W", "W-SUN"), ("M", "M")])
def test_periods_start_where_those_of_pandas_start(tz, freq, name):
    instants = _instants("2024-12-20", "2026-01-10")
    starts = period_starts(period_codes(instants, freq, tz), freq)
    local = instants.dt.tz_convert(tz).dt.tz_localize(None)
    expected = local.dt.to_period(name).dt.start_time
    pd.testing.assert_index_equal(
        starts, pd.DatetimeIndex(expected).as_unit("us"), check_names=False
    )


@pytest.mark.parametrize("tz", ZONES)
def test_hours_are_those_of_the_local_clock_also_when_it_is_changed(tz):
    instants = _instants("2026-03-27", "2026-03-31")
    local = instants.dt.tz_convert(tz).dt.tz_localize(None)
    expected = (local - pd.Timestamp("1970-01-01")) // pd.Timedelta(hours=1)
    np.testing.assert_array_equal(local_microseconds(instants, tz) // HOUR, expected.to_numpy())


def test_weeks_follow_each_other_over_new_year_and_over_50_years():
    days = pd.Series(pd.date_range("1969-12-01", "2029-12-31", tz="UTC").as_unit("us"))
    codes = period_codes(days, "W", "UTC")
    assert set(np.diff(codes).tolist()) == {0, 1}
    assert set(period_starts(np.unique(codes), "W").day_of_week) == {0}


def test_far_dates_and_any_unit_are_taken():
    far = pd.Series(pd.to_datetime(["1890-05-01", "2400-01-31"], utc=True)).dt.as_unit("s")
    assert period_starts(period_codes(far, "M", "UTC"), "M").strftime("%F").tolist() == [
        "1890-05-01",
        "2400-01-01",
    ]


def test_no_instants_give_no_periods():
    none = pd.Series([], dtype="datetime64[us, UTC]")
    assert period_codes(none, "W", "Europe/Berlin").tolist() == []
    assert len(period_starts(np.array([], dtype=np.int64), "W")) == 0


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../../etc/passwd", 5, None])
def test_an_unknown_time_zone_is_refused(tz):
    with pytest.raises(InputError, match="is no time zone"):
        zone(tz)


def test_a_time_zone_may_be_an_object():
    assert zone(UTC) is UTC
    instants = pd.Series(pd.to_datetime(["2026-01-01T23:30"], utc=True))
    fixed = timezone(timedelta(hours=1))
    assert period_starts(period_codes(instants, "D", fixed), "D")[0].day == 2


def test_instants_without_zone_or_missing_are_refused():
    with pytest.raises(InputError, match="not instants with a time zone"):
        local_microseconds(pd.Series(pd.to_datetime(["2026-01-01"]), name="created_at"), "UTC")
    with pytest.raises(InputError, match="missing in some rows"):
        local_microseconds(pd.Series(pd.to_datetime(["2026-01-01", None], utc=True)), "UTC")
    with pytest.raises(InputError, match="none of D, W, M"):
        period_codes(pd.Series(pd.to_datetime(["2026-01-01"], utc=True)), "Q", "UTC")
