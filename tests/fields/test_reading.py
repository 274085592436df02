"""Texts as numbers and flags: what is read, and what is not guessed."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdash_analysis.fields.reading import read_texts, says_nothing
from chatdash_analysis.flattening.texts import NOTHING, resolve


def _read(text: str, wanted, decimal=None) -> float | None:
    number = read_texts(pa.array([text]), wanted, decimal).numbers[0]
    return None if math.isnan(number) else float(number)


@pytest.mark.parametrize(
    ("text", "plain", "point", "comma"),
    [
        ("12", 12, 12, 12),
        (" -0.5 ", -0.5, -0.5, None),
        ("\u22123", -3, -3, -3),
        (".5", 0.5, 0.5, None),
        ("1e3", 1000, 1000, None),
        ("1,234", None, 1234, 1.234),
        ("1,234.5", 1234.5, 1234.5, None),
        ("1,234,567", 1234567, 1234567, None),
        ("0,5", None, None, 0.5),
        ("12,50", None, None, 12.5),
        ("1.234", 1.234, 1.234, 1234),
        ("1.234,5", None, None, 1234.5),
        ("12,34,567", None, None, None),
        ("007", None, None, None),
        ("+49171", None, None, None),
        ("1234567890123456", None, None, None),
        ("1e999", None, None, None),
        ("3/5", None, None, None),
        ("30 min", None, None, None),
        ("\u0663", None, None, None),
        ("nan", None, None, None),
        ("inf", None, None, None),
        ("1_000", None, None, None),
        ("", None, None, None),
    ],
)
def test_numbers_are_read_but_never_guessed(text, plain, point, comma):
    assert [_read(text, "number", d) for d in (None, ".", ",")] == [plain, point, comma]


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("30 min", 30, "min"), ("2 minutes", 2, "minute"), ("1 Minute.", 1, "minute"),
        ("$129", 129, "$"), ("129 EUR", 129, "eur"), ("EUR 129", 129, "eur"), ("80%", 80, "%"),
        ("15", 15, ""), ("-3 °C", -3, "°c"), ("1,234.50 USD", 1234.5, "usd"),
        ("1 h 30 min", None, ""), ("5-10 min", None, ""), ("3/5", None, ""), ("min", None, ""),
    ],
)  # fmt: skip
def test_amounts_keep_their_unit(text, number, unit):
    read = read_texts(pa.array([text]), "amount")
    assert _read(text, "amount") == number
    assert read.units.tolist() == [unit]


@pytest.mark.parametrize(
    ("text", "share"),
    [("3/5", 0.6), ("3 of 5", 0.6), ("4 out of 5", 0.8), ("60 %", 0.6), ("3/0", None), ("3", None)],
)
def test_ratios_are_shares(text, share):
    assert _read(text, "ratio") == (None if share is None else pytest.approx(share))


def test_flags_are_the_words_of_the_loader_and_digits():
    words = {"TRUE": 1, " yes ": 1, "Y": 1, "1": 1, "false": 0, "No": 0, "n": 0, "0": 0}
    assert {text: _read(text, "boolean") for text in words} == words
    assert _read("maybe", "boolean") is None
    assert [_read(text, {"sí": True, "no": False}) for text in ("SÍ", "no", "yes")] == [1, 0, None]


def test_what_says_nothing_is_what_the_loader_takes_for_nothing():
    texts = [*NOTHING, " N/A ", "Not Provided", "nothing", "0"]
    assert says_nothing(pa.array(texts)).tolist() == [True] * (len(NOTHING) + 2) + [False] * 2


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,-e +%/", max_size=8))
def test_what_the_loader_reads_as_a_number_is_read_the_same(text):
    resolved = resolve(pa.chunked_array([[text]]))
    if resolved.converted == "number":
        assert _read(text, "number") == resolved.column.to_pylist()[0]


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_writes_it_comes_back(number):
    text = repr(number)
    # Whole numbers of more than 15 digits are no quantities.
    if "e" in text or len(text.lstrip("-").partition(".")[0]) <= 15:
        assert _read(text, "number") == number
