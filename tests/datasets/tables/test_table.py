"""Training tables: rows of them, and what scikit-learn gets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from tests.datasets.made import made

MASK = [True, False, False, True, True, False]


@pytest.fixture
def table():
    return made([0, 1] * 3, features={"number": np.arange(6.0), "hole": [1.0, None] * 3})


def ids(table):
    return table.rows["conversation_id"].tolist()


@pytest.mark.parametrize(
    "rows",
    [
        [0, 3, 4],
        (4, 0, 3),
        np.array([3, 4, 0], dtype="uint8"),
        pd.Index([0, 3, 4]),
        pd.Series([0, 3, 4], index=list("xyz")),
        pd.Series([0, 3, 4], dtype="Int64"),
        MASK,
        np.array(MASK),
        pd.Series(MASK),
        pd.Series(MASK, dtype="boolean"),
        pd.Series(MASK, dtype=object),
        pd.Series(MASK, index=list("abcdef")).to_numpy(),
    ],
)
def test_rows_are_taken_by_place_or_mask_in_their_old_order(table, rows):
    taken = table.take(rows)
    assert ids(taken) == ["c00000", "c00003", "c00004"]
    assert taken.features["number"].tolist() == [0, 3, 4]
    assert taken.target.tolist() == [0, 1, 0]
    assert taken.columns.set_index("feature").loc["hole", "missing"] == 1
    assert taken.features.index.equals(pd.RangeIndex(3))


@pytest.mark.parametrize("rows", [[], np.zeros(0), np.zeros(6, dtype=bool)])
def test_no_row_may_be_taken(table, rows):
    assert len(table.take(rows)) == 0


def test_a_mask_made_of_the_tables_own_parts_fits(table):
    some = table.take([1, 2, 5])
    assert ids(some.take(some.features["number"] > 1)) == ["c00002", "c00005"]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (None, "NoneType that is no list of one dimension"),
        (2, "int that is no list"),
        (slice(0, 3), "slice that is no list"),
        ("012", "str that is no list"),
        ({0, 3}, "set that is no list"),
        ([[0, 1], [2, 3]], "list that is no list of one dimension"),
        ([[0], [2, 3]], "no list of one dimension"),
        (["0", "3"], "neither whole numbers nor a mask"),
        ([0.0, 3.0], "neither whole numbers nor a mask"),
        ([0, None], "neither whole numbers nor a mask"),
        ([10**30], "neither whole numbers nor a mask"),
        ([True, 0, 1, 0, 1, None], "neither whole numbers nor a mask"),
        (pd.Series([True, None] * 3, dtype="boolean"), "neither whole numbers nor a mask"),
        ([0, 6], "no row 6, as the table has 6"),
        ([-1, 2], "no row -1"),
        ([True, False], "says something of 2 rows, but the table has 6"),
        ([False] * 7, "says something of 7 rows"),
        (pd.Series(MASK, index=[5, 4, 3, 2, 1, 0]), "index of the mask is not that of the table"),
        (pd.Series(MASK, index=list("abcdef")), "index of the mask"),
    ],
)
def test_other_rows_are_refused(table, rows, match):
    with pytest.raises(InputError, match=match):
        table.take(rows)


def test_what_scikit_learn_gets_may_be_changed_without_changing_the_table(table):
    x, y, groups = table.to_sklearn()
    x["number"] = 9.0
    x.loc[0, "hole"] = 9.0
    y[0] = 9
    groups[0] = "nobody"
    again = table.to_sklearn()
    assert again[0]["number"].tolist() == [0, 1, 2, 3, 4, 5]
    assert (again[0].loc[0, "hole"], again[1][0], again[2][0]) == (1.0, 0, "p00000")
    assert list(table.features) == ["number", "hole"]
