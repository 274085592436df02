"""Equal questions as one, whatever the order of the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.queries.pool import pool_of, query_table
from chatdash_analysis.queries.questions import TEXT_COLUMNS, text_table

TEXTS = ["Where is it?", "where is it", "Refund!", "", None, "where is it", "REFUND"]


def _pool(texts):
    return pool_of(query_table(texts, "test"))


def test_questions_that_are_the_same_but_for_case_and_marks_are_one():
    pool = _pool(TEXTS)
    assert len(pool) == 2
    assert sorted(zip(pool.texts, pool.weights, strict=True)) == [("REFUND", 2), ("where is it", 3)]
    assert [None if code < 0 else pool.texts[code] for code in pool.codes] == [
        "where is it", "where is it", "REFUND", None, None, "where is it", "REFUND",
    ]  # fmt: skip
    assert pool.groups.tolist() == sorted(pool.groups)


def test_the_order_of_the_rows_does_not_matter():
    one, other = _pool(TEXTS), _pool(TEXTS[::-1])
    for name in ("groups", "texts", "scrubbed", "languages", "weights"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    assert one.codes.tolist() == other.codes.tolist()[::-1]


def test_the_language_of_a_question_is_the_one_most_of_its_rows_have():
    frame = pd.DataFrame({"question": ["no"] * 4, "language": ["es", "it", "es", None]})
    assert _pool(frame).languages.tolist() == ["es"]
    assert _pool(frame.assign(language=None)).languages.tolist() == [None]


def test_a_table_keeps_its_columns_and_rows_but_not_its_index():
    frame = pd.DataFrame({"a": [1, 2], "question": ["b", "a"]}, index=[7, 3])
    table = query_table(frame, "test")
    assert table.columns.tolist()[:2] == ["a", "question"]
    assert set(TEXT_COLUMNS) <= set(table.columns)
    assert table.index.tolist() == [0, 1]
    assert table["question"].tolist() == ["b", "a"]
    assert frame.columns.tolist() == ["a", "question"]


def test_the_language_that_a_table_tells_is_kept():
    frame = pd.DataFrame({"question": ["Where is my parcel?", "x"], "language": ["de-AT", None]})
    assert query_table(frame, "test")["language"].fillna("?").tolist() == ["de", "?"]


def test_a_table_of_texts_is_taken_as_it_is():
    texts = text_table(["Where is it?"]).assign(scrubbed="masked", language=pd.NA)
    table = query_table(texts.astype("object"), "test")
    assert table.equals(texts.astype("str"))


@pytest.mark.parametrize(
    "wrong", [5, "text", None, [1, 2], {"question": 3}, {"a"}, [["a"]], b"text"]
)
def test_what_holds_no_texts_is_refused(wrong):
    with pytest.raises(InputError, match="texts"):
        query_table(wrong, "test")


def test_a_table_without_questions_is_refused():
    with pytest.raises(MissingColumnsError, match=r"test needs.*lacks question.*misunderstood"):
        query_table(pd.DataFrame({"text": ["a"]}), "test")


def test_a_table_with_two_columns_of_questions_is_refused():
    frame = pd.DataFrame([["a", "b"]], columns=["question", "question"])
    with pytest.raises(InputError, match="several columns named question"):
        query_table(frame, "test")


@pytest.mark.parametrize("times", [["yesterday"], [5], pd.to_datetime(["2026-01-01"])])
def test_times_that_are_no_instants_are_refused(times):
    frame = pd.DataFrame({"question": ["a"], "created_at": times})
    with pytest.raises(InputError, match=r"created_at is .*, not instants.*to_datetime"):
        query_table(frame, "test")
    assert len(query_table(frame.assign(created_at=None), "test")) == 1


@pytest.mark.parametrize("empty", [[], pd.Series([], dtype="str"), pd.DataFrame({"question": []})])
def test_no_queries_are_an_empty_pool(empty):
    pool = _pool(empty)
    assert len(pool) == len(pool.codes) == len(pool.weights) == 0
