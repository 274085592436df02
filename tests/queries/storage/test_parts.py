"""What cannot be given back as it was is not saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.storage.folder import save_parts
from tests.queries.storage.saved_states import TABLE, VECTORS


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "../a", "1a", "a.b", "x" * 41, "ü", 3, None, "a\n"]
)
def test_names_that_are_no_names_of_files_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot all be names of files"):
        save_parts(tmp_path / "a", tables={name: TABLE}, arrays={}, facts={})
    assert not (tmp_path / "a").exists()


def test_a_table_and_an_array_of_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match="a name of its own"):
        save_parts(tmp_path / "a", tables={"x": TABLE}, arrays={"x": VECTORS}, facts={})


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [object()]}),
        pd.DataFrame({"a": ["\ud83d"]}, dtype=object),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"a": pd.Series([1, "x"], dtype=object)}),
        pd.DataFrame({"a": [{"b": 1}, {"c": 2}]}),
        pd.DataFrame({"a": [1 + 2j]}),
        [1, 2],
        None,
    ],
)
def test_tables_that_parquet_cannot_give_back_are_refused(tmp_path, table):
    with pytest.raises(InputError, match=r"bad cannot be saved|bad is a"):
        save_parts(tmp_path / "a", tables={"bad": table}, arrays={}, facts={})
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2, 2)), np.array(3.0), np.zeros((3, 0)), np.array([object()]),
        np.array([1 + 2j]), np.zeros(2, ">f4"), [1.0], None,
    ],
)  # fmt: skip
def test_arrays_that_parquet_cannot_give_back_are_refused(tmp_path, array):
    with pytest.raises(InputError, match=r"bad cannot be saved|bad is a"):
        save_parts(tmp_path / "a", tables={}, arrays={"bad": array}, facts={})


@pytest.mark.parametrize(
    "facts",
    [
        {"a": float("nan")},
        {"a": (1, 2)},
        {1: "a"},
        {"a": object()},
        {"a": np.int64(1)},
        ["a"],
        None,
    ],
)
def test_facts_that_json_cannot_give_back_are_refused(tmp_path, facts):
    with pytest.raises(InputError, match="facts cannot be saved as JSON"):
        save_parts(tmp_path / "a", tables={}, arrays={}, facts=facts)
