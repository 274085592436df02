"""Instants, what is due, and the width of requests."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis import errors
from chatdash_analysis.loading.windows import (
    Due,
    Frontier,
    Window,
    due,
    holes,
    to_moment,
    wire_format,
)

UTC = dt.UTC
DAY = dt.timedelta(days=1)
NAIVE = dt.datetime(2026, 1, 31, 8)  # noqa: DTZ001 - what users give
ZERO = dt.datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Held:
    start: dt.datetime
    end: dt.datetime
    flags: int
    fetched_at: dt.datetime


def day(n: float) -> dt.datetime:
    return ZERO + n * DAY


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-31", dt.datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T08:00+01:00", dt.datetime(2026, 1, 31, 7, tzinfo=UTC)),
        (dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, tzinfo=UTC)),
        (NAIVE, dt.datetime(2026, 1, 31, 8, tzinfo=UTC)),
        (
            dt.datetime(2026, 7, 31, 8, tzinfo=ZoneInfo("Europe/Berlin")),
            dt.datetime(2026, 7, 31, 6, tzinfo=UTC),
        ),
        (pd.Timestamp("2026-01-31 08:00"), dt.datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("1800-01-01", dt.datetime(1800, 1, 1, tzinfo=UTC)),
    ],
)
def test_instants_are_read_and_naive_is_utc(value, expected):
    assert to_moment(value, "start") == expected


@pytest.mark.parametrize(
    "value", [5, 1.5, True, None, "yesterday week", pd.NaT, "NaT", [], "", b"2026"]
)
def test_what_is_no_instant_is_refused(value):
    with pytest.raises(errors.InputError, match="is no date or time"):
        to_moment(value, "start")


def test_the_wire_has_milliseconds_and_z():
    assert wire_format(dt.datetime(26, 1, 2, 3, 4, 5, 678_900, UTC)) == "0026-01-02T03:04:05.678Z"


def test_nothing_is_due_where_all_is_covered_and_settled():
    held = [Held(day(0), day(10), 15, day(20))]
    assert due(Window(day(2), day(8)), 15, held, trailing=7 * DAY, everything=False) == []


def test_what_was_fetched_soon_after_it_happened_is_due_again_however_long_ago():
    held = [Held(day(0), day(10), 15, day(10))]
    asked = due(Window(day(0), day(10)), 1, held, trailing=7 * DAY, everything=False)
    assert asked == [Due(Window(day(3), day(10)), 15)]


def test_with_missing_combinations_the_others_are_asked_for_again():
    # A conversation may have gone from one to another since.
    held = [Held(day(0), day(10), 1, day(20))]
    asked = due(Window(day(0), day(12)), 14, held, trailing=7 * DAY, everything=False)
    assert asked == [Due(Window(day(0), day(10)), 15), Due(Window(day(10), day(12)), 14)]


def test_what_was_fetched_under_a_wrong_clock_is_due_again():
    ahead = dt.datetime.now(UTC) + 400 * DAY
    held = [Held(day(0), ahead, 15, ahead)]
    asked = due(Window(day(0), day(12)), 15, held, trailing=7 * DAY, everything=False)
    assert asked == [Due(Window(day(0), day(12)), 15)]


def test_everything_again_includes_what_was_held():
    held = [Held(day(0), day(5), 12, day(20))]
    asked = due(Window(day(0), day(5)), 1, held, trailing=7 * DAY, everything=True)
    assert asked == [Due(Window(day(0), day(5)), 13)]


SPANS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 6), st.integers(1, 15), st.integers(0, 40)),
    max_size=5,
)


@given(SPANS, st.integers(0, 15), st.integers(1, 10), st.integers(1, 15))
def test_due_and_holes_agree_with_a_day_by_day_count(spans, first, length, flags):
    held, free = [], 0
    for gap, width, mask, fetched in spans:
        start = free + gap % 3
        held.append(Held(day(start), day(start + width), mask, day(fetched)))
        free = start + width
    window = Window(day(first), day(first + length))
    asked = due(window, flags, held, trailing=2 * DAY, everything=False)
    missing = holes(window, flags, held)
    for n in range(first, first + length):
        holder = next((h for h in held if h.start <= day(n) and day(n + 1) <= h.end), None)
        old = holder.flags if holder else 0
        # Fetched on whole days, so a day is settled as a whole or not at all.
        settled = holder is not None and day(n + 1) <= holder.fetched_at - 2 * DAY
        expected = 0 if settled and not flags & ~old else flags | old
        assert _mask(asked, n) == expected
        assert _mask(missing, n) == flags & ~old


def _mask(parts: list[Due], n: int) -> int:
    found = [p.flags for p in parts if p.window.start <= day(n) and day(n + 1) <= p.window.end]
    assert len(found) <= 1
    return found[0] if found else 0


def _drain(frontier: Frontier, rows_a_day: float) -> list[Window]:
    windows = []
    while window := frontier.next():
        windows.append(window)
        frontier.learn(window, round(rows_a_day * window.width / DAY), window.width)
    return windows


@pytest.mark.parametrize("rows_a_day", [0, 0.1, 30, 3_000, 1_000_000])
def test_windows_cover_the_stretch_without_overlap_and_fit_the_density(rows_a_day):
    windows = _drain(Frontier(Window(day(0), day(700))), rows_a_day)
    assert windows[0].end == day(700)
    assert windows[-1].start == day(0)
    assert all(a.start == b.end for a, b in itertools.pairwise(windows))
    if rows_a_day == 0:
        assert len(windows) < 6
    if rows_a_day == 3_000:
        assert all(w.width <= 12 * DAY for w in windows[1:])
        assert all(w.start.month == (w.end - DAY / 86_400).month for w in windows[1:])


def test_a_stretch_from_the_epoch_takes_few_requests():
    assert len(_drain(Frontier(Window(dt.datetime(1970, 1, 1, tzinfo=UTC), day(0))), 0)) < 15


def test_a_width_that_did_not_work_is_not_tried_again():
    frontier = Frontier(Window(day(0), day(300)))
    first = frontier.next()
    frontier.learn(first, 10, first.width / 8)
    widths = []
    while window := frontier.next():
        widths.append(window.width)
        frontier.learn(window, 10, window.width)
    assert max(widths) <= first.width / 8
