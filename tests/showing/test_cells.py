"""Cells are written by what their column holds, or by the type of the value."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.showing.cells import cells, cells_with_limits
from chatdash_analysis.showing.kinds import Kind

DASH = "\N{EN DASH}"
NAN = float("nan")
KINDS = get_args(Kind)


def series(*values, dtype=object):
    return pd.Series(list(values), dtype=dtype)


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        ("rate", [0.5, NAN], ["50.0 %", DASH]),
        ("points", [-0.018, None], ["-1.8 points", DASH]),
        ("change", [0.1, -0.1, 0, 0.001], ["+0.10", "-0.10", "0", "< 0.01"]),
        ("count", [1_000, pd.NA], ["1,000", DASH]),
        ("minutes", [2.5], ["2 min 30 s"]),
        ("days", [3.5], ["3.5 days"]),
        ("p", [0.0001], ["< 0.001"]),
        ("weekday", [0, 6, 7, NAN], ["Monday", "Sunday", "7", DASH]),
        ("hour", [0, 23, 24], ["00:00", "23:00", "24"]),
        ("bytes", [0, 999, 54_600, 1_500_000, 2e13, 1e18, NAN],
         ["0 B", "999 B", "54.6 kB", "1.5 MB", "20.0 TB", "1,000,000 TB", DASH]),
        ("yes_no", [True, False, pd.NA, np.True_, "maybe"], ["yes", "no", DASH, "yes", "maybe"]),
        ("flags", ["", "small_n", "few_users, few_users, mine", None],
         ["", "too few for a rate", "few people, mine", DASH]),
        ("code", ["no_fault", "cramers_v", None], ["no fault", "Cramér's V", DASH]),
        ("text", ["a_b", "a\nb", None, ""], ["a_b", "a b", DASH, ""]),
        ("value", [1.0, 2.345, NAN], ["1", "2.35", DASH]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_kind_is_written_its_way(kind, values, texts):
    assert cells(series(*values), kind) == texts


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2_024, "2024"), (np.int64(1_234_567_890_123_456_789), "1234567890123456789"),
        (10**30, str(10**30)), (2.0, "2"), (0.123, "0.12"), (float("inf"), "∞"),
        (Decimal("1.50"), "1.50"), (Fraction(1, 4), "0.25"), (1 + 2j, "(1+2j)"), (True, "yes"),
        (dt.date(2026, 5, 1), "2026-05-01"), (dt.timedelta(minutes=2.5), "2 min 30 s"),
        (np.timedelta64(90, "s"), "1 min 30 s"), (np.timedelta64("NaT"), DASH),
        (pd.Period("2026-05", freq="M"), "2026-05"), ([1, None], "[1, None]"),
        ({"a": 1}, "{'a': 1}"), (np.array([1, 2]), "[1 2]"), (Decimal("NaN"), DASH),
        ("\u202egnp.exe", "gnp.exe"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_of_no_known_column_is_written_by_its_type(value, text):
    column = pd.Series([None], dtype=object)
    column.array[0] = value
    assert cells(column, "own") == [text]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pd.array([1, None], dtype="Int64"), ["1", DASH]),
        (pd.array([True, None], dtype="boolean"), ["yes", DASH]),
        (pd.array([1.5, None], dtype="Float64"), ["1.50", DASH]),
        (pd.array(["a", None], dtype="str"), ["a", DASH]),
        (pd.array([b"a", None], dtype=object), ["b'a'", DASH]),
        (pd.Categorical(["b", None, "a"]), ["b", DASH, "a"]),
        (pd.Categorical([2, 1]), ["2", "1"]),
        (pd.array([1, 0], dtype=pd.SparseDtype("int64")), ["1", "0"]),
        (pd.to_datetime(["2026-05-01", None]), ["2026-05-01", DASH]),
        (pd.to_datetime(["2026-05-01T00:00Z", "2026-05-01T07:30Z"]),
         ["2026-05-01 00:00 UTC", "2026-05-01 07:30 UTC"]),
        (pd.to_datetime(["2026-05-01"]).tz_localize("Europe/Berlin"), ["2026-05-01"]),
        (pd.to_timedelta(["90s", None]), ["1 min 30 s", DASH]),
        (pd.interval_range(0, 2), ["(0, 1]", "(1, 2]"]),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)  # fmt: skip
def test_every_dtype_can_be_read(values, texts):
    assert cells(pd.Series(values), "own") == texts


@pytest.mark.parametrize(
    "kind", ["rate", "points", "count", "minutes", "money", "p", "weekday", "hour", "bytes", "days"]
)
def test_text_in_a_column_of_numbers_stands_as_it_is(kind):
    assert cells(series("high", None, True), kind) == ["high", DASH, "yes"]
    assert cells(pd.Series([], dtype="float64"), kind) == []


def test_money_takes_the_unit_of_its_row():
    units = series("dollars", "credits", None, "<b>\u202e$</b>")
    assert cells(series(1, 1_500, 2, 3), "money", units) == [
        "1.00 dollars", "1,500 credits", "2.00", "3.00 <b>$</b>",
    ]  # fmt: skip
    assert cells(series(1.5, NAN), "money") == ["1.50", DASH]


def test_intervals_stand_behind_their_number_without_its_unit():
    limits = (series(0.4, NAN, NAN), series(0.6, NAN, NAN))
    assert cells_with_limits(series(0.5, 0.5, NAN), limits, "rate") == [
        "50.0 % (40.0 to 60.0)", "50.0 %", DASH,
    ]  # fmt: skip
    assert cells_with_limits(series(-0.01), (series(-0.02), series(0.01)), "points") == [
        "-1.0 points (-2.0 to +1.0)"
    ]
    assert cells_with_limits(series(2), (series(1), series(3.5)), "minutes") == [
        "2 min (1 min to 3 min 30 s)"
    ]


def test_an_interval_of_money_has_the_decimals_of_its_unit():
    limits = (series(8.1, 1_000, NAN), series(float("inf"), 2_000, NAN))
    units = series("dollars", "credits", "cents")
    assert cells_with_limits(series(12.3, 1_500, NAN), limits, "money", units) == [
        "12.30 dollars (8.10 or more)", "1,500 credits (1,000 to 2,000)", DASH,
    ]  # fmt: skip


def test_a_range_without_a_middle_stands_alone_with_its_unit():
    limits = (series(0.2, NAN), series(0.9, NAN))
    assert cells_with_limits(None, limits, "rate") == ["20.0 to 90.0 %", DASH]


def test_limits_that_are_no_numbers_are_left_out():
    assert cells_with_limits(series(0.5), (series("low"), series("high")), "rate") == ["50.0 %"]


def test_a_difference_has_the_decimals_of_its_limits():
    wide, near = (series(-0.032), series(0.031)), (series(0.00002), series(0.1))
    assert cells_with_limits(series(0.00001), wide, "points") == ["+0.0 points (-3.2 to +3.1)"]
    assert cells_with_limits(series(0.05), near, "points") == ["+5.000 points (+0.002 to +10.000)"]


def test_sizes_without_end_are_written():
    assert cells(series(np.inf, -np.inf), "bytes") == ["\N{INFINITY} B", "-\N{INFINITY} B"]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_that_no_float_holds_are_said_by_their_size(kind):
    huge = series(10**400, -(10**5_000), Fraction(10**400, 2), Decimal("1e9999999"))
    texts = ["1e+400", "-1e+5000", "5e+399", "1e+9999999"]
    assert cells(huge, kind) == texts
    shown = cells_with_limits(huge, (huge, huge), kind)
    assert [text[: len(start)] for text, start in zip(shown, texts, strict=True)] == texts


@pytest.mark.parametrize("kind", KINDS)
def test_absurd_numbers_take_no_line_of_digits(kind):
    assert all("e+" in text and len(text) < 16 for text in cells(series(1e300, -1e300), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_decimal_that_signals_that_it_is_no_number_is_missing(kind):
    values = series(Decimal("sNaN"), Decimal("NaN"))
    assert cells(values, kind) == [DASH, DASH]
    assert cells_with_limits(values, (values, values), kind) == [DASH, DASH]
