"""Numbers are rounded to what they are, and a missing one is a dash."""

from __future__ import annotations

import inspect
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.showing import numbers

DASH = "\N{EN DASH}"
SHARES = st.floats(0, 1)
FINITE = st.floats(-1e6, 1e6)
MISSING = [
    None, float("nan"), np.float64("nan"), pd.NA, pd.NaT, Decimal("NaN"), Decimal("sNaN"),
]  # fmt: skip
WRITERS = [
    numbers.percent, numbers.percent_number, numbers.points, numbers.points_number, numbers.count,
    numbers.decimal, numbers.score, numbers.minutes, numbers.hours, numbers.days, numbers.money,
    numbers.money_number, numbers.p_value, numbers.moment, numbers.instant,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@pytest.mark.parametrize("missing", MISSING, ids=str)
def test_what_is_missing_is_one_dash(write, missing):
    assert write(missing) == DASH


def test_every_writer_of_a_number_is_looked_at_here():
    others = {
        "MISSING", "interval", "is_missing", "places_of_points", "rate_text", "short",
        "with_interval", "with_unit",
    }  # fmt: skip
    assert {write.__name__ for write in WRITERS} == set(numbers.__all__) - others


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.6234, "62.3 %"), (0, "0 %"), (1, "100 %"), (0.9997, "> 99.9 %"), (0.99949, "99.9 %"),
        (0.0004, "< 0.1 %"), (0.0006, "0.1 %"), (-0.0004, "> -0.1 %"), (-0.25, "-25.0 %"),
        (1.2, "120.0 %"), (1.0001, "> 100 %"), (0.1 + 0.2 - 0.3, "0 %"), (12.5, "1,250.0 %"),
        (float("inf"), "∞ %"), (True, "100 %"), (np.float32(0.25), "25.0 %"),
    ],
)  # fmt: skip
def test_a_share_is_a_percentage(share, text):
    assert numbers.percent(share) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (-0.018, "-1.8 points"), (0.042, "+4.2 points"), (0, "+0.0 points"), (-0.0, "+0.0 points"),
        (-0.0002, "-0.02 points"), (0.00002, "+0.002 points"), (1e-9, "+0.0 points"),
        (float("-inf"), "-∞ points"),
    ],
)  # fmt: skip
def test_a_difference_of_shares_is_in_points_with_its_sign(difference, text):
    assert numbers.points(difference) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1_234_567, "1,234,567"), (12.0, "12"), (12.5, "12.5"), (0.01, "< 0.1"), (-3, "-3"),
        (155.48, "155.5"), (1_500.5, "1,500"), (float("inf"), "∞"), (-0.0, "0"),
    ],
)  # fmt: skip
def test_a_count_has_separators_and_a_decimal_only_where_it_is_not_whole(number, text):
    assert numbers.count(number) == text


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (2.5, "2 min 30 s"), (75, "1 h 15 min"), (60, "1 h"), (0.2, "12 s"), (0, "0 s"),
        (0.001, "< 1 s"), (59.9 / 60, "1 min"), (59.995, "1 h"), (2_879, "47 h 59 min"),
        (2_880, "2 days"), (5_000, "3 days 11 h"), (-2.5, "-2 min 30 s"), (float("inf"), "∞"),
    ],
)  # fmt: skip
def test_a_length_in_minutes_is_said_in_two_units(length, text):
    assert numbers.minutes(length) == text


def test_lengths_in_hours_and_days_are_said_alike():
    assert [numbers.hours(1.25), numbers.hours(50)] == ["1 h 15 min", "2 days 2 h"]
    assert [numbers.days(day) for day in (1, 2, 3.5, 30, 0.1, 1.5)] == [
        "1 day", "2 days", "3.5 days", "30 days", "2 h 24 min", "36 h",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (12.3, "dollars", "12.30 dollars"), (4.14, "cents", "4.1 cents"),
        (1_234.4, "credits", "1,234 credits"), (0.004, "dollars", "< 0.01 dollars"),
        (-0.004, "dollars", "> -0.01 dollars"), (0, "dollars", "0.00 dollars"),
        (-0.0, "dollars", "0.00 dollars"), (12.3, None, "12.30"), (12.3, pd.NA, "12.30"),
        (float("inf"), "cents", "∞ cents"), (5, "EUR", "5.00 EUR"),
    ],
)  # fmt: skip
def test_money_has_its_unit_and_the_decimals_of_it(amount, unit, text):
    assert numbers.money(amount, unit) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0, "< 0.001"), (0.0004, "< 0.001"), (0.0432, "0.043"), (0.17, "0.17"), (0.999, "> 0.99"),
        (1, "1.00"), (0.0496, "0.050"),
    ],
)  # fmt: skip
def test_a_p_value_is_never_nought(p, text):
    assert numbers.p_value(p) == text


@pytest.mark.parametrize(
    ("p", "text"), [(-1, "-1"), (-0.0004, "-0.0004"), (-math.inf, "-∞"), (-1e-16, "< 0.001")]
)
def test_a_p_value_that_cannot_be_does_not_look_like_one(p, text):
    assert numbers.p_value(p) == text


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (numbers.percent, "1.23e+22 %"), (numbers.points, "1.23e+22 points"),
        (numbers.count, "1.23e+20"), (numbers.decimal, "1.23e+20"), (numbers.score, "1.23e+20"),
        (numbers.minutes, "1.23e+20 min"), (numbers.days, "1.23e+20 days"),
        (numbers.money, "1.23e+20"), (numbers.p_value, "1.23e+20"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_what_is_too_large_to_read_is_said_by_its_size(write, text):
    assert write(1.234e20) == text
    assert write(-1.234e20) == f"-{text}"
    assert "e+" not in write(9e12)


@pytest.mark.parametrize(
    ("value", "text"), [(0.784, "0.78"), (0.999, "> 0.99"), (1, "1.00"), (0.001, "< 0.01")]
)
def test_a_score_of_nearly_1_is_not_1(value, text):
    assert numbers.score(value) == text


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ("2026-05-01", "2026-05-01"), ("2026-05-01T12:33:59Z", "2026-05-01 12:33 UTC"),
        (pd.Timestamp("2026-05-01", tz="Europe/Berlin"), "2026-05-01"),
        (pd.Timestamp("2026-05-01 10:11", tz="Europe/Berlin"), "2026-05-01 10:11 CEST"),
        (pd.Timestamp("2026-05-01 10:11"), "2026-05-01 10:11"),
    ],
    ids=str,
)  # fmt: skip
def test_a_day_is_a_date_and_an_instant_has_its_zone(when, text):
    assert numbers.moment(when) == text


def test_an_instant_at_midnight_keeps_its_time_where_asked():
    assert numbers.instant("2026-05-01T00:00Z") == "2026-05-01 00:00 UTC"


def test_an_interval_says_where_it_has_no_end():
    assert numbers.interval(0.581, 0.662) == "58.1 to 66.2"
    assert numbers.interval(8.1, math.inf, numbers.decimal) == "8.10 or more"
    assert numbers.interval(-math.inf, 8.1, numbers.decimal) == "up to 8.10"
    assert numbers.interval(-math.inf, math.inf, numbers.decimal) == DASH
    assert numbers.interval(None, 0.5) == numbers.interval(0.5, None) == DASH


def test_a_rate_stands_with_its_interval_or_alone_where_it_has_none():
    assert numbers.rate_text(0.623, 0.581, 0.662) == "62.3 % (58.1 to 66.2)"
    assert numbers.rate_text(0.623, None, None) == "62.3 %"
    assert numbers.rate_text(None, 0.5, 0.6) == DASH


def test_points_read_like_those_of_the_sentences():
    rows = cda.load_sample(1_000)
    periods = {"before": ("2026-03-01", "2026-05-01"), "after": ("2026-05-01", "2026-07-01")}
    why = cda.explain_change(rows, by="channel", users="lead_id", n_boot=100, **periods)
    total = why.iloc[-1]
    sentence = cda.change_sentence(why)
    assert f"{numbers.points(total['total'])} (95 % interval " in sentence
    assert numbers.interval(total["total_low"], total["total_high"], numbers.points_number) in (
        sentence
    )
    for period in ("before", "after"):
        rate, n = numbers.percent(total[f"rate_{period}"]), numbers.count(total[f"n_{period}"])
        assert f"{rate} (n = {n})" in sentence


def place(text):
    """Return where a number lies that is shown so; one beyond a bound lies just beyond it."""
    number = float(text.split()[-1].replace(",", "").replace("∞", "inf"))
    return number + {"<": -1e-9, ">": 1e-9}.get(text[0], 0.0)


@given(st.lists(SHARES, min_size=3, max_size=3).map(sorted))
def test_no_interval_excludes_its_own_rate(ordered):
    low, rate, high = map(numbers.percent_number, ordered)
    assert place(low) <= place(rate) <= place(high)


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted))
def test_no_interval_excludes_its_own_difference(ordered):
    low, difference, high = map(numbers.points_number, ordered)
    assert float(low) <= float(difference) <= float(high)


@given(SHARES)
def test_a_share_reads_0_or_100_only_where_it_is(share):
    text = numbers.percent(share)
    assert (text == "0 %") == (share < 1e-12)
    assert (text == "100 %") == (share > 1 - 1e-12)
    assert text not in ("0.0 %", "100.0 %")


@given(st.floats(0.0006, 0.9994))
def test_a_share_is_at_most_half_a_tenth_of_a_percent_away(share):
    assert abs(float(numbers.percent(share).removesuffix(" %")) - share * 100) <= 0.05 + 1e-9


@given(st.one_of(FINITE, st.floats(allow_nan=False)))
def test_nothing_reads_minus_nought(value):
    plain = [numbers.percent_number, numbers.decimal, numbers.count, numbers.minutes, numbers.money]
    for write in plain:
        text = write(value)
        assert not text.startswith("-") or any(digit in "123456789∞" for digit in text)
    points = numbers.points_number(value)
    assert points[0] == "+" or any(digit in "123456789∞" for digit in points)


@given(FINITE, st.sampled_from(["dollars", "cents", "credits", None]))
def test_money_reads_0_only_where_it_is(amount, unit):
    text = numbers.money_number(amount, unit)
    shown_as_nought = not text.startswith(("<", ">")) and float(text.replace(",", "")) == 0
    assert shown_as_nought == (abs(amount) < 1e-12)


@given(st.floats(0, 10_000), st.floats(0, 10_000))
def test_longer_lengths_never_read_shorter(one, other):
    assert (minutes_of(numbers.minutes(one)) <= minutes_of(numbers.minutes(other))) or one > other


def minutes_of(text):
    """Return the length that is shown; less than a second is half of one."""
    if text == "< 1 s":
        return 0.5 / 60
    units = {"days": 1_440, "h": 60, "min": 1, "s": 1 / 60}
    parts = text.split()
    return sum(int(n) * units[u] for n, u in zip(parts[::2], parts[1::2], strict=True))


def test_no_writer_changes_with_the_settings_of_pandas():
    with pd.option_context("display.precision", 1, "display.float_format", "{:.9f}".format):
        assert numbers.rate_text(0.623, 0.581, 0.662) == "62.3 % (58.1 to 66.2)"


def test_each_number_says_in_its_help_what_it_looks_like():
    assert [name for name in numbers.__all__ if not inspect.getdoc(getattr(numbers, name))] == []
