"""Labels of clusters that too few people asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.plot.hidden_labels import TOO_FEW, hidden_note, hide_labels

TABLE = pd.DataFrame({
    "cluster_id": pd.Series(["q001", "q002", "q003", None], dtype="str"),
    "label": pd.Series(["Parking?", "Dr. Li?", None, "unassigned"], dtype="str"),
    "users": [5.0, 4.0, 2.0, np.nan],
})  # fmt: skip


def test_labels_of_fewer_people_are_replaced_and_those_of_no_cluster_stay():
    given = TABLE.copy()
    given.attrs["kept"] = 1
    hidden = hide_labels(given, "users", min_users=5)
    assert hidden["label"].tolist() == ["Parking?", TOO_FEW, TOO_FEW, "unassigned"]
    pd.testing.assert_frame_equal(given, TABLE)
    assert hidden.attrs == {"kept": 1}
    assert hide_labels(TABLE, "users", min_users=0)["label"].tolist()[:2] == ["Parking?", "Dr. Li?"]


@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_any_kind_of_columns_will_do(backend):
    table = TABLE.convert_dtypes(dtype_backend=backend)
    assert hide_labels(table, "users", min_users=5)["label"].tolist()[:2] == ["Parking?", TOO_FEW]
    category = TABLE.astype({"label": "category"})
    assert hide_labels(category, "users", min_users=5)["label"].tolist()[1] == TOO_FEW


def test_people_who_are_known_of_some_clusters_only_are_nobody_of_the_others():
    table = TABLE.assign(users=[np.nan, np.inf, 9.0, 9.0])
    assert hide_labels(table, "users", min_users=1)["label"].tolist()[:2] == [TOO_FEW, TOO_FEW]


def test_without_any_known_people_labels_stay():
    for table in (TABLE.assign(users=np.nan), TABLE.drop(columns="users"), TABLE.head(0)):
        pd.testing.assert_frame_equal(hide_labels(table, "users", min_users=5), table)


def test_text_in_place_of_numbers_is_refused():
    with pytest.raises(InputError, match="column users must hold numbers"):
        hide_labels(TABLE.assign(users="many"), "users", min_users=5)


def test_the_note_is_there_only_if_something_was_hidden():
    assert hidden_note(["Parking?", None, pd.NA, np.nan, ["?"]], min_users=5) == []
    assert "min_users=7;" in hidden_note(pd.Series([None, TOO_FEW]), min_users=7)[0]
