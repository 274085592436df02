"""Tests of chatdash_analysis.privacy.verbatim."""

from __future__ import annotations

import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.privacy.verbatim import hide_rare

TEXTS = pd.DataFrame({
    "text": ["a", "a", "a", "b", "b", "c", None],
    "user_id": ["u1", "u2", "u2", "u1", None, None, "u9"],
    "cluster_id": ["q1", "q1", "q2", "q2", "q2", None, "q1"],
}, index=[4, 4, 5, 6, 7, 8, 9])  # fmt: skip


def test_counts_of_people_decide_where_the_table_has_them() -> None:
    table = pd.DataFrame({"label": ["x", "y", "z"], "phrase": ["p", "q", "r"],
                          "users": [5.0, 4.0, None]})  # fmt: skip
    shown = hide_rare(table, ["label", "phrase"])
    assert shown["label"].isna().tolist() == shown["phrase"].isna().tolist() == [False, True, True]
    assert shown["users"].equals(table["users"])
    assert table["label"].tolist() == ["x", "y", "z"]


@pytest.mark.parametrize(("least", "shown"), [(0, "aaabbc"), (1, "aaabb"), (2, "aaa"), (3, "")])
def test_different_known_people_of_a_text_are_counted(least, shown) -> None:
    result = hide_rare(TEXTS, "text", users="user_id", min_users=least)
    assert "".join(result["text"].dropna()) == shown
    assert result.index.tolist() == TEXTS.index.tolist()


def test_rows_of_a_group_are_counted_together() -> None:
    result = hide_rare(TEXTS, "text", users="user_id", by="cluster_id", min_users=3)
    assert result["text"].tolist()[:2] == ["a", "a"]
    assert result["text"].isna().tolist() == [False, False, True, True, True, True, True]


def test_dtypes_stay_and_an_empty_table_is_one() -> None:
    for table in (TEXTS, TEXTS.head(0), TEXTS.astype({"text": "category"})):
        result = hide_rare(table, "text", users="user_id")
        assert result.dtypes.astype("str").tolist() == table.dtypes.astype("str").tolist()
        assert result["text"].isna().all()


def test_categories_hold_nothing_that_no_row_shows(tmp_path) -> None:
    labels = pd.Categorical(["Open on Sundays?", "Is Dr. Li in?"])
    result = hide_rare(pd.DataFrame({"label": labels, "users": [31, 1]}), "label")
    assert result["label"].cat.categories.tolist() == ["Open on Sundays?"]
    result.to_parquet(tmp_path / "shown.parquet")
    assert b"Dr. Li" not in (tmp_path / "shown.parquet").read_bytes()


def test_a_plot_of_clusters_shows_no_label_of_too_few() -> None:
    summary = pd.DataFrame({
        "cluster_id": ["q001", "q002"], "label": ["Open on Sundays?", "Is Dr. Li in?"],
        "n": [40, 1], "share": [0.97, 0.03], "users": [31.0, 1.0],
    })  # fmt: skip
    ax = cda.plot_clusters(hide_rare(summary, "label"))
    drawn = " ".join(label.get_text() for label in ax.get_yticklabels())
    assert "Open on Sundays?" in drawn
    assert "q002" in drawn
    assert "Li" not in drawn


def test_bad_arguments_are_refused() -> None:
    for least in (-1, 2.5, True, "5"):
        with pytest.raises(InputError, match="is no number of people"):
            hide_rare(TEXTS, "text", users="user_id", min_users=least)
    with pytest.raises(MissingColumnsError, match="lacks users"):
        hide_rare(TEXTS, "text")
    with pytest.raises(InputError, match="takes a pandas DataFrame"):
        hide_rare([1], "text")
