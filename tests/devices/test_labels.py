"""Families in place of raw values: on every engine, without losing or touching a row."""

from __future__ import annotations

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from chatdash_analysis.counting import group_sums
from chatdash_analysis.devices.labels import has_value, with_families
from chatdash_analysis.tables import opened

RAW = ["Mobile Safari", "safari 17", "Chrome 120", "chrome", "", None, "n/a", "Konqueror 5", "12.3"]
FAMILY = ["Safari", "Safari", "Chrome", "Chrome", "unknown", "Konqueror", "other"]


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"browser": RAW, "os": ["iOS"] * 8 + [None]}).astype("str")


def _engines(frame: pd.DataFrame) -> dict:
    import dask.dataframe as dd

    polars = pl.from_pandas(frame)
    return {
        "pandas": frame,
        "polars": polars,
        "polars lazy": polars.lazy(),
        "duckdb": duckdb.sql("select * from polars"),
        "dask": dd.from_pandas(frame, npartitions=2),
    }


@pytest.mark.parametrize("engine", ["pandas", "polars", "polars lazy", "duckdb", "dask"])
def test_raw_values_become_families_and_rows_without_one_are_counted(engine):
    found, without = with_families(opened(_engines(_frame())[engine]), ["browser"])
    table = group_sums(found, ["browser"], {})
    expected = pd.Series(FAMILY).value_counts().sort_index()
    assert without == 2
    assert dict(zip(table["browser"], table["rows"], strict=True)) == expected.to_dict()


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb", "dask"])
def test_a_row_that_lacks_one_of_several_is_left_out(engine):
    found, without = with_families(opened(_engines(_frame())[engine]), ["browser", "os"])
    assert without == 3
    assert group_sums(found, ["os"], {}).to_numpy().tolist() == [["iOS", 6]]


def test_other_columns_stay_as_they_are():
    frame = _frame().assign(channel=[None, *"abcdefgh"])
    found, without = with_families(frame, ["browser", "channel"])
    assert without == 2
    assert found["channel"].isna().sum() == 1
    assert found["os"].tolist() == frame["os"].drop([4, 5]).tolist()


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb", "dask"])
def test_many_unknown_names_are_put_together_alike(engine):
    names = [f"{a}{b}{c}browser" for a in "abcdefgh" for b in "ijklmnop" for c in "qrst"]
    frame = pd.DataFrame({"browser": [*names, *names[:9], "Chrome"]}).astype("str")
    found, _ = with_families(opened(_engines(frame)[engine]), ["browser"])
    table = group_sums(found, ["browser"], {}).set_index("browser")["rows"]
    assert len(table) == 52
    assert table["other"] == len(names) - 50
    assert table[names[0].title()] == 2


@pytest.mark.parametrize("values", [[], [None, None], ["", ""]])
def test_a_column_without_values_leaves_nothing(values):
    frame = pd.DataFrame({"os": pd.array(values, dtype="str")})
    found, without = with_families(frame, ["os"])
    assert (len(found), without) == (0, len(values))
    untyped = pd.DataFrame({"os": [float("nan")] * len(values)})
    assert with_families(untyped, ["os"])[1] == len(values)


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb", "dask"])
def test_a_value_is_anything_but_missing_or_empty(engine):
    table = group_sums(opened(_engines(_frame())[engine]), [], {"held": has_value("browser")})
    assert table["held"].item() == 7


def test_the_frame_is_left_as_it_was():
    frame = _frame()
    with_families(frame, ["browser"])
    pd.testing.assert_frame_equal(frame, _frame())


def test_a_frame_of_narwhals_is_taken_too():
    found, without = with_families(opened(nw.from_native(pl.from_pandas(_frame()))), ["os"])
    assert without == 1
    assert group_sums(found, ["os"], {}).to_numpy().tolist() == [["iOS", 8]]
