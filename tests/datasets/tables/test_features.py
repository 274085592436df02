"""Features from columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables import features
from chatdash_analysis.datasets.tables.features import (
    Feature,
    column_features,
    described,
    without_constants,
)
from chatdash_analysis.datasets.tables.known import Use

N = 60


def of(column, name="custom_x", role="value", max_levels=30):
    found = column_features(
        pd.DataFrame({name: column}), [Use(name, "analysis", role)], np.arange(N), max_levels
    )
    return {f.name: f.series for f in found.features}, {o.column: o.reason for o in found.left_out}


def test_flags_numbers_and_labels_become_features():
    flags, _ = of(pd.array([True, None, False] * 20, dtype="boolean"))
    assert flags["custom_x"].tolist()[:3] == pytest.approx([1, np.nan, 0], nan_ok=True)
    counts, _ = of(np.arange(N) % 7)
    assert counts["custom_x"].dtype == np.float64
    labels, _ = of(["a", "b", None] * 20)
    assert labels["custom_x"].cat.categories.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("custom_x", [f"text {k}" for k in range(N)], "no value of it is harmless"),
        ("custom_x", ["a", "b", "c"] * 20, "3 levels, more than max_levels=2"),
        ("custom_x", [[1]] * N, "holds no numbers, flags or texts"),
        ("custom_x", pd.date_range("2026-01-01", periods=N, tz="UTC"), "holds no numbers"),
        ("custom_caller_name", ["Ava I.", "Bo J."] * 30, "names people"),
        ("metadata_dynamic_variables_user_name", ["Ava I.", "Bo J."] * 30, "names people"),
        ("custom_order", 49_171_000_000 + np.arange(N), "looks like numbers of orders"),
        ("metadata_at", 1_700_000_000.0 + np.arange(N), "looks like numbers of orders"),
        ("metadata_ref", [4_930_123_456, 4_930_123_457] * 30, "looks like numbers of orders"),
        ("metadata_kundennr", 10_000 + 7 * np.arange(N), "nearly every person"),
        ("metadata_patient", 1 + np.arange(N), "nearly every conversation"),
    ],
)
def test_what_is_no_feature_says_why(name, values, reason):
    found, left_out = of(values, name, max_levels=2)
    assert found == {}
    assert left_out[name].startswith(reason)


@pytest.mark.parametrize(
    "values",
    [np.arange(N) * 20_000.5, [250_000.0, 300_000.0] * 30, [2_500_000.0, 3_000_000.0] * 30],
)
def test_large_measures_and_round_prices_stay(values):
    assert list(of(values)[0]) == ["custom_x"]


def test_of_an_identifier_only_its_presence_is_told():
    phones = pd.Series(["+49 171 5550123", None, " "] * 20, dtype="str")
    found, left_out = of(phones, "phone", "presence")
    assert found["has_phone"].tolist() == [1, 0, 0] * 20
    assert left_out == {"phone": "an identifier; has_phone says whether there is one"}


def test_of_too_many_fields_the_fullest_are_taken(monkeypatch):
    monkeypatch.setattr(features, "MOST_FIELDS", 2)
    table = pd.DataFrame({f"custom_{k}": np.arange(N) * 0.5 for k in range(4)} | {"cost": 1.0})
    table.loc[:10, "custom_1"] = np.nan
    table.loc[:5, "custom_2"] = np.nan
    uses = [Use(name, "analysis", "value") for name in table]
    found = column_features(table, uses, np.arange(N), 30)
    assert [feature.name for feature in found.features] == ["custom_0", "custom_3", "cost"]
    assert [left.column for left in found.left_out] == ["custom_1", "custom_2"]
    assert "more than 2 fields" in found.left_out[0].reason


def feature(name, values, **facts):
    return Feature(name, facts.get("column", name), pd.Series(values), "start", "Meaning.")


def test_constant_empty_and_unwanted_features_are_left_out():
    found = without_constants(
        [
            feature("a", [1.0, 1.0, np.nan]),
            feature("b", [np.nan] * 3),
            feature("c", pd.Categorical(["x", "x", None])),
            feature("d", [1.0, 2.0, 3.0]),
            feature("e", [1.0, 2.0, 3.0], column="d"),
            feature("f", [0.0, 1.0, np.nan]),
        ],
        {"d"},
    )
    assert [kept.name for kept in found.features] == ["f"]
    assert {left.column: left.reason for left in found.left_out} == {
        "a": "takes one value only",
        "b": "no value is known",
        "c": "takes one value only",
        "d": "left out on request",
        "e": "left out on request",
    }


def test_each_feature_is_described():
    table = described([feature("f", [0.0, 1.0, np.nan, np.nan])])
    row = table.iloc[0]
    assert row[["feature", "dtype", "known_at", "missing", "coverage"]].tolist() == [
        "f", "float64", "start", 2, 0.5,
    ]  # fmt: skip
    assert described([]).dtypes.equals(table.dtypes)
