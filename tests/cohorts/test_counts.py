from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.cohorts.counts import cohort_counts
from chatdash_analysis.errors import InputError

NAMES = {"users": "person", "time": "at"}
UTC_US = "datetime64[us, UTC]"


def contacts(*rows: tuple[str | None, str | None], **columns: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["person", "at"]).astype({"person": "str"})
    times = pd.to_datetime(frame["at"], utc=True, format="ISO8601").astype(UTC_US)
    return frame.assign(at=times, **columns)


def count(frame: pd.DataFrame, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    usual = {"freq": "D", "tz": "UTC", "window": "calendar", "as_of": None}
    return cohort_counts(frame, **{**NAMES, **usual, **options})


def random_contacts(rows: int, seed: int = 0, days: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2025-09-01", "us")
    at = start + rng.integers(0, days * 86_400_000_000, rows)
    people = [f"user{i}" for i in rng.integers(0, rows // 3, rows)]
    frame = pd.DataFrame({"person": people, "at": pd.DatetimeIndex(at, tz="UTC").as_unit("us")})
    frame["channel"] = pd.Series(rng.choice(["web", "voice", None], rows)).astype("str")
    frame.loc[rng.random(rows) < 0.05, "person"] = None
    frame.loc[rng.random(rows) < 0.05, "at"] = pd.NaT
    return frame


def by_hand(
    frame: pd.DataFrame,
    freq: str,
    tz: str,
    window: str,
    as_of: datetime,
    edges: tuple[int, ...] = (),
) -> tuple[Counter[Any], Counter[Any]]:
    """Count with datetimes, one person after the other."""
    contacts_of = defaultdict(list)
    for person, at, channel in frame[["person", "at", "channel"]].itertuples(index=False):
        if isinstance(person, str) and at is not pd.NaT and at <= as_of:
            contacts_of[person].append((at.to_pydatetime(), channel))
    users: Counter[Any] = Counter()
    active: Counter[Any] = Counter()
    for times in contacts_of.values():
        first, channel = min(times, key=lambda time: time[0])

        def period(at: datetime, first: datetime = first) -> int:
            if edges:
                return bisect_right([timedelta(days=edge) for edge in edges], at - first)
            if window == "rolling":
                return (at - first) // timedelta(days={"D": 1, "W": 7, "M": 30}[freq])
            return calendar(at, freq, tz) - calendar(first, freq, tz)

        label = channel if isinstance(channel, str) else None
        cohort = calendar(first, freq, tz)
        periods = {period(at) for at, _ in times}
        over, before = period(as_of), period(as_of - timedelta(microseconds=1))
        users[label, cohort, over, int(over in (before, 0)), max(periods)] += 1
        active.update((label, cohort, k) for k in periods if k < period(as_of))
    return users, active


def calendar(at: datetime, freq: str, tz: str) -> int:
    day = at.astimezone(ZoneInfo(tz)).date()
    if freq == "M":
        return (day.year - 1970) * 12 + day.month - 1
    monday = day - timedelta(days=day.weekday())
    days = (day if freq == "D" else monday) - (
        date(1970, 1, 1) if freq == "D" else date(1969, 12, 29)
    )
    return days.days if freq == "D" else days.days // 7


def counted(table: pd.DataFrame) -> Counter[Any]:
    rows = table.astype(object).where(table.notna(), None).itertuples(index=False)
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


@pytest.mark.parametrize("freq", ["D", "W", "M"])
@pytest.mark.parametrize(
    ("window", "edges"), [("calendar", ()), ("rolling", ()), ("rolling", (1, 3, 7, 30))]
)
@pytest.mark.parametrize("tz", ["America/Los_Angeles", "Asia/Kolkata"])
def test_counts_are_those_of_a_loop_over_people(
    freq: str, window: str, edges: tuple[int, ...], tz: str
) -> None:
    frame = random_contacts(900)
    as_of = pd.Timestamp("2026-03-08T12:34:56.789012Z")  # the clocks change that day
    users, active, _ = count(
        frame, freq=freq, tz=tz, window=window, as_of=as_of, edges=edges, by=["channel"]
    )
    expected = by_hand(frame, freq, tz, window, as_of.to_pydatetime(), edges)
    assert (counted(users), counted(active)) == expected


def test_order_of_rows_index_and_dtype_of_people_change_nothing() -> None:
    frame = random_contacts(900)
    expected = count(frame, freq="W", by=["channel"])
    shuffled = frame.sample(frac=1, random_state=1)
    numbers = shuffled.assign(person=pd.factorize(shuffled["person"])[0])
    numbers["person"] = numbers["person"].astype("float64").where(numbers["person"] >= 0)
    for other in (
        shuffled,
        shuffled.assign(person=shuffled["person"].astype("category")),
        shuffled.assign(person=shuffled["person"].astype("string")),
        shuffled.assign(person=shuffled["person"].astype(object)),
        numbers,
        pd.concat([shuffled.iloc[:300], shuffled.iloc[300:]]),
    ):
        for found, table in zip(count(other, freq="W", by=["channel"]), expected, strict=True):
            pd.testing.assert_frame_equal(found, table)


def test_ids_of_one_length_are_people_wherever_the_frame_was_cut() -> None:
    people = ["aaaa", "bbbb", "cccc", "aaaa", "bbbb", "aaaa"]
    frame = contacts(*[(person, "2026-01-01T08:00:00Z") for person in people])
    users, _, _ = count(frame.iloc[2:5])
    assert users["users"].sum() == 3
    users, _, _ = count(frame)
    assert users["users"].sum() == 3


def test_a_category_without_rows_is_nobody() -> None:
    frame = contacts(("a", "2026-01-01T08:00:00Z"), ("b", "2026-01-02T08:00:00Z"))
    frame["person"] = frame["person"].astype(pd.CategoricalDtype(["x", "b", "y", "a"]))
    users, _, _ = count(frame)
    assert users["users"].sum() == 2


def test_an_empty_text_is_a_person_and_missing_is_none() -> None:
    frame = contacts(("", "2026-01-01T08:00:00Z"), (None, "2026-01-01T08:00:00Z"))
    users, _, facts = count(frame)
    assert users["users"].tolist() == [1]
    assert facts["without_user"].tolist() == [1]


def test_rows_left_out_are_counted_by_their_first_reason() -> None:
    frame = contacts(
        ("a", "2026-01-01T08:00:00Z"),
        (None, "2026-01-01T09:00:00Z"),
        ("a", None),
        (None, None),
        ("b", "2026-01-03T00:00:00.000001Z"),
        (None, "2026-01-04T00:00:00Z"),
        ("c", "2026-01-03T00:00:00Z"),
    )
    _, _, facts = count(frame, as_of=pd.Timestamp("2026-01-03T00:00:00Z"))
    assert facts.iloc[0].to_dict() == {
        "rows": 2,
        "without_time": 2,
        "without_user": 2,
        "after_as_of": 1,
        "start": pd.Timestamp("2026-01-01T08:00:00Z"),
        "as_of": pd.Timestamp("2026-01-03T00:00:00Z"),
    }


def test_without_as_of_it_is_the_latest_contact_that_is_not_in_the_future() -> None:
    frame = contacts(
        ("a", "2026-01-01T08:00:00Z"), ("b", "2026-01-05T08:00:00Z"), ("a", "2999-01-01T00:00:00Z")
    )
    users, _, facts = count(frame)
    assert facts["as_of"].tolist() == [pd.Timestamp("2026-01-05T08:00:00Z")]
    assert facts["after_as_of"].tolist() == [1]
    assert users["exposure"].tolist() == [4, 0]
    assert facts["as_of"].iloc[0] < datetime.now(UTC)


def test_two_minutes_after_midnight_is_the_next_calendar_day_but_not_a_day_later() -> None:
    frame = contacts(
        ("a", "2026-01-01T23:59:00Z"), ("a", "2026-01-02T00:01:00Z"), ("b", "2026-01-09T00:00:00Z")
    )
    _, calendar_days, _ = count(frame)
    _, rolling_days, _ = count(frame, window="rolling")
    assert calendar_days["period"].tolist() == [0, 1]
    assert rolling_days["period"].tolist() == [0]


def test_a_period_that_is_not_over_has_no_active_users_but_may_be_the_last() -> None:
    frame = contacts(("a", "2026-01-01T08:00:00Z"), ("a", "2026-01-03T08:00:00Z"))
    users, active, _ = count(frame)
    assert active[["period", "users"]].to_numpy().tolist() == [[0, 1]]
    assert users[["exposure", "last"]].to_numpy().tolist() == [[2, 2]]


@pytest.mark.parametrize(
    ("window", "edges"), [("calendar", ()), ("rolling", ()), ("rolling", (1, 2))]
)
def test_a_period_that_begins_at_the_end_of_the_data_is_not_open(
    window: str, edges: tuple[int, ...]
) -> None:
    frame = contacts(("a", "2026-01-01T00:00:00Z"), ("b", "2026-01-03T00:00:00Z"))
    end = pd.Timestamp("2026-01-03T00:00:00Z")
    users, _, _ = count(frame, window=window, edges=edges, as_of=end)
    assert users[["exposure", "open"]].to_numpy().tolist() == [[2, 0], [0, 1]]
    later = end + pd.Timedelta(1, "us")
    users, _, _ = count(frame, window=window, edges=edges, as_of=later)
    assert users[["exposure", "open"]].to_numpy().tolist() == [[2, 1], [0, 1]]


def test_labels_are_those_of_the_first_contact() -> None:
    frame = contacts(
        ("a", "2026-01-03T08:00:00Z"),
        ("a", "2026-01-01T08:00:00Z"),
        ("b", "2026-01-01T08:00:00Z"),
        ("b", "2026-01-01T08:00:00Z"),
        ("c", "2026-01-01T09:00:00Z"),
        channel=pd.array(["voice", "web", "web", "chat", None], dtype="str"),
        live=pd.array([True, False, None, True, None], dtype="boolean"),
    )
    users, active, _ = count(frame, by=["channel", "live"])
    assert users["channel"].tolist()[:2] == ["chat", "web"]
    assert users["channel"].isna().tolist() == [False, False, True]
    assert users["live"].tolist()[:2] == [True, False]
    assert users.dtypes.astype(str).to_dict() == {
        "channel": "str",
        "live": "boolean",
        "cohort": "int64",
        "exposure": "int64",
        "open": "int64",
        "last": "int64",
        "users": "int64",
    }
    assert active["users"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("rows", [[], [("a", None)], [(None, "2026-01-01T00:00:00Z")]])
@pytest.mark.parametrize("window", ["calendar", "rolling"])
def test_no_contact_gives_empty_tables_of_the_same_dtypes(
    rows: list[tuple[str | None, str | None]], window: str
) -> None:
    channel = pd.Series(["web"] * len(rows), dtype="str")
    frame = contacts(*rows).assign(channel=channel)
    for as_of in (None, pd.Timestamp("2026-02-01T00:00:00Z")):
        users, active, facts = count(frame, window=window, as_of=as_of, by=["channel"])
        some, some_active, some_facts = count(
            contacts(("a", "2026-01-01T00:00:00Z")).assign(channel=pd.Series(["web"], dtype="str")),
            by=["channel"],
        )
        assert users.dtypes.tolist() == some.dtypes.tolist()
        assert active.dtypes.tolist() == some_active.dtypes.tolist()
        assert facts.dtypes.tolist() == some_facts.dtypes.tolist()
        assert len(users) == len(active) == 0
        assert facts["rows"].tolist() == [0]
        assert facts["start"].isna().all()


def test_the_callers_frame_is_not_changed() -> None:
    frame = random_contacts(100)
    before = frame.copy()
    count(frame, by=["channel"])
    pd.testing.assert_frame_equal(frame, before)


def test_many_groups_over_a_century_are_counted_as_a_loop_would() -> None:
    frame = random_contacts(3_000, days=1_400)
    frame["channel"] = pd.Series([f"c{i % 997}" for i in range(len(frame))], dtype="str")
    frame.loc[0, ["person", "at"]] = ["user0", pd.Timestamp("1925-06-01T00:00:00Z")]
    as_of = pd.Timestamp("2999-01-01T00:00:00Z")
    users, active, _ = count(frame, by=["channel"], as_of=as_of)
    expected = by_hand(frame, "D", "UTC", "calendar", as_of.to_pydatetime())
    assert (counted(users), counted(active)) == expected


def test_instants_without_a_zone_are_refused() -> None:
    frame = contacts(("a", "2026-01-01T00:00:00Z"))
    with pytest.raises(InputError, match="time zone"):
        count(frame.assign(at=frame["at"].dt.tz_localize(None)), as_of=pd.Timestamp.now("UTC"))
