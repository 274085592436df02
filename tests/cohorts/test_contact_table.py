from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import chatdash_analysis as cda
from chatdash_analysis.cohorts.returning import contact_table
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.segments import rates_by
from tests.cohorts.made import at_times, outcomes

CONTACT_DTYPES = {
    "contact": "int64",
    "contact_label": "str",
    **dict.fromkeys(("n", "successes", "unknown", "excluded", "users"), "int64"),
    **dict.fromkeys(("rate", "low", "high"), "float64"),
    "flags": "str",
}


def test_a_small_table_of_contacts() -> None:
    frame = at_times(
        ["a", "b", "a", "a", "a", None, "b"],
        [0, 0, 5, 3, 9, 1, 1],
        evaluation_is_success=outcomes(True, False, True, None, False, True, True),
    )
    table = contact_table(frame, max_contacts=3, min_n=1)
    counts = table[["contact", "contact_label", "n", "successes", "unknown", "users"]]
    assert counts.to_numpy().tolist() == [
        [1, "1", 2, 1, 0, 2],
        [2, "2", 1, 1, 1, 1],
        [3, "3+", 2, 1, 0, 1],
    ]
    assert table.attrs["cohorts"] == {
        "as_of": "2026-01-10T00:00:00+00:00",
        "start": "2026-01-01T00:00:00+00:00",
        "burn_in_days": None,
        "without_time": 0,
        "without_user": 1,
        "after_as_of": 0,
    }
    assert table.dtypes.astype(str).to_dict() == CONTACT_DTYPES


def test_contacts_at_the_same_instant_have_the_same_number() -> None:
    frame = at_times(
        [*"aaaa"], [0, 2, 2, 3], evaluation_is_success=outcomes(True, True, False, True)
    )
    for order in ([0, 1, 2, 3], [2, 3, 1, 0]):
        table = contact_table(frame.iloc[order], min_n=1)
        assert table["contact"].tolist() == [1, 2, 4]
        assert table["n"].tolist() == [1, 2, 1]


def test_contacts_are_counted_over_all_groups() -> None:
    frame = at_times(
        ["a", "a"], [0, 1], channel=["web", "sms"], evaluation_is_success=outcomes(True, True)
    )
    table = contact_table(frame, "channel")
    assert table[["channel", "contact"]].to_numpy().tolist() == [["sms", 2], ["web", 1]]


def test_the_rates_of_contacts_are_those_of_rates_by() -> None:
    sample = cda.load_sample(1_200)
    table = contact_table(sample, max_contacts=4)
    people = cda_users(sample)
    number = people.sort_values("created_at").groupby("user_id").cumcount() + 1
    known = people.assign(contact=number.clip(upper=4))[people["user_id"].notna()]
    expected = rates_by(known.astype({"contact": "int64"}), "contact")
    pd.testing.assert_frame_equal(
        table.drop(columns="contact_label"), expected[table.columns.drop("contact_label")]
    )


def cda_users(frame: pd.DataFrame) -> pd.DataFrame:
    from chatdash_analysis.identity.users import identify_users

    return identify_users(frame)


def test_the_level_of_contacts_is_that_of_rates_by() -> None:
    sample = cda_users(cda.load_sample(400))
    narrow, wide = (contact_table(sample, level=level) for level in (0.5, 0.99))
    shown = narrow["rate"].notna()
    assert shown.sum() > 2
    assert (narrow["low"] > wide["low"])[shown].all()
    known = sample[sample["user_id"].notna()].assign(contact=1)
    expected = rates_by(known, "contact", level=0.5)
    whole = contact_table(known, max_contacts=1, level=0.5)
    assert whole[["low", "high"]].equals(expected[["low", "high"]])
    with pytest.raises(InputError, match="level"):
        contact_table(sample, level=95)


def test_numbers_of_numpy_are_numbers_of_contacts() -> None:
    frame = at_times([*"aaa"], [0, 1, 2], evaluation_is_success=outcomes(True, True, True))
    assert contact_table(frame, max_contacts=np.int64(2))["contact_label"].tolist() == ["1", "2+"]  # type: ignore[arg-type]


def test_contact_tables_keep_their_dtypes_when_empty() -> None:
    frame = at_times(["a"], [0], evaluation_is_success=outcomes(None))
    for some in (frame, frame.head(0)):
        assert contact_table(some).dtypes.astype(str).to_dict() == CONTACT_DTYPES
    assert contact_table(frame)["flags"].tolist() == ["no_known"]
    assert contact_table(frame.head(0)).empty


def test_contact_tables_refuse_what_they_cannot_use() -> None:
    frame = at_times(["a"], [0], evaluation_is_success=outcomes(True))
    for number in (0, True, 2.5):
        with pytest.raises(InputError, match="no number of contacts"):
            contact_table(frame, max_contacts=number)  # type: ignore[arg-type]
    with pytest.raises(MissingColumnsError, match="custom_x"):
        contact_table(frame, outcome="custom_x")
    with pytest.raises(InputError, match=r"contact_table needs a pandas\.DataFrame"):
        contact_table(pl.from_pandas(frame))  # type: ignore[arg-type]
