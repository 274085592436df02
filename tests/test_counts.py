"""Group sums against plain pandas, person by person, and the order of rows."""

from __future__ import annotations

import math

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.counts import exact_sums, group_sums

PRODUCTS = [("n", "n"), ("n", "s"), ("s", "n"), ("cost", "cost"), ("n", "n", "s")]
VALUES = {
    "n": ~nw.col("ok").is_null(),
    "s": nw.col("ok").fill_null(value=False),
    "cost": nw.col("cost"),
}


def _rows(size: int, people: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    users = pd.Series(rng.integers(0, people, size)).map("u{}".format).astype("str")
    return pd.DataFrame(
        {
            "channel": pd.Series(rng.choice(["b", "a", None], size), dtype="str"),
            "device": pd.Series(rng.choice(["x", "y"], size), dtype="str"),
            "user_id": users.where(rng.random(size) > 0.1),
            "ok": pd.array(rng.choice([True, False, None], size), dtype="boolean"),
            "cost": np.where(rng.random(size) < 0.2, np.nan, rng.gamma(1, 0.3, size)),
        }
    )


def _by_person(rows: pd.DataFrame) -> pd.DataFrame:
    alone = pd.Series([f"alone {i}" for i in rows.index], index=rows.index, dtype="str")
    return (
        pd.DataFrame(
            {
                "n": rows["ok"].notna().astype(int),
                "s": rows["ok"].fillna(False).astype(int),
                "cost": rows["cost"].fillna(0.0),
                "user": rows["user_id"].fillna(alone),
            }
        )
        .groupby("user")[["n", "s", "cost"]]
        .sum()
    )


@pytest.mark.parametrize("people", [5, 300, 10**9])
def test_sums_and_products_equal_those_counted_person_by_person(people):
    rows = _rows(900, people)
    table = group_sums(
        rows, ["channel", "device"], VALUES, users="user_id", counting="n", products=PRODUCTS,
        rest=True,
    )  # fmt: skip
    assert len(table) == 6
    label = rows["channel"].fillna("~")
    for group in table.to_dict("records"):
        channel = group["channel"] if isinstance(group["channel"], str) else "~"
        here = (label == channel) & (rows["device"] == group["device"])
        inside, outside = _by_person(rows[here]), _by_person(rows[~here])
        assert group["rows"] == here.sum()
        assert (group["n"], group["s"]) == (inside["n"].sum(), inside["s"].sum())
        assert group["cost"] == pytest.approx(inside["cost"].sum())
        assert group["users"] == (inside["n"] > 0).sum()
        assert group["rest users"] == (outside["n"] > 0).sum()
        for names in PRODUCTS:
            key = "*".join(names)
            assert group[key] == pytest.approx(inside[list(names)].prod(axis=1).sum())
            assert group[f"rest {key}"] == pytest.approx(outside[list(names)].prod(axis=1).sum())
        for a, b in [names for names in PRODUCTS if len(names) == 2]:
            both = inside.merge(
                outside, left_index=True, right_index=True, suffixes=(" in", " out")
            )
            expected = (both[f"{a} in"] * both[f"{b} out"]).sum()
            assert group[f"cross {a}*{b}"] == pytest.approx(expected)


def test_the_order_of_rows_changes_not_one_bit():
    rows = _rows(5000, 400)
    shuffled = rows.sample(frac=1, random_state=1)
    tables = [
        group_sums(f, ["channel"], VALUES, users="user_id", products=PRODUCTS, rest=True)
        for f in (rows, shuffled)
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    # Plain sums do depend on it, or this test would show nothing.
    costs = rows["cost"].fillna(0).to_numpy()
    assert math.fsum(costs) != sum(costs) or sum(costs) != sum(shuffled["cost"].fillna(0))


@pytest.mark.parametrize("by", [["channel"], ["channel", "device"], []])
def test_dtypes_are_the_same_with_and_without_rows(by):
    rows = _rows(50, 9)
    options = {"users": "user_id", "products": PRODUCTS, "rest": True}
    full = group_sums(rows, by, VALUES, **options)
    empty = group_sums(rows.head(0), by, VALUES, **options)
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()
    assert len(empty) == (0 if by else 1)
    assert not by or str(full["channel"].dtype) == "str"


def test_labels_are_sorted_and_a_missing_one_is_the_last():
    rows = pd.DataFrame({"label": pd.Series(["b", None, "a", "b"], dtype="str")})
    codes, labels = group_codes(rows, ["label"])
    assert labels["label"].tolist()[:2] == ["a", "b"]
    assert labels["label"].isna().tolist() == [False, False, True]
    assert codes.tolist() == [1, 2, 0, 1]


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (pd.Series([3, 1, 3]), [1, 3]),
        (pd.Series([0.5, np.nan, 0.25]), [0.25, 0.5, None]),
        (pd.array([True, None, False], dtype="boolean"), [False, True, None]),
        (pd.Categorical(["b", "a", None], categories=["b", "a", "never"]), ["a", "b", None]),
        (pd.to_datetime(["2026-02-01", None, "2026-01-01"], utc=True), ["01", "02", None]),
        (pd.Series(["x", 1, None], dtype="object"), [1, "x", None]),
    ],
)
def test_columns_of_any_type_make_groups(column, labels):
    rows = pd.DataFrame({"label": column})
    codes, keys = group_codes(rows, ["label"])
    shown = [None if pd.isna(v) else v for v in keys["label"]]
    if str(keys["label"].dtype).startswith("datetime"):
        shown = [v and v.strftime("%m") for v in shown]
    assert shown == labels
    assert sorted(set(codes)) == list(range(len(labels)))
    assert keys["label"].dtype == rows["label"].dtype or rows["label"].dtype == "category"


def test_many_columns_of_many_labels_do_not_overflow():
    size = 300
    labels = pd.Series(range(size)).map("{:04}".format).astype("str")
    rows = pd.DataFrame({f"c{i}": labels.sample(frac=1, random_state=i).array for i in range(9)})
    codes, keys = group_codes(rows, list(rows.columns))
    expected = rows.groupby(list(rows.columns)).ngroup().to_numpy()
    np.testing.assert_array_equal(codes, expected)
    assert len(keys) == size


def test_each_row_without_a_person_is_a_person_of_its_own():
    codes = user_codes(pd.Series(["a", None, "a", None], dtype="str"))
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3


@pytest.mark.parametrize(
    "values",
    [
        [1e16, 1.0, -1e16, 1e-8],
        [0.1] * 1000,
        [1e300, 1e-300, -1e300],
        [1e-250] * 3,
        [0.0, 0.0],
        [],
    ],
)
def test_exact_sums_equal_those_of_fsum(values):
    numbers = np.array(values, dtype=float)
    codes = np.zeros(len(numbers), dtype=np.int64)
    total = exact_sums(codes, numbers, 1)[0]
    largest = max(map(abs, values), default=0.0)
    assert total == pytest.approx(math.fsum(values), rel=1e-15, abs=largest * 1e-30)


def test_infinite_values_stay_infinite():
    assert exact_sums(np.array([0, 1]), np.array([np.inf, 2.0]), 2).tolist() == [np.inf, 2.0]
