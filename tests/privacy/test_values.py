"""Tests of chatdash_analysis.privacy.values: what becomes of columns of any dtype."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.pseudonymizing import pseudonymize

SECRET = "correct horse battery staple"
PHONE = 491712345678


def hidden(**values):
    return pseudonymize(pd.DataFrame(values), secret=SECRET)


@pytest.mark.parametrize(
    "values",
    [
        np.array([PHONE, 5]),
        np.array([PHONE, 5.0]),
        pd.array([PHONE, 5], "Int64"),
        pd.array([PHONE, 5], "int64[pyarrow]"),
        pd.array([PHONE, 5], "double[pyarrow]"),
        pd.Series([PHONE, 5], dtype="object"),
        pd.Series([np.int64(PHONE), np.float64(5)], dtype="object"),
        pd.Series([Decimal(PHONE), 5], dtype="object"),
    ],
)
def test_long_numbers_go_from_columns_of_ones_own_whatever_their_dtype(values) -> None:
    table = hidden(customer_no=values, custom_n=values)
    for name in table:
        assert table[name].isna().tolist() == [True, False]
        assert float(table[name].tolist()[1]) == 5


PEOPLE = pd.DataFrame({
    "summary": ["Call Zoe Quill on +49 171 2345678", "zoe.quill@x.de wrote", None],
    "note": ["ask Zoe Quill", None, "ask Zoe Quill"],
    "custom_caller_name": ["Zoe Quill", None, "Zoe Quill"],
    "custom_plan": ["Gold", "Silver", None],
    "custom_email": ["zoe.quill@x.de", "unknown", None],
    "phone": ["+49 171 2345678", None, "+49 171 2345678"],
    "topic": ["Opening hours", "zoe.quill@x.de", None],
    "custom_analysis": ['{"email": "zoe.quill@x.de"}', None, "{}"],
}, dtype="str")  # fmt: skip


@pytest.mark.parametrize(
    "dtype",
    [
        "object", "category", "string",
        pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.large_string()),
        pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())),
    ],
    ids=str,
)  # fmt: skip
def test_texts_of_any_dtype_become_what_those_of_the_package_do(dtype) -> None:
    expected = pseudonymize(PEOPLE, secret=SECRET)
    found = pseudonymize(PEOPLE.astype(dtype), secret=SECRET)
    for name in PEOPLE:
        assert found[name].astype("str").equals(expected[name]), name
    assert found.attrs == expected.attrs
    categories = [found[name].cat.categories for name in found if found[name].dtype == "category"]
    assert "Quill" not in str(found.to_dict()) + str(categories)


def test_what_a_file_holds_is_hidden_whichever_way_it_is_read(tmp_path) -> None:
    PEOPLE.to_parquet(tmp_path / "people.parquet")
    table = pd.read_parquet(tmp_path / "people.parquet", dtype_backend="pyarrow")
    pseudonymize(table, secret=SECRET).to_parquet(tmp_path / "hidden.parquet")
    assert b"Quill" not in (tmp_path / "hidden.parquet").read_bytes()


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical([40, 30, None]),
        pd.Categorical([True, False, None]),
        pd.Categorical(["b", "a", None], categories=["b", "a"], ordered=True),
        pd.PeriodIndex(["2026-05", "2026-06", None], freq="M"),
        pd.IntervalIndex.from_tuples([(0, 1), (1, 2), None]),
        pd.arrays.SparseArray([0, 0, 5]),
        pd.array([40, 30, None], pd.ArrowDtype(pa.decimal128(10, 2))),
        pd.array(["2026-05-01", "2026-06-01", None], "datetime64[ns]"),
    ],
    ids=lambda values: str(values.dtype)[:20],
)
def test_what_names_nobody_stays_in_any_dtype(values) -> None:
    table = pd.DataFrame({"custom_own": values})
    result = pseudonymize(table, secret=SECRET)["custom_own"]
    assert result.dtype == table["custom_own"].dtype or result.dtype == "int64"
    assert result.isna().tolist() == table["custom_own"].isna().tolist()
    assert result.dropna().tolist() == table["custom_own"].dropna().tolist()


@pytest.mark.parametrize("name", ["custom_dob", "custom_email", "phone", "custom_latitude"])
@pytest.mark.parametrize(
    "values",
    [
        pd.PeriodIndex(["1984-05", "1990-06"], freq="M"),
        pd.IntervalIndex.from_tuples([(198405, 198406), (1, 2)]),
        pd.Categorical([198405, 2]),
        pd.array(["1984-05-01", "2026-06-01"], "datetime64[ns]"),
    ],
    ids=lambda values: str(values.dtype)[:20],
)
def test_what_names_people_stays_in_no_dtype(values, name) -> None:
    result = hidden(**{name: values})
    assert "1984" not in str(result.to_dict()) + str(getattr(result[name], "cat", None))


def test_categories_that_no_row_has_are_gone(tmp_path) -> None:
    names = pd.Categorical(["Zoe Quill", "Gold"])[1:]
    for options in ({}, {"drop": ["custom_plan"]}):
        result = pseudonymize(pd.DataFrame({"custom_plan": names}), secret=SECRET, **options)
        result.to_parquet(tmp_path / "plan.parquet")
        assert b"Quill" not in (tmp_path / "plan.parquet").read_bytes()


def test_small_numbers_leave_a_column_of_ones_own_as_it_is() -> None:
    frame = pd.DataFrame({"n": [999_999, 5], "x": [0.5, 1e7 + 0.5], "flag": [True, False]})
    pd.testing.assert_frame_equal(pseudonymize(frame, secret=SECRET), frame, check_flags=False)


def test_bytes_are_refused_or_read() -> None:
    with pytest.raises(InputError, match="holds a bytes"):
        hidden(remark=pd.Series([b"+491712345678", "x"], dtype="object"))
    with pytest.raises(InputError, match="holds a bytes"):
        hidden(topic=pd.Series([b"+491712345678"], dtype="object"))
    table = hidden(phone=pd.Series([b"+491712345678", "+491712345678"], dtype="object"))
    assert table["phone"][0] == table["phone"][1]


def test_a_number_has_one_pseudonym_in_every_dtype() -> None:
    kinds = ("int64", "float64", "Int64", "object", "str", "category", "int64[pyarrow]")
    found = {hidden(phone=pd.Series([PHONE]).astype(kind))["phone"][0] for kind in kinds}
    found.add(hidden(phone=pd.Series([float(PHONE), "x"], dtype="object"))["phone"][0])
    found.add(hidden(phone=["+49 171 2345678"])["phone"][0])
    fields = hidden(custom_analysis=[json.dumps({"phone": float(PHONE)})])["custom_analysis"][0]
    found.add(json.loads(fields)["phone"])
    found.add(hidden(custom_phone=[float(PHONE)])["custom_phone"][0])
    assert len(found) == 1
    ids = {hidden(lead_id=pd.Series([7]).astype(kind))["lead_id"][0] for kind in kinds}
    assert len(ids) == 1


def test_odd_values_under_names_of_people_do_not_stay() -> None:
    odd = pd.Series([["Zoe"], {"a": "Zoe"}, date(1984, 3, 12), None], dtype="object")
    table = hidden(email=odd, name=odd)
    assert table["email"].isna().tolist() == table["name"].isna().tolist() == [False] * 3 + [True]
    assert "Zoe" not in table.to_csv()
    assert "1984" not in table.to_csv()
