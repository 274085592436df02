"""Values in words: who must have used them, and what is masked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.fields.distinct import distinct_values
from chatdash_analysis.fields.wording import check_counts, in_words, shape, top_values


def _words(values, people, *, top=5, min_users=2, dtype="str") -> str:
    distinct = distinct_values(pd.Series(values, dtype=dtype))
    people = None if people is None else np.array(people)
    found = top_values(distinct, distinct.codes, people, top=top, min_users=min_users)
    return in_words([found])[0]


def test_the_most_common_come_first_and_equals_in_their_order():
    assert _words(["b", "a", "b", "a", "c"], range(5), min_users=1) == "a 40 %, b 40 %, c 20 %"
    assert _words(["b", "a", "b", "a", "c"], range(5), min_users=1, top=1) == "a 40 %"


def test_a_value_of_too_few_people_is_hidden():
    assert _words(["a", "a", "b", "b"], [1, 2, 3, 3]) == "a 50 %, 1 hidden"
    # Conversations of nobody known prove nobody.
    assert _words(["a", "a", "b", "b"], [1, -1, 3, 4]) == "b 50 %, 1 hidden"
    assert _words(["a", "a"], None) == "1 hidden"
    assert _words(["a", "a"], None, min_users=0) == "a 100 %"


def test_flags_say_nothing_of_anybody():
    assert _words([True, False, True], None, dtype="boolean") == "true 67 %, false 33 %"


def test_personal_data_are_masked_and_long_texts_cut():
    assert _words(["call +49 171 5550123"] * 2, [1, 2]) == "call [phone] 100 %"
    assert _words([4915551234567.0] * 2, [1, 2], dtype="float64") == "[number] 100 %"
    assert _words([1234.5] * 2, [1, 2], dtype="float64") == "1234.5 100 %"
    assert _words(["word " * 30] * 2, [1, 2]).startswith("word word word")
    assert len(_words(["word " * 30] * 2, [1, 2])) < 50


@pytest.mark.parametrize(
    ("text", "form"),
    [("30 min", "9 a"), ("1,234.5", "9,9.9"), ("Ann Lee", "a a"), ("x@y.de", "a@a.a"), ("", '""')],
)
def test_a_form_tells_nothing_of_what_is_said(text, form):
    assert shape(text) == form


@pytest.mark.parametrize("wrong", [True, -1, 2.5, None])
def test_counts_are_whole_numbers(wrong):
    with pytest.raises(InputError, match="top="):
        check_counts(min_users=5, top=wrong)
    with pytest.raises(InputError, match="min_users="):
        check_counts(min_users=wrong, top=5)
