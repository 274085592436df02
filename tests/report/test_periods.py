"""Periods of a report: months, days, clocks that change, and what is no period."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.report.periods import choose_periods, last_month, read_period

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def at(*moments: str, **origin: object) -> pd.DataFrame:
    frame = pd.DataFrame({"created_at": pd.to_datetime(list(moments), utc=True, format="ISO8601")})
    frame.attrs["chatdash"] = origin
    return frame


YEAR = at(*(f"2026-{month:02}-{day:02}T12:00" for month in range(1, 7) for day in (1, 15, 28)))


@pytest.mark.parametrize(
    ("asked", "now", "before"),
    [
        ("2026-05", "May 2026", "April 2026"),
        ("2026-03", "March 2026", "February 2026"),
        ("2026-01", "January 2026", "December 2025"),
        (("2026-05-01", "2026-06-01"), "May 2026", "April 2026"),
        (("2026-05-01", "2026-05-15"), "1 May to 14 May 2026", "17 April to 30 April 2026"),
        ([date(2026, 5, 1), date(2026, 5, 2)], "1 May 2026", "30 April 2026"),
        (
            ("2026-01-01", "2026-01-03"),
            "1 January to 2 January 2026",
            "30 December to 31 December 2025",
        ),
        (
            ("2025-12-28", "2026-01-02"),
            "28 December 2025 to 1 January 2026",
            "23 December to 27 December 2025",
        ),
    ],
)
def test_a_period_has_the_name_that_readers_know_and_one_before(asked, now, before):
    found = choose_periods(YEAR, asked, None, BERLIN)
    assert tuple(period.label for period in found) == (now, before)
    assert found[1].end == found[0].start


def test_months_are_those_of_the_local_clock():
    now, before = choose_periods(YEAR, "2026-04", None, BERLIN)
    assert now.dates == ("2026-04-01T00:00:00+02:00", "2026-05-01T00:00:00+02:00")
    # Clocks went forward on 29 March.
    assert before.dates == ("2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    assert before.end - before.start == pd.Timedelta(days=31) - pd.Timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end"), [("2026-03-30", "2026-04-06"), ("2026-10-26", "2026-11-02")]
)
def test_as_many_local_days_come_before_whatever_clocks_do(start, end):
    frame = at(f"{start}T12:00")
    now, before = choose_periods(frame, (start, end), None, BERLIN)
    week = pd.date_range(before.start, before.end, freq="D", tz=BERLIN)
    assert len(week) - 1 == 7
    assert before.start.hour == before.end.hour == now.start.hour == 0
    assert before.end - before.start != pd.Timedelta(days=7)


def test_a_day_without_midnight_is_a_day():
    # Clocks in Beirut went from 0:00 to 1:00.
    now, _ = choose_periods(
        at("2026-03-29T10:00"), ("2026-03-29", "2026-03-30"), None, "Asia/Beirut"
    )
    assert now.label == "29 March 2026"
    assert now.end - now.start == pd.Timedelta(hours=23)


def test_what_belongs_to_a_period_is_half_open_and_local():
    frame = at(
        "2026-04-30T21:59:59.999999", "2026-04-30T22:00", "2026-05-31T21:59", "2026-05-31T22"
    )
    now, before = choose_periods(frame, "2026-05", None, BERLIN)
    assert now.of(frame).index.tolist() == [1, 2]
    assert before.of(frame).index.tolist() == [0]


def test_the_last_month_that_was_loaded_is_the_default():
    loaded = at(
        "2026-05-03T12:00", start="2026-01-01T00:00:00.000Z", end="2026-06-01T00:00:00.000Z"
    )
    assert choose_periods(loaded, None, None, "UTC")[0].label == "May 2026"
    # In New York May was not over when loading ended.
    loaded = at(
        "2026-04-03T12:00", start="2026-01-01T00:00:00.000Z", end="2026-06-01T00:00:00.000Z"
    )
    assert choose_periods(loaded, None, None, NEW_YORK)[0].label == "April 2026"


def test_what_was_fetched_before_its_end_covers_no_more():
    loaded = at(
        "2026-04-03T12:00",
        start="2026-01-01T00:00:00.000Z",
        end="2027-01-01T00:00:00.000Z",
        fetched_at="2026-05-20T00:00:00.000Z",
    )
    assert choose_periods(loaded, None, None, "UTC")[0].label == "April 2026"


@pytest.mark.parametrize(
    ("last", "label"), [("2026-05-31T12:00", "May 2026"), ("2026-05-30T12:00", "April 2026")]
)
def test_where_nothing_tells_what_was_loaded_the_conversations_do(last, label):
    frame = at("2026-01-01T12:00", "2026-04-10T12:00", last)
    assert choose_periods(frame, None, None, "UTC")[0].label == label


def test_the_last_month_of_the_sample_is_june():
    assert choose_periods(cda.load_sample(300), None, None, BERLIN)[0].label == "June 2026"


def test_the_last_month_that_is_over():
    assert last_month(pd.Timestamp("2026-05-31T22:30Z"), BERLIN).label == "May 2026"
    assert last_month(pd.Timestamp("2026-05-31T22:30Z"), "UTC").label == "April 2026"


def test_another_period_can_be_compared_with():
    _, before = choose_periods(YEAR, "2026-05", "2026-01", "UTC")
    assert before.label == "January 2026"


def test_an_earlier_period_that_is_empty_or_was_never_loaded_is_no_error():
    frame = at("2026-05-03T12:00", start="2026-05-01T00:00:00.000Z", end="2026-06-01T00:00:00.000Z")
    now, before = choose_periods(frame, "2026-05", None, "UTC")
    assert len(now.of(frame)) == 1
    assert before.of(frame).empty


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2026-13", "is no month"),
        ("2026-00", "is no month"),
        ("26-05", "is no month"),
        ("2026-5", "is no month"),
        ("\u0662\u0660\u0662\u0666-\u0660\u0665", "is no month"),
        ("May", "is no month"),
        ("2026-05-01", "is no month"),
        ("0000-05", "is no month"),
        ("9999-12", "is no month"),
        ("", "is no month"),
        (5, "is no period"),
        (("2026-05-01",), "is no period"),
        ({"2026-05-01": "2026-06-01"}, "is no period"),
        (("2026-05-01", "x"), "is no date or time"),
        (("2026-05-01", None), "is no date or time"),
        (("2026-05-01", "2026-05-01"), "ends at or before its start"),
        (("2026-05-02", "2026-05-01"), "ends at or before its start"),
        (("2026-05-01T12:00", "2026-05-03"), "in the middle of a day"),
        (("2026-05-01", datetime.fromisoformat("2026-05-02T00:00:01")), "in the middle of a day"),
        (("0001-01-01", "0001-01-02"), "when there was no service"),
        (("2026-05-01", "9999-12-31"), "when there was no service"),
        ("2025-05", "no conversations of May 2025"),
    ],
    ids=str,
)
def test_nonsense_is_refused_with_what_to_do(asked, words):
    with pytest.raises(cda.InputError, match=words):
        choose_periods(YEAR, asked, None, "UTC")
    if "no conversations" not in words:
        with pytest.raises(cda.InputError, match=f"(?s)--month.*{words}"):
            read_period(asked, "--month", "UTC")


@pytest.mark.parametrize("earlier", ["2026-05", "2026-06", ("2026-04-30", "2026-05-02")], ids=str)
def test_periods_do_not_overlap(earlier):
    with pytest.raises(cda.InputError, match="does not end before"):
        choose_periods(YEAR, "2026-05", earlier, "UTC")


def test_a_period_that_was_not_loaded_to_its_end_is_incomplete():
    frame = at("2026-05-03T12:00", start="2026-01-01T00:00:00.000Z", end="2026-05-20T00:00:00.000Z")
    with pytest.raises(cda.IncompleteError, match="A report on May 2026 needs") as caught:
        choose_periods(frame, "2026-05", None, "UTC")
    assert caught.value.gaps == [
        {"start": "2026-05-01T00:00:00+00:00", "end": "2026-06-01T00:00:00+00:00"}
    ]


@pytest.mark.parametrize("moments", [(), ("2026-05-02T12:00", "2026-05-30T12:00")], ids=len)
def test_without_a_whole_month_the_period_has_to_be_given(moments):
    with pytest.raises(cda.InputError, match=r"no whole month|needs conversations with a date"):
        choose_periods(at(*moments), None, None, "UTC")


@pytest.mark.parametrize("start", [5, "x", [], None, float("nan")], ids=str)
def test_an_origin_that_cannot_be_read_tells_nothing(start):
    frame = at("2026-04-01T12:00", "2026-05-31T12:00", start=start, end=start)
    assert choose_periods(frame, None, None, "UTC")[0].label == "May 2026"
    frame.attrs["chatdash"] = start
    assert choose_periods(frame, None, None, "UTC")[0].label == "May 2026"
