"""Periods: what is read as one, local days over clock changes, and what was loaded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.spans import (
    Span,
    holds_gap,
    local_midnight,
    local_text,
    read_moment,
    read_spans,
    require_loaded,
    shifted,
)


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


@pytest.mark.parametrize(
    ("value", "tz", "expected"),
    [
        ("2026-05-01", "UTC", "2026-05-01"),
        ("2026-05-01", "Europe/Berlin", "2026-04-30T22:00"),
        ("2026-05-01T08:30", "America/New_York", "2026-05-01T12:30"),
        ("2026-05-01T00:00+02:00", "America/New_York", "2026-04-30T22:00"),
        (date(2026, 1, 1), ZoneInfo("Asia/Tokyo"), "2025-12-31T15:00"),
        (datetime.fromisoformat("2026-01-01T06:00"), "UTC", "2026-01-01T06:00"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5))), "UTC", "2026-01-01T05:00"),
        (pd.Timestamp("2026-01-01", tz=UTC), "Europe/Berlin", "2026-01-01"),
        # The local midnight that never was, and the hour that was twice.
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),
        ("9999-01-01", "UTC", "9999-01-01"),
    ],
)
def test_moments_are_read(value, tz, expected):
    assert read_moment(value, "at", tz) == utc(expected)


@pytest.mark.parametrize("value", ["05/03/2026", "soon", "", None, 20260501, pd.NaT, 1.5])
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(InputError, match=r"at=.* is no date or time. Give ISO 8601"):
        read_moment(value, "at", "UTC")


def test_periods_may_touch_but_not_overlap():
    touching = read_spans(("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01"), "UTC")

    assert touching == (
        Span(utc("2026-01-01"), utc("2026-02-01")), Span(utc("2026-02-01"), utc("2026-03-01")),
    )  # fmt: skip
    with pytest.raises(InputError, match="does not end before"):
        read_spans(("2026-01-01", "2026-02-02"), ("2026-02-01", "2026-03-01"), "UTC")
    with pytest.raises(InputError, match="does not end before"):
        read_spans(("2026-02-01", "2026-03-01"), ("2026-01-01", "2026-02-01"), "UTC")


@pytest.mark.parametrize("value", ["2026-01-01", ("2026-01-01",), (), 5, None, ("a", "b", "c")])
def test_what_is_no_pair_is_refused(value):
    with pytest.raises(InputError, match=r"before=.* is no period"):
        read_spans(value, ("2026-02-01", "2026-03-01"), "UTC")


def test_microseconds_of_a_span_hold_beyond_what_nanoseconds_can():
    span = Span(utc("1970-01-01T00:00:01"), pd.Timestamp("2500-01-01", tz="UTC"))

    assert span.microseconds == (1_000_000, 16_725_225_600_000_000)


def test_days_are_days_of_the_local_clock():
    # The clocks of Berlin go forward on 29 March 2026, so that this day has 23 hours.
    start = read_moment("2026-03-29", "at", "Europe/Berlin")

    assert shifted(start, 1, "Europe/Berlin") - start == pd.Timedelta(hours=23)
    assert shifted(start, 1, "UTC") - start == pd.Timedelta(hours=24)
    assert shifted(shifted(start, 7, "Europe/Berlin"), -7, "Europe/Berlin") == start


def test_local_midnight_and_text():
    moment = utc("2026-05-01T23:30")
    micros = Span(moment, moment).microseconds[0]

    assert local_midnight(micros, "UTC") == utc("2026-05-01")
    assert local_midnight(micros, "Europe/Berlin") == utc("2026-05-01T22:00")
    assert local_text(moment, "Europe/Berlin") == "2026-05-02 01:30"
    assert local_text(utc("2026-04-30T22:00"), "Europe/Berlin") == "2026-05-01"


LOADED = {"start": "2026-02-01T00:00:00.000Z", "end": "2026-04-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        ("2026-02-01", "2026-04-01", True),
        ("2026-01-31T23:59:59", "2026-03-01", False),
        ("2026-03-01", "2026-04-01T00:00:01", False),
    ],
)
def test_what_was_not_loaded_is_refused(start, end, inside):
    frame = pd.DataFrame()
    frame.attrs["chatdash"] = LOADED
    span = Span(utc(start), utc(end))

    if inside:
        require_loaded(frame, [span], "explain_change")
        return
    with pytest.raises(IncompleteError, match=r"explain_change needs .* were loaded") as caught:
        require_loaded(frame, [span], "explain_change")
    assert caught.value.gaps == [{"start": span.start.isoformat(), "end": span.end.isoformat()}]


@pytest.mark.parametrize(
    "origin",
    [None, {}, {"chatdash": None}, {"chatdash": {"start": None}}, {"chatdash": {"end": 3}}],
)
def test_tables_that_do_not_say_what_was_loaded_are_taken_as_they_are(origin):
    frame = pd.DataFrame()
    frame.attrs.update(origin or {})
    spans = [Span(utc("2026-01-01"), utc("2026-02-01"))]

    require_loaded(frame, spans, "explain_change")

    assert not holds_gap(frame, spans)


def test_gaps_count_where_they_touch_a_period():
    frame = pd.DataFrame()
    frame.attrs["chatdash"] = {"gaps": [{"reason": "odd"}, LOADED]}

    assert holds_gap(frame, [Span(utc("2026-03-31"), utc("2026-05-01"))])
    assert not holds_gap(frame, [Span(utc("2026-04-01"), utc("2026-05-01"))])
    assert not holds_gap(frame, [Span(utc("2026-01-01"), utc("2026-02-01"))])
