"""The conversations that a table is made of."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.datasets.tables.rows import rows_of
from chatdash_analysis.errors import InputError, MissingColumnsError
from tests.datasets.training_rows import conversations


def test_rows_are_in_order_of_time_and_id_whatever_the_index():
    frame = conversations(4).assign(
        created_at=pd.to_datetime(["2026-02-01", "2026-01-01", "2026-01-01", None], utc=True)
    )
    rows = rows_of(frame.iloc[[3, 2, 0, 1]].set_index(pd.Index([7, 7, 7, 7])), "channel", "user_id")
    assert rows.table["conversation_id"].tolist() == ["c0001", "c0002", "c0000"]
    assert rows.undated == 1
    assert rows.table.index.equals(pd.RangeIndex(3))


def test_whoever_is_not_known_is_a_group_of_their_own():
    frame = conversations(4).assign(user_id=pd.Series(["u", None, " ", "u"], dtype="str"))
    rows = rows_of(frame, "channel", "user_id")
    assert rows.groups.tolist() == ["u", "conversation:c0001", "conversation:c0002", "u"]
    assert rows.users.isna().tolist() == [False, True, True, False]
    assert rows.people.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"conversation_id": "c"}, "more than once"),
        ({"conversation_id": [None, "a", "b", "c"]}, "1 conversations have no conversation_id"),
        ({"conversation_id": ["\ud83d", "a", "b", "c"]}, "Column 'conversation_id' holds half"),
        ({"created_at": pd.Timestamp("2026-01-01")}, "instants with a time zone"),
    ],
)
def test_rows_that_cannot_be_told_apart_or_dated_are_refused(change, match):
    change = {
        name: pd.Series(values, dtype=object) if isinstance(values, list) else values
        for name, values in change.items()
    }
    with pytest.raises(InputError, match=match):
        rows_of(conversations(4).assign(**change), "channel", "user_id")


def test_missing_columns_are_named():
    with pytest.raises(MissingColumnsError, match="lacks nowhere"):
        rows_of(conversations(4), "nowhere", "user_id")
    with pytest.raises(MissingColumnsError, match="lead_id"):
        rows_of(conversations(4), "channel", "lead_id")
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        rows_of([1], "channel", "user_id")
