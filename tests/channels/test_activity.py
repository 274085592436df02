"""Hours and weekdays of the local clock, and business hours."""

from __future__ import annotations

from datetime import time
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import chatdash_analysis as cda
from chatdash_analysis.channels.activity import activity_table, business_hours_summary
from chatdash_analysis.channels.business_week import business_week
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS

MONDAY = "2026-01-05T"


@cache
def sample() -> pd.DataFrame:
    return cda.load_sample(1_500).assign(user_id=lambda c: c["lead_id"])


def starting(*instants: str | None) -> pd.DataFrame:
    size = len(instants)
    return pd.DataFrame(
        {
            "created_at": pd.to_datetime(list(instants), utc=True, format="ISO8601"),
            "user_id": pd.Series([f"u{i}" for i in range(size)], dtype="str"),
            "evaluation_is_success": pd.array([True] * size, dtype="boolean"),
        }
    )


def busy(table: pd.DataFrame) -> dict[tuple[int, int], int]:
    held = table[table["conversations"] > 0]
    return dict(zip(zip(held["weekday"], held["hour"]), held["conversations"], strict=True))  # noqa: B905


def parts(frame: pd.DataFrame, **options) -> list[int]:
    return business_hours_summary(frame, **options)["conversations"].tolist()


def test_a_week_has_168_hours_in_order():
    table = activity_table(sample(), tz="Europe/Berlin")
    assert table[["weekday", "hour"]].to_numpy().tolist() == [
        [day, hour] for day in range(7) for hour in range(24)
    ]
    assert table.columns.tolist() == [
        "weekday",
        "hour",
        "business",
        "conversations",
        *RATE_COLUMNS,
    ]
    assert table["conversations"].sum() == 1_500


@pytest.mark.parametrize("tz", ["UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin"])
def test_counts_and_rates_are_those_of_the_local_clock(tz):
    local = sample()["created_at"].dt.tz_convert(tz)
    clock = sample().assign(weekday=local.dt.day_of_week.astype("int64"), hour=local.dt.hour)
    expected = cda.rates_by(clock, ["weekday", "hour"])[list(RATE_COLUMNS)]
    table = activity_table(sample(), tz=tz)
    met = table[table["conversations"] > 0].reset_index(drop=True)
    assert_frame_equal(met[list(RATE_COLUMNS)], expected)
    assert met["conversations"].tolist() == clock.groupby(["weekday", "hour"]).size().tolist()


def test_hours_without_conversations_have_no_rate_and_say_so():
    table = activity_table(starting(MONDAY + "10:00Z"), min_n=1)
    assert table.loc[table["conversations"] == 0, "rate"].isna().all()
    assert table.loc[table["conversations"] == 0, "flags"].eq("no_known").all()
    assert table.loc[10, ["n", "successes", "rate"]].tolist() == [1, 1, 1.0]


def test_clocks_go_forward():
    before, after = "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"
    table = activity_table(starting(before, after), tz="Europe/Berlin")
    assert busy(table) == {(6, 1): 1, (6, 3): 1}


def test_clocks_go_back_and_an_hour_comes_twice():
    instants = [f"2026-10-25T0{hour}:30Z" for hour in range(3)]
    assert busy(activity_table(starting(*instants), tz="Europe/Berlin")) == {(6, 2): 2, (6, 3): 1}


def test_a_day_of_the_local_clock_may_be_another_one():
    assert busy(activity_table(starting(MONDAY + "02:00Z"), tz="America/Los_Angeles")) == {
        (6, 18): 1
    }


def test_far_future_and_past_dates_are_read_by_the_same_rules():
    instants = ["2060-07-01T12:00Z", "2060-01-01T12:00Z", "1969-12-31T23:30Z"]
    local = pd.Series(pd.to_datetime(instants)).dt.tz_convert("Europe/Berlin")
    expected = dict.fromkeys(zip(local.dt.day_of_week, local.dt.hour, strict=True), 1)
    assert busy(activity_table(starting(*instants), tz="Europe/Berlin")) == expected


def test_instants_of_another_time_zone_or_unit_are_the_same_instants():
    frame = starting(MONDAY + "23:30Z")
    other = frame.assign(
        created_at=frame["created_at"]
        .dt.tz_convert("Asia/Tokyo")
        .astype("datetime64[ns, Asia/Tokyo]")
    )
    assert_frame_equal(activity_table(other), activity_table(frame))


def test_business_hours_end_before_the_closing_hour():
    table = activity_table(sample(), business_hours=(9, 17))
    assert table.loc[table["business"], "hour"].unique().tolist() == list(range(9, 17))
    assert table.loc[table["business"], "weekday"].unique().tolist() == [0, 1, 2, 3, 4]


def test_several_business_hours_leave_a_break():
    table = activity_table(sample(), business_hours=[(9, 12), (13, 18)], business_days=[5])
    open_hours = table.loc[table["business"], ["weekday", "hour"]].to_numpy().tolist()
    assert open_hours == [[5, hour] for hour in (9, 10, 11, 13, 14, 15, 16, 17)]


def test_business_hours_over_midnight_belong_to_the_day_on_which_they_start():
    week = business_week((22, 6), [6])
    hours = np.flatnonzero(week.reshape(-1, 60).all(axis=1))
    assert [divmod(hour, 24) for hour in hours.tolist()] == [
        *((0, hour) for hour in range(6)),
        (6, 22),
        (6, 23),
    ]


def test_a_whole_day_is_from_0_to_24():
    assert business_week((0, 24), range(7)).all()


def test_half_hours_count_to_the_minute():
    frame = starting(*(f"{MONDAY}{at}Z" for at in ("08:29:59", "08:30:00", "16:59:59", "17:00:00")))
    assert parts(frame, business_hours=(8.5, 17)) == [2, 2, 0]
    assert parts(frame, business_hours=[(time(8, 30), time(17))]) == [2, 2, 0]


def test_business_days_decide():
    frame = starting("2026-01-05T10:00Z", "2026-01-10T10:00Z", "2026-01-11T10:00Z")
    assert parts(frame) == [1, 2, 0]
    assert parts(frame, business_days=(5, 6)) == [2, 1, 0]
    assert parts(frame, business_days=()) == [0, 3, 0]


def test_business_hours_follow_the_clock_change():
    # 9:00 in Berlin is 8:00 UTC in winter and 7:00 UTC in summer.
    frame = starting("2026-01-05T07:30Z", "2026-07-06T07:30Z")
    assert parts(frame, tz="Europe/Berlin") == [1, 1, 0]


def test_the_parts_hold_all_conversations_and_their_rates():
    table = business_hours_summary(sample(), tz="Europe/Berlin")
    local = sample()["created_at"].dt.tz_convert("Europe/Berlin")
    at_work = local.dt.hour.between(9, 16) & (local.dt.day_of_week < 5)
    assert table["part"].tolist() == ["business", "after_hours", "no_time"]
    assert table["conversations"].tolist() == [at_work.sum(), (~at_work).sum(), 0]
    assert table["share"].sum() == pytest.approx(1)
    judged = sample()[at_work]["evaluation_is_success"]
    assert table.loc[0, "rate"] == pytest.approx(judged.astype("float64").mean())


def test_conversations_without_time_are_shown_apart():
    frame = starting(MONDAY + "10:00Z", None)
    assert parts(frame) == [1, 0, 1]
    assert activity_table(frame)["conversations"].sum() == 1
    assert parts(starting(None, None)) == [0, 0, 2]


@pytest.mark.parametrize("make", [activity_table, business_hours_summary])
def test_dtypes_and_rows_are_the_same_for_any_table(make):
    full = make(sample())
    for part in (sample().iloc[:0], sample().iloc[:1], starting(None)):
        table = make(part)
        assert table.dtypes.equals(full.dtypes)
        assert len(table) == len(full)
    assert full.dtypes["conversations"] == "int64"


@pytest.mark.parametrize("make", [activity_table, business_hours_summary])
def test_the_order_of_the_rows_makes_no_difference_and_the_table_stays(make):
    given = sample().copy(deep=True)
    shuffled = sample().sample(frac=1, random_state=2)
    assert_frame_equal(make(shuffled), make(given), check_exact=True)
    assert_frame_equal(given, sample())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tz": "Europe/Atlantis"}, "no time zone"),
        ({"business_hours": (9, 25)}, "25 is no hour of the day"),
        ({"business_hours": "9-17"}, r"\(9, 17\)"),
        ({"business_hours": 9}, r"\(9, 17\)"),
        ({"business_hours": []}, "are none"),
        ({"business_hours": [(9, 12), 13]}, "are none"),
        ({"business_days": [7]}, "no weekdays"),
        ({"business_days": "Mon"}, "no weekdays"),
        ({"level": 95}, "no confidence level"),
    ],
)
@pytest.mark.parametrize("make", [activity_table, business_hours_summary])
def test_what_cannot_be_used_is_refused(make, options, words):
    with pytest.raises(InputError, match=words):
        make(sample(), **options)


def test_parts_of_an_hour_have_no_row_of_their_own():
    with pytest.raises(InputError, match="business_hours_summary takes parts"):
        activity_table(sample(), business_hours=(8.5, 17))


@pytest.mark.parametrize("make", [activity_table, business_hours_summary])
def test_tables_that_cannot_be_used_are_refused(make):
    naive = sample().assign(created_at=sample()["created_at"].dt.tz_localize(None))
    with pytest.raises(InputError, match="time zone"):
        make(naive)
    with pytest.raises(MissingColumnsError, match="created_at"):
        make(sample().drop(columns="created_at"))
    with pytest.raises(InputError, match="takes a pandas DataFrame, not a dict"):
        make({})
