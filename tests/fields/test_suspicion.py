"""What looks like personal data, and what does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.fields.distinct import distinct_values
from chatdash_analysis.fields.suspicion import key_words, suspicion

FIRST = ("Ava", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gil", "Hana", "Ida", "Jon", "Kim", "Lea")


def _suspicion(key, values, names=frozenset(), dtype="str") -> str:
    distinct = distinct_values(pd.Series(values, dtype=dtype))
    counts = np.bincount(distinct.codes[distinct.codes >= 0], minlength=len(distinct))
    return suspicion(key, distinct, counts, names)


@pytest.mark.parametrize(
    ("key", "values", "kind"),
    [
        ("field", [f"person{n}@example.com" for n in range(9)], "email"),
        ("contact", [f"+49 171 55501{n}" for n in range(10, 20)], "phone"),
        ("order", [f"A-1042{n}" for n in range(10, 20)], "number"),
        ("iban", ["DE89370400440532013000"], "number"),
        ("IPAddress", ["10.1.2.3", "192.168.1.1"], "number"),
        ("caller_name", ["Ava", "Ben"], "name"),
        ("Full Name", ["ava", "ben"], "name"),
        ("guest", [f"{name} Miller" for name in FIRST], "name"),
        ("person", [f"{name} {letter}." for name in FIRST for letter in "QRS"], "name"),
        ("street", ["12 Main St", "4 Elm Rd"], "address"),
        ("zip", ["10115", "80331"], "address"),
        ("date_of_birth", ["1990-02-03", "02.03.1991"], "date_of_birth"),
        ("notes", [f"asked about thing {n} and left" for n in range(20)], "free_text"),
        ("notes", ["ok", "fine", "later"] * 9 + ["mail me at ben@example.com"], "free_text"),
    ],
)
def test_personal_data_are_suspected(key, values, kind):
    assert _suspicion(key, values) == kind


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("intent", ["book", "cancel"] * 9),
        ("plan_name", ["basic", "gold"] * 9),
        ("email_sent", ["yes", "no"] * 9),
        ("phone_type", ["landline", "mobile"] * 9),
        ("address_confirmed", ["yes", "no"] * 9),
        ("score", [f"{n}/5" for n in range(1, 6)] * 9),
        ("minutes", [f"{n} min" for n in (5, 10, 15)] * 9),
        ("appointment_date", [f"2026-01-{day}" for day in range(10, 30)]),
        ("empty", []),
    ],
)
def test_labels_and_measures_are_not(key, values):
    assert _suspicion(key, values) == ""


def test_numbers_are_suspected_by_their_length():
    phones, ids = [4.9171e11 + n for n in range(20)], [123456.0 + n for n in range(20)]
    assert _suspicion("callback", phones, dtype="float64") == "number"
    assert _suspicion("phone", phones, dtype="float64") == "phone"
    assert _suspicion("ticket", ids, dtype="float64") == "number"
    assert _suspicion("zip", [10115.0, 80331.0], dtype="float64") == "address"
    assert _suspicion("price", [40.5 + n for n in range(20)], dtype="float64") == ""
    assert _suspicion("score", [1.0, 2.0, 3.0] * 9, dtype="float64") == ""
    assert _suspicion("name", [True, False], dtype="boolean") == ""


def test_names_of_people_in_the_conversations_are_found_again():
    values = ["ava", "ben", "cleo"] * 9
    assert _suspicion("who", values) == ""
    assert _suspicion("who", values, frozenset({"ava", "ben", "cleo"})) == "name"


def test_keys_are_split_into_words():
    assert key_words("callerName2") == ("caller", "name")
    assert key_words("issue.sub_Category") == ("issue", "sub", "category")
