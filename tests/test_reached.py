"""Who was there to speak with."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.reached import connected
from tests.fields.rows import conversations


def test_nobody_was_there_without_interaction_answer_or_after_a_voicemail():
    rows = conversations(
        interacted=[True, False, True, True, None, True],
        no_answer=[None, None, True, False, None, None],
        ended_reason=["user_hangup", None, None, "voicemail_reached", None, "dial_busy"],
        platform=["retell"] * 6,
    )
    assert connected(rows).tolist() == [True, False, False, False, True, False]


def test_missing_columns_say_nothing_against_it():
    rows = conversations(custom_a=[1.0, 2.0])
    assert connected(rows).tolist() == [True, True]
    assert connected(rows.assign(ended_reason=["voicemail", None])).tolist() == [False, True]
    assert connected(rows.iloc[:0]).tolist() == []


def test_flags_of_a_csv_count_and_texts_are_refused():
    rows = conversations(interacted=[1.0, 0.0, None])
    assert connected(rows).tolist() == [True, False, True]
    with pytest.raises(InputError, match="interacted is no flag"):
        connected(rows.assign(interacted=pd.Series(["yes", "no", "no"], dtype="str")))
