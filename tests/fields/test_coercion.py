"""Texts given their real type: what is lost is refused or told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.fields.coercion import coerce_fields, coercion_losses
from tests.fields.rows import conversations


def test_texts_become_numbers_and_flags_and_nothing_becomes_missing():
    rows = conversations(
        custom_n=["1", "2.5", "N/A", None], custom_b=["yes", "no", "unknown", "TRUE"]
    )
    typed = coerce_fields(rows, {"custom_n": "number", "custom_b": "boolean"})
    assert typed.dtypes[["custom_n", "custom_b"]].astype(str).tolist() == ["float64", "boolean"]
    assert typed["custom_n"].tolist()[:2] == [1, 2.5]
    assert typed["custom_n"].isna().tolist() == [False, False, True, True]
    assert typed["custom_b"].fillna(False).tolist() == [True, False, False, True]
    assert typed["custom_b"].isna().tolist() == [False, False, True, False]


def test_the_table_given_stays_as_it_was_and_its_index_and_attrs_go_on():
    rows = conversations(custom_n=["1", "2"]).set_axis([7, 7])
    rows.attrs["note"] = {"a": 1}
    before = rows.copy(deep=True)
    typed = coerce_fields(rows, {"custom_n": "number"})
    pd.testing.assert_frame_equal(rows, before)
    assert typed.index.tolist() == [7, 7]
    assert list(typed.columns) == list(rows.columns)
    assert typed.attrs["note"] == {"a": 1}
    assert typed.attrs["note"] is not rows.attrs["note"]


def test_a_loss_is_refused_with_its_size_and_without_the_values():
    rows = conversations(custom_n=["1", "x7secret", "3", "N/A"])
    with pytest.raises(InputError, match=r"1 of 3 values of custom_n \(33.3%\)") as error:
        coerce_fields(rows, {"custom_n": "number"})
    assert "secret" not in str(error.value)
    with pytest.raises(InputError, match=r"more than max_loss=0.3 allows"):
        coerce_fields(rows, {"custom_n": "number"}, max_loss=0.3)
    typed = coerce_fields(rows, {"custom_n": "number"}, max_loss=0.34)
    assert typed["custom_n"].isna().tolist() == [False, True, False, True]


def test_what_was_lost_is_said_in_the_attrs_of_the_result():
    rows = conversations(custom_n=["1", "x7secret", "3", "N/A"], custom_b=["yes", "no", None, ""])
    first = coerce_fields(rows, {"custom_n": "number"}, max_loss=0.5)
    lost = {"to": "number", "values": 4, "nothing": 1, "converted": 2, "lost": 1, "unit": ""}
    assert first.attrs["coerced"] == {"custom_n": lost}
    again = coerce_fields(first, {"custom_b": "boolean"}).attrs["coerced"]
    assert again["custom_n"] == lost
    assert (again["custom_b"]["converted"], again["custom_b"]["lost"]) == (2, 0)
    assert "coerced" not in rows.attrs


def test_an_ambiguous_comma_is_a_loss_until_its_meaning_is_said():
    rows = conversations(custom_n=["1,234", "0,5", "7"])
    with pytest.raises(InputError, match="2 of 3 values"):
        coerce_fields(rows, {"custom_n": "number"})
    assert coerce_fields(rows, {"custom_n": "number"}, decimal=",")["custom_n"].tolist() == [
        1.234, 0.5, 7,
    ]  # fmt: skip
    with pytest.raises(InputError, match="1 of 3 values"):
        coerce_fields(rows, {"custom_n": "number"}, decimal=".")


def test_units_and_ratios_are_read_on_wish_only():
    rows = conversations(custom_m=["5 min", "10", "1 h"], custom_r=["3/5", "1 of 4", "20%"])
    with pytest.raises(InputError, match="custom_r"):
        coerce_fields(rows[["custom_r"]], {"custom_r": "number"})
    table = coercion_losses(rows, {"custom_m": "amount", "custom_r": "ratio"}, min_users=0)
    assert table[["unit", "lost", "lost_values"]].to_numpy().tolist() == [
        ["h", 1, "5 min 100 %"], ["", 0, ""],
    ]  # fmt: skip
    typed = coerce_fields(rows, {"custom_r": "ratio"})
    assert typed["custom_r"].tolist() == pytest.approx([0.6, 0.25, 0.2])


def test_a_mapping_says_exactly_what_is_meant():
    rows = conversations(custom_s=["Booked ", "lost", None, "unknown"])
    meaning = {"booked": True, "lost": False, "unknown": False}
    typed = coerce_fields(rows, {"custom_s": meaning})
    assert typed["custom_s"].astype(object).where(typed["custom_s"].notna(), None).tolist() == [
        True, False, None, False,
    ]  # fmt: skip
    with pytest.raises(InputError, match="Add the texts that the mapping lacks"):
        coerce_fields(rows, {"custom_s": {"booked": True}})


def test_columns_that_are_no_text_are_read_too():
    rows = conversations(
        custom_f=[1.0, 0.0, None],
        custom_b=[True, None, False],
        custom_o=pd.Series([1, "2", True], dtype=object),
    )
    typed = coerce_fields(rows, {"custom_f": "boolean", "custom_b": "boolean"})
    assert typed["custom_f"].astype(object).tolist()[:2] == [True, False]
    pd.testing.assert_series_equal(typed["custom_b"], rows["custom_b"])
    assert coercion_losses(rows, {"custom_o": "number"})["lost"].tolist() == [1]
    assert coerce_fields(rows, {"custom_f": {"1": False, "0": True}})["custom_f"].astype(
        object
    ).tolist()[:2] == [False, True]


def test_losses_count_every_value_once():
    rows = conversations(custom_n=["1", "2 min", "2 min", "N/A", None, "x@example.com"])
    table = coercion_losses(rows, {"custom_n": "number"})
    counts = ["rows", "values", "nothing", "converted", "lost", "distinct_lost"]
    assert table.loc[0, counts].tolist() == [6, 5, 1, 1, 3, 2]
    assert table.loc[0, "lost_share"] == pytest.approx(3 / 4)
    assert table.loc[0, "lost_forms"] == "9 a 67 %, a@a.a 33 %"
    assert table.loc[0, "lost_values"] == "hidden: looks like email"


def test_nothing_to_convert_is_a_typed_answer():
    rows = conversations(custom_n=pd.Series([], dtype="str"))
    assert str(coerce_fields(rows, {"custom_n": "boolean"})["custom_n"].dtype) == "boolean"
    table = coercion_losses(rows, {"custom_n": "number"})
    assert table[["values", "lost"]].to_numpy().tolist() == [[0, 0]]
    assert table["lost_share"].isna().all()
    full = coercion_losses(conversations(custom_n=["1"]), {"custom_n": "number"})
    assert full.dtypes.equals(table.dtypes)


@pytest.mark.parametrize(
    ("columns", "match"),
    [
        ({}, "without entries"),
        ("custom_n", "got str"),
        ({"custom_n": "float"}, "cannot become 'float'"),
        ({"custom_n": {}}, "cannot become"),
        ({"custom_n": {"a": 1}}, "to True or False only"),
        ({"custom_n": {"A": True, "a ": False}}, "to True and to False"),
        ({"agent_id": "number"}, "its type is promised"),
        ({3: "number"}, "is no name of a column"),
    ],
)
def test_what_cannot_be_asked_is_said(columns, match):
    for function in (coerce_fields, coercion_losses):
        with pytest.raises(InputError, match=match):
            function(conversations(custom_n=["1"]), columns)


def test_other_arguments_are_checked():
    rows = conversations(custom_n=["1"])
    with pytest.raises(MissingColumnsError, match="profile_fields lists the fields"):
        coerce_fields(rows, {"custom_x": "number"})
    with pytest.raises(InputError, match="max_loss"):
        coerce_fields(rows, {"custom_n": "number"}, max_loss=2)
    with pytest.raises(InputError, match="decimal"):
        coerce_fields(rows, {"custom_n": "number"}, decimal=";")
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        coerce_fields([1], {"custom_n": "number"})


def test_the_retyped_field_of_the_sample_is_read_whole():
    rows = cda.load_sample(1000)
    column = rows["custom_callback_minutes"]
    typed = coerce_fields(rows, {"custom_callback_minutes": "amount"})["custom_callback_minutes"]
    expected = column.str.extract(r"(\d+)")[0].astype("float64")
    assert column.str.contains("min").any()
    assert not column.dropna().str.contains("min").all()
    np.testing.assert_array_equal(typed, expected)
    with pytest.raises(InputError, match="'amount' reads units"):
        coerce_fields(rows, {"custom_callback_minutes": "number"})


hostile = st.none() | st.text(max_size=6) | st.sampled_from(["1", "yes", "N/A", "3/5", "2 min"])


@settings(max_examples=60, deadline=None)
@given(st.lists(hostile, max_size=8), st.sampled_from(["number", "amount", "ratio", "boolean"]))
def test_losses_tell_what_coercing_does(values, wish):
    rows = conversations(custom_n=pd.Series(values, dtype=object))
    line = coercion_losses(rows, {"custom_n": wish}).iloc[0]
    typed = coerce_fields(rows, {"custom_n": wish}, max_loss=1)["custom_n"]
    assert typed.notna().sum() == line["converted"]
    assert line["converted"] + line["lost"] + line["nothing"] == line["values"]
    assert line["values"] == sum(value is not None for value in values)
